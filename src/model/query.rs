//! What may be asked of a source.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AlarmState, Resource, SeriesKey, Text, Window};

/// A read-only question. Serialised into the journal before it is asked.
///
/// A [`Resource`] in a query carries no `config` or `tags`: only what a source needs to find it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Query {
    /// Whose credentials are these, in which account and region?
    Identity,
    /// Alarms by name (none: all), optionally only those now in `state`, with their transitions in `window`.
    Alarms {
        /// Names; empty means all.
        names: Vec<String>,
        /// Only alarms in this state.
        state: Option<AlarmState>,
        /// Transitions are wanted from here.
        window: Window,
    },
    /// Which series exist: for one resource, or by namespace and metric.
    Catalogue {
        /// Only series that measure this resource.
        resource: Option<Resource>,
        /// Only this namespace.
        namespace: Option<String>,
        /// Only this metric name.
        metric: Option<String>,
    },
    /// Data of series in a window.
    Metrics {
        /// The series.
        series: Vec<SeriesKey>,
        /// From when to when.
        window: Window,
    },
    /// Log lines in a window, of one resource, of one group, or (neither) of all groups that the source can search.
    Logs {
        /// The resource that writes.
        resource: Option<Resource>,
        /// The log group.
        group: Option<String>,
        /// From when to when.
        window: Window,
        /// Which lines; none: all.
        filter: Option<LogFilter>,
        /// At most so many lines; more is said with a gap.
        limit: u32,
    },
    /// Acts on configuration or code, on one resource or (none) on anything.
    Changes {
        /// The resource that was changed.
        resource: Option<Resource>,
        /// From when to when.
        window: Window,
    },
    /// What services say of themselves.
    Events {
        /// The resource that it is about.
        resource: Option<Resource>,
        /// From when to when.
        window: Window,
    },
    /// Configuration of one resource.
    Configuration {
        /// The resource.
        resource: Resource,
    },
    /// Resources: all that the source knows.
    Inventory,
    /// Relations: all that the source knows.
    Relations,
    /// What a tool of a connection says.
    Tool {
        /// The connection.
        connection: String,
        /// The tool, as its server calls it.
        tool: String,
        /// What it is given: a JSON object, or null for nothing.
        arguments: Value,
    },
}

/// Keeps log lines that hold at least one of these plain terms (case-sensitive substrings).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter {
    /// The terms; never empty.
    pub any: Vec<String>,
}

impl LogFilter {
    /// True when `message` is kept.
    pub fn keeps(&self, message: &str) -> bool {
        self.any.iter().any(|term| message.contains(term.as_str()))
    }
}

impl Query {
    /// The kind of question in one word, for a person.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Alarms { .. } => "alarms",
            Self::Catalogue { .. } => "catalogue",
            Self::Metrics { .. } => "metrics",
            Self::Logs { .. } => "logs",
            Self::Changes { .. } => "changes",
            Self::Events { .. } => "events",
            Self::Configuration { .. } => "configuration",
            Self::Inventory => "inventory",
            Self::Relations => "relations",
            Self::Tool { .. } => "tool",
        }
    }

    /// The stretch of time that is asked about.
    pub const fn window(&self) -> Option<&Window> {
        match self {
            Self::Alarms { window, .. }
            | Self::Metrics { window, .. }
            | Self::Logs { window, .. }
            | Self::Changes { window, .. }
            | Self::Events { window, .. } => Some(window),
            Self::Identity
            | Self::Catalogue { .. }
            | Self::Configuration { .. }
            | Self::Inventory
            | Self::Relations
            | Self::Tool { .. } => None,
        }
    }

    /// The one resource that is asked about.
    pub const fn resource(&self) -> Option<&Resource> {
        match self {
            Self::Catalogue { resource, .. }
            | Self::Logs { resource, .. }
            | Self::Changes { resource, .. }
            | Self::Events { resource, .. } => resource.as_ref(),
            Self::Configuration { resource } => Some(resource),
            Self::Identity
            | Self::Alarms { .. }
            | Self::Metrics { .. }
            | Self::Inventory
            | Self::Relations
            | Self::Tool { .. } => None,
        }
    }

    /// The question in a few words, for a person.
    pub fn text(&self) -> Text {
        let of = |text: Text, resource: &Option<Resource>| match resource {
            Some(resource) => text.own(" of ").ext(resource.name.clone()),
            None => text,
        };
        match self {
            Self::Identity => "who am I".into(),
            Self::Alarms { names, state, .. } => match (names.as_slice(), state) {
                ([], None) => "all alarms".into(),
                ([], Some(state)) => Text::from("alarms in ").own(state.as_str()),
                ([name], _) => Text::from("alarm ").ext(name.clone()),
                (names, _) => Text::from(format!("{} alarms", names.len())),
            },
            Self::Catalogue {
                resource,
                metric,
                namespace,
            } => {
                let text = of("which metrics".into(), resource);
                match metric.as_ref().or(namespace.as_ref()) {
                    Some(word) => text.own(" ").ext(word.clone()),
                    None => text,
                }
            }
            Self::Metrics { series, .. } => match series.as_slice() {
                [one] => Text::from("metric ").ext(one.metric.clone()),
                many => Text::from(format!("{} metrics", many.len())),
            },
            Self::Logs { resource, group, .. } => match group {
                Some(group) => Text::from("logs in ").ext(group.clone()),
                None => of("logs".into(), resource),
            },
            Self::Changes { resource, .. } => of("changes".into(), resource),
            Self::Events { resource, .. } => of("service events".into(), resource),
            Self::Configuration { resource } => Text::from("configuration of ").ext(resource.name.clone()),
            Self::Inventory => "resources".into(),
            Self::Relations => "relations".into(),
            Self::Tool { connection, tool, .. } => Text::from("tool ")
                .ext(tool.clone())
                .own(" of ")
                .ext(connection.clone()),
        }
    }
}
