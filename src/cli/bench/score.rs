//! How well an investigation's outcome agrees with the truth about its incident.

use serde::Serialize;

use crate::{
    journal::body::InvestigationSummary,
    model::{Cause, ResourceId, Verdict},
    sources::bundle::{Expected, ExpectedCause},
};

/// How one outcome agrees with the truth. A share that does not apply is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// The right verdict.
    pub expected: Verdict,
    /// The verdict found.
    pub found: Verdict,
    /// True when nothing about it is wrong: verdict, resource, category, words and order.
    pub right: bool,
    /// A right resource is the first of the candidates.
    pub top_1: Option<bool>,
    /// A right resource (each of them, where all are asked for) is among the first three candidates.
    pub top_3: Option<bool>,
    /// The category of the cause is right, where one was found and the truth names one.
    pub category: Option<bool>,
    /// A cause where there is none, or one that the truth forbids.
    pub false_cause: bool,
    /// Inconclusive where the truth is not.
    pub abstained: bool,
    /// What is wrong, in a few words each.
    pub wrong: Vec<String>,
}

/// Scores an outcome; an investigation without a summary found nothing.
pub fn score(summary: Option<&InvestigationSummary>, expected: &Expected) -> Score {
    let causes: &[Cause] = summary.map_or(&[], |summary| &summary.causes);
    let found = summary.map_or(Verdict::Inconclusive, |summary| summary.verdict);
    let candidates: Vec<&ResourceId> = summary
        .iter()
        .flat_map(|summary| &summary.candidates)
        .map(|candidate| &candidate.resource)
        .collect();
    let mut wrong = Vec::new();
    if found != expected.verdict {
        wrong.push(format!(
            "verdict {} instead of {}",
            found.as_str(),
            expected.verdict.as_str()
        ));
    }
    let forbidden = causes.iter().find(|cause| {
        expected.forbid.resources.contains(&cause.resource)
            || expected.forbid.categories.contains(&cause.category)
    });
    if let Some(cause) = forbidden {
        wrong.push(format!("{} is innocent", cause.resource));
    }
    let mut category = None;
    if expected.verdict == Verdict::Cause && found == Verdict::Cause {
        category = categories(causes, expected);
        wrong.extend(mismatch(causes, expected, summary));
    }
    let is_right = |cause: &ExpectedCause, id: &ResourceId| cause.resources.contains(id);
    let asked = expected.verdict == Verdict::Cause;
    let within =
        |cause: &ExpectedCause, most: usize| candidates.iter().take(most).any(|id| is_right(cause, id));
    let any = |most: usize| expected.causes.iter().any(|cause| within(cause, most));
    let every = |most: usize| expected.causes.iter().all(|cause| within(cause, most));
    Score {
        expected: expected.verdict,
        found,
        right: wrong.is_empty(),
        top_1: asked.then(|| any(1)),
        top_3: asked.then(|| if expected.all { every(3) } else { any(3) }),
        category,
        false_cause: found == Verdict::Cause && (expected.verdict == Verdict::NoFault || forbidden.is_some()),
        abstained: found == Verdict::Inconclusive && expected.verdict != Verdict::Inconclusive,
        wrong,
    }
}

/// Whether the categories of the causes that name a right resource are right; none where the truth names no category or
/// no right resource was found.
fn categories(causes: &[Cause], expected: &Expected) -> Option<bool> {
    let judged: Vec<bool> = expected
        .causes
        .iter()
        .filter_map(|truth| {
            let wanted = truth.category?;
            let found = causes
                .iter()
                .find(|cause| truth.resources.contains(&cause.resource))?;
            Some(found.category == wanted)
        })
        .collect();
    (!judged.is_empty()).then(|| {
        if expected.all {
            judged.iter().all(|right| *right)
        } else {
            judged.iter().any(|right| *right)
        }
    })
}

/// What keeps the causes from being right; empty when they are.
fn mismatch(causes: &[Cause], expected: &Expected, summary: Option<&InvestigationSummary>) -> Vec<String> {
    let problems: Vec<Vec<String>> = expected
        .causes
        .iter()
        .map(|truth| match expected.all {
            true => compare(causes, truth, summary),
            // The first cause is the answer; what stands beside it is a bonus.
            false => compare(causes.get(..1).unwrap_or_default(), truth, summary),
        })
        .collect();
    if expected.all {
        return problems.concat();
    }
    let nearest = problems.into_iter().min_by_key(Vec::len);
    nearest.unwrap_or_default()
}

fn compare(causes: &[Cause], truth: &ExpectedCause, summary: Option<&InvestigationSummary>) -> Vec<String> {
    let Some(cause) = causes
        .iter()
        .find(|cause| truth.resources.contains(&cause.resource))
    else {
        let named: Vec<&str> = causes.iter().map(|cause| cause.resource.as_str()).collect();
        let right: Vec<&str> = truth.resources.iter().map(ResourceId::as_str).collect();
        return vec![
            format!("{} instead of {}", named.join(" and "), right.join(" or ")),
            "wrong resource".to_owned(),
        ];
    };
    let mut wrong = Vec::new();
    if let Some(wanted) = truth.category
        && cause.category != wanted
    {
        wrong.push(format!(
            "{} instead of {}",
            cause.category.as_str(),
            wanted.as_str()
        ));
    }
    let statement = cause.statement.plain().to_lowercase();
    for word in truth
        .says
        .iter()
        .filter(|word| !statement.contains(&word.to_lowercase()))
    {
        wrong.push(format!("the statement lacks '{word}'"));
    }
    let lines: Vec<String> = summary
        .iter()
        .flat_map(|summary| &summary.timeline)
        .map(|entry| entry.what.plain().to_lowercase())
        .collect();
    let mut rest = lines.as_slice();
    for word in &truth.timeline {
        let Some(at) = rest.iter().position(|line| line.contains(&word.to_lowercase())) else {
            wrong.push(format!("the timeline lacks '{word}' in its place"));
            break;
        };
        // One entry may hold several of the words.
        rest = rest.get(at..).unwrap_or_default();
    }
    wrong
}
