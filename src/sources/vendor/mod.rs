//! Telemetry vendors over their MCP servers: Datadog, New Relic, Splunk, Dynatrace, and Grafana with Prometheus and Loki.
//!
//! An adapter (`adapters/*.toml`) says which tool answers which question, with which arguments, and where in its answer the
//! values stand; [`VendorSource`] asks and reads. Queries are made of the adapter's own words and of values within quotes
//! (`quoting`), and only the tools that an adapter lists are ever called. What cannot be answered or read is a gap.

mod adapter;
mod asking;
mod caller;
mod client;
mod document;
mod fill;
mod map;
mod points;
mod quoting;
mod series;
mod told;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use tokio::sync::{Mutex, OnceCell};

use self::adapter::{Adapter, Ask};
use self::asking::Asking;
pub use self::caller::{CallError, ToolAnswer, ToolCaller, ToolInfo};
use super::space::Member;
use crate::{
    config::{Association, Connection, ConnectionKind},
    model::{Allowance, Answer, Query, Resource, ResourceId, Source, Text},
};

/// One vendor's server, as far as one space may use it.
pub struct VendorSource {
    name: String,
    adapter: Adapter,
    caller: Arc<dyn ToolCaller>,
    scope: BTreeMap<String, Vec<String>>,
    account: Option<String>,
    tools: OnceCell<Vec<ToolInfo>>,
    /// Ids that were looked up.
    looked_up: Mutex<BTreeMap<String, String>>,
}

/// The member of a space for a telemetry vendor; none for a connection of another kind. Nothing is asked yet.
///
/// # Errors
/// When the association narrows by a kind of id that the vendor does not know: a narrower that is left out would widen.
pub fn open(
    name: &str,
    connection: &Connection,
    association: &Association,
    caller: Arc<dyn ToolCaller>,
) -> Option<Result<Arc<dyn Member>, Text>> {
    let adapter = Adapter::of(connection.kind)?;
    Some(adapter.and_then(|adapter| {
        let source = VendorSource::new(name, adapter, connection, association, caller)?;
        Ok(Arc::new(source) as Arc<dyn Member>)
    }))
}

/// Every tool that midwatch may call at a telemetry vendor's server: the whole list, whatever the server has.
pub fn tools(kind: ConnectionKind) -> Vec<String> {
    let adapter = Adapter::of(kind).and_then(Result::ok);
    let tools = |adapter: Adapter| adapter.tools().into_iter().map(str::to_owned).collect();
    adapter.map(tools).unwrap_or_default()
}

impl VendorSource {
    fn new(
        name: &str,
        adapter: Adapter,
        connection: &Connection,
        association: &Association,
        caller: Arc<dyn ToolCaller>,
    ) -> Result<Self, Text> {
        for (kind, ids) in &association.scope {
            let known = adapter.scope.get(kind);
            let fits = |id: &String| match known {
                Some(scope) if scope.number => !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()),
                _ => adapter.quoting.value(id).is_some(),
            };
            if known.is_none() && !adapter.lookup.contains_key(kind) {
                let kinds: Vec<&str> = adapter
                    .scope
                    .keys()
                    .chain(adapter.lookup.keys())
                    .map(String::as_str)
                    .collect();
                return Err(Text::from("the scope of connection ")
                    .own(name)
                    .own(" names ")
                    .ext(kind.clone())
                    .own(format!(
                        ", which {} does not know\nhint: it can be narrowed by {}",
                        adapter.vendor,
                        kinds.join(", ")
                    )));
            }
            if let Some(id) = ids.iter().find(|id| !fits(id)) {
                return Err(Text::from("the scope of connection ")
                    .own(name)
                    .own(" holds ")
                    .ext(id.clone())
                    .own(format!(
                        ", which is no id of {}\nhint: correct it under scope.{kind}",
                        adapter.vendor
                    )));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            adapter,
            caller,
            scope: association.scope.clone(),
            account: connection.account.clone(),
            tools: OnceCell::new(),
            looked_up: Mutex::new(BTreeMap::new()),
        })
    }

    /// The questions' asks; empty when the vendor has nothing to say on it.
    fn asks(&self, query: &Query) -> &[Ask] {
        match query {
            Query::Catalogue { .. } => self.adapter.catalogue.as_slice(),
            Query::Metrics { .. } => self.adapter.metrics.as_slice(),
            Query::Logs { .. } => self.adapter.logs.as_slice(),
            Query::Changes { .. } => &self.adapter.changes,
            Query::Events { .. } => &self.adapter.events,
            Query::Inventory => self.adapter.inventory.as_slice(),
            Query::Relations => self.adapter.relations.as_slice(),
            _ => &[],
        }
    }

    fn knows(&self, resource: &Resource) -> bool {
        !resource.is_container() && self.adapter.called(resource).is_some()
    }
}

impl Member for VendorSource {
    fn part(&self, query: &Query) -> Option<Query> {
        if self.asks(query).is_empty() {
            return None;
        }
        let ours = |namespace: &String| *namespace == self.adapter.namespace;
        let fits = match query {
            Query::Catalogue {
                resource: Some(resource),
                namespace,
                ..
            } => namespace.as_ref().is_none_or(ours) && self.knows(resource),
            Query::Metrics { series, window } => {
                let series: Vec<_> = series
                    .iter()
                    .filter(|key| ours(&key.namespace))
                    .cloned()
                    .collect();
                let window = *window;
                return (!series.is_empty()).then_some(Query::Metrics { series, window });
            }
            Query::Logs {
                resource,
                group: None,
                filter,
                ..
            } => match resource {
                Some(resource) => self.knows(resource),
                None => filter.is_some() && self.adapter.anything.is_some(),
            },
            Query::Changes { resource, .. } | Query::Events { resource, .. } => {
                resource.as_ref().is_none_or(|resource| self.knows(resource))
            }
            Query::Inventory | Query::Relations => true,
            _ => false,
        };
        fits.then(|| query.clone())
    }

    fn namespace(&self) -> Option<&str> {
        Some(&self.adapter.namespace)
    }
}

#[async_trait]
impl Source for VendorSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        let asking = Asking::new(self, query.kind(), allowance);
        let evidence = match query {
            Query::Catalogue {
                resource: Some(resource),
                metric,
                ..
            } => series::catalogue(&asking, resource, metric.as_deref()).await,
            Query::Metrics { series, window } => series::metrics(&asking, series, *window).await,
            Query::Logs { .. } => told::logs(&asking, query).await,
            Query::Changes { resource, window } => told::changes(&asking, resource.as_ref(), *window).await,
            Query::Events { resource, window } => told::events(&asking, resource.as_ref(), *window).await,
            Query::Inventory => map::inventory(&asking).await,
            Query::Relations => map::relations(&asking).await,
            _ => None,
        };
        let mut answer = asking.answer(evidence);
        if answer.evidence.is_none() && answer.gaps.is_empty() {
            answer.gaps.push(self.nothing(query));
        }
        answer
    }
}

/// The id of a service that a vendor names. A space joins it with the AWS resource of the same name (`space::join`).
pub(super) fn service_id(name: &str) -> ResourceId {
    ResourceId(format!("service:{name}"))
}

impl VendorSource {
    fn nothing(&self, query: &Query) -> crate::model::Gap {
        crate::model::Gap {
            kind: crate::model::GapKind::Unsupported,
            what: query.text(),
            resource: query.resource().map(|resource| resource.id.clone()),
            why: Text::from(format!("{} is not asked such things", self.adapter.vendor)),
            hint: None,
        }
    }
}
