//! What has no picture: alarms, what services say, lists, raw records.

use super::{
    page::{Ask, Line},
    tree::{self, Open},
};
use crate::{
    console::{names::short, rich::Rich, theme::Role, words},
    journal::Body,
    model::{Alarm, Configuration, Evidence, ServiceEvent},
};

/// Items of a list that are shown at most.
const ITEMS: usize = 400;

/// Configuration as a tree; the property that is meant is opened and stands out.
pub fn configuration(ask: &Ask<'_>, configuration: &Configuration, path: Option<&str>) -> Vec<Line> {
    let mut rows: Vec<Line> = vec![
        Rich::of(Role::Dim, "configuration of ")
            .ext(configuration.resource.as_str())
            .add(
                Role::Dim,
                format!(", read from {}", ask.words(&configuration.origin)),
            )
            .into(),
    ];
    let open = Open {
        root: configuration.resource.as_str(),
        meant: path,
        top: true,
    };
    rows.extend(tree::tree(ask, &configuration.properties, open));
    rows
}

/// An alarm with its transitions.
pub fn alarm(ask: &Ask<'_>, alarm: &Alarm) -> Vec<Rich> {
    let glyphs = ask.glyphs();
    let mut rows = vec![
        Rich::of(Role::Bad, format!("{} ", glyphs.alarm))
            .add(Role::External, ask.words(&alarm.name))
            .add(Role::Strong, format!("  {}", alarm.state().as_str())),
        Rich::of(Role::Dim, "  ").ext(&alarm.metric).add(
            Role::Dim,
            format!(
                " ({}) {} {} for {} x {} s",
                ask.words(&alarm.stat),
                alarm.comparison.sign(),
                alarm.threshold,
                alarm.evaluation_periods,
                alarm.period
            ),
        ),
    ];
    if let Some(description) = &alarm.description {
        rows.push(Rich::of(Role::Dim, "  ").ext(description));
    }
    for transition in &alarm.transitions {
        rows.push(
            Rich::of(Role::Faint, format!("  {}  ", words::second(transition.at)))
                .add(
                    Role::Text,
                    format!(
                        "{} {} {}  ",
                        transition.from.as_str(),
                        glyphs.arrow,
                        transition.to.as_str()
                    ),
                )
                .add(Role::Dim, ask.words(&transition.reason)),
        );
    }
    rows
}

/// What services say of themselves.
pub fn events(ask: &Ask<'_>, events: &[ServiceEvent]) -> Vec<Rich> {
    let line = |event: &ServiceEvent| {
        Rich::of(Role::Faint, format!("{}  ", words::second(event.at)))
            .add(Role::Accent, format!("{}  ", ask.words(&event.source)))
            .add(Role::External, ask.words(&event.message))
    };
    events.iter().take(ask.most(ITEMS)).map(line).collect()
}

/// What has neither time nor shape: one item a line.
pub fn list(ask: &Ask<'_>, evidence: &Evidence) -> Vec<Rich> {
    match evidence {
        Evidence::Identity(identity) => {
            let part = |name: &str, value: &Option<String>| {
                Rich::of(Role::Dim, format!("{name:<8}")).ext(value.as_deref().unwrap_or("unknown"))
            };
            vec![
                part("account", &identity.account),
                part("region", &identity.region),
                part("caller", &identity.arn),
            ]
        }
        Evidence::Catalogue(keys) => keys
            .iter()
            .take(ask.most(ITEMS))
            .map(|key| {
                Rich::of(Role::Dim, format!("{} ", ask.words(&key.namespace)))
                    .ext(&key.to_string())
                    .add(Role::Dim, "  ")
                    .ext(key.resource.as_ref().map_or("", |id| id.as_str()))
            })
            .collect(),
        Evidence::Inventory(resources) => resources
            .iter()
            .take(ask.most(ITEMS))
            .map(|resource| {
                Rich::new()
                    .ext(&resource.name)
                    .add(Role::Dim, format!("  {}", ask.words(&resource.kind)))
            })
            .collect(),
        Evidence::Relations(relations) => relations
            .iter()
            .take(ask.most(ITEMS))
            .map(|relation| {
                Rich::new()
                    .ext(&short(relation.from.as_str()))
                    .add(Role::Dim, format!(" {} ", relation.kind.as_str()))
                    .ext(&short(relation.to.as_str()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The record and its data as JSON.
pub fn raw(ask: &Ask<'_>, body: &Body, data: &[&Evidence]) -> Vec<Rich> {
    let (kind, value) = body.to_parts();
    let most = ask.most(tree::ROWS);
    let mut rows = vec![Rich::of(Role::Accent, kind.to_string())];
    rows.extend(tree::pretty(ask, &value, most));
    for evidence in data {
        // Turning a hundred thousand lines into JSON takes its time, and nobody reads them here.
        let left = most.saturating_sub(rows.len());
        if left == 0 {
            break;
        }
        rows.push(Rich::of(Role::Accent, "evidence"));
        rows.extend(tree::pretty(ask, &value_of(evidence, left), left));
    }
    rows
}

/// Evidence as JSON, of a long list no more than can be shown.
fn value_of(evidence: &Evidence, most: usize) -> serde_json::Value {
    let short = match evidence {
        Evidence::Logs(page) if page.lines.len() > most => {
            let lines = page.lines.get(..most).unwrap_or_default().to_vec();
            let groups = page.groups.clone();
            Some(Evidence::Logs(crate::model::LogPage {
                lines,
                groups,
                truncated: page.truncated,
            }))
        }
        Evidence::Series(all) if evidence.count() > most => {
            let cut = all.iter().take(most).map(|series| crate::model::Series {
                key: series.key.clone(),
                points: series
                    .points
                    .get(..most.min(series.points.len()))
                    .unwrap_or_default()
                    .to_vec(),
            });
            Some(Evidence::Series(cut.collect()))
        }
        _ => None,
    };
    serde_json::to_value(short.as_ref().unwrap_or(evidence)).unwrap_or_default()
}
