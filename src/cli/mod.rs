//! One file a subcommand.

pub mod topology;
