//! The task that sends: it follows the journal, and keeps one lane an investigation and channel.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{RwLock, watch},
    task::JoinSet,
};

use super::{
    lease::Lease,
    ledger::{Ledger, News},
    outlet::Outlet,
    sending::{Became, Desk, Due, Way, ended},
    tide::{Tide, World},
};
use crate::journal::{
    Body, Follower, Journal, Record, StoreError, StreamId,
    body::{Delivered, Delivery},
};

/// How the task works.
#[derive(Clone)]
pub struct Settings {
    /// Name of this process, for the lease.
    pub owner: String,
    /// How long a crashed process' messages wait for another.
    pub lease: Duration,
    /// Time and chance.
    pub tide: Arc<dyn Tide>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            owner: format!("{}-{}", std::process::id(), ulid::Ulid::generate()),
            lease: Duration::from_secs(15),
            tide: Arc::new(World),
        }
    }
}

/// How long calls that are under way may take once the program ends.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a journal that cannot be read is left alone.
const AGAIN: Duration = Duration::from_secs(2);

/// Sends what goes out of the journal's space until `ending` says true (or its sender is gone); then lets calls that are under way
/// come to an end, and gives the lease back. One process at a time sends: another waits here until it is needed. A journal that
/// fails is tried again; nothing is lost by it, and nothing that the receiver can tell a repeat of is sent twice.
///
/// A channel that is new begins with what is written from now on.
pub async fn run(
    journal: Journal,
    outlets: Vec<Outlet>,
    settings: Settings,
    mut ending: watch::Receiver<bool>,
) {
    if outlets.is_empty() {
        return;
    }
    let outlets: Vec<Arc<Outlet>> = outlets.into_iter().map(Arc::new).collect();
    loop {
        let worked = work(&journal, &outlets, &settings, &ending);
        // Between two turns nothing is held; within one the task itself sees to the end.
        match worked.await {
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "outlets: the journal fails, trying again"),
        }
        let over = || *ending.borrow() || ending.has_changed().is_err();
        if over() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = ended(&mut ending) => return,
        }
    }
}

/// One turn: from taking the lease until it is lost, the journal fails, or the program ends.
async fn work(
    journal: &Journal,
    outlets: &[Arc<Outlet>],
    settings: &Settings,
    ending: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let mut over = ending.clone();
    let mut lease = tokio::select! {
        lease = Lease::take(journal, &settings.owner, settings.lease) => lease?,
        () = ended(&mut over) => return Ok(()),
    };
    let mut post = PostOffice::open(journal, outlets, settings, ending.clone()).await?;
    let mut beat = tokio::time::interval(settings.lease / 3);
    let outcome = loop {
        tokio::select! {
            records = post.follower.next() => match records {
                Ok(records) => post.take(&records, false).await,
                Err(error) => break Err(error),
            },
            Some(done) = post.jobs.join_next() => match done {
                Ok(Done { way, lane, due, became: Ok(Became::Settled) }) => post.settled(way, &lane, &due),
                Ok(Done { became: Ok(Became::Left), .. }) => {}
                Ok(Done { became: Err(error), .. }) => break Err(error),
                Err(error) => tracing::error!(%error, "a delivery broke"),
            },
            _ = beat.tick() => {
                match lease.renew(journal).await {
                    Ok(true) => {}
                    Ok(false) => {
                        post.desk.entitled.store(false, Ordering::Release);
                        tracing::warn!("outlets: another process has taken over");
                        break Ok(());
                    }
                    Err(error) => break Err(error),
                }
                if let Err(error) = post.keep(journal).await {
                    break Err(error);
                }
            }
            () = ended(&mut over) => break Ok(()),
        }
    };
    post.drain().await;
    // Where the journal fails neither may succeed: the lease runs out, and the cursors only spare work.
    let kept = post.keep(journal).await;
    let back = lease.give_back(journal).await;
    outcome.and(kept).and(back)
}

/// A delivery that has come to an end.
struct Done {
    way: usize,
    lane: String,
    due: Due,
    became: Result<Became, StoreError>,
}

