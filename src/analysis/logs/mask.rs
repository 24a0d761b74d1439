//! A line cut into tokens, with everything that looks like a parameter masked.
//!
//! Numbers, identifiers, addresses, timestamps, paths, quoted strings and lists become [`WILD`], so that lines of one
//! statement become equal. A run of masked tokens becomes one, since lists have any length. Method: the preprocessing
//! that He et al. ("Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017) ask the user for, made
//! general.

use super::{
    hash,
    piece::{Part, classify, colon_address, in_piece, unit},
};

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
        let mut open = Open::default();
        let mut at = 0;
        while at < bytes.len() && self.tokens.len() < MOST_TOKENS {
            let byte = bytes[at];
            if byte.is_ascii_whitespace() {
                self.close(&mut open);
                at += 1;
                continue;
            }
            if self.text.len() == open.start
                && let Some(next) = self.begin(bytes, at, &mut open)
            {
                at = next;
                continue;
            }
            at = match byte {
                b'"' | b'\'' => self.quote(bytes, at, &mut open),
                b'[' | b'(' | b'{' => {
                    self.text.push(byte as char);
                    if let Some(end) = list(bytes, at) {
                        self.mask(&mut open);
                        end
                    } else {
                        at + 1
                    }
                }
                b'=' => {
                    // `width =5`: the sign makes a key of the word before, and is no punctuation.
                    open.words |= self.text.len() == open.start;
                    self.text.push('=');
                    if self.names(open.start)
                        && let Some(end) = value(bytes, at + 1)
                    {
                        self.mask(&mut open);
                        end
                    } else {
                        at + 1
                    }
                }
                byte if in_piece(byte) => self.piece(line, at, &mut open),
                byte if byte.is_ascii() => {
                    self.text.push(byte as char);
                    at + 1
                }
                _ => at + 1,
            };
        }
        self.close(&mut open);
    }

    fn mask(&mut self, open: &mut Open) {
        self.text.push_str(WILD);
        open.masks += 1;
        open.masked_to = self.text.len();
    }

    /// What is decided at the beginning of a token, by what stands before it; gives where to go on.
    fn begin(&mut self, bytes: &[u8], at: usize, open: &mut Open) -> Option<usize> {
        let last = self.tokens.last().copied()?;
        let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
        // `5 ms`, `21.4 KB,`
        if before.last().is_some_and(u8::is_ascii_digit) {
            let length = bytes[at..]
                .iter()
                .take_while(|b| !b.is_ascii_whitespace())
                .count();
            let word = bytes.get(at..at + length).unwrap_or_default();
            if length <= 14 && unit(word) {
                if last.wild {
                    self.mask(open);
                    for byte in word.iter().rev().take_while(|b| b.is_ascii_punctuation()) {
                        self.text.push(*byte as char);
                    }
                }
                return Some(at + length);
            }
        }
        // `key = value`, `key= value`
        if before.last() == Some(&b'=') && self.text.get(..last.end as usize)?.ends_with('=') {
            let own = self.token(&last);
            let start = if own == "=" && self.tokens.len() >= 2 {
                self.tokens[self.tokens.len() - 2].start
            } else {
                last.start
            };
            let key = self.text.get(start as usize..last.end as usize)?;
            if names(key)
                && let Some(end) = value(bytes, at)
                && !bytes.get(at..end)?.contains(&b'=')
            {
                self.mask(open);
                return Some(end);
            }
        }
        None
    }

    fn quote(&mut self, bytes: &[u8], at: usize, open: &mut Open) -> usize {
        let quote = bytes[at] as char;
        self.text.push(quote);
        let Some(end) = quoted(bytes, at).filter(|_| !self.speaks(open.start)) else {
            return at + 1;
        };
        if let Some(method) = http_method(&bytes[at + 1..end]) {
            self.text.push_str(method);
            self.text.push(' ');
            open.words = true;
        }
        self.mask(open);
        self.text.push(quote);
        end + 1
    }

    fn piece(&mut self, line: &str, at: usize, open: &mut Open) -> usize {
        let bytes = line.as_bytes();
        if let Some(length) = colon_address(&bytes[at..]) {
            self.mask(open);
            return at + length;
        }
        let end = at + bytes[at..].iter().take_while(|b| in_piece(**b)).count();
        let after = &bytes[end..];
        if after.starts_with(b"://") {
            self.mask(open);
            return end + url(after);
        }
        let piece = line.get(at..end).unwrap_or("");
        let part = if self.is_status(piece, open.start) {
            Part::Keep
        } else {
            classify(piece, after)
        };
        let kept = match part {
            Part::Keep => piece,
            Part::Mask(kept) => piece.get(..kept).unwrap_or(""),
        };
        self.text.push_str(kept);
        open.words |= kept.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80);
        if matches!(part, Part::Mask(_)) {
            self.mask(open);
        }
        end
    }

    /// Ends the open token.
    fn close(&mut self, open: &mut Open) {
        let Open {
            start,
            masks,
            masked_to,
            words,
        } = *open;
        if self.text.len() == start {
            return;
        }
        let wild = masks > 0 && !words;
        if wild && self.tokens.last().is_some_and(|last| last.wild) {
            self.extend_last(masked_to);
            *open = Open::at(self.text.len());
            return;
        }
        if wild
            && masks > 1
            && let Some((first, last)) = self
                .text
                .get(start..)
                .and_then(|t| Some((t.find(WILD)?, t.rfind(WILD)?)))
        {
            // `<*>:<*>:<*>` is one parameter, too; the punctuation around it stays for show.
            self.text.replace_range(start + first..start + last, "");
        }
        let hash = if wild {
            0
        } else {
            hash::bytes(self.text.as_bytes().get(start..).unwrap_or_default())
        };
        let token = Token {
            start: start as u32,
            end: self.text.len() as u32,
            hash,
            wild,
        };
        self.hash = hash::mix(self.hash, token.hash);
        self.tokens.push(token);
        self.text.push(' ');
        *open = Open::at(self.text.len());
    }

    /// Makes the last token, a mask, hold the open one, too, whose last mask ends at `masked_to`; the punctuation behind it
    /// is now that of the open one.
    fn extend_last(&mut self, masked_to: usize) {
        let Some(last) = self.tokens.last_mut() else {
            return;
        };
        let tail = self.text.len() - masked_to;
        let begin = last.start as usize;
        let own = self
            .text
            .as_bytes()
            .get(begin..last.end as usize)
            .unwrap_or_default();
        let end = own
            .windows(WILD.len())
            .rposition(|part| part == WILD.as_bytes())
            .map_or(last.end as usize, |at| begin + at + WILD.len());
        self.text.drain(end..masked_to);
        last.end = (end + tail) as u32;
        self.text.push(' ');
    }

    /// True when the open token, up to its equals sign, names a value that is a parameter.
    fn names(&self, start: usize) -> bool {
        names(self.text.get(start..).unwrap_or(""))
    }

    /// True when the open token is a key whose quoted value is the message itself (`msg="..."`).
    fn speaks(&self, start: usize) -> bool {
        let open = self.text.get(start..).unwrap_or("");
        let Some(key) = open
            .get(..open.len().saturating_sub(1))
            .and_then(|t| t.strip_suffix(['=', ':']))
        else {
            return false;
        };
        speaking(key)
    }

    /// True for the code of an HTTP answer that tells of a fault of the server, behind a word that says so:
    /// `status=503`, `HTTP/1.1" 502`. A 404 is the client's, and a parameter like 200.
    fn is_status(&self, piece: &str, start: usize) -> bool {
        if piece.len() != 3 || !piece.starts_with('5') || !piece.bytes().all(|b| b.is_ascii_digit()) {
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

/// The token that is being read.
#[derive(Debug, Default, Clone, Copy)]
struct Open {
    /// Where its text begins.
    start: usize,
    /// Masks in it.
    masks: u32,
    /// Where the last of them ends.
    masked_to: usize,
    /// True when letters or digits of it were kept.
    words: bool,
}

impl Open {
    const fn at(start: usize) -> Self {
        Self {
            start,
            masks: 0,
            masked_to: 0,
            words: false,
        }
    }
}

/// True when a key, up to its equals sign, names a value that is a parameter: a word, and none of those whose value is what
/// the line says.
fn names(key: &str) -> bool {
    let Some(key) = key.trim_end().strip_suffix('=').map(str::trim_end) else {
        return false;
    };
    key.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ']' | '>')) && !speaking(key)
}

