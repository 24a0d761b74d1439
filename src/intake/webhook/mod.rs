//! Webhooks: how outside systems send events over HTTP.
//!
//! ```text
//! server ─► door: known? ─► proved (auth)? ─► wanted (condition)? ─► reception ─► 202
//!              │                │
//!          directory ◄── shelf (a space) ◄── register (rows `webhook/<id>` beside the journal, secrets sealed)
//! ```

pub mod auth;
mod body;
mod card;
mod condition;
mod directory;
mod door;
mod failures;
mod faults;
mod keys;
mod kind;
mod live;
mod peer;
pub mod register;
mod seal;
mod server;
mod shelf;

pub use body::LARGEST;
pub use card::{Kept, Stored, Webhook};
pub use condition::Condition;
pub use directory::{Directory, Listing, Unreachable};
pub use door::{Door, Outcome, Read};
pub use failures::Failures;
pub use kind::{Scheme, WebhookKind};
pub use live::{Live, SpaceDoor};
pub use peer::{Certificates, Fetch};
pub use seal::{Keeper, SealError};
pub use server::{Readiness, Stand, Standing, routes, routes_of_operators};
