//! Investigations that run by themselves.
//!
//! The engine meets everything else at the journal: whoever wants an investigation appends `opened` and `created`
//! ([`opening`]), whoever wants to steer one appends `message` or `steering`, and the engine follows. [`handle`] is the
//! little that cannot go through the journal.

pub mod handle;
pub mod opening;
