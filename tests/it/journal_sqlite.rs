//! What SQLite adds: files, triggers, durability.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use midwatch::journal::{Journal, Store, StoreError, StreamId, VerifyOptions, sqlite::SqliteStore};
use sqlx::{Connection, SqliteConnection};

use crate::{journal_facade::message, store_conformance::Place};

/// A journal's file in a folder of its own.
pub(crate) struct File {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl File {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("space.db");
        Self {
            _folder: folder,
            path,
        }
    }
}

#[async_trait::async_trait]
impl Place for File {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.path).await.unwrap())
    }
}

/// The database as anybody with the file opens it.
pub(crate) async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(path.to_str().unwrap()).await.unwrap()
}

#[tokio::test]
async fn records_and_blobs_cannot_be_changed_or_taken_away() {
    let file = File::new();
    let journal = Journal::open(&file.path).await.unwrap();
    let texts = ["one", "two", "three"];
    journal
        .append(&StreamId::space(), None, None, texts.map(message).to_vec())
        .await
        .unwrap();
    let store = file.open().await;
    store.put_blob(b"telemetry".to_vec()).await.unwrap();
    let before = journal.read_all(&StreamId::space()).await.unwrap();
    let mut anybody = raw(&file.path).await;
    for statement in [
        "UPDATE records SET body = '{}' WHERE seq = 2",
        "DELETE FROM records WHERE seq = 3",
        "DELETE FROM records",
        "INSERT OR REPLACE INTO records SELECT stream, 2, at, actor, trust, kind, '{}', prev, hash FROM records WHERE seq = 2",
        "INSERT INTO records SELECT stream, 9, at, actor, trust, kind, body, prev, hash FROM records WHERE seq = 2",
        "INSERT INTO records SELECT * FROM records WHERE seq = 2 ON CONFLICT DO UPDATE SET body = '{}'",
        "UPDATE blobs SET data = x''",
    ] {
        let refused = sqlx::query(statement).execute(&mut anybody).await;
        assert!(refused.is_err(), "{statement}: {refused:?}");
    }
    assert_eq!(journal.read_all(&StreamId::space()).await.unwrap(), before);
}

#[tokio::test]
async fn other_peoples_files_are_left_alone() {
    let file = File::new();
    std::fs::write(
        &file.path,
        "not a database, but long enough to be taken for one by its size alone".repeat(20),
    )
    .unwrap();
    let text = std::fs::read(&file.path).unwrap();
    let refused = Journal::open(&file.path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
    assert_eq!(std::fs::read(&file.path).unwrap(), text);

    let other = File::new();
    std::fs::write(&other.path, "").unwrap();
    sqlx::query("CREATE TABLE theirs (x)")
        .execute(&mut raw(&other.path).await)
        .await
        .unwrap();
    let refused = Journal::open(&other.path).await.unwrap_err().to_string();
    assert!(refused.contains("somebody else's database"), "{refused}");
}

#[tokio::test]
async fn a_newer_journal_is_not_touched() {
    let file = File::new();
    file.open().await.close().await;
    sqlx::query("PRAGMA user_version = 99")
        .execute(&mut raw(&file.path).await)
        .await
        .unwrap();
    let refused = Journal::open(&file.path).await.unwrap_err().to_string();
    assert!(refused.contains("newer midwatch"), "{refused}");
}

#[tokio::test]
async fn what_was_set_in_an_older_journal_stays_set() {
    let file = File::new();
    file.open().await.close().await;
    let older = "DROP TABLE settings; PRAGMA user_version = 4; CREATE TABLE settings (name TEXT PRIMARY KEY NOT NULL, \
        version INTEGER NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID; INSERT INTO settings VALUES ('webhook/a', 7, 'x')";
    sqlx::raw_sql(older)
        .execute(&mut raw(&file.path).await)
        .await
        .unwrap();
    let journal = Journal::open(&file.path).await.unwrap();
    let settings = journal.settings("").await.unwrap();
    assert_eq!(settings["webhook/a"].version, 7);
    assert_eq!(journal.set("webhook/a", 7, None).await.unwrap(), Some(8));
    assert_eq!(journal.set("webhook/a", 0, Some("y")).await.unwrap(), Some(9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_journal_at_once() {
    let file = Arc::new(File::new());
    let opening: Vec<_> = (0..6)
        .map(|number: u8| {
            let file = Arc::clone(&file);
            tokio::spawn(async move {
                let journal = Journal::open(&file.path).await.unwrap();
                journal
                    .append(&StreamId::space(), None, None, vec![message(&number.to_string())])
                    .await
                    .unwrap();
            })
        })
        .collect();
    for one in opening {
        one.await.unwrap();
    }
    let journal = Journal::open(&file.path).await.unwrap();
    assert_eq!(journal.head(&StreamId::space()).await.unwrap().seq, 6);
    let report = journal.verify(&VerifyOptions::default()).await.unwrap();
    assert!(report.is_ok(), "{report:?}");
}

const CHILD: &str = "MIDWATCH_TEST_APPEND_TO";

/// Appends until it is killed and says after each append what is durable.
#[tokio::test]
#[ignore = "the child process of the test below"]
async fn append_until_killed() {
    let path = PathBuf::from(std::env::var_os(CHILD).unwrap());
    let journal = Journal::open(&path).await.unwrap();
    loop {
        let batch = ["a", "b", "c"].map(message).to_vec();
        let records = journal
            .append(&StreamId::space(), None, None, batch)
            .await
            .unwrap();
        let last = records.last().unwrap();
        println!("\ndurable {} {}", last.seq, last.hash);
    }
}

#[tokio::test]
async fn whatever_was_acknowledged_survives_kill_9() {
    let file = File::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "journal_sqlite::append_until_killed",
                "--ignored",
                "--nocapture",
            ])
            .env(CHILD, &file.path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut acknowledged = Vec::new();
        for line in lines.by_ref() {
            if let Some(durable) = line.strip_prefix("durable ") {
                acknowledged.push(durable.to_owned());
            }
            if acknowledged.len() == 20 + round {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(lines.filter_map(|line| line.strip_prefix("durable ").map(str::to_owned)));
        assert!(acknowledged.len() >= 20, "{acknowledged:?}");

        let journal = Journal::open(&file.path).await.unwrap();
        let records = journal.read_all(&StreamId::space()).await.unwrap();
        for durable in &acknowledged {
            // The last line may have been cut off by the kill itself.
            let Some((seq, hash)) = durable.split_once(' ').filter(|(_, hash)| hash.len() == 64) else {
                continue;
            };
            let record = &records[seq.parse::<usize>().unwrap() - 1];
            assert_eq!(record.hash.0, hash);
        }
        assert_eq!(records.len() % 3, 0, "half a batch is on disk");
        assert!(journal.verify(&VerifyOptions::default()).await.unwrap().is_ok());
        journal.close().await;
    }
}
