//! One turn's messages: taken from the journal, put in lanes, started one after the other, and settled.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{RwLock, watch},
    task::JoinSet,
};

use super::{
    lease::Right,
    ledger::{Ledger, News, in_order},
    outlet::Outlet,
    refusing::{GONE, give_up},
    run::Settings,
    sending::{Became, Desk, Due, Way, ended, note},
    tray::{Tray, begin, cursor_name},
};
use crate::journal::{
    Body, Follower, Journal, Record, StoreError, StreamId,
    body::{Delivered, Delivery},
};

/// How long calls that are under way may take once the program ends.
const DRAIN: Duration = Duration::from_secs(6);

/// A delivery that has come to an end.
pub(super) struct Done {
    pub(super) way: usize,
    pub(super) lane: String,
    pub(super) due: Due,
    pub(super) became: Result<Became, StoreError>,
}

/// Everything that one turn knows.
pub(super) struct PostOffice {
    pub(super) desk: Desk,
    pub(super) ways: Vec<Arc<Way>>,
    pub(super) trays: Vec<Tray>,
    pub(super) jobs: JoinSet<Done>,
    pub(super) follower: Follower,
}

/// What waits when a turn begins.
pub(super) struct Waits {
    news: Vec<News>,
    again: Vec<Delivery>,
}

