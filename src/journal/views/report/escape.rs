//! Words from outside, made inert for Markdown: they cannot make links, headings, images, code or table cells.

use crate::model::{Span, Text, inert};

/// Words in Markdown: every character that Markdown (CommonMark 0.31, section 2.4) or HTML could read as markup is
/// escaped, and an address is broken so that it does not become a link of its own accord.
pub(super) fn escaped(words: &str) -> String {
    let mut out = String::new();
    let words = inert(words);
    let mut before = None;
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("&#124;"),
            '/' if before == Some('/') => out.push_str("&#47;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '~' | '!' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        before = Some(c);
    }
    out.replace("www.", "www\\.")
}

/// A sentence in Markdown. Record numbers in our own words (`#12`) become code; everything else is escaped.
pub(super) fn sentence(text: &Text) -> String {
    let spans = text.0.iter().map(|span| match span {
        Span::Own(words) => own(words),
        Span::External { external } => escaped(external),
    });
    leading(&spans.collect::<String>())
}

/// Words from outside as they stand alone: an item or a cell that begins with them begins no list.
pub(super) fn alone(words: &str) -> String {
    leading(&escaped(words))
}

/// A record number.
pub(super) fn cite(seq: u64) -> String {
    format!("`#{seq}`")
}

/// Record numbers, one after the other.
pub(super) fn cites(records: &[u64]) -> String {
    let cited: Vec<String> = records.iter().map(|seq| cite(*seq)).collect();
    cited.join(" ")
}

fn own(words: &str) -> String {
    let mut out = String::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('#') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&escaped(before));
        let (number, left) = after.split_at(digits);
        if number.is_empty() {
            out.push_str("\\#");
        } else {
            out.push_str(&format!("`#{number}`"));
        }
        rest = left;
    }
    out + &escaped(rest)
}

/// What would begin a list, a rule or a heading at the start of a line is escaped.
fn leading(words: &str) -> String {
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = words.split_at(digits);
    // A slash begins a command in GitLab.
    if words.starts_with(['-', '+', '=', '/']) {
        format!("\\{words}")
    } else if digits > 0 && rest.starts_with(['.', ')']) {
        format!("{number}\\{rest}")
    } else {
        words.to_owned()
    }
}

/// A fenced block that its content cannot close: the fence is longer than any run of backticks within. Control and
/// bidirectional characters are replaced.
pub fn fenced(language: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: Vec<String> = content.lines().map(inert).collect();
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// Words from outside within a sentence for an agent: code that they cannot leave, short enough to stay a name.
pub(super) fn code(words: &str) -> String {
    let words = inert(words).replace('`', "'");
    let words = words.trim();
    let cut: String = words.chars().take(200).collect();
    let sign = if cut.len() < words.len() { "…" } else { "" };
    if cut.is_empty() {
        "(no name)".to_owned()
    } else {
        format!("`{cut}{sign}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_cannot_make_markup() {
        let text = Text::from("log: ").ext("[x](http://evil) <img> @here | www.evil\n# head `#9`");
        assert_eq!(
            sentence(&text),
            r"log: \[x\](http:/&#47;evil) &lt;img&gt; \@here &#124; www\.evil \# head \`\#9\`"
        );
    }

    #[test]
    fn only_our_own_numbers_are_citations() {
        let text = Text::from("ruled out by #103 (# 4): ").ext("see #418");
        assert_eq!(sentence(&text), r"ruled out by `#103` (\# 4): see \#418");
    }

    #[test]
    fn nothing_begins_a_list_in_a_list() {
        assert_eq!(alone("- x"), r"\- x");
        assert_eq!(alone("12. x"), r"12\. x");
        assert_eq!(alone("12 x"), "12 x");
    }

    #[test]
    fn a_fence_cannot_be_closed_from_within() {
        assert_eq!(
            fenced("text", "a ```` b\u{202e}\nc"),
            "`````text\na ```` b\u{fffd}\nc\n`````\n"
        );
    }
}
