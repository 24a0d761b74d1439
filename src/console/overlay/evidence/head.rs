//! The sentence that a page stands behind, and what kind of thing it is.

use crate::{
    console::{glyph::Glyphs, names::short, rich::Rich, theme::Role, words},
    journal::{Body, views::Investigation},
    model::Query,
};

/// The sentence, and what kind of thing it is.
pub fn head(inv: &Investigation, body: &Body, glyphs: &Glyphs) -> Vec<Rich> {
    let dot = format!("  {}  ", glyphs.dot);
    match body {
        Body::Observation(observed) => {
            let of = &observed.observation;
            let mut about = Rich::of(Role::Dim, words::origin_word(of.origin));
            if let Some(id) = &of.resource {
                about = about.add(Role::Dim, &dot).ext(&short(id.as_str()));
            }
            if let Some(at) = of.at {
                about = about.add(Role::Dim, format!("{dot}{} UTC", words::second(at)));
                if of.error > 0 {
                    about = about.add(Role::Dim, format!(" within {} s", of.error));
                }
            }
            about = about
                .add(Role::Dim, format!("{dot}strength {:.2}{dot}from ", of.strength))
                .join(words::numbers(&observed.evidence));
            vec![Rich::new().flat(Role::Strong, &of.text), about]
        }
        Body::Cause(cause) => vec![
            Rich::of(Role::BadgeCause, " ROOT CAUSE ")
                .add(
                    Role::Strong,
                    format!("  {:.2}  {}", cause.confidence, cause.category.words()),
                )
                .add(Role::Dim, "   pattern ")
                .add(Role::Text, cause.pattern.clone())
                .add(Role::Dim, " on ")
                .ext(&short(cause.resource.as_str())),
            Rich::new().flat(Role::Strong, &cause.statement),
            words::because(&cause.evidence),
        ],
        Body::Hypothesis(hypothesis) => {
            // As it stands now, not as it stood when this record was written.
            let hypothesis = inv
                .hypotheses
                .get(&hypothesis.id)
                .map_or(hypothesis, |(_, now)| now);
            let mut lines = vec![
                words::hypothesis(hypothesis, glyphs),
                Rich::of(Role::Dim, hypothesis.state.as_str())
                    .add(Role::Dim, format!("{dot}{}{dot}", hypothesis.category.words()))
                    .ext(&short(hypothesis.resource.as_str()))
                    .add(Role::Dim, format!("{dot}{}", hypothesis.pattern)),
            ];
            if !hypothesis.why.is_empty() {
                lines.push(Rich::new().text(Role::Text, &hypothesis.why));
            }
            if !hypothesis.supports.is_empty() {
                lines.push(Rich::of(Role::Good, "for      ").join(words::numbers(&hypothesis.supports)));
            }
            if !hypothesis.refutes.is_empty() {
                lines.push(Rich::of(Role::Bad, "against  ").join(words::numbers(&hypothesis.refutes)));
            }
            lines
        }
        Body::Query(asked) => question(&asked.query, &asked.why),
        Body::Evidence(answered) => {
            let mut lines = vec![Rich::new().flat(Role::Strong, &answered.text)];
            if let Some(asked) = inv.queries.get(&answered.query) {
                lines.extend(question(&asked.query, &asked.why));
            }
            lines
        }
        Body::Gap(found) => {
            let mut lines = vec![
                Rich::new().flat(Role::Strong, &found.gap.what),
                Rich::new().text(Role::Text, &found.gap.why),
            ];
            if let Some(hint) = &found.gap.hint {
                lines.push(Rich::of(Role::Dim, "hint: ").text(Role::Text, hint));
            }
            lines
        }
        Body::Plan(plan) => {
            let mut lines = vec![
                Rich::new().flat(Role::Strong, &plan.symptom),
                Rich::of(
                    Role::Dim,
                    format!(
                        "window {} to {}{dot}compared with {} to {}",
                        words::time(plan.window.from),
                        words::time(plan.window.to),
                        words::time(plan.baseline.from),
                        words::time(plan.baseline.to)
                    ),
                ),
            ];
            lines.extend(
                plan.steps
                    .iter()
                    .map(|step| Rich::of(Role::Dim, format!("{} ", glyphs.bullet)).text(Role::Text, step)),
            );
            lines.extend(
                plan.resources
                    .iter()
                    .map(|id| Rich::of(Role::Dim, "  ").ext(id.as_str())),
            );
            lines
        }
        Body::InvestigationSummary(summary) => {
            let mut lines = vec![Rich::new().flat(Role::Strong, &summary.text)];
            for ruled in &summary.ruled_out {
                lines.push(
                    Rich::of(Role::Dim, format!("{} ", glyphs.failed))
                        .flat(Role::Text, &ruled.statement)
                        .add(Role::Dim, "  ruled out by ")
                        .join(words::numbers(&[ruled.by]))
                        .add(Role::Dim, ": ")
                        .flat(Role::Dim, &ruled.why),
                );
            }
            lines
        }
        Body::Message(message) => vec![Rich::new().flat(Role::Text, &message.text)],
        Body::Created(created) => {
            let mut lines = vec![words::start(&created.start)];
            if !created.details.is_empty() {
                lines.push(Rich::new().flat(Role::Text, &created.details));
            }
            lines
        }
        other => vec![Rich::of(Role::Dim, other.kind().to_string()).add(Role::Dim, ": r shows it")],
    }
}

fn question(query: &Query, why: &crate::model::Text) -> Vec<Rich> {
    vec![
        Rich::of(Role::Dim, "asked for ").flat(Role::Text, &query.text()),
        Rich::of(Role::Dim, "because ").flat(Role::Dim, why),
    ]
}
