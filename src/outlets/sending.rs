//! One message on its way: composed from the journal, sent until it has arrived or is given up, and written down.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, RwLock, Semaphore};

use super::{
    channel::{Addressed, Found},
    compose::{self, Known},
    judging::Failure,
    lease::Right,
    ledger::{self, Ledger, News},
    outlet::Outlet,
    post::Post,
    tide::{Tide, backoff},
};
use crate::{
    journal::{
        Actor, Body, Draft, Journal, Kind, Record, StoreError, StreamId,
        body::{Delivered, Delivery, Triage},
        views::Investigation,
    },
    model::Text,
};

/// How long a message is tried: by our own clock alone, so that no other host's counts.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(1);
/// Calls to one channel at once.
const AT_ONCE: usize = 4;
/// How often a journal is tried again that fails, and is not away.
const TRIES: u32 = 5;
/// Pages that are looked through for a message.
const PAGES: u32 = 20;
/// What a message is composed from beside its own record: the least that is needed of a long investigation.
const NEEDED: [Kind; 3] = [Kind::Created, Kind::Status, Kind::MitigationPlan];

/// A message to one target, as it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What it tells of.
    pub news: News,
    /// Where it goes.
    pub target: String,
    /// What a receiver may know a repeat by.
    pub key: String,
    /// True when it may have been sent before.
    pub doubtful: bool,
    /// When it was put in its lane here, by the clock of this process.
    pub since: Timestamp,
    /// The key of the same message to where the channel's messages went before: it is settled with this one.
    pub instead_of: Option<String>,
}

impl Due {
    /// True for the message of this key, or the one that goes instead of it.
    pub fn is_called(&self, key: &str) -> bool {
        self.key == key || self.instead_of.as_deref() == Some(key)
    }

    /// Messages of one lane wait for each other: those to one target about one investigation, or about one recommendation.
    pub fn lane(&self) -> String {
        let about = match &self.news.recommendation {
            Some(id) => format!("recommendation {id}"),
            None => self.news.about.to_string(),
        };
        // No stream's name has a space in it.
        format!("{about} to {}", self.target)
    }
}

/// What became of a message for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It is settled, and that is written down.
    Settled,
    /// It was left where it is: the program ends, or another may have taken over.
    Left,
}

/// A channel as all its messages share it.
pub struct Way {
    /// The outlet.
    pub outlet: Arc<Outlet>,
    calls: Semaphore,
    gate: Mutex<Gate>,
}

/// When a channel may be tried next.
#[derive(Debug, Default)]
struct Gate {
    not_before: Option<Timestamp>,
    held: Option<Text>,
    /// When it took nothing at all last.
    refused: Option<Timestamp>,
    tries: u32,
}

impl Way {
    /// A channel; `held` is the trouble that was written down of it last.
    pub fn new(outlet: Arc<Outlet>, held: Option<Text>) -> Self {
        Self {
            outlet,
            calls: Semaphore::new(AT_ONCE),
            gate: Mutex::new(Gate {
                held,
                ..Gate::default()
            }),
        }
    }
}

/// What every message needs on its way.
#[derive(Clone)]
pub struct Desk {
    /// The journal.
    pub journal: Journal,
    /// What was folded of it.
    pub ledger: Arc<RwLock<Ledger>>,
    /// Time and chance.
    pub tide: Arc<dyn Tide>,
    /// Whether this process may send.
    pub right: Right,
    /// True once this turn ends.
    pub over: tokio::sync::watch::Receiver<bool>,
}

