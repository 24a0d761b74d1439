//! One record in one line.

use crate::{
    journal::{
        Body, Record,
        body::{Access, Delivered, Delivery, Event, SupportCase, Topology, Triage, Voice},
    },
    model::Text,
};

/// What a record says, in one line for a person.
pub fn line(record: &Record) -> Text {
    let Some(body) = record.typed() else {
        return Text::from("(a body that this version cannot read)");
    };
    match body {
        Body::Created(created) => Text::new()
            .join(&created.title)
            .own(" - starts from ")
            .join(&created.start.text()),
        Body::Status(status) => {
            let phase = status
                .phase
                .map(|phase| format!(" {}", phase.as_str()))
                .unwrap_or_default();
            Text::from(format!("{}{phase}: ", status.state.as_str())).join(&status.text)
        }
        Body::Plan(plan) => Text::new().join(&plan.symptom).own(format!(
            "; {} resources, {} to {}",
            plan.resources.len(),
            plan.window.from,
            plan.window.to
        )),
        Body::Query(asked) => asked.query.text().own(" - ").join(&asked.why),
        Body::Evidence(answered) => Text::from(format!("for #{}: ", answered.query)).join(&answered.text),
        Body::Observation(observed) => observed.observation.text.clone(),
        Body::Hypothesis(one) => Text::from(format!("{} {:.2} ", one.state.as_str(), one.score))
            .join(&one.statement)
            .sep(" - ")
            .join(&one.why),
        Body::Finding(finding) => Text::from(format!("#{} ", finding.observation)).join(&finding.text),
        Body::Cause(cause) => Text::from(format!("{:.2} ", cause.confidence)).join(&cause.statement),
        Body::InvestigationSummary(summary) => {
            Text::from(format!("{}: ", summary.verdict.words())).join(&summary.text)
        }
        Body::MitigationPlan(plan) => Text::from(format!("{} steps", plan.steps())),
        Body::MitigationSummary(summary) => summary.text,
        Body::Message(message) => {
            let cites = message.cites.iter();
            cites.fold(message.text.clone(), |text, seq| text.own(format!(" #{seq}")))
        }
        Body::Steering(steering) if steering.effect.is_empty() => Text::from(wish(&steering.intent)),
        Body::Steering(steering) => steering.effect,
        Body::Guard(guard) => guard.text,
        Body::Gap(found) => Text::new().join(&found.gap.what).own(": ").join(&found.gap.why),
        Body::Usage(usage) => Text::from(format!("{} questions, {} calls", usage.queries, usage.calls)),
        Body::End(end) => Text::from(format!("{}: ", end.state.as_str())).join(&end.text),
        Body::Opened(opened) => Text::from(format!("{} ", opened.stream)).join(&opened.title),
        Body::Closed(closed) => {
            let verdict = closed.verdict.map_or("no verdict", crate::model::Verdict::words);
            Text::from(format!("{} {}: {verdict} ", closed.stream, closed.state.as_str())).join(&closed.text)
        }
        Body::Recommendation(proposed) => {
            Text::from(format!("{} ", proposed.id)).join(&proposed.recommendation.title)
        }
        Body::Decision(decision) => {
            let word = match decision.decision {
                crate::journal::body::Choice::Accepted => "accepted",
                crate::journal::body::Choice::Rejected => "rejected: ",
            };
            Text::from(format!("{} {word}", decision.recommendation)).join(&decision.reason)
        }
        Body::Topology(topology) => discovery(&topology),
        Body::Event(event) => said(&event),
        Body::Triage(triage) => judged(&triage),
        Body::Delivery(delivery) => delivered(&delivery),
        Body::Access(access) => way_in(&access),
        Body::SupportCase(case) => support(&case),
    }
}

fn way_in(access: &Access) -> Text {
    let Access::Webhook {
        change,
        id,
        name,
        sender,
        scheme,
    } = access;
    Text::from(format!("webhook {id} "))
        .join(name)
        .own(format!(" {}: {sender}, {scheme}", change.as_str()))
}

fn said(event: &Event) -> Text {
    let from = Text::from(format!("{}: ", event.sender));
    match &event.alert {
        Some(alert) => from
            .own(format!("{} ", alert.action.as_str()))
            .ext(alert.title.clone()),
        None => from.own("not understood: ").ext(event.unread.clone()),
    }
}

fn judged(triage: &Triage) -> Text {
    match triage {
        Triage::Judged(judged) => {
            let stream = judged.course.stream().map(|stream| format!(" {stream}"));
            Text::from(format!(
                "event #{} {}{}: ",
                judged.event,
                judged.course.word(),
                stream.unwrap_or_default()
            ))
            .join(&judged.why)
        }
        Triage::Maintenance(planned) => {
            Text::from(format!("maintenance {} to {}: ", planned.from, planned.to)).join(&planned.why)
        }
        Triage::MaintenanceOver { maintenance } => Text::from(format!("maintenance #{maintenance} is over")),
    }
}

fn delivered(delivery: &Delivery) -> Text {
    let of = format!("{} #{} to ", delivery.stream, delivery.seq);
    let to = Text::from(of).ext(delivery.channel.clone());
    match &delivery.outcome {
        Delivered::Sent { .. } => to.own(" sent"),
        Delivered::Dead { why } => to.own(" given up: ").join(why),
        Delivered::Held { why } => to.own(" waits: ").join(why),
        Delivered::Again => to.own(" to be sent again"),
        Delivered::Dropped => to.own(" let be"),
    }
}

fn support(case: &SupportCase) -> Text {
    match case {
        SupportCase::Opening(opening) => {
            Text::from(format!("{}: asks AWS Support: ", opening.stream)).join(&opening.subject)
        }
        SupportCase::Opened(opened) => Text::from("case ").ext(opened.display.clone()).own(" is open"),
        SupportCase::Said(said) => {
            let who = match said.by {
                Voice::Us => "we",
                Voice::Aws => "AWS Support",
            };
            Text::from(format!("{who}: ")).join(&said.text)
        }
        SupportCase::Stands { case, status } => Text::from("case ")
            .ext(case.clone())
            .own(" is ")
            .ext(status.clone()),
        SupportCase::Resolved { case } => Text::from("case ").ext(case.clone()).own(" is resolved"),
        SupportCase::Refused { why, .. } => Text::from("AWS Support refused: ").join(why),
    }
}

fn discovery(topology: &Topology) -> Text {
    match topology {
        Topology::Begun { places } => Text::from("discovery of ").ext(places.join(", ")),
        Topology::Read { parts, .. } => match parts.as_slice() {
            [one] => Text::from("read ").ext(one.name.clone()),
            many => Text::from(format!("{} parts read", many.len())),
        },
        Topology::Found(found) => Text::from(found.sentence()),
    }
}

/// The wish of an operator, as it is written in the journal.
fn wish(intent: &crate::model::Intent) -> String {
    serde_json::to_value(intent)
        .ok()
        .and_then(|value| Some(value.get("do")?.as_str()?.to_owned()))
        .unwrap_or_default()
}