/// A channel's messages that wait, and how far it has come.
#[derive(Debug, Default)]
struct Tray {
    /// Messages by lane, in order; the first is under way.
    lanes: BTreeMap<String, VecDeque<Due>>,
    /// Records that are not settled yet, with the number of their messages.
    open: BTreeMap<StreamId, BTreeMap<u64, usize>>,
    /// Where it begins in each stream.
    from: BTreeMap<StreamId, u64>,
    /// The last record that was looked at in each stream.
    seen: BTreeMap<StreamId, u64>,
    /// Streams whose cursor may have moved since it was stored.
    moved: BTreeSet<StreamId>,
    /// Messages that were settled before this turn, by key.
    settled: BTreeSet<String>,
}

impl Tray {
    /// The cursor of a stream: everything up to it is settled.
    fn cursor(&self, stream: &StreamId) -> u64 {
        let seen = self.seen.get(stream).copied().unwrap_or(0);
        let open = self.open.get(stream).and_then(|open| open.keys().next());
        open.map_or(seen, |first| seen.min(first.saturating_sub(1)))
    }
}

/// Everything that one turn knows.
struct PostOffice {
    desk: Desk,
    ways: Vec<Arc<Way>>,
    trays: Vec<Tray>,
    jobs: JoinSet<Done>,
    follower: Follower,
}

/// The cursor's name.
fn cursor_name(outlet: &Outlet) -> String {
    format!("outlet/{}", outlet.name)
}

impl PostOffice {
    /// Reads how far each channel has come, and what waits since then.
    async fn open(
        journal: &Journal,
        outlets: &[Arc<Outlet>],
        settings: &Settings,
        ending: watch::Receiver<bool>,
    ) -> Result<Self, StoreError> {
        let mut trays = Vec::new();
        let mut union: BTreeMap<StreamId, u64> = BTreeMap::new();
        for (index, outlet) in outlets.iter().enumerate() {
            let from = begin(journal, outlet).await?;
            let known: BTreeSet<&StreamId> = union.keys().chain(from.keys()).collect();
            union = known
                .into_iter()
                .map(|stream| {
                    let here = from.get(stream).copied().unwrap_or(0);
                    let there = union.get(stream).copied().unwrap_or(0);
                    let least = if index == 0 { here } else { here.min(there) };
                    (stream.clone(), least)
                })
                .collect();
            trays.push(Tray {
                seen: from.clone(),
                from,
                ..Tray::default()
            });
        }
        let space = journal.read_all(&StreamId::space()).await?;
        for record in &space {
            if let Some(Body::Delivery(delivery)) = record.typed() {
                remember(outlets, &mut trays, delivery);
            }
        }
        let mut ledger = Ledger::default();
        let mut news: Vec<News> = space.iter().filter_map(|record| ledger.apply(record)).collect();
        for (stream, upto) in &union {
            let listed = ledger.space.investigations.get(stream);
            if *upto > 0 && listed.is_some_and(|listed| listed.closed.is_none()) {
                ledger.learn(journal, stream, *upto).await?;
            }
        }
        if let Some(last) = space.last() {
            union.insert(last.stream.clone(), last.seq);
            for tray in &mut trays {
                tray.seen.insert(last.stream.clone(), last.seq);
            }
        }
        let mut follower = journal.follow(union);
        loop {
            let records = follower.ready().await?;
            if records.is_empty() {
                break;
            }
            for record in &records {
                news.extend(ledger.apply(record));
                for tray in &mut trays {
                    tray.seen.insert(record.stream.clone(), record.seq);
                    tray.moved.insert(record.stream.clone());
                }
            }
        }
        let held = ledger.space.letters.held.clone();
        let again: Vec<Delivery> = ledger.wanted_again().cloned().collect();
        let ways = outlets.iter().map(|outlet| {
            let why = held.get(&outlet.name).map(|(_, why)| why.clone());
            Arc::new(Way::new(Arc::clone(outlet), why))
        });
        let mut office = Self {
            ways: ways.collect(),
            trays,
            jobs: JoinSet::new(),
            follower,
            desk: Desk {
                journal: journal.clone(),
                ledger: Arc::new(RwLock::new(ledger)),
                tide: Arc::clone(&settings.tide),
                entitled: Arc::new(AtomicBool::new(true)),
                ending,
            },
        };
        // In the order in which they happened, whichever stream says so.
        news.sort_by_key(|news| news.at);
        office.enqueue(news, true).await;
        for delivery in again {
            office.again(delivery).await?;
        }
        Ok(office)
    }

