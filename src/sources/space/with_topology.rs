//! A source with a memory: what discovery has found of the space is known from the start, and what is read now lies over it.
//!
//! One question can read some of a large account, and discovery can read all of it. Without this the cause could stand in the
//! part that is not read.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::merge;
use crate::model::{
    Allowance, Answer, Evidence, Occasion, Query, Source,
    discovery::{Discovery, Graph},
};

/// Name of what was discovered, where an answer tells who gave it.
const NAME: &str = "topology";

/// Answers as the source that it holds, with the resources and relations that were discovered before.
pub struct WithTopology {
    source: Arc<dyn Source>,
    topology: Graph,
    /// Whether the topology is of the account that is read now, once that was asked.
    fits: OnceCell<bool>,
}

impl WithTopology {
    /// `source` with what was discovered of it in `places`; the source alone where it is at home elsewhere now, since ids tell the
    /// places of all resources but those at home, or where one of the places is no longer its own.
    pub fn over(source: Arc<dyn Source>, places: &[String], topology: Graph) -> Arc<dyn Source> {
        let now: Vec<String> = source
            .discoveries()
            .iter()
            .map(|discovery| discovery.place())
            .collect();
        if now.first() == places.first() && places.iter().all(|place| now.contains(place)) {
            Arc::new(Self {
                source,
                topology,
                fits: OnceCell::new(),
            })
        } else {
            source
        }
    }

    /// False when the credentials at hand are of another account than those with which was discovered: a space without accounts
    /// takes whatever the environment has.
    async fn fits(&self, allowance: &Allowance, calls: &mut u32) -> bool {
        let asking = async {
            let identity = self.source.answer_within(&Query::Identity, allowance).await;
            *calls += identity.calls;
            let Some(Evidence::Identity(identity)) = identity.evidence else {
                return false;
            };
            let at_home = self.topology.resources.iter();
            let at_home = at_home.filter(|resource| resource.id.split().1.is_none());
            let accounts: BTreeSet<&str> = at_home
                .filter_map(|resource| resource.account.as_deref())
                .collect();
            let own = identity.account.as_deref();
            accounts.is_empty() || own.is_some_and(|own| accounts.contains(own))
        };
        *self.fits.get_or_init(|| asking).await
    }

    /// What discovery has to say.
    fn known(&self, query: &Query) -> Option<Answer> {
        let evidence = match query {
            Query::Inventory => Evidence::Inventory(self.topology.resources.clone()),
            Query::Relations => Evidence::Relations(self.topology.relations.clone()),
            _ => return None,
        };
        Some(Answer {
            by: vec![NAME.to_owned()],
            ..Answer::found(evidence, 0)
        })
    }
}

#[async_trait]
impl Source for WithTopology {
    fn name(&self) -> &str {
        self.source.name()
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        let mut answer = self.source.answer_within(query, allowance).await;
        let Some(known) = self.known(query) else {
            return answer;
        };
        if !self.fits(allowance, &mut answer.calls).await {
            return answer;
        }
        if answer.by.is_empty() && answer.evidence.is_some() {
            answer.by.push(self.source.name().to_owned());
        }
        merge::whole(query, vec![answer, known])
    }

    fn discoveries(&self) -> Vec<Arc<dyn Discovery>> {
        self.source.discoveries()
    }

    fn occasion(&self) -> Option<Occasion> {
        self.source.occasion()
    }
}
