//! The time that a log line carries, in any of the notations that logs use. No regular expression and no allocation:
//! this runs on every line.

/// What a written time leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Nothing: it is absolute.
    Known,
    /// The zone.
    Local,
    /// The zone and the year (syslog).
    NoYear,
    /// Everything but the time of day.
    NoDate,
}

/// A written time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Milliseconds since 1970, taking what is left open as UTC, the year 2000, and the first of January.
    pub ms: i64,
    /// What is left open.
    pub zone: Zone,
}

const DAY: i64 = 86_400_000;
/// Year that stands for one that is not written; a leap year, since there are 29ths of February.
pub(super) const NO_YEAR: i64 = 2000;
const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// The time that is written at `at`, and where its text ends.
pub(super) fn read(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let first = *text.get(at)?;
    if first.is_ascii_digit() {
        return match digits(text, at) {
            4 => year_first(text, at),
            8 => compact_date(text, at),
            6 => short_date(text, at),
            2 | 1 => two_first(text, at),
            10 | 13 | 16 | 19 => epoch(text, at),
            _ => None,
        };
    }
    if !first.is_ascii_uppercase() {
        return None;
    }
    // `I0102 15:04:05.678901`: klog.
    if matches!(first, b'I' | b'W' | b'E' | b'F') && digits(text, at + 1) == 4 {
        let date = day(NO_YEAR, number(text, at + 1, 2)?, number(text, at + 3, 2)?)?;
        let (clock, end) = clock(text, expect(text, at + 5, b" ")?)?;
        return Some((stamp(date, clock, Zone::NoYear), end));
    }
    let Some(month) = month(text, at) else {
        // `Sun Dec 04 04:47:44 2005`: the weekday adds nothing.
        let weekday = matches!(
            text.get(at..at + 3)?,
            b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"
        );
        let next = spaces(text, at + 3 + usize::from(text.get(at + 3) == Some(&b',')));
        return (weekday && next > at + 3).then(|| read(text, next)).flatten();
    };
    let next = spaces(text, at + 3);
    if next == at + 3 {
        return None;
    }
    let length = digits(text, next);
    if !(1..=2).contains(&length) {
        return None;
    }
    let of_month = number(text, next, length)?;
    let mut next = spaces(
        text,
        next + length + usize::from(text.get(next + length) == Some(&b',')),
    );
    let mut year = None;
    if digits(text, next) == 4 {
        year = number(text, next, 4);
        next = spaces(text, next + 4);
    }
    let (clock, mut end) = clock(text, next)?;
    if year.is_none() {
        // The year may follow, after a zone's name.
        let mut after = spaces(text, end);
        let name = text.get(after..).unwrap_or_default();
        let letters = name.iter().take_while(|b| b.is_ascii_uppercase()).count();
        if (3..=4).contains(&letters) {
            after = spaces(text, after + letters);
        }
        if after > end && digits(text, after) == 4 {
            year = number(text, after, 4).filter(|year| (1970..=2200).contains(year));
            end = if year.is_some() { after + 4 } else { end };
        }
    }
    let date = day(year.unwrap_or(NO_YEAR), month, of_month)?;
    let zone = if year.is_some() { Zone::Local } else { Zone::NoYear };
    Some((stamp(date, clock, zone), end))
}

/// `2024-01-02T03:04:05.678+01:00`, `2024/01/02 03:04:05,678`, `2005-06-03-15.42.50.675872`, `2005.06.03`.
fn year_first(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let separator = *text.get(at + 4)?;
    if !matches!(separator, b'-' | b'/' | b'.') || digits(text, at + 5) == 0 {
        return None;
    }
    let months = digits(text, at + 5);
    let next = expect(text, at + 5 + months, &[separator])?;
    let days = digits(text, next);
    if !(1..=2).contains(&months) || !(1..=2).contains(&days) {
        return None;
    }
    let date = day(
        number(text, at, 4)?,
        number(text, at + 5, months)?,
        number(text, next, days)?,
    )?;
    let next = next + days;
    let Some(joint) = text
        .get(next)
        .filter(|b| matches!(b, b'T' | b't' | b' ' | b'-' | b'_' | b':'))
    else {
        return Some((stamp(date, 0, Zone::Local), next));
    };
    let begin = if *joint == b' ' {
        spaces(text, next)
    } else {
        next + 1
    };
    let Some((clock, end)) = clock(text, begin) else {
        return Some((stamp(date, 0, Zone::Local), next));
    };
    Some(zoned(text, date, clock, end))
}

