//! Answers from AWS.
