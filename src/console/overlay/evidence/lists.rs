//! What has no picture: alarms, what services say, lists.

use super::page::Ask;
use crate::{
    console::{names::short, rich::Rich, theme::Role, words},
    model::{Alarm, Evidence, ServiceEvent, ToolText},
};

/// Items of a list that are shown at most.
const ITEMS: usize = 400;

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

/// What a tool said: its own words, line by line, under a line that says whose they are.
pub fn said(ask: &Ask<'_>, said: &ToolText) -> Vec<Rich> {
    let verb = if said.failed {
        " says that it failed"
    } else {
        " says"
    };
    let mut rows = vec![
        Rich::of(Role::Dim, "external text: tool ")
            .ext(&said.tool)
            .add(Role::Dim, " of ")
            .ext(&said.connection)
            .add(Role::Dim, verb),
    ];
    let lines = said.text.lines().take(ask.most(ITEMS));
    rows.extend(lines.map(|line| Rich::of(Role::Faint, "  ").ext(line)));
    if said.cut {
        rows.push(Rich::of(
            Role::Warn,
            "  cut here: there was more than is kept of one answer",
        ));
    }
    rows
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