/// A time with the zone that may follow it.
fn zoned(text: &[u8], date: i64, clock: i64, end: usize) -> (Stamp, usize) {
    match offset(text, end) {
        Some((east, end)) => (stamp(date, clock - east, Zone::Known), end),
        None => (stamp(date, clock, Zone::Local), end),
    }
}

/// `20171223-22:15:29:606`, `20171223 221529`, `20171223T221529Z`.
fn compact_date(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let date = day(
        number(text, at, 4)?,
        number(text, at + 4, 2)?,
        number(text, at + 6, 2)?,
    )?;
    if !matches!(text.get(at + 8)?, b'-' | b' ' | b'T' | b'_') {
        return None;
    }
    let (clock, end) = clock(text, at + 9).or_else(|| compact_clock(text, at + 9))?;
    Some(zoned(text, date, clock, end))
}

/// `081109 203615`: yyMMdd HHmmss.
fn short_date(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let year = number(text, at, 2)?;
    let date = day(
        if year >= 70 { 1900 + year } else { 2000 + year },
        number(text, at + 2, 2)?,
        number(text, at + 4, 2)?,
    )?;
    let next = spaces(text, expect(text, at + 6, b" ")?);
    let (clock, end) = compact_clock(text, next).or_else(|| clock(text, next))?;
    Some((stamp(date, clock, Zone::Local), end))
}

/// What begins with one or two digits: `17/06/09 20:10:40`, `03-17 16:13:38.811`, `10.30 16:49:06`,
/// `01/May/2024:10:00:00 +0000`, `2 Jan 2024 10:00:00`, `12/31/2024 10:00:00`, `16:13:38`.
fn two_first(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let length = digits(text, at);
    let one = number(text, at, length)?;
    let separator = *text.get(at + length)?;
    let next = at + length + 1;
    match separator {
        b':' => {
            let (clock, end) = clock(text, at)?;
            Some((stamp(0, clock, Zone::NoDate), end))
        }
        b'/' | b'-' | b' ' | b'.' if month(text, next).is_some() => {
            let month = month(text, next)?;
            let year_at = expect(text, next + 3, &[separator])?;
            let year_length = digits(text, year_at);
            let year = match year_length {
                4 => number(text, year_at, 4)?,
                2 => 2000 + number(text, year_at, 2)?,
                _ => return None,
            };
            let joint = year_at + year_length;
            if !matches!(text.get(joint)?, b':' | b' ' | b'T') {
                return None;
            }
            let (clock, end) = clock(text, spaces(text, joint + 1))?;
            Some(zoned(text, day(year, month, one)?, clock, end))
        }
        b'/' | b'-' | b'.' => {
            let second = digits(text, next);
            if !(1..=2).contains(&second) {
                return None;
            }
            let two = number(text, next, second)?;
            let after = next + second;
            if text.get(after) == Some(&separator) {
                let third = digits(text, after + 1);
                let three = number(text, after + 1, third)?;
                let date = match third {
                    // The day first where it cannot be a month; else as in America.
                    4 if one > 12 => day(three, two, one)?,
                    4 if separator == b'.' => day(three, two, one)?,
                    4 => day(three, one, two)?,
                    2 => day(2000 + one, two, three)?,
                    _ => return None,
                };
                let joint = after + 1 + third;
                if !matches!(text.get(joint)?, b' ' | b':' | b'-' | b'T' | b',') {
                    return None;
                }
                let (clock, end) = clock(text, spaces(text, joint + 1))?;
                return Some(zoned(text, date, clock, end));
            }
            let (clock, end) = clock(text, expect(text, after, b" ")?)?;
            Some((stamp(day(NO_YEAR, one, two)?, clock, Zone::NoYear), end))
        }
        _ => None,
    }
}

