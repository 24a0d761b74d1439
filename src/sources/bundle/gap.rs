//! `gaps.jsonl`: what the capture could not get, and which questions meet it.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Gap, GapKind, Query, Resource, ResourceId, SeriesKey, Text};

/// One line of `gaps.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GapLine {
    /// What is missing: a kind of telemetry (`logs`, `metrics`, `changes` ...), a metric or a log group, in free words.
    pub(super) what: String,
    #[serde(default)]
    pub(super) resource: Option<ResourceId>,
    #[serde(default)]
    pub(super) from: Option<Timestamp>,
    #[serde(default)]
    pub(super) to: Option<Timestamp>,
    pub(super) why: String,
    /// The sort of reason; none: as the words of `why` tell.
    #[serde(default)]
    pub(super) kind: Option<GapKind>,
    /// What would mend it.
    #[serde(default)]
    pub(super) hint: Option<String>,
}

/// How a gap meets a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meets {
    /// Nothing of the answer can be had.
    Wholly,
    /// A part of it cannot be had.
    Partly,
}

/// Words by which a gap names a kind of question.
const WORDS: [(&str, &[&str]); 10] = [
    ("alarms", &["alarm", "alarms"]),
    ("catalogue", &["metric", "metrics", "catalogue"]),
    ("metrics", &["metric", "metrics", "series", "datapoints"]),
    ("logs", &["log", "logs"]),
    (
        "changes",
        &[
            "change",
            "changes",
            "cloudtrail",
            "deployment",
            "deployments",
            "deploys",
        ],
    ),
    ("events", &["event", "events"]),
    ("configuration", &["configuration", "config"]),
    ("inventory", &["inventory", "resources", "tags"]),
    ("relations", &["relations", "topology", "traces"]),
    ("tool", &["tools"]),
];
const EVERYTHING: [&str; 3] = ["everything", "all", "telemetry"];

impl GapLine {
    /// Order of gaps: time, resource, words.
    pub(super) fn order(a: &Self, b: &Self) -> Ordering {
        (a.from, a.to, &a.resource, &a.what, &a.why, a.kind, &a.hint).cmp(&(
            b.from,
            b.to,
            &b.resource,
            &b.what,
            &b.why,
            b.kind,
            &b.hint,
        ))
    }

    /// The gap as an answer.
    pub(super) fn gap(&self) -> Gap {
        let kind = self.kind.unwrap_or_else(|| kind_of(&self.why));
        Gap {
            kind,
            what: Text::new().ext(self.what.clone()),
            resource: self.resource.clone(),
            why: Text::new().ext(self.why.clone()),
            hint: match &self.hint {
                Some(hint) => Some(Text::new().ext(hint.clone())),
                None => hint_of(kind).map(Text::from),
            },
        }
    }

    /// Whether, and how far, a question meets this gap.
    pub(super) fn meets(&self, query: &Query) -> Option<Meets> {
        let named = self.named(query)?;
        let time = self.in_time(query)?;
        let place = self.in_place(query)?;
        Some(if [named, time, place].contains(&Meets::Partly) {
            Meets::Partly
        } else {
            Meets::Wholly
        })
    }

