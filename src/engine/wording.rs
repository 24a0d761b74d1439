//! Numbers and times in sentences.

use jiff::Timestamp;

pub use crate::model::{measured, number};

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
}
