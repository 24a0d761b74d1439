//! From a record to a message. Pure: what else is known is handed in.

use serde_json::{Value, json};

use super::post::{Part, Post};
use crate::{
    config::Notice,
    journal::{
        Body, Record, StreamId,
        body::{End, Event, Finding, InvestigationSummary, Status, Triage},
        views::{Investigation, Space, report},
    },
    model::{Cause, MitigationPlan, RunState, Text, Verdict},
    redact::{Redactor, Scope},
};

/// Items of one list that a message tells; the rest is counted.
const ITEMS: usize = 5;

/// What a message may draw on beside its record.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The space, as far as that record or further.
    pub space: &'a Space,
    /// The investigation, as far as that record; what it waits for and what it plans is enough.
    pub view: &'a Investigation,
    /// The event that a judgement is about.
    pub event: Option<&'a Event>,
    /// Where the investigation stood before that record.
    pub before: Option<RunState>,
}

/// The message that a record makes for people elsewhere; none when they need not hear of it. `about` is the investigation that
/// it tells of, `space` where it tells of a recommendation.
pub fn compose(record: &Record, about: &StreamId, known: Known<'_>) -> Option<Post> {
    let told = match record.typed()? {
        Body::Status(status) => of_status(&status, known)?,
        Body::Finding(finding) => of_finding(&finding),
        Body::Cause(cause) => of_cause(&cause),
        Body::InvestigationSummary(summary) => of_summary(&summary),
        Body::MitigationSummary(summary) => of_plan(&summary.text, known.view.mitigation.as_ref()),
        Body::End(end) => of_end(&end),
        Body::Triage(Triage::Judged(judged)) => of_judgement(&judged, known)?,
        Body::Decision(decision) => return of_decision(record, &decision.recommendation, known),
        _ => return None,
    };
    let listed = known.space.investigations.get(about);
    let title = listed
        .map(|listed| listed.opened.title.clone())
        .unwrap_or_default();
    Some(posted(record, about, title, told))
}

/// The words of a message.
struct Told {
    notice: Notice,
    head: Text,
    parts: Vec<Part>,
    data: Value,
}

/// Takes personal data out, and says where the words come from.
fn posted(record: &Record, about: &StreamId, title: Text, told: Told) -> Post {
    let mut redactor = Redactor::new(Scope::Personal);
    let parts = told.parts.into_iter().map(|part| match part {
        Part::Sentence(text) => Part::Sentence(redactor.sentence(&text)),
        Part::Item(text) => Part::Item(redactor.sentence(&text)),
        Part::Command(line) => Part::Command(redactor.text(&line).into_owned()),
    });
    let parts = parts.collect();
    let mut data = told.data;
    redactor.value(&mut data);
    Post {
        notice: told.notice,
        stream: record.stream.clone(),
        seq: record.seq,
        anchor: record.hash.clone(),
        at: record.at,
        about: about.clone(),
        title: redactor.sentence(&title),
        head: redactor.sentence(&told.head),
        parts,
        data,
        ticket: None,
        since: record.at,
        test: false,
    }
}

fn of_status(status: &Status, known: Known<'_>) -> Option<Told> {
    let head = match (known.before, status.state) {
        (None | Some(RunState::Queued), RunState::Running) => "Investigation started",
        (Some(RunState::Paused), RunState::Running) => "Investigation goes on",
        (before, RunState::Paused) if before != Some(RunState::Paused) => "Investigation paused",
        _ => return None,
    };
    let begins = head == "Investigation started";
    let sentence = match &known.view.created {
        Some(created) if begins => created.title.clone(),
        _ => status.text.clone(),
    };
    Some(Told {
        notice: Notice::Status,
        head: head.into(),
        parts: vec![Part::Sentence(sentence)],
        data: json!({"state": status.state}),
    })
}

