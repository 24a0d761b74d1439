//! Nights: events one after another, and what is done about each.

mod always;
mod maintenance;
mod same;
mod storm;
mod ties;

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::*;
use crate::{
    journal::{
        Body, Hash,
        body::{Closed, Judged, Maintenance, Opened, Payload, Triage},
        canonical::sha256,
    },
    model::{Relation, RelationKind, RelationOrigin, Resource, RunState, SourceSpec, discovery::Graph},
};

/// A space in which events come one after another.
struct Night {
    known: Known,
    near: Near,
    now: Timestamp,
    seq: u64,
    opened: u64,
    via: String,
    events: BTreeMap<u64, Event>,
}

impl Night {
    fn new() -> Self {
        Self {
            known: Known::default(),
            near: Near::default(),
            now: "2026-11-23T02:00:00Z".parse().unwrap(),
            seq: 0,
            opened: 0,
            via: "webhook/x".into(),
            events: BTreeMap::new(),
        }
    }

    fn later(&mut self, minutes: i64) -> &mut Self {
        self.now += SignedDuration::from_mins(minutes);
        self
    }

    fn write(&mut self, body: &Body) -> u64 {
        self.seq += 1;
        self.known.take(self.seq, self.now, body);
        self.seq
    }

    /// Takes an event as the reception does. Returns what is done.
    fn take(&mut self, alert: Alert) -> Judgement {
        let event = Event {
            via: self.via.clone(),
            ..event(alert)
        };
        let fresh = StreamId::investigation(&format!("01h{:023}", self.opened));
        let judgement = judge(&event, self.now, &fresh, &self.known, &self.near);
        let seq = self.write(&Body::Event(Box::new(event.clone())));
        self.judged(seq, &event, &judgement);
        judgement
    }

    /// Judges anew what was left alone, where that ends, as the reception does.
    fn look_again(&mut self) -> Vec<Judgement> {
        let left: Vec<Left> = self.known.all_left().map(|(_, left)| left.clone()).collect();
        let mut judgements = Vec::new();
        for left in left {
            if left.because == Skipped::Flapping && self.now.duration_since(left.since) < STEADY {
                continue;
            }
            let event = self.events[&left.event].clone();
            let fresh = StreamId::investigation(&format!("01h{:023}", self.opened));
            if let Some(judgement) = super::again(&event, &left, self.now, &fresh, &self.known, &self.near) {
                self.judged(left.event, &event, &judgement);
                judgements.push(judgement);
            }
        }
        judgements
    }

    fn judged(&mut self, seq: u64, event: &Event, judgement: &Judgement) {
        if let Course::Investigate { stream } = &judgement.course {
            self.opened += 1;
            let known = event.incident.as_ref().and_then(|id| self.known.incident(id));
            let priority = known.map(Incident::urgency).unwrap_or_default();
            self.write(&opened(stream, priority, Some(seq)));
        }
        self.events.insert(seq, event.clone());
        self.write(&Body::Triage(Triage::Judged(Judged {
            event: seq,
            course: judgement.course.clone(),
            why: judgement.why.clone(),
        })));
    }

    /// Takes an event for which an investigation has to be opened.
    fn opens(&mut self, alert: Alert) -> StreamId {
        match self.take(alert).course {
            Course::Investigate { stream } => stream,
            other => panic!("{other:?}"),
        }
    }

    fn close(&mut self, stream: &StreamId) {
        self.end(stream, RunState::Completed);
    }

    fn end(&mut self, stream: &StreamId, state: RunState) {
        self.write(&Body::Closed(Closed {
            stream: stream.clone(),
            head: crate::journal::Head {
                seq: 9,
                hash: Hash::zero(),
            },
            digest: Hash::zero(),
            state,
            verdict: None,
            text: Text::new(),
            category: None,
            confidence: None,
        }));
    }
}

