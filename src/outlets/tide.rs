//! Time and chance, handed in so that they can be others.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Time and chance.
#[async_trait]
pub trait Tide: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, time: Duration);

    /// A number from 0 up to 1.
    fn chance(&self) -> f64;
}

/// Those of the world.
#[derive(Debug, Clone, Copy, Default)]
pub struct World;

#[async_trait]
impl Tide for World {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without chance the waits are merely alike.
        let _none = getrandom::fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait of our own accord.
const LONGEST: Duration = Duration::from_mins(5);

/// How long to wait after the `n`th try (from 1): twice as long each time, half of it by chance, so that many who failed
/// together do not come back together.
pub fn backoff(tries: u32, chance: f64) -> Duration {
    let whole = FIRST
        .saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(LONGEST);
    whole / 2 + (whole / 2).mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_bound_and_differ() {
        assert_eq!(backoff(1, 0.0), Duration::from_millis(500));
        assert_eq!(backoff(1, 1.0), Duration::from_secs(1));
        assert_eq!(backoff(4, 0.0), Duration::from_secs(4));
        assert_eq!(backoff(40, 1.0), LONGEST);
        assert_eq!(backoff(u32::MAX, 0.5), LONGEST * 3 / 4);
    }
}
