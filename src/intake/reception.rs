//! Where everything that arrives is judged and written, many at a time, and answered when it is durable.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    Arrival, Home, Receipt, Repeats,
    triage::{self, Known, Near},
};
use crate::{
    engine::opening as investigations,
    journal::{
        Actor, Append, Body, Clock, Draft, Journal, Kind, Record, StoreError, StreamId,
        body::{Course, Event, Judged, Payload, Topology, Triage},
        canonical::sha256,
    },
    sources::discovery,
};

/// Arrivals that are written in one transaction: more would make the first wait for the last.
const BATCH: usize = 256;

/// Arrivals that wait for their turn; beyond, senders wait before they are heard.
const WAITING: usize = 1024;

/// How often a batch is judged anew because somebody else wrote into `space` first.
const ATTEMPTS: usize = 100;

/// Records that are read at once while catching up.
const PAGE: u32 = 1000;

/// Where arrivals go. Cheap to clone; every clone leads to the same reception.
#[derive(Debug, Clone)]
pub struct Reception {
    to: mpsc::Sender<Call>,
}

#[derive(Debug)]
struct Call {
    arrival: Arrival,
    answer: oneshot::Sender<Result<Receipt, StoreError>>,
}

impl Reception {
    /// Opens the reception of a space. The task ends when the
    /// last clone of the reception is gone.
    pub fn open(journal: Journal, home: Home, clock: Clock) -> (Self, JoinHandle<()>) {
        let (to, calls) = mpsc::channel(WAITING);
        let desk = Desk {
            journal,
            home,
            clock,
            known: Known::default(),
            near: Arc::default(),
            after: None,
        };
        (Self { to }, tokio::spawn(desk.run(calls)))
    }

