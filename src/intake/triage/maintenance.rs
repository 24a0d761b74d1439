//! Planned maintenance: what belongs to it starts nothing.

use jiff::Timestamp;

use super::{
    Known, known,
    names::{Names, spellings},
};
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

/// True when maintenance touches what an alert is about: its alarm, service or account, or else all resources that it names.
/// One of them alone explains nothing about the others.
fn touches(planned: &Maintenance, alert: &Alert) -> bool {
    let patterns: Vec<String> = planned.of.iter().map(|pattern| pattern.to_lowercase()).collect();
    let mut whole = alert.service.iter().chain(&alert.alarm).chain(&alert.account);
    let mut resources = alert.resources.iter();
    planned.of.is_empty()
        || whole.any(|name| patterns.iter().any(|pattern| fits(pattern, &name.to_lowercase())))
        || !alert.resources.is_empty()
            && resources.all(|name| patterns.iter().any(|pattern| means(pattern, name)))
}

/// True when a pattern fits a resource in one of its spellings. One without stars may have another spelling itself.
fn means(pattern: &str, resource: &str) -> bool {
    let fit = spellings(resource).iter().any(|name| fits(pattern, name));
    fit || !pattern.contains('*') && Names::of([pattern]).shared(&Names::of([resource])).is_some()
}
