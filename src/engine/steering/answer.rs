//! Answers from the journal, and what a sentence changes.

use super::understand::{Question, Understood, understand};
use crate::{
    engine::state::State,
    model::{Intent, Observed, Origin, Resource, ResourceId, RunState, Text},
};

/// What the engine makes of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What is wanted.
    pub intent: Intent,
    /// The answer.
    pub text: Text,
    /// Records that it cites.
    pub cites: Vec<u64>,
}

/// The list of what works without a model.
const WHAT_WORKS: &str = "I can answer: what is happening; why; why X; what changed; what could not be looked at; what should I do; what would prevent it. \
     I can do: focus on X; ignore X; show the logs / metrics / configuration of X; call CONNECTION TOOL name=value; look at 14:00 to 15:00; stop looking at \
     deployments / logs / metrics; look at deployments again; priority high; pause; resume; cancel; investigate ...";

/// Understands and answers a sentence.
pub fn reply(state: &State, sentence: &str) -> Reply {
    let known: Vec<&Resource> = state.known.resources.values().collect();
    match understand(sentence, &known, state.noticed()) {
        Understood::Do(intent) => carry_out(state, intent),
        Understood::Ask(question) => answer(state, &question),
        Understood::Investigate(words) => {
            let text = Text::from("opened another investigation: ").ext(words.clone());
            said(Intent::Investigate { text: words }, text)
        }
        Understood::NoSuchResource(words) => said(
            Intent::Unknown,
            Text::from("I know no resource by the name ")
                .ext(words)
                .own(". ")
                .join(&near_names(state)),
        ),
        Understood::NoCall(why) => said(
            Intent::Unknown,
            Text::from(why)
                .own("; say `call CONNECTION TOOL`, then nothing, name=value words, or a JSON object"),
        ),
        Understood::Unknown => said(
            Intent::Unknown,
            Text::from(format!("I cannot do that without a model. {WHAT_WORKS}")),
        ),
    }
}

/// True when a sentence names something that nobody knows yet, while the resources are still being read.
pub fn is_too_early(state: &State, sentence: &str) -> bool {
    let known: Vec<&Resource> = state.known.resources.values().collect();
    matches!(
        understand(sentence, &known, state.noticed()),
        Understood::NoSuchResource(_)
    )
}

/// What a wish comes to.
pub fn carry_out(state: &State, intent: Intent) -> Reply {
    let over = state.view.state.is_some_and(RunState::is_over);
    if over && !matches!(intent, Intent::Ask | Intent::Investigate { .. }) {
        return said(
            Intent::Unknown,
            "this investigation has ended; look at it again with a hint to change its course".into(),
        );
    }
    let name = |id: &ResourceId| state.known.resource(id).name;
    let text = match &intent {
        Intent::Pause => "paused: no more questions until resumed".into(),
        Intent::Resume => "going on".into(),
        Intent::Cancel => "cancelled".into(),
        Intent::Focus { resource } => Text::from("done: ")
            .ext(name(resource))
            .own(" is looked at as a subject"),
        Intent::Ignore { resource } => Text::from("done: hypotheses on ")
            .ext(name(resource))
            .own(" are set aside"),
        Intent::Window { window } => Text::from(format!("done: looking at {} to {}", window.from, window.to)),
        Intent::Skip { origin } => Text::from(format!("done: {} are left out of account", words(*origin))),
        Intent::Include { origin } => Text::from(format!("done: {} count again", words(*origin))),
        Intent::Show { origin, resource } => {
            Text::from(format!("looking at {} of ", words(*origin))).ext(name(resource))
        }
        Intent::Call { connection, tool, .. } => Text::from("asking ")
            .ext(tool.clone())
            .own(" of ")
            .ext(connection.clone())
            .own(": what it says will stand in the journal, as words from outside"),
        Intent::Priority { priority } => Text::from(format!("priority is {} now", priority.as_str())),
        Intent::Investigate { text } => Text::from("opened another investigation: ").ext(text.clone()),
        Intent::Ask | Intent::Unknown => Text::new(),
    };
    let mut cites = Vec::new();
    if let Intent::Show { origin, resource } = &intent {
        let shown = state.observations().filter(|(_, observed)| {
            observed.observation.origin == *origin && observed.observation.resource.as_ref() == Some(resource)
        });
        cites.extend(shown.map(|(seq, _)| seq).take(5));
    }
    Reply { intent, text, cites }
}

