//! Answers from an incident bundle: one incident's telemetry in a folder, a `.mwb` file, or this binary.
//!
//! [`Bundle`] reads and checks everything when it is opened, so a mistake in a file is one error with its line and not a
//! surprise in the middle of an investigation. [`BundleSource`] answers queries from it. What a bundle says does not
//! depend on its place on disk nor on the order of lines in its files. [`Contents`] writes one.
//!
//! Beyond the format as it was agreed: a gap may name its `kind` and `hint`, a start may be a `preset`, and what tools said
//! stands in `tools/*.jsonl[.zst]`, a line an answer: `{"connection","tool","arguments"?:{},"text","cut"?,"failed"?}`. Without
//! them a replay would be told less than the investigation was. All of it may be missing.
//!
//! [`Files`] is the only reader of a bundle's files, and [`Expected`] the only type that asks it for `expected.toml`.

mod archive;
mod embedded;
mod error;
mod expected;
mod files;
mod gap;
mod incident;
mod layout;
mod lines;
mod read;
mod series;
mod source;
pub mod suggest;
mod telemetry;
mod tools;
mod write;

pub use embedded::{scenario_names, scenarios};
pub use error::BundleError;
pub use expected::{Expected, ExpectedCause, Forbidden};
pub use files::Files;
pub use incident::Incident;
pub use read::{Bundle, Knowledge};
pub use source::{BundleSource, wrote};
pub use tools::ToolLine;
pub use write::Contents;
