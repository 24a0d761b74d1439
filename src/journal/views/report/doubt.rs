//! What speaks against certainty: what was ruled out, what else stands, what could not be seen, and what to look at.

use super::told;
use crate::{
    journal::views::Investigation,
    model::{Cause, Hypothesis, HypothesisState, Origin, Span, Text},
};

/// A hypothesis that was ruled out.
pub(super) struct Ruled<'a> {
    pub(super) statement: &'a Text,
    /// The observation that did it.
    pub(super) by: Option<u64>,
    pub(super) why: Text,
}

/// Hypotheses that were ruled out, with the observation that did it.
pub(super) fn ruled_out(view: &Investigation) -> Vec<Ruled<'_>> {
    let Some(summary) = &view.summary else {
        return Vec::new();
    };
    let mut all: Vec<Ruled<'_>> = Vec::new();
    for one in &summary.ruled_out {
        all.push(Ruled {
            statement: &one.statement,
            by: Some(one.by),
            why: bare(&one.why),
        });
    }
    let said = |one: &Hypothesis| summary.ruled_out.iter().any(|ruled| ruled.hypothesis == one.id);
    for one in &summary.hypotheses {
        if one.state == HypothesisState::Refuted && !said(one) {
            all.push(Ruled {
                statement: &one.statement,
                by: one.refutes.first().copied(),
                why: bare(&one.why),
            });
        }
    }
    all
}

/// The reason without the record number that is told beside it. Words from outside keep their mark.
fn bare(why: &Text) -> Text {
    let mut why = why.clone();
    if let Some(Span::Own(words)) = why.0.first_mut() {
        let rest = words.strip_prefix("ruled out by #").and_then(|rest| {
            let (number, words) = rest.split_once(": ")?;
            number.bytes().all(|b| b.is_ascii_digit()).then_some(words)
        });
        if let Some(rest) = rest.map(str::to_owned) {
            *words = rest;
        }
    }
    why
}

/// Hypotheses that neither are a cause nor were ruled out, best first.
pub(super) fn rivals(view: &Investigation) -> Vec<&Hypothesis> {
    let Some(summary) = &view.summary else {
        return Vec::new();
    };
    let is_cause = |one: &Hypothesis| {
        let same = |cause: &Cause| cause.pattern == one.pattern && cause.resource == one.resource;
        summary.causes.iter().any(same)
    };
    let all = summary.hypotheses.iter();
    all.filter(|one| !is_cause(one) && one.state != HypothesisState::Refuted)
        .collect()
}

/// One thing that could not be seen.
pub(super) struct Unseen {
    pub(super) what: Text,
    pub(super) why: Text,
    pub(super) records: Vec<u64>,
}

/// Things that could not be seen, and the one hint that would mend them all.
pub(super) struct Blind {
    pub(super) unseen: Vec<Unseen>,
    pub(super) hint: Option<Text>,
}

/// What could not be seen, in the order in which it was found missing; equal hints are told once.
pub(super) fn blind(view: &Investigation) -> Vec<Blind> {
    let mut groups: Vec<Blind> = Vec::new();
    for (seq, found) in &view.gaps {
        let gap = &found.gap;
        let known = groups.iter().position(|group| group.hint == gap.hint);
        let at = known.unwrap_or(groups.len());
        if known.is_none() {
            groups.push(Blind {
                unseen: Vec::new(),
                hint: gap.hint.clone(),
            });
        }
        let Some(group) = groups.get_mut(at) else { continue };
        let same = |one: &&mut Unseen| one.what == gap.what && one.why == gap.why;
        match group.unseen.iter_mut().find(same) {
            Some(known) => known.records.push(*seq),
            None => group.unseen.push(Unseen {
                what: gap.what.clone(),
                why: gap.why.clone(),
                records: vec![*seq],
            }),
        }
    }
    groups
}

/// What to look at next.
pub(super) struct Look {
    pub(super) text: Text,
    pub(super) records: Vec<u64>,
}

/// What to look at next, best first. What would mend several gaps is one look.
pub(super) fn looks(view: &Investigation) -> Vec<Look> {
    let Some(summary) = &view.summary else {
        return Vec::new();
    };
    let groups = blind(view);
    let tells = |look: &str, group: &Blind| {
        group.unseen.iter().any(|unseen| {
            let told = format!("{}: {}", unseen.what, unseen.why);
            let rest = look.strip_prefix(told.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" - "))
        })
    };
    let mut taken = vec![false; groups.len()];
    let mut looks = Vec::new();
    for look in &summary.next_looks {
        let plain = look.plain();
        let Some(at) = groups.iter().position(|group| tells(&plain, group)) else {
            looks.push(Look {
                text: look.clone(),
                records: Vec::new(),
            });
            continue;
        };
        let (Some(group), Some(taken)) = (groups.get(at), taken.get_mut(at)) else {
            continue;
        };
        if !std::mem::replace(taken, true) {
            looks.extend(of_gaps(group));
        }
    }
    looks
}

