//! Who answers queries.

pub mod aws;
pub mod bundle;
