//! Pure functions from telemetry to facts: no input or output, no clock, no randomness, no dependence on map order.
//!
//! - [`score`]: medians, spreads with floors, bounded scores.
//! - [`shift`]: did a series leave its usual level, when, how far; is it pinned at a limit; is it complete.
//! - [`logs`]: the shapes of log lines, what is new or bursting among them, in order of how much it matters.
//! - [`names`]: what other systems' metrics are in plain words.
//! - [`rank`]: which resource of a graph explains the symptom.
//! - [`timeline`]: what came first, as far as the resolution of the data can tell.
//! - [`changes`]: which changes could explain an onset.

pub mod changes;
pub mod logs;
pub mod names;
pub mod rank;
pub mod score;
pub mod shift;
pub mod timeline;
