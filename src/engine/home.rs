//! Where investigations of a space are at home, and how far an alert may send them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::opening::Opening;
use crate::{
    config::Config,
    model::{Alert, Place, SourceSpec},
};

/// Where investigations of a space are at home, and where an alert may send them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Where telemetry comes from when an alert names no place.
    pub source: SourceSpec,
    /// Accounts of the space; empty: whatever the credentials at hand see.
    pub accounts: BTreeSet<String>,
    /// Regions of the space; empty: any.
    pub regions: BTreeSet<String>,
}

impl Default for Home {
    fn default() -> Self {
        Self {
            source: SourceSpec::Aws {
                account: None,
                region: None,
            },
            accounts: BTreeSet::new(),
            regions: BTreeSet::new(),
        }
    }
}

impl Home {
    /// The home of the configured space.
    pub fn of(config: &Config) -> Self {
        let space = config.open_space();
        let regions = space.accounts.iter().flat_map(|account| &account.regions);
        let regions = regions.chain(&space.regions).cloned().collect();
        Self {
            source: SourceSpec::Aws {
                account: None,
                region: config.region.clone(),
            },
            accounts: space.accounts.into_iter().map(|account| account.id).collect(),
            regions,
        }
    }

    /// Where telemetry of an alert comes from. What a sender writes sends nobody beyond the space: an account that is not of
    /// it is left alone, and so is a region.
    fn source(&self, alert: &Alert) -> SourceSpec {
        let SourceSpec::Aws { account, region } = &self.source else {
            return self.source.clone();
        };
        let named = alert.account.clone();
        let account = named
            .filter(|id| self.accounts.contains(id))
            .or_else(|| account.clone());
        let allowed = |region: &String| {
            let ours = self.regions.is_empty() || self.regions.contains(region);
            ours && Place::is_region(region)
        };
        let region = alert.region.clone().filter(allowed).or_else(|| region.clone());
        SourceSpec::Aws { account, region }
    }

    /// The investigation of an alert that came at `now`.
    pub fn opening(&self, alert: &Alert, now: Timestamp) -> Opening {
        Opening::of_alert(alert, self.source(alert), now)
    }
}
