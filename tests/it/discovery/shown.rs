//! A source that only answers for everything at once is discovered too, and the console shows what was stored.

use std::sync::Arc;

use async_trait::async_trait;
use midwatch::{
    journal::Journal,
    model::{Answer, Evidence, Query, Relation, Resource, Source},
    sources::discovery::discover,
};

use super::run;
use crate::{
    support::{
        desk::{Setting, after, settled},
        night::{self, Until},
    },
    topology::stacked,
};

/// Resources and relations, all at once.
struct Listing(Vec<Resource>, Vec<Relation>);

#[async_trait]
impl Source for Listing {
    fn name(&self) -> &'static str {
        "listing"
    }

    async fn answer(&self, query: &Query) -> Answer {
        let evidence = match query {
            Query::Inventory => Evidence::Inventory(self.0.clone()),
            _ => Evidence::Relations(self.1.clone()),
        };
        Answer::found(evidence, 1)
    }
}

async fn two_thousand() -> Journal {
    let (resources, relations) = stacked(200);
    let known = (resources.len() as u64, relations.len() as u64);
    let journal = night::empty().await;
    let source: Arc<dyn Source> = Arc::new(Listing(resources, relations));
    let outcome = discover(&source, &journal, &run(), &mut |_| {}).await.unwrap();
    assert_eq!((outcome.found.resources, outcome.found.relations), known);
    assert_eq!(outcome.found.places, ["listing"]);
    journal
}

#[tokio::test]
async fn the_pane_shows_the_space_before_there_is_an_incident_and_on_request() {
    let journal = two_thousand().await;
    let console = settled(Setting::small(), &journal).await;
    let stacks = after(&console, &["4"]).await;
    assert!(
        stacks.contains("space | tree, stacks") && stacks.contains("2,000 resources"),
        "{stacks}"
    );
    let systems = after(&console, &["-"]).await;
    assert!(systems.contains("111122223331 eu-west-1"), "{systems}");
    let found = after(&console, &["+", "/", "s150-orders", "Enter"]).await;
    assert!(found.contains("1 of 1"), "{found}");

    // An incident takes the pane over; the space is a command away, and so is the way back.
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let incident = after(&console, &["4"]).await;
    assert!(!incident.contains("space |"), "{incident}");
    let space = after(&console, &[":", "topology of the whole", "Enter"]).await;
    assert!(space.contains("space |"), "{space}");
    let back = after(&console, &[":", "topology of the whole", "Enter"]).await;
    assert!(!back.contains("space |"), "{back}");
}
