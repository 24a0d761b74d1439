//! Which part of a word is a parameter's value.
//!
//! Each rule names a kind of value that no author of a statement writes out: numbers and what holds them, paths, addresses,
//! hosts, mail addresses, qualified names, hexadecimal words, booleans. Nothing here knows a product.

/// What of a piece is kept.
pub(super) enum Part {
    /// All of it.
    Keep,
    /// It up to this byte; the rest is masked.
    Mask(usize),
}

/// Bytes that a piece is made of.
pub(super) const fn in_piece(byte: u8) -> bool {
    PIECE[byte as usize]
}

/// [`in_piece`] of every byte: it is asked for every byte of every line.
const PIECE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = piece_byte(byte as u8);
        byte += 1;
    }
    table
};

const fn piece_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(
            byte,
            b'_' | b'.' | b'-' | b'/' | b'\\' | b'+' | b'%' | b'$' | b'#' | b'~' | b'*' | b'@'
        )
}

/// What of a piece is kept, given what follows it on the line.
pub(super) fn classify(piece: &str, after: &[u8]) -> Part {
    let bytes = piece.as_bytes();
    let slashes = bytes.iter().filter(|b| matches!(b, b'/' | b'\\')).count();
    let Some(first_digit) = bytes.iter().position(u8::is_ascii_digit) else {
        return if without_digits(piece, slashes, after) {
            Part::Mask(0)
        } else {
            Part::Keep
        };
    };
    if technical(piece) {
        return Part::Keep;
    }
    if slashes >= 2 || bytes[0] == b'/' || dotted(piece, after) {
        return Part::Mask(0);
    }
    // `blk_-123`, `ip-10-0-0-1`, `node12`: the word before the number belongs to the statement.
    let head = &bytes[..first_digit];
    let word = head.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if word < 2 || bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-') {
        return Part::Mask(0);
    }
    let tail = &bytes[first_digit..];
    if word < head.len() {
        // `rack_A8`: a letter or two before the number are part of it.
        let letter = head.iter().rposition(u8::is_ascii_alphabetic).unwrap_or(0);
        let run = head[..=letter]
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let kept = if run <= 2 && letter + 1 > run {
            letter + 1 - run
        } else {
            letter + 2
        };
        return Part::Mask(kept.min(head.len()));
    }
    if tail.iter().all(u8::is_ascii_digit) {
        return Part::Mask(word);
    }
    // `Http11Processor`: one short number inside a long word is a name.
    let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &tail[digits..];
    let name = digits <= 2 && word >= 3 && rest.len() >= 3 && !rest.iter().any(u8::is_ascii_digit);
    if name && rest.iter().all(u8::is_ascii_alphabetic) {
        return Part::Keep;
    }
    if tail.iter().any(|b| matches!(b, b'-' | b'_' | b'.' | b'/')) {
        Part::Mask(word)
    } else {
        Part::Mask(0)
    }
}

/// True for the values that hold no digit.
fn without_digits(piece: &str, slashes: usize, after: &[u8]) -> bool {
    let bytes = piece.as_bytes();
    let letters = bytes
        .iter()
        .filter(|b| b.is_ascii_alphanumeric() || **b >= 0x80)
        .count();
    if letters == 0 {
        // `****`, `*` beside numbers in a table of readings.
        return bytes.iter().all(|b| *b == b'*');
    }
    // A path; `and/or` is none.
    if slashes >= 2 || slashes == 1 && letters >= 2 && matches!(bytes[0], b'/' | b'\\') {
        return true;
    }
    boolean(piece)
        || piece.contains('@') && piece.contains('.')
        || dotted(piece, after)
        || calendar(piece) && starts_with_date(after)
        // Words of eight letters and more that are all hexadecimal digits do not exist in English.
        || bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit)
}

/// True for what a flag or a missing value is printed as.
pub(super) fn boolean(piece: &str) -> bool {
    let likely = matches!(
        piece.as_bytes(),
        [b't' | b'f' | b'n' | b'u' | b'T' | b'F' | b'N' | b'U', ..]
    );
    likely
        && ["true", "false", "null", "nil", "nullptr", "undefined"]
            .iter()
            .any(|word| piece.eq_ignore_ascii_case(word))
}

/// True for hosts and qualified names: `db.internal.example`, `com.example.shop`, `example.com`.
///
/// An exception's name is what a line says, and a call (`a.b.c()`) is a place in the code: both stay.
fn dotted(piece: &str, after: &[u8]) -> bool {
    const ENDS: [&str; 26] = [
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "mil",
        "int",
        "info",
        "biz",
        "io",
        "dev",
        "app",
        "local",
        "internal",
        "localdomain",
        "lan",
        "corp",
        "de",
        "uk",
        "jp",
        "cn",
        "fr",
        "ru",
        "br",
        "nl",
        "eu",
    ];
    if !piece.as_bytes().contains(&b'.') {
        return false;
    }
    let name = piece.trim_end_matches('.');
    let Some((front, last)) = name.rsplit_once('.') else {
        return false;
    };
    if after.first() == Some(&b'(') || last.ends_with("Exception") || last.ends_with("Error") {
        return false;
    }
    let sound = name.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
    }) && name.bytes().any(|b| b.is_ascii_alphabetic());
    let port = matches!(after, [b':', d, ..] if d.is_ascii_digit());
    sound && (port || front.contains('.') && name.len() >= 6 || front.len() >= 2 && ENDS.contains(&last))
}

