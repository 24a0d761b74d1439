//! Answers from AWS, one file a question. Read-only; what cannot be looked at becomes a gap.

mod alarms;
mod ask;
mod catalogue;
mod changes;
mod cloudwatch;
mod configuration;
mod gaps;
mod identity;
mod inventory;
mod logs;
mod metrics;
pub mod naming;
mod relations;
mod stack_events;
mod stacks;
pub mod template;
mod trail;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use self::ask::Ask;
use crate::{
    aws::Factory,
    model::{Allowance, Answer, Gap, GapKind, Query, Source, Text},
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
            Query::Events { .. } => {
                ask.gaps.push(Gap {
                    kind: GapKind::Unsupported,
                    what: query.text(),
                    resource: None,
                    why: "midwatch does not read what AWS services say of themselves yet".into(),
                    hint: Some(Text::from(
                        "look at the AWS Health dashboard and the service's own events page",
                    )),
                });
                None
            }
            Query::Configuration { resource } => configuration::answer(&mut ask, resource).await,
            Query::Inventory => inventory::answer(&mut ask).await,
            Query::Relations => relations::answer(&mut ask).await,
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
        };
        Answer {
            evidence,
            calls: ask.aws.calls(),
            gaps: ask.gaps,
            by: Vec::new(),
        }
    }
}
