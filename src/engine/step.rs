//! What an investigation does next.

use std::sync::Arc;

use crate::{
    journal::{Body, Draft, body::Asked},
    model::{Query, Text},
};

/// What an investigation does next. Everything in one step is appended in one transaction.
#[derive(Debug)]
pub enum Step {
    /// Append these records.
    Write(Vec<Body>),
    /// Get answers to the open questions.
    Ask,
    /// Nothing until an operator says something.
    Wait,
    /// The investigation has ended.
    Done,
}

/// A question to be asked, with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The question.
    pub query: Query,
    /// Why it is asked.
    pub why: Text,
}

impl Question {
    /// A question with its reason.
    pub fn new(query: Query, why: impl Into<Text>) -> Self {
        Self {
            query,
            why: why.into(),
        }
    }

    /// As a record.
    pub fn into_body(self) -> Body {
        Body::Query(Arc::new(Asked {
            query: self.query,
            why: self.why,
        }))
    }
}

/// The records of a step, as the engine writes them.
pub fn drafts(bodies: &[Body]) -> Vec<Draft> {
    bodies.iter().map(Draft::agent).collect()
}