impl PostOffice {
    /// Reads how far each channel has come, and what waits since then. Nothing is sent yet.
    pub(super) async fn open(
        journal: &Journal,
        outlets: &[Arc<Outlet>],
        settings: &Settings,
        (right, over): (Right, watch::Receiver<bool>),
    ) -> Result<(Self, Waits), StoreError> {
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
            trays.push(Tray::from(from));
        }
        let space = journal.read_all(&StreamId::space()).await?;
        for record in &space {
            if let Some(Body::Delivery(delivery)) = record.typed() {
                let named = outlets.iter().position(|outlet| outlet.name == delivery.channel);
                if let Some(tray) = named.and_then(|index| trays.get_mut(index)) {
                    tray.remember(delivery);
                }
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
                tray.sees(&last.stream, last.seq);
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
                    tray.sees(&record.stream, record.seq);
                }
            }
        }
        let held = ledger.space.letters.held.clone();
        let mut again: Vec<Delivery> = ledger.wanted_again().cloned().collect();
        again.sort_by(|a, b| (&a.stream, a.seq).cmp(&(&b.stream, b.seq)));
        let ways = outlets.iter().map(|outlet| {
            let why = held.get(&outlet.name).map(|(_, why)| why.clone());
            Arc::new(Way::new(Arc::clone(outlet), why))
        });
        let office = Self {
            ways: ways.collect(),
            trays,
            jobs: JoinSet::new(),
            follower,
            desk: Desk {
                journal: journal.clone(),
                ledger: Arc::new(RwLock::new(ledger)),
                tide: Arc::clone(&settings.tide),
                right,
                over,
            },
        };
        Ok((office, Waits { news, again }))
    }

    /// Puts what waits in its lanes: it may have been sent before.
    pub(super) async fn begin(&mut self, waits: Waits) -> Result<(), StoreError> {
        self.enqueue(waits.news, true).await;
        for delivery in waits.again {
            self.again(delivery).await?;
        }
        Ok(())
    }

    /// Takes new records.
    pub(super) async fn take(&mut self, records: &[Record], doubtful: bool) {
        let mut news = Vec::new();
        let (mut again, mut dropped) = (Vec::new(), Vec::new());
        {
            let mut ledger = self.desk.ledger.write().await;
            for record in records {
                news.extend(ledger.apply(record));
                if let Some(Body::Delivery(delivery)) = record.typed() {
                    match delivery.outcome {
                        Delivered::Again => again.push(delivery),
                        // Dropped while it waits: a person knows better.
                        Delivered::Dropped => dropped.push(delivery),
                        _ => {}
                    }
                }
            }
        }
        for tray in &mut self.trays {
            for record in records {
                tray.sees(&record.stream, record.seq);
            }
        }
        for delivery in dropped {
            if let Some(tray) = self
                .index(&delivery.channel)
                .and_then(|index| self.trays.get_mut(index))
            {
                tray.withdraw(&delivery.key);
            }
        }
        self.enqueue(news, doubtful).await;
        for delivery in again {
            if let Err(error) = self.again(delivery).await {
                tracing::warn!(%error, "a message could not be taken up again");
            }
        }
    }

    /// Puts messages in their lanes.
    async fn enqueue(&mut self, all: Vec<News>, doubtful: bool) {
        let since = self.desk.tide.now();
        let ledger = Arc::clone(&self.desk.ledger);
        let ledger = ledger.read().await;
        for news in in_order(all) {
            for index in 0..self.ways.len() {
                let (Some(way), Some(tray)) = (self.ways.get(index), self.trays.get_mut(index)) else {
                    continue;
                };
                if !tray.begins_before(&news.stream, news.seq) {
                    continue;
                }
                let mut dues = Vec::new();
                for (target, key) in way.outlet.messages(&news, &ledger) {
                    if tray.is_settled(&key) {
                        continue;
                    }
                    let due = Due {
                        news: news.clone(),
                        target,
                        key,
                        doubtful,
                        since,
                        instead_of: None,
                    };
                    tray.open(&due);
                    dues.push(due);
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
        let tray = self.trays.get_mut(index);
        if tray.is_some_and(|tray| tray.queue(due)) {
            self.start(index, lane);
        }
    }

    /// The channel of this name.
    fn index(&self, channel: &str) -> Option<usize> {
        self.ways.iter().position(|way| way.outlet.name == channel)
    }

    fn start(&mut self, index: usize, lane: String) {
        let first = self.trays.get(index).and_then(|tray| tray.first(&lane).cloned());
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
    pub(super) fn settled(&mut self, index: usize, lane: &str, due: &Due) {
        let tray = self.trays.get_mut(index);
        if tray.is_some_and(|tray| tray.settle(lane, due)) {
            self.start(index, lane.to_owned());
        }
    }

    /// Sends a message once more that a person wants sent. What cannot be sent stays on the list of what was given up, with the
    /// reason.
    async fn again(&mut self, delivery: Delivery) -> Result<(), StoreError> {
        let Some(index) = self.index(&delivery.channel) else {
            return give_up(&self.desk.journal, delivery, GONE).await.map(drop);
        };
        let Some(due) = self.due_again(index, &delivery).await? else {
            let why =
                "it is no message of this channel any more: its target, or what is sent to it, has changed";
            return give_up(&self.desk.journal, delivery, why).await.map(drop);
        };
        let Some(tray) = self.trays.get(index) else {
            return Ok(());
        };
        let known = tray.waits(&due.key) || (due.instead_of.is_some() && tray.is_settled(&due.key));
        if known && due.instead_of.is_some() {
            // It goes to its new target by itself: the old one needs no more.
            let outcome = Delivered::Dropped;
            let dropped = [Delivery { outcome, ..delivery }];
            return note(&self.desk.journal, &dropped).await.map(drop);
        }
        // It is no news: the cursor has come past it, or waits for it already.
        if !known {
            self.queue(index, due);
        }
        Ok(())
    }

    /// The message that a person wants sent once more: to where it went, or, where all messages of the channel go elsewhere by
    /// now, to there.
    async fn due_again(&self, index: usize, delivery: &Delivery) -> Result<Option<Due>, StoreError> {
        let Some(way) = self.ways.get(index) else {
            return Ok(None);
        };
        let ledger = self.desk.ledger.read().await;
        let news = ledger
            .news_of(&self.desk.journal, &delivery.stream, delivery.seq)
            .await?;
        let Some(news) = news else {
            return Ok(None);
        };
        let messages = way.outlet.messages(&news, &ledger);
        let same = messages.iter().find(|(_, key)| *key == delivery.key);
        let moved = || messages.first().filter(|_| way.outlet.fixed_target().is_some());
        Ok(same.or_else(moved).map(|(target, key)| Due {
            news,
            target: target.clone(),
            key: key.clone(),
            // It may have arrived before it was given up.
            doubtful: true,
            since: self.desk.tide.now(),
            instead_of: (*key != delivery.key).then(|| delivery.key.clone()),
        }))
    }

    /// Stores how far each channel has come. The deliveries themselves stand in the journal: this only spares the next start
    /// looking at everything again.
    pub(super) async fn keep(&mut self, journal: &Journal) -> Result<(), StoreError> {
        for (way, tray) in self.ways.iter().zip(&mut self.trays) {
            let at = tray.moved();
            if !at.is_empty() {
                journal.set_cursor(&cursor_name(&way.outlet), &at).await?;
            }
        }
        Ok(())
    }

    /// Lets calls that are under way come to an end, and what became of them be written down; what waits stays where it is. There
    /// is time for it, unless the program ends.
    pub(super) async fn drain(&mut self, mut program: watch::Receiver<bool>) {
        let late = async move {
            ended(&mut program).await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::pin!(late);
        loop {
            let done = tokio::select! {
                done = self.jobs.join_next() => done,
                () = &mut late => break self.jobs.abort_all(),
            };
            match done {
                Some(Ok(done)) if matches!(done.became, Ok(Became::Settled)) => {
                    // What is behind it in its lane is not started any more.
                    if let Some(tray) = self.trays.get_mut(done.way) {
                        tray.settle(&done.lane, &done.due);
                    }
                }
                Some(_) => {}
                None => break,
            }
        }
    }
}
