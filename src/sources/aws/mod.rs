//! Answers from AWS, one file a question. Read-only; what cannot be looked at becomes a gap.

mod abroad;
pub mod accounts;
pub mod alarm_states;
mod alarms;
mod ask;
mod catalogue;
mod changes;
mod cloudwatch;
mod configuration;
pub mod discovery;
mod events;
mod gaps;
mod identity;
mod inventory;
mod logs;
mod metrics;
pub mod naming;
mod performance;
pub mod probe;
mod relations;
mod stack_events;
mod stacks;
mod standing;
pub mod template;
mod trail;
pub mod wiring;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use self::ask::Ask;
pub use self::{
    gaps::gap as gap_of,
    standing::{Only, Standing, label},
};
use crate::{
    aws::Factory,
    model::{Allowance, Answer, Evidence, Gap, GapKind, Place, Query, Source, discovery::Discovery},
    sources::space::Member,
};

/// Answers from one AWS account and region.
pub struct AwsSource {
    factory: Factory,
    now: fn() -> Timestamp,
    /// What was learned of the account's stacks, kept for a minute: several questions need it.
    stacks: Mutex<stacks::Memory>,
    /// Where it stands in a space of several accounts; none: it is the only one.
    standing: Option<Arc<Standing>>,
}

impl AwsSource {
    /// A source that asks through `factory`; `now` tells the time (older metrics are kept in coarser periods).
    pub fn new(factory: Factory, now: fn() -> Timestamp) -> Self {
        Self {
            factory,
            now,
            stacks: Mutex::new(stacks::Memory::default()),
            standing: None,
        }
    }

    /// The source as one of several in a space: what it names elsewhere it names with its place, and it does not ask before
    /// it is let into its account.
    #[must_use]
    pub fn standing(self, standing: Standing) -> Self {
        Self {
            standing: Some(Arc::new(standing)),
            ..self
        }
    }

    /// The account and region that it reads, where it is one of several.
    pub fn place(&self) -> Option<&Place> {
        self.standing.as_ref().map(|standing| &standing.place)
    }

    /// Discovers what it answers for, part by part.
    pub fn discovery(&self) -> discovery::AwsDiscovery {
        let own = Self {
            standing: self.standing.clone(),
            ..Self::new(self.factory.clone(), self.now)
        };
        let chosen = self.standing.as_ref().map(|standing| standing.chosen());
        discovery::AwsDiscovery::new(own, chosen.unwrap_or_default())
    }

    /// Region that it answers for.
    pub fn region(&self) -> &str {
        self.factory.region()
    }
}

#[async_trait]
impl Source for AwsSource {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn discoveries(&self) -> Vec<Arc<dyn Discovery>> {
        vec![Arc::new(self.discovery())]
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        if is_inside_a_cluster(query) {
            return Answer::default();
        }
        let mut ask = Ask::new(self, allowance);
        if let Some(standing) = &self.standing
            && let Err(mut gap) = standing.enter(&mut ask).await
        {
            gap.resource = query.resource().map(|resource| resource.id.clone());
            return Answer::gap(gap, ask.aws.calls());
        }
        let mut evidence = self.found(&mut ask, query).await;
        if let Some(standing) = &self.standing {
            self.narrow(standing, &mut ask, &mut evidence).await;
        }
        Answer {
            evidence,
            calls: ask.aws.calls(),
            gaps: ask.gaps,
            by: Vec::new(),
        }
    }
}

impl Member for AwsSource {
    /// Where it is the only account and region, every question is for it but those to a connection.
    fn part(&self, query: &Query) -> Option<Query> {
        (!matches!(query, Query::Tool { .. })).then(|| query.clone())
    }
}

impl AwsSource {
    /// Leaves out what is not discovered.
    async fn narrow(&self, standing: &Standing, ask: &mut Ask<'_>, evidence: &mut Option<Evidence>) {
        match evidence {
            Some(Evidence::Inventory(resources)) => standing.narrow(resources).await,
            Some(Evidence::Relations(relations)) => {
                if standing.narrow_relations(relations).await {
                    return;
                }
                if let Some(Evidence::Inventory(mut resources)) = inventory::answer(ask).await {
                    standing.narrow(&mut resources).await;
                }
                if !standing.narrow_relations(relations).await {
                    relations.clear();
                }
            }
            _ => {}
        }
    }

    async fn found(&self, ask: &mut Ask<'_>, query: &Query) -> Option<Evidence> {
        match query {
            Query::Identity => identity::answer(ask).await,
            Query::Alarms { names, state, window } => alarms::answer(ask, names, *state, window).await,
            Query::Catalogue {
                resource,
                namespace,
                metric,
            } => catalogue::answer(ask, resource.as_ref(), namespace.as_deref(), metric.as_deref()).await,
            Query::Metrics { series, window } => metrics::answer(ask, series, window).await,
            Query::Logs {
                resource,
                group,
                window,
                filter,
                limit,
            } => {
                let wanted = logs::Wanted {
                    resource: resource.as_ref(),
                    group: group.as_deref(),
                    window,
                    filter: filter.as_ref(),
                    limit: *limit as usize,
                };
                logs::answer(ask, &wanted).await
            }
            Query::Changes { resource, window } => changes::answer(ask, resource.as_ref(), window).await,
            Query::Events { resource, window } => events::answer(ask, resource.as_ref(), window).await,
            Query::Configuration { resource } => configuration::answer(ask, resource).await,
            Query::Inventory => inventory::answer(ask).await,
            Query::Relations => relations::answer(ask).await,
            Query::Tool { .. } => {
                ask.gaps.push(Gap {
                    kind: GapKind::Unsupported,
                    what: query.text(),
                    resource: None,
                    why: "AWS has no tools of that kind".into(),
                    hint: Some("midwatch connection list says which connections have".into()),
                });
                None
            }
        }
    }
}

/// True for what only a Kubernetes cluster can say of its own objects. Their metrics are CloudWatch's (Container Insights).
fn is_inside_a_cluster(query: &Query) -> bool {
    let (Query::Logs {
        resource: Some(asked),
        ..
    }
    | Query::Changes {
        resource: Some(asked),
        ..
    }
    | Query::Events {
        resource: Some(asked),
        ..
    }
    | Query::Configuration { resource: asked }) = query
    else {
        return false;
    };
    asked.kind.starts_with("k8s/")
}
