//! A cheap look that passes over nearly every line: only what it finds suspicious is searched with care.

use std::sync::LazyLock;

use regex::Regex;

use super::{Scope, rules::constant};

/// Words without which no rule of `rules` can match, other than those for runs of digits and of base64.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"(?i-u:pass|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|signing|encryption[_.-]?key",
        r"|account[_.-]?key|shared[_.-]?key|license[_.-]?key|signature|credential|bearer|authorization|cookie|private key)",
        r"|(?-u:AKIA|ASIA|eyJ|://|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|xapp-|hooks\.slack|sk[-_]|rk_|AIza",
        r"|npm_|pypi-|SG\.|IQoJ|F[wQ]oG|AQoD)",
    ))
});

/// False when nothing in the text can match any rule.
pub(super) fn suspicious(text: &str, scope: Scope) -> bool {
    (scope == Scope::Personal && personal(text)) || runs(text.as_bytes()) || WORDS.is_match(text)
}

/// True for a run that is long enough for a card number (14 digits, single separators allowed) or exactly as long as
/// a bare AWS secret key (40 characters of base64) or a line of a private key (64).
fn runs(text: &[u8]) -> bool {
    let (mut digits, mut separated, mut base64) = (0_u32, false, 0_u32);
    for &byte in text {
        if byte.is_ascii_digit() {
            digits += 1;
            separated = false;
            if digits >= 14 {
                return true;
            }
        } else if matches!(byte, b' ' | b'-') && digits > 0 && !separated {
            separated = true;
        } else {
            digits = 0;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') {
            base64 += 1;
        } else if matches!(base64, 40 | 64) {
            return true;
        } else {
            base64 = 0;
        }
    }
    matches!(base64, 40 | 64)
}

fn personal(text: &str) -> bool {
    let mut digits = 0_u32;
    text.bytes().any(|byte| {
        digits += u32::from(byte.is_ascii_digit());
        byte == b'@' || digits >= 4 || byte == b':'
    })
}
