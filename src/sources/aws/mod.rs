//! Answers from AWS, one file a question. Read-only; what cannot be looked at becomes a gap.

mod alarms;
mod ask;
mod catalogue;
mod changes;
mod cloudwatch;
mod configuration;
mod events;
mod gaps;
mod identity;
mod inventory;
mod logs;
mod metrics;
pub mod naming;
mod performance;
mod relations;
mod stack_events;
mod stacks;
pub mod template;
mod trail;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use self::ask::Ask;
pub use self::gaps::gap as gap_of;
use crate::{
    aws::Factory,
    model::{Allowance, Answer, Query, Source},
};

/// Answers from one AWS account and region.
pub struct AwsSource {
    factory: Factory,
    now: fn() -> Timestamp,
    /// What was learned of the account's stacks, kept for a minute: several questions need it.
    stacks: Mutex<stacks::Memory>,
}

impl AwsSource {
    /// A source that asks through `factory`; `now` tells the time (older metrics are kept in coarser periods).
    pub fn new(factory: Factory, now: fn() -> Timestamp) -> Self {
        Self {
            factory,
            now,
            stacks: Mutex::new(stacks::Memory::default()),
        }
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

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        if is_inside_a_cluster(query) {
            return Answer::default();
        }
        let mut ask = Ask::new(self, allowance);
        let evidence = match query {
            Query::Identity => identity::answer(&mut ask).await,
            Query::Alarms { names, state, window } => alarms::answer(&mut ask, names, *state, window).await,
            Query::Catalogue {
                resource,
                namespace,
                metric,
            } => {
                catalogue::answer(
                    &mut ask,
                    resource.as_ref(),
                    namespace.as_deref(),
                    metric.as_deref(),
                )
                .await
            }
            Query::Metrics { series, window } => metrics::answer(&mut ask, series, window).await,
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
                logs::answer(&mut ask, &wanted).await
            }
            Query::Changes { resource, window } => changes::answer(&mut ask, resource.as_ref(), window).await,
            Query::Events { resource, window } => events::answer(&mut ask, resource.as_ref(), window).await,
            Query::Configuration { resource } => configuration::answer(&mut ask, resource).await,
            Query::Inventory => inventory::answer(&mut ask).await,
            Query::Relations => relations::answer(&mut ask).await,
        };
        Answer {
            evidence,
            calls: ask.aws.calls(),
            gaps: ask.gaps,
            by: Vec::new(),
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
