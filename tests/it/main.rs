//! The integration tests, one binary: one module a topic.
#![expect(missing_docs, reason = "a test's name is its documentation")]

mod topology;
mod widget;
