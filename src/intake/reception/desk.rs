//! The reception's own side: what it knows, kept up with `space`, and when it writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    time::MissedTickBehavior,
};

use super::{Call, What, round::Round};
use crate::{
    intake::{
        Arrival, Home, Receipt,
        triage::{self, Known, Left, Near},
    },
    journal::{
        Append, Body, Clock, Journal, Kind, Record, StoreError, StreamId,
        body::{Created, Event, Payload, Skipped, Topology},
    },
    sources::discovery,
};

/// Arrivals that are written in one transaction: more would make the first wait for the last.
const BATCH: usize = 256;

/// How often a batch is judged anew because somebody else wrote into `space` first.
const ATTEMPTS: usize = 100;

/// Records that are read at once while catching up.
const PAGE: u32 = 1000;

/// How often it looks whether a reason to leave something alone has ended.
const AGAIN: Duration = Duration::from_secs(15);

/// First and longest wait for a journal that cannot be read when the reception opens.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// The reception's own side.
pub(super) struct Desk {
    pub(super) journal: Journal,
    pub(super) home: Home,
    pub(super) clock: Clock,
    pub(super) known: Known,
    pub(super) near: Arc<Near>,
    /// The last record of `space` that is in `known`; none before the first look.
    after: Option<u64>,
    /// Events that maintenance covers, and the maintenance that was on when it was last seen to.
    covered: BTreeMap<u64, BTreeSet<u64>>,
}

