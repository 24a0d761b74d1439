//! What PostgreSQL adds: grants, triggers, commits whose answers are lost, transactions that end in another order than they
//! began.

use std::{sync::Arc, time::Duration};

use midwatch::journal::{
    Append, Grant, Journal, Store, StoreError, StreamId, VerifyOptions,
    postgres::{PostgresStore, setup},
};
use sqlx::{Connection, Executor, PgConnection, Row};

use crate::{
    journal_facade::{end, investigation, message},
    support::{
        double_network::{DoubleNetwork, Loss, Weather},
        postgres::{Cluster, Space},
    },
};

async fn say(store: &dyn Store, stream: &StreamId, text: &str) -> Result<u64, StoreError> {
    let batch = vec![Append {
        stream: stream.clone(),
        expected: None,
        epoch: None,
        drafts: vec![message(text)],
    }];
    let records = store.append(jiff::Timestamp::UNIX_EPOCH, batch).await?;
    Ok(records[0].seq)
}

async fn texts(store: &dyn Store, stream: &StreamId) -> Vec<String> {
    let records = store.read(stream, 0, 10_000).await.unwrap();
    let text =
        |record: &midwatch::journal::Record| record.body["text"].as_str().unwrap_or_default().to_owned();
    records.iter().map(text).collect()
}

/// What is wrong, but for streams that these tests write to without opening them in `space`.
async fn faults(journal: &Journal, options: &VerifyOptions) -> Vec<String> {
    let report = journal.verify(options).await.unwrap();
    let faults = report.faults.iter().map(ToString::to_string);
    faults
        .filter(|fault| !fault.ends_with("that it was opened"))
        .collect()
}

