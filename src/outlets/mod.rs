//! What goes out: messages to where people already look.
//!
//! ```text
//! journal ──► ledger ──► News ──► outlet: targets, keys ──► lane ──► compose ──► channel ──► wire ──► receiver
//!                ▲                                                                            │
//!                └──────────────────────────── delivery (in `space`) ◄────────────────────────┘
//! ```
//!
//! - [`ledger`] - which records are news, and what has to be known to say so. [`outlet`] - a channel as one space uses it.
//! - [`compose`] - from a record to a [`post`], pure. [`channel`] - from a post to a call, pure; one file a channel.
//!   [`words`] - plain words that do nothing.
//! - [`support`] - AWS Support: what is shared, the case, the conversation.
//! - [`wire`] - the calls. [`judging`] - what an answer means. [`login`] - tokens. [`sending`] - one message until it is settled.
//!   `office`, `tray` - all of them. [`run`] - turn after turn. `refusing` - what cannot be sent again. [`lease`] - who sends.
//!   [`tide`] - time and chance. [`preview`] - what would be sent.
//!
//! A message arrives at least once, in the order of its investigation. Each has a key that a receiver can know a repeat by; after
//! a crash between sending and writing that down, a receiver that can be asked is asked first. A channel that is dead or slow
//! holds up no other, nor does one ticket, and one investigation's messages no other's.

pub mod channel;
pub mod compose;
pub mod judging;
pub mod lease;
pub mod ledger;
pub mod login;
mod office;
pub mod outlet;
pub mod post;
pub mod preview;
mod refusing;
mod run;
pub mod sending;
pub mod support;
pub mod tide;
mod tray;
pub mod wire;
pub mod words;

pub use outlet::{Outlet, of_space};
pub use run::{Settings, run};