impl Desk {
    pub(super) fn new(journal: Journal, home: Home, clock: Clock) -> Self {
        Self {
            journal,
            home,
            clock,
            known: Known::default(),
            near: Arc::default(),
            after: None,
            covered: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self, mut calls: mpsc::Receiver<Call>, ready: watch::Sender<bool>) {
        tokio::select! {
            () = self.warm_up() => {}
            // Nobody waits for it any more.
            () = ready.closed() => return,
        }
        ready.send_replace(true);
        let mut batch = Vec::with_capacity(BATCH);
        let mut again = tokio::time::interval(AGAIN);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                count = calls.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.answer(batch.drain(..)).await;
                }
                _ = again.tick() => {
                    if let Err(error) = self.look_again().await {
                        tracing::error!(%error, "what was left alone could not be judged anew; it is tried again");
                    }
                }
            }
        }
    }

    /// Reads what there is, so that the first event does not wait for it.
    async fn warm_up(&mut self) {
        let mut wait = PATIENCE.0;
        while let Err(error) = self.catch_up().await {
            tracing::error!(%error, "the journal cannot be read; what arrives waits");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(PATIENCE.1);
        }
    }

    async fn answer(&mut self, calls: impl Iterator<Item = Call>) {
        let (mut arrivals, mut answers) = (Vec::new(), Vec::new());
        let mut others = Vec::new();
        for call in calls {
            match call.what {
                What::Arrived(arrival) => {
                    arrivals.push(*arrival);
                    answers.push(call.answer);
                }
                What::Again => others.push(call.answer),
            }
        }
        // A sender that has gone will send it again, and get the same receipt.
        if !arrivals.is_empty() {
            match self.write(arrivals).await {
                Ok(receipts) => {
                    for (answer, receipt) in answers.into_iter().zip(receipts) {
                        drop(answer.send(Ok(vec![receipt])));
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
        for answer in others {
            drop(answer.send(self.look_again().await));
        }
    }

    async fn write(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Receipt>, StoreError> {
        let arrivals = self.keep(arrivals).await?;
        for _ in 0..ATTEMPTS {
            let after = self.catch_up().await?;
            let mut round = Round::new(self, after);
            let receipts: Vec<Receipt> = arrivals.iter().map(|kept| round.take(kept)).collect();
            if let Some((known, batch)) = round.finish()
                && !self.append(known, batch).await?
            {
                continue;
            }
            return Ok(receipts);
        }
        Err(busy())
    }

    /// Writes a round, unless somebody else wrote into `space` first: what they wrote may change the judgement.
    async fn append(&mut self, known: Known, batch: Vec<Append>) -> Result<bool, StoreError> {
        match self.journal.append_all(batch).await {
            Ok(written) => {
                self.known = known;
                let space = written.iter().filter(|record| record.stream == StreamId::space());
                self.after = space.map(|record| record.seq).max().or(self.after);
                Ok(true)
            }
            Err(StoreError::Stale { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Judges anew what was left alone for a reason that has ended. Of several hosts over one journal, the one that writes
    /// first does; the others find nothing left.
    async fn look_again(&mut self) -> Result<Vec<Receipt>, StoreError> {
        let mut receipts = Vec::new();
        for _ in 0..ATTEMPTS {
            let after = self.catch_up().await?;
            let due = self.due();
            if due.is_empty() {
                return Ok(receipts);
            }
            let mut events = Vec::with_capacity(due.len());
            for left in due {
                events.push((self.event(left.event).await?, left));
            }
            let on = self.maintenance_that_is_on();
            let mut round = Round::new(self, after);
            let mut covered = Vec::new();
            let mut taken = Vec::new();
            for (event, left) in events {
                match event.and_then(|event| round.again(&event, &left)) {
                    Some(receipt) => taken.push(receipt),
                    None => covered.push(left.event),
                }
            }
            if let Some((known, batch)) = round.finish() {
                if !self.append(known, batch).await? {
                    continue;
                }
                receipts.append(&mut taken);
            }
            self.covered
                .extend(covered.into_iter().map(|event| (event, on.clone())));
        }
        Err(busy())
    }

    /// What may have to be judged anew by now, oldest first; no more than one round takes.
    fn due(&mut self) -> Vec<Left> {
        let now = (self.clock)();
        let on = self.maintenance_that_is_on();
        let waits: BTreeSet<u64> = self.known.all_left().map(|(_, left)| left.event).collect();
        self.covered.retain(|event, _| waits.contains(event));
        let due = self.known.all_left().filter(|(_, left)| {
            let steady = now.duration_since(left.since) >= triage::STEADY;
            // Where no maintenance began or ended since, it is covered as it was.
            self.covered.get(&left.event) != Some(&on) && (steady || left.because != Skipped::Flapping)
        });
        let mut due: Vec<Left> = due.map(|(_, left)| left.clone()).collect();
        due.sort_by_key(|left| left.event);
        due.truncate(BATCH);
        due
    }

    fn maintenance_that_is_on(&self) -> BTreeSet<u64> {
        let now = (self.clock)();
        let planned = self.known.maintenance();
        let on = planned.filter(|(_, planned)| planned.from <= now && now <= planned.to);
        on.map(|(seq, _)| seq).collect()
    }

    async fn event(&self, seq: u64) -> Result<Option<Event>, StoreError> {
        let records = self
            .journal
            .read(&StreamId::space(), seq.saturating_sub(1), 1)
            .await?;
        Ok(match records.first().and_then(Record::typed) {
            Some(Body::Event(event)) => Some(*event),
            _ => None,
        })
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
            if page.len() < PAGE as usize {
                return Ok(after);
            }
        }
    }

    /// Reads the whole history, once: planned maintenance and bodies that never count twice may be of any age.
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
        let unknown: Vec<StreamId> = known
            .open_cases()
            .filter(|(_, case)| case.scope.is_none())
            .map(|(stream, _)| stream.clone())
            .collect();
        for stream in unknown {
            if let Some(created) = self.start(&stream).await? {
                started(&mut known, &stream, &created);
            }
        }
        self.look_around().await;
        self.known = known;
        self.after = Some(head);
        // What was written meanwhile.
        Box::pin(self.catch_up()).await
    }

    /// Folds a record: whole, or not at all when what it leads to cannot be read.
    async fn fold(&mut self, record: &Record) -> Result<(), StoreError> {
        let body = record.typed();
        let start = match &body {
            Some(Body::Opened(opened)) if opened.event.is_none() => self
                .start(&opened.stream)
                .await?
                .map(|created| (opened.stream.clone(), created)),
            _ => None,
        };
        if matches!(&body, Some(Body::Topology(topology)) if matches!(**topology, Topology::Found(_))) {
            self.look_around().await;
        }
        self.known.apply(record);
        if let Some((stream, created)) = start {
            started(&mut self.known, &stream, &created);
        }
        self.after = Some(record.seq);
        Ok(())
    }

    /// What a person had looked into: its stream says.
    async fn start(&self, stream: &StreamId) -> Result<Option<Created>, StoreError> {
        let records = self.journal.read_kinds(stream, &[Kind::Created], 0, 1).await?;
        Ok(match records.first().and_then(Record::typed) {
            Some(Body::Created(created)) => Some(created),
            _ => None,
        })
    }

    /// Learns what depends on what. A topology that cannot be read keeps nobody from judging: the one before it counts.
    async fn look_around(&mut self) {
        match discovery::load(&self.journal).await {
            Ok(Some((_, _, graph))) => self.near = Arc::new(Near::of(&graph)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "the topology cannot be read; events are tied by the one before it");
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

fn started(known: &mut Known, stream: &StreamId, created: &Created) {
    let (account, region) = (created.account.as_deref(), created.region.as_deref());
    known.started(stream, &created.start, account, region);
}

fn busy() -> StoreError {
    StoreError::Database("others write into the space without a pause\nhint: send it again".into())
}
