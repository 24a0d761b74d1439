//! Incident patterns: the detective's knowledge as data.
//!
//! A pattern says which observations propose it ([`Pattern::when`]), which would support and refute it, where to look to
//! tell it apart, what it claims, how it is mended and what would prevent it. Patterns speak of resource types, metric
//! names, changes and words in logs; never of names of resources.

mod check;
mod condition;
mod library;
mod phrase;
mod read;
mod words;

pub use check::PatternError;
pub use condition::{Condition, Fact, Place};
pub use library::{Checked, Library, check_folder, check_shipped};
pub use phrase::{Expression, Phrase};
pub use read::read;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::model::{Category, RecommendationCategory};

/// One incident pattern.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Stable id, kebab-case.
    pub id: String,
    /// Title for a person.
    pub title: String,
    /// Sort of cause.
    pub category: Category,
    /// Resource types that it may blame; `*` for any.
    pub types: Vec<String>,
    /// Observations that propose it; one is enough.
    pub when: Vec<Condition>,
    /// Observations without which it does not hold: seen to be absent, they rule it out.
    #[serde(default)]
    pub requires: Vec<Condition>,
    /// Observations that speak for it, each with a weight.
    pub supports: Vec<Condition>,
    /// Observations that rule it out.
    #[serde(default)]
    pub refutes: Vec<Condition>,
    /// What to look at to tell it apart.
    #[serde(default)]
    pub look: Vec<Look>,
    /// Limits in the configuration that a metric may reach.
    #[serde(default)]
    pub limit: Vec<Limit>,
    /// The cause in a sentence; `{resource}`, `{change}`, `{actor}`, `{at}`, `{limit}`, `{log}`, `{before}`, `{after}`,
    /// `{metric}`, `{config}` and `{message}` are filled from what was observed. A part in `[...]` falls away when one of its
    /// words is unknown.
    pub statement: String,
    /// What to do now.
    #[serde(default)]
    pub mitigation: Mitigation,
    /// What would keep it from coming back.
    #[serde(default)]
    pub prevention: Vec<Prevention>,
}

impl Pattern {
    /// All conditions, in the order in which they are judged.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let proposing = self.when.iter().chain(&self.requires);
        proposing.chain(&self.supports).chain(&self.refutes)
    }

    fn conditions_mut(&mut self) -> impl Iterator<Item = &mut Condition> {
        let proposing = self.when.iter_mut().chain(&mut self.requires);
        proposing.chain(&mut self.supports).chain(&mut self.refutes)
    }

    /// True when the pattern may blame a resource of this type.
    pub fn fits(&self, kind: &str) -> bool {
        self.types.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

/// A query that tells a pattern apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// What to ask.
    pub ask: Ask,
    /// Of whom.
    #[serde(default)]
    pub on: Place,
}

/// What a look asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Log lines.
    Logs,
    /// Configuration.
    Configuration,
    /// Changes.
    Changes,
}

impl Ask {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Logs, Self::Configuration, Self::Changes];

    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Configuration => "configuration",
            Self::Changes => "changes",
        }
    }
}

/// A limit in the configuration that a metric may reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Metric name.
    pub metric: String,
    /// Statistic of the series to compare.
    pub stat: String,
    /// Path in the configuration, dots between keys. Either this or `value`.
    #[serde(default)]
    pub path: Option<String>,
    /// The limit itself, where it is documented and the same for everybody.
    #[serde(default)]
    pub value: Option<f64>,
    /// The configured number times this is in the metric's unit (1,000 for seconds beside milliseconds).
    #[serde(default = "unscaled")]
    pub scale: f64,
    /// True when the metric is a sum over its period and the limit is a rate a second.
    #[serde(default)]
    pub per_second: bool,
}

const fn unscaled() -> f64 {
    1.0
}

/// What to do now, by part.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mitigation {
    /// Before anything is touched.
    #[serde(default)]
    pub prepare: Vec<Step>,
    /// What must hold before it is applied.
    #[serde(default)]
    pub pre_validate: Vec<Step>,
    /// The act.
    #[serde(default)]
    pub apply: Vec<Step>,
    /// What must hold afterwards.
    #[serde(default)]
    pub post_validate: Vec<Step>,
    /// The way back.
    #[serde(default)]
    pub rollback: Vec<Step>,
}

/// One step: a sentence, and where there is one a command as an argument vector. Both are templates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The command; each word is filled by itself and never split again.
    #[serde(default)]
    pub command: Vec<String>,
    /// Resource types for which the step is meant; empty: for all that the pattern may blame.
    #[serde(default)]
    pub types: Vec<String>,
}

impl Step {
    /// True when the step is meant for a resource of this type.
    pub fn fits(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == kind)
    }
}

/// What would keep it from coming back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prevention {
    /// Sort of measure.
    pub category: RecommendationCategory,
    /// In a few words.
    pub title: String,
    /// What to do, and what it would have changed.
    pub detail: String,
}
