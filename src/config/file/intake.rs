//! `[intake]`, as it is written.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{
    Reader,
    connections::{Secret, is_web_address},
};
use crate::config::{ConfigError, Intake, Tls};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    listen: Option<Spanned<String>>,
    public_url: Option<Spanned<String>>,
    plain_http: bool,
    metrics: Option<Spanned<String>>,
    events_per_second: Option<Spanned<u32>>,
    key: Option<Spanned<Secret>>,
    tls: Option<WrittenTls>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTls {
    cert: PathBuf,
    key: PathBuf,
}

impl Written {
    pub(super) fn validated(self, reader: &Reader<'_>) -> Result<Intake, ConfigError> {
        let default = Intake::default();
        let address = |written: Spanned<String>| -> Result<SocketAddr, ConfigError> {
            written.get_ref().parse().map_err(|_| {
                reader.wrong(
                    Some(written.span().start),
                    format!(
                        "'{}' is no address to listen on",
                        crate::model::inert(written.get_ref())
                    ),
                    "an IP address and a port, as in 127.0.0.1:8787",
                )
            })
        };
        let public_url = self.public_url.map(|written| {
            let url = written.get_ref().trim_end_matches('/').to_owned();
            if is_web_address(&url) && !url.contains(['?', '#']) {
                return Ok(url);
            }
            let hint = "https://HOST, or http:// on this host; a path may follow";
            let what = "the public_url of the intake is none".to_owned();
            Err(reader.wrong(Some(written.span().start), what, hint))
        });
        let events_per_second = match self.events_per_second {
            None => default.events_per_second,
            Some(written) if *written.get_ref() == 0 => {
                let what = "events_per_second is 0".to_owned();
                return Err(reader.wrong(
                    Some(written.span().start),
                    what,
                    "at least 1; remove a webhook that is to take none",
                ));
            }
            Some(written) => written.into_inner(),
        };
        Ok(Intake {
            listen: self.listen.map(&address).transpose()?.unwrap_or(default.listen),
            public_url: public_url.transpose()?,
            plain_http: self.plain_http,
            metrics: self.metrics.map(address).transpose()?,
            events_per_second,
            key: self.key.map(|key| key.into_inner().0),
            tls: self.tls.map(|WrittenTls { cert, key }| Tls { cert, key }),
        })
    }
}
