//! What the benchmarks share.

pub mod records;
pub mod terminal;
pub mod writing;
