//! What has to be known to say what goes out: folded from the journal, a little of each record.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    config::Notice,
    journal::{
        Body, Journal, Kind, Record, StoreError, StreamId,
        body::{Choice, Course, Delivered, Delivery, Event, Payload, Triage},
        views::Space,
    },
    model::RunState,
};

/// A record that people elsewhere should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The record's stream.
    pub stream: StreamId,
    /// The record's number.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The sort of message that it makes.
    pub notice: Notice,
    /// The investigation that it is about; `space` for a recommendation.
    pub about: StreamId,
    /// The event that alone it concerns, where tickets are answered.
    pub event: Option<u64>,
    /// The recommendation that it is about.
    pub recommendation: Option<String>,
}

/// What was folded.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The space.
    pub space: Space,
    /// Events that came with a ticket, by record.
    events: BTreeMap<u64, Event>,
    /// The investigations that those events belong to.
    belongs: BTreeMap<u64, StreamId>,
    /// Where open investigations stand.
    states: BTreeMap<StreamId, RunState>,
    /// The investigations that records of `space` are about, where messages are made of them.
    about: BTreeMap<u64, StreamId>,
    /// What a channel called its first message about an investigation.
    threads: BTreeMap<(String, StreamId), Thread>,
    /// Messages that a person wants sent once more, by key.
    again: BTreeMap<String, Delivery>,
}

/// The first message about an investigation, as its channel has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// What the channel called it.
    pub reference: String,
    /// Stream of the record that it told of.
    pub stream: StreamId,
    /// Number of that record.
    pub seq: u64,
    /// Its key.
    pub key: String,
}

/// Generations of investigations that are looked at for a ticket.
const GENERATIONS: usize = 8;

impl Ledger {
    /// Folds one more record, in the order of its stream. Says what is news in it.
    pub fn apply(&mut self, record: &Record) -> Option<News> {
        let news = self.news(record);
        if record.stream.is_investigation() {
            self.stand(record);
        } else {
            self.take(record);
        }
        news
    }

    /// What is news in a record, as things stood before it.
    fn news(&self, record: &Record) -> Option<News> {
        let told = |notice, about: &StreamId| News {
            stream: record.stream.clone(),
            seq: record.seq,
            at: record.at,
            notice,
            about: about.clone(),
            event: None,
            recommendation: None,
        };
        if record.stream.is_investigation() {
            let notice = match record.kind {
                Kind::Finding => Notice::Finding,
                Kind::Cause => Notice::Cause,
                Kind::InvestigationSummary => Notice::InvestigationSummary,
                Kind::MitigationSummary => Notice::MitigationSummary,
                Kind::End => Notice::Status,
                Kind::Status if self.turns(record) => Notice::Status,
                _ => return None,
            };
            return Some(told(notice, &record.stream));
        }
        match record.typed()? {
            Body::Triage(Triage::Judged(judged)) => match &judged.course {
                Course::Link { stream, .. } => Some(News {
                    event: Some(judged.event),
                    ..told(Notice::Status, stream)
                }),
                Course::Update {
                    stream,
                    action,
                    others: 0,
                    ..
                } if action.is_over() => Some(told(Notice::Resolved, stream)),
                // The trouble goes on: only where that one incident came from is it over.
                Course::Update { stream, action, .. } if action.is_over() => Some(News {
                    event: Some(judged.event),
                    ..told(Notice::Status, stream)
                }),
                _ => None,
            },
            Body::Decision(decision) if decision.decision == Choice::Accepted => Some(News {
                recommendation: Some(decision.recommendation),
                ..told(Notice::Recommendation, &StreamId::space())
            }),
            _ => None,
        }
    }

    /// True when an investigation begins, is paused or goes on with this record; a new stage is no news.
    fn turns(&self, record: &Record) -> bool {
        let before = self.states.get(&record.stream).copied();
        let Some(Body::Status(status)) = record.typed() else {
            return false;
        };
        match status.state {
            RunState::Running => before != Some(RunState::Running),
            RunState::Paused => before != Some(RunState::Paused),
            _ => false,
        }
    }

