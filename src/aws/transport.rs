//! HTTPS to AWS: one connection pool that honours HTTPS_PROXY, NO_PROXY and a private certificate authority.

use std::{
    collections::BTreeMap,
    env, fs,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

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
use base64::Engine as _;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::net::{Net, is_loopback};

/// The connection to AWS could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The private certificate authority's file cannot be read.
    #[error("{said} names {}, which cannot be read: {source}\nhint: give the path of a PEM file with certificates", path.display())]
    Bundle {
        /// Where the file is named.
        said: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The private certificate authority's file holds none.
    #[error("{said} names {}, which holds no certificate that can be used\nhint: give the path of a PEM file with certificates", path.display())]
    Empty {
        /// Where the file is named.
        said: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// TLS could not be set up.
    #[error(
        "TLS to AWS cannot be set up: {0}\nhint: check the certificates in AWS_CA_BUNDLE and [network] ca_bundle"
    )]
    Tls(String),
}

/// Who vouches for AWS' servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Trust {
    /// Certificates in PEM, each of them known to be one.
    private: Option<Vec<u8>>,
    /// Nobody else is trusted.
    alone: bool,
}

impl Trust {
    /// AWS_CA_BUNDLE is AWS' own word and goes first: as in the AWS tools, it takes the place of the system's authorities. Without
    /// it, the network's private authority is trusted beside them.
    fn of(net: &Net) -> Result<Self, TransportError> {
        let named = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
        let (said, path, alone) = match (named, &net.ca_bundle) {
            (Some(path), _) => ("AWS_CA_BUNDLE", PathBuf::from(path), true),
            (None, Some(path)) => ("[network] ca_bundle", path.clone(), false),
            (None, None) => return Ok(Self::default()),
        };
        match fs::read(&path) {
            Ok(text) => Ok(Self {
                private: Some(usable(&text).ok_or(TransportError::Empty { said, path })?),
                alone,
            }),
            Err(source) => Err(TransportError::Bundle { said, path, source }),
        }
    }
}

/// The certificates of a PEM file that can vouch for anybody; none where there are none. What else is in it is left out: the
/// SDK's connector would panic.
fn usable(text: &[u8]) -> Option<Vec<u8>> {
    let mut store = RootCertStore::empty();
    let mut pem = String::new();
    for certificate in CertificateDer::pem_slice_iter(text) {
        let certificate = certificate.ok()?;
        let packed = base64::engine::general_purpose::STANDARD.encode(&certificate);
        if store.add(certificate).is_err() {
            continue;
        }
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in packed.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    (!store.is_empty()).then(|| pem.into_bytes())
}

/// The HTTP client of AWS clients, over `net`.
///
/// # Errors
/// When the file of a private certificate authority cannot be used.
pub fn http_client(net: &Net) -> Result<SharedHttpClient, TransportError> {
    let Trust { private, alone } = Trust::of(net)?;
    let system = if alone {
        TrustStore::empty()
    } else {
        TrustStore::default()
    };
    let trust = match private {
        Some(pem) => system.with_pem_certificate(pem),
        None => system,
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

/// Plain HTTP clients for the signed calls, made once for all that trust the same: this host is reached directly, everything
/// else through HTTPS_PROXY.
#[derive(Debug)]
pub(super) struct Plain {
    trust: Result<Trust, String>,
    direct: OnceLock<Result<reqwest::Client, String>>,
    proxied: OnceLock<Result<reqwest::Client, String>>,
}

impl Plain {
    /// The clients over `net`.
    pub(super) fn of(net: &Net) -> Arc<Self> {
        static KNOWN: Mutex<BTreeMap<Trust, Arc<Plain>>> = Mutex::new(BTreeMap::new());
        let made = |trust| {
            Arc::new(Self {
                trust,
                direct: OnceLock::new(),
                proxied: OnceLock::new(),
            })
        };
        match Trust::of(net) {
            Ok(trust) => {
                let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
                let plain = known.entry(trust.clone()).or_insert_with(|| made(Ok(trust)));
                Arc::clone(plain)
            }
            Err(error) => made(Err(error.to_string())),
        }
    }

    /// The client for `url`, or why there is none.
    pub(super) fn client(&self, url: &str) -> Result<&reqwest::Client, &str> {
        let direct = is_loopback(url);
        let client = if direct { &self.direct } else { &self.proxied };
        client
            .get_or_init(|| self.made(direct))
            .as_ref()
            .map_err(String::as_str)
    }

    fn made(&self, direct: bool) -> Result<reqwest::Client, String> {
        // Fails only when another part of the process has set a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let trust = self.trust.as_ref().map_err(Clone::clone)?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(super::CONNECT_TIMEOUT)
            .timeout(super::ANSWER_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if direct {
            builder = builder.no_proxy();
        }
        if let Some(pem) = &trust.private {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem).map_err(|error| error.to_string())?;
            builder = if trust.alone {
                builder.tls_certs_only(certificates)
            } else {
                builder.tls_certs_merge(certificates)
            };
        }
        builder.build().map_err(|error| error.to_string())
    }
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
