//! Who takes what arrives.

use async_trait::async_trait;

use super::{Arrival, Receipt, Reception};
use crate::journal::StoreError;

/// Takes what arrives; it is durable on return. Whoever hands arrivals on holds this and no reception: one that breaks off is
/// opened anew behind it.
#[async_trait]
pub trait Receives: Send + Sync {
    /// Takes one.
    async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError>;
}

#[async_trait]
impl Receives for Reception {
    async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError> {
        Self::receive(self, arrival).await
    }
}