    /// Where the investigation stands after this record.
    fn stand(&mut self, record: &Record) {
        match record.kind {
            Kind::Status => {
                if let Some(Body::Status(status)) = record.typed() {
                    self.states.insert(record.stream.clone(), status.state);
                }
            }
            Kind::End => drop(self.states.remove(&record.stream)),
            _ => {}
        }
    }

    fn take(&mut self, record: &Record) {
        self.space.apply(record);
        match record.typed() {
            Some(Body::Opened(opened)) => {
                if let Some(event) = opened.event {
                    self.belongs.insert(event, opened.stream);
                }
            }
            Some(Body::Event(event)) => {
                let ticket = event.alert.as_ref().and_then(|alert| alert.ticket.as_ref());
                if ticket.is_some() {
                    let body = Payload::None;
                    self.events.insert(record.seq, Event { body, ..*event });
                }
            }
            Some(Body::Triage(Triage::Judged(judged))) => match judged.course.stream() {
                Some(stream) => {
                    self.belongs.insert(judged.event, stream.clone());
                    self.about.insert(record.seq, stream.clone());
                }
                None => drop(self.belongs.remove(&judged.event)),
            },
            Some(Body::Delivery(delivery)) => self.deliver(delivery),
            _ => {}
        }
    }

    /// Hears of a delivery before it comes back through the journal: the next message of a thread needs its name.
    pub fn hear(&mut self, record: &Record) {
        if let Some(Body::Delivery(delivery)) = record.typed() {
            self.deliver(delivery);
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        if let Delivered::Held { .. } = delivery.outcome {
            // It still waits.
            return;
        }
        self.again.remove(&delivery.key);
        match &delivery.outcome {
            Delivered::Sent { reference } if !reference.is_empty() => {
                let about = match delivery.stream.is_investigation() {
                    true => Some(delivery.stream.clone()),
                    false => self.about.get(&delivery.seq).cloned(),
                };
                if let Some(about) = about {
                    let of = (delivery.channel.clone(), about);
                    self.threads.entry(of).or_insert_with(|| Thread {
                        reference: reference.clone(),
                        stream: delivery.stream.clone(),
                        seq: delivery.seq,
                        key: delivery.key.clone(),
                    });
                }
            }
            Delivered::Again => drop(self.again.insert(delivery.key.clone(), delivery)),
            _ => {}
        }
    }

    /// The first message about an investigation in a channel.
    pub fn thread(&self, channel: &str, about: &StreamId) -> Option<&Thread> {
        self.threads.get(&(channel.to_owned(), about.clone()))
    }

    /// Messages that a person wants sent once more.
    pub fn wanted_again(&self) -> impl Iterator<Item = &Delivery> {
        self.again.values()
    }

    /// The tickets of one sender that an investigation came from, or that were linked to it or to what it looks at again, in the
    /// order in which they came; that of one event alone, where it is given.
    pub fn tickets(&self, about: &StreamId, sender: &str, only: Option<u64>) -> Vec<(&Event, String)> {
        let mut family = vec![about];
        for _ in 0..GENERATIONS {
            let parent = family.last().and_then(|child| {
                let listed = self.space.investigations.get(*child)?;
                listed.opened.parent.as_ref()
            });
            match parent {
                Some(parent) if !family.contains(&parent) => family.push(parent),
                _ => break,
            }
        }
        let mut found: Vec<(&Event, String)> = Vec::new();
        for (seq, event) in &self.events {
            let belongs = self
                .belongs
                .get(seq)
                .is_some_and(|stream| family.contains(&stream));
            if event.sender != sender || !belongs || only.is_some_and(|only| only != *seq) {
                continue;
            }
            let ticket = event.alert.as_ref().and_then(|alert| alert.ticket.clone());
            if let Some(ticket) = ticket.filter(|ticket| found.iter().all(|(_, known)| known != ticket)) {
                found.push((event, ticket));
            }
        }
        found
    }

    /// Learns where an open investigation stood at a record, before those after it are folded.
    pub async fn learn(&mut self, journal: &Journal, stream: &StreamId, upto: u64) -> Result<(), StoreError> {
        if let Some(state) = stood(journal, stream, upto).await? {
            self.states.insert(stream.clone(), state);
        }
        Ok(())
    }

    /// What was news in a record that was folded long ago.
    pub async fn news_of(
        &self,
        journal: &Journal,
        stream: &StreamId,
        seq: u64,
    ) -> Result<Option<News>, StoreError> {
        let found = journal.read(stream, seq.saturating_sub(1), 1).await?;
        let Some(record) = found.first().filter(|record| record.seq == seq) else {
            return Ok(None);
        };
        let mut then = Self::default();
        if record.kind == Kind::Status {
            then.learn(journal, stream, seq.saturating_sub(1)).await?;
        }
        Ok(then.news(record))
    }
}

/// News in the order in which they happened, whichever stream says so. Streams are written by hosts whose clocks differ: within
/// one the order is that of its records, whatever their times say.
pub fn in_order(mut news: Vec<News>) -> Vec<News> {
    news.sort_by(|a, b| (&a.stream, a.seq).cmp(&(&b.stream, b.seq)));
    let mut latest: Option<(StreamId, Timestamp)> = None;
    let mut timed: Vec<(Timestamp, News)> = Vec::with_capacity(news.len());
    for news in news {
        let before = latest.filter(|(stream, _)| *stream == news.stream);
        let at = before.map_or(news.at, |(_, at)| at.max(news.at));
        latest = Some((news.stream.clone(), at));
        timed.push((at, news));
    }
    // Stable: what happened at one time stays in the order of its stream.
    timed.sort_by_key(|(at, _)| *at);
    timed.into_iter().map(|(_, news)| news).collect()
}

/// Where an investigation stood at a record.
pub async fn stood(journal: &Journal, stream: &StreamId, upto: u64) -> Result<Option<RunState>, StoreError> {
    let told = journal.read_kinds(stream, &[Kind::Status], 0, u32::MAX).await?;
    let last = told.iter().rfind(|record| record.seq <= upto);
    Ok(last.and_then(|record| match record.typed() {
        Some(Body::Status(status)) => Some(status.state),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn news(stream: usize, seq: u64, second: i64) -> News {
        let stream = match stream {
            0 => StreamId::space(),
            n => StreamId::investigation(&format!("{n:026}")),
        };
        News {
            about: stream.clone(),
            stream,
            seq,
            at: Timestamp::from_second(second).unwrap(),
            notice: Notice::Status,
            event: None,
            recommendation: None,
        }
    }

    proptest! {
        #[test]
        fn no_clock_reorders_a_stream(said in prop::collection::vec((0..3_usize, 0..20_i64), 0..40)) {
            let mut seqs = [0; 3];
            let all: Vec<News> = said
                .into_iter()
                .map(|(stream, second)| {
                    seqs[stream] += 1;
                    news(stream, seqs[stream], second)
                })
                .collect();
            let ordered = in_order(all.clone());
            prop_assert_eq!(ordered.len(), all.len());
            for stream in all.iter().map(|news| &news.stream) {
                let of = |all: &[News]| -> Vec<u64> {
                    all.iter().filter(|news| news.stream == *stream).map(|news| news.seq).collect()
                };
                prop_assert_eq!(of(&ordered), of(&all));
            }
        }
    }

    #[test]
    fn streams_are_told_as_things_happened() {
        // The second record of an investigation was written by a host whose clock is behind.
        let all = vec![
            news(0, 1, 5),
            news(0, 2, 12),
            news(1, 1, 10),
            news(1, 2, 3),
            news(1, 3, 11),
        ];
        let order: Vec<u64> = in_order(all.clone()).iter().map(|news| news.seq).collect();
        assert_eq!(order, [1, 1, 2, 3, 2]);
        let clean = vec![all[0].clone(), all[2].clone(), all[4].clone(), all[1].clone()];
        assert_eq!(in_order(clean.iter().rev().cloned().collect()), clean);
    }
}
