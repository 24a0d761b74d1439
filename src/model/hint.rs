//! Errors say what happened and, on a line of its own, what to do.

/// What an error's text says happened, and its hint; `otherwise` where it has none.
pub fn hinted<'a>(error: &'a str, otherwise: &'a str) -> (&'a str, &'a str) {
    error.split_once("\nhint: ").unwrap_or((error, otherwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_what_stands_on_its_line() {
        assert_eq!(hinted("it broke\nhint: mend it", "?"), ("it broke", "mend it"));
        assert_eq!(hinted("it broke: hint: no", "?"), ("it broke: hint: no", "?"));
    }
}
