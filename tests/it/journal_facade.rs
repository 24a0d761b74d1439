//! The journal as the rest of the program uses it.

use std::{collections::BTreeMap, time::Duration};

use midwatch::{
    journal::{
        Actor, Body, Draft, Journal, Kind, StoreError, StreamId,
        body::{End, Message, Payload},
    },
    model::{Evidence, LogLine, LogPage, RunState, Text},
};

pub(crate) fn message(text: &str) -> Draft {
    let body = Body::Message(Message {
        text: Text::from(text),
        cites: Vec::new(),
        answers: None,
        stream: None,
    });
    Draft::new(Actor::Operator("ada".into()), &body)
}

pub(crate) fn end() -> Draft {
    Draft::agent(&Body::End(End {
        state: RunState::Completed,
        verdict: None,
        text: "done".into(),
    }))
}

pub(crate) fn investigation(number: u8) -> StreamId {
    StreamId::investigation(&format!("01hzzzzzzzzzzzzzzzzzzzzz{number:02}"))
}

fn logs(message: impl Fn(usize) -> String, count: usize) -> Evidence {
    let line = |number| LogLine {
        at: "2026-11-23T02:00:00Z".parse().unwrap(),
        group: "/aws/lambda/order".into(),
        stream: None,
        resource: None,
        message: message(number),
    };
    Evidence::Logs(LogPage {
        lines: (0..count).map(line).collect(),
        groups: vec!["/aws/lambda/order".into()],
        truncated: false,
    })
}

#[tokio::test]
async fn what_is_appended_reads_back_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/space.db");
    let journal = Journal::open(&path).await.unwrap();
    let written = journal
        .append(
            &StreamId::space(),
            Some(0),
            None,
            vec![message("one"), message("two")],
        )
        .await
        .unwrap();
    assert_eq!(
        written.iter().map(|record| record.seq).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(written[1].prev, written[0].hash);
    assert_eq!(written[0].at.subsec_nanosecond() % 1_000_000, 0);
    journal.close().await;
    let journal = Journal::open(&path).await.unwrap();
    assert_eq!(journal.read_all(&StreamId::space()).await.unwrap(), written);
    assert_eq!(
        journal.head(&StreamId::space()).await.unwrap().hash,
        written[1].hash
    );
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/space.db");
    let journal = Journal::open(&path).await.unwrap();
    journal
        .append(&StreamId::space(), None, None, vec![message("one")])
        .await
        .unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    let mut names = Vec::new();
    for file in folder.path().join("a/b").read_dir().unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "space.db",
            "space.db-shm",
            "space.db-wal",
            "space.key",
            "space.pub"
        ]
    );
}

#[tokio::test]
async fn secrets_do_not_reach_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("space.db");
    let journal = Journal::open(&path).await.unwrap();
    let stream = investigation(1);
    let secret = |number: usize| format!("connect with password=hunter{number:05} to db");
    let seen = journal.redact(&stream, logs(secret, 500)).await;
    let Evidence::Logs(page) = &seen else {
        panic!("{seen:?}")
    };
    assert_eq!(
        page.lines[499].message,
        "connect with password=<secret-500> to db"
    );
    // Kept without having been redacted: the same numbers.
    let Payload::Blob(blob) = journal.keep(&stream, &logs(secret, 500)).await.unwrap() else {
        panic!("500 lines are no small thing");
    };
    assert_eq!(journal.evidence(&Payload::Blob(blob)).await.unwrap(), Some(seen));
    let said = journal
        .append(
            &stream,
            None,
            None,
            vec![message("is password=hunter00007 right, or password=hunter99999?")],
        )
        .await
        .unwrap();
    assert_eq!(
        said[0].body["text"],
        "is password=<secret-8> right, or password=<secret-501>"
    );
    journal.close().await;
    // Another process does not know the secrets, but goes on with the numbers.
    let journal = Journal::open(&path).await.unwrap();
    let said = journal
        .append(&stream, None, None, vec![message("pwd=hunter00007")])
        .await
        .unwrap();
    assert_eq!(said[0].body["text"], "pwd=<secret-502>");
    journal.close().await;
    for file in folder.path().read_dir().unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"hunter"));
    }
}

#[tokio::test]
async fn two_processes_never_give_one_number_to_two_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("space.db");
    let (ours, theirs) = (
        Journal::open(&path).await.unwrap(),
        Journal::open(&path).await.unwrap(),
    );
    let say = async |journal: &Journal, text: &str| {
        let records = journal
            .append(&StreamId::space(), None, None, vec![message(text)])
            .await
            .unwrap();
        records[0].body["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        say(&ours, "pwd=alpha1 pwd=beta22").await,
        "pwd=<secret-1> pwd=<secret-2>"
    );
    assert_eq!(say(&theirs, "pwd=gamma3").await, "pwd=<secret-3>");
    assert_eq!(
        say(&ours, "pwd=delta4 pwd=alpha1").await,
        "pwd=<secret-4> pwd=<secret-1>"
    );
    assert_eq!(say(&theirs, "pwd=gamma3").await, "pwd=<secret-3>");
}

