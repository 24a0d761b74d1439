//! Investigations that run by themselves.
//!
//! The engine meets everything else at the journal: whoever wants an investigation appends `opened` and `created`
//! ([`opening`]), whoever wants to steer one appends `message` or `steering`, and the engine follows.
//!
//! ```text
//! scheduler ─► drive ─► state (fold) ─► reasoner.next(state) ─► step: write | ask | wait | done
//! ```
//!
//! - [`handle`]: the little that cannot go through the journal; [`local`] is the engine in this process.
//! - [`scheduler`]: which investigation runs now; [`registry`] is what it folds, [`closing`] what it writes at the end,
//!   [`setbacks`] what becomes of those that do not go on.
//! - [`overrule`]: what an operator makes of an event, whatever triage thought.
//! - [`drive`]: one investigation's effects; [`state`] its fold; [`step`] what may come next.
//! - [`solo`]: one investigation alone, for scoring.
//! - [`reasoner`]: who decides: `builtin` by patterns and ranking.
//! - [`observe`]: evidence becomes observations; [`guard`] keeps orders in it out of account.
//! - [`pattern`], [`template`], [`mitigation`]: the knowledge as data, and its words filled in.
//! - [`verdict`]: the one rule.
//! - [`steering`]: what operators say.
//! - [`telemetry`]: the sources that this program has.

pub mod closing;
pub mod drive;
pub mod guard;
pub mod handle;
mod home;
pub mod local;
pub mod mitigation;
pub mod observe;
pub mod opening;
pub mod overrule;
pub mod pattern;
pub mod reasoner;
pub mod registry;
pub mod scheduler;
mod setbacks;
pub mod solo;
pub mod state;
pub mod steering;
pub mod step;
pub mod telemetry;
pub mod template;
pub mod verdict;
pub mod wording;
