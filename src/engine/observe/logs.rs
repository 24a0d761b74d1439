//! Log lines against what was written before the onset.

use jiff::Timestamp;

use super::Seen;
use crate::{
    analysis::logs::{LogTemplate, mine},
    engine::wording,
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Origin, ResourceId, Text},
};

/// Shapes told of one writer: what a person reads before looking away.
const SHAPES: usize = 6;
/// The onset of a burst of a shape that was known before is told by counting lines a minute.
const MINUTE: u32 = 60;

/// Shapes that are new or burst since the onset in one answer; that nothing stands out, otherwise.
pub fn observe(
    plan: &Plan,
    onset: Timestamp,
    id: &ResourceId,
    name: &str,
    evidence: &Evidence,
    answer: u64,
) -> Vec<Seen> {
    let Evidence::Logs(page) = evidence else {
        return Vec::new();
    };
    let seen = |observation| Seen {
        observation,
        evidence: vec![answer],
    };
    let shapes = mine(&page.lines, Some(onset), Some(plan.window));
    let telling: Vec<&LogTemplate> = shapes
        .iter()
        .filter(|shape| !shape.routine && (shape.error || (stands_out(shape) && shape.after > 0)))
        .take(SHAPES)
        .collect();
    // Silence is no sign of health: who wrote nothing said nothing.
    if page.lines.is_empty() {
        return Vec::new();
    }
    if telling.is_empty() {
        let group = page.groups.first().cloned().unwrap_or_else(|| name.to_owned());
        return vec![seen(Observation {
            resource: Some(id.clone()),
            origin: Origin::Logs,
            at: None,
            error: 0,
            strength: 1.0,
            notable: false,
            text: Text::from(format!(
                "nothing stands out in {} log lines of ",
                page.lines.len()
            ))
            .ext(name),
            fact: Observed::LogQuiet {
                group,
                lines: page.lines.len() as u32,
            },
        })];
    }
    telling
        .into_iter()
        .map(|shape| seen(told(id, name, onset, shape)))
        .collect()
}

/// New, bursting, or an error of a writer that had not written any such line before the onset.
fn stands_out(shape: &LogTemplate) -> bool {
    shape.new || shape.bursting || (shape.error && shape.before == 0)
}

fn told(id: &ResourceId, name: &str, onset: Timestamp, shape: &LogTemplate) -> Observation {
    let times = if shape.count == 1 {
        "once".to_owned()
    } else {
        format!("{} times", shape.count)
    };
    let unprecedented = shape.before == 0;
    let how = match (unprecedented, shape.bursting) {
        (true, _) => "new log line",
        (false, true) => "more of a log line",
        (false, false) => "log line",
    };
    let text = Text::from(format!("{how} of "))
        .ext(name)
        .own(format!(", {times}: "))
        .ext(wording::said(&shape.sample));
    Observation {
        resource: Some(id.clone()),
        origin: Origin::Logs,
        at: Some(if unprecedented { shape.first } else { onset }),
        error: if unprecedented { 0 } else { MINUTE },
        strength: strength(shape),
        notable: shape.error && stands_out(shape),
        text,
        fact: Observed::LogBurst {
            group: shape.group.clone(),
            template: shape.template.clone(),
            count: shape.count,
            before_rate: wording::rounded(shape.before_rate),
            sample: shape.sample.clone(),
            new: unprecedented,
            error: shape.error,
        },
    }
}

/// New or bursting errors are plain, the plainer the more there are of them: a single line may be anybody's bad luck. An
/// error that was always there is not.
fn strength(shape: &LogTemplate) -> f64 {
    match (shape.error, stands_out(shape)) {
        (true, true) => wording::rounded((0.4 + 0.1 * f64::from(shape.after)).clamp(0.5, 1.0)),
        (false, true) => 0.6,
        _ => 0.3,
    }
}
