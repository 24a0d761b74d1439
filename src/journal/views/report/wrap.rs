//! Lines of a terminal: wrapped at words, with a hanging indent.

use unicode_width::UnicodeWidthChar as _;

/// Cells that words take.
pub(super) fn width(words: &str) -> usize {
    words.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Words cut to `most` cells at their end.
pub(super) fn cut(words: &str, most: usize, ascii: bool) -> String {
    if width(words) <= most {
        return words.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in words.chars() {
        used += c.width().unwrap_or(0);
        if used > most {
            break;
        }
        out.push(c);
    }
    if most > 0 {
        out.push(if ascii { '~' } else { '…' });
    }
    out
}

/// Lines of at most `columns` cells: the first begins with `lead`, the others with `hang` blanks. A word that is longer
/// than a line is broken.
pub(super) fn wrapped(lead: &str, hang: usize, words: &str, columns: usize) -> Vec<String> {
    let hang = hang.min(columns / 2);
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    let mut used = width(lead);
    // True where a word may stand without a blank before it.
    let mut fresh = true;
    let begin = |lines: &mut Vec<String>, line: &mut String| {
        let full = std::mem::replace(line, " ".repeat(hang));
        lines.push(full.trim_end().to_owned());
        hang
    };
    for word in words.split_whitespace() {
        let cells = width(word);
        if !fresh && used + 1 + cells > columns {
            used = begin(&mut lines, &mut line);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let cell = c.width().unwrap_or(0);
            if used + cell > columns && used > hang {
                used = begin(&mut lines, &mut line);
            }
            line.push(c);
            used += cell;
        }
        fresh = false;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// A command as lines for a shell: broken between arguments with a backslash, never within one, and not between an option
/// and its value.
pub(super) fn command(lead: &str, hang: usize, arguments: &[String], columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    let mut fresh = true;
    for (at, argument) in arguments.iter().enumerate() {
        let value = arguments.get(at + 1).filter(|next| !next.starts_with("--"));
        let value = value.filter(|_| argument.starts_with("--"));
        let is_value = at > 0 && !argument.starts_with("--") && arguments[at - 1].starts_with("--");
        let wanted = width(argument) + value.map_or(0, |value| width(value) + 1);
        if !fresh && !is_value && width(&line) + 1 + wanted + 2 > columns {
            line.push_str(" \\");
            lines.push(std::mem::replace(&mut line, " ".repeat(hang)));
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(argument);
        fresh = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_words_and_breaks_what_has_none() {
        assert_eq!(
            wrapped("  #12  ", 7, "Errors rose from 0 to 41", 20),
            ["  #12  Errors rose", "       from 0 to 41"]
        );
        for columns in 20..60 {
            for line in wrapped("  lead  ", 8, &format!("日本 {} 語", "x".repeat(200)), columns) {
                assert!(width(&line) <= columns, "{line}");
            }
        }
        assert_eq!(wrapped("", 2, "", 20), [""]);
    }

    #[test]
    fn commands_are_broken_between_arguments_alone() {
        let arguments = ["aws", "lambda", "--name", "'a long  name'"].map(str::to_owned);
        assert_eq!(
            command("$ ", 4, &arguments, 22),
            ["$ aws lambda \\", "    --name 'a long  name'"]
        );
    }
}
