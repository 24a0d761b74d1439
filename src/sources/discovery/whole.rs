//! A source that answers for everything at once, as one part.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    model::{
        Evidence, Query, Source,
        discovery::{Discovery, Finding, Part, Parts, Thing},
    },
    sources::space::Member,
};

/// What is asked.
enum Asked {
    Source(Arc<dyn Source>),
    Member(Arc<dyn Member>),
}

/// A source that is asked for its resources and relations.
pub struct Whole(Asked);

impl Whole {
    /// Of any source.
    pub const fn of(source: Arc<dyn Source>) -> Self {
        Self(Asked::Source(source))
    }

    /// Of a member of a space, which may have nothing to say.
    pub const fn of_member(member: Arc<dyn Member>) -> Self {
        Self(Asked::Member(member))
    }

    fn source(&self) -> &dyn Source {
        match &self.0 {
            Asked::Source(source) => source.as_ref(),
            Asked::Member(member) => member.as_ref(),
        }
    }

    fn part(&self, query: Query) -> Option<Query> {
        match &self.0 {
            Asked::Source(_) => Some(query),
            Asked::Member(member) => member.part(&query),
        }
    }
}

#[async_trait]
impl Discovery for Whole {
    fn place(&self) -> String {
        self.source().name().to_owned()
    }

    async fn parts(&self) -> Parts {
        let asked = [Query::Inventory, Query::Relations];
        let asked = asked.into_iter().filter_map(|query| self.part(query));
        Parts {
            parts: asked.map(|query| Part::new(query.kind())).collect(),
            ..Parts::default()
        }
    }

    async fn read(&self, part: &Part) -> Finding {
        let query = match part.name.as_str() {
            "inventory" => Query::Inventory,
            _ => Query::Relations,
        };
        let Some(query) = self.part(query) else {
            return Finding::default();
        };
        let answer = self.source().answer(&query).await;
        let mut finding = Finding {
            gaps: answer.gaps,
            calls: answer.calls,
            ..Finding::default()
        };
        match answer.evidence {
            Some(Evidence::Inventory(resources)) => {
                finding.things = resources.into_iter().map(Thing::new).collect();
            }
            Some(Evidence::Relations(relations)) => finding.relations = relations,
            _ => {}
        }
        finding
    }
}
