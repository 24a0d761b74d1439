//! AWS Support: what is shared of an investigation, and the case at AWS.
//!
//! Everything is built from the journal of that investigation alone, secrets and personal data taken out, and shown before it is
//! sent. The only writes to AWS stand behind an operator's [`crate::aws::Confirmation`].
//!
//! - [`sections`]: the six sections of the text. [`text`]: subject and text within the service's limits. [`log`]: the whole log
//!   as files. [`share`]: all three, redacted. All pure.
//! - [`filed`]: under which service a case is filed. [`news`]: what is new in a case. Pure.
//! - [`desk`]: asks AWS, and writes down what was asked and answered. [`trouble`]: what went wrong, and what to do.

mod desk;
mod filed;
mod log;
mod news;
mod sections;
mod share;
mod text;
mod trouble;

pub use desk::Desk;
pub use share::{Material, share};