/// True for keys whose value is the message, or the state that the statement reports.
fn speaking(key: &str) -> bool {
    const KEYS: [&str; 23] = [
        "msg",
        "message",
        "error",
        "err",
        "event",
        "reason",
        "level",
        "lvl",
        "severity",
        "exception",
        "status",
        "result",
        "outcome",
        "state",
        "errormessage",
        "error_message",
        "type",
        "kind",
        "code",
        "statuscode",
        "status_code",
        "op",
        "operation",
    ];
    let key = key.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let from = key
        .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map_or(0, |at| at + 1);
    let key = key.get(from..).unwrap_or(key);
    KEYS.iter().any(|word| key.eq_ignore_ascii_case(word))
}

/// End of the unquoted value that begins at `at`; none when it is empty or quoted.
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    let first = *bytes.get(at)?;
    if first.is_ascii_whitespace()
        || matches!(
            first,
            b'"' | b'\'' | b'=' | b'>' | b',' | b';' | b')' | b']' | b'|'
        )
    {
        return None;
    }
    let mut depth = 0_i32;
    let mut end = at;
    for byte in bytes[at..].iter().take(REACH) {
        match byte {
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' if depth == 0 => break,
            b']' | b')' | b'}' => depth -= 1,
            b',' | b';' | b'|' | b'&' if depth == 0 => break,
            b if b.is_ascii_whitespace() && depth == 0 => break,
            _ => {}
        }
        end += 1;
    }
    if depth > 0 {
        // A bracket that stays open: the value ends with the word.
        end = at
            + bytes[at..]
                .iter()
                .take_while(|b| !b.is_ascii_whitespace())
                .count();
    }
    (end > at).then_some(end)
}

