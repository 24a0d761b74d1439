//! What there is to know of a vendor, as data: which tool answers which question, with which arguments, and where in its
//! answer the values stand.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::quoting::Quoting;
use crate::{
    config::ConnectionKind,
    model::{Resource, Text},
};

/// A vendor's adapter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Adapter {
    /// The vendor's name.
    pub vendor: String,
    /// Namespace of its series.
    pub namespace: String,
    /// Its word in changes, events and log groups.
    pub source: String,
    /// How values are written.
    pub quoting: Quoting,
    /// How a condition is written.
    pub condition: Joint,
    /// How the dimensions of a series are written, where that is another way.
    pub dims: Option<Joint>,
    /// How the terms of a log filter are written.
    pub term: Option<Joint>,
    /// What stands for the scope where the space gives none.
    #[serde(default)]
    pub unscoped: String,
    /// The condition that everything meets; none where a question must name somebody.
    pub anything: Option<String>,
    /// Kinds of ids that narrow the questions.
    #[serde(default)]
    pub scope: BTreeMap<String, Scope>,
    /// What must be looked up before (the id of a data source); a scope of the same name stands for it.
    #[serde(default)]
    pub lookup: BTreeMap<String, Ask>,
    /// Under which keys the vendor knows resources, by their type; the first that fits.
    #[serde(default)]
    pub called: Vec<Called>,
    pub catalogue: Option<Ask>,
    pub metrics: Option<Ask>,
    #[serde(default)]
    pub measures: Vec<Measure>,
    pub logs: Option<Ask>,
    #[serde(default)]
    pub changes: Vec<Ask>,
    #[serde(default)]
    pub events: Vec<Ask>,
    pub inventory: Option<Ask>,
    pub relations: Option<Ask>,
}

/// How pieces are put together to a condition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Joint {
    /// One piece, with `{key}` and `{value}`.
    pub one: String,
    /// Between pieces of which one must hold.
    pub any: String,
    /// Between pieces that must all hold.
    #[serde(default)]
    pub all: String,
    /// Before all pieces.
    #[serde(default)]
    pub open: String,
    /// After all pieces.
    #[serde(default)]
    pub close: String,
}

/// A kind of ids that narrows questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    /// One id as a condition, with `{value}`.
    pub one: String,
    /// The same in a metric query, where ids are tags there.
    pub tag: Option<String>,
    /// The questions that it narrows; empty: all.
    #[serde(default)]
    pub asks: Vec<String>,
    /// True for ids that are numbers and stand without quotes.
    #[serde(default)]
    pub number: bool,
}

/// Keys under which resources of some types are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Called {
    /// Types as CloudFormation spells them; `*` at the end stands for any ending; `plain` for whatever is not of AWS.
    pub types: Vec<String>,
    /// The keys.
    pub keys: Vec<String>,
    /// True for values that are kept as tags: lower case, without special characters.
    #[serde(default)]
    pub tag: bool,
}

/// How one question is put.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// Names of the tool, the newest first: servers have had several generations.
    pub tools: Vec<String>,
    /// Arguments by name (`new|old`: the first that the tool takes), with blanks to fill in. What the tool does not take
    /// is not sent.
    #[serde(default)]
    pub arguments: BTreeMap<String, toml::Value>,
    /// JSON pointers to the rows of the answer, the first that is a list; `""` is the answer itself.
    #[serde(default)]
    pub rows: Vec<String>,
    /// Where the values stand in a row: pointers (`/a/b`), keys, `tag:KEY` or `=literal`, the first that is there.
    #[serde(default)]
    pub fields: BTreeMap<String, Vec<String>>,
    /// JSON pointers to what says that there was more.
    #[serde(default)]
    pub more: Vec<String>,
    /// Rows that are asked for at most.
    pub most: Option<u32>,
    /// What is asked for one key, where a query holds several.
    pub one: Option<String>,
    /// True: asked for one key of a resource after the other, until there is an answer.
    #[serde(default)]
    pub each: bool,
    /// Queries that fit into one call.
    pub batch: Option<usize>,
    /// The longest stretch that one call covers, in periods.
    pub longest: Option<i64>,
}

/// Something that is measured, and how it is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measure {
    /// What the catalogue says there is (an event type, an entity type); none: the measure is for metrics by name.
    pub of: Option<String>,
    /// Its name; none: the listed metric's own.
    pub metric: Option<String>,
    /// Endings of the listed names that it is for; empty: any.
    #[serde(default)]
    pub ends: Vec<String>,
    /// Words in the listed names that it is for; empty: any.
    #[serde(default)]
    pub has: Vec<String>,
    /// Taken off the end of a listed name.
    #[serde(default)]
    pub strip: String,
    /// Put at the end of it, to tell what was made of it.
    #[serde(default)]
    pub append: String,
    /// True: it is not worth reading.
    #[serde(default)]
    pub skip: bool,
    /// True: further measures may be for the same listed name.
    #[serde(default)]
    pub and: bool,
    /// Statistic.
    #[serde(default)]
    pub stat: String,
    /// Unit as CloudWatch spells it.
    pub unit: Option<String>,
    /// The key whose value is the resource's name; none: the one that the catalogue gives.
    pub by: Option<String>,
    /// The query.
    #[serde(default)]
    pub query: String,
}

impl Adapter {
    /// The adapter of a kind of connection; none for a kind that is no telemetry vendor.
    pub fn of(kind: ConnectionKind) -> Option<Result<Self, Text>> {
        let text = match kind {
            ConnectionKind::Datadog => include_str!("adapters/datadog.toml"),
            ConnectionKind::NewRelic => include_str!("adapters/newrelic.toml"),
            ConnectionKind::Splunk => include_str!("adapters/splunk.toml"),
            ConnectionKind::Dynatrace => include_str!("adapters/dynatrace.toml"),
            ConnectionKind::Grafana => include_str!("adapters/grafana.toml"),
            _ => return None,
        };
        Some(toml::from_str(text).map_err(|error| Text::from(format!("{}: {error}", kind.as_str()))))
    }