    /// By its words. A gap whose words name no kind, metric or group is told with the inventory, so that it is told.
    fn named(&self, query: &Query) -> Option<Meets> {
        if is_of_a_tool(&self.what) {
            let asked = matches!(query, Query::Tool { .. }) && query.text().plain() == self.what;
            return asked.then_some(Meets::Wholly);
        }
        let words: Vec<&str> = self
            .what
            .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/'))
            .filter(|word| !word.is_empty())
            .collect();
        let has = |known: &[&str]| {
            words
                .iter()
                .any(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
        };
        if has(&EVERYTHING) && !WORDS.iter().any(|(_, known)| has(known)) {
            return Some(Meets::Wholly);
        }
        if let Query::Metrics { series, .. } = query
            && let asked = series
                .iter()
                .filter(|key| words.contains(&key.metric.as_str()))
                .count()
            && asked > 0
        {
            return Some(if asked == series.len() {
                Meets::Wholly
            } else {
                Meets::Partly
            });
        }
        if let Query::Logs {
            group: Some(group), ..
        } = query
            && words.contains(&group.as_str())
        {
            return Some(Meets::Wholly);
        }
        let kinds: Vec<&str> = WORDS
            .iter()
            .filter(|(_, known)| has(known))
            .map(|(kind, _)| *kind)
            .collect();
        if kinds.contains(&query.kind()) {
            // "metric Errors of x" says nothing of other metrics; "logs in /aws/lambda/x" nothing of other groups.
            return match query {
                Query::Metrics { .. } | Query::Catalogue { .. } if names_a_metric(&words) => {
                    matches!(query, Query::Catalogue { .. }).then_some(Meets::Partly)
                }
                Query::Logs { group, .. } if words.iter().any(|word| word.starts_with('/')) => {
                    group.is_none().then_some(Meets::Partly)
                }
                _ => Some(Meets::Wholly),
            };
        }
        let unnamed = kinds.is_empty()
            && !words
                .iter()
                .any(|word| is_metric_name(word) || word.starts_with('/'));
        (unnamed && matches!(query, Query::Inventory)).then_some(Meets::Partly)
    }

    fn in_time(&self, query: &Query) -> Option<Meets> {
        let Some(asked) = query.window() else {
            return Some(if self.from.is_none() && self.to.is_none() {
                Meets::Wholly
            } else {
                Meets::Partly
            });
        };
        let from = self.from.unwrap_or(Timestamp::MIN);
        let to = self.to.unwrap_or(Timestamp::MAX);
        if from >= asked.to || to <= asked.from {
            return None;
        }
        Some(if from <= asked.from && to >= asked.to {
            Meets::Wholly
        } else {
            Meets::Partly
        })
    }

    fn in_place(&self, query: &Query) -> Option<Meets> {
        let Some(mine) = &self.resource else {
            return Some(Meets::Wholly);
        };
        let is_mine = |resource: &Resource| {
            resource.id == *mine || resource.name == mine.0 || resource.arn.as_deref() == Some(mine.as_str())
        };
        let is_mine = |resource: &Resource| {
            if is_mine(resource) {
                Some(Meets::Wholly)
            } else {
                None
            }
        };
        match query {
            Query::Metrics { series, .. } => in_series(series, mine),
            Query::Logs {
                resource: None,
                group: Some(group),
                ..
            } => group
                .split('/')
                .any(|part| part == mine.0)
                .then_some(Meets::Wholly),
            Query::Logs { resource, .. }
            | Query::Changes { resource, .. }
            | Query::Events { resource, .. }
            | Query::Catalogue { resource, .. } => resource.as_ref().map_or(Some(Meets::Partly), is_mine),
            Query::Configuration { resource } => is_mine(resource),
            Query::Identity
            | Query::Alarms { .. }
            | Query::Inventory
            | Query::Relations
            | Query::Tool { .. } => Some(Meets::Partly),
        }
    }
}

/// True for what is missing of one tool, in the words of [`Query::text`]: `tool NAME of CONNECTION`. The names are the
/// server's own, and say nothing of logs or metrics even where they hold such words.
fn is_of_a_tool(what: &str) -> bool {
    let words: Vec<&str> = what.split(' ').collect();
    matches!(words.as_slice(), ["tool", _, "of", _])
}

fn in_series(series: &[SeriesKey], mine: &ResourceId) -> Option<Meets> {
    let asked = series
        .iter()
        .filter(|key| {
            key.resource.as_ref() == Some(mine) || key.dimensions.values().any(|value| *value == mine.0)
        })
        .count();
    match asked {
        0 => None,
        asked if asked == series.len() => Some(Meets::Wholly),
        _ => Some(Meets::Partly),
    }
}

/// True when words name a metric: `WriteThrottleEvents` anywhere, `Errors` beside the word "metric". In doubt they do not,
/// since a gap too many is told beside the data, and a gap too few would turn into "no data".
fn names_a_metric(words: &[&str]) -> bool {
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    let beside = words.windows(2).any(|pair| match pair {
        [kind, name]
            if ["metric", "metrics"]
                .iter()
                .any(|word| kind.eq_ignore_ascii_case(word)) =>
        {
            is_name(name)
        }
        [name, kind] => kind.eq_ignore_ascii_case("metric") && is_name(name),
        _ => false,
    });
    beside || words.iter().any(|word| is_metric_name(word))
}

/// `WriteThrottleEvents`, `5XXError`: written as no ordinary word is.
fn is_metric_name(word: &str) -> bool {
    !word.starts_with('/')
        && word.chars().skip(1).any(|c| c.is_ascii_uppercase())
        && word.chars().any(|c| c.is_ascii_lowercase())
        && !word.eq_ignore_ascii_case("CloudWatch")
        && !word.eq_ignore_ascii_case("CloudTrail")
}

/// The sort of reason that the words of a capture give.
fn kind_of(why: &str) -> GapKind {
    let why = why.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if says(&[
        "denied",
        "not authorized",
        "unauthorized",
        "forbidden",
        "permission",
    ]) {
        GapKind::Denied
    } else if says(&["throttl", "rate exceeded", "too many requests"]) {
        GapKind::Throttled
    } else if says(&["expired", "credential"]) {
        GapKind::Credentials
    } else if says(&["timed out", "timeout", "unreachable", "could not connect"]) {
        GapKind::Unreachable
    } else if says(&["not found", "does not exist", "no such"]) {
        GapKind::NotFound
    } else {
        GapKind::NotCaptured
    }
}

const fn hint_of(kind: GapKind) -> Option<&'static str> {
    match kind {
        GapKind::Denied => Some("allow this read to the role that captures, and capture again"),
        GapKind::Throttled => Some("capture again when the account is calmer, or a shorter window"),
        GapKind::Credentials => Some("renew the credentials and capture again"),
        _ => None,
    }
}
