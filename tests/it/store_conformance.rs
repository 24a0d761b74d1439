//! What every store must do, whatever database is behind it: one set of tests, run for each.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use midwatch::journal::{
    Append, Grant, Head, Kind, Lease, Setting, Store, StoreError, StreamId, canonical::sha256,
};
use serde_json::json;

use crate::journal_facade::{end, investigation, message};

/// An empty database that any number of handles can be opened on, as other processes would.
#[async_trait::async_trait]
pub(crate) trait Place: Send + Sync {
    async fn open(&self) -> Arc<dyn Store>;
}

fn at() -> jiff::Timestamp {
    "2026-11-23T02:00:00.123Z".parse().unwrap()
}

fn append(stream: StreamId, expected: Option<u64>, epoch: Option<u64>, texts: &[&str]) -> Append {
    Append {
        stream,
        expected,
        epoch,
        drafts: texts.iter().map(|text| message(text)).collect(),
    }
}

async fn say(store: &dyn Store, stream: &StreamId, text: &str) -> u64 {
    let records = store
        .append(at(), vec![append(stream.clone(), None, None, &[text])])
        .await
        .unwrap();
    records[0].seq
}

async fn reads_what_was_appended(place: &dyn Place) {
    let store = place.open().await;
    let written = store
        .append(
            at(),
            vec![
                append(StreamId::space(), Some(0), None, &["a", "b"]),
                append(investigation(1), None, None, &["c"]),
                append(StreamId::space(), Some(2), None, &["d"]),
            ],
        )
        .await
        .unwrap();
    let places: Vec<_> = written
        .iter()
        .map(|record| (record.stream.to_string(), record.seq))
        .collect();
    let (space, first) = ("space".to_owned(), investigation(1).to_string());
    assert_eq!(
        places,
        [(space.clone(), 1), (space.clone(), 2), (first, 1), (space, 3)]
    );
    let other = place.open().await;
    let read = other.read(&StreamId::space(), 0, 10).await.unwrap();
    assert_eq!(read, [written[0].clone(), written[1].clone(), written[3].clone()]);
    assert_eq!(
        other.read(&StreamId::space(), 1, 1).await.unwrap(),
        [written[1].clone()]
    );
    assert!(other.read(&StreamId::space(), 3, 10).await.unwrap().is_empty());
    assert!(other.read(&investigation(2), 0, 10).await.unwrap().is_empty());
    let heads = other.heads().await.unwrap();
    assert_eq!(heads.len(), 2);
    assert_eq!(
        heads[&StreamId::space()],
        other.head(&StreamId::space()).await.unwrap()
    );
    assert_eq!(
        (heads[&StreamId::space()].seq, &heads[&StreamId::space()].hash),
        (3, &written[3].hash)
    );
    assert_eq!(other.head(&investigation(2)).await.unwrap().seq, 0);
}

async fn keeps_every_digit(place: &dyn Place) {
    let store = place.open().await;
    let mut draft = message("x");
    draft.body =
        json!({"text": "é\u{0}\u{2028}\"\\", "f": 0.1, "whole": 2.0, "n": -3, "big": u64::MAX, "no": null});
    let batch = vec![Append {
        drafts: vec![draft],
        ..append(StreamId::space(), None, None, &[])
    }];
    let written = store.append(at(), batch).await.unwrap();
    let body = json!({"text": "é\u{0}\u{2028}\"\\", "f": 0.1, "whole": 2, "n": -3, "big": u64::MAX.to_string(), "no": null});
    assert_eq!(written[0].body, body);
    assert_eq!(store.read(&StreamId::space(), 0, 1).await.unwrap(), written);
}

