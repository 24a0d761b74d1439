//! What every command needs: configuration, journal, engine.

use std::{path::PathBuf, sync::Arc, time::Duration};

use color_eyre::eyre::{Result, eyre};

use super::Common;
use crate::{
    aws::found,
    config::{Config, SecretRef, is_space_name, paths},
    engine::{
        drive::Pace,
        pattern::Library,
        reasoner::{Reasoner, builtin::Builtin},
        scheduler::Settings,
        telemetry::Telemetry,
    },
    journal::{
        Actor, Journal,
        postgres::{self, Limits, PostgresStore},
    },
    sources::secrets::Secrets,
};

/// What every command needs.
pub struct Context {
    /// The configuration, options applied.
    pub config: Config,
}

impl Context {
    /// Reads the configuration and applies the options. A file that MIDWATCH_CONFIG names has to be there, but for a command that
    /// makes it.
    pub fn new(common: Common, makes: bool) -> Result<Self> {
        let given = std::env::var_os("MIDWATCH_CONFIG").is_some();
        let mut config = match paths::config_file() {
            Some(path) => Config::read(&path, given && !makes)?,
            None => Config::default(),
        };
        if let Some(space) = common.space {
            if !is_space_name(&space) {
                return Err(eyre!(
                    "'{}' cannot be the name of a space\nhint: letters, digits, - and _, at most 64",
                    crate::model::inert(&space)
                ));
            }
            config.space = space;
        }
        config.region = common.region.or(config.region);
        config.theme = common.theme.or(config.theme);
        config.ascii |= common.ascii;
        Ok(Self { config })
    }

    /// The same for another space.
    pub fn of_space(&self, name: &str) -> Self {
        let mut config = self.config.clone();
        name.clone_into(&mut config.space);
        Self { config }
    }

    /// The region of secrets that AWS keeps and that are named without one.
    pub fn secrets_region(&self) -> String {
        let primary = self.config.open_space().accounts.into_iter().next();
        let profile = primary.and_then(|account| account.profile);
        let here = || found::here_as(profile.as_deref()).region_name().to_owned();
        self.config.secrets_region.clone().unwrap_or_else(here)
    }

    /// The space's journal, in the store that the configuration names.
    pub async fn journal(&self) -> Result<Journal> {
        match &self.config.store.postgres {
            None => Ok(Journal::open(&paths::journal(&self.config.space)?).await?),
            Some(place) => {
                let store = PostgresStore::open(&self.postgres(place).await?).await?;
                Ok(Journal::over(Arc::new(store)))
            }
        }
    }

    /// How the space's store on the server is reached whose address stands in `place`.
    pub async fn postgres(&self, place: &SecretRef) -> Result<postgres::Options> {
        let config = &self.config;
        Ok(postgres::Options {
            url: Secrets::of(config).get(place).await?,
            space: config.space.clone(),
            key: paths::key(&config.space)?,
            ca_bundle: config.network.ca_bundle.clone(),
            connections: config.store.connections,
            limits: Limits {
                patience: Duration::from_secs(config.store.patience),
                ..Limits::default()
            },
        })
    }

    /// The patterns that ship with the program, and the user's own.
    pub fn library(&self) -> Result<Library> {
        let shipped = Library::shipped()?;
        Ok(match &self.config.patterns {
            Some(folder) => shipped.with_folder(folder)?,
            None => shipped,
        })
    }

    /// Who decides what an investigation does next.
    pub fn reasoner(&self) -> Result<Arc<dyn Reasoner>> {
        Ok(Arc::new(Builtin::new(Arc::new(self.library()?))))
    }

    /// The sources at hand, with the topology that was discovered in the journal's space.
    pub fn telemetry(&self, journal: &Journal) -> Arc<Telemetry> {
        Arc::new(Telemetry::new(&self.config).with_topology_of(journal.clone()))
    }

    /// How the scheduler works.
    pub fn settings(&self, after_step: Duration) -> Settings {
        Settings {
            slots: self.config.at_once,
            pace: Pace { after_step },
            budget: self.config.budget,
            ..Settings::default()
        }
    }

    /// The person at the keyboard.
    pub fn operator(&self) -> Actor {
        let name = ["USER", "LOGNAME"]
            .iter()
            .find_map(|variable| std::env::var(variable).ok());
        Actor::Operator(
            name.filter(|name| !name.is_empty())
                .unwrap_or_else(|| "unknown".to_owned()),
        )
    }
}

/// An absolute path for the journal: an investigation may be resumed from another folder.
pub fn absolute(path: &std::path::Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