/// Seconds, milli-, micro- or nanoseconds since 1970, for times between 2000 and 2060.
fn epoch(text: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let length = digits(text, at);
    let all = number(text, at, length)?;
    let (ms, mut end) = match length {
        10 => (all * 1000, at + 10),
        13 => (all, at + 13),
        16 => (all / 1000, at + 16),
        _ => (all / 1_000_000, at + 19),
    };
    if !(946_684_800_000..2_840_140_800_000).contains(&ms) {
        return None;
    }
    let (mut fraction, more) = fraction(text, end);
    if more == end {
        fraction = 0;
    }
    end = more;
    let bounded = !text
        .get(end)
        .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    bounded.then_some((
        Stamp {
            ms: ms + if length == 10 { fraction } else { 0 },
            zone: Zone::Known,
        },
        end,
    ))
}

/// `03:04:05`, `15.42.50`, with a fraction behind a point, a comma or a colon; milliseconds of the day.
fn clock(text: &[u8], at: usize) -> Option<(i64, usize)> {
    let length = digits(text, at);
    if !(1..=2).contains(&length) {
        return None;
    }
    let separator = *text.get(at + length)?;
    let minutes = at + length + 1;
    if !matches!(separator, b':' | b'.') || digits(text, minutes) != 2 {
        return None;
    }
    let seconds = expect(text, minutes + 2, &[separator])?;
    if digits(text, seconds) != 2 {
        return None;
    }
    let of_day = of_day(
        number(text, at, length)?,
        number(text, minutes, 2)?,
        number(text, seconds, 2)?,
    )?;
    let (ms, end) = fraction(text, seconds + 2);
    Some((of_day + ms, end))
}

/// `203615`.
fn compact_clock(text: &[u8], at: usize) -> Option<(i64, usize)> {
    if digits(text, at) != 6 {
        return None;
    }
    let of_day = of_day(
        number(text, at, 2)?,
        number(text, at + 2, 2)?,
        number(text, at + 4, 2)?,
    )?;
    Some((of_day, at + 6))
}

fn of_day(hours: i64, minutes: i64, seconds: i64) -> Option<i64> {
    (hours < 24 && minutes < 60 && seconds <= 60).then_some((hours * 3600 + minutes * 60 + seconds) * 1000)
}

/// Milliseconds of a fraction at `at`, and its end.
fn fraction(text: &[u8], at: usize) -> (i64, usize) {
    if !matches!(text.get(at), Some(b'.' | b',' | b':')) {
        return (0, at);
    }
    let length = digits(text, at + 1);
    if length == 0 {
        return (0, at);
    }
    let mut ms = 0;
    for place in 0..3 {
        let digit = if place < length {
            text.get(at + 1 + place)
        } else {
            None
        };
        ms = ms * 10 + digit.map_or(0, |b| i64::from(*b - b'0'));
    }
    (ms, at + 1 + length)
}

/// Milliseconds east of Greenwich: `Z`, `+01:00`, ` -0800`.
fn offset(text: &[u8], at: usize) -> Option<(i64, usize)> {
    if text.get(at) == Some(&b'Z') {
        return Some((0, at + 1));
    }
    let sign_at = at + usize::from(text.get(at) == Some(&b' '));
    let sign = match text.get(sign_at)? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = sign_at + 1;
    let (minutes, length) = match digits(text, hours) {
        4 => (hours + 2, 4),
        2 if text.get(hours + 2) == Some(&b':') && digits(text, hours + 3) == 2 => (hours + 3, 5),
        _ => return None,
    };
    let east = number(text, hours, 2)? * 60 + number(text, minutes, 2)?;
    Some((sign * east * 60_000, hours + length))
}