fn of_end(end: &End) -> Told {
    let head = match (end.state, end.verdict) {
        (RunState::Failed, _) => "Investigation failed",
        (RunState::Cancelled, _) => "Investigation cancelled",
        (_, Some(Verdict::Cause)) => "Investigation finished: a root cause was found",
        (_, Some(Verdict::NoFault)) => "Investigation finished: nothing is wrong",
        _ => "Investigation finished: it cannot be told",
    };
    let ended = matches!(end.state, RunState::Completed);
    let parts = if ended {
        Vec::new()
    } else {
        vec![Part::Sentence(end.text.clone())]
    };
    Told {
        notice: Notice::Status,
        head: head.into(),
        parts,
        data: json!({"state": end.state, "verdict": end.verdict}),
    }
}

fn of_finding(finding: &Finding) -> Told {
    Told {
        notice: Notice::Finding,
        head: "Finding".into(),
        parts: vec![Part::Sentence(finding.text.clone())],
        data: json!({"resource": finding.resource, "since": finding.at, "observation": finding.observation}),
    }
}

fn of_cause(cause: &Cause) -> Told {
    let sort = format!("{}, confidence {:.2}", cause.category.words(), cause.confidence);
    Told {
        notice: Notice::Cause,
        head: "Root cause".into(),
        parts: vec![
            Part::Sentence(cause.statement.clone()),
            Part::Sentence(Text::from(sort).own(", at ").ext(cause.resource.as_str())),
        ],
        data: cause_data(cause),
    }
}

fn cause_data(cause: &Cause) -> Value {
    json!({"resource": cause.resource, "category": cause.category, "pattern": cause.pattern,
        "statement": cause.statement.plain(), "confidence": cause.confidence, "evidence": cause.evidence})
}

fn of_summary(summary: &InvestigationSummary) -> Told {
    let head = match summary.verdict {
        Verdict::Cause => "Summary: a root cause was found",
        Verdict::NoFault => "Summary: nothing is wrong",
        Verdict::Inconclusive => "Summary: it cannot be told",
    };
    let mut parts = Vec::new();
    for sentence in [&summary.symptom, &summary.text] {
        if !sentence.is_empty() {
            parts.push(Part::Sentence(sentence.clone()));
        }
    }
    list(
        &mut parts,
        "What suffers:",
        summary.impact.iter().map(|impact| {
            Text::new()
                .ext(impact.resource.as_str())
                .own(": ")
                .join(&impact.how)
        }),
    );
    list(
        &mut parts,
        "Ruled out:",
        summary.ruled_out.iter().map(|ruled| ruled.statement.clone()),
    );
    if summary.verdict != Verdict::Cause {
        list(&mut parts, "To look at next:", summary.next_looks.iter().cloned());
    }
    let causes: Vec<Value> = summary.causes.iter().map(cause_data).collect();
    let impact = summary
        .impact
        .iter()
        .map(|impact| json!({"resource": impact.resource, "how": impact.how.plain()}));
    Told {
        notice: Notice::InvestigationSummary,
        head: head.into(),
        data: json!({"verdict": summary.verdict, "symptom": summary.symptom.plain(), "causes": causes,
            "impact": impact.collect::<Vec<_>>()}),
        parts,
    }
}

fn of_plan(text: &Text, plan: Option<&MitigationPlan>) -> Told {
    let mut parts = vec![Part::Sentence(text.clone())];
    let mut steps = Vec::new();
    for (title, of) in plan.iter().flat_map(|plan| plan.parts()) {
        if of.is_empty() {
            continue;
        }
        parts.push(Part::Sentence(format!("{title}:").into()));
        for step in of {
            parts.push(Part::Item(step.text.clone()));
            parts.extend(step.shell().map(Part::Command));
            steps.push(
                json!({"part": title, "text": step.text.plain(), "command": step.command, "writes": step.writes}),
            );
        }
    }
    if !steps.is_empty() {
        parts.push(Part::Sentence(
            "midwatch runs none of this: a person does, after reading it.".into(),
        ));
    }
    Told {
        notice: Notice::MitigationSummary,
        head: "Mitigation plan".into(),
        parts,
        data: json!({"steps": steps}),
    }
}

