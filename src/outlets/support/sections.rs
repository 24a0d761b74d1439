//! The six sections of a case's text, each from the folded investigation alone: timeline, resources, telemetry, changes,
//! attempts, impact.

use std::collections::BTreeSet;

use crate::{
    journal::views::Investigation,
    model::{Observation, Origin, ResourceId, Text},
};

/// A section of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Its title.
    pub title: &'static str,
    /// One line each; never empty.
    pub lines: Vec<String>,
}

/// The sections, in the order of the text.
pub(super) fn sections(view: &Investigation) -> Vec<Section> {
    let section = |title, lines: Vec<String>, without: &str| Section {
        title,
        lines: if lines.is_empty() {
            vec![without.to_owned()]
        } else {
            lines
        },
    };
    vec![
        section("TIMELINE (UTC)", timeline(view), "Nothing is dated yet."),
        section("RESOURCES", resources(view), "None is known yet."),
        section("TELEMETRY", telemetry(view), "Nothing was read yet."),
        section("RECENT CHANGES", changes(view), "None was found."),
        section(
            "REMEDIATION",
            attempts(view),
            "Nothing was recommended yet, and the investigation changed nothing.",
        ),
        section("IMPACT", impact(view), "None was measured."),
    ]
}

/// What happened when: the settled timeline, else the findings so far.
fn timeline(view: &Investigation) -> Vec<String> {
    let settled = view.summary.as_ref().map(|summary| &summary.timeline);
    if let Some(timeline) = settled.filter(|timeline| !timeline.is_empty()) {
        return timeline
            .iter()
            .map(|entry| format!("{}  {} (#{})", clock(entry.at), line(&entry.what), entry.evidence))
            .collect();
    }
    let mut dated: Vec<_> = view
        .findings
        .values()
        .filter_map(|finding| Some((finding.at?, finding)))
        .collect();
    dated.sort_by_key(|(at, _)| *at);
    dated
        .into_iter()
        .map(|(at, finding)| {
            format!(
                "{}  {} (#{})",
                clock(at),
                line(&finding.text),
                finding.observation
            )
        })
        .collect()
}

fn clock(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The resources that matter, with what each is in this incident; each once.
fn resources(view: &Investigation) -> Vec<String> {
    let mut named: Vec<(&ResourceId, &str)> = Vec::new();
    let mut name = |id, role| {
        if !named.iter().any(|(known, _)| *known == id) {
            named.push((id, role));
        }
    };
    if let Some(summary) = &view.summary {
        for cause in &summary.causes {
            name(&cause.resource, "where the cause is");
        }
    }
    if let Some(plan) = &view.plan {
        for subject in &plan.subjects {
            name(subject, "shows the symptom");
        }
    }
    if let Some(summary) = &view.summary {
        for impact in &summary.impact {
            name(&impact.resource, "suffers");
        }
    }
    if let Some(plan) = &view.plan {
        for other in &plan.resources {
            name(other, "looked at");
        }
    }
    named
        .into_iter()
        .map(|(id, role)| format!("{}: {role}", crate::model::inert(id.as_str())))
        .collect()
}

/// What metrics, logs, events and alarms showed, and what could not be looked at.
fn telemetry(view: &Investigation) -> Vec<String> {
    let read = |observation: &Observation| {
        !matches!(
            observation.origin,
            Origin::Changes | Origin::Configuration | Origin::Relations
        )
    };
    let (told, usual): (Vec<_>, Vec<_>) = view
        .observations
        .iter()
        .filter(|(_, observed)| read(&observed.observation))
        .partition(|(_, observed)| observed.observation.notable);
    let mut lines: Vec<String> = told
        .iter()
        .map(|(seq, observed)| said(**seq, &observed.observation))
        .collect();
    lines.extend(view.gaps.iter().map(|(seq, found)| {
        format!(
            "not seen: {}: {} (#{seq})",
            line(&found.gap.what),
            line(&found.gap.why)
        )
    }));
    lines.extend(
        usual
            .iter()
            .map(|(seq, observed)| said(**seq, &observed.observation)),
    );
    lines
}

/// Acts on code and configuration, and configuration that matters.
fn changes(view: &Investigation) -> Vec<String> {
    let of = |origin: Origin| {
        view.observations
            .iter()
            .filter(move |(_, observed)| observed.observation.origin == origin)
    };
    let notable = |(_, observed): &(&u64, &std::sync::Arc<crate::journal::body::Observed>)| {
        observed.observation.notable
    };
    of(Origin::Changes)
        .chain(of(Origin::Configuration).filter(notable))
        .map(|(seq, observed)| said(*seq, &observed.observation))
        .collect()
}

fn said(seq: u64, observation: &Observation) -> String {
    let at = observation
        .at
        .map_or_else(String::new, |at| format!("{}  ", clock(at)));
    format!("{at}{} (#{seq})", line(&observation.text))
}

/// What was recommended; nothing of it is done by the program.
fn attempts(view: &Investigation) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(plan) = &view.mitigation {
        lines.push("Recommended; the investigation itself only reads and has changed nothing.".to_owned());
        for (title, steps) in plan.parts() {
            for step in steps {
                let shell = step
                    .shell()
                    .map_or_else(String::new, |shell| format!(": {}", crate::model::inert(&shell)));
                lines.push(format!(
                    "{title}: {}{shell}",
                    line(&step.text).trim_end_matches('.')
                ));
            }
        }
    }
    if let Some(summary) = &view.summary {
        let measures = summary.recommendations.iter();
        lines.extend(measures.map(|one| format!("to prevent it: {}", line(&one.title))));
    }
    lines
}

/// Who suffers, and how badly.
fn impact(view: &Investigation) -> Vec<String> {
    let mut lines = vec![format!("priority: {}", view.priority.as_str())];
    let symptom = view.summary.as_ref().map(|summary| &summary.symptom);
    let symptom = symptom.or_else(|| view.plan.as_ref().map(|plan| &plan.symptom));
    lines.extend(symptom.map(|symptom| format!("symptom: {}", line(symptom))));
    let mut seen = BTreeSet::new();
    for impact in view.summary.iter().flat_map(|summary| &summary.impact) {
        let told = format!(
            "{}: {}",
            crate::model::inert(impact.resource.as_str()),
            line(&impact.how)
        );
        if seen.insert(told.clone()) {
            lines.push(told);
        }
    }
    lines
}

/// A sentence in one line.
pub(super) fn line(text: &Text) -> String {
    text.plain().split_whitespace().collect::<Vec<_>>().join(" ")
}
