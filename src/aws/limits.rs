//! One shared rate limit per operation, account and region, for every investigation in the process.
//!
//! A token bucket spaces the calls; what AWS throttles slows the bucket down and successes speed it up again (additive
//! increase, multiplicative decrease: Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion
//! avoidance in computer networks", 1989).

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::Operation;

/// Monotonic time and waiting, injected so that tests need not wait.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Time since some fixed moment.
    fn now(&self) -> Duration;
    /// Returns after `wait`.
    async fn sleep(&self, wait: Duration);
}

/// The real clock.
#[derive(Debug)]
pub struct TokioClock {
    start: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

/// Fraction of the nominal rate below which throttling does not push a bucket.
const FLOOR: f64 = 0.05;
/// Fraction of the nominal rate that one success gives back.
const RECOVERY: f64 = 0.05;

/// A token bucket: at most `nominal` calls a second, one second's worth at once. Pure; time is handed in.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenBucket {
    nominal: f64,
    rate: f64,
    tokens: f64,
    updated: Duration,
}

impl TokenBucket {
    /// A full bucket of `per_second` calls a second.
    pub fn new(per_second: f64, now: Duration) -> Self {
        Self {
            nominal: per_second,
            rate: per_second,
            tokens: per_second.max(1.0),
            updated: now,
        }
    }

    /// Takes a token and says how long to wait before using it.
    pub fn take(&mut self, now: Duration) -> Duration {
        self.refill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.tokens / self.rate)
        }
    }

    /// AWS throttled a call: halve the rate and forget what was saved up.
    pub fn throttled(&mut self, now: Duration) {
        self.refill(now);
        self.rate = (self.rate / 2.0).max(self.nominal * FLOOR);
        self.tokens = self.tokens.min(0.0);
    }

    /// A call got through: speed up a little, up to the nominal rate.
    pub fn succeeded(&mut self) {
        self.rate = (self.rate + self.nominal * RECOVERY).min(self.nominal);
    }

    /// Present rate in calls a second.
    pub const fn rate(&self) -> f64 {
        self.rate
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.updated).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.nominal.max(1.0));
        self.updated = self.updated.max(now);
    }
}

/// Whose quota a call uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Quota {
    operation: (&'static str, &'static str),
    account: String,
    region: String,
}

/// The buckets of a process. Cheap to share behind an `Arc`.
pub struct Limiter {
    clock: Box<dyn Clock>,
    buckets: Mutex<BTreeMap<Quota, TokenBucket>>,
}

impl Limiter {
    /// A limiter that waits by `clock`.
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            buckets: Mutex::new(BTreeMap::new()),
        }
    }

    /// Waits for this operation's turn. Dropping the future gives up the turn.
    pub async fn turn(&self, operation: &'static Operation, account: &str, region: &str) {
        let now = self.clock.now();
        let wait = self.with(operation, account, region, |bucket| bucket.take(now));
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
    }

    /// Waits `wait`, for backing off.
    pub async fn pause(&self, wait: Duration) {
        self.clock.sleep(wait).await;
    }

    /// Tells that AWS throttled the operation.
    pub fn throttled(&self, operation: &'static Operation, account: &str, region: &str) {
        let now = self.clock.now();
        self.with(operation, account, region, |bucket| bucket.throttled(now));
    }

    /// Tells that the operation got through.
    pub fn succeeded(&self, operation: &'static Operation, account: &str, region: &str) {
        self.with(operation, account, region, TokenBucket::succeeded);
    }

    fn with<T>(
        &self,
        operation: &'static Operation,
        account: &str,
        region: &str,
        act: impl FnOnce(&mut TokenBucket) -> T,
    ) -> T {
        let quota = Quota {
            operation: (operation.service, operation.name),
            account: account.to_owned(),
            region: region.to_owned(),
        };
        let now = self.clock.now();
        let mut buckets: MutexGuard<'_, _> = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        act(buckets
            .entry(quota)
            .or_insert_with(|| TokenBucket::new(operation.per_second, now)))
    }
}

impl Default for Limiter {
    /// A limiter by the real clock.
    fn default() -> Self {
        Self::new(TokioClock::new())
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_second_of_calls_at_once_then_one_at_a_time() {
        let mut bucket = TokenBucket::new(5.0, at(0.0));
        for _ in 0..5 {
            assert_eq!(bucket.take(at(0.0)), Duration::ZERO);
        }
        assert_eq!(bucket.take(at(0.0)), at(0.2));
        assert_eq!(bucket.take(at(0.0)), at(0.4));
        assert_eq!(bucket.take(at(10.0)), Duration::ZERO);
    }

    #[test]
    fn throttling_slows_down_to_a_floor_and_success_speeds_up_to_the_nominal_rate() {
        let mut bucket = TokenBucket::new(2.0, at(0.0));
        bucket.throttled(at(0.0));
        assert_eq!(bucket.rate(), 1.0);
        assert_eq!(bucket.take(at(0.0)), at(1.0), "what was saved up is gone");
        for _ in 0..20 {
            bucket.throttled(at(0.0));
        }
        assert_eq!(bucket.rate(), 2.0 * FLOOR);
        for _ in 0..100 {
            bucket.succeeded();
        }
        assert_eq!(bucket.rate(), 2.0);
    }

    #[test]
    fn a_clock_that_stands_still_or_jumps_back_never_fills_the_bucket() {
        let mut bucket = TokenBucket::new(1.0, at(100.0));
        assert_eq!(bucket.take(at(100.0)), Duration::ZERO);
        assert_eq!(bucket.take(at(50.0)), at(1.0));
    }
}
