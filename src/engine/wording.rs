//! Numbers and times in sentences.

use jiff::Timestamp;

/// A number for a person: three significant digits, no trailing zeros, thousands in words of SI.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let (scaled, suffix) = match size {
        s if !s.is_finite() => return "?".to_owned(),
        s if s >= 1e9 => (value / 1e9, " G"),
        s if s >= 1e6 => (value / 1e6, " M"),
        s if s >= 1e4 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        s if s >= 100.0 || s == 0.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        s if s >= 0.01 => 3,
        _ => 5,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    format!("{text}{suffix}")
}

/// A value with its CloudWatch unit, for a person.
pub fn measured(value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("Percent") => format!("{} %", number(value)),
        Some("Seconds") if value.abs() < 1.0 => format!("{} ms", number(value * 1e3)),
        Some("Seconds") => format!("{} s", number(value)),
        Some("Milliseconds") if value.abs() >= 1e3 => format!("{} s", number(value / 1e3)),
        Some("Milliseconds") => format!("{} ms", number(value)),
        Some("Bytes") => format!("{}B", number(value).replace(' ', "")),
        _ => number(value),
    }
}

/// Hours and minutes, UTC.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// What a log line says, on one line: without time, request id and level, at most 160 characters.
pub fn said(line: &str) -> String {
    let headline = crate::analysis::logs::headline(line);
    let mut rest = headline.trim();
    while let Some((word, after)) = rest.split_once(char::is_whitespace) {
        if !is_preamble(word) || after.trim().is_empty() {
            break;
        }
        rest = after.trim_start();
    }
    let first = rest.lines().next().unwrap_or_default();
    if first.chars().count() <= 160 {
        first.to_owned()
    } else {
        first.chars().take(159).chain(['…']).collect()
    }
}

/// True for times, request ids and levels: what stands before the words.
fn is_preamble(word: &str) -> bool {
    let bare = word.trim_matches(['[', ']', '(', ')', ':', ',']);
    let is_time = bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains(':') && bare.len() >= 5;
    let is_date = bare.len() == 10 && bare.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '/');
    let is_id = bare.len() == 36 && bare.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let is_level = [
        "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL",
    ]
    .contains(&bare);
    is_time || is_date || is_id || is_level
}

/// A score or share, rounded to three decimals: what the journal stores, so that the last bits of floating-point sums never
/// show.
pub fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_told_by_its_words() {
        let line = "2025-10-27T02:56:11.807Z c210b64b-4457-48de-a4bf-e7b648e9b698 ERROR Invoke Error \
                    {\"errorMessage\":\"Cannot read 'sku'\",\"errorType\":\"TypeError\"}";
        assert_eq!(said(line), "Invoke Error TypeError: Cannot read 'sku'");
        assert_eq!(
            said("[ERROR] ClientError: AccessDenied"),
            "ClientError: AccessDenied"
        );
        assert_eq!(said("ERROR"), "ERROR");
    }

    #[test]
    fn numbers_read_easily() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(97.349), "97.3");
        assert_eq!(number(12_345.0), "12.3 k");
        assert_eq!(measured(0.0123, Some("Seconds")), "12.3 ms");
        assert_eq!(measured(41.0, Some("Count")), "41");
    }
}
