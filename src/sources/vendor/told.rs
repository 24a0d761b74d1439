//! What was written and what was said: log lines, changes, problems.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    adapter::Ask,
    asking::{Asking, missing},
    document, quoting, service_id,
};
use crate::model::{
    Change, Evidence, Gap, GapKind, LogFilter, LogLine, LogPage, Query, Resource, ResourceId, ServiceEvent,
    Text, Window, inert,
};

/// Rows that are asked for where an adapter names no number.
const MOST: u32 = 500;
/// Characters of a summary.
const SUMMARY: usize = 300;

/// Something that was told at a time.
struct Item {
    at: Timestamp,
    service: Option<String>,
    row: Value,
}

/// Log lines of a resource, or those that hold the terms of a filter.
pub(super) async fn logs(asking: &Asking<'_>, query: &Query) -> Option<Evidence> {
    let Query::Logs {
        resource,
        window,
        filter,
        limit,
        ..
    } = query
    else {
        return None;
    };
    let ask = asking.adapter().logs.as_ref()?;
    let what = asking.what("logs", resource.as_ref());
    let limit = (*limit).min(ask.most.unwrap_or(MOST));
    let found = items(
        asking,
        ask,
        "logs",
        &what,
        resource.as_ref(),
        filter.as_ref(),
        *window,
        limit,
    )
    .await;
    let (items, more) = match found {
        Ok(found) => found,
        Err(gap) => {
            asking.miss(gap);
            return None;
        }
    };
    let truncated = more || items.len() >= limit as usize;
    if truncated {
        let why = format!("there are more than the {limit} lines that are read");
        let hint = "narrow the window with --window, or the space's scope of this connection";
        asking.miss(Gap {
            resource: resource.as_ref().map(|resource| resource.id.clone()),
            ..missing(GapKind::Truncated, &what, why, hint)
        });
    }
    let source = &asking.adapter().source;
    let mut lines: Vec<LogLine> = items
        .into_iter()
        .filter_map(|item| {
            let message = text(ask, &item.row, "message")?;
            filter
                .as_ref()
                .is_none_or(|filter| filter.keeps(&message))
                .then_some(())?;
            let named = item.service.as_deref();
            let asked = resource.as_ref().map(|resource| resource.name.as_str());
            Some(LogLine {
                at: item.at,
                group: match named.or(asked) {
                    Some(name) => format!("{source}:{name}"),
                    None => source.clone(),
                },
                stream: name(ask, &item.row, "stream"),
                resource: match resource {
                    Some(resource) => Some(resource.id.clone()),
                    None => named.map(service_id),
                },
                message,
            })
        })
        .collect();
    lines.sort_by_key(|line| line.at);
    let mut groups: Vec<String> = lines.iter().map(|line| line.group.clone()).collect();
    groups.sort();
    groups.dedup();
    Some(Evidence::Logs(LogPage {
        lines,
        groups,
        truncated,
    }))
}

/// Deployments and other changes.
pub(super) async fn changes(
    asking: &Asking<'_>,
    resource: Option<&Resource>,
    window: Window,
) -> Option<Evidence> {
    let source = &asking.adapter().source;
    let told = several(asking, &asking.adapter().changes, "changes", resource, window).await?;
    let mut changes: Vec<Change> = told
        .into_iter()
        .map(|(ask, item)| Change {
            at: item.at,
            source: source.clone(),
            kind: name(ask, &item.row, "kind").unwrap_or_else(|| "change".to_owned()),
            resource: whose(resource, item.service.as_deref()),
            actor: name(ask, &item.row, "actor"),
            summary: summary(ask, &item),
            detail: item.row,
        })
        .collect();
    changes.sort_by_key(|change| change.at);
    Some(Evidence::Changes(changes))
}

/// Problems and monitors that fired.
pub(super) async fn events(
    asking: &Asking<'_>,
    resource: Option<&Resource>,
    window: Window,
) -> Option<Evidence> {
    let source = &asking.adapter().source;
    let told = several(asking, &asking.adapter().events, "events", resource, window).await?;
    let mut events: Vec<ServiceEvent> = told
        .into_iter()
        .map(|(ask, item)| ServiceEvent {
            at: item.at,
            source: source.clone(),
            resource: whose(resource, item.service.as_deref()),
            category: name(ask, &item.row, "kind"),
            message: summary(ask, &item),
        })
        .collect();
    events.sort_by_key(|event| event.at);
    Some(Evidence::Events(events))
}

fn whose(asked: Option<&Resource>, service: Option<&str>) -> Option<ResourceId> {
    asked
        .map(|resource| resource.id.clone())
        .or_else(|| service.map(service_id))
}

