//! A cluster has a certificate authority of its own: it is trusted for that cluster, and a stranger's is not. The peer is
//! `openssl s_server`; without `openssl` this is skipped, and says so.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use midwatch::net::Net;

/// Ends its process when it goes.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl(folder: &Path, words: &str) -> bool {
    let done = Command::new("openssl")
        .args(words.split(' '))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    done.is_ok_and(|status| status.success())
}

/// An authority, and a certificate of this host that it signed.
pub(crate) fn certificates(folder: &Path) -> bool {
    let names = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    std::fs::write(folder.join("names"), names).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(
        folder,
        &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=kubernetes"),
    ) && openssl(
        folder,
        &format!("req {key} -keyout leaf.key -out leaf.csr -subj /CN=kube-apiserver"),
    ) && openssl(
        folder,
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out leaf.pem",
    ) && openssl(
        folder,
        &format!("req -x509 {key} -keyout other.key -out other.pem -days 2 -subj /CN=stranger"),
    )
}

#[tokio::test]
async fn the_authority_of_a_cluster_is_trusted_for_it_and_a_strangers_is_not() {
    let folder = tempfile::tempdir().unwrap();
    if !certificates(folder.path()) {
        eprintln!("**** SKIPPED: openssl makes no certificates here");
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let server = Command::new("openssl")
        .args([
            "s_server", "-quiet", "-www", "-cert", "leaf.pem", "-key", "leaf.key", "-accept",
        ])
        .arg(format!("127.0.0.1:{port}"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _peer = Peer(server);
    let url = format!("https://127.0.0.1:{port}/");
    let timeout = Duration::from_secs(5);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let trusting = Net::default()
        .client_trusting(&url, timeout, &read("ca.pem"))
        .unwrap();
    let mut answer = trusting.get(&url).send().await;
    for _ in 0..200 {
        if answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = trusting.get(&url).send().await;
    }
    assert_eq!(answer.unwrap().status().as_u16(), 200);
    let stranger = Net::default()
        .client_trusting(&url, timeout, &read("other.pem"))
        .unwrap();
    assert!(stranger.get(&url).send().await.is_err());
    let plain = Net::default().client(&url, timeout).unwrap();
    assert!(plain.get(&url).send().await.is_err());
}