fn of_judgement(judged: &crate::journal::body::Judged, known: Known<'_>) -> Option<Told> {
    use crate::journal::body::Course;
    let alert = known.event.and_then(|event| event.alert.as_ref());
    let title = alert.map(|alert| alert.title.clone()).unwrap_or_default();
    let sender = known.event.map(|event| event.sender.clone()).unwrap_or_default();
    let incident = alert.map(
        |alert| json!({"sender": sender, "id": alert.incident, "ticket": alert.ticket, "link": alert.link}),
    );
    match &judged.course {
        Course::Link { stream, .. } => {
            let found = known.space.investigations.get(stream);
            let about = found
                .map(|listed| listed.opened.title.clone())
                .unwrap_or_default();
            let mut parts = vec![Part::Sentence(
                Text::new()
                    .ext(title)
                    .own(" belongs to the investigation of ")
                    .join(&about),
            )];
            if !judged.why.is_empty() {
                parts.push(Part::Sentence(judged.why.clone()));
            }
            let closed = found.and_then(|listed| listed.closed.as_ref());
            if let Some(closed) = closed.filter(|closed| !closed.text.is_empty()) {
                parts.push(Part::Sentence(Text::from("Its root cause: ").join(&closed.text)));
            }
            Some(Told {
                notice: Notice::Status,
                head: "Another incident was tied to it".into(),
                parts,
                data: json!({"linked": incident}),
            })
        }
        Course::Update { action, others, .. } if action.is_over() => {
            let mut parts = vec![Part::Sentence(
                Text::new()
                    .ext(sender)
                    .own(format!(" says {}: ", action.as_str()))
                    .ext(title),
            )];
            let (notice, head) = match others {
                0 => (Notice::Resolved, "The incident is over"),
                1 => (Notice::Status, "One of two incidents is over"),
                _ => (Notice::Status, "One of several incidents is over"),
            };
            if *others > 0 {
                let go_on = match others {
                    1 => "Another one that is looked at with it goes on.".to_owned(),
                    some => format!("{some} others that are looked at with it go on."),
                };
                parts.push(Part::Sentence(go_on.into()));
            }
            Some(Told {
                notice,
                head: head.into(),
                parts,
                data: json!({"action": action, "incident": incident, "others": others}),
            })
        }
        _ => None,
    }
}

fn of_decision(record: &Record, id: &str, known: Known<'_>) -> Option<Post> {
    let recommended = known.space.recommendations.get(id)?;
    let measure = &recommended.proposed.recommendation;
    let ticket = report::ticket(recommended, known.space);
    let informed = &recommended.proposed.informed_by;
    let incidents = match informed.len() {
        1 => "1 incident informed it".to_owned(),
        n => format!("{n} incidents informed it"),
    };
    let told = Told {
        notice: Notice::Recommendation,
        head: "Recommendation accepted".into(),
        parts: vec![
            Part::Sentence(measure.title.clone()),
            Part::Sentence(measure.detail.clone()),
            Part::Sentence(format!("{}; {incidents}", measure.category.words()).into()),
        ],
        data: json!({"id": id, "category": measure.category, "title": measure.title.plain(),
            "detail": measure.detail.plain(), "informed_by": informed}),
    };
    let mut post = posted(record, &StreamId::space(), measure.title.clone(), told);
    post.since = recommended.proposed_at;
    post.ticket = Some(ticket);
    Some(post)
}

/// A list with its title; the first few items, and how many more there are.
fn list(parts: &mut Vec<Part>, title: &str, items: impl ExactSizeIterator<Item = Text>) {
    let more = items.len().saturating_sub(ITEMS);
    if items.len() == 0 {
        return;
    }
    parts.push(Part::Sentence(title.into()));
    parts.extend(items.take(ITEMS).map(Part::Item));
    if more > 0 {
        parts.push(Part::Item(format!("{more} more").into()));
    }
}
