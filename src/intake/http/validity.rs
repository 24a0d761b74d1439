//! From when until when a certificate holds. The library that judges certificates keeps that to itself, and a parser of all of
//! X.509 would be a dependency for two dates: they stand at the fourth or fifth place of the signed part. Pure.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// From when until when a certificate (DER) holds; none for what is no certificate.
pub fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (certificate, _) = inside(certificate, SEQUENCE)?;
    let (mut signed, _) = inside(certificate, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        (_, signed) = inside(signed, VERSION)?;
    }
    // Serial number, algorithm, issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, signed) = inside(signed, tag)?;
    }
    let (validity, _) = inside(signed, SEQUENCE)?;
    let (from, validity) = time(validity)?;
    let (until, _) = time(validity)?;
    Some((from, until))
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The content of the element with that tag at the start, and what comes after it.
fn inside(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(*length & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit));
        (length, rest)
    };
    rest.split_at_checked(length)
}

/// A time in UTC, in one of the two forms that certificates have, and what comes after it.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (text, rest, century) = if let Some((text, rest)) = inside(bytes, UTC_TIME) {
        // RFC 5280: years from 50 on are of the last century.
        let late = text.first().is_some_and(|digit| *digit >= b'5');
        (text, rest, if late { "19" } else { "20" })
    } else {
        let (text, rest) = inside(bytes, GENERALIZED_TIME)?;
        (text, rest, "")
    };
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let at = DateTime::strptime("%Y%m%d%H%M%S", format!("{century}{text}")).ok()?;
    let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some((at, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut out = vec![tag];
        if length < 0x80 {
            out.push(length as u8);
        } else {
            out.extend([0x82, (length >> 8) as u8, length as u8]);
        }
        out.extend(content);
        out
    }

    fn certificate(version: bool, from: (u8, &str), until: (u8, &str)) -> Vec<u8> {
        let mut signed = Vec::new();
        if version {
            signed.extend(element(VERSION, &element(INTEGER, &[2])));
        }
        signed.extend(element(INTEGER, &[7; 20]));
        signed.extend(element(SEQUENCE, b""));
        signed.extend(element(SEQUENCE, &[0; 300]));
        let dates = [from, until].map(|(tag, text)| element(tag, text.as_bytes()));
        signed.extend(element(SEQUENCE, &dates.concat()));
        signed.extend(element(SEQUENCE, b"whose"));
        element(SEQUENCE, &element(SEQUENCE, &signed))
    }

    #[test]
    fn both_forms_of_dates_are_read() {
        let short = certificate(true, (UTC_TIME, "991231235959Z"), (UTC_TIME, "251027025600Z"));
        let told = |bytes: &[u8]| validity(bytes).map(|(from, until)| format!("{from} {until}"));
        assert_eq!(
            told(&short).as_deref(),
            Some("1999-12-31T23:59:59Z 2025-10-27T02:56:00Z")
        );
        let long = certificate(
            false,
            (UTC_TIME, "250101000000Z"),
            (GENERALIZED_TIME, "20510101000000Z"),
        );
        assert_eq!(
            told(&long).as_deref(),
            Some("2025-01-01T00:00:00Z 2051-01-01T00:00:00Z")
        );
    }

    #[test]
    fn what_is_no_certificate_has_no_dates() {
        let whole = certificate(true, (UTC_TIME, "250101000000Z"), (UTC_TIME, "260101000000Z"));
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None, "{length} bytes of it");
        }
        let odd = certificate(true, (UTC_TIME, "not a date"), (UTC_TIME, "260101000000Z"));
        assert_eq!(validity(&odd), None);
        assert_eq!(validity(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
