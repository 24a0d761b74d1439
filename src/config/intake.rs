//! How events come in.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use super::SecretRef;

/// How events come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Where webhooks are taken.
    pub listen: SocketAddr,
    /// The address that senders use, where it is another one.
    pub public_url: Option<String>,
    /// True: listen without TLS, though other hosts can reach it.
    pub plain_http: bool,
    /// Where readiness and metrics are told; none: where webhooks are taken, if nobody else reaches that.
    pub metrics: Option<SocketAddr>,
    /// Events that one webhook takes in a second.
    pub events_per_second: u32,
    /// Where the key stands that the secrets of webhooks are sealed with; none: in a file of ours.
    pub key: Option<SecretRef>,
    /// Certificate and key of the server; none: plain HTTP.
    pub tls: Option<Tls>,
}

/// Certificate and key of the server, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, and those between it and its authority.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8787).into(),
            public_url: None,
            plain_http: false,
            metrics: None,
            events_per_second: 5000,
            key: None,
            tls: None,
        }
    }
}

impl Intake {
    /// The address that senders use, without a slash at its end.
    pub fn url(&self) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.listen)
    }
}
