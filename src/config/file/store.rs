//! `[store]` as it stands in the file.

use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, Reader, connections::Secret};
use crate::config::Store;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    postgres: Option<Secret>,
    connections: Option<Spanned<u32>>,
    patience: Option<Spanned<u64>>,
}

impl Written {
    pub(super) fn validated(self, reader: &Reader<'_>) -> Result<Store, ConfigError> {
        let default = Store::default();
        if let Some(connections) = self
            .connections
            .as_ref()
            .filter(|n| !(1..=100).contains(n.get_ref()))
        {
            let what = format!("connections is {}", connections.get_ref());
            let at = Some(connections.span().start);
            return Err(reader.wrong(at, what, "1 to 100 connections to the store"));
        }
        if let Some(patience) = self
            .patience
            .as_ref()
            .filter(|s| !(1..=86_400).contains(s.get_ref()))
        {
            let what = format!("patience is {}", patience.get_ref());
            let at = Some(patience.span().start);
            return Err(reader.wrong(at, what, "seconds, from 1 to a day"));
        }
        Ok(Store {
            postgres: self.postgres.map(|secret| secret.0),
            connections: self.connections.map_or(default.connections, Spanned::into_inner),
            patience: self.patience.map_or(default.patience, Spanned::into_inner),
        })
    }
}
