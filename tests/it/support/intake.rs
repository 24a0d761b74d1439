//! A journal with its reception, and what came in.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use jiff::Timestamp;
use midwatch::{
    aws::Factory,
    intake::{Home, Reception},
    journal::{
        Body, Journal, Kind, StreamId,
        body::{Course, Event, Triage},
    },
    model::SourceSpec,
    sources::aws::accounts::Accounts,
};

/// A journal on disk and the reception of its space.
pub struct Desk {
    pub journal: Journal,
    pub reception: Reception,
}

impl Desk {
    pub async fn open(folder: &Path) -> Self {
        let journal = Journal::open(&folder.join("shop.sqlite")).await.unwrap();
        let home = Home {
            source: SourceSpec::Aws {
                account: None,
                region: None,
            },
            accounts: BTreeSet::new(),
            regions: BTreeSet::new(),
        };
        let (reception, _task) = Reception::open(journal.clone(), home, Arc::new(Timestamp::now));
        Self { journal, reception }
    }

    /// Everything that came in, in order.
    pub async fn events(&self) -> Vec<Event> {
        let space = StreamId::space();
        let records = self
            .journal
            .read_kinds(&space, &[Kind::Event], 0, 1_000)
            .await
            .unwrap();
        let event = |record: &midwatch::journal::Record| match record.typed() {
            Some(Body::Event(event)) => *event,
            other => panic!("{other:?}"),
        };
        records.iter().map(event).collect()
    }

    /// What is done about each event, in order.
    pub async fn courses(&self) -> Vec<Course> {
        let space = StreamId::space();
        let records = self
            .journal
            .read_kinds(&space, &[Kind::Triage], 0, 1_000)
            .await
            .unwrap();
        let course = |record: &midwatch::journal::Record| match record.typed() {
            Some(Body::Triage(Triage::Judged(judged))) => judged.course,
            other => panic!("{other:?}"),
        };
        records.iter().map(course).collect()
    }
}

/// The accounts of a space over ready factories; of one that names none, under no id.
pub fn accounts(factories: impl IntoIterator<Item = (&'static str, Factory)>) -> Arc<Accounts> {
    let factories: BTreeMap<String, Factory> = factories
        .into_iter()
        .map(|(id, factory)| (id.to_owned(), factory))
        .collect();
    Arc::new(Accounts::opened("shop", factories))
}
