//! Reading one pattern.

use super::{Pattern, PatternError, check::mistakes};

/// Reads one pattern from the text of `file`; every mistake in it, otherwise.
pub fn read(file: &str, text: &str) -> Result<Pattern, Vec<PatternError>> {
    let found = mistakes(file, text);
    if found.is_empty() {
        trusted(file, text).map_err(|error| vec![error])
    } else {
        Err(found)
    }
}

/// Reads one pattern that is known to be sound: the shipped ones, which a test checks.
pub(super) fn trusted(file: &str, text: &str) -> Result<Pattern, PatternError> {
    toml::from_str(text).map_err(|error| PatternError {
        file: file.to_owned(),
        line: error.span().map(|span| {
            text.bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
                + 1
        }),
        what: error.message().to_owned(),
        hint: "compare it with the patterns that ship with the program".to_owned(),
    })
}