    /// Keys under which a resource is known; none when the vendor does not know such resources.
    pub fn called(&self, resource: &Resource) -> Option<&Called> {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            _ if pattern == "plain" => !resource.kind.contains("::"),
            Some(start) => resource.kind.starts_with(start),
            None => *pattern == resource.kind,
        };
        self.called.iter().find(|called| called.types.iter().any(fits))
    }

    /// Every tool that the adapter may call: a closed list.
    pub fn tools(&self) -> Vec<&str> {
        let asks = self
            .lookup
            .values()
            .chain(&self.catalogue)
            .chain(&self.metrics)
            .chain(&self.logs)
            .chain(&self.changes)
            .chain(&self.events)
            .chain(&self.inventory)
            .chain(&self.relations);
        let mut tools: Vec<&str> = asks
            .flat_map(|ask| ask.tools.iter().map(String::as_str))
            .collect();
        tools.sort_unstable();
        tools.dedup();
        tools
    }

    /// The measures that one entry of the catalogue stands for, each with its metric's name.
    pub fn measured(&self, listed: &str) -> Vec<(&Measure, String)> {
        let mut found = Vec::new();
        for measure in &self.measures {
            let name = match (&measure.of, &measure.metric) {
                (Some(of), Some(metric)) if of == listed => Some(metric.clone()),
                (None, _) if measure.is_for(listed) => {
                    let stem = listed.strip_suffix(measure.strip.as_str()).unwrap_or(listed);
                    Some(format!("{stem}{}", measure.append))
                }
                _ => None,
            };
            if let Some(name) = name {
                if measure.skip {
                    break;
                }
                found.push((measure, name));
                if measure.of.is_none() && !measure.and {
                    break;
                }
            }
        }
        found
    }

    /// The measure behind a series, and what its metric is called at the vendor's.
    pub fn behind<'a>(&'a self, metric: &'a str, stat: &str) -> Option<(&'a Measure, &'a str)> {
        self.measures
            .iter()
            .filter(|measure| measure.stat == stat)
            .find_map(|measure| match (&measure.of, &measure.metric) {
                (Some(_), Some(own)) => (own == metric).then_some((measure, metric)),
                (Some(_), None) => None,
                (None, _) if measure.append.is_empty() => measure.is_for(metric).then_some((measure, metric)),
                (None, _) => Some((measure, metric.strip_suffix(measure.append.as_str())?)),
            })
    }
}

impl Measure {
    fn is_for(&self, listed: &str) -> bool {
        (self.ends.is_empty() || self.ends.iter().any(|end| listed.ends_with(end.as_str())))
            && (self.has.is_empty() || self.has.iter().any(|word| listed.contains(word.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VENDORS: [ConnectionKind; 5] = [
        ConnectionKind::Datadog,
        ConnectionKind::NewRelic,
        ConnectionKind::Splunk,
        ConnectionKind::Dynatrace,
        ConnectionKind::Grafana,
    ];

    #[test]
    fn every_adapter_is_sound() {
        for kind in VENDORS {
            let adapter = Adapter::of(kind).unwrap().unwrap();
            assert_eq!(adapter.source, kind.as_str());
            assert!(adapter.logs.is_some(), "{kind:?}");
            for measure in adapter.measures.iter().filter(|measure| !measure.skip) {
                assert!(
                    !measure.query.is_empty() && !measure.stat.is_empty(),
                    "{measure:?}"
                );
                assert_eq!(measure.of.is_some(), measure.metric.is_some(), "{measure:?}");
            }
        }
        assert!(Adapter::of(ConnectionKind::Github).is_none());
    }

    #[test]
    fn only_these_tools_are_ever_called() {
        let tools: Vec<String> = VENDORS
            .iter()
            .flat_map(|kind| {
                let adapter = Adapter::of(*kind).unwrap().unwrap();
                let own: Vec<String> = adapter.tools().into_iter().map(str::to_owned).collect();
                own
            })
            .collect();
        assert_eq!(
            tools,
            [
                "get_datadog_metric",
                "search_datadog_events",
                "search_datadog_logs",
                "search_datadog_metrics",
                "search_datadog_service_dependencies",
                "search_datadog_services",
                "execute_nrql_query",
                "run_nrql_query",
                "run_splunk_query",
                "splunk_run_query",
                "execute-dql",
                "execute_dql",
                "list_datasources",
                "query_loki_logs",
                "query_prometheus",
            ]
        );
    }

    #[test]
    fn a_series_leads_back_to_its_measure() {
        for (kind, listed) in [
            (ConnectionKind::Grafana, "http_requests_total"),
            (ConnectionKind::Grafana, "http_request_duration_seconds_count"),
            (ConnectionKind::Grafana, "process_open_fds"),
            (ConnectionKind::Datadog, "trace.http.request.errors"),
            (ConnectionKind::Datadog, "system.cpu.user"),
            (ConnectionKind::NewRelic, "Transaction"),
            (ConnectionKind::Dynatrace, "dt.entity.service"),
            (ConnectionKind::Splunk, "queue.depth"),
        ] {
            let adapter = Adapter::of(kind).unwrap().unwrap();
            let measured = adapter.measured(listed);
            assert!(!measured.is_empty(), "{listed}");
            for (measure, name) in measured {
                let (back, _) = adapter.behind(&name, &measure.stat).unwrap();
                assert_eq!(back.query, measure.query, "{name}");
            }
        }
    }
}