fn of_gaps(group: &Blind) -> Vec<Look> {
    let Some(hint) = &group.hint else {
        let alone = group.unseen.iter();
        return alone
            .map(|unseen| Look {
                text: Text::new().join(&unseen.what).own(": ").join(&unseen.why),
                records: unseen.records.clone(),
            })
            .collect();
    };
    let mut named: Vec<&Text> = Vec::new();
    let mut records = Vec::new();
    for unseen in &group.unseen {
        if !named.contains(&&unseen.what) {
            named.push(&unseen.what);
        }
        records.extend(&unseen.records);
    }
    let mut text = Text::new();
    for what in named {
        text = text.sep(", ").join(what);
    }
    vec![Look {
        text: text.own(": ").join(hint),
        records,
    }]
}

/// How sure, in words.
pub(super) const fn sure(confidence: f64) -> &'static str {
    match confidence {
        c if c >= 0.85 => "well supported",
        c if c >= 0.6 => "likely",
        c if c >= 0.4 => "possible",
        _ => "weak",
    }
}

/// Why a cause is not surer.
pub(super) fn doubts(view: &Investigation, cause: &Cause) -> Vec<Text> {
    let mut doubts = Vec::new();
    let why = told::hypothesis(view, cause).map(|one| one.why.plain());
    if let Some((_, lacking)) = why.as_deref().and_then(|why| why.split_once("not seen: ")) {
        doubts.push(Text::from("what it would also show was not seen: ").ext(lacking));
    }
    let mut kinds: Vec<Origin> = cause
        .evidence
        .iter()
        .filter_map(|seq| Some(told::observation(view, *seq)?.origin))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() == 1 {
        doubts.push("one kind of evidence alone speaks for it".into());
    }
    let unseen: Vec<u64> = view.gaps.keys().copied().collect();
    if !unseen.is_empty() {
        let many = if unseen.len() == 1 {
            "1 thing".to_owned()
        } else {
            format!("{} things", unseen.len())
        };
        doubts.push(Text::from(format!(
            "{many} could not be looked at ({}) and might hide what speaks against it",
            numbers(&unseen)
        )));
    }
    if let Some(rival) = rivals(view).first().filter(|rival| rival.score > 0.0) {
        doubts.push(
            Text::from(format!(
                "the next best explanation stands at {:.2}: ",
                rival.score
            ))
            .join(&rival.statement),
        );
    }
    doubts
}

/// `#44 #58`.
pub(super) fn numbers(records: &[u64]) -> String {
    let cited: Vec<String> = records.iter().map(|seq| format!("#{seq}")).collect();
    cited.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::body::{GapFound, InvestigationSummary},
        model::{Gap, GapKind, Verdict},
    };

    fn gap(what: &str, why: &str, hint: Option<&str>) -> std::sync::Arc<GapFound> {
        GapFound {
            query: None,
            gap: Gap {
                kind: GapKind::Credentials,
                what: what.into(),
                resource: None,
                why: why.into(),
                hint: hint.map(Text::from),
            },
        }
        .into()
    }

    #[test]
    fn equal_hints_are_told_once() {
        let mut view = Investigation::default();
        view.gaps
            .insert(3, gap("logs", "no credentials", Some("sign in")));
        view.gaps.insert(4, gap("metrics of a partner", "not ours", None));
        view.gaps
            .insert(5, gap("changes", "no credentials", Some("sign in")));
        view.gaps
            .insert(9, gap("logs", "no credentials", Some("sign in")));
        let groups = blind(&view);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].unseen[0].records, [3, 9]);
        view.summary = Some(InvestigationSummary {
            verdict: Verdict::Inconclusive,
            symptom: Text::new(),
            text: Text::new(),
            causes: Vec::new(),
            impact: Vec::new(),
            candidates: Vec::new(),
            hypotheses: Vec::new(),
            ruled_out: Vec::new(),
            timeline: Vec::new(),
            next_looks: vec![
                "logs: no credentials - sign in".into(),
                "changes: no credentials - sign in".into(),
                "the deployment: would tell".into(),
            ],
            recommendations: Vec::new(),
        });
        let looks: Vec<String> = looks(&view).iter().map(|look| look.text.plain()).collect();
        assert_eq!(looks, ["logs, changes: sign in", "the deployment: would tell"]);
    }
}
