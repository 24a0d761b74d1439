//! The summary in a few sentences, built from facts.

use super::{
    Exhibits,
    doubt::{self, numbers},
    exhibits::Over,
    told::{self, Move},
};
use crate::{
    journal::views::Investigation,
    model::{Observed, Text, Verdict},
};

/// Two to four sentences: what was seen, what it comes from, whether it is over, what was considered.
pub(super) fn sentences(view: &Investigation, exhibits: &Exhibits) -> Vec<Text> {
    let Some(summary) = &view.summary else {
        return Vec::new();
    };
    let mut told = Vec::new();
    told.extend(seen(view, &summary.symptom));
    match summary.verdict {
        Verdict::Cause => told.extend(summary.causes.iter().enumerate().map(|(at, cause)| {
            let word = if at == 0 { "The cause" } else { "Besides" };
            Text::from(format!(
                "{word} ({}, confidence {:.2}): ",
                doubt::sure(cause.confidence),
                cause.confidence
            ))
            .join(&cause.statement)
            .own(format!(" ({}).", numbers(&cause.evidence)))
        })),
        Verdict::NoFault => told.push(ended(&summary.text)),
        Verdict::Inconclusive => {
            told.push(Text::from("The cause cannot be told: ").join(&ended(&summary.text)));
        }
    }
    if summary.verdict != Verdict::NoFault
        && let Some(words) = over(view, exhibits)
    {
        told.push(format!("{words}.").into());
    }
    told.push(considered(view));
    told.retain(|text| !text.is_empty());
    told
}

fn seen(view: &Investigation, symptom: &Text) -> Option<Text> {
    let noticed = view
        .plan
        .as_ref()
        .map(|plan| format!("noticed at {}", plan.at.strftime("%H:%M UTC on %Y-%m-%d")));
    let Some((record, observation)) = told::symptom(view) else {
        let noticed = noticed?;
        return Some(Text::new().join(symptom).own(format!(" was {noticed}.")));
    };
    let text = Text::new().join(&observation.text).own(format!(" (#{record})"));
    let Some(noticed) = noticed else {
        return Some(text.own("."));
    };
    if !matches!(observation.fact, Observed::MetricNormal { .. }) {
        return Some(text.own(format!(", {noticed}.")));
    }
    let Some(created) = &view.created else {
        return Some(text.own("."));
    };
    let at = noticed.trim_start_matches("noticed ").to_owned();
    Some(
        text.own("; it was looked at because of ")
            .join(&created.start.text())
            .own(format!(" {at}.")),
    )
}

/// Whether the symptom is over, in words.
pub(super) fn over(view: &Investigation, exhibits: &Exhibits) -> Option<String> {
    let (record, observation) = told::symptom(view)?;
    let moved = Move::of(record, observation)?;
    let clock = |at: jiff::Timestamp| at.strftime("%H:%M UTC").to_string();
    Some(match exhibits.over.get(&moved.record)? {
        Over::At(at) => format!("It was over by {}", clock(*at)),
        Over::Still(at) => format!("It was still going on at {}, where the data end", clock(*at)),
        Over::LastSeen(at) => format!("The data end at {}, before it was over", clock(*at)),
    })
}

fn considered(view: &Investigation) -> Text {
    let ruled = doubt::ruled_out(view).len();
    let others = doubt::rivals(view).len();
    let mut parts = Vec::new();
    match (ruled + others, ruled) {
        (0, _) => {}
        (1, 0) => parts.push("1 other explanation was considered".to_owned()),
        (1, _) => parts.push("1 other explanation was considered and ruled out".to_owned()),
        (all, 0) => parts.push(format!("{all} other explanations were considered")),
        (all, ruled) => parts.push(format!(
            "{all} other explanations were considered, {ruled} of them ruled out"
        )),
    }
    match view.gaps.len() {
        0 => {}
        1 => parts.push("1 thing could not be seen".to_owned()),
        n => parts.push(format!("{n} things could not be seen")),
    }
    if parts.is_empty() {
        return Text::new();
    }
    Text::from(format!("{}.", parts.join("; ")))
}

/// The sentence with a stop behind it, unless it has one.
fn ended(text: &Text) -> Text {
    let text = text.clone();
    if text.plain().trim_end().ends_with(['.', '!', '?']) {
        text
    } else {
        text.own(".")
    }
}
