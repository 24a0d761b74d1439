//! The fields of a JSON object on one line, found without building it: most of a log's fields are never looked at.

use std::borrow::Cow;

/// An object with more fields is payload.
const MOST_FIELDS: usize = 256;

/// Keys and raw values of an object, in order.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Reads `text`, which must be one whole object.
    pub fn of(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut at = blank(bytes, 0);
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        at = blank(bytes, at + 1);
        let mut pairs = Vec::with_capacity(12);
        if bytes.get(at) != Some(&b'}') {
            loop {
                let key_end = string(bytes, at)?;
                let key = text.get(at + 1..key_end - 1)?;
                at = blank(bytes, key_end);
                if bytes.get(at) != Some(&b':') {
                    return None;
                }
                at = blank(bytes, at + 1);
                let end = value(bytes, at)?;
                pairs.push((key, text.get(at..end)?));
                at = blank(bytes, end);
                match bytes.get(at)? {
                    b',' if pairs.len() < MOST_FIELDS => at = blank(bytes, at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        (blank(bytes, at + 1) == bytes.len()).then_some(Self { pairs })
    }

    /// The raw value of a key.
    pub fn raw(&self, key: &str) -> Option<&'a str> {
        self.pairs
            .iter()
            .find(|(own, _)| *own == key)
            .map(|(_, value)| *value)
    }

    /// The text of a key whose value is a string.
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        text_of(self.raw(key)?)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs.iter().copied()
    }
}

/// The text of a raw string.
pub(super) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        // An escape that is none: shown as it stands.
        return Some(serde_json::from_str(raw).map_or(Cow::Borrowed(inner), Cow::Owned));
    }
    Some(Cow::Borrowed(inner))
}

fn blank(bytes: &[u8], at: usize) -> usize {
    at + bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| b.is_ascii_whitespace())
        .count()
}

/// End of the string that begins at `at`.
fn string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// End of the value that begins at `at`.
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string(bytes, at),
        b'{' | b'[' => {
            let mut depth = 0_u32;
            let mut at = at;
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at = string(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => {
            let length = bytes[at..]
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
                .count();
            let word = &bytes[at..at + length];
            let number = word.first()?.is_ascii_digit() || word[0] == b'-';
            (number || matches!(word, b"true" | b"false" | b"null")).then_some(at + length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_nonsense_is_refused() {
        let fields = Fields::of(r#" {"a": "x\"y", "b":{"c":[1,"}"]}, "d":-1.5e3, "e":null } "#).unwrap();
        assert_eq!(fields.text("a").as_deref(), Some("x\"y"));
        assert_eq!(fields.raw("b"), Some(r#"{"c":[1,"}"]}"#));
        assert_eq!(fields.raw("d"), Some("-1.5e3"));
        assert_eq!(fields.iter().count(), 4);
        for nonsense in [
            "",
            "{",
            "{not json}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1} x",
            "[1]",
            "{\"a\":\"",
            "{\"a\":\"\\",
        ] {
            assert!(Fields::of(nonsense).is_none(), "{nonsense}");
        }
        assert!(Fields::of("{}").is_some());
    }
}
