//! Planned maintenance: what belongs to it starts nothing.

use jiff::Timestamp;

use super::Known;
use crate::{
    intake::wildcard::fits,
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