/// Length of the rest of an address after its scheme.
fn url(rest: &[u8]) -> usize {
    let length = rest
        .iter()
        .take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'|'))
        .count();
    let trailing = rest[..length]
        .iter()
        .rev()
        .take_while(|b| matches!(b, b',' | b'.' | b';' | b')' | b']'))
        .count();
    length - trailing
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

/// End of the bracketed list that begins at `open`: it holds a comma, or in braces a colon or equals sign, or it is the
/// inside of an object (`Name{...}`), or there is nothing in it but states (`( on off )`).
fn list(bytes: &[u8], open: usize) -> Option<usize> {
    let (left, right) = match bytes[open] {
        b'[' => (b'[', b']'),
        b'(' => (b'(', b')'),
        _ => (b'{', b'}'),
    };
    let mut depth = 0;
    let mut several = left == b'{' && open > 0 && bytes[open - 1].is_ascii_alphanumeric();
    for (offset, byte) in bytes[open..].iter().take(REACH).enumerate() {
        match *byte {
            b if b == left => depth += 1,
            b if b == right => {
                depth -= 1;
                if depth == 0 {
                    let end = open + offset;
                    let inside = bytes.get(open + 1..end).unwrap_or_default();
                    return (!inside.is_empty() && (several || states(inside))).then_some(end);
                }
            }
            b',' => several = true,
            b':' | b'=' if left == b'{' => several = true,
            _ => {}
        }
    }
    None
}

/// True for readings such as ` on off `: several words, and none but states.
fn states(inside: &[u8]) -> bool {
    inside.len() <= 40
        && inside.contains(&b' ')
        && inside
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .all(|word| matches!(word, b"on" | b"off" | b"ok" | b"up" | b"down" | b"yes" | b"no"))
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
            ("lifetime <1 sec", "lifetime <<*>"),
            ("size 21.4 KB, free 2.0 GB)", "size <*>, free <*>)"),
            ("1 bytes (1.5 KB) sent", "<*> bytes (<*>) sent"),
            ("user=root ruser= tty=ssh", "user=<*> ruser= tty=<*>"),
            (
                "route = 0x0 unplug = false, state= up",
                "route = <*> unplug = <*>, state= up",
            ),
            ("token=Token{a64 Rec{9d u0 x/.y}} ok", "token=<*> ok"),
            ("showing Token{a64 Rec{9d u0 x/.y}} ok", "showing Token{<*>} ok"),
            ("PSU status ( on off )", "PSU status (<*>)"),
            ("BSSID changed to ab:cd:ef:ab:cd:ef", "BSSID changed to <*>"),
            ("read hdfs://hostname/a.log:29+7", "read <*>"),
            ("a != b, c => d == e", "a != b, c => d == e"),
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
