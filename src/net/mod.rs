//! The one way out that is not AWS' own: HTTP clients that honour HTTPS_PROXY, NO_PROXY and a private certificate authority,
//! reach this host directly, and never follow a redirect by themselves (it could carry a token elsewhere).

use std::{fs, path::PathBuf, time::Duration};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the network is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Net {
    /// Certificates in PEM that are trusted beside the system's.
    pub ca_bundle: Option<PathBuf>,
}

/// A client that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The private certificate authority's file cannot be read.
    #[error("the certificates in {} cannot be read: {source}\nhint: give the path of a PEM file under [network] ca_bundle", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// TLS could not be set up.
    #[error(
        "TLS cannot be set up: {0}\nhint: check the certificates in ca_bundle, SSL_CERT_FILE and AWS_CA_BUNDLE"
    )]
    Tls(#[from] reqwest::Error),
}

impl Net {
    /// A client for `url` whose calls take no longer than `timeout`.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn client(&self, url: &str, timeout: Duration) -> Result<reqwest::Client, NetError> {
        let mut builder = builder(url, timeout);
        if let Some(pem) = self.private()? {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&pem)?);
        }
        Ok(builder.build()?)
    }

    /// As [`Self::client`], for a server that has a certificate authority of its own (in PEM): that one is trusted, and a
    /// private one (a proxy may stand in between), and nobody else.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn client_trusting(
        &self,
        url: &str,
        timeout: Duration,
        authority: &[u8],
    ) -> Result<reqwest::Client, NetError> {
        let mut trusted = reqwest::Certificate::from_pem_bundle(authority)?;
        if let Some(pem) = self.private()? {
            trusted.extend(reqwest::Certificate::from_pem_bundle(&pem)?);
        }
        Ok(builder(url, timeout).tls_certs_only(trusted).build()?)
    }

    /// The private certificate authority's certificates, where there is one.
    fn private(&self) -> Result<Option<Vec<u8>>, NetError> {
        let Some(path) = self.authority() else {
            return Ok(None);
        };
        fs::read(&path)
            .map(Some)
            .map_err(|source| NetError::Bundle { path, source })
    }

    fn authority(&self) -> Option<PathBuf> {
        let variable = |name| std::env::var_os(name).filter(|path| !path.is_empty());
        let given = || variable("SSL_CERT_FILE").or_else(|| variable("AWS_CA_BUNDLE"));
        self.ca_bundle.clone().or_else(|| given().map(PathBuf::from))
    }
}

fn builder(url: &str, timeout: Duration) -> reqwest::ClientBuilder {
    // Fails only when another part of the process has set a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("midwatch/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none());
    if is_loopback(url) {
        builder.no_proxy()
    } else {
        builder
    }
}

/// True when `uri` leads to this host.
pub fn is_loopback(uri: &str) -> bool {
    let authority = uri
        .split_once("://")
        .map_or(uri, |(_, rest)| rest)
        .split(['/', '?'])
        .next()
        .unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_host_is_loopback() {
        assert!(is_loopback("http://127.0.0.1:5000/x"));
        assert!(is_loopback("http://localhost:5000"));
        assert!(is_loopback("https://[::1]:443/"));
        assert!(!is_loopback("https://logs.eu-west-1.amazonaws.com/"));
        assert!(!is_loopback("https://127.0.0.1.example.org/"));
    }
}
