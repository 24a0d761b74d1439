//! The append-only, hash-chained truth. Everything else is a view over it.
//!
//! - [`record`]: what stands in the journal, its canonical form and its hash.
//! - [`body`]: the typed bodies, one struct a kind.
//! - [`Journal`]: the journal as the rest of the program uses it; [`Follower`] follows it.
//! - [`store`]: the trait that a database implements: [`sqlite`] for one host, [`postgres`] for several; [`copy`] leads from
//!   the one to the other.
//! - [`canonical`], [`checkpoint`], [`digest`]: what makes it tamper-evident; [`verify`] holds it against that.
//! - [`views`]: folds over records, for screens and commands.
//!
//! Nothing is written before secrets are taken out of it, and nothing is shown before it is durable.

pub mod body;
pub mod canonical;
pub mod checkpoint;
mod columns;
pub mod copy;
pub mod digest;
mod exhibits;
mod facade;
mod files;
mod follow;
mod numbers;
mod packing;
pub mod postgres;
pub mod record;
mod redaction;
mod sealing;
pub mod sqlite;
pub mod store;
pub mod verify;
pub mod views;

pub use body::Body;
pub use facade::{Clock, Journal};
pub use follow::Follower;
pub use record::{Actor, Draft, Hash, Head, Kind, Record, StreamId, Trust};
pub use store::{Append, Grant, Lease, Setting, Store, StoreError};
pub use verify::{Fault, Part, Report, VerifyOptions};