    /// Takes new records.
    async fn take(&mut self, records: &[Record], doubtful: bool) {
        let mut news = Vec::new();
        let mut again = Vec::new();
        {
            let mut ledger = self.desk.ledger.write().await;
            for record in records {
                news.extend(ledger.apply(record));
                if let Some(Body::Delivery(delivery)) = record.typed() {
                    match delivery.outcome {
                        Delivered::Again => again.push(delivery),
                        // Dropped while it waits: a person knows better.
                        Delivered::Dropped => {
                            remember_all(&self.ways, &mut self.trays, &delivery);
                        }
                        _ => {}
                    }
                }
            }
        }
        for tray in &mut self.trays {
            for record in records {
                tray.seen.insert(record.stream.clone(), record.seq);
                tray.moved.insert(record.stream.clone());
            }
        }
        news.sort_by_key(|news| news.at);
        self.enqueue(news, doubtful).await;
        for delivery in again {
            if let Err(error) = self.again(delivery).await {
                tracing::warn!(%error, "a message could not be taken up again");
            }
        }
    }

    /// Puts messages in their lanes.
    async fn enqueue(&mut self, all: Vec<News>, doubtful: bool) {
        let ledger = Arc::clone(&self.desk.ledger);
        let ledger = ledger.read().await;
        for news in all {
            for index in 0..self.ways.len() {
                let (Some(way), Some(tray)) = (self.ways.get(index), self.trays.get_mut(index)) else {
                    continue;
                };
                let begins = tray.from.get(&news.stream).copied().unwrap_or(0);
                if news.seq <= begins {
                    continue;
                }
                let mut dues = Vec::new();
                for (target, key) in way.outlet.messages(&news, &ledger) {
                    if tray.settled.contains(&key) {
                        continue;
                    }
                    let open = tray.open.entry(news.stream.clone()).or_default();
                    *open.entry(news.seq).or_insert(0) += 1;
                    dues.push(Due {
                        news: news.clone(),
                        target,
                        key,
                        doubtful,
                    });
                }
                for due in dues {
                    self.queue(index, due);
                }
            }
        }
    }

    /// Puts a message at the end of its lane, and starts it where nothing is before it.
    fn queue(&mut self, index: usize, due: Due) {
        let lane = due.lane();
        let Some(tray) = self.trays.get_mut(index) else {
            return;
        };
        let waiting = tray.lanes.entry(lane.clone()).or_default();
        waiting.push_back(due);
        if waiting.len() == 1 {
            self.start(index, lane);
        }
    }

    fn start(&mut self, index: usize, lane: String) {
        let first = self
            .trays
            .get(index)
            .and_then(|tray| tray.lanes.get(&lane)?.front().cloned());
        let (Some(way), Some(due)) = (self.ways.get(index).cloned(), first) else {
            return;
        };
        let desk = self.desk.clone();
        self.jobs.spawn(async move {
            let became = desk.deliver(&way, &due).await;
            Done {
                way: index,
                lane,
                due,
                became,
            }
        });
    }

    /// The next message of the lane goes on its way.
    fn settled(&mut self, index: usize, lane: &str, due: &Due) {
        let Some(tray) = self.trays.get_mut(index) else {
            return;
        };
        if let Some(open) = tray.open.get_mut(&due.news.stream) {
            let gone = open.get_mut(&due.news.seq).is_some_and(|count| {
                *count = count.saturating_sub(1);
                *count == 0
            });
            if gone {
                open.remove(&due.news.seq);
            }
            if open.is_empty() {
                tray.open.remove(&due.news.stream);
            }
            tray.moved.insert(due.news.stream.clone());
        }
        if due.news.recommendation.is_some() {
            // It may be decided on again, and is the same message then.
            tray.settled.insert(due.key.clone());
        }
        let Some(waiting) = tray.lanes.get_mut(lane) else {
            return;
        };
        waiting.pop_front();
        if waiting.is_empty() {
            tray.lanes.remove(lane);
        } else {
            self.start(index, lane.to_owned());
        }
    }

