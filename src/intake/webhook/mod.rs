//! Webhooks: how outside systems send events over HTTP.
//!
//! ```text
//! server ─► door: known? ─► proved (auth)? ─► wanted (condition)? ─► reception ─► 202
//!              │                │
//!          directory ◄── register (rows `webhook/<id>` beside the journal, secrets sealed)
//! ```

pub mod auth;
mod body;
mod card;
mod condition;
mod directory;
mod door;
mod kind;
mod peer;
pub mod register;
mod seal;
mod server;

pub use body::LARGEST;
pub use card::{Kept, Stored, Webhook};
pub use condition::Condition;
pub use directory::{Directory, Live, SpaceDoor, Unreachable};
pub use door::{Door, Outcome, Read, Receives};
pub use kind::{Scheme, WebhookKind};
pub use peer::{Certificates, Fetch};
pub use seal::{Keeper, SealError};
pub use server::{Stand, Standing, routes, routes_of_operators};