/// True for the English short names of weekdays and months, as dates spell them.
fn calendar(piece: &str) -> bool {
    const NAMES: [&str; 19] = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
        "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    piece.len() == 3 && NAMES.contains(&piece)
}

/// True when a date goes on here: a number or another short name.
fn starts_with_date(after: &[u8]) -> bool {
    let rest = after.trim_ascii_start();
    let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
    match rest {
        [d, ..] if d.is_ascii_digit() => true,
        [a, b, c, ..] => std::str::from_utf8(&[*a, *b, *c]).is_ok_and(calendar),
        _ => false,
    }
}

/// Names of things that happen to have a digit.
fn technical(piece: &str) -> bool {
    const NAMES: [&str; 31] = [
        "s3", "ec2", "md5", "sha1", "sha256", "sha512", "ipv4", "ipv6", "http2", "h2", "utf8", "utf-8",
        "k8s", "log4j", "oauth2", "route53", "base64", "x509", "i18n", "p50", "p90", "p95", "p99", "x86_64",
        "amd64", "arm64", "ed25519", "socks4", "socks5", "ext3", "ext4",
    ];
    let likely = piece.len() <= 8 && piece.starts_with(|c: char| c.is_ascii_alphabetic());
    likely && NAMES.iter().any(|name| piece.eq_ignore_ascii_case(name))
}

/// True for a unit of time or size behind a number: `5 ms` and `2 seconds`, `21.4 KB` and `2.0 GB` are values alike.
///
/// Not `bytes`: as a word of the sentence it often stands where a size in brackets may follow.
pub(super) fn unit(word: &[u8]) -> bool {
    const UNITS: [&str; 38] = [
        "ns",
        "us",
        "ms",
        "msec",
        "msecs",
        "millis",
        "milliseconds",
        "s",
        "sec",
        "secs",
        "second",
        "seconds",
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "d",
        "day",
        "days",
        "b",
        "kb",
        "mb",
        "gb",
        "tb",
        "pb",
        "kib",
        "mib",
        "gib",
        "tib",
        "kbit",
        "mbit",
        "gbit",
        "µs",
    ];
    let from = word.iter().take_while(|b| b.is_ascii_punctuation()).count();
    let to = word.len() - word.iter().rev().take_while(|b| b.is_ascii_punctuation()).count();
    let bare = word.get(from..to).unwrap_or_default();
    bare.len() <= 12
        && !bare.first().is_some_and(u8::is_ascii_digit)
        && UNITS
            .iter()
            .any(|unit| bare.eq_ignore_ascii_case(unit.as_bytes()))
}

/// Length of a hardware or IPv6 address at the beginning of `text`; none if there is none.
pub(super) fn colon_address(text: &[u8]) -> Option<usize> {
    if !text.iter().take(5).any(|b| *b == b':') {
        return None;
    }
    let length = text
        .iter()
        .take(48)
        .take_while(|b| b.is_ascii_hexdigit() || **b == b':')
        .count();
    let found = text.get(..length)?;
    let colons = memchr::memchr_iter(b':', found).count();
    if colons < 2 || text.get(length).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let mut groups = 0;
    for group in found.split(|b| *b == b':') {
        if group.len() > 4 {
            return None;
        }
        groups += usize::from(!group.is_empty());
    }
    let hardware = colons == 5 && groups == 6;
    let six = groups >= 2 && (found.windows(2).any(|pair| pair == b"::") || colons == 7);
    // A colon at the end is the sentence's.
    let end = if found.ends_with(b":") && !found.ends_with(b"::") {
        length - 1
    } else {
        length
    };
    (hardware || six).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_words() {
        let kept = |piece: &str| match classify(piece, b"") {
            Part::Keep => piece.to_owned(),
            Part::Mask(kept) => format!("{}*", &piece[..kept]),
        };
        let cases = [
            ("blk_-16089", "blk_*"),
            ("core.2275", "core.*"),
            ("rack_A8", "rack_*"),
            ("msra-sa-41", "msra-*"),
            ("node12", "node*"),
            ("rdd_42_20", "rdd_*"),
            ("deadbeefcafe", "*"),
            ("com.example.shop.Cart", "*"),
            ("java.io.IOException", "java.io.IOException"),
            ("example.org", "*"),
            ("chrome.exe", "chrome.exe"),
            ("and/or", "and/or"),
            ("/etc", "*"),
            ("TRUE", "*"),
            ("failed", "failed"),
            ("****", "*"),
            ("BLOCK*", "BLOCK*"),
            ("...", "..."),
            ("bounced", "bounced"),
        ];
        for (piece, expected) in cases {
            assert_eq!(kept(piece), expected, "{piece}");
        }
    }

    #[test]
    fn addresses_with_colons() {
        assert_eq!(colon_address(b"5c:50:15:4c:18:13 x"), Some(17));
        assert_eq!(colon_address(b"ab:cd:ef:ab:cd:ef"), Some(17));
        assert_eq!(colon_address(b"fe80::1: x"), Some(7));
        assert_eq!(colon_address(b"0:0:0:0:0:0:0:0"), Some(15));
        assert_eq!(colon_address(b"a:b"), None);
        assert_eq!(colon_address(b"bad: x"), None);
        assert_eq!(colon_address(b"ace::Reader"), None);
    }
}
