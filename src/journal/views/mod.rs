//! Folds over records: what screens and commands show. Pure; a view knows nothing of a database.

mod events;
mod investigation;
mod letters;
mod line;
pub mod report;
mod space;
mod support;
mod topology;

pub use events::{Arrived, Events, Planned};
pub use investigation::{Entry, Investigation};
pub use letters::{Dead, Letters};
pub use line::line;
pub use space::{Listed, RecommendationState, Recommended, Space};
pub use support::{Case, Cases, Remark};
pub use topology::{Discovered, Running};