fn opened(stream: &StreamId, priority: Priority, event: Option<u64>) -> Body {
    Body::Opened(Opened {
        stream: stream.clone(),
        title: "x".into(),
        priority,
        source: SourceSpec::Aws {
            account: None,
            region: None,
        },
        parent: None,
        event,
    })
}

fn event(alert: Alert) -> Event {
    Event {
        sender: "generic".into(),
        via: "webhook/x".into(),
        digest: sha256(format!("{alert:?}").as_bytes()),
        incident: Some(sha256(alert.incident.as_bytes())),
        alert: Some(alert),
        once: false,
        unread: String::new(),
        body: Payload::None,
    }
}

fn alert(incident: &str) -> Alert {
    Alert {
        incident: incident.into(),
        title: incident.into(),
        ..Alert::default()
    }
}

fn again(incident: &str, action: AlertAction) -> Alert {
    Alert {
        action,
        ..alert(incident)
    }
}

fn about(incident: &str, resources: &[&str]) -> Alert {
    Alert {
        resources: resources.iter().map(|&name| name.to_owned()).collect(),
        ..alert(incident)
    }
}

fn at(alert: Alert, account: &str) -> Alert {
    Alert {
        account: Some(account.into()),
        region: Some("eu-west-1".into()),
        ..alert
    }
}

fn tie(judgement: &Judgement) -> Option<(&StreamId, Tie)> {
    match &judgement.course {
        Course::Link { stream, by, .. } => Some((stream, *by)),
        _ => None,
    }
}

fn skipped(judgement: &Judgement) -> Option<Skipped> {
    match judgement.course {
        Course::Skip { because } => Some(because),
        _ => None,
    }
}

impl Night {
    /// Plans maintenance from now on, for so many minutes. Returns its number.
    fn plans(&mut self, minutes: i64, of: &[&str]) -> u64 {
        let planned = Maintenance {
            from: self.now,
            to: self.now + SignedDuration::from_mins(minutes),
            of: of.iter().map(|&name| name.to_owned()).collect(),
            why: "a new engine version".into(),
        };
        self.write(&Body::Triage(Triage::Maintenance(planned)))
    }
}

fn begun(courses: &[Course]) -> usize {
    let begun = courses
        .iter()
        .filter(|course| matches!(course, Course::Investigate { .. }));
    begun.count()
}

#[test]
fn a_message_is_remembered_for_as_long_as_it_may_come_again() {
    let mut night = Night::new();
    let body = |n: u8| sha256(&[n]);
    for (n, via, once) in [
        (0, "webhook/x", false),
        (1, "queue/alerts", true),
        (2, "webhook/y", true),
    ] {
        let event = Event {
            via: via.into(),
            digest: body(n),
            once,
            ..event(alert("a"))
        };
        night.write(&Body::Event(Box::new(event)));
    }
    let mut known = |days: i64| {
        night.later(days * 24 * 60);
        for _ in 0..5_000 {
            night.write(&Body::Triage(Triage::MaintenanceOver { maintenance: 0 }));
        }
        let known = |n, via| night.known.heard(via, &body(n)).is_some();
        (
            known(0, "webhook/x"),
            known(1, "queue/alerts"),
            known(2, "webhook/y"),
        )
    };
    assert_eq!(known(13), (false, true, true));
    assert_eq!(known(2), (false, false, true));
    assert_eq!(known(1000), (false, false, true));
}

#[test]
fn what_cannot_be_read_and_what_is_news_start_nothing() {
    let mut night = Night::new();
    let unread = Event {
        alert: None,
        unread: "the body is no JSON".into(),
        ..event(alert("a"))
    };
    let fresh = StreamId::investigation("01h00000000000000000000000");
    let judgement = judge(&unread, night.now, &fresh, &night.known, &night.near);
    assert_eq!(skipped(&judgement), Some(Skipped::Unread));
    let news = Alert {
        news: true,
        ..alert("deployed")
    };
    assert_eq!(skipped(&night.take(news)), Some(Skipped::News));
}
