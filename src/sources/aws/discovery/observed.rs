//! Who calls whom, as X-Ray and Application Signals saw it in the last hours.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::ask::Ask;
use crate::{
    aws::{
        AwsError, ErrorKind, observed,
        operations::{
            GET_SERVICE_GRAPH, GET_TRACE_SUMMARIES, GET_TRACES, LIST_SIGNAL_DEPENDENCIES,
            LIST_SIGNAL_SERVICES,
        },
    },
    model::{
        Text,
        discovery::{Actor, Seen},
    },
};

/// The longest stretch of time that a service graph covers.
const SPAN: SignedDuration = SignedDuration::from_hours(6);
/// Pages of any listing.
const PAGES: usize = 20;
/// Traces that are read where there is no graph, and how many in one call.
const TRACES: usize = 25;
const TRACES_A_CALL: usize = 5;
/// Watched services whose dependencies are asked for.
const SERVICES: usize = 200;

fn window(ask: &Ask<'_>) -> (i64, i64) {
    let now = ask.now();
    ((now - SPAN).as_second(), now.as_second())
}

/// The service graph; where that is empty, what single traces show.
pub(super) async fn traces(ask: &mut Ask<'_>) -> Vec<Seen> {
    let outcome = graph(ask).await;
    let what = || Text::from("the service graph of X-Ray");
    let Some(seen) = ask.keep(outcome, what, None) else {
        return Vec::new();
    };
    if !seen.is_empty() {
        return seen;
    }
    let outcome = single(ask).await;
    let seen = ask.keep(outcome, || "traces of X-Ray".into(), None);
    seen.unwrap_or_default()
}

/// The service graph for an investigation. An endpoint without X-Ray is no gap there: nothing was traced.
pub(in super::super) async fn graph_of_traces(ask: &mut Ask<'_>) -> Vec<Seen> {
    match graph(ask).await {
        Ok(seen) => seen,
        Err(error) => {
            if matches!(
                error.kind,
                ErrorKind::Denied
                    | ErrorKind::Throttled
                    | ErrorKind::Unreachable
                    | ErrorKind::CredentialsExpired
                    | ErrorKind::CredentialsMissing
                    | ErrorKind::Budget
            ) {
                ask.missed(&error, "the service graph of X-Ray".into(), None);
            }
            Vec::new()
        }
    }
}

async fn graph(ask: &Ask<'_>) -> Result<Vec<Seen>, AwsError> {
    let (start, end) = window(ask);
    let mut services: BTreeMap<i64, Actor> = BTreeMap::new();
    let mut edges: BTreeSet<(i64, i64)> = BTreeSet::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let mut body = json!({"StartTime": start, "EndTime": end});
        if let Some(token) = token.take() {
            body["NextToken"] = Value::from(token);
        }
        let page = observed::post(&ask.aws, GET_SERVICE_GRAPH, "ServiceGraph", &body).await?;
        for service in observed::listed(&page, "Services", GET_SERVICE_GRAPH)? {
            let Some(number) = service.get("ReferenceId").and_then(Value::as_i64) else {
                continue;
            };
            let word = |key: &str| service.get(key).and_then(Value::as_str).unwrap_or_default();
            services.insert(
                number,
                Actor {
                    kind: word("Type").to_owned(),
                    name: word("Name").to_owned(),
                },
            );
            for edge in items(service, "Edges") {
                edges.extend(
                    edge.get("ReferenceId")
                        .and_then(Value::as_i64)
                        .map(|to| (number, to)),
                );
            }
        }
        token = next(&page);
        if token.is_none() {
            break;
        }
    }
    let seen: BTreeSet<Seen> = edges
        .into_iter()
        .filter_map(|(from, to)| {
            Some(Seen {
                from: services.get(&from)?.clone(),
                to: services.get(&to)?.clone(),
            })
        })
        .collect();
    Ok(seen.into_iter().collect())
}

async fn single(ask: &Ask<'_>) -> Result<Vec<Seen>, AwsError> {
    let (start, end) = window(ask);
    let body = json!({"StartTime": start, "EndTime": end});
    let page = observed::post(&ask.aws, GET_TRACE_SUMMARIES, "TraceSummaries", &body).await?;
    let ids: Vec<&str> = observed::listed(&page, "TraceSummaries", GET_TRACE_SUMMARIES)?
        .iter()
        .filter_map(|summary| summary.get("Id")?.as_str())
        .take(TRACES)
        .collect();
    let mut seen = BTreeSet::new();
    for ids in ids.chunks(TRACES_A_CALL) {
        let page = observed::post(&ask.aws, GET_TRACES, "Traces", &json!({"TraceIds": ids})).await?;
        for trace in observed::listed(&page, "Traces", GET_TRACES)? {
            let documents: Vec<Value> = items(trace, "Segments")
                .filter_map(|segment| serde_json::from_str(segment.get("Document")?.as_str()?).ok())
                .collect();
            walk(&documents, &mut seen);
        }
    }
    Ok(seen.into_iter().collect())
}

/// Who calls whom in one trace: segments by their parents, and what subsegments say of AWS and of remote systems.
fn walk(segments: &[Value], seen: &mut BTreeSet<Seen>) {
    // The segment in which each part of the trace stands.
    let mut inside: BTreeMap<&str, Actor> = BTreeMap::new();
    for segment in segments {
        let own = actor_of(segment);
        mark(segment, &own, &mut inside);
        below(segment, &own, seen);
    }
    for segment in segments {
        let parent = segment.get("parent_id").and_then(Value::as_str);
        if let Some(from) = parent.and_then(|parent| inside.get(parent)) {
            seen.insert(Seen {
                from: from.clone(),
                to: actor_of(segment),
            });
        }
    }
}

