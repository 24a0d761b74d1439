//! What comes in from outside: alerts, tickets, alarms, deployments.
//!
//! ```text
//! webhook (HTTP) ─┐
//! alarm watch ────┼─► Arrival ─► reception ─► one transaction: event, triage, investigation ─► Receipt
//! queue ──────────┘                 │
//!                                triage (pure: what is open, what is planned, what depends on what)
//! ```
//!
//! An arrival is answered when it is durable, and not before.

pub mod alarms;
mod arrival;
pub mod http;
mod looks;
pub mod queue;
pub mod reading;
mod receives;
mod reception;
pub mod triage;
pub mod webhook;
mod wildcard;

pub use arrival::{Arrival, Receipt, Repeats};
pub use looks::{Look, Looks};
pub use receives::Receives;
pub use reception::Reception;

pub use crate::engine::opening::Home;
