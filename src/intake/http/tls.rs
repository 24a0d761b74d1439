//! TLS as a server, from PEM files. A renewed certificate is taken with the next connection: whoever renews one starts nothing
//! anew. One that is broken is told, and the one before it goes on.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::listen::ListenError;

/// TLS with the certificate that is in the files at each moment.
///
/// # Errors
/// When a file cannot be read, or the two do not belong together.
pub fn server_config(cert: &Path, key: &Path) -> Result<ServerConfig, ListenError> {
    let renewed = Renewed::load(cert, key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(cert, error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(renewed));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificate chain of a PEM file.
///
/// # Errors
/// When it cannot be read, or holds none.
pub fn chain(cert: &Path) -> Result<Vec<CertificateDer<'static>>, ListenError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
    let chain = chain.map_err(|error| fault(cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault(cert, "it holds no certificate".to_owned()));
    }
    Ok(chain)
}

/// A certificate, and the files that it is from.
#[derive(Debug)]
struct Renewed {
    cert: PathBuf,
    key: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    now: Arc<CertifiedKey>,
    /// The files as they were when they were read last, whether or not they could be used.
    seen: Seen,
}

/// What tells a file that was written or put in place anew: device, number, size, and when it was changed.
type Seen = [Option<(u64, u64, u64, i64, i64)>; 2];

impl Renewed {
    fn load(cert: &Path, key: &Path) -> Result<Self, ListenError> {
        // Looked at first: what is written while it is read is read again.
        let seen = seen(cert, key);
        Ok(Self {
            held: Mutex::new(Held {
                now: Arc::new(certified(cert, key)?),
                seen,
            }),
            cert: cert.to_owned(),
            key: key.to_owned(),
        })
    }

    fn now(&self) -> Arc<CertifiedKey> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen(&self.cert, &self.key);
        if seen != held.seen {
            held.seen = seen;
            match certified(&self.cert, &self.key) {
                Ok(new) => {
                    held.now = Arc::new(new);
                    tracing::info!(cert = %self.cert.display(), "a renewed certificate is taken");
                }
                Err(error) => {
                    let error = error.to_string();
                    let why = error.lines().next().unwrap_or_default();
                    tracing::error!(%why, "a changed certificate cannot be used: the one before it goes on");
                }
            }
        }
        Arc::clone(&held.now)
    }
}

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

fn seen(cert: &Path, key: &Path) -> Seen {
    [cert, key].map(|path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((
            meta.dev(),
            meta.ino(),
            meta.len(),
            meta.ctime(),
            meta.ctime_nsec(),
        ))
    })
}

fn certified(cert: &Path, key: &Path) -> Result<CertifiedKey, ListenError> {
    let chain = chain(cert)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| fault(key, error.to_string()))?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, private, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => fault(
            key,
            format!("the key is not that of the certificate {}", cert.display()),
        ),
        other => fault(cert, other.to_string()),
    })
}

fn fault(path: &Path, why: String) -> ListenError {
    ListenError::Tls {
        path: path.display().to_string(),
        why,
    }
}
