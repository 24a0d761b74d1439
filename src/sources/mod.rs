//! Who answers queries.

pub mod aws;
pub mod bundle;
pub mod capture;
pub mod discovery;
pub mod eks;
pub mod github;
pub mod gitlab;
pub mod mcp;
pub mod pipeline;
pub mod secrets;
pub mod space;
mod tame;
pub mod vendor;
