//! Answers from an incident bundle.
