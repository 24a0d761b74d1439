//! Requests by somebody who means ill: whatever they are, the server goes on, nothing comes through its door, and the memory
//! that it takes has a bound.

use std::{io::Write as _, net::TcpStream, sync::Arc, time::Duration};

use midwatch::intake::webhook::{Scheme, WebhookKind, register::Wanted};
use proptest::num::u8::ANY;
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::task::spawn_blocking;

use crate::support::{
    double_desk::{DoubleSns, Site},
    serve::{Hook, event, raw, request},
};

async fn site(rate: f64) -> (Site, Hook) {
    let site = Site::with_rate(Arc::new(DoubleSns::default()), rate).await;
    let made = site
        .webhook(Wanted {
            name: "orders".to_owned(),
            kind: WebhookKind::Generic,
            scheme: Some(Scheme::Timestamped),
            conditions: Vec::new(),
            failures: None,
            topic: None,
            secret: None,
        })
        .await;
    let hook = Hook {
        id: made.webhook.id.clone(),
        path: made.webhook.path(),
        secret: made.secret.unwrap().expose().to_owned(),
    };
    (site, hook)
}

fn good(address: std::net::SocketAddr, hook: &Hook, body: &str) -> u16 {
    let headers = hook.signed(body);
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    request(address, "POST", &hook.path, &headers, body.as_bytes())
        .unwrap()
        .status
}

/// A request that is right but for what is done to its bytes.
fn whole(hook: &Hook, body: &str) -> Vec<u8> {
    let mut head = format!("POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n", hook.path);
    for (name, value) in hook.signed(body) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!(
        "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    head.into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_mutations_come_to_nothing() {
    let (site, hook) = site(1_000_000.0).await;
    let address = site.address;
    let body = event("1", "orders");
    let hook = Arc::new(hook);
    let fuzzed = Arc::clone(&hook);
    let text = body.clone();
    spawn_blocking(move || {
        let mut runner = TestRunner::new(ProptestConfig::with_cases(150));
        let bytes = prop::collection::vec(ANY, 0..300);
        runner
            .run(&bytes, |mut bytes| {
                // Ended, so that the server need not wait for more.
                bytes.extend(b"\r\n\r\n");
                let answer = raw(address, &bytes);
                prop_assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status != 202));
                Ok(())
            })
            .unwrap();
        // One byte of the body or the signed headers changed.
        let right = whole(&fuzzed, &text);
        let from = right.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        runner
            .run(&(from..right.len(), ANY), |(at, byte)| {
                let mut bytes = right.clone();
                prop_assume!(bytes[at] != byte);
                bytes[at] = byte;
                let answer = raw(address, &bytes).unwrap();
                prop_assert!(answer.status == 401 || answer.status == 429, "{:?}", answer);
                Ok(())
            })
            .unwrap();
        // Headers of any sort, sizes that are not those of the body.
        let headers = prop::collection::vec(("[a-z-]{1,20}", "[ -~]{0,60}"), 0..10);
        runner
            .run(&(headers, 0usize..2_000), |(headers, size)| {
                let mut head = format!(
                    "POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n",
                    fuzzed.path
                );
                for (name, value) in &headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                let sent = "x".repeat(size);
                head.push_str(&format!(
                    "x-amzn-event-signature: {}\r\ncontent-length: {size}\r\n\r\n{sent}",
                    "A".repeat(44)
                ));
                let answer = raw(address, head.as_bytes());
                prop_assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status >= 400));
                Ok(())
            })
            .unwrap();
    })
    .await
    .unwrap();
    assert!(site.came().is_empty(), "nothing that is not proved comes in");
    let hook = Arc::clone(&hook);
    let status = spawn_blocking(move || good(address, &hook, &body)).await.unwrap();
    assert_eq!(status, 202, "and the server is as well as before");
    assert_eq!(site.came().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dawdles_holds_up_nobody() {
    let (site, hook) = site(1_000_000.0).await;
    let address = site.address;
    let begun = whole(&hook, &event("1", "orders"));
    let (status, held) = spawn_blocking(move || {
        let mut held = Vec::new();
        for n in 0..200 {
            let mut stream = TcpStream::connect(address).unwrap();
            // Some stop in the head, some in the body, some say nothing.
            stream.write_all(&begun[..(n * 7) % (begun.len() - 1)]).unwrap();
            held.push(stream);
        }
        (good(address, &hook, &event("2", "orders")), held)
    })
    .await
    .unwrap();
    assert_eq!(status, 202);
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_events_and_a_journal_that_fails_are_told_to_come_again() {
    let (site, hook) = site(5.0).await;
    let address = site.address;
    let hook = Arc::new(hook);
    let sent = Arc::clone(&hook);
    let answers = spawn_blocking(move || {
        let send = |n: usize| {
            let body = event(&n.to_string(), "orders");
            let headers = sent.signed(&body);
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            request(address, "POST", &sent.path, &headers, body.as_bytes()).unwrap()
        };
        (0..40).map(send).collect::<Vec<_>>()
    })
    .await
    .unwrap();
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.code(), "too_many_events");
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    assert_eq!(
        site.came().len(),
        answers.iter().filter(|answer| answer.status == 202).count()
    );

    *site.desk.broken.lock().unwrap() = true;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let status = |body: String| {
        let hook = Arc::clone(&hook);
        spawn_blocking(move || good(address, &hook, &body))
    };
    assert_eq!(status(event("x", "orders")).await.unwrap(), 503);
    *site.desk.broken.lock().unwrap() = false;
    assert!(site.door.drain(Duration::from_secs(5)).await);
    assert_eq!(status(event("y", "orders")).await.unwrap(), 503);
}