fn run(statement: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(statement.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_cannot_be_changed_by_the_role_nor_by_its_owner() {
    let Some(space) = Space::new().await else { return };
    let store = space.store().await;
    store
        .append(
            jiff::Timestamp::UNIX_EPOCH,
            vec![Append {
                stream: investigation(1),
                expected: None,
                epoch: None,
                drafts: vec![message("one"), message("two"), end()],
            }],
        )
        .await
        .unwrap();
    store.put_blob(b"telemetry".to_vec()).await.unwrap();
    let before = store.read(&investigation(1), 0, 10).await.unwrap();
    let schema = space.schema();
    let mut role = space.raw().await;
    let mut owner = PgConnection::connect(&space.admin).await.unwrap();
    let session = format!("SET ROLE \"{schema}$owner\"");
    owner.execute(run(&session)).await.unwrap();
    for table in ["records", "blobs", "checkpoints", "signers"] {
        let column = if table == "signers" { "key" } else { "hash" };
        let column = if table == "blobs" { "id" } else { column };
        for statement in [
            format!("UPDATE \"{schema}\".{table} SET {column} = 'x'"),
            format!("DELETE FROM \"{schema}\".{table}"),
            format!("TRUNCATE \"{schema}\".{table} CASCADE"),
        ] {
            let refused = role.execute(run(&statement)).await.unwrap_err().to_string();
            assert!(refused.contains("permission denied"), "{statement}: {refused}");
            let refused = owner.execute(run(&statement)).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{statement}: {refused}");
        }
    }
    for statement in [
        format!("DROP TABLE \"{schema}\".records"),
        format!("DROP TRIGGER records_are_kept ON \"{schema}\".records"),
        format!("ALTER TABLE \"{schema}\".records DISABLE TRIGGER ALL"),
        format!("DELETE FROM \"{schema}\".heads"),
        format!("INSERT INTO \"{schema}\".migrations (version) VALUES (9)"),
        format!("SET ROLE \"{schema}$owner\""),
        format!("CREATE TABLE \"{schema}\".mine (x int)"),
        "SET session_replication_role = replica".to_owned(),
    ] {
        let refused = role.execute(run(&statement)).await;
        assert!(refused.is_err(), "{statement}");
    }
    // A record that does not follow the last one, and one that stands beside it.
    // A table of the role's own that bears the name of ours is none to the trigger.
    let lure = format!("CREATE TEMP TABLE records AS SELECT * FROM \"{schema}\".records WHERE false");
    role.execute(run(&lure)).await.unwrap();
    let bait = "INSERT INTO pg_temp.records SELECT 'space', 41, '', '', '', '', '', '', 'x', ''";
    role.execute(run(bait)).await.unwrap();
    let stray = format!(
        "INSERT INTO \"{schema}\".records SELECT 'space', 42, at, actor, trust, kind, body, 'x', hash, token \
         FROM \"{schema}\".records WHERE seq = 3"
    );
    assert!(role.execute(run(&stray)).await.is_err());
    for (seq, prev) in [(9, "x"), (4, "x"), (3, before[1].hash.0.as_str())] {
        let insert = format!(
            "INSERT INTO \"{schema}\".records SELECT stream, {seq}, at, actor, trust, kind, body, '{prev}', hash, token \
             FROM \"{schema}\".records WHERE seq = 3"
        );
        assert!(role.execute(run(&insert)).await.is_err(), "{insert}");
    }
    assert_eq!(store.read(&investigation(1), 0, 10).await.unwrap(), before);
    let faults = faults(&Journal::over(store), &VerifyOptions::default()).await;
    assert!(faults.is_empty(), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_space_sees_another() {
    let (Some(a), Some(b)) = (Space::new().await, Space::new().await) else {
        return;
    };
    say(&*a.store().await, &StreamId::space(), "of a").await.unwrap();
    say(&*b.store().await, &StreamId::space(), "of b").await.unwrap();
    let mut role = a.raw().await;
    let own = format!("SELECT body FROM \"{}\".records", a.schema());
    assert_eq!(role.fetch_all(run(&own)).await.unwrap().len(), 1);
    for table in [
        "records",
        "heads",
        "blobs",
        "checkpoints",
        "leases",
        "cursors",
        "signers",
        "migrations",
    ] {
        let other = format!("SELECT * FROM \"{}\".{table}", b.schema());
        let refused = role.fetch_all(run(&other)).await.unwrap_err().to_string();
        assert!(
            refused.contains("permission denied for schema"),
            "{other}: {refused}"
        );
    }
    let call = format!("SELECT \"{}\".take_lease('space', 'a', 't', 1, 1)", b.schema());
    assert!(role.execute(run(&call)).await.is_err());
    // The program says so too.
    let mut options = b.options(&a.url);
    let refused = PostgresStore::open(&options).await.unwrap_err().to_string();
    assert!(
        refused.contains("permission denied") && refused.contains(&b.schema()),
        "{refused}"
    );
    options.space = "nowhere".to_owned();
    let refused = PostgresStore::open(&options).await.unwrap_err().to_string();
    assert!(refused.contains("midwatch store init"), "{refused}");
    assert!(!refused.contains("sesame"), "{refused}");
}

/// As whoever keeps a managed server: no superuser there, but one who may create roles and schemas.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_may_create_roles_sets_it_up_and_capitals_are_kept() {
    let Some(server) = crate::support::postgres::server() else {
        return;
    };
    let mut admin = PgConnection::connect(server).await.unwrap();
    let mark = ulid::Ulid::generate();
    let boss = format!("Boss{mark}");
    for statement in [
        format!("CREATE ROLE \"{boss}\" LOGIN CREATEROLE PASSWORD 'sesame'"),
        format!("GRANT CREATE ON DATABASE postgres TO \"{boss}\""),
    ] {
        admin.execute(run(&statement)).await.unwrap();
    }
    let space = Space::by(server, &format!("Shop-{mark}"), Some(&boss)).await;
    let store = space.store().await;
    say(&*store, &StreamId::space(), "one").await.unwrap();
    let faults = faults(&Journal::over(store), &VerifyOptions::default()).await;
    assert!(faults.is_empty(), "{faults:?}");
    let trigger = format!(
        "ALTER TABLE \"{}\".records DISABLE TRIGGER records_are_kept",
        space.schema()
    );
    admin.execute(run(&trigger)).await.unwrap();
    let faults = self::faults(&space.journal().await, &VerifyOptions::default()).await;
    assert!(
        faults.iter().any(|fault| fault.contains("records_are_kept")),
        "{faults:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_up_can_be_run_again_and_by_several_at_once() {
    let Some(space) = Space::new().await else { return };
    say(&*space.store().await, &StreamId::space(), "kept")
        .await
        .unwrap();
    let again = (0..4).map(|_| {
        let options = space.options(&space.admin);
        async move { setup::init(&options).await }
    });
    for done in futures_util::future::join_all(again).await {
        done.unwrap();
    }
    assert_eq!(texts(&*space.store().await, &StreamId::space()).await, ["kept"]);
    // The role itself may not.
    let refused = setup::init(&space.options(&space.url))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("hint:") && !refused.contains("sesame"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_is_done_once_though_its_answer_is_lost() {
    let Some(space) = Space::new().await else { return };
    let network = DoubleNetwork::to(space.address()).await;
    let url = space.url_by(network.port);
    let store = PostgresStore::open(&space.options(&url)).await.unwrap();
    let other = space.store().await;
    assert_eq!(say(&store, &StreamId::space(), "first").await.unwrap(), 1);
    network.loses(Loss::Answer("lost-answer".to_owned()));
    assert_eq!(say(&store, &StreamId::space(), "lost-answer").await.unwrap(), 2);
    assert!(network.has_lost());
    network.loses(Loss::Request("lost-request".to_owned()));
    assert_eq!(say(&store, &StreamId::space(), "lost-request").await.unwrap(), 3);
    assert!(network.has_lost());
    let expected = ["first", "lost-answer", "lost-request"];
    assert_eq!(texts(&*other, &StreamId::space()).await, expected);

    // The same, while somebody else goes on writing to the stream: what is ours is found below what is theirs.
    for round in 0..5 {
        let words = format!("both-{round}-ours");
        network.loses(Loss::Answer(words.clone()));
        let theirs = async {
            for number in 0..20 {
                say(&*other, &StreamId::space(), &format!("both-{round}-{number}"))
                    .await
                    .unwrap();
            }
        };
        let stream = StreamId::space();
        let (ours, ()) = tokio::join!(say(&store, &stream, &words), theirs);
        let record = &other
            .read(&StreamId::space(), ours.unwrap() - 1, 1)
            .await
            .unwrap()[0];
        assert_eq!(record.body["text"], words);
        assert!(network.has_lost());
    }
    let all = texts(&*other, &StreamId::space()).await;
    let once: std::collections::BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), once.len()), (3 + 5 * 21, 3 + 5 * 21));

    // A writer that expects an end is told that it is stale by others, never by itself.
    let expecting = |seq: u64, text: &str| Append {
        stream: investigation(1),
        expected: Some(seq),
        epoch: None,
        drafts: vec![message(text)],
    };
    network.loses(Loss::Answer("expected-zero".to_owned()));
    let done = store
        .append(jiff::Timestamp::UNIX_EPOCH, vec![expecting(0, "expected-zero")])
        .await
        .unwrap();
    assert_eq!(done[0].seq, 1);
    let stale = store
        .append(jiff::Timestamp::UNIX_EPOCH, vec![expecting(0, "again")])
        .await;
    assert!(
        matches!(stale, Err(StoreError::Stale { actual: 1, .. })),
        "{stale:?}"
    );

    // A value that was set, and taken away again, without our hearing of it.
    for (seen, value, made) in [
        (0, Some("set-unheard"), 1),
        (1, None, 2),
        (0, Some("set-again"), 3),
    ] {
        network.loses(Loss::Answer("setting-unheard".to_owned()));
        let version = store.set("setting-unheard", seen, value).await.unwrap();
        assert_eq!(version, Some(made));
        assert!(network.has_lost());
        let now = other.settings("setting").await.unwrap();
        assert_eq!(now.values().next().map(|one| one.value.as_str()), value);
    }

    // A lease that was taken without our hearing of it is ours.
    network.loses(Loss::Answer("the-owner".to_owned()));
    let taken = store
        .take(&investigation(1), "the-owner", Duration::from_mins(1), Some(1))
        .await
        .unwrap();
    assert!(network.has_lost());
    let Grant::Taken(lease) = taken else {
        panic!("{taken:?}")
    };
    assert!(other.renew(&lease, Duration::from_mins(1)).await.unwrap());
    let faults = faults(&Journal::over(other), &VerifyOptions::default()).await;
    assert!(faults.is_empty(), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_misses_nothing_though_commits_come_in_another_order() {
    let Some(space) = Space::new().await else { return };
    let store = space.store().await;
    for number in 1..=3 {
        say(&*store, &investigation(number), "a").await.unwrap();
    }
    let mark = store.moved(0).await.unwrap().mark;
    // One that began first and appends to a stream of its own, and is not done when others have come and gone.
    let schema = space.schema();
    let mut early = space.raw().await;
    early
        .execute(run(&format!("SET search_path = \"{schema}\"")))
        .await
        .unwrap();
    early.execute("BEGIN").await.unwrap();
    let growing = "UPDATE heads SET seq = seq, moved = pg_current_xact_id()::text::bigint WHERE stream = $1";
    sqlx::query(growing)
        .bind(investigation(1).as_str())
        .execute(&mut early)
        .await
        .unwrap();
    say(&*store, &investigation(2), "b").await.unwrap();
    let seen = store.moved(mark).await.unwrap();
    assert!(seen.heads.contains_key(&investigation(2)));
    let after_early = seen.mark;
    early.execute("COMMIT").await.unwrap();
    let late = store.moved(after_early).await.unwrap();
    assert!(late.heads.contains_key(&investigation(1)), "{late:?}");
    // All done: nothing is named any more. Other tests of this server may hold the mark back for a while.
    let mut mark = late.mark;
    for _ in 0..2000 {
        let moved = store.moved(mark).await.unwrap();
        mark = moved.mark;
        if moved.heads.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(store.moved(mark).await.unwrap().heads.is_empty());
    // A mark of another server, which this one has taken the place of, names everything.
    let all = store.moved(u64::MAX / 4).await.unwrap();
    assert_eq!(all.heads.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_was_cut_off_hears_of_everything() {
    let Some(space) = Space::new().await else { return };
    let network = DoubleNetwork::to(space.address()).await;
    let mut options = space.options(&space.url_by(network.port));
    options.limits.short = Duration::from_millis(500);
    let behind = Journal::over(Arc::new(PostgresStore::open(&options).await.unwrap()));
    let writer = space.store().await;
    let mut follower = behind.follow(std::collections::BTreeMap::new());
    say(&*writer, &StreamId::space(), "0").await.unwrap();
    assert_eq!(follower.next().await.unwrap().len(), 1);
    let (mut heard, mut said) = (1, 1);
    for weather in [Weather::Down, Weather::Silent, Weather::Down] {
        network.turns(weather);
        for _ in 0..3 {
            say(&*writer, &StreamId::space(), &said.to_string())
                .await
                .unwrap();
            said += 1;
        }
        network.turns(Weather::Fair);
        while heard < said {
            let wait = tokio::time::timeout(Duration::from_secs(20), follower.next());
            for record in wait.await.expect("it hears of it").unwrap() {
                assert_eq!(record.body["text"], heard.to_string());
                heard += 1;
            }
        }
    }
    // A listener whose connection died without a word: what is told to nobody is seen by looking.
    let mut admin = PgConnection::connect(&space.admin).await.unwrap();
    let unheard = "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND query LIKE 'LISTEN%'";
    let listeners = sqlx::query(unheard)
        .bind(space.schema())
        .fetch_all(&mut admin)
        .await
        .unwrap();
    assert!(!listeners.is_empty());
    for row in &listeners {
        let pid: i32 = row.get(0);
        admin
            .execute(run(&format!("SELECT pg_terminate_backend({pid})")))
            .await
            .unwrap();
    }
    say(&*writer, &StreamId::space(), &said.to_string())
        .await
        .unwrap();
    let wait = tokio::time::timeout(Duration::from_secs(20), follower.next());
    assert_eq!(wait.await.expect("it hears of it").unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_waited_out_and_told_and_patience_ends() {
    let Some(space) = Space::new().await else { return };
    let network = DoubleNetwork::to(space.address()).await;
    let mut options = space.options(&space.url_by(network.port));
    let store = Arc::new(PostgresStore::open(&options).await.unwrap());
    network.turns(Weather::Down);
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { say(&*store, &StreamId::space(), "patient").await })
    };
    while store.trouble().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!waiting.is_finished());
    network.turns(Weather::Fair);
    assert_eq!(waiting.await.unwrap().unwrap(), 1);
    assert_eq!(store.trouble(), None);

    options.limits.patience = Duration::from_millis(200);
    options.limits.short = Duration::from_millis(200);
    let hasty = PostgresStore::open(&options).await.unwrap();
    for weather in [Weather::Down, Weather::Silent] {
        network.turns(weather);
        let gone = say(&hasty, &StreamId::space(), "hasty").await.unwrap_err();
        assert!(gone.is_outage() && gone.to_string().contains("hint:"), "{gone}");
        network.turns(Weather::Fair);
    }
    // A server that is not there when a store is opened is told at once.
    network.turns(Weather::Down);
    let refused = PostgresStore::open(&options).await.unwrap_err().to_string();
    assert!(
        refused.contains("hint:") && !refused.contains("sesame"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_host_signs_with_a_key_of_its_own() {
    let Some(space) = Space::new().await else { return };
    let hosts = ["one", "two"].map(|host| space.options_of_host(&space.url, host));
    let one = PostgresStore::open(&hosts[0]).await.unwrap();
    let two = PostgresStore::open(&hosts[1]).await.unwrap();
    for (number, store) in [(1, &one), (2, &two)] {
        let batch = vec![Append {
            stream: investigation(number),
            expected: None,
            epoch: None,
            drafts: vec![end()],
        }];
        store.append(jiff::Timestamp::UNIX_EPOCH, batch).await.unwrap();
    }
    let keys = midwatch::journal::store::Audit::signers(&one).await.unwrap();
    assert_eq!(keys.len(), 2);
    let journal = Journal::over(Arc::new(one));
    let any = VerifyOptions::default();
    assert_eq!(journal.verify(&any).await.unwrap().checkpoints, 2);
    assert!(faults(&journal, &any).await.is_empty());
    // Held against the key of one host alone, that of the other is another one.
    let of_one = VerifyOptions {
        keys: vec![keys[0].clone()],
        anchors: Vec::new(),
    };
    assert_eq!(faults(&journal, &of_one).await.len(), 1);
    // A trigger that somebody switched off is a fault.
    let mut admin = PgConnection::connect(&space.admin).await.unwrap();
    let off = format!(
        "ALTER TABLE \"{}\".records DISABLE TRIGGER records_are_kept",
        space.schema()
    );
    admin.execute(run(&off)).await.unwrap();
    let faults = faults(&journal, &any).await;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("records_are_kept"), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_over_tls_is_held_to_its_authority_unless_it_is_told_not_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => return eprintln!("SKIPPED: no PostgreSQL to test against: {why}"),
    };
    if !crate::kubernetes_tls::certificates(folder.path()) {
        return eprintln!("SKIPPED: openssl makes no certificates here");
    }
    cluster.speaks_tls(folder.path());
    let space = Space::on(&cluster.admin()).await;
    let opened = |mode: &str, authority: Option<&str>| {
        let mut options = space.options(&format!("{}?sslmode={mode}", space.url));
        options.ca_bundle = authority.map(|name| folder.path().join(name));
        async move { PostgresStore::open(&options).await }
    };
    let store = opened("verify-full", Some("ca.pem")).await.unwrap();
    say(&store, &StreamId::space(), "one").await.unwrap();
    let mut admin = PgConnection::connect(&cluster.admin()).await.unwrap();
    let hidden = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
                  WHERE a.usename LIKE 'midwatch%' AND s.ssl";
    let count: i64 = admin.fetch_one(hidden).await.unwrap().get(0);
    assert!(count > 0, "its connections are over TLS");
    for (authority, words) in [(Some("other.pem"), "TLS failed"), (None, "TLS failed")] {
        let refused = opened("verify-full", authority).await.unwrap_err().to_string();
        assert!(
            refused.contains(words) && refused.contains("hint:"),
            "{authority:?}: {refused}"
        );
    }
}
