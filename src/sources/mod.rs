//! Who answers queries.

pub mod aws;
pub mod bundle;
pub mod capture;
pub mod mcp;
pub mod secrets;
pub mod space;
