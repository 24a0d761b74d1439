//! The canonical form of records (RFC 8785) and their hashes.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Draft, Hash, Head, Record, StoreError, StreamId};

/// The largest whole number that JSON numbers hold exactly (RFC 8785, RFC 7493): 2^53 - 1.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// A value as canonical JSON.
pub fn canonical(value: &Value) -> Result<String, StoreError> {
    serde_json_canonicalizer::to_string(value)
        .map_err(|error| StoreError::Damaged(format!("a body has no canonical form: {error}")))
}

/// The SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> Hash {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    Hash(
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
            .collect(),
    )
}

/// The bytes behind lower- or upper-case hexadecimal; none when it is something else.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// A time as records write it: UTC, three decimals.
pub fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// All fields of a record that its hash covers, as they are written. `body` is canonical JSON.
pub(super) struct Fields<'a> {
    pub(super) stream: &'a str,
    pub(super) seq: u64,
    pub(super) at: &'a str,
    pub(super) actor: &'a str,
    pub(super) trust: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a str,
    pub(super) prev: &'a str,
}

impl Fields<'_> {
    /// SHA-256 over the canonical JSON of the fields.
    pub(super) fn hash(&self) -> Hash {
        sha256(self.json().as_bytes())
    }

    /// What a digest covers: the fields that do not depend on when and where the investigation ran.
    pub(super) fn digested(&self) -> String {
        let Self { seq, body, .. } = self;
        let [actor, kind, trust] = [self.actor, self.kind, self.trust].map(string);
        format!(r#"{{"actor":{actor},"body":{body},"kind":{kind},"seq":{seq},"trust":{trust}}}"#)
    }

    // The members in the order of RFC 8785 around a body that is canonical already.
    fn json(&self) -> String {
        let Self { seq, body, .. } = self;
        let [actor, at, kind, prev, stream, trust] =
            [self.actor, self.at, self.kind, self.prev, self.stream, self.trust].map(string);
        format!(
            r#"{{"actor":{actor},"at":{at},"body":{body},"kind":{kind},"prev":{prev},"seq":{seq},"stream":{stream},"trust":{trust}}}"#
        )
    }
}

/// A string in JSON; `serde_json` escapes exactly what RFC 8785 escapes.
fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// A record ready to be written, with its body as text.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) record: Record,
    pub(super) body: String,
}

/// Makes the record that follows `head`.
pub(super) fn seal(
    stream: &StreamId,
    head: &Head,
    at: Timestamp,
    mut draft: Draft,
) -> Result<Sealed, StoreError> {
    exact(&mut draft.body);
    let body = canonical(&draft.body)?;
    let seq = head.seq + 1;
    let hash = Fields {
        stream: stream.as_str(),
        seq,
        at: &time(at),
        actor: &draft.actor.to_string(),
        trust: draft.trust.as_str(),
        kind: &draft.kind.to_string(),
        body: &body,
        prev: &head.hash.0,
    }
    .hash();
    // What a reader will see: the canonical form does not tell 1.0 from 1.
    let value = serde_json::from_str(&body)
        .map_err(|error| StoreError::Damaged(format!("a body cannot be read back: {error}")))?;
    let record = Record {
        stream: stream.clone(),
        seq,
        at,
        actor: draft.actor,
        trust: draft.trust,
        kind: draft.kind,
        body: value,
        prev: head.hash.clone(),
        hash,
    };
    Ok(Sealed { record, body })
}

/// Whole numbers that JSON cannot hold exactly become strings, as RFC 7493 advises: no digit is lost.
fn exact(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let unsafe_integer = number.as_u64().is_some_and(|n| n > MAX_SAFE)
                || number.as_i64().is_some_and(|n| n.unsigned_abs() > MAX_SAFE);
            if unsafe_integer {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(exact),
        Value::Object(members) => members.values_mut().for_each(exact),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::{Actor, Kind, Trust};

    #[test]
    fn the_hash_covers_the_canonical_form_of_all_other_fields() {
        let draft = Draft {
            actor: Actor::Operator("ada \"\u{1}\u{7f}é\n".into()),
            trust: Trust::Own,
            kind: Kind::Message,
            body: json!({"b": 1.0, "a": [1e21, 0.1, -0.0, "\u{2028}"], "é": 9_007_199_254_740_993_u64, "z": null}),
        };
        let at: Timestamp = "2026-11-23T09:00:00.12Z".parse().unwrap();
        let head = Head {
            seq: 0,
            hash: Hash::zero(),
        };
        let sealed = seal(&StreamId::space(), &head, at, draft).unwrap();
        assert_eq!(
            sealed.body,
            "{\"a\":[1e+21,0.1,0,\"\u{2028}\"],\"b\":1,\"z\":null,\"é\":\"9007199254740993\"}"
        );
        let mut fields = serde_json::to_value(&sealed.record).unwrap();
        let hash = fields.as_object_mut().unwrap().remove("hash").unwrap();
        assert_eq!(fields["at"], "2026-11-23T09:00:00.120Z");
        assert_eq!(hash, sha256(canonical(&fields).unwrap().as_bytes()).0);
        assert_eq!(canonical(&sealed.record.body).unwrap(), sealed.body);
    }

    #[test]
    fn hexadecimal_reads_back() {
        assert_eq!(hex(&[0, 0xab, 0xff]).0, "00abff");
        assert_eq!(unhex("00abFF"), Some(vec![0, 0xab, 0xff]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
