//! What stands before the message of a log line: time, level, host, process, thread, logger.
//!
//! The header says when, where and how bad, not what: it must neither split nor join the lines of one statement. So it is
//! read by its grammar, which the usual formats share (a time near the beginning, then a few words that are no prose), and
//! only what follows is matched. A line without a time has no header.

use super::{
    severity::{Severity, level_word},
    stamp::{self, Stamp, Zone},
};

/// A time that begins later in the line is part of the message.
const FARTHEST: usize = 140;
/// Words before the time.
const WORDS_BEFORE: usize = 6;
/// Parts after the time.
const PARTS: usize = 9;
/// A bracketed part is at most so long.
const BRACKET: usize = 200;

/// What was read of a header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header {
    /// When.
    pub at: Option<Stamp>,
    /// The level that it states.
    pub level: Option<Severity>,
    /// Where the text of the logger's or program's name begins and ends.
    pub name: (usize, usize),
    /// Where the message begins.
    pub end: usize,
}

/// Reads the header of `line`.
pub fn header(line: &str) -> Header {
    let text = line.as_bytes();
    let Some((stamp, from, to)) = first_time(text) else {
        return Header::default();
    };
    if matches!(text.get(from.wrapping_sub(1)), Some(b'=' | b':' | b'"')) {
        // `time=...`: fields of a line that is all fields; JSON.
        return Header {
            at: Some(stamp),
            ..Header::default()
        };
    }
    let mut header = Header {
        at: Some(stamp),
        end: to,
        ..Header::default()
    };
    // klog: the level is the letter before the date.
    if from == 0
        && text
            .first()
            .is_some_and(|b| matches!(b, b'I' | b'W' | b'E' | b'F'))
    {
        header.level = letter(text[0]);
    }
    parts(line, to, &mut header);
    if header.end >= text.trim_ascii_end().len() {
        // Nothing but a header: then the name, or else the whole line, is what it says.
        header.end = if header.name.1 > header.name.0 {
            header.name.0
        } else {
            0
        };
        header.name = (0, 0);
    }
    header
}

