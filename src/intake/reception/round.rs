//! One batch, judged on a copy of what is known: it counts when it is written.

use jiff::Timestamp;

use super::desk::Desk;
use crate::{
    engine::opening as investigations,
    intake::{
        Arrival, Home, Receipt, Repeats,
        triage::{self, Judgement, Known, Left, Near},
    },
    journal::{
        Actor, Append, Body, Draft, StreamId,
        body::{Course, Event, Judged, Payload, Triage},
        canonical::sha256,
    },
    model::Alert,
};

/// One batch, judged on a copy of what is known: it counts when it is written.
pub(super) struct Round<'a> {
    home: &'a Home,
    near: &'a Near,
    now: Timestamp,
    known: Known,
    after: u64,
    drafts: Vec<Draft>,
    begun: Vec<Append>,
}

impl<'a> Round<'a> {
    pub(super) fn new(desk: &'a Desk, after: u64) -> Self {
        Self {
            home: &desk.home,
            near: &desk.near,
            now: desk.now(),
            known: desk.known.clone(),
            after,
            drafts: Vec::new(),
            begun: Vec::new(),
        }
    }

    /// What is to be written, and what is known once it is; none when there is nothing to write.
    pub(super) fn finish(self) -> Option<(Known, Vec<Append>)> {
        if self.drafts.is_empty() {
            return None;
        }
        let space = Append {
            stream: StreamId::space(),
            expected: Some(self.after),
            epoch: None,
            drafts: self.drafts,
        };
        Some((self.known, std::iter::once(space).chain(self.begun).collect()))
    }

    /// Judges what arrived.
    pub(super) fn take(&mut self, (arrival, body): &(Arrival, Payload)) -> Receipt {
        if let Some(receipt) = self.repeat(arrival) {
            return receipt;
        }
        let event = event(arrival, body.clone());
        let fresh = investigations::fresh();
        let judgement = triage::judge(&event, self.now, &fresh, &self.known, self.near);
        let actor = Actor::Source(arrival.sender.to_owned());
        let seq = self.write(actor, &Body::Event(Box::new(event.clone())));
        self.judged(seq, &event, judgement)
    }

    /// Judges anew an event whose incident was left alone; none when the reason for that still holds.
    pub(super) fn again(&mut self, event: &Event, left: &Left) -> Option<Receipt> {
        let fresh = investigations::fresh();
        let judgement = triage::again(event, left, self.now, &fresh, &self.known, self.near)?;
        Some(self.judged(left.event, event, judgement))
    }

    /// Writes what is done about an event.
    fn judged(&mut self, seq: u64, event: &Event, judgement: Judgement) -> Receipt {
        if let (Course::Investigate { stream }, Some(alert)) = (&judgement.course, &event.alert) {
            // What was said of the incident before, or since, counts where this event does not say it.
            let incident = event.incident.as_ref().and_then(|id| self.known.incident(id));
            let alert = Alert {
                priority: incident.and_then(|incident| incident.priority).or(alert.priority),
                ..alert.clone()
            };
            let opening = self.home.opening(&alert, self.now);
            let (opened, created) = investigations::bodies(stream, opening, Some(seq));
            self.write(Actor::System, &Body::Opened(opened));
            self.begun.push(investigations::begin(stream, created));
        }
        let judged = Judged {
            event: seq,
            course: judgement.course.clone(),
            why: judgement.why.clone(),
        };
        self.write(Actor::System, &Body::Triage(Triage::Judged(judged)));
        Receipt {
            event: seq,
            course: judgement.course,
            why: judgement.why,
            repeat: false,
        }
    }

    /// Writes a record of `space`. Returns its number.
    fn write(&mut self, actor: Actor, body: &Body) -> u64 {
        let seq = self.after + 1 + self.drafts.len() as u64;
        self.known.take(seq, self.now, body);
        self.drafts.push(Draft::new(actor, body));
        seq
    }

    fn repeat(&self, arrival: &Arrival) -> Option<Receipt> {
        let heard = self.known.heard(&arrival.via, &arrival.digest)?;
        let age = self.now.duration_since(heard.at).unsigned_abs();
        let again = arrival.repeats.remembered().is_none_or(|long| age <= long);
        let (course, why) = heard.judged.clone().filter(|_| again)?;
        Some(Receipt {
            event: heard.event,
            course,
            why: why.unwrap_or_else(|| "the same message came before".into()),
            repeat: true,
        })
    }
}

fn event(arrival: &Arrival, body: Payload) -> Event {
    let (alert, unread) = match &arrival.alert {
        Ok(alert) => (Some(alert.clone()), String::new()),
        Err(why) => (None, why.clone()),
    };
    let incident = alert.as_ref().filter(|alert| !alert.incident.is_empty());
    let incident = incident.map(|alert| sha256(format!("{}\n{}", arrival.sender, alert.incident).as_bytes()));
    Event {
        sender: arrival.sender.to_owned(),
        via: arrival.via.clone(),
        digest: arrival.digest.clone(),
        incident,
        alert,
        once: arrival.repeats != Repeats::Soon,
        unread,
        body,
    }
}