    /// Sends a message once more that a person wants sent.
    async fn again(&mut self, delivery: Delivery) -> Result<(), StoreError> {
        let Some(index) = self
            .ways
            .iter()
            .position(|way| way.outlet.name == delivery.channel)
        else {
            return Ok(());
        };
        let found = {
            let ledger = self.desk.ledger.read().await;
            let news = ledger
                .news_of(&self.desk.journal, &delivery.stream, delivery.seq)
                .await?;
            news.and_then(|news| {
                let way = self.ways.get(index)?;
                let messages = way.outlet.messages(&news, &ledger);
                let (target, key) = messages.into_iter().find(|(_, key)| *key == delivery.key)?;
                Some(Due {
                    news,
                    target,
                    key,
                    // It may have arrived before it was given up.
                    doubtful: true,
                })
            })
        };
        let Some(due) = found else {
            tracing::warn!(channel = %delivery.channel, "what was to be sent again is no message of this channel any more");
            return Ok(());
        };
        let waits = |tray: &Tray| {
            let lane = tray.lanes.get(&due.lane());
            lane.is_some_and(|lane| lane.iter().any(|other| other.key == due.key))
        };
        if !self.trays.get(index).is_some_and(waits) {
            self.queue(index, due);
        }
        Ok(())
    }

    /// Stores how far each channel has come. The deliveries themselves stand in the journal: this only spares the next start
    /// looking at everything again.
    async fn keep(&mut self, journal: &Journal) -> Result<(), StoreError> {
        for (way, tray) in self.ways.iter().zip(&mut self.trays) {
            let moved = std::mem::take(&mut tray.moved);
            let at: BTreeMap<StreamId, u64> = moved
                .into_iter()
                .map(|stream| {
                    let cursor = tray.cursor(&stream);
                    (stream, cursor)
                })
                .filter(|(_, cursor)| *cursor > 0)
                .collect();
            if !at.is_empty() {
                journal.set_cursor(&cursor_name(&way.outlet), &at).await?;
            }
        }
        Ok(())
    }

    /// Lets calls that are under way come to an end, for a while; what waits stays where it is.
    async fn drain(&mut self) {
        self.desk.entitled.store(false, Ordering::Release);
        let ended = tokio::time::timeout(DRAIN, async {
            while let Some(done) = self.jobs.join_next().await {
                if let Ok(done) = done
                    && let Ok(Became::Settled) = done.became
                {
                    self.finished(&done);
                }
            }
        });
        if ended.await.is_err() {
            self.jobs.abort_all();
        }
    }

    /// As [`Self::settled`], and nothing more is started.
    fn finished(&mut self, done: &Done) {
        if let Some(tray) = self.trays.get_mut(done.way) {
            tray.lanes.remove(&done.lane);
        }
        self.settled(done.way, &done.lane, &done.due);
    }
}

/// Where a channel begins: where it left off, and a new one with what is written from now on.
async fn begin(journal: &Journal, outlet: &Outlet) -> Result<BTreeMap<StreamId, u64>, StoreError> {
    let name = cursor_name(outlet);
    let from = journal.cursor(&name).await?;
    if !from.is_empty() {
        return Ok(from);
    }
    let mut now: BTreeMap<StreamId, u64> = journal
        .heads()
        .await?
        .into_iter()
        .map(|(stream, head)| (stream, head.seq))
        .collect();
    // An empty journal leaves its mark too.
    now.entry(StreamId::space()).or_insert(0);
    journal.set_cursor(&name, &now).await?;
    tracing::info!(channel = %outlet.name, "a new channel: it begins with what is written from now on");
    Ok(now)
}

/// Notes a message that needs not be sent any more.
fn remember(outlets: &[Arc<Outlet>], trays: &mut [Tray], delivery: Delivery) {
    let Some(index) = outlets.iter().position(|outlet| outlet.name == delivery.channel) else {
        return;
    };
    let Some(tray) = trays.get_mut(index) else {
        return;
    };
    match delivery.outcome {
        Delivered::Sent { .. } | Delivered::Dead { .. } | Delivered::Dropped => {
            // What lies before the cursor is never looked at again.
            if delivery.seq > tray.from.get(&delivery.stream).copied().unwrap_or(0) {
                tray.settled.insert(delivery.key);
            }
        }
        Delivered::Held { .. } | Delivered::Again => {}
    }
}

/// Takes a message out of its lane that a person let be before it was sent; one that is under way stays.
fn remember_all(ways: &[Arc<Way>], trays: &mut [Tray], delivery: &Delivery) {
    for (way, tray) in ways.iter().zip(trays) {
        if way.outlet.name != delivery.channel {
            continue;
        }
        for waiting in tray.lanes.values_mut() {
            let mut first = true;
            waiting.retain(|due| std::mem::take(&mut first) || due.key != delivery.key);
        }
    }
}
