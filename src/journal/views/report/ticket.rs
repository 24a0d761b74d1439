//! A recommendation as a ticket for whoever is to carry it out. It goes out of the house: no personal data in it, and nothing
//! that a tracker takes for a name to call, a number to link or a command to follow.

use std::fmt::{self, Write as _};

use super::escape::{alone, sentence};
use crate::{
    journal::{
        Actor, StreamId,
        views::{Listed, RecommendationState, Recommended, Space},
    },
    model::{RecommendationCategory, inert},
    redact::{Redactor, Scope},
};

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its title, as plain words.
    pub title: String,
    /// Why, what, and how it is known to be done, in Markdown.
    pub body: String,
    /// Words of the body that no other ticket has.
    pub mark: String,
}

impl Ticket {
    /// Title and body as one piece of Markdown.
    pub fn markdown(&self) -> String {
        format!("# {}\n\n{}", alone(&self.title), self.body)
    }
}

/// A recommendation as a ticket, with the incidents that informed it.
pub fn ticket(recommended: &Recommended, space: &Space) -> Ticket {
    let mut redactor = Redactor::new(Scope::Personal);
    let mut recommended = recommended.clone();
    let measure = &mut recommended.proposed.recommendation;
    measure.title = redactor.sentence(&measure.title);
    measure.detail = redactor.sentence(&measure.detail);
    let mut body = String::new();
    // Writing to a string cannot fail.
    let _written = write(&mut body, &recommended, space, &mut redactor);
    Ticket {
        title: inert(&recommended.proposed.recommendation.title.plain()),
        body: quiet(&body),
        mark: mark(&recommended),
    }
}

/// What stands in a ticket for its recommendation, and in no other.
fn mark(recommended: &Recommended) -> String {
    let id = inert(&recommended.proposed.id).replace('`', "'");
    format!("recommendation `{id}`")
}

/// GitHub and GitLab look for people, teams, issues, merge requests, labels and epics once Markdown is done with a text, so that
/// an escaped sign calls them all the same: nothing may follow it.
fn quiet(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut escaped = false;
    for c in body.chars() {
        out.push(c);
        if escaped && matches!(c, '@' | '#' | '!' | '~') {
            out.push_str("&#8203;");
        }
        escaped = c == '\\' && !escaped;
    }
    out
}

fn write(out: &mut String, recommended: &Recommended, space: &Space, redactor: &mut Redactor) -> fmt::Result {
    let measure = &recommended.proposed.recommendation;
    let informed = &recommended.proposed.informed_by;
    writeln!(out, "## Why\n")?;
    match informed.len() {
        0 => writeln!(out, "No incident is known that informed it.")?,
        1 => writeln!(out, "One incident informed it:\n")?,
        many => writeln!(out, "{many} incidents informed it:\n")?,
    }
    for stream in informed {
        match space.investigations.get(stream) {
            Some(listed) => incident(out, listed, redactor)?,
            None => writeln!(out, "- `{stream}`, which this journal does not hold")?,
        }
    }
    writeln!(out, "\n## What to do\n\n{}\n", sentence(&measure.detail))?;
    writeln!(out, "## Acceptance criteria\n")?;
    for criterion in criteria(measure.category) {
        writeln!(out, "- [ ] {criterion}")?;
    }
    writeln!(out, "\n---\n")?;
    source(out, recommended, redactor)
}

fn incident(out: &mut String, listed: &Listed, redactor: &mut Redactor) -> fmt::Result {
    let opened = &listed.opened;
    write!(
        out,
        "- {}: {}",
        listed.opened_at.strftime("%Y-%m-%d %H:%M UTC"),
        sentence(&redactor.sentence(&opened.title))
    )?;
    let Some(closed) = &listed.closed else {
        return writeln!(out, " (not closed yet)");
    };
    write!(out, " ({}", closed.word())?;
    if let Some(category) = closed.category {
        write!(out, ", {}", category.words())?;
    }
    if let Some(confidence) = closed.confidence {
        write!(out, ", confidence {confidence:.2}")?;
    }
    write!(out, ")")?;
    if !closed.text.is_empty() {
        write!(out, ". {}", sentence(&redactor.sentence(&closed.text)))?;
    }
    writeln!(out)
}

