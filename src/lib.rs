//! midwatch: a terminal console for on-call engineers, with an engine that investigates AWS incidents by itself.
//!
//! Everything meets at the journal: producers append, consumers follow.
//!
//! ```text
//! model <- {redact, net} <- {journal, analysis, topology, config, aws} <- sources <- prevention <- engine <- {intake, outlets, console} <- cli
//! ```
//!
//! - [`model`] - plain nouns and the [`model::Source`] trait.
//! - [`redact`] - secrets out of text.
//! - [`net`] - HTTP clients with proxies and private certificates.
//! - [`journal`] - records, hash chain, stores, views.
//! - [`analysis`] - pure functions from telemetry to facts.
//! - [`topology`] - graph, layout.
//! - [`config`] - file to validated configuration.
//! - [`aws`] - the one client factory, its closed list of operations, rate limits.
//! - [`sources`] - who answers queries: AWS, bundles, MCP servers.
//! - [`engine`] - scheduler, investigation, reasoner, patterns, verdict, mitigation, steering.
//! - [`prevention`] - recommendations.
//! - [`intake`] - webhooks, alarm watch, queue, triage.
//! - [`outlets`] - messages to Slack, tickets, trackers and webhooks; delivery with cursors and keys; AWS Support.
//! - [`console`] - the terminal.
//! - [`cli`] - subcommands.

pub mod analysis;
pub mod aws;
pub mod cli;
pub mod config;
pub mod console;
pub mod engine;
pub mod intake;
pub mod journal;
pub mod model;
pub mod net;
pub mod outlets;
pub mod prevention;
pub mod redact;
pub mod sources;
pub mod topology;
