//! The HTTP server that webhooks come in by: a listener with TLS or on this host alone, connections with bounds, one clear JSON
//! error for each mistake, and what it counts.

pub mod fault;
pub mod limit;
pub mod listen;
pub mod metrics;
pub mod seats;
pub mod seldom;
pub mod tls;
pub mod validity;

pub use fault::Fault;
pub use listen::{Bind, Listener, Peer};
pub use metrics::Metrics;
pub use seldom::Seldom;
