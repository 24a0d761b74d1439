//! The sources that this program has: the accounts and connections of a space, bundles, shipped scenarios.

mod connections;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;

use self::connections::Connections;
use super::scheduler::Sources;
use crate::{
    config::{Config, Space},
    journal::Journal,
    model::{Source, SourceSpec, Text},
    sources::{
        aws::accounts::{Accounts, Opened},
        bundle::{Bundle, BundleSource},
        discovery,
        space::{Member, SpaceSource, WithTopology},
    },
};

/// Opens sources, and keeps those of AWS, so that all investigations of one account and region share their rate limits.
pub struct Telemetry {
    accounts: Accounts,
    connections: Connections,
    space: Space,
    region: Option<String>,
    /// Where discovery has written down what there is.
    discovered: Option<Journal>,
}

impl Telemetry {
    /// The sources of the configuration's space.
    pub fn new(config: &Config) -> Self {
        Self {
            accounts: Accounts::new(&config.space, config.net()),
            connections: Connections::new(config),
            space: config.open_space(),
            region: config.region.clone(),
            discovered: None,
        }
    }

    /// The same, with the topology that was discovered in the space of this journal known from the start.
    #[must_use]
    pub fn with_topology_of(self, journal: Journal) -> Self {
        Self {
            discovered: Some(journal),
            ..self
        }
    }

    /// The source with what discovery has found of it.
    async fn with_topology(&self, source: Arc<dyn Source>) -> Result<Arc<dyn Source>, Text> {
        let Some(journal) = &self.discovered else {
            return Ok(source);
        };
        let stored = discovery::load(journal).await;
        let stored = stored.map_err(|error| Text::from(error.to_string()))?;
        Ok(match stored {
            Some((found, _, topology)) => WithTopology::over(source, &found.places, topology),
            None => source,
        })
    }

    /// What the space sees from an account and region, or from its own first ones.
    async fn space(&self, account: Option<&str>, region: Option<&str>) -> Result<Arc<dyn Source>, Text> {
        let region = region.or(self.region.as_deref());
        let opened = self.accounts.open(&self.space, account, region).await;
        let opened = opened.map_err(|error| Text::from(error.to_string()))?;
        let connected = self.connections.members(&self.space, &self.accounts).await;
        let mut members: Vec<Arc<dyn Member>> = match opened {
            // Nothing to put together: the source speaks for itself.
            Opened::Alone(source) if connected.is_empty() => return Ok(source),
            Opened::Alone(source) => vec![source],
            Opened::Several(members) => members,
        };
        members.extend(connected);
        Ok(Arc::new(SpaceSource::new(members)))
    }
}

#[async_trait]
impl Sources for Telemetry {
    async fn open(&self, spec: &SourceSpec) -> Result<Arc<dyn Source>, Text> {
        let bundle = match spec {
            SourceSpec::Aws { account, region } => {
                let source = self.space(account.as_deref(), region.as_deref()).await?;
                return self.with_topology(source).await;
            }
            SourceSpec::Bundle { path } => Bundle::open(Path::new(path)),
            SourceSpec::Scenario { name } => Bundle::scenario(name),
        };
        match bundle {
            Ok(bundle) => Ok(Arc::new(BundleSource::new(bundle))),
            Err(error) => Err(Text::new().ext(error.to_string())),
        }
    }
}
