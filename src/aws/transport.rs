//! HTTPS to AWS: one connection pool that honours HTTPS_PROXY, NO_PROXY and a private certificate authority.

use std::{env, fs, path::PathBuf, time::Duration};

use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
        http_client_fn,
    },
    orchestrator::HttpRequest,
};

use crate::net::is_loopback;

/// The connection to AWS could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The private certificate authority's file cannot be read.
    #[error("AWS_CA_BUNDLE names {}, which cannot be read: {source}\nhint: give the path of a PEM file with certificates", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// TLS could not be set up.
    #[error("TLS to AWS cannot be set up: {0}\nhint: check the certificates in AWS_CA_BUNDLE")]
    Tls(String),
}

/// The HTTP client that every AWS client shares.
///
/// # Errors
/// When AWS_CA_BUNDLE names a file that cannot be read.
pub fn http_client() -> Result<SharedHttpClient, TransportError> {
    let trust = match private_authority()? {
        // As in the AWS tools, a private bundle takes the place of the system's roots.
        Some(pem) => TrustStore::empty().with_pem_certificate(pem),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| TransportError::Tls(error.to_string()))?;
    let connector = |proxy: ProxyConfig| {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(super::CONNECT_TIMEOUT)
            .read_timeout(super::ANSWER_TIMEOUT)
            .build();
        SharedHttpConnector::new(
            Connector::builder()
                .connector_settings(settings)
                .pool_idle_timeout(Duration::from_mins(1))
                .proxy_config(proxy)
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .build(),
        )
    };
    let route = SharedHttpConnector::new(Route {
        direct: connector(ProxyConfig::disabled()),
        proxied: connector(ProxyConfig::from_env()),
    });
    Ok(http_client_fn(move |_, _| route.clone()))
}

/// Certificates from AWS_CA_BUNDLE, in PEM.
pub(super) fn private_authority() -> Result<Option<Vec<u8>>, TransportError> {
    let Some(path) = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    fs::read(&path)
        .map(Some)
        .map_err(|source| TransportError::Bundle { path, source })
}

/// Sends to this host directly and everything else through the proxy, if there is one.
#[derive(Debug)]
struct Route {
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
}

impl HttpConnector for Route {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_loopback(request.uri()) {
            self.direct.call(request)
        } else {
            self.proxied.call(request)
        }
    }
}