fn actor_of(segment: &Value) -> Actor {
    let word = |key: &str| segment.get(key).and_then(Value::as_str).unwrap_or_default();
    Actor {
        kind: word("origin").to_owned(),
        name: word("name").to_owned(),
    }
}

fn mark<'a>(part: &'a Value, actor: &Actor, inside: &mut BTreeMap<&'a str, Actor>) {
    if let Some(id) = part.get("id").and_then(Value::as_str) {
        inside.insert(id, actor.clone());
    }
    for inner in items(part, "subsegments") {
        mark(inner, actor, inside);
    }
}

fn below(part: &Value, actor: &Actor, seen: &mut BTreeSet<Seen>) {
    for inner in items(part, "subsegments") {
        let word = |at: &str| inner.pointer(at).and_then(Value::as_str);
        let to = match word("/namespace") {
            Some("aws") => called(inner),
            Some("remote") => word("/name").map(|name| Actor {
                kind: "remote".to_owned(),
                name: name.to_owned(),
            }),
            _ => None,
        };
        seen.extend(to.map(|to| Seen {
            from: actor.clone(),
            to,
        }));
        below(inner, actor, seen);
    }
}

/// What a call to an AWS service names of it.
fn called(part: &Value) -> Option<Actor> {
    let named = [
        ("table_name", "AWS::DynamoDB::Table"),
        ("queue_url", "AWS::SQS::Queue"),
        ("topic_arn", "AWS::SNS::Topic"),
        ("function_name", "AWS::Lambda::Function"),
        ("bucket_name", "AWS::S3::Bucket"),
        ("state_machine_arn", "AWS::StepFunctions::StateMachine"),
        ("stream_name", "AWS::Kinesis::Stream"),
    ];
    let aws = part.get("aws")?;
    named.iter().find_map(|(key, kind)| {
        Some(Actor {
            kind: (*kind).to_owned(),
            name: aws.get(*key)?.as_str()?.to_owned(),
        })
    })
}

/// What the services that Application Signals watches depend on.
pub(super) async fn signals(ask: &mut Ask<'_>) -> Vec<Seen> {
    let outcome = dependencies(ask).await;
    let what = || Text::from("services that Application Signals watches");
    ask.keep(outcome, what, None).unwrap_or_default()
}

async fn dependencies(ask: &Ask<'_>) -> Result<Vec<Seen>, AwsError> {
    let (start, end) = window(ask);
    let span = format!("StartTime={start}&EndTime={end}&MaxResults=100");
    let mut services = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let path = format!("services?{span}{}", after(token.take()));
        let page = observed::get(&ask.aws, LIST_SIGNAL_SERVICES, &path).await?;
        let summaries = observed::listed(&page, "ServiceSummaries", LIST_SIGNAL_SERVICES)?;
        services.extend(
            summaries
                .iter()
                .filter_map(|service| service.get("KeyAttributes").cloned()),
        );
        token = next(&page);
        if token.is_none() {
            break;
        }
    }
    let mut seen = BTreeSet::new();
    for service in services.iter().take(SERVICES) {
        let Some(from) = attributed(service) else { continue };
        let body = json!({ "KeyAttributes": service });
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let path = format!("service-dependencies?{span}{}", after(token.take()));
            let page = observed::post(&ask.aws, LIST_SIGNAL_DEPENDENCIES, &path, &body).await?;
            let on = observed::listed(&page, "ServiceDependencies", LIST_SIGNAL_DEPENDENCIES)?
                .iter()
                .filter_map(|one| one.get("DependencyKeyAttributes"))
                .filter_map(attributed);
            seen.extend(on.map(|to| Seen {
                from: from.clone(),
                to,
            }));
            token = next(&page);
            if token.is_none() {
                break;
            }
        }
    }
    Ok(seen.into_iter().collect())
}

/// Who a service is by its key attributes.
fn attributed(attributes: &Value) -> Option<Actor> {
    let word = |key: &str| attributes.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let environment = word("Environment").unwrap_or_default();
    let actor = match word("Type")?.as_str() {
        "AWS::Resource" | "Resource" => Actor {
            kind: word("ResourceType")?,
            name: word("Identifier")?,
        },
        "AWS::Service" => Actor {
            kind: "AWS::Service".to_owned(),
            name: word("Name")?,
        },
        "RemoteService" => Actor {
            kind: "remote".to_owned(),
            name: word("Name")?,
        },
        _ if environment.starts_with("lambda:") => Actor {
            kind: "AWS::Lambda::Function".to_owned(),
            name: word("Name")?,
        },
        _ => Actor {
            kind: "service".to_owned(),
            name: word("Name")?,
        },
    };
    // A service of AWS as a whole is nobody.
    Some(actor).filter(|actor| actor.kind != "AWS::Service")
}

fn after(token: Option<String>) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    if let Some(token) = token {
        text.push_str("&NextToken=");
        for byte in token.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn next(page: &Value) -> Option<String> {
    let token = page.get("NextToken").and_then(Value::as_str);
    token.filter(|token| !token.is_empty()).map(ToOwned::to_owned)
}
