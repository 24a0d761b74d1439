//! From a file to a validated configuration.