/// The first time, where it begins and ends, if what stands before it is no prose.
fn first_time(text: &[u8]) -> Option<(Stamp, usize, usize)> {
    let mut at = 0;
    let mut plain = 0;
    let counted = text.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-');
    for word in 0..=WORDS_BEFORE {
        at += text
            .get(at..)?
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count();
        if at > FARTHEST || at >= text.len() {
            return None;
        }
        // `[time]`, `<34>Oct 11`, `time=...`, `"time"`.
        let mut begin = at;
        if word == 0 && text[at] == b'<' {
            let close = text.iter().take(6).position(|b| *b == b'>')?;
            begin = close + 1;
            // RFC 5424 puts its version between the two.
            if text.get(begin..begin + 2) == Some(b"1 ") {
                begin += 2;
            }
        }
        let bracket = text.get(begin) == Some(&b'[');
        begin += usize::from(bracket);
        if let Some(key) = [
            &b"time=\""[..],
            b"time=",
            b"ts=\"",
            b"ts=",
            b"timestamp=",
            b"t=",
            b"date=",
        ]
        .iter()
        .find(|key| text.get(begin..).is_some_and(|rest| rest.starts_with(key)))
        {
            begin += key.len();
        }
        if let Some((stamp, end)) = stamp::read(text, begin)
            && text.get(end).is_none_or(|b| !b.is_ascii_alphanumeric())
        {
            return Some((stamp, begin, end));
        }
        let length = text[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
        let before = &text[at..at + length];
        // Lower-case words are prose, but for a few between numbers (the user of an access log, a state).
        if before.iter().all(u8::is_ascii_lowercase) {
            plain += 1;
        }
        let name = before
            .iter()
            .any(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_' | b'|' | b'[' | b'#'))
            || before.iter().all(u8::is_ascii_uppercase)
            || before.iter().all(u8::is_ascii_lowercase);
        if !name || plain > if counted { 2 } else { 0 } || before.ends_with(b":") || before.contains(&b'=') {
            return None;
        }
        at += length;
    }
    None
}

/// Reads what follows the time at `at`.
fn parts(line: &str, mut at: usize, header: &mut Header) {
    let text = line.as_bytes();
    let syslog = header.at.is_some_and(|stamp| stamp.zone == Zone::NoYear);
    let mut host = false;
    let mut after_time = true;
    let mut numbers = 0;
    for part in 0..PARTS {
        let was_time = std::mem::take(&mut after_time);
        let begin = skip(text, at);
        header.end = begin;
        if begin >= text.len() {
            break;
        }
        // A second time, or the date in another notation.
        if let Some((_, end)) = stamp::read(text, begin)
            && text.get(end).is_none_or(|b| !b.is_ascii_alphanumeric())
        {
            after_time = true;
            at = end;
            continue;
        }
        if let Some(end) = bracketed(text, begin) {
            let inner = line.get(begin + 1..end - 1).unwrap_or("");
            header.level = header.level.or_else(|| level_word(inner.trim()));
            // In syslog a bracket belongs to the message, since nothing of a header stands there.
            at = end;
            continue;
        }
        let end = begin + text[begin..].iter().take_while(|b| !ends_word(**b)).count();
        let word = line.get(begin..end).unwrap_or("");
        if word.is_empty() {
            break;
        }
        if let Some((level, taken)) = stated(text, begin, word) {
            header.level = header.level.or(Some(level));
            at = taken;
            continue;
        }
        if word.bytes().all(|b| b.is_ascii_digit()) && numbers < 3 && text.get(end) != Some(&b'/') {
            numbers += 1;
            at = end;
            continue;
        }
        if zone_name(word) && part == 0 {
            after_time = true;
            at = end;
            continue;
        }
        if text.get(end) == Some(&b'|') {
            // `time|component|pid|message`
            header.name = (begin, end);
            at = end + 1;
            continue;
        }
        // A host between two times.
        if let Some((_, taken)) =
            stamp::read(text, skip_blank(text, end)).filter(|(stamp, _)| stamp.zone != Zone::NoDate)
        {
            after_time = true;
            at = taken;
            continue;
        }
        if let Some(taken) = level_ahead(line, begin, header) {
            at = taken;
            continue;
        }
        // `main.go:32] message`: the source of klog.
        if word.ends_with(']') && !word.contains('[') && word.contains('.') {
            header.name = (begin, end - 1);
            header.end = skip_blank(text, end);
            break;
        }
        if let Some((name, end)) = program(text, begin, syslog && was_time || host) {
            header.name = name;
            header.end = skip_blank(text, end);
            break;
        }
        if !host && was_time && header.level.is_none() && is_host(text, begin, end) {
            host = true;
            at = end;
            continue;
        }
        break;
    }
}

/// Past blanks and the punctuation that separates parts.
fn skip(text: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(byte) = text.get(at) {
        let alone = |b: u8| text.get(at + 1).is_none_or(u8::is_ascii_whitespace) && b == *byte;
        if byte.is_ascii_whitespace() || matches!(byte, b']' | b'|' | b',') || alone(b'-') || alone(b':') {
            at += 1;
        } else if text[at..].starts_with(b"---") && text.get(at + 3) == Some(&b' ') {
            at += 3;
        } else {
            break;
        }
    }
    at
}

fn skip_blank(text: &[u8], at: usize) -> usize {
    at + text
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| b.is_ascii_whitespace())
        .count()
}

const fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'|')
}

/// End of a balanced `[...]` at `at`.
fn bracketed(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'[') {
        return None;
    }
    let mut depth = 0;
    for (offset, byte) in text[at..].iter().take(BRACKET).enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The level that a word states, and where it ends: `INFO`, `Info`, `<error>`, `WARN:`, `D`, `E/Tag`.
fn stated(text: &[u8], begin: usize, word: &str) -> Option<(Severity, usize)> {
    let bytes = word.as_bytes();
    if bytes.len() == 1 || bytes.get(1) == Some(&b'/') {
        return letter(bytes[0]).map(|level| (level, begin + bytes.len().min(2)));
    }
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphabetic());
    if bare.len() < 3 || bare.len() > 13 || word.len() > bare.len() + 2 {
        return None;
    }
    let capital = bare.as_bytes()[0].is_ascii_uppercase();
    let marked =
        word.starts_with(['<', '(']) || word.ends_with(':') && text.get(begin + word.len()) == Some(&b' ');
    // `Error: x` is prose of a kind, but as good as a level; `error` alone in the middle of a sentence is not.
    (capital
        || marked
        || word.len() == bare.len() && matches!(word, "info" | "debug" | "warn" | "error" | "trace"))
    .then(|| level_word(bare))
    .flatten()
    .map(|level| (level, begin + word.len()))
}

