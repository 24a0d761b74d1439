//! Plain nouns shared by every part: resources, telemetry, queries, answers, verdicts.
//!
//! Nothing here performs effects. A type in this module knows neither a database, a terminal nor an AWS client;
//! [`Source`] and [`discovery::Discovery`] are the traits, and the parts that implement them live in `sources/`.

mod alarm;
mod alert;
mod budget;
mod change;
pub mod discovery;
mod evidence;
mod hint;
mod hypothesis;
mod incident;
mod log;
mod observation;
pub mod phrases;
mod place;
mod plan;
mod quantity;
mod query;
mod resource;
mod series;
mod source;
mod steering;
mod text;
mod verdict;
mod visit;
pub mod when;
mod window;

pub use alarm::{Alarm, AlarmState, Comparison, MissingData, Transition};
pub use alert::{Alert, AlertAction};
pub use budget::{Allowance, Budget, Spent};
pub use change::{Change, ServiceEvent, operation};
pub use evidence::{Answer, Configuration, Evidence, Gap, GapKind, Identity, LogPage, ToolText};
pub use hint::hinted;
pub use hypothesis::{Hypothesis, HypothesisState};
pub use incident::{Preset, Priority, Start};
pub use log::LogLine;
pub use observation::{Direction, Observation, Observed, Origin};
pub use place::Place;
pub use plan::{MitigationPlan, MitigationStep, Recommendation, RecommendationCategory};
pub use quantity::{measured, number};
pub use query::{LogFilter, Query};
pub use resource::{Relation, RelationKind, RelationOrigin, Resource, ResourceId};
pub use series::{Point, Series, SeriesKey};
pub use source::{Occasion, Source};
pub use steering::{Intent, Phase, RunState, SourceSpec};
pub use text::{Span, Text, inert};
pub use verdict::{Candidate, Category, Cause, Impact, RuledOut, TimelineEntry, Verdict};
pub use window::Window;