async fn refuses_a_stale_writer(place: &dyn Place) {
    let store = place.open().await;
    say(&*store, &StreamId::space(), "a").await;
    let refused = store
        .append(at(), vec![append(StreamId::space(), Some(0), None, &["b"])])
        .await;
    assert!(
        matches!(
            &refused,
            Err(StoreError::Stale {
                expected: 0,
                actual: 1,
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(store.head(&StreamId::space()).await.unwrap().seq, 1);
}

async fn writes_all_or_nothing(place: &dyn Place) {
    let store = place.open().await;
    let batch = vec![
        append(investigation(1), None, None, &["a"]),
        append(investigation(2), Some(7), None, &["b"]),
    ];
    assert!(store.append(at(), batch).await.is_err());
    assert!(store.heads().await.unwrap().is_empty());
    assert!(store.append(at(), Vec::new()).await.unwrap().is_empty());
    assert!(
        store
            .append(at(), vec![append(investigation(1), Some(0), None, &[])])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.heads().await.unwrap().is_empty());
}

async fn refuses_a_closed_investigation(place: &dyn Place) {
    let store = place.open().await;
    let closing = Append {
        drafts: vec![message("a"), end()],
        ..append(investigation(1), None, None, &[])
    };
    let closed = store.append(at(), vec![closing]).await.unwrap();
    assert_eq!(closed[1].kind, Kind::End);
    let other = place.open().await;
    let refused = other
        .append(at(), vec![append(investigation(1), Some(2), None, &["late"])])
        .await;
    assert!(matches!(refused, Err(StoreError::Closed { .. })), "{refused:?}");
}

async fn fences_off_the_holder_of_an_old_lease(place: &dyn Place) {
    let (ours, theirs) = (place.open().await, place.open().await);
    let (stream, long) = (investigation(1), Duration::from_mins(1));
    let lease = ours.acquire(&stream, "us", long).await.unwrap().unwrap();
    assert!(theirs.acquire(&stream, "them", long).await.unwrap().is_none());
    assert!(
        ours.acquire(&stream, "us", long).await.unwrap().is_none(),
        "held is held"
    );
    assert!(ours.renew(&lease, long).await.unwrap());
    ours.append(
        at(),
        vec![append(stream.clone(), None, Some(lease.epoch), &["a"])],
    )
    .await
    .unwrap();
    expire(&*ours, &lease).await;
    let taken = theirs
        .acquire(&stream, "them", long)
        .await
        .unwrap()
        .expect("it has expired");
    assert!(taken.epoch > lease.epoch);
    assert!(!ours.renew(&lease, long).await.unwrap());
    let refused = ours
        .append(
            at(),
            vec![append(stream.clone(), None, Some(lease.epoch), &["b"])],
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
    // An operator writes without a lease; giving back a lost lease does not take it from its new holder.
    say(&*ours, &stream, "operator").await;
    ours.release(&lease).await.unwrap();
    assert!(ours.acquire(&stream, "us", long).await.unwrap().is_none());
    theirs.release(&taken).await.unwrap();
    let again = ours
        .acquire(&stream, "us", long)
        .await
        .unwrap()
        .expect("it was given back");
    assert!(again.epoch > taken.epoch);
}

/// Lets a lease run out.
async fn expire(store: &dyn Store, lease: &Lease) {
    assert!(store.renew(lease, Duration::from_millis(1)).await.unwrap());
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn leased(grant: Grant) -> Option<Lease> {
    match grant {
        Grant::Taken(lease) => Some(lease),
        Grant::Held | Grant::Full => None,
    }
}

async fn gives_out_no_more_slots_than_there_are(place: &dyn Place) {
    let long = Duration::from_mins(1);
    // Ten investigations, wanted by five workers at once.
    let mut workers = Vec::new();
    for worker in 0..5 {
        let store = place.open().await;
        workers.push(tokio::spawn(async move {
            let mut leases = Vec::new();
            for number in [worker, worker + 5] {
                let owner = format!("worker {worker}");
                let grant = store
                    .take(&investigation(number), &owner, long, Some(3))
                    .await
                    .unwrap();
                leases.extend(leased(grant));
            }
            leases
        }));
    }
    let mut leases = Vec::new();
    for worker in workers {
        leases.extend(worker.await.unwrap());
    }
    assert_eq!(leases.len(), 3);
    let store = place.open().await;
    let free = (0..10)
        .map(investigation)
        .find(|stream| leases.iter().all(|lease| lease.stream != *stream))
        .unwrap();
    let wanted = |owner: &'static str| {
        let (store, free) = (Arc::clone(&store), free.clone());
        async move { store.take(&free, owner, long, Some(3)).await.unwrap() }
    };
    assert_eq!(wanted("late").await, Grant::Full);
    let held = store
        .take(&leases[0].stream, "late", long, Some(3))
        .await
        .unwrap();
    assert_eq!(held, Grant::Held);
    // An answer to an operator takes no slot, and waits for none.
    let answer = store
        .acquire(&investigation(99), "late", long)
        .await
        .unwrap()
        .unwrap();
    store.release(&answer).await.unwrap();
    // A slot whose lease is given back is free; one whose lease has run out too, and does not come back when it is gone.
    store.release(&leases[0]).await.unwrap();
    let fourth = leased(wanted("late").await).unwrap();
    expire(&*store, &leases[1]).await;
    assert!(
        store.renew(&leases[1], long).await.unwrap(),
        "nobody has its slot"
    );
    expire(&*store, &leases[1]).await;
    let fifth = store
        .take(&investigation(50), "later", long, Some(3))
        .await
        .unwrap();
    assert!(leased(fifth).is_some());
    assert!(!store.renew(&leases[1], long).await.unwrap(), "its slot is gone");
    let held = store.leases().await.unwrap();
    assert_eq!(held.iter().filter(|held| held.slot).count(), 3);
    assert!(
        held.iter()
            .any(|held| held.lease == fourth && held.left > Duration::from_secs(10))
    );
}

async fn loses_no_append_to_another_handle(place: &dyn Place) {
    let mut writers = Vec::new();
    for writer in 0..4 {
        let store = place.open().await;
        writers.push(tokio::spawn(async move {
            for number in 0..40 {
                let text = format!("{writer}.{number}");
                // As the engine does it: read the head, append on top of it, retry when somebody was faster.
                loop {
                    let head = store.head(&StreamId::space()).await.unwrap();
                    let batch = vec![append(StreamId::space(), Some(head.seq), None, &[&text])];
                    match store.append(at(), batch).await {
                        Ok(_) => break,
                        Err(StoreError::Stale { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let store = place.open().await;
    let records = store.read(&StreamId::space(), 0, 1000).await.unwrap();
    let texts: std::collections::BTreeSet<_> = records
        .iter()
        .map(|record| record.body["text"].to_string())
        .collect();
    assert_eq!((records.len(), texts.len()), (160, 160));
    for (before, after) in records.iter().zip(&records[1..]) {
        assert_eq!((after.seq, &after.prev), (before.seq + 1, &before.hash));
    }
}

async fn keeps_a_blob_once(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    let bytes = b"telemetry ".repeat(1000);
    let id = store.put_blob(bytes.clone()).await.unwrap();
    assert_eq!(id, sha256(&bytes));
    assert_eq!(other.put_blob(bytes.clone()).await.unwrap(), id);
    assert_eq!(other.get_blob(&id).await.unwrap(), bytes);
    assert_eq!(store.blob_ids().await.unwrap(), [id.0]);
    let empty = store.put_blob(Vec::new()).await.unwrap();
    assert!(store.get_blob(&empty).await.unwrap().is_empty());
    let missing = store.get_blob(&sha256(b"never kept")).await;
    assert!(matches!(missing, Err(StoreError::NoBlob(_))), "{missing:?}");
}

async fn tells_what_has_moved(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    say(&*store, &investigation(1), "a").await;
    say(&*other, &investigation(2), "b").await;
    let all = store.moved(0).await.unwrap();
    assert_eq!(all.heads.len(), 2);
    say(&*other, &investigation(2), "c").await;
    let some = store.moved(all.mark).await.unwrap();
    assert_eq!(
        some.heads.get(&investigation(2)).map(|head: &Head| head.seq),
        Some(2)
    );
    store
        .acquire(&investigation(3), "us", Duration::from_secs(1))
        .await
        .unwrap();
    assert!(
        !store.heads().await.unwrap().contains_key(&investigation(3)),
        "it has no records"
    );
}

async fn wakes_who_waits(place: &dyn Place) {
    for by_another in [false, true] {
        let store = place.open().await;
        let writer = if by_another {
            place.open().await
        } else {
            Arc::clone(&store)
        };
        // Settled: whatever happened before was seen.
        let mut version = store.version();
        while let Ok(newer) = tokio::time::timeout(Duration::from_millis(700), store.changed(version)).await {
            version = newer;
        }
        let waiting = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.changed(version).await })
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished(), "nothing has happened");
        say(&*writer, &StreamId::space(), "news").await;
        let newer = tokio::time::timeout(Duration::from_secs(5), waiting)
            .await
            .unwrap()
            .unwrap();
        assert_ne!(newer, version);
        // Who looks too late does not wait at all.
        tokio::time::timeout(Duration::from_millis(50), store.changed(version))
            .await
            .unwrap();
    }
}

async fn moves_cursors_forward_only(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    assert!(store.cursor("outlet").await.unwrap().is_empty());
    let at = |seq| BTreeMap::from([(StreamId::space(), seq), (investigation(1), 1)]);
    store.set_cursor("outlet", &at(5)).await.unwrap();
    other.set_cursor("outlet", &at(3)).await.unwrap();
    assert_eq!(other.cursor("outlet").await.unwrap(), at(5));
    assert!(store.cursor("another").await.unwrap().is_empty());
}

async fn sets_what_was_seen_and_nothing_else(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    let (name, set) = ("webhook/a", async |store: &dyn Store, seen, value| {
        store.set("webhook/a", seen, value).await.unwrap()
    });
    assert_eq!(set(&*other, 0, None).await, None, "nothing is there");
    assert_eq!(set(&*store, 0, Some("one")).await, Some(1));
    assert_eq!(set(&*other, 0, Some("two")).await, None);
    assert_eq!(set(&*other, 1, Some("two")).await, Some(2));
    assert_eq!(set(&*store, 1, Some("three")).await, None);
    assert_eq!(store.set("webhook_b", 0, Some("other")).await.unwrap(), Some(1));
    let settings = store.settings("webhook/").await.unwrap();
    let two = Setting {
        version: 2,
        value: "two".into(),
    };
    assert_eq!(settings, BTreeMap::from([(name.to_owned(), two)]));
    assert_eq!(set(&*store, 1, None).await, None);
    assert_eq!(set(&*store, 2, None).await, Some(3));
    assert_eq!(set(&*store, 2, None).await, None);
    assert_eq!(set(&*store, 3, None).await, None, "what is gone is gone");
    assert_eq!(
        set(&*store, 3, Some("four")).await,
        None,
        "what is gone has no version"
    );
    assert!(other.settings("webhook/").await.unwrap().is_empty());
    // Set again: whoever saw it before has not seen this.
    assert_eq!(set(&*other, 0, Some("new")).await, Some(4));
    for old in 1..=3 {
        assert_eq!(set(&*store, old, Some("old")).await, None);
    }
    assert_eq!(store.settings(name).await.unwrap()[name].version, 4);
}

async fn reserves_a_number_once(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    let stream = StreamId::space();
    assert_eq!(store.reserve(&stream, 0, 3).await.unwrap(), 0);
    assert_eq!(other.reserve(&stream, 0, 2).await.unwrap(), 3);
    assert_eq!(store.reserve(&stream, 9, 1).await.unwrap(), 9);
    assert_eq!(other.reserve(&stream, 4, 1).await.unwrap(), 10);
    assert_eq!(other.reserve(&investigation(1), 0, 1).await.unwrap(), 0);
}

async fn finds_words(place: &dyn Place) {
    let store = place.open().await;
    let texts = [
        "Checkout is slow",
        "100% of \"orders\" fail",
        "a_b",
        "axb",
        "ÄRGER ärger",
    ];
    store
        .append(at(), vec![append(StreamId::space(), None, None, &texts)])
        .await
        .unwrap();
    let find = |words: &[&str]| {
        let (store, words) = (
            Arc::clone(&store),
            words.iter().map(ToString::to_string).collect::<Vec<_>>(),
        );
        async move { store.find(&StreamId::space(), &words).await.unwrap() }
    };
    assert_eq!(find(&["CHECKOUT"]).await, [1]);
    assert_eq!(find(&["slow", "checkout"]).await, [1]);
    assert_eq!(find(&["\"Orders\""]).await, [2]);
    assert_eq!(find(&["0% o"]).await, [2]);
    assert_eq!(
        find(&["a_b"]).await,
        [3],
        "what LIKE takes for a wildcard is none"
    );
    assert_eq!(find(&["ärger"]).await, [5]);
    assert_eq!(
        find(&["Message"]).await,
        [1, 2, 3, 4, 5],
        "the kind is a word too"
    );
    assert!(find(&["slow", "orders"]).await.is_empty());
    let kinds = store
        .read_kinds(&StreamId::space(), &[Kind::Message], 3, 1)
        .await
        .unwrap();
    assert_eq!(kinds.iter().map(|record| record.seq).collect::<Vec<_>>(), [4]);
    assert!(
        store
            .read_kinds(&StreamId::space(), &[Kind::Gap], 0, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn keeps_what_others_said_beside_it(place: &dyn Place) {
    let store = place.open().await;
    store.reserve(&investigation(1), 0, 7).await.unwrap();
    let lease = store
        .acquire(&investigation(1), "us", Duration::from_mins(1))
        .await
        .unwrap()
        .unwrap();
    let states = store.states().await.unwrap();
    assert_eq!(states.len(), 1);
    assert_eq!(
        (&states[0].stream, states[0].epoch, states[0].placeholders),
        (&investigation(1), lease.epoch, 7)
    );
    store
        .set_cursor("outlet", &BTreeMap::from([(investigation(1), 3)]))
        .await
        .unwrap();
    assert_eq!(
        store.cursors().await.unwrap(),
        [("outlet".to_owned(), investigation(1), 3)]
    );
    assert_eq!(store.signers().await.unwrap(), [store.public_key()]);
}

async fn signs_every_so_many_records_and_the_end(place: &dyn Place) {
    let store = place.open().await;
    let texts = vec!["x"; 300];
    store
        .append(at(), vec![append(investigation(1), None, None, &texts)])
        .await
        .unwrap();
    let closing = Append {
        drafts: vec![end()],
        ..append(investigation(1), None, None, &[])
    };
    let last = store.append(at(), vec![closing]).await.unwrap().remove(0);
    let checkpoints = store.checkpoints(investigation(1).as_str()).await.unwrap();
    assert_eq!(
        checkpoints.iter().map(|one| one.seq).collect::<Vec<_>>(),
        [256, 301]
    );
    assert_eq!(checkpoints[1].hash, last.hash.0);
    let key = store.public_key();
    for checkpoint in &checkpoints {
        assert!(key.signed(investigation(1).as_str(), checkpoint));
        assert!(!key.signed(investigation(2).as_str(), checkpoint));
    }
}

/// Every test of the suite, once for each store.
macro_rules! conformance {
    ($store:ident, $place:expr; $($name:ident)*) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(place) = $place {
                        super::$name(&place).await;
                    }
                }
            )*
        }
    };
    ($store:ident, $place:expr) => {
        conformance! {
            $store, $place;
            reads_what_was_appended keeps_every_digit refuses_a_stale_writer writes_all_or_nothing
            refuses_a_closed_investigation fences_off_the_holder_of_an_old_lease loses_no_append_to_another_handle
            keeps_a_blob_once tells_what_has_moved wakes_who_waits moves_cursors_forward_only reserves_a_number_once
            signs_every_so_many_records_and_the_end gives_out_no_more_slots_than_there_are
            keeps_what_others_said_beside_it finds_words sets_what_was_seen_and_nothing_else
        }
    };
}

conformance!(sqlite, Some(crate::journal_sqlite::File::new()));
conformance!(postgres, crate::support::postgres::Space::new().await);
