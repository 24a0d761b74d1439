//! Credentials, the one client factory with its closed list of operations, shared rate limits and request signing.
//!
//! Nothing outside this folder makes an AWS client.

mod confirmation;
mod credentials;
mod error;
mod factory;
pub mod found;
pub mod hosts;
pub mod json;
pub mod kept;
mod limits;
pub mod observed;
pub mod operations;
mod query;
mod roles;
pub mod services;
mod signed;
pub mod support;
mod transport;
pub mod xml;

use std::time::Duration;

pub use confirmation::Confirmation;
pub use error::{AwsError, ErrorKind, classify_answer};
pub use factory::{Access, Factory, NotOnTheList};
pub use limits::{Clock, Limiter, TokenBucket, TokioClock};
pub use operations::{
    Operation, find, primary_policy, read_only_policy, trust_policy, with_queues, with_secrets, with_support,
};
pub use query::{Instance, all_instances, decode_user_data, describe_instances, user_data};
pub use roles::Role;
pub use transport::{TransportError, http_client};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest wait for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