const fn words(origin: Origin) -> &'static str {
    match origin {
        Origin::Metrics => "metrics",
        Origin::Logs => "logs",
        Origin::Changes => "changes",
        Origin::Events => "service events",
        Origin::Configuration => "configuration",
        Origin::Relations => "relations",
        Origin::Alarms => "alarms",
    }
}

fn said(intent: Intent, text: Text) -> Reply {
    Reply {
        intent,
        text,
        cites: Vec::new(),
    }
}

fn near_names(state: &State) -> Text {
    let ids = state
        .plan()
        .map(|plan| plan.resources.as_slice())
        .unwrap_or_default();
    if ids.is_empty() {
        return "None is in scope yet.".into();
    }
    let mut text = Text::from("In scope: ");
    for (index, id) in ids.iter().take(8).enumerate() {
        text = text
            .own(if index == 0 { "" } else { ", " })
            .ext(state.known.resource(id).name);
    }
    text.own(if ids.len() > 8 { " ..." } else { "" })
}

fn answer(state: &State, question: &Question) -> Reply {
    let (text, cites) = match question {
        Question::Happening => happening(state),
        Question::Why(None) => why(state),
        Question::Why(Some(id)) => why_resource(state, id),
        Question::Changed => changed(state),
        Question::Gaps => gaps(state),
        Question::Plan => plan(state),
        Question::Prevention => prevention(state),
        Question::Help => (WHAT_WORKS.into(), Vec::new()),
    };
    Reply {
        intent: Intent::Ask,
        text,
        cites,
    }
}

fn happening(state: &State) -> (Text, Vec<u64>) {
    let view = &state.view;
    if let Some(summary) = &view.summary {
        let cites = summary
            .causes
            .first()
            .map(|cause| cause.evidence.clone())
            .unwrap_or_default();
        return (
            Text::from(format!("{}: ", summary.verdict.words())).join(&summary.text),
            cites,
        );
    }
    let phase = view.phase.map_or("not started", crate::model::Phase::as_str);
    let mut text = Text::from(format!(
        "{} ({phase}); {} questions asked, {} answered, {} findings, {} gaps",
        view.state.map_or("queued", RunState::as_str),
        view.queries.len(),
        view.answers.len(),
        view.findings.len(),
        view.gaps.len(),
    ));
    if let Some(plan) = state.plan() {
        text = text.own("; symptom: ").join(&plan.symptom);
    }
    let cites: Vec<u64> = view.findings.keys().rev().take(3).rev().copied().collect();
    for seq in &cites {
        if let Some(finding) = view.findings.get(seq) {
            text = text.own(format!("; #{seq} ")).join(&finding.text);
        }
    }
    (text, cites)
}

fn why(state: &State) -> (Text, Vec<u64>) {
    let Some((_, best)) = state.view.ranked().into_iter().next() else {
        return ("there is no hypothesis yet".into(), Vec::new());
    };
    let text = Text::new()
        .join(&best.statement)
        .own(format!(" ({}, {:.2}): ", best.state.as_str(), best.score))
        .join(&best.why);
    (text, best.supports.clone())
}

