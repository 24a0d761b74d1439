//! Discovery of everything that a space has: any source, part by part, stored as it goes.
//!
//! - [`job`]: reads parts, writes each down before the next, and goes on where a run was cut off;
//! - [`graph`]: what was found in all parts, as one graph. Pure;
//! - [`placed`]: a place that is not the one where the space is at home;
//! - [`whole`]: sources that only answer for everything at once.

mod graph;
mod job;
mod placed;
mod whole;

pub use graph::{assemble, compare};
pub use job::{Outcome, Progress, Run, discover, load};
pub use placed::Placed;
pub use whole::Whole;
