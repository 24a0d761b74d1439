//! Planned maintenance: what belongs to it starts nothing.

use jiff::Timestamp;

use super::{Known, known};
use crate::{
    intake::wildcard::fits,
    journal::body::Maintenance,
    model::{Alert, Text},
};

/// When an alert was noticed: as it says itself, and where that is long ago or to come, when it came.
pub(super) fn noticed(alert: &Alert, now: Timestamp) -> Timestamp {
    let lately = |at: &Timestamp| now.duration_since(*at) <= known::HOUR;
    alert.at.filter(lately).map_or(now, |at| at.min(now))
}

/// Why an alert that was noticed then belongs to planned maintenance that still goes on; none when it does not.
pub(super) fn covers(alert: &Alert, noticed: Timestamp, now: Timestamp, known: &Known) -> Option<Text> {
    if alert.maintenance {
        return Some("its sender calls it planned maintenance".into());
    }
    let (seq, planned) = known
        .maintenance()
        .find(|(_, planned)| planned.from <= noticed && now <= planned.to && touches(planned, alert))?;
    let until = planned.to.strftime("%Y-%m-%d %H:%M UTC");
    Some(Text::from(format!("planned maintenance #{seq} until {until}: ")).join(&planned.why))
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
