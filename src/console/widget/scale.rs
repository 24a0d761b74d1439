//! Numbers and times as axes write them.

use jiff::{Timestamp, tz::TimeZone};

/// A number with its unit as a person writes it: `1.2 k`, `340 ms`, `92 %`. Units are spelled as CloudWatch spells them;
/// no unit is a plain count, an unknown one is written after the number.
pub fn quantity(value: f64, unit: Option<&str>) -> String {
    let unit = unit.unwrap_or("None");
    let (unit, rate) = match unit.strip_suffix("/Second") {
        Some(unit) => (unit, "/s"),
        None => (unit, ""),
    };
    let text = match unit {
        "Percent" => join(&digits(value), "%"),
        "Seconds" => duration(value),
        "Milliseconds" => duration(value / 1e3),
        "Microseconds" => duration(value / 1e6),
        "Bytes" => scaled(value, "B"),
        "Kilobytes" => scaled(value * 1e3, "B"),
        "Megabytes" => scaled(value * 1e6, "B"),
        "Gigabytes" => scaled(value * 1e9, "B"),
        "Terabytes" => scaled(value * 1e12, "B"),
        "Bits" => scaled(value, "b"),
        "Kilobits" => scaled(value * 1e3, "b"),
        "Megabits" => scaled(value * 1e6, "b"),
        "Gigabits" => scaled(value * 1e9, "b"),
        "None" | "Count" | "" => scaled(value, ""),
        other => join(&scaled(value, ""), &other.to_lowercase()),
    };
    format!("{text}{rate}")
}

fn join(number: &str, unit: &str) -> String {
    if unit.is_empty() {
        number.to_owned()
    } else {
        format!("{number} {unit}")
    }
}

fn scaled(value: f64, unit: &str) -> String {
    const STEPS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let step = STEPS.iter().find(|(size, _)| value.abs() >= *size * 0.9995);
    match step {
        Some((size, prefix)) => join(&digits(value / size), &format!("{prefix}{unit}")),
        None => join(&digits(value), unit),
    }
}

fn duration(seconds: f64) -> String {
    let size = seconds.abs();
    let (value, unit) = if size == 0.0 {
        (0.0, "s")
    } else if size < 0.000_999_5 {
        (seconds * 1e6, "us")
    } else if size < 0.9995 {
        (seconds * 1e3, "ms")
    } else if size < 600.0 {
        (seconds, "s")
    } else if size < 36_000.0 {
        (seconds / 60.0, "min")
    } else {
        (seconds / 3600.0, "h")
    };
    join(&digits(value), unit)
}

/// Three digits that count, no zeros at the end.
fn digits(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 0.000_5) {
        return format!("{value:.0e}");
    }
    let places = match size {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.995 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Round bounds and step for an axis that holds `least..=most` in about `count` steps.
pub(super) fn rounded(least: f64, most: f64, count: usize) -> (f64, f64, f64) {
    let span = most - least;
    if !span.is_finite() || span <= 0.0 {
        let room = if least == 0.0 { 1.0 } else { least.abs() * 0.1 };
        return (least - if least > 0.0 { room } else { 0.0 }, least + room, room);
    }
    let raw = span / count.max(1) as f64;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= raw * 0.999)
        .unwrap_or(raw);
    ((least / step).floor() * step, (most / step).ceil() * step, step)
}

/// Seconds between two labels of a time axis.
const STEPS: [i64; 19] = [
    1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000,
];

/// Moments at which a time axis of `width` columns has labels, and the labels, in UTC.
pub(super) fn times(from: i64, to: i64, width: usize) -> Vec<(i64, String)> {
    let span = to.saturating_sub(from);
    if span <= 0 || width == 0 {
        return Vec::new();
    }
    let most = (width / 9).max(1) as i64;
    let step = STEPS
        .into_iter()
        .find(|step| span / step <= most)
        .unwrap_or((span / most).saturating_add(1));
    let first = from.div_euclid(step).saturating_add(1).saturating_mul(step);
    let first = if from.rem_euclid(step) == 0 { from } else { first };
    (0..=most)
        .filter_map(|at| first.checked_add(at.checked_mul(step)?))
        .take_while(|at| *at < to)
        .map(|at| (at, clock(at, step)))
        .collect()
}

/// A moment as a label: the finer the step, the finer the label.
pub(super) fn clock(at: i64, step: i64) -> String {
    let Ok(at) = Timestamp::from_second(at) else {
        return "?".to_owned();
    };
    let at = at.to_zoned(TimeZone::UTC);
    let pattern = match step {
        step if step < 60 => "%H:%M:%S",
        step if step < 86_400 => "%H:%M",
        _ => "%m-%d",
    };
    at.strftime(pattern).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_a_person_writes_them() {
        let told: Vec<String> = [
            (1234.0, None),
            (0.34, Some("Seconds")),
            (92.04, Some("Percent")),
            (0.0, Some("Milliseconds")),
            (1500.0, Some("Milliseconds")),
            (1_234_567.0, Some("Bytes/Second")),
            (999.6, Some("Count")),
            (-0.000_01, Some("Count")),
            (41.0, Some("Widgets")),
            (7200.0, Some("Seconds")),
            (f64::NAN, None),
        ]
        .into_iter()
        .map(|(value, unit)| quantity(value, unit))
        .collect();
        assert_eq!(
            told,
            [
                "1.23 k",
                "340 ms",
                "92 %",
                "0 s",
                "1.5 s",
                "1.23 MB/s",
                "1 k",
                "-1e-5",
                "41 widgets",
                "120 min",
                "-"
            ]
        );
    }

    #[test]
    fn axes_have_round_ends() {
        assert_eq!(rounded(0.0, 41.0, 4), (0.0, 60.0, 20.0));
        assert_eq!(rounded(4.0, 4.0, 4), (3.6, 4.4, 0.4));
        assert_eq!(rounded(0.0, 0.0, 4), (0.0, 1.0, 1.0));
    }

    #[test]
    fn time_labels_stand_on_round_moments() {
        let labels = times(1_700_000_000, 1_700_003_600, 60);
        let told: Vec<&str> = labels.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(told, ["22:20", "22:30", "22:40", "22:50", "23:00", "23:10"]);
        assert!(times(5, 5, 60).is_empty());
        assert!(times(i64::MIN, i64::MAX, 3).len() < 3);
        assert_eq!(clock(i64::MAX, 60), "?");
    }
}
