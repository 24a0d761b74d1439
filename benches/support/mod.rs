//! What the benchmarks share.

pub mod terminal;
pub mod writing;
