//! Webhooks where their store is away, shared by hosts, or holds what this version does not know.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use midwatch::journal::Journal;
use serde_json::json;

use crate::support::{
    double_network::{DoubleNetwork, Weather},
    postgres::Space,
    program::{Program, Run},
    serve::{Hook, PATIENCE, Serve, event},
};

/// What is far below the two minutes for which the store waits for its database, and far above any load here.
const SOON: Duration = Duration::from_secs(30);

fn config(space: &Space, more: &str) -> String {
    format!(
        "space = \"{}\"\n[store]\npostgres = {{ env = \"MIDWATCH_DATABASE_URL\" }}\n{more}",
        space.name
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_nothing_keeps_nobody_waiting() {
    let Some(space) = Space::new().await else { return };
    let network = DoubleNetwork::to(space.address()).await;
    let program = Program::new(&config(&space, "[intake]\nkey = { env = \"KEY\" }\n"))
        .cut_off()
        .with("KEY", &"ab".repeat(32))
        .with("MIDWATCH_DATABASE_URL", &space.url_by(network.port));
    let hook = Hook::create(&program, &["orders", "--kind", "generic"]);
    let serve = Arc::new(Serve::start(&program, &[]));
    assert_eq!(hook.send(&serve, &event("one", "orders")).status, 202);
    network.turns(Weather::Silent);
    let hook = Arc::new(hook);
    let begun = Instant::now();
    let mut senders = Vec::new();
    for n in 0..20 {
        let (hook, serve) = (Arc::clone(&hook), Arc::clone(&serve));
        senders.push(std::thread::spawn(move || {
            hook.send(&serve, &event(&format!("lost {n}"), "orders"))
        }));
    }
    for sender in senders {
        let answer = sender.join().unwrap();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (503, "store_unavailable")
        );
        assert!(answer.head.contains("retry-after"), "{}", answer.head);
    }
    assert_eq!(serve.get("/healthz").status, 200);
    let ready = serve.get("/readyz");
    assert_eq!(ready.status, 503);
    let troubles = ready.json()["troubles"].to_string();
    assert!(
        troubles.contains("journal ") && troubles.contains("it does not answer"),
        "{troubles}"
    );
    assert!(serve.get("/metrics").text.contains("midwatch_build_info"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    // What a fault of every request would say a hundred times is said once.
    let lines = serve.log().matches("webhooks cannot be looked up").count();
    assert!(lines <= 1, "{}", serve.log());
    network.turns(Weather::Fair);
    let begun = Instant::now();
    while hook.send(&serve, &event("two", "orders")).status != 202 {
        assert!(begun.elapsed() < PATIENCE, "{}", serve.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_share_a_store_seal_with_no_key_of_their_own() {
    let Some(space) = Space::new().await else { return };
    let host = |more: &str| {
        Program::new(&config(&space, more))
            .cut_off()
            .with("KEY", &"ab".repeat(32))
            .with("MIDWATCH_DATABASE_URL", &space.url)
    };
    let (bare, keyed) = (host(""), host("[intake]\nkey = { env = \"KEY\" }\n"));
    let Run { code, err, .. } = bare.run(&["webhook", "create", "orders", "--kind", "generic"]);
    assert_eq!(code, 1);
    for word in [
        "several hosts share",
        "openssl rand -base64 32",
        "all of them: [intake] key =",
    ] {
        assert!(err.contains(word), "{word}: {err}");
    }
    assert!(!bare.path("data/intake.key").exists());
    // A token needs no key.
    Hook::create(&bare, &["tokens", "--kind", "datadog"]);
    let hook = Hook::create(&keyed, &["orders", "--kind", "generic"]);
    // A host that was not told the key says what to do.
    let serve = Serve::start(&bare, &[]);
    let answer = hook.send(&serve, &event("one", "orders"));
    assert_eq!((answer.status, answer.code().as_str()), (503, "webhook_unusable"));
    assert!(
        answer.text.contains("[intake] key has to be the same"),
        "{}",
        answer.text
    );
    let notes = serve.get("/readyz").json()["notes"].to_string();
    assert!(
        notes.contains("webhook orders") && notes.contains("configuration of all hosts"),
        "{notes}"
    );
    let serve = Serve::start(&keyed, &[]);
    assert_eq!(hook.send(&serve, &event("one", "orders")).status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_of_another_version_shuts_no_other_webhook() {
    let program = Program::new("").cut_off();
    let hook = Hook::create(&program, &["orders", "--kind", "generic"]);
    let journal = Journal::open(&program.path("data/spaces/default/journal.sqlite"))
        .await
        .unwrap();
    let odd = json!({"id": "odd", "name": "odd", "kind": "telepathy", "scheme": "mind", "created": Timestamp::UNIX_EPOCH});
    let odd = odd.to_string();
    assert_eq!(journal.set("webhook/odd", 0, Some(&odd)).await.unwrap(), Some(1));
    let serve = Serve::start(&program, &[]);
    assert_eq!(hook.send(&serve, &event("one", "orders")).status, 202);
    let notes = serve.ready()["notes"].to_string();
    assert!(
        notes.contains("webhook/odd") && notes.contains("telepathy"),
        "{notes}"
    );
    let list = program.fine(&["webhook", "list"]);
    assert!(
        list.contains("orders") && list.contains("webhook/odd: closed"),
        "{list}"
    );
    // And another can be made beside it.
    Hook::create(&program, &["carts", "--kind", "generic"]);
}

#[test]
fn one_secret_under_an_old_key_fetches_the_key_no_more_often() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("key"), "ab".repeat(32)).unwrap();
    let script = format!(
        "echo asked >> {}; cat {}",
        path("asked").display(),
        path("key").display()
    );
    let config = format!("[intake]\nkey = {{ command = [\"sh\", \"-c\", \"{script}\"] }}\n");
    let program = Program::new(&config).cut_off().with("PATH", "/usr/bin:/bin");
    let old = Hook::create(&program, &["old", "--kind", "generic"]);
    std::fs::write(path("key"), "cd".repeat(32)).unwrap();
    let new = Hook::create(&program, &["new", "--kind", "generic"]);
    let asked = || std::fs::read_to_string(path("asked")).unwrap().lines().count();
    let before = asked();
    let serve = Serve::start(&program, &[]);
    for n in 0..12 {
        let body = event(&format!("{n}"), "orders");
        assert_eq!(new.send(&serve, &body).status, 202, "{}", serve.log());
        assert_eq!(old.send(&serve, &body).status, 503);
        std::thread::sleep(Duration::from_millis(200));
    }
    // Once at the start, and once more should all of this take a minute.
    assert!(
        (1..=2).contains(&(asked() - before)),
        "{} times",
        asked() - before
    );
}
