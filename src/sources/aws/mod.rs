//! Answers from AWS.
mod gaps;
pub mod naming;
pub mod template;
