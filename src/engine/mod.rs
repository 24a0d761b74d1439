//! Investigations that run by themselves.
