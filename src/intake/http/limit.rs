//! How often something may happen: token buckets, one alone or one for each peer and what it wants.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Peers, each with what it wants, that are remembered at once; the memory is bounded, whoever calls.
const PEERS: usize = 4096;

/// So many at once, and so many a second after that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At once.
    pub burst: f64,
    /// A second.
    pub per_second: f64,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Level {
    const fn full(rate: Rate, now: Instant) -> Self {
        Self {
            tokens: rate.burst,
            at: now,
        }
    }

    /// Takes one; else says after how many seconds there is one.
    fn take(&mut self, rate: Rate, now: Instant) -> Result<(), u64> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * rate.per_second).min(rate.burst);
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.tokens) / rate.per_second).ceil().max(1.0) as u64)
    }
}

/// One bucket.
#[derive(Debug)]
pub struct Bucket {
    rate: Rate,
    level: Mutex<Level>,
}

impl Bucket {
    /// Full.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            level: Mutex::new(Level::full(rate, Instant::now())),
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// The seconds after which there is one.
    pub fn take(&self, now: Instant) -> Result<(), u64> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        level.take(self.rate, now)
    }
}

/// A bucket for each peer and what it wants.
#[derive(Debug)]
pub struct Peers {
    rate: Rate,
    levels: Mutex<HashMap<(IpAddr, String), Level>>,
}

impl Peers {
    /// Everybody's is full.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            levels: Mutex::default(),
        }
    }

    /// Takes one of those that this peer has for what it wants.
    ///
    /// # Errors
    /// The seconds after which it has one.
    pub fn take(&self, peer: IpAddr, wants: &str, now: Instant) -> Result<(), u64> {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= PEERS {
            let rate = self.rate;
            levels.retain(|_, level| {
                let passed = now.saturating_duration_since(level.at).as_secs_f64();
                level.tokens + passed * rate.per_second < rate.burst
            });
            // More of them than anybody can remember: all begin anew.
            if levels.len() >= PEERS {
                levels.clear();
            }
        }
        let level = levels
            .entry((network(peer), wants.to_owned()))
            .or_insert_with(|| Level::full(self.rate, now));
        level.take(self.rate, now)
    }
}

/// Whoever has one address of IPv6 has a /64 of them.
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(four) => four.into(),
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RATE: Rate = Rate {
        burst: 2.0,
        per_second: 0.5,
    };

    #[test]
    fn a_bucket_fills_again() {
        let (bucket, now) = (Bucket::new(RATE), Instant::now());
        assert_eq!([bucket.take(now), bucket.take(now)], [Ok(()), Ok(())]);
        assert_eq!(bucket.take(now), Err(2));
        assert_eq!(bucket.take(now + Duration::from_secs(2)), Ok(()));
        assert!(bucket.take(now + Duration::from_secs(3)).is_err());
    }

    #[test]
    fn one_peer_does_not_use_up_anothers_and_the_memory_is_bounded() {
        let (peers, now) = (Peers::new(RATE), Instant::now());
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let take = |peer| peers.take(peer, "a", now);
        assert_eq!([take(one), take(one)], [Ok(()), Ok(())]);
        assert!(take(one).is_err());
        assert_eq!(take(two), Ok(()));
        assert_eq!(peers.take(one, "b", now), Ok(()), "it wants something else");
        for n in 0..20_000_u32 {
            let _told = take(IpAddr::from(n.to_be_bytes()));
        }
        assert!(peers.levels.lock().unwrap().len() <= PEERS);
    }

    #[test]
    fn a_network_of_ipv6_is_one_peer() {
        let (one, two): (IpAddr, IpAddr) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        assert_eq!(network(one), network(two));
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(network(mapped), IpAddr::from([10, 0, 0, 1]));
    }
}
