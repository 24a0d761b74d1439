//! The integration tests, one binary: one module a topic.

#[cfg(test)]
mod bundle;
