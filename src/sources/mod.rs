//! Who answers queries.

pub mod aws;
pub mod bundle;
pub mod secrets;
pub mod space;
