//! The integration tests, one binary: one module a topic.

#[cfg(test)]
mod journal_facade;
#[cfg(test)]
mod journal_sqlite;
#[cfg(test)]
mod journal_verify;
#[cfg(test)]
mod store_conformance;
