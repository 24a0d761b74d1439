//! Services that a vendor knows, and which of them calls which.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;

use super::{
    adapter::Ask,
    asking::{Asking, Page, missing},
    document, service_id,
};
use crate::model::{Evidence, Gap, GapKind, Relation, RelationKind, RelationOrigin, Resource};

/// Rows that are asked for where an adapter names no number.
const MOST: u32 = 1000;
/// Calls under way at the same time.
const AT_ONCE: usize = 4;

/// Services as resources.
pub(super) async fn inventory(asking: &Asking<'_>) -> Option<Evidence> {
    let ask = asking.adapter().inventory.as_ref()?;
    let names = match services(asking, ask).await {
        Ok(names) => names,
        Err(gap) => {
            asking.miss(gap);
            return None;
        }
    };
    let resources = names
        .into_iter()
        .map(|name| Resource::new(service_id(&name), "service", name));
    Some(Evidence::Inventory(resources.collect()))
}

async fn services(asking: &Asking<'_>, ask: &Ask) -> Result<BTreeSet<String>, Gap> {
    let page = page(asking, ask, "inventory", "services").await?;
    let names = page
        .rows
        .iter()
        .flat_map(|row| [all(ask, row, "service"), all(ask, row, "calls")].concat());
    Ok(names.collect())
}

async fn page(asking: &Asking<'_>, ask: &Ask, kind: &str, words: &str) -> Result<Page, Gap> {
    let what = asking.what(words, None);
    let limit = ask.most.unwrap_or(MOST);
    let blanks = asking.blanks(ask, kind, &what, None, limit).await?;
    let page = asking.page(ask, &what, &blanks).await?;
    if page.more || page.rows.len() >= limit as usize {
        let why = format!("there are more than the {limit} that are read");
        asking.miss(missing(
            GapKind::Truncated,
            &what,
            why,
            "narrow the space's scope of this connection",
        ));
    }
    Ok(page)
}

/// Which service calls which, as it was observed.
pub(super) async fn relations(asking: &Asking<'_>) -> Option<Evidence> {
    let ask = asking.adapter().relations.as_ref()?;
    let found = match ask.each {
        true => one_by_one(asking, ask).await,
        false => at_once(asking, ask).await,
    };
    match found {
        Ok(pairs) => {
            let relation = |(from, to): (String, String)| Relation {
                from: service_id(&from),
                to: service_id(&to),
                kind: RelationKind::Calls,
                origin: RelationOrigin::Trace,
            };
            let others = pairs.into_iter().filter(|(from, to)| from != to);
            Some(Evidence::Relations(others.map(relation).collect()))
        }
        Err(gap) => {
            asking.miss(gap);
            None
        }
    }
}

async fn at_once(asking: &Asking<'_>, ask: &Ask) -> Result<BTreeSet<(String, String)>, Gap> {
    let page = page(asking, ask, "relations", "service map").await?;
    // Where rows have ids, others are named by them.
    let ids: BTreeMap<String, String> = page
        .rows
        .iter()
        .filter_map(|row| {
            Some((
                all(ask, row, "id").into_iter().next()?,
                all(ask, row, "service").into_iter().next()?,
            ))
        })
        .collect();
    let mut pairs = BTreeSet::new();
    for row in &page.rows {
        let Some(from) = all(ask, row, "service").into_iter().next() else {
            continue;
        };
        for to in all(ask, row, "calls") {
            let to = match ids.is_empty() {
                true => Some(to),
                false => ids.get(&to).cloned(),
            };
            pairs.extend(to.map(|to| (from.clone(), to)));
        }
    }
    Ok(pairs)
}

async fn one_by_one(asking: &Asking<'_>, ask: &Ask) -> Result<BTreeSet<(String, String)>, Gap> {
    let what = asking.what("service map", None);
    let Some(first) = &asking.adapter().inventory else {
        return Ok(BTreeSet::new());
    };
    let services = services(asking, first).await?;
    let most = ask.most.unwrap_or(MOST) as usize;
    if services.len() > most {
        let why = format!("of {} services the calls of {most} are read", services.len());
        asking.miss(missing(
            GapKind::Truncated,
            &what,
            why,
            "narrow the space's scope of this connection",
        ));
    }
    let base = asking.blanks(ask, "relations", &what, None, MOST).await?;
    let mut calls = Vec::new();
    for name in services.iter().take(most) {
        let blanks = base.clone().text("value", name.as_str());
        let what = &what;
        calls.push(async move { (name, asking.page(ask, what, &blanks).await) }.boxed());
    }
    let answers: Vec<(&String, Result<Page, Gap>)> = stream::iter(calls).buffered(AT_ONCE).collect().await;
    let mut pairs = BTreeSet::new();
    let mut failure = None;
    for (from, answer) in answers {
        match answer {
            Ok(page) => {
                let called = page.rows.iter().flat_map(|row| all(ask, row, "calls"));
                pairs.extend(called.map(|to| (from.clone(), to)));
            }
            Err(gap) => failure = failure.or(Some(gap)),
        }
    }
    match failure {
        Some(gap) if pairs.is_empty() => Err(gap),
        failure => {
            if let Some(gap) = failure {
                asking.miss(gap);
            }
            Ok(pairs)
        }
    }
}

/// All names at a field of a row.
fn all(ask: &Ask, row: &Value, field: &str) -> Vec<String> {
    let found = ask
        .fields
        .get(field)
        .and_then(|places| document::field(row, places));
    let names = found.map(|value| document::list(&value)).unwrap_or_default();
    names
        .into_iter()
        .map(|name| name.trim().to_owned())
        .filter(|name| document::is_name(name))
        .collect()
}
