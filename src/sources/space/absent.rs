//! A member that is not to be had: the space goes on without it, and says so once.

use async_trait::async_trait;

use super::Member;
use crate::model::{Allowance, Answer, Gap, GapKind, Query, Source, Text};

/// Something that the space should have and cannot open.
pub struct Absent {
    name: String,
    gap: Gap,
}

impl Absent {
    /// A member of that name, and the gap that it leaves.
    pub fn new(name: &str, gap: Gap) -> Self {
        Self {
            name: name.to_owned(),
            gap,
        }
    }

    /// The connection of that name, and why it cannot be opened.
    pub fn connection(name: &str, why: Text) -> Self {
        let gap = Gap {
            kind: GapKind::Unsupported,
            what: Text::from("connection ").ext(name),
            resource: None,
            why,
            hint: Some(
                Text::from("midwatch connection test ")
                    .ext(name)
                    .own(" says more"),
            ),
        };
        Self::new(name, gap)
    }
}

impl Member for Absent {
    fn part(&self, query: &Query) -> Option<Query> {
        // Asked once in every investigation.
        matches!(query, Query::Inventory).then_some(Query::Inventory)
    }
}

#[async_trait]
impl Source for Absent {
    fn name(&self) -> &str {
        &self.name
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, _: &Query, _: &Allowance) -> Answer {
        Answer::gap(self.gap.clone(), 0)
    }
}