impl Desk {
    /// Sends one message until it is settled.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn deliver(&self, way: &Way, due: &Due) -> Result<Became, StoreError> {
        let Some(post) = self.compose(&due.news).await? else {
            return Ok(Became::Settled);
        };
        let mut doubtful = due.doubtful;
        let mut tries = 0;
        loop {
            if !self.wait_for(way).await {
                return Ok(Became::Left);
            }
            let tried = self.try_once(way, due, &post, doubtful).await;
            let (why, wait) = match tried {
                Ok(None) => return Ok(Became::Left),
                Ok(Some(reference)) => {
                    self.let_through(way).await;
                    self.record(way, due, Delivered::Sent { reference }).await?;
                    return Ok(Became::Settled);
                }
                Err(Failure::Never { why }) => {
                    self.let_through(way).await;
                    self.record(way, due, Delivered::Dead { why }).await?;
                    return Ok(Became::Settled);
                }
                Err(Failure::Held { why }) => {
                    self.hold(way, due, why).await?;
                    continue;
                }
                Err(Failure::Later {
                    why,
                    after,
                    doubtful: maybe,
                }) => {
                    doubtful |= maybe;
                    tries += 1;
                    let own = backoff(tries, self.tide.chance());
                    let asked = after.unwrap_or_default().min(LONGEST_ASKED);
                    // What a receiver asks of one message it asks of all.
                    self.not_before(way, asked).await;
                    // One that asks for no wait at all, or until a time that is past, is still not asked at once.
                    (why, own.max(asked))
                }
            };
            if self.has_had_its_time(way, due).await {
                let why = Text::from("given up after a day: ").join(&why);
                self.record(way, due, Delivered::Dead { why }).await?;
                return Ok(Became::Settled);
            }
            tracing::info!(channel = %way.outlet.name, tries, %why, "a message waits");
            if !self.sleep(wait).await {
                return Ok(Became::Left);
            }
        }
    }

    /// One try; none when this process may not send any more.
    async fn try_once(
        &self,
        way: &Way,
        due: &Due,
        post: &Post,
        doubtful: bool,
    ) -> Result<Option<String>, Failure> {
        let Ok(_permit) = way.calls.acquire().await else {
            return Ok(None);
        };
        let outlet = &way.outlet;
        let thread = {
            let ledger = self.ledger.read().await;
            let thread = ledger.thread(&outlet.name, &post.about);
            thread
                .filter(|thread| outlet.is_at(thread, &due.target))
                .map(|thread| thread.reference.clone())
        };
        let to = Addressed {
            post,
            target: &due.target,
            key: &due.key,
            thread: thread.as_deref().filter(|_| outlet.has_threads()),
        };
        if !self.may_send() {
            return Ok(None);
        }
        let call = outlet.call(to)?;
        if (doubtful || outlet.channel.looks_always())
            && let Some(reference) = self.look(outlet, to).await?
        {
            return Ok(Some(reference));
        }
        // Looking may have taken its time.
        if !self.may_send() {
            return Ok(None);
        }
        let answer = outlet.wire.send(&call, &*self.tide).await?;
        outlet.channel.read(&answer).map(Some)
    }

    /// What the receiver calls this message, if it has it. Where it cannot be asked, or does not let us ask, nobody knows: then
    /// the message is sent, at least once.
    async fn look(&self, outlet: &Outlet, to: Addressed<'_>) -> Result<Option<String>, Failure> {
        for page in 1..=PAGES {
            let Some(call) = outlet.channel.look(to, page) else {
                return Ok(None);
            };
            let answer = outlet.wire.send(&call, &*self.tide).await?;
            match outlet.channel.judge(&answer) {
                Ok(()) => {}
                Err(Failure::Never { why } | Failure::Held { why }) if !outlet.channel.looks_always() => {
                    tracing::info!(channel = %outlet.name, %why, "it does not say whether it has a message: sent once more");
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
            match outlet.channel.found(to, &answer.body) {
                Found::There(reference) => return Ok(Some(reference)),
                Found::No => return Ok(None),
                Found::More => {}
                // It is asked again, rather than told twice.
                Found::Unclear => {
                    let why = format!(
                        "{} does not say what it has: no list is in its answer",
                        outlet.name
                    );
                    return Err(Failure::Later {
                        why: why.into(),
                        after: answer.after,
                        doubtful: false,
                    });
                }
            }
        }
        Ok(None)
    }

    /// The message of a record, as everything stood when it was written.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn compose(&self, news: &News) -> Result<Option<Post>, StoreError> {
        let Some(record) = one(&self.journal, &news.stream, news.seq).await? else {
            return Ok(None);
        };
        let (mut view, mut before) = (Investigation::default(), None);
        if news.stream.is_investigation() {
            let needed = self
                .journal
                .read_kinds(&news.stream, &NEEDED, 0, u32::MAX)
                .await?;
            view = Investigation::fold(needed.iter().filter(|other| other.seq < news.seq));
            if record.kind == Kind::Status {
                before = ledger::stood(&self.journal, &news.stream, news.seq.saturating_sub(1)).await?;
            }
        }
        let event = match record.typed() {
            Some(Body::Triage(Triage::Judged(judged))) => {
                one(&self.journal, &StreamId::space(), judged.event).await?
            }
            _ => None,
        };
        let event = event.as_ref().and_then(|record| match record.typed() {
            Some(Body::Event(event)) => Some(event),
            _ => None,
        });
        let ledger = self.ledger.read().await;
        let known = Known {
            space: &ledger.space,
            view: &view,
            event: event.as_deref(),
            before,
        };
        Ok(compose::compose(&record, &news.about, known))
    }

    /// True when a message was tried for long enough: since it was put in its lane, not since it came to the front, or many that
    /// wait for a dead receiver take a day each. The time in which a channel takes nothing at all does not count, nor does that in
    /// which nobody sends: whoever begins to send begins anew.
    async fn has_had_its_time(&self, way: &Way, due: &Due) -> bool {
        let refused = way.gate.lock().await.refused;
        let since = refused.map_or(due.since, |refused| refused.max(due.since));
        self.tide.now().duration_since(since) > PATIENCE
    }

    fn may_send(&self) -> bool {
        self.right.holds() && !*self.over.borrow()
    }

    /// Waits until the channel may be tried; false when this process may not send any more.
    async fn wait_for(&self, way: &Way) -> bool {
        loop {
            if !self.may_send() {
                return false;
            }
            let until = way.gate.lock().await.not_before;
            let left = until.map(|until| until.duration_since(self.tide.now()));
            match left.and_then(|left| Duration::try_from(left).ok()) {
                Some(left) if !left.is_zero() => {
                    self.sleep(left).await;
                }
                _ => return true,
            }
        }
    }

    /// Waits; false when the turn ends meanwhile.
    async fn sleep(&self, time: Duration) -> bool {
        let mut over = self.over.clone();
        tokio::select! {
            () = self.tide.sleep(time) => self.may_send(),
            () = ended(&mut over) => false,
        }
    }

    async fn not_before(&self, way: &Way, wait: Duration) {
        let mut gate = way.gate.lock().await;
        let until = self.tide.now().checked_add(wait).ok();
        gate.not_before = gate.not_before.max(until);
    }

    /// The channel takes nothing: all its messages wait. Written down once, not once a message.
    async fn hold(&self, way: &Way, due: &Due, why: Text) -> Result<(), StoreError> {
        way.outlet.wire.forget().await;
        let news = {
            let mut gate = way.gate.lock().await;
            let now = self.tide.now();
            gate.refused = Some(now);
            // Others who were turned away at the same time count as one try.
            if gate.not_before.is_none_or(|until| until <= now) {
                gate.tries += 1;
                // There is somebody to be waited for: not every second.
                let wait = backoff(gate.tries.saturating_add(4), self.tide.chance());
                gate.not_before = now.checked_add(wait).ok();
            }
            let news = gate.held.as_ref() != Some(&why);
            gate.held = Some(why.clone());
            news
        };
        if news {
            tracing::warn!(channel = %way.outlet.name, %why, "the channel takes nothing");
            self.record(way, due, Delivered::Held { why }).await?;
        }
        Ok(())
    }

    async fn let_through(&self, way: &Way) {
        let mut gate = way.gate.lock().await;
        (gate.held, gate.tries) = (None, 0);
    }

    /// Writes down what became of a message.
    async fn record(&self, way: &Way, due: &Due, outcome: Delivered) -> Result<(), StoreError> {
        let waits = matches!(outcome, Delivered::Held { .. });
        let delivery = Delivery {
            channel: way.outlet.name.clone(),
            stream: due.news.stream.clone(),
            seq: due.news.seq,
            key: due.key.clone(),
            outcome,
        };
        let before = due.instead_of.clone().filter(|_| !waits);
        let before = before.map(|key| Delivery {
            key,
            outcome: Delivered::Dropped,
            ..delivery.clone()
        });
        let both: Vec<Delivery> = before.into_iter().chain([delivery]).collect();
        self.write(&both).await
    }

    /// Writes down what became of messages. Once one was sent this has to succeed, or it is sent again: a database that is away is
    /// waited for, for as long as the program runs, even where this process may send no more. One that fails in another way
    /// is tried a few times: it may be locked. Where that lasts, nothing else can be done here.
    async fn write(&self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            match note(&self.journal, deliveries).await {
                Ok(records) => {
                    let mut ledger = self.ledger.write().await;
                    // The next message of the lane may need it before it comes back through the journal.
                    for record in &records {
                        ledger.hear(record);
                    }
                    return Ok(());
                }
                Err(error)
                    if error.is_outage() || (matches!(error, StoreError::Database(_)) && tries < TRIES) =>
                {
                    tries += 1;
                    tracing::warn!(%error, tries, "what became of a message could not be written down yet");
                    self.tide.sleep(backoff(tries, self.tide.chance())).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Writes down what became of messages.
pub async fn note(journal: &Journal, deliveries: &[Delivery]) -> Result<Vec<Record>, StoreError> {
    let bodies = deliveries.iter().cloned().map(Body::Delivery);
    let drafts = bodies.map(|body| Draft::new(Actor::System, &body)).collect();
    journal.append(&StreamId::space(), None, None, drafts).await
}

/// Resolves once it is said that something ends.
pub async fn ended(ending: &mut tokio::sync::watch::Receiver<bool>) {
    // Whoever could say it is gone, or has said it: alike.
    let _said = ending.wait_for(|ending| *ending).await.map(|ending| *ending);
}

/// One record.
async fn one(journal: &Journal, stream: &StreamId, seq: u64) -> Result<Option<Record>, StoreError> {
    let found = journal.read(stream, seq.saturating_sub(1), 1).await?;
    Ok(found.into_iter().find(|record| record.seq == seq))
}