/// Levels of Android and glog.
const fn letter(byte: u8) -> Option<Severity> {
    match byte {
        b'V' | b'D' => Some(Severity::Debug),
        b'I' => Some(Severity::Info),
        b'W' => Some(Severity::Warn),
        b'E' => Some(Severity::Error),
        b'F' => Some(Severity::Fatal),
        _ => None,
    }
}

fn zone_name(word: &str) -> bool {
    let word = word.trim_end_matches([',', ':']);
    matches!(
        word,
        "UTC" | "GMT" | "CET" | "CEST" | "EST" | "EDT" | "PST" | "PDT" | "CST" | "MST" | "JST" | "AM" | "PM"
    ) || (word.len() == 5 || word.len() == 6)
        && word.starts_with(['+', '-'])
        && word.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b':')
}

/// A level a few words on, when the words before it are codes and names: `R02-M1-N0 RAS KERNEL INFO`.
fn level_ahead(line: &str, begin: usize, header: &mut Header) -> Option<usize> {
    let text = line.as_bytes();
    let mut at = begin;
    for position in 0..4 {
        let end = at + text[at..].iter().take_while(|b| !ends_word(**b)).count();
        let word = line.get(at..end)?;
        if word.is_empty() {
            return None;
        }
        if position > 0
            && word.len() >= 4
            && word.bytes().all(|b| b.is_ascii_uppercase())
            && let Some(level) = level_word(word)
        {
            header.level = header.level.or(Some(level));
            return Some(end);
        }
        let code = word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b':' | b'_' | b'.'))
            || word.bytes().any(|b| b.is_ascii_digit()) && !word.ends_with([':', ',']);
        if !code {
            return None;
        }
        at = end + text[end..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }
    None
}

/// The name of a program or logger at `begin`, and where the message after it begins: `sshd[123]: `, `a.b.C: `,
/// `syslogd 1.4.1: `, `launchd[1] (com.apple.x): `, `chrome.exe *64 - `, `a.b.c [`.
///
/// Outside of syslog a single plain word before a colon may be the message itself (`Starting: x`), so a name must look
/// like one.
fn program(text: &[u8], begin: usize, surely: bool) -> Option<((usize, usize), usize)> {
    let mut at = begin;
    let mut name = (begin, begin);
    for position in 0..3 {
        let length = text[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
        let word = &text[at..at + length];
        if word.is_empty() || length > 120 {
            return None;
        }
        if position == 0 {
            let plain = word
                .iter()
                .take_while(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'$' | b'/' | b'@')
                })
                .count();
            name.1 = begin + plain;
            if plain < 2 || word[0].is_ascii_digit() || word.contains(&b'=') {
                return None;
            }
        } else if !(word[0] == b'('
            || word[0].is_ascii_digit()
            || word[0] == b'*'
            || word == b"-"
            || word == b":")
        {
            return None;
        }
        let named = surely || looks_like_a_name(&text[name.0..name.1], word);
        if word.ends_with(b":") && word.len() > 1 {
            return named.then_some((name, at + length));
        }
        if position > 0 && (word == b"-" || word == b":") {
            return looks_like_a_name(&text[name.0..name.1], word).then_some((name, at + length));
        }
        // `name: ` without the blank: `kernel:[...]` and `sshd[1]:x`.
        if position == 0
            && surely
            && let Some(colon) = word.iter().position(|b| *b == b':')
            && word.get(..colon).is_some_and(|head| head.ends_with(b"]"))
        {
            return Some((name, at + colon + 1));
        }
        at += length;
        at += text[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if position == 0 && text.get(at) == Some(&b'[') && looks_like_a_name(&text[name.0..name.1], b"") {
            let after = bracketed(text, at)?;
            let next = skip_blank(text, after);
            let colon = usize::from(text.get(next) == Some(&b':') || text.get(next) == Some(&b'-'));
            return Some((name, skip_blank(text, next + colon)));
        }
    }
    None
}

/// True when a word has what prose has not: a point, a dollar sign, a slash, capitals inside, a number in brackets.
fn looks_like_a_name(name: &[u8], word: &[u8]) -> bool {
    let inside = name.get(1..name.len().saturating_sub(1)).unwrap_or_default();
    let marked = inside
        .iter()
        .any(|b| matches!(b, b'.' | b'$' | b'/' | b'_' | b'@'));
    let camel = name
        .windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let process = word.contains(&b'[') && (word.ends_with(b"]:") || word.ends_with(b"]"));
    marked || camel || process
}

