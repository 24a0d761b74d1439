//! A surveyed log as text for people, and as `template-id<TAB>line-number`.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    analysis::logs::{Finding, Surveyed, Template, Why},
    model::inert,
};

/// Lines of a sample below a finding.
const SAMPLE_LINES: usize = 6;

/// `template-id<TAB>line-number` for every line, in order.
pub(super) fn assigned(out: &mut impl Write, surveyed: &Surveyed) -> io::Result<()> {
    for (index, id) in surveyed.assigned.iter().flatten().enumerate() {
        writeln!(out, "{id}\t{}", index + 1)?;
    }
    Ok(())
}

/// For people: what is worth reading, then the templates.
pub(super) fn text(out: &mut impl Write, surveyed: &Surveyed, top: usize, width: usize) -> io::Result<()> {
    let span = match (&surveyed.first, &surveyed.last, surveyed.seconds) {
        (Some(first), Some(last), Some(seconds)) => {
            format!(", {} from {first} to {last}", duration(seconds))
        }
        _ => String::new(),
    };
    writeln!(
        out,
        "{} lines, {}, {} templates{span}",
        grouped(surveyed.lines),
        bytes(surveyed.bytes),
        grouped(surveyed.templates.len() as u64)
    )?;
    if surveyed.findings.is_empty() {
        writeln!(out, "\nNothing stands out: no rare line, no burst, no error.")?;
    } else {
        writeln!(out, "\nWorth reading")?;
    }
    for (number, finding) in surveyed.findings.iter().enumerate() {
        self::finding(out, number + 1, finding, width)?;
    }
    let listed = surveyed.templates.iter().take(top);
    if listed.len() > 0 {
        writeln!(
            out,
            "\nTemplates\n{:>10}  {:<6}{:<6}  what",
            "lines", "level", "id"
        )?;
    }
    for template in listed {
        let marks = if template.burst { " [burst]" } else { "" };
        let line = format!(
            "{:>10}  {:<6}{:<6}  {}{marks}",
            grouped(template.count),
            template.severity.as_str(),
            template.id,
            inert(&template.template)
        );
        writeln!(out, "{}", cut(&line, width))?;
    }
    let more = surveyed.templates.len().saturating_sub(top);
    if more > 0 {
        let lines: u64 = surveyed
            .templates
            .iter()
            .skip(top)
            .map(|template: &Template| template.count)
            .sum();
        writeln!(
            out,
            "{:>10}  {:<12}  in {} more templates (--top {} lists all)",
            grouped(lines),
            "",
            grouped(more as u64),
            surveyed.templates.len()
        )?;
    }
    Ok(())
}

fn finding(out: &mut impl Write, number: usize, finding: &Finding, width: usize) -> io::Result<()> {
    let times = match finding.count {
        1 => "once".to_owned(),
        count => format!("{} times", grouped(count)),
    };
    let level = match finding.why {
        Why::RareError | Why::Error | Why::Warning => String::new(),
        _ => format!(", {}", finding.severity.as_str()),
    };
    let at = finding
        .first
        .as_ref()
        .map(|first| format!(", {first}"))
        .unwrap_or_default();
    let lines: Vec<String> = finding.lines.iter().take(3).map(ToString::to_string).collect();
    let more = if finding.count > lines.len() as u64 {
        ", ..."
    } else {
        ""
    };
    let like_it = match finding.like_it {
        0 => String::new(),
        1 => ", 1 template like it".to_owned(),
        kinds => format!(", {kinds} templates like it"),
    };
    let line_word = if finding.count == 1 { "line" } else { "lines" };
    let head = format!(
        "{number:>3}. {}{level}, {times}{at}, {line_word} {}{more}{like_it}",
        finding.why.words(),
        lines.join(", ")
    );
    writeln!(out, "{}", cut(&head, width))?;
    for line in finding
        .sample
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(SAMPLE_LINES)
    {
        for part in folded(&inert(line), width.saturating_sub(5), 3) {
            writeln!(out, "     {part}")?;
        }
    }
    Ok(())
}

/// A long line in at most `most` parts.
fn folded(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width {
            if parts.len() == most {
                if let Some(last) = parts.last_mut() {
                    last.pop();
                    last.push('…');
                }
                break;
            }
            parts.push(String::new());
            used = 0;
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
        used += wide;
    }
    parts
}

/// At most `width` columns of a line.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    folded(text, width, 1).remove(0)
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that fits.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..120 => format!("{whole} s"),
        120..7200 => format!("{} min", whole / 60),
        7200..172_800 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} days", whole / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(97_000_000), "97.0 MB");
        assert_eq!(duration(9_000.0), "2 h 30 min");
    }

    #[test]
    fn long_lines_are_folded_and_cut() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(folded("abcdef", 4, 2), ["abcd", "ef"]);
        assert_eq!(folded("", 4, 2), [""]);
    }
}