/// How it is known to be done. The measure itself is in words; these hold for every measure of its sort.
const fn criteria(category: RecommendationCategory) -> [&'static str; 3] {
    match category {
        RecommendationCategory::CodeOptimization => [
            "The change is in production.",
            "A test that repeats the incidents above fails without the change and passes with it.",
            "The symptom of those incidents is watched for two weeks and does not come back.",
        ],
        RecommendationCategory::Observability => [
            "The signal exists in every environment that the incidents above touched.",
            "It was made to fire once on purpose, and reached whoever is on call.",
            "It would have fired earlier than those incidents were noticed.",
        ],
        RecommendationCategory::Infrastructure => [
            "The change is in the infrastructure's code, and applied.",
            "The load or the loss that led to the incidents above was tried, and held.",
            "Its cost is known, and somebody has agreed to it.",
        ],
        RecommendationCategory::Governance => [
            "The rule is enforced by a machine, not by a document alone.",
            "What led to the incidents above was tried again, and was stopped.",
            "Those who are held by the rule know of it, and of the way around it in an emergency.",
        ],
    }
}

fn source(out: &mut String, recommended: &Recommended, redactor: &mut Redactor) -> fmt::Result {
    let streams: Vec<String> = recommended
        .proposed
        .informed_by
        .iter()
        .map(|stream: &StreamId| format!("`{stream}`"))
        .collect();
    write!(
        out,
        "Source: midwatch, {} ({}), proposed {}",
        mark(recommended),
        recommended.proposed.recommendation.category.words(),
        recommended.proposed_at.strftime("%Y-%m-%d"),
    )?;
    if let (RecommendationState::Accepted | RecommendationState::Rejected, Some(by)) =
        (recommended.state, &recommended.decided_by)
    {
        let who = match by {
            Actor::Operator(name) => alone(&redactor.text(name)),
            other => alone(&other.to_string()),
        };
        write!(out, ", {} by {who}", recommended.state.as_str())?;
    }
    if !streams.is_empty() {
        write!(out, "; investigations {}", streams.join(", "))?;
    }
    writeln!(out, "; journal `{}`.", recommended.anchor.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;
    use crate::{
        journal::body::{Closed, Opened, Proposed},
        journal::{Hash, Head},
        model::{Category, Priority, Recommendation, RunState, SourceSpec, Text},
    };

    fn space() -> (Space, Recommended) {
        let stream = StreamId::investigation("01h00000000000000000000001");
        let at = "2025-10-27T03:12:00Z".parse().unwrap();
        let mut space = Space::default();
        space.investigations.insert(
            stream.clone(),
            Listed {
                opened: Opened {
                    stream: stream.clone(),
                    title: Text::new().ext("errors [x](http://evil)"),
                    priority: Priority::High,
                    source: SourceSpec::Scenario { name: "x".into() },
                    parent: None,
                    event: None,
                },
                priority: Priority::Medium,
                events: 0,
                opened_at: at,
                closed: Some(Closed {
                    stream: stream.clone(),
                    head: Head {
                        seq: 9,
                        hash: Hash::zero(),
                    },
                    digest: Hash::zero(),
                    state: RunState::Completed,
                    verdict: Some(Verdict::Cause),
                    text: Text::new().ext("orders").own(" fails since its deployment"),
                    category: Some(Category::SystemChange),
                    confidence: Some(0.93),
                }),
                closed_at: Some(at),
            },
        );
        let recommended = Recommended {
            proposed: Proposed {
                id: "rec-1".to_owned(),
                recommendation: Recommendation {
                    category: RecommendationCategory::Governance,
                    title: Text::from("Deploy ").ext("orders").own(" in steps"),
                    detail: "A canary would have rolled it back.".into(),
                },
                informed_by: vec![stream, StreamId::investigation("01h00000000000000000000002")],
            },
            proposed_at: at,
            state: RecommendationState::Accepted,
            reason: Text::new(),
            decided_by: Some(Actor::Operator("dana".to_owned())),
            anchor: Hash::zero(),
        };
        (space, recommended)
    }

    #[test]
    fn a_ticket_says_why_what_and_when_it_is_done() {
        let (space, recommended) = space();
        insta::assert_snapshot!(ticket(&recommended, &space).markdown());
    }

    #[test]
    fn a_tracker_finds_nobody_to_call_and_nothing_to_do() {
        let (space, mut recommended) = space();
        recommended.proposed.recommendation.detail = Text::new()
            .ext("/close @channel fixes #12 by !7 ~bug \\\\@here, says mary.major@example.com")
            .own(".");
        let ticket = ticket(&recommended, &space);
        assert!(
            ticket.body.contains(
                "\n\\/close \\@&#8203;channel fixes \\#&#8203;12 by \\!&#8203;7 \\~&#8203;bug \\\\\\\\\\@&#8203;here, says "
            ),
            "{}",
            ticket.body
        );
        assert!(!ticket.body.contains("mary"), "{}", ticket.body);
        assert!(ticket.body.contains(&ticket.mark));
    }
}