/// True for a host's name: one word, before a word that names a program.
fn is_host(text: &[u8], begin: usize, end: usize) -> bool {
    let word = &text[begin..end];
    let plain = word
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b'@' | b':' | b'#'));
    if !plain || word.starts_with(b"-") || word.ends_with(b":") {
        return false;
    }
    let next = skip(text, end);
    program(text, next, true).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_begins_where_the_header_of_its_format_ends() {
        let cases = [
            (
                "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_1 terminating",
                "PacketResponder 1 for",
            ),
            (
                "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.MRAppMaster: Created MRAppMaster",
                "Created MRAppMaster",
            ),
            (
                "2015-10-18 18:01:47,978 INFO [IPC Server handler 13 on 62270] org.apache.X: Progress of",
                "Progress of",
            ),
            (
                "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal",
                "Registered signal",
            ),
            (
                "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time out: 3200",
                "Notification time out",
            ),
            (
                "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b 113d - - -] 10.11.10.1 \"GET /v2\" status: 200",
                "10.11.10.1 \"GET",
            ),
            (
                "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error",
                "instruction cache",
            ),
            (
                "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: x",
                "Component State",
            ),
            (
                "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root",
                "session closed",
            ),
            (
                "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack",
                "CBS    Loaded",
            ),
            (
                "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname=",
                "authentication failure",
            ),
            ("Jun 14 15:16:01 combo syslogd 1.4.1: restart.", "restart."),
            (
                "Jul  1 09:00:55 calvisitor-10-105-160-95 kernel[0]: IOThunderboltSwitch<0>(0x0)::x",
                "IOThunderboltSwitch",
            ),
            (
                "Jul  1 09:00:55 host com.apple.xpc.launchd[1] (com.apple.x.y[310]): Service exited",
                "Service exited",
            ),
            (
                "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogs",
                "printFreezing",
            ),
            (
                "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
                "onStandStepChanged",
            ),
            (
                "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/x",
                "workerEnv.init()",
            ),
            (
                "[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6",
                "mod_jk child",
            ),
            (
                "Dec 10 06:55:46 LabSZ sshd[24200]: reverse mapping checking getaddrinfo",
                "reverse mapping",
            ),
            (
                "[10.30 16:49:06] chrome.exe - proxy.cse.cuhk.edu.hk:5070 close, 0 bytes",
                "proxy.cse",
            ),
            (
                "[10.30 16:49:06] chrome.exe *64 - proxy.cse.cuhk.edu.hk:5070 close, 0 bytes",
                "proxy.cse",
            ),
            (
                "2024-01-01 12:00:00.123  INFO 4242 --- [main] c.e.shop.Application : Started Application",
                "Started Application",
            ),
            ("2024-01-01T12:00:00Z INFO Starting: x", "Starting: x"),
            (
                "I0102 15:04:05.678901       1 main.go:32] Adding host",
                "Adding host",
            ),
            (
                "<34>1 2003-10-11T22:14:15.003Z mymachine su[12]: 'su root' failed",
                "'su root'",
            ),
            (
                "10.0.0.1 - - [01/May/2024:10:00:00 +0000] \"GET /health HTTP/1.1\" 200 12",
                "\"GET /health",
            ),
            (
                "2024-05-01 10:00:00 UTC [123] LOG:  checkpoint starting: time",
                "LOG:  checkpoint starting",
            ),
            (
                "connection from 1.2.3.4 (a.b) at Sun Jul 17 14:03:02 2005",
                "connection from",
            ),
            ("level=info ts=2024-01-01T00:00:00Z msg=\"x\"", "level=info"),
            ("took 5 ms", "took 5 ms"),
            ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00Z"),
        ];
        for (line, message) in cases {
            let found = header(line);
            let rest = line.get(found.end..).unwrap();
            assert!(rest.starts_with(message), "{line}\n  -> {rest}");
        }
    }

    #[test]
    fn levels_are_read_in_every_notation() {
        let cases = [
            ("03-17 16:13:38.811  1702  2395 W Tag: x", Some(Severity::Warn)),
            ("[Sun Dec 04 04:47:44 2005] [error] x", Some(Severity::Error)),
            ("E0102 15:04:05.678901 1 main.go:3] x", Some(Severity::Error)),
            (
                "- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.6 R02-M1 RAS KERNEL FATAL data",
                Some(Severity::Fatal),
            ),
            ("2016-09-28 04:30:30, Info    CBS    Loaded", Some(Severity::Info)),
            ("Jun 14 15:16:01 combo sshd[1]: x", None),
        ];
        for (line, level) in cases {
            assert_eq!(header(line).level, level, "{line}");
        }
    }
}