    /// Judges and writes what arrived. What it returns is durable: the event, what is done about it and, where one is opened,
    /// the investigation, in one transaction. After an error nothing of it is written, and the sender may try again.
    pub async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError> {
        let gone = || {
            StoreError::Database("the reception is closed\nhint: midwatch is ending; send it again".into())
        };
        let (answer, answered) = oneshot::channel();
        let call = Call { arrival, answer };
        self.to.send(call).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// The reception's own side.
struct Desk {
    journal: Journal,
    home: Home,
    clock: Clock,
    known: Known,
    near: Arc<Near>,
    /// The last record of `space` that is in `known`; none before the first look.
    after: Option<u64>,
}

impl Desk {
    async fn run(mut self, mut calls: mpsc::Receiver<Call>) {
        let mut batch = Vec::with_capacity(BATCH);
        while calls.recv_many(&mut batch, BATCH).await > 0 {
            let (arrivals, answers): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|call| (call.arrival, call.answer)).unzip();
            match self.write(arrivals).await {
                Ok(receipts) => {
                    for (answer, receipt) in answers.into_iter().zip(receipts) {
                        // A sender that has gone will send it again, and get the same receipt.
                        drop(answer.send(Ok(receipt)));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "what arrived could not be written");
                    for answer in answers {
                        drop(answer.send(Err(error.clone())));
                    }
                }
            }
        }
    }

    async fn write(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Receipt>, StoreError> {
        let arrivals = self.keep(arrivals).await?;
        for _ in 0..ATTEMPTS {
            let after = self.catch_up().await?;
            let mut round = Round::new(self, after);
            let receipts: Vec<Receipt> = arrivals.iter().map(|kept| round.take(kept)).collect();
            let Round {
                known,
                drafts,
                begun,
                next,
                ..
            } = round;
            if drafts.is_empty() {
                return Ok(receipts);
            }
            let space = Append {
                stream: StreamId::space(),
                expected: Some(after),
                epoch: None,
                drafts,
            };
            let batch = std::iter::once(space).chain(begun).collect();
            match self.journal.append_all(batch).await {
                Ok(_) => {
                    self.known = known;
                    self.after = Some(next - 1);
                    return Ok(receipts);
                }
                // Somebody else wrote into `space`: what they wrote may change the judgement.
                Err(StoreError::Stale { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Err(StoreError::Database(
            "others write into the space without a pause\nhint: send it again".into(),
        ))
    }

    /// Puts large bodies away, before the transaction that names them.
    async fn keep(&self, arrivals: Vec<Arrival>) -> Result<Vec<(Arrival, Payload)>, StoreError> {
        let space = StreamId::space();
        let mut kept = Vec::with_capacity(arrivals.len());
        for mut arrival in arrivals {
            let body = self.journal.keep_json(&space, arrival.body.take()).await?;
            kept.push((arrival, body));
        }
        Ok(kept)
    }

    /// Folds what was written since the last look. Returns the number of the last record of `space`.
    async fn catch_up(&mut self) -> Result<u64, StoreError> {
        let space = StreamId::space();
        let Some(mut after) = self.after else {
            return self.read_all().await;
        };
        loop {
            let page = self.journal.read(&space, after, PAGE).await?;
            for record in &page {
                self.fold(record).await?;
                after = record.seq;
            }
            self.after = Some(after);
            if page.len() < PAGE as usize {
                return Ok(after);
            }
        }
    }

    async fn read_all(&mut self) -> Result<u64, StoreError> {
        let space = StreamId::space();
        let head = self.journal.head(&space).await?.seq;
        let mut known = Known::default();
        let mut after = 0;
        loop {
            let page = self
                .journal
                .read_kinds(&space, &triage::KINDS, after, PAGE)
                .await?;
            for record in page.iter().filter(|record| record.seq <= head) {
                known.apply(record);
            }
            match page.last() {
                Some(last) if last.seq < head => after = last.seq,
                _ => break,
            }
        }
        self.known = known;
        self.after = Some(head);
        self.look_around().await?;
        let unknown: Vec<StreamId> = self
            .known
            .cases()
            .filter(|(_, case)| case.scope.is_none() && case.closed_at.is_none())
            .map(|(stream, _)| stream.clone())
            .collect();
        for stream in unknown {
            self.ask_for_the_start(&stream).await?;
        }
        // What was written meanwhile.
        Box::pin(self.catch_up()).await
    }

    async fn fold(&mut self, record: &Record) -> Result<(), StoreError> {
        self.known.apply(record);
        match record.typed() {
            Some(Body::Opened(opened)) if opened.event.is_none() => {
                self.ask_for_the_start(&opened.stream).await
            }
            Some(Body::Topology(topology)) if matches!(*topology, Topology::Found(_)) => {
                self.look_around().await
            }
            _ => Ok(()),
        }
    }

    /// What a person had looked into: its stream says.
    async fn ask_for_the_start(&mut self, stream: &StreamId) -> Result<(), StoreError> {
        let records = self.journal.read_kinds(stream, &[Kind::Created], 0, 1).await?;
        if let Some(Body::Created(created)) = records.first().and_then(Record::typed) {
            let (account, region) = (created.account.as_deref(), created.region.as_deref());
            self.known.started(stream, &created.start, account, region);
        }
        Ok(())
    }

    async fn look_around(&mut self) -> Result<(), StoreError> {
        if let Some((_, _, graph)) = discovery::load(&self.journal).await? {
            self.near = Arc::new(Near::of(&graph));
        }
        Ok(())
    }
}

/// One batch, judged on a copy of what is known: it counts when it is written.
struct Round<'a> {
    home: &'a Home,
    near: &'a Near,
    now: Timestamp,
    known: Known,
    next: u64,
    drafts: Vec<Draft>,
    begun: Vec<Append>,
}

impl<'a> Round<'a> {
    fn new(desk: &'a Desk, after: u64) -> Self {
        Self {
            home: &desk.home,
            near: &desk.near,
            now: (desk.clock)(),
            known: desk.known.clone(),
            next: after + 1,
            drafts: Vec::new(),
            begun: Vec::new(),
        }
    }

    fn take(&mut self, (arrival, body): &(Arrival, Payload)) -> Receipt {
        if let Some(receipt) = self.repeat(arrival) {
            return receipt;
        }
        let event = event(arrival, body.clone());
        let fresh = investigations::fresh();
        let judgement = triage::judge(&event, self.now, &fresh, &self.known, self.near);
        let seq = self.next;
        let alert = event.alert.clone();
        self.write(
            Actor::Source(arrival.sender.to_owned()),
            &Body::Event(Box::new(event)),
        );
        if let (Course::Investigate { stream }, Some(alert)) = (&judgement.course, alert) {
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

    fn write(&mut self, actor: Actor, body: &Body) {
        self.known.take(self.next, self.now, body);
        self.drafts.push(Draft::new(actor, body));
        self.next += 1;
    }

    fn repeat(&self, arrival: &Arrival) -> Option<Receipt> {
        let heard = self.known.heard(&arrival.via, &arrival.digest)?;
        let age = self.now.duration_since(heard.at).unsigned_abs();
        let again = arrival.repeats.remembered().is_none_or(|long| age <= long);
        let (course, why) = heard.judged.clone().filter(|_| again)?;
        Some(Receipt {
            event: heard.event,
            course,
            why,
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
        once: arrival.repeats == Repeats::Ever,
        unread,
        body,
    }
}