#[tokio::test]
async fn small_evidence_stands_in_its_record() {
    let journal = Journal::in_memory().await.unwrap();
    let evidence = logs(|_| "calm".into(), 1);
    let payload = journal.keep(&investigation(1), &evidence).await.unwrap();
    assert!(matches!(payload, Payload::Inline(_)));
    assert_eq!(journal.evidence(&payload).await.unwrap(), Some(evidence));
    assert_eq!(journal.evidence(&Payload::None).await.unwrap(), None);
}

#[tokio::test]
async fn a_closed_investigation_takes_nothing_more() {
    let journal = Journal::in_memory().await.unwrap();
    let stream = investigation(1);
    journal
        .append(&stream, None, None, vec![message("one"), end()])
        .await
        .unwrap();
    let refused = journal.append(&stream, None, None, vec![message("two")]).await;
    assert!(matches!(refused, Err(StoreError::Closed { .. })), "{refused:?}");
    let both = journal
        .append(&investigation(2), None, None, vec![end(), message("two")])
        .await;
    assert!(matches!(both, Err(StoreError::Closed { .. })), "{both:?}");
    assert_eq!(journal.heads().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_follower_sees_everything_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("space.db");
    let journal = Journal::open(&path).await.unwrap();
    let other = Journal::open(&path).await.unwrap();
    journal
        .append(&StreamId::space(), None, None, vec![message("0"), message("1")])
        .await
        .unwrap();
    let mut follower = journal.follow(BTreeMap::from([(StreamId::space(), 1)]));
    assert_eq!(follower.next().await.unwrap()[0].body["text"], "1");
    let writing = tokio::spawn(async move {
        for number in 2..60 {
            let writer = if number % 3 == 0 { &other } else { &journal };
            let stream = if number % 2 == 0 {
                StreamId::space()
            } else {
                investigation(1)
            };
            writer
                .append(&stream, None, None, vec![message(&number.to_string())])
                .await
                .unwrap();
        }
    });
    let mut seen: BTreeMap<StreamId, Vec<u64>> = BTreeMap::new();
    let mut patience = Duration::from_millis(1);
    while seen.values().map(Vec::len).sum::<usize>() < 58 {
        // Dropped in the middle again and again: nothing is lost, nothing comes twice. The patience grows, since a busy machine
        // may need more for one reading than any fixed time.
        patience += Duration::from_micros(50);
        let next = tokio::time::timeout(patience, follower.next()).await;
        for record in next.map(Result::unwrap).unwrap_or_default() {
            let number = record.body["text"].as_str().unwrap().parse().unwrap();
            seen.entry(record.stream).or_default().push(number);
        }
    }
    writing.await.unwrap();
    assert_eq!(seen[&StreamId::space()], (2..60).step_by(2).collect::<Vec<_>>());
    assert_eq!(seen[&investigation(1)], (3..60).step_by(2).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_process_is_heard_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("space.db");
    let (journal, other) = (
        Journal::open(&path).await.unwrap(),
        Journal::open(&path).await.unwrap(),
    );
    let mut follower = journal.follow_only(BTreeMap::from([(investigation(1), 0)]));
    let wait = tokio::time::timeout(Duration::from_millis(600), follower.next()).await;
    assert!(wait.is_err(), "nothing has happened");
    other
        .append(
            &StreamId::space(),
            None,
            None,
            vec![message("not for this follower")],
        )
        .await
        .unwrap();
    other
        .append(&investigation(1), None, None, vec![message("news")])
        .await
        .unwrap();
    let news = tokio::time::timeout(Duration::from_secs(5), follower.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((news.len(), news[0].kind), (1, Kind::Message));
    follower.add(StreamId::space(), 0);
    assert_eq!(follower.next().await.unwrap()[0].stream, StreamId::space());
}

#[tokio::test]
async fn a_digest_depends_on_what_was_found_alone() {
    let digest = async |clock: &str, number: u8, word: &str| {
        let at: jiff::Timestamp = clock.parse().unwrap();
        let journal = Journal::in_memory()
            .await
            .unwrap()
            .with_clock(std::sync::Arc::new(move || at));
        let stream = investigation(number);
        journal
            .append(&stream, None, None, vec![message(word), end()])
            .await
            .unwrap();
        journal.digest(&stream).await.unwrap()
    };
    let one = digest("2026-11-23T02:00:00Z", 1, "x").await;
    assert_eq!(one, digest("2026-11-24T03:00:00.1234Z", 2, "x").await);
    assert_ne!(one, digest("2026-11-23T02:00:00Z", 1, "y").await);
}
