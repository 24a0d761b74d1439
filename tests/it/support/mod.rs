//! What several topics need: emulators of AWS, and a double of it that fails on demand.

pub mod aws;
pub mod calm;
pub mod desk;
pub mod double_aws;
pub mod double_github;
pub mod double_gitlab;
pub mod double_http;
pub mod double_kubernetes;
pub mod double_mcp;
pub mod double_vendor;
pub mod double_web;
pub mod engine;
pub mod forge;
pub mod glass;
pub mod intake;
pub mod mangle;
pub mod mcp;
pub mod mcp_peers;
pub mod night;
pub mod peers;
pub mod pen;
pub mod program;
pub mod pty;
pub mod rewrite;
pub mod vendors;
