//! What services say of themselves, one file a service. For one resource only those are asked that can say something of it;
//! for none, those that answer for the whole account in a call or two.

mod canary;
mod ecs;
mod health;
mod health_check;
mod rds;
mod scaling;

use jiff::Timestamp;
use serde_json::Value;

use super::{ask::Ask, gaps, naming};
use crate::{
    aws::{AwsError, Factory},
    model::{Evidence, Gap, Resource, ResourceId, ServiceEvent, Text, Window},
};

/// One question to one service.
struct Asked<'a> {
    aws: &'a Factory,
    resource: Option<&'a Resource>,
    window: &'a Window,
}

/// What one service said, and what it did not.
#[derive(Default)]
struct Told {
    events: Vec<ServiceEvent>,
    gaps: Vec<Gap>,
    /// True when the service answered.
    answered: bool,
}

impl Told {
    /// The value of a call; a failure is written down as a gap.
    fn keep<T>(&mut self, asked: &Asked<'_>, whose: &str, outcome: Result<T, AwsError>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.answered = true;
                Some(value)
            }
            Err(error) => {
                self.gaps.push(gaps::gap(
                    &error,
                    Text::from(whose),
                    asked.resource.map(|resource| resource.id.clone()),
                ));
                None
            }
        }
    }
}

/// Who says something of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Rds,
    Ecs,
    AutoScaling,
    ApplicationScaling,
    Canary,
    HealthCheck,
}

/// Those that say something of resources of this type.
fn voices(kind: &str) -> &'static [Voice] {
    match kind {
        "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" => &[Voice::Rds],
        "AWS::ECS::Service" => &[Voice::Ecs, Voice::ApplicationScaling],
        "AWS::DynamoDB::Table" => &[Voice::ApplicationScaling],
        "AWS::AutoScaling::AutoScalingGroup" => &[Voice::AutoScaling],
        "AWS::Synthetics::Canary" => &[Voice::Canary],
        "AWS::Route53::HealthCheck" => &[Voice::HealthCheck],
        _ => &[],
    }
}

pub(super) async fn answer(
    ask: &mut Ask<'_>,
    resource: Option<&Resource>,
    window: &Window,
) -> Option<Evidence> {
    let asked = Asked {
        aws: &ask.aws,
        resource,
        window,
    };
    let told = match resource {
        None => {
            let (health, rds, scaling) =
                tokio::join!(health::ask(&asked), rds::ask(&asked), scaling::groups(&asked));
            vec![health, rds, scaling]
        }
        Some(resource) => {
            let mut told = Vec::new();
            for voice in voices(&resource.kind) {
                told.push(match voice {
                    Voice::Rds => rds::ask(&asked).await,
                    Voice::Ecs => ecs::ask(&asked, resource).await,
                    Voice::AutoScaling => scaling::groups(&asked).await,
                    Voice::ApplicationScaling => scaling::targets(&asked, resource).await,
                    Voice::Canary => canary::ask(&asked, resource).await,
                    Voice::HealthCheck => health_check::ask(&asked, resource).await,
                });
            }
            told
        }
    };
    let silent = told.is_empty();
    let mut events = Vec::new();
    let mut answered = silent;
    for told in told {
        answered |= told.answered;
        events.extend(told.events);
        ask.gaps.extend(told.gaps);
    }
    events.retain(|event| window.contains(event.at));
    // Services list in an order of their own; of two at one moment the text decides.
    events.sort_by(|a, b| (a.at, &a.source, &a.message).cmp(&(b.at, &b.source, &b.message)));
    events.dedup();
    answered.then_some(Evidence::Events(events))
}

/// What a service said.
fn event(
    at: Timestamp,
    source: &str,
    resource: Option<ResourceId>,
    category: Option<&str>,
    message: impl Into<String>,
) -> ServiceEvent {
    ServiceEvent {
        at,
        source: source.to_owned(),
        resource,
        category: category.filter(|word| !word.is_empty()).map(ToOwned::to_owned),
        message: message.into(),
    }
}

/// The asked resource's id, or that of the named one.
fn whose(asked: &Asked<'_>, kind: &str, name: &str) -> Option<ResourceId> {
    match asked.resource {
        Some(resource) => Some(resource.id.clone()),
        None => (!name.is_empty()).then(|| naming::resource_id(kind, name)),
    }
}

/// A time as AWS writes it: epoch seconds in JSON, or RFC 3339.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => super::ask::epoch(other.as_f64()?),
    }
}

/// Text of a field; nothing where it has none.
fn words<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Items of a list; none where there is no list.
fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
