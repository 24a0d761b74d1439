//! AWS Support: what is shared of an investigation, and the case at AWS.
//!
//! Everything is built from the journal of that investigation alone, secrets and personal data taken out, and shown before it is
//! sent. The only writes to AWS stand behind an operator's [`crate::aws::Confirmation`].
//!
//! - [`sections`]: the six sections of the text. [`text`]: subject and text within the service's limits. [`log`]: the whole log
//!   as files. [`share`]: all three, redacted. All pure.
//! - [`filed`]: under which service a case is filed. [`news`]: what is new in a case. Pure.
//! - [`desk`]: who asks, in whose name. [`prepare`], [`open`], [`talk`]: what is asked. [`book`]: what is written down of it.
//!   [`trouble`]: what went wrong, and what to do.

mod book;
mod desk;
mod filed;
mod log;
mod news;
mod open;
mod prepare;
mod sections;
mod share;
mod talk;
mod text;
mod trouble;

pub use desk::Desk;
pub use share::{Material, share};
