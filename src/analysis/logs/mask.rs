//! A line cut into tokens, with everything that looks like a parameter masked.
//!
//! Numbers, identifiers, addresses, timestamps, paths, quoted strings and lists become [`WILD`], so that lines of one
//! statement become equal. A run of masked tokens becomes one, since lists have any length. Method: the preprocessing
//! that He et al. ("Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017) ask the user for, made
//! general.

use super::hash;

/// Stands for what varies.
pub const WILD: &str = "<*>";

/// One token of a masked line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Where its text begins in [`Masked::text`].
    pub start: u32,
    /// Where its text ends.
    pub end: u32,
    /// Hash of its text.
    pub hash: u64,
    /// True when nothing but punctuation and masks is left of it.
    pub wild: bool,
}

/// A masked line. Kept and filled again for the next line.
#[derive(Debug, Default)]
pub(super) struct Masked {
    /// The masked line; tokens are separated by one space.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Hash of all tokens.
    pub hash: u64,
}

/// Lines longer than this are cut: what comes later is payload.
const LONGEST: usize = 2048;
/// Most tokens of a line.
const MOST_TOKENS: usize = 120;
/// A quoted string or list that is not closed within so many bytes is none.
const REACH: usize = 600;

impl Masked {
    /// Text of a token.
    pub fn token(&self, token: &Token) -> &str {
        self.text
            .get(token.start as usize..token.end as usize)
            .unwrap_or("")
    }

    /// Masks `line` into `self`.
    pub fn read(&mut self, line: &str) {
        self.text.clear();
        self.tokens.clear();
        self.hash = 0;
        let line = cut(line, LONGEST);
        let bytes = line.as_bytes();
        let mut start = 0;
        let mut masked = false;
        let mut at = 0;
        while at < bytes.len() && self.tokens.len() < MOST_TOKENS {
            let byte = bytes[at];
            if byte.is_ascii_whitespace() {
                start = self.close(start, masked);
                masked = false;
                at += 1;
                continue;
            }
            match byte {
                b'"' | b'\'' => {
                    if let Some(end) = quoted(bytes, at)
                        && !self.speaks(start)
                    {
                        self.text.push(byte as char);
                        if let Some(method) = http_method(&bytes[at + 1..end]) {
                            self.text.push_str(method);
                            self.text.push(' ');
                        }
                        self.text.push_str(WILD);
                        self.text.push(byte as char);
                        masked = true;
                        at = end + 1;
                    } else {
                        self.text.push(byte as char);
                        at += 1;
                    }
                }
                b'[' | b'(' | b'{' => {
                    self.text.push(byte as char);
                    at += 1;
                    if let Some(end) = list(bytes, at - 1) {
                        self.text.push_str(WILD);
                        masked = true;
                        at = end;
                    }
                }
                byte if in_piece(byte) => {
                    let end = at + bytes[at..].iter().take_while(|b| in_piece(**b)).count();
                    let piece = line.get(at..end).unwrap_or("");
                    match self.classify(piece, start, &bytes[end..]) {
                        Part::Keep => self.text.push_str(piece),
                        Part::Mask(kept) => {
                            self.text.push_str(piece.get(..kept).unwrap_or(""));
                            self.text.push_str(WILD);
                            masked = true;
                        }
                    }
                    at = end;
                }
                byte if byte.is_ascii() => {
                    self.text.push(byte as char);
                    at += 1;
                }
                _ => at += 1,
            }
        }
        self.close(start, masked);
    }

    /// Ends the token that began at `start`; gives the place where the next one begins.
    fn close(&mut self, start: usize, masked: bool) -> usize {
        let Some(text) = self.text.get(start..).filter(|text| !text.is_empty()) else {
            return start;
        };
        let wild = masked
            && !text
                .replace(WILD, "")
                .bytes()
                .any(|b| b.is_ascii_alphanumeric() || b >= 0x80);
        let hash = if wild { 0 } else { hash::bytes(text.as_bytes()) };
        if wild && self.tokens.last().is_some_and(|last| last.wild) {
            let tail = text
                .rfind(WILD)
                .and_then(|at| text.get(at + WILD.len()..))
                .unwrap_or("")
                .to_owned();
            return self.extend_last(&tail);
        }
        if wild
            && let Some((first, last)) = self
                .text
                .get(start..)
                .and_then(|t| Some((t.find(WILD)?, t.rfind(WILD)?)))
        {
            // `<*>:<*>:<*>` is one parameter, too; the punctuation around it stays for show.
            self.text.replace_range(start + first..start + last, "");
        }
        let token = Token {
            start: start as u32,
            end: self.text.len() as u32,
            hash,
            wild,
        };
        self.hash = hash::mix(self.hash, token.hash);
        self.tokens.push(token);
        self.text.push(' ');
        self.text.len()
    }

