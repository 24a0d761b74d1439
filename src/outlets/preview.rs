//! What would be sent: an example from the newest investigation, or a sample where there is none.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{RwLock, watch};

use super::{
    channel::Addressed,
    judging::Failure,
    lease::Right,
    ledger::{Ledger, News},
    outlet::Outlet,
    post::{Part, Post, key},
    sending::Desk,
    tide::World,
    wire::Call,
};
use crate::{
    config::Notice,
    journal::{
        Hash, Journal, Kind, Record, StoreError, StreamId,
        body::Proposed,
        views::{RecommendationState, Recommended, report},
    },
    model::{Recommendation, RecommendationCategory, Text},
};

/// Kinds of records that become messages, of an investigation.
const TOLD: [Kind; 6] = [
    Kind::Status,
    Kind::Finding,
    Kind::Cause,
    Kind::InvestigationSummary,
    Kind::MitigationSummary,
    Kind::End,
];
/// Sorts of messages, the most telling first.
const TELLING: [Notice; 7] = [
    Notice::Cause,
    Notice::Recommendation,
    Notice::MitigationSummary,
    Notice::InvestigationSummary,
    Notice::Finding,
    Notice::Status,
    Notice::Resolved,
];

/// What would be sent.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The message.
    pub post: Post,
    /// Where it would go; none where no ticket is known.
    pub target: Option<String>,
    /// True when it is made up: nothing in the journal is of its sort.
    pub sample: bool,
}

impl Preview {
    /// An example for an outlet: of this sort, or the most telling that it is sent; to this target, or the one that it would go to.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn of(
        journal: &Journal,
        outlet: &Outlet,
        notice: Option<Notice>,
        to: Option<String>,
    ) -> Result<Self, StoreError> {
        let mut ledger = Ledger::default();
        let space = journal.read_all(&StreamId::space()).await?;
        let mut news: Vec<News> = space.iter().filter_map(|record| ledger.apply(record)).collect();
        if let Some(newest) = ledger.space.newest().cloned() {
            let told: Vec<Record> = journal.read_kinds(&newest, &TOLD, 0, u32::MAX).await?;
            news.extend(told.iter().filter_map(|record| ledger.apply(record)));
        }
        let wanted: Vec<Notice> = match notice {
            Some(notice) => vec![notice],
            None => TELLING
                .into_iter()
                .filter(|notice| outlet.sending.notices.contains(notice))
                .collect(),
        };
        let found = wanted
            .iter()
            .find_map(|wanted| news.iter().rfind(|news| news.notice == *wanted));
        let ticket = found.and_then(|news| {
            let tickets = ledger.tickets(&news.about, outlet.answers()?, news.event);
            tickets.into_iter().next().map(|(_, ticket)| ticket)
        });
        let target = to.or_else(|| outlet.fixed_target()).or(ticket);
        let found = found.cloned();
        let desk = Desk {
            journal: journal.clone(),
            ledger: Arc::new(RwLock::new(ledger)),
            tide: Arc::new(World),
            right: Right::none(),
            over: watch::channel(true).1,
        };
        let post = match &found {
            Some(news) => desk.compose(news).await?,
            None => None,
        };
        Ok(Self {
            sample: post.is_none(),
            post: post.unwrap_or_else(|| sample(wanted.first().copied().unwrap_or(Notice::Cause))),
            target,
        })
    }

    /// The same, marked as a test, so that nobody takes it for an incident and it is never taken for the real one.
    #[must_use]
    pub fn as_test(mut self) -> Self {
        self.post.test = true;
        self.post.anchor = Hash::zero();
        self.post.head = Text::from("Test of midwatch: ").join(&self.post.head);
        if let Some(ticket) = &mut self.post.ticket {
            ticket.title = format!("Test of midwatch: {}", ticket.title);
            ticket.body = ticket.body.replace(&ticket.mark, "a test, to be closed");
            "a test, to be closed".clone_into(&mut ticket.mark);
        }
        self
    }

    /// The call that would be made, but for what proves who sends.
    ///
    /// # Errors
    /// When its target can be none of this channel's.
    pub fn call(&self, outlet: &Outlet) -> Result<Call, Failure> {
        let target = self.target.clone().unwrap_or_else(|| "TICKET".to_owned());
        let key = self.key(outlet, &target);
        outlet.call(Addressed {
            post: &self.post,
            target: &target,
            key: &key,
            thread: None,
        })
    }

    fn key(&self, outlet: &Outlet, target: &str) -> String {
        let of = format!(
            "{} {} {}",
            self.post.stream,
            self.post.seq,
            self.post.head.plain()
        );
        key(&outlet.name, target, &of)
    }

    /// Sends it, once; says what the receiver calls it.
    ///
    /// # Errors
    /// When it has not arrived.
    pub async fn send(&self, outlet: &Outlet) -> Result<String, Failure> {
        let answer = outlet.wire.send(&self.call(outlet)?, &World).await?;
        outlet.channel.read(&answer)
    }
}

/// A message that nobody wrote: what one looks like.
fn sample(notice: Notice) -> Post {
    let about = StreamId::investigation("00000000000000000000000000");
    let now = Timestamp::now();
    let mut post =
        Post {
            notice,
            stream: about.clone(),
            seq: 1,
            anchor: Hash::zero(),
            at: now,
            about,
            title: "Errors of order-intake".into(),
            head: "Root cause".into(),
            parts: vec![
                Part::Sentence(Text::new().ext("order-intake").own(
                    " fails since its deployment at 02:56: this is a sample, no such incident is known.",
                )),
                Part::Sentence(Text::from("system change, confidence 0.93, at ").ext("order-intake")),
            ],
            data: json!({"sample": true}),
            ticket: None,
            since: now,
            test: false,
        };
    if notice == Notice::Recommendation {
        let recommended = Recommended {
            proposed: Proposed {
                id: "rec-000000000000".to_owned(),
                recommendation: Recommendation {
                    category: RecommendationCategory::Governance,
                    title: "Deploy in steps".into(),
                    detail: "A canary would have rolled it back: this is a sample, nobody recommends it."
                        .into(),
                },
                informed_by: Vec::new(),
            },
            proposed_at: now,
            state: RecommendationState::Proposed,
            reason: Text::new(),
            decided_by: None,
            anchor: Hash::zero(),
        };
        let measure = &recommended.proposed.recommendation;
        post.head = "Recommendation accepted".into();
        post.title = measure.title.clone();
        post.parts = vec![
            Part::Sentence(measure.title.clone()),
            Part::Sentence(measure.detail.clone()),
        ];
        post.ticket = Some(report::ticket(
            &recommended,
            &crate::journal::views::Space::default(),
        ));
    }
    post
}
