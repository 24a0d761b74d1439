//! Planned maintenance: what belongs to it starts nothing.

use jiff::Timestamp;

use super::Known;
use crate::{
    journal::body::Maintenance,
    model::{Alert, Text},
};

/// Why an alert belongs to planned maintenance; none when it does not.
pub(super) fn covers(alert: &Alert, now: Timestamp, known: &Known) -> Option<Text> {
    if alert.maintenance {
        return Some("its sender calls it planned maintenance".into());
    }
    let (seq, planned) = known
        .maintenance()
        .find(|(_, planned)| is_on(planned, alert, now) && touches(planned, alert))?;
    Some(Text::from(format!("planned maintenance #{seq} until {}: ", planned.to)).join(&planned.why))
}

/// An alert falls into the time in which it was noticed, and one that does not say into that in which it came.
fn is_on(planned: &Maintenance, alert: &Alert, now: Timestamp) -> bool {
    let at = alert.at.unwrap_or(now);
    (planned.from..=planned.to).contains(&at)
}

fn touches(planned: &Maintenance, alert: &Alert) -> bool {
    let names = alert
        .resources
        .iter()
        .chain(&alert.service)
        .chain(&alert.alarm)
        .chain(&alert.account);
    let mut names = names.map(|name| name.to_lowercase());
    planned.of.is_empty()
        || names.any(|name| {
            let mut patterns = planned.of.iter().map(|pattern| pattern.to_lowercase());
            patterns.any(|pattern| fits(&pattern, &name))
        })
}

/// True when `name` is what `pattern` says, `*` standing for any run of characters. Linear in both but for the last star.
pub(in crate::intake) fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name, expected) in [
            ("orders", "orders", true),
            ("orders", "orders-db", false),
            ("orders*", "orders-db", true),
            ("*db", "orders-db", true),
            ("*-*", "orders-db", true),
            ("o*s*b", "orders-db", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("**", "x", true),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