fn why_resource(state: &State, id: &ResourceId) -> (Text, Vec<u64>) {
    let ranked = state.view.ranked();
    let about: Vec<_> = ranked
        .iter()
        .filter(|(_, hypothesis)| hypothesis.resource == *id)
        .collect();
    let name = state.known.resource(id).name;
    if about.is_empty() {
        let shifted = state.observations().filter(|(_, observed)| {
            observed.observation.resource.as_ref() == Some(id)
                && matches!(
                    observed.observation.fact,
                    Observed::MetricShift { .. } | Observed::LogBurst { .. }
                )
        });
        let cites: Vec<u64> = shifted.map(|(seq, _)| seq).take(3).collect();
        let text = Text::from("no pattern proposes ")
            .ext(name)
            .own(if cites.is_empty() {
                ": nothing on it stands out"
            } else {
                ", though something on it stands out"
            });
        return (text, cites);
    }
    let mut text = Text::new();
    let mut cites = Vec::new();
    for (_, hypothesis) in about.iter().take(2) {
        text = text
            .sep("; ")
            .join(&hypothesis.statement)
            .own(format!(
                " ({}, {:.2}): ",
                hypothesis.state.as_str(),
                hypothesis.score
            ))
            .join(&hypothesis.why);
        cites.extend(hypothesis.supports.iter().chain(&hypothesis.refutes).copied());
    }
    (text, cites)
}

fn changed(state: &State) -> (Text, Vec<u64>) {
    let mut changes: Vec<(u64, f64, &Text, bool)> = state
        .view
        .observations
        .iter()
        .filter_map(|(seq, observed)| match observed.observation.fact {
            Observed::Changed { routine, .. } => {
                let of = &observed.observation;
                Some((*seq, of.strength, &of.text, routine))
            }
            _ => None,
        })
        .collect();
    let read = state
        .found(|query| matches!(query, crate::model::Query::Changes { .. }))
        .next()
        .is_some();
    if changes.is_empty() {
        let text = if read {
            "nothing that touches the resources in scope"
        } else {
            "changes have not been read"
        };
        return (text.into(), Vec::new());
    }
    // What could explain the onset best comes first.
    changes.sort_by(|(x, a, ..), (y, b, ..)| b.total_cmp(a).then(x.cmp(y)));
    let told: Vec<_> = changes.iter().filter(|(.., routine)| !routine).take(5).collect();
    let mut text = Text::new();
    for (seq, _, what, _) in &told {
        text = text.sep("; ").own(format!("#{seq} ")).join(what);
    }
    let rest = changes.len() - told.len();
    if rest > 0 {
        text = text.sep("; ").own(format!("{rest} more, routine or less near"));
    }
    (text, told.iter().map(|(seq, ..)| *seq).collect())
}

fn gaps(state: &State) -> (Text, Vec<u64>) {
    let gaps = &state.view.gaps;
    if gaps.is_empty() {
        return (
            "everything that was asked for could be looked at".into(),
            Vec::new(),
        );
    }
    let mut text = Text::new();
    for (seq, found) in gaps.iter().take(5) {
        text = text
            .sep("; ")
            .own(format!("#{seq} "))
            .join(&found.gap.what)
            .own(": ")
            .join(&found.gap.why);
    }
    (text, gaps.keys().take(5).copied().collect())
}

fn prevention(state: &State) -> (Text, Vec<u64>) {
    let Some(summary) = &state.view.summary else {
        return ("what would prevent it follows the verdict".into(), Vec::new());
    };
    if summary.recommendations.is_empty() {
        return (
            "nothing is recommended: no cause was found that a measure would prevent".into(),
            Vec::new(),
        );
    }
    let mut text = Text::new();
    for one in &summary.recommendations {
        text = text
            .sep("; ")
            .own(format!("{}: ", one.category.words()))
            .join(&one.title);
    }
    (text.own(" (5 accepts or rejects them)"), Vec::new())
}

fn plan(state: &State) -> (Text, Vec<u64>) {
    let Some(plan) = &state.view.mitigation else {
        return ("there is no plan yet; it follows the verdict".into(), Vec::new());
    };
    let mut text = Text::from(format!("{} steps (m shows them): ", plan.steps()));
    for (index, step) in plan.apply.iter().enumerate() {
        text = text.own(if index == 0 { "" } else { "; " }).join(&step.text);
    }
    (text, Vec::new())
}
