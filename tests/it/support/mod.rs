//! What several topics need: emulators of AWS, and a double of it that fails on demand.

pub mod aws;
pub mod console;
pub mod double_aws;
pub mod engine;
pub mod peers;
pub mod pty;
