//! The append-only, hash-chained truth. Everything else is a view over it.
//!
//! - [`record`]: what stands in the journal, its canonical form and its hash.
//! - [`body`]: the typed bodies, one struct a kind.
//! - [`store`]: the trait that a database implements; `sqlite` is one.
//! - [`views`]: folds over records, for screens and commands.

pub mod body;
pub mod record;
pub mod store;
pub mod views;

pub use body::Body;
pub use record::{Actor, Draft, Hash, Head, Kind, Record, StreamId, Trust};
pub use store::{Append, Lease, Store, StoreError};