fn stamp(date: i64, clock: i64, zone: Zone) -> Stamp {
    Stamp {
        ms: date * DAY + clock,
        zone,
    }
}

/// Days since 1970 of a date (Hinnant, "chrono-compatible low-level date algorithms"); none for dates that are none.
fn day(year: i64, month: i64, of_month: i64) -> Option<i64> {
    if !(1970..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&of_month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + of_month - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn month(text: &[u8], at: usize) -> Option<i64> {
    let name = text.get(at..at + 3)?;
    MONTHS
        .chunks_exact(3)
        .position(|month| month == name)
        .map(|month| month as i64 + 1)
}

/// How many digits follow, at most twenty.
fn digits(text: &[u8], at: usize) -> usize {
    text.get(at..)
        .unwrap_or_default()
        .iter()
        .take(20)
        .take_while(|b| b.is_ascii_digit())
        .count()
}

fn number(text: &[u8], at: usize, length: usize) -> Option<i64> {
    if length == 0 || length > 19 {
        return None;
    }
    text.get(at..at + length)?.iter().try_fold(0_i64, |sum, b| {
        sum.checked_mul(10)?.checked_add(i64::from(*b - b'0'))
    })
}

fn spaces(text: &[u8], at: usize) -> usize {
    let skipped = text
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| **b == b' ')
        .count();
    at + skipped
}

fn expect(text: &[u8], at: usize, what: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(what).then_some(at + what.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notations_of_logs_are_read() {
        let cases = [
            ("2024-01-02T03:04:05.678Z x", 1_704_164_645_678, Zone::Known),
            ("2024-01-02T03:04:05+01:00", 1_704_161_045_000, Zone::Known),
            ("2024-01-02 03:04:05,678 x", 1_704_164_645_678, Zone::Local),
            ("2024/01/02 03:04:05 x", 1_704_164_645_000, Zone::Local),
            ("2005-06-03-15.42.50.675872 R02", 1_117_813_370_675, Zone::Local),
            ("20171223-22:15:29:606|Step", 1_514_067_329_606, Zone::Local),
            ("081109 203615 148 INFO", 1_226_262_975_000, Zone::Local),
            ("17/06/09 20:10:40 INFO", 1_497_039_040_000, Zone::Local),
            ("01/May/2024:10:00:00 +0000]", 1_714_557_600_000, Zone::Known),
            (
                "Sun Dec 04 04:47:44 2005] [notice]",
                1_133_671_664_000,
                Zone::Local,
            ),
            ("Jun 14 15:16:01 combo", 960_995_761_000, Zone::NoYear),
            ("Jul  1 09:00:55 host", 962_442_055_000, Zone::NoYear),
            ("03-17 16:13:38.811  1702", 953_309_618_811, Zone::NoYear),
            ("10.30 16:49:06] chrome.exe", 972_924_546_000, Zone::NoYear),
            (
                "I0102 15:04:05.678901 1 main.go:3]",
                946_825_445_678,
                Zone::NoYear,
            ),
            ("1117838570 2005.06.03", 1_117_838_570_000, Zone::Known),
            ("1714557600123 x", 1_714_557_600_123, Zone::Known),
            ("1714557600.25 x", 1_714_557_600_250, Zone::Known),
            ("16:13:38.5 x", 58_418_500, Zone::NoDate),
            ("12/31/2024 10:00:00 x", 1_735_639_200_000, Zone::Local),
        ];
        for (text, ms, zone) in cases {
            let found = read(text.as_bytes(), 0).map(|(stamp, _)| stamp);
            assert_eq!(found, Some(Stamp { ms, zone }), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "12",
            "99:99:99",
            "2024-13-01",
            "10.0.0.1:80",
            "May",
            "Mayor 5",
            "4294967295 x",
            "0000000000",
            "1234567",
            "Sunday",
            "I01",
            "404 Not Found",
            "2024",
            "1.2.3",
        ] {
            assert_eq!(read(text.as_bytes(), 0), None, "{text}");
        }
    }
}
