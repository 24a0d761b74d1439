//! A certificate that is renewed while the server runs: taken with the next connection, and only if it can be used.

use std::{path::Path, process::Command, sync::Arc};

use axum::{Router, routing::get};
use midwatch::intake::http::{Bind, Listener};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring::default_provider},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Takes whatever certificate there is: which one it is, is the question.
#[derive(Debug)]
struct Anything(CryptoProvider);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificate that the server shows now, having proved that it has its key.
async fn shown(port: u16) -> Vec<u8> {
    let provider = default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything(provider)))
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap();
    let (_, connection) = stream.get_ref();
    connection.peer_certificates().unwrap()[0].to_vec()
}

fn make(folder: &Path, name: &str) -> bool {
    let words = format!(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"
    );
    let done = Command::new("openssl")
        .args(words.split(' '))
        .current_dir(folder)
        .output();
    done.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_without_a_restart_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    if !["one", "two", "three"]
        .iter()
        .all(|name| make(folder.path(), name))
    {
        eprintln!("**** SKIPPED: openssl makes no certificates here");
        return;
    }
    let path = |name: &str| folder.path().join(name);
    let der = |name: &str| CertificateDer::from_pem_file(path(name)).unwrap().to_vec();
    let (one, two, three) = (der("one.pem"), der("two.pem"), der("three.pem"));
    let (cert, key) = (path("live.pem"), path("live.key"));
    std::fs::copy(path("one.pem"), &cert).unwrap();
    std::fs::copy(path("one.key"), &key).unwrap();
    let bind = Bind {
        address: ([127, 0, 0, 1], 0).into(),
        tls: Some((cert.clone(), key.clone())),
        plain: false,
    };
    let listener = Listener::bind(&bind).await.unwrap();
    let port = listener.address().port();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let router = Router::new().route("/", get(|| async {}));
    let serving = tokio::spawn(listener.serve(router, stopped));
    assert_eq!(shown(port).await, one);
    // Put in their place one after the other: until both are there, the one before goes on.
    std::fs::rename(path("two.pem"), &cert).unwrap();
    assert_eq!(shown(port).await, one, "the key is still that of another");
    std::fs::rename(path("two.key"), &key).unwrap();
    assert_eq!(shown(port).await, two);
    std::fs::write(&cert, "-----BEGIN CERTIFICATE-----\nnone\n").unwrap();
    assert_eq!(shown(port).await, two, "a broken one is not taken");
    std::fs::remove_file(&cert).unwrap();
    assert_eq!(shown(port).await, two, "nor none");
    // Written over.
    std::fs::copy(path("three.key"), &key).unwrap();
    std::fs::copy(path("three.pem"), &cert).unwrap();
    assert_eq!(shown(port).await, three);
    stop.send_replace(true);
    serving.await.unwrap();
}