fn summary(ask: &Ask, item: &Item) -> String {
    let words = text(ask, &item.row, "message").unwrap_or_default();
    let short: String = inert(&words).chars().take(SUMMARY).collect();
    match &item.service {
        Some(service) if !short.contains(service.as_str()) => format!("{service}: {short}"),
        _ => short,
    }
}

async fn several<'a>(
    asking: &Asking<'a>,
    asks: &'a [Ask],
    kind: &str,
    resource: Option<&Resource>,
    window: Window,
) -> Option<Vec<(&'a Ask, Item)>> {
    let what = asking.what(kind, resource);
    let mut told = None;
    for ask in asks {
        let limit = ask.most.unwrap_or(MOST);
        match items(asking, ask, kind, &what, resource, None, window, limit).await {
            Ok((items, more)) => {
                if more || items.len() >= limit as usize {
                    let why = format!("there are more than the {limit} that are read");
                    asking.miss(missing(
                        GapKind::Truncated,
                        &what,
                        why,
                        "narrow the window with --window",
                    ));
                }
                let told: &mut Vec<_> = told.get_or_insert_default();
                told.extend(items.into_iter().map(|item| (ask, item)));
            }
            Err(gap) => asking.miss(gap),
        }
    }
    told
}

/// The rows of a question that have a time in the window, as the vendor orders them.
#[expect(clippy::too_many_arguments, reason = "one question has that many sides")]
async fn items(
    asking: &Asking<'_>,
    ask: &Ask,
    kind: &str,
    what: &Text,
    resource: Option<&Resource>,
    filter: Option<&LogFilter>,
    window: Window,
    limit: u32,
) -> Result<(Vec<Item>, bool), Gap> {
    let blanks = asking.blanks(ask, kind, what, Some(window), limit).await?;
    let blanks = blanks.text("terms", terms(asking, filter));
    let names = match resource {
        Some(resource) => asking.named(resource, what)?,
        None => Vec::new(),
    };
    let rounds: Vec<&[(String, String)]> = match (ask.each, names.is_empty()) {
        (true, false) => names.chunks(1).collect(),
        _ => vec![names.as_slice()],
    };
    let (mut rows, mut more) = (Vec::new(), false);
    for round in rounds {
        let condition = match round {
            [] => asking.adapter().anything.clone().unwrap_or_default(),
            round => asking.condition(round),
        };
        let mut filled = blanks.clone().text("names", condition);
        if let Some((key, value)) = round.first() {
            filled = filled.text("key", key).text("value", value);
        }
        let page = asking.page(ask, what, &filled).await?;
        more |= page.more;
        rows = page.rows;
        if !rows.is_empty() {
            break;
        }
    }
    let of_resource = ask.each
        || ask
            .arguments
            .values()
            .any(|value| value.to_string().contains("{names}"));
    let count = rows.len();
    let timed: Vec<Item> = rows
        .into_iter()
        .filter_map(|row| {
            Some(Item {
                at: document::time(&field(ask, &row, "at")?)?,
                service: name(ask, &row, "service"),
                row,
            })
        })
        .collect();
    if timed.is_empty() && count > 0 {
        let why = format!("{} answered with rows that have no time", asking.adapter().vendor);
        let hint = "midwatch connection test shows what it answers; a newer midwatch may know it";
        return Err(missing(GapKind::Failed, what, why, hint));
    }
    let is_of = |item: &Item| match resource {
        Some(resource) if !of_resource => item
            .service
            .as_ref()
            .is_some_and(|service| quoting::tag(service) == quoting::tag(&resource.name)),
        _ => true,
    };
    let kept = timed
        .into_iter()
        .filter(|item| window.contains(item.at) && is_of(item));
    // A server that gives more than it was asked for says by it that there is more.
    Ok((kept.take(limit as usize).collect(), more))
}

/// The terms of a filter as a condition; empty when the vendor cannot look for one of them.
fn terms(asking: &Asking<'_>, filter: Option<&LogFilter>) -> String {
    let adapter = asking.adapter();
    let (Some(filter), Some(joint)) = (filter, &adapter.term) else {
        return String::new();
    };
    let pieces: Option<Vec<String>> = filter
        .any
        .iter()
        .map(|term| Some(joint.piece("", &quoting::term(term)?)))
        .collect();
    pieces.map(|pieces| joint.any_of(&pieces)).unwrap_or_default()
}

fn field(ask: &Ask, row: &Value, name: &str) -> Option<Value> {
    document::field(row, ask.fields.get(name)?)
}

fn text(ask: &Ask, row: &Value, name: &str) -> Option<String> {
    document::words(&field(ask, row, name)?)
}

fn name(ask: &Ask, row: &Value, name: &str) -> Option<String> {
    document::name(&field(ask, row, name)?)
}
