//! AWS behind a private certificate authority: the network's is trusted for AWS too, and AWS_CA_BUNDLE, where it is set, takes its
//! place. The peer is moto over TLS; without it, or without `openssl`, this is skipped, and says so.

use std::path::Path;

use crate::{
    kubernetes_tls::certificates,
    support::{peers, program::Program},
};

/// Asks whether the account lets midwatch in: by SDK clients and by signed calls.
fn account_test(url: &str, ca_bundle: Option<&Path>, aws: Option<&Path>) -> (i32, String) {
    let network = ca_bundle.map_or_else(String::new, |path| {
        format!("[network]\nca_bundle = \"{}\"\n", path.display())
    });
    let account = "[[spaces.default.accounts]]\nid = \"123456789012\"\n";
    let mut program = Program::new(&format!("{network}{account}")).of_aws(url);
    if let Some(path) = aws {
        program = program.with("AWS_CA_BUNDLE", path.to_str().unwrap());
    }
    program.run(&["account", "test"]).told()
}

#[test]
fn moto_is_trusted_by_the_networks_authority_and_by_that_of_aws_first() {
    let folder = tempfile::tempdir().unwrap();
    if !certificates(folder.path()) {
        eprintln!("**** SKIPPED: openssl makes no certificates here");
        return;
    }
    let Some(peer) = peers::moto_over_tls(folder.path()) else {
        return;
    };
    let (own, stranger) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    let (own, stranger) = (own.as_path(), stranger.as_path());
    for (network, aws, fine) in [
        (None, None, false),
        (Some(own), None, true),
        (Some(stranger), None, false),
        (None, Some(own), true),
        (Some(stranger), Some(own), true),
        (Some(own), Some(stranger), false),
    ] {
        let (code, told) = account_test(peer.url(), network, aws);
        assert_eq!(code == 0, fine, "{network:?} {aws:?}: {told}");
        if fine {
            // Signed calls go another way than those of the SDK.
            assert!(!told.contains("got no answer"), "{told}");
        } else {
            assert!(
                told.contains("got no answer") && told.contains("ca_bundle"),
                "{told}"
            );
        }
    }
}

/// A file without a certificate is named, and so is the place that names it.
#[test]
fn a_file_that_vouches_for_nobody_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.pem");
    for (text, expected) in [
        ("not a certificate", "which holds no certificate that can be used"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "which holds no certificate that can be used",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "which holds no certificate that can be used",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        for (network, aws, said) in [
            (Some(path.as_path()), None, "[network] ca_bundle"),
            (None, Some(path.as_path()), "AWS_CA_BUNDLE"),
        ] {
            let (code, told) = account_test("https://127.0.0.1:9", network, aws);
            assert_eq!(code, 1, "{told}");
            assert!(
                told.contains(&format!("{said} names")) && told.contains(expected) && told.contains("hint:"),
                "{told}"
            );
        }
    }
}
