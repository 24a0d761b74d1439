//! A source with a memory: what discovery has found of the space is known from the start, and what is read now lies over it.
//!
//! One question can read some of a large account, and discovery can read all of it. Without this the cause could stand in the
//! part that is not read.

use std::sync::Arc;

use async_trait::async_trait;

use super::merge;
use crate::model::{
    Allowance, Answer, Evidence, Occasion, Query, Source,
    discovery::{Discovery, Graph},
};

/// Name of what was discovered, where an answer tells who gave it.
const NAME: &str = "topology";

/// Answers as the source that it holds, with the resources and relations that were discovered before.
pub struct Charted {
    source: Arc<dyn Source>,
    chart: Graph,
}

impl Charted {
    /// `source` with what was discovered of it; the source alone where `places` are not those that it stands for now, since the
    /// ids of resources tell the place only where there are several.
    pub fn over(source: Arc<dyn Source>, places: &[String], chart: Graph) -> Arc<dyn Source> {
        let now = source.discoveries();
        let same = now.len() == places.len()
            && now
                .iter()
                .zip(places)
                .all(|(discovery, place)| discovery.place() == *place);
        if same {
            Arc::new(Self { source, chart })
        } else {
            source
        }
    }

    /// What the chart has to say.
    fn known(&self, query: &Query) -> Option<Answer> {
        let evidence = match query {
            Query::Inventory => Evidence::Inventory(self.chart.resources.clone()),
            Query::Relations => Evidence::Relations(self.chart.relations.clone()),
            _ => return None,
        };
        Some(Answer {
            by: vec![NAME.to_owned()],
            ..Answer::found(evidence, 0)
        })
    }
}

#[async_trait]
impl Source for Charted {
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
