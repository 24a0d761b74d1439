//! How many connections one network may hold at once, so that no single one takes every place.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use super::limit::network;

/// Places by network.
#[derive(Debug, Clone)]
pub struct Seats {
    most: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Seats {
    /// So many for each network.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// A place for this peer; none when its network has all that it may.
    pub fn take(&self, peer: IpAddr) -> Option<Seat> {
        let network = network(peer);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Seat {
            network,
            taken: Arc::clone(&self.taken),
        })
    }
}

/// A place, free again when it is dropped.
#[derive(Debug)]
pub struct Seat {
    network: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_share_and_leaves_nothing_behind() {
        let seats = Seats::new(2);
        let (one, two): (IpAddr, IpAddr) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        let other = IpAddr::from([10, 0, 0, 1]);
        let held = (seats.take(one), seats.take(two));
        assert!(held.0.is_some() && held.1.is_some());
        assert!(seats.take(one).is_none(), "they are one network");
        let elsewhere = seats.take(other);
        assert!(elsewhere.is_some());
        drop(held.0);
        assert!(seats.take(two).is_some());
        drop((held.1, elsewhere));
        assert!(seats.taken.lock().unwrap().is_empty());
    }
}