    /// Makes the last token, a mask, hold the open one, too; the punctuation behind it is now that of the open one.
    fn extend_last(&mut self, tail: &str) -> usize {
        if let Some(last) = self.tokens.last_mut() {
            let begin = last.start as usize;
            let text = self.text.get(begin..last.end as usize).unwrap_or("");
            let end = begin + text.rfind(WILD).map_or(text.len(), |at| at + WILD.len());
            self.text.truncate(end);
            self.text.push_str(tail);
            last.end = self.text.len() as u32;
            self.text.push(' ');
        }
        self.text.len()
    }

    /// True when the open token is a key whose quoted value is the message itself (`msg="..."`).
    fn speaks(&self, start: usize) -> bool {
        let Some(key) = self.text.get(start..).and_then(|t| t.strip_suffix(['=', ':'])) else {
            return false;
        };
        let key = key.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        [
            "msg",
            "message",
            "error",
            "err",
            "event",
            "reason",
            "level",
            "severity",
            "exception",
        ]
        .iter()
        .any(|word| key.eq_ignore_ascii_case(word))
    }

    /// What of a piece is kept.
    fn classify(&self, piece: &str, start: usize, after: &[u8]) -> Part {
        let bytes = piece.as_bytes();
        let slashes = bytes.iter().filter(|b| matches!(b, b'/' | b'\\')).count();
        let Some(first_digit) = bytes.iter().position(u8::is_ascii_digit) else {
            let path =
                slashes >= 2 || (slashes == 1 && bytes.len() > 1 && bytes[0] == b'/' && piece.contains('.'));
            let host = piece.contains('.') && matches!(after, [b':', d, ..] if d.is_ascii_digit());
            let mail = piece.contains('@') && piece.contains('.');
            let date = calendar(piece) && starts_with_date(after);
            return if path || host || mail || date {
                Part::Mask(0)
            } else {
                Part::Keep
            };
        };
        if self.is_status(piece, start) || technical(piece) {
            return Part::Keep;
        }
        if slashes >= 2 || bytes[0] == b'/' {
            return Part::Mask(0);
        }
        // `blk_-123`, `ip-10-0-0-1`, `node12`: the word before the number belongs to the statement.
        let head = &bytes[..first_digit];
        let word = head.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        if word < 2 || bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-') {
            return Part::Mask(0);
        }
        let tail = &bytes[first_digit..];
        let plain_number = tail.iter().all(u8::is_ascii_digit);
        if word < head.len() {
            let letter = head.iter().rposition(u8::is_ascii_alphabetic).unwrap_or(0);
            return Part::Mask((letter + 2).min(head.len()));
        }
        if plain_number {
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

    /// True for the code of a failed HTTP answer behind a word that says so: `status=503`, `HTTP/1.1" 404`.
    fn is_status(&self, piece: &str, start: usize) -> bool {
        if piece.len() != 3 || !piece.starts_with(['4', '5']) || !piece.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        let before = if self.text.len() > start {
            self.text.get(start..)
        } else {
            self.tokens.last().map(|last| self.token(last))
        };
        let before = before
            .unwrap_or("")
            .trim_end_matches(['=', ':', '"', '\'', '[', '(']);
        let longest = before.len().min(12);
        let tail = before
            .get(before.len() - longest..)
            .unwrap_or(before)
            .to_ascii_lowercase();
        ["status", "code", "statuscode", "http", "status_code", "response"]
            .iter()
            .any(|word| tail.ends_with(word))
    }
}

enum Part {
    Keep,
    /// Masked from this byte on.
    Mask(usize),
}

/// The longest beginning of `line` of at most `most` bytes.
pub(super) fn cut(line: &str, most: usize) -> &str {
    if line.len() <= most {
        return line;
    }
    let mut end = most;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.get(..end).unwrap_or("")
}

const fn in_piece(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(
            byte,
            b'_' | b'.' | b'-' | b'/' | b'\\' | b'+' | b'%' | b'$' | b'#' | b'~' | b'*' | b'@'
        )
}

/// End of the quoted string that begins at `open`, if it is one and not an apostrophe.
fn quoted(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    let word = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
    if quote == b'\'' && open > 0 && word(bytes.get(open - 1)) {
        return None;
    }
    let mut at = open + 1;
    while at < bytes.len().min(open + REACH) {
        match bytes[at] {
            b'\\' => at += 1,
            b if b == quote && !(quote == b'\'' && word(bytes.get(at + 1))) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// End of the bracketed list that begins at `open`, if it holds a comma, or a colon or equals sign in braces.
fn list(bytes: &[u8], open: usize) -> Option<usize> {
    let (left, right) = match bytes[open] {
        b'[' => (b'[', b']'),
        b'(' => (b'(', b')'),
        _ => (b'{', b'}'),
    };
    let mut depth = 0;
    let mut several = false;
    for (offset, byte) in bytes[open..].iter().take(REACH).enumerate() {
        match *byte {
            b if b == left => depth += 1,
            b if b == right => {
                depth -= 1;
                if depth == 0 {
                    let end = open + offset;
                    return (several && end > open + 1).then_some(end);
                }
            }
            b',' => several = true,
            b':' | b'=' if left == b'{' => several = true,
            _ => {}
        }
    }
    None
}

fn http_method(content: &[u8]) -> Option<&'static str> {
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|method| {
            content
                .strip_prefix(method.as_bytes())
                .is_some_and(|rest| rest.first() == Some(&b' '))
        })
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
    const NAMES: [&str; 27] = [
        "s3", "ec2", "md5", "sha1", "sha256", "sha512", "ipv4", "ipv6", "http2", "h2", "utf8", "utf-8",
        "k8s", "log4j", "oauth2", "route53", "base64", "x509", "i18n", "p50", "p90", "p95", "p99", "x86_64",
        "amd64", "arm64", "ed25519",
    ];
    piece.len() <= 8 && NAMES.iter().any(|name| piece.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        let mut masked = Masked::default();
        masked.read(line);
        masked.text.trim_end().to_owned()
    }

    #[test]
    fn parameters_are_masked() {
        let cases = [
            ("took 12ms for user 42", "took <*> for user <*>"),
            (
                "2024-01-02T03:04:05.678Z 7f3a1b2c-1111-2222-3333-444455556666 ERROR boom",
                "<*> ERROR boom",
            ),
            (
                "Jun 14 15:16:01 combo sshd[19939]: check pass",
                "<*> combo sshd[<*>]: check pass",
            ),
            ("connect to 10.0.0.1:5432 refused", "connect to <*> refused"),
            (
                "connect to db.internal.example:5432 refused",
                "connect to <*> refused",
            ),
            ("open /var/log/app.log failed", "open <*> failed"),
            (
                "Received block blk_-1608999687919862906 of size 91178",
                "Received block blk_<*> of size <*>",
            ),
            ("eth0 is down", "eth<*> is down"),
            (
                "key 'order-a' not found in \"table x\"",
                "key '<*>' not found in \"<*>\"",
            ),
            ("can't open, don't retry", "can't open, don't retry"),
            (
                "level=error msg=\"connection refused\" took=3s",
                "level=error msg=\"connection refused\" took=<*>",
            ),
            ("items [a, b, c] of (1, 2)", "items [<*>] of (<*>)"),
            ("\"GET /a/b?x=1 HTTP/1.1\" status=503", "\"GET <*>\" status=503"),
            ("status: 200 len: 1893", "status: <*> len: <*>"),
            ("Http11Processor started on s3", "Http11Processor started on s3"),
            ("0xdeadbeef at deadb33f", "<*> at <*>"),
            ("ids 1 2 3 4 done", "ids <*> done"),
            ("[Sun Dec 04 04:47:44 2005] [notice] up", "[<*>] [notice] up"),
        ];
        for (line, expected) in cases {
            assert_eq!(masked(line), expected, "{line}");
        }
    }

    #[test]
    fn long_and_foreign_lines_are_cut_at_a_character() {
        let line = "é".repeat(3000);
        assert!(masked(&line).len() <= LONGEST);
        assert_eq!(masked("größe 5 überschritten"), "größe <*> überschritten");
    }
}
