//! Whatever is changed in a journal, `verify` finds it and names the record.

use std::{path::Path, sync::Arc};

use midwatch::{
    journal::{
        Append, Body, Draft, Hash, Head, Journal, StreamId, VerifyOptions,
        body::{Answered, Closed, Opened, Payload},
        verify::{Fault, Part, Report},
    },
    model::{Evidence, LogLine, LogPage, Priority, RunState, SourceSpec},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sqlx::Row;

use crate::{
    journal_facade::{end, investigation, message},
    journal_sqlite::{File, raw},
};

const RECORDS: u64 = 300;

/// A space with one investigation that has ended (300 records, checkpoints, a blob) and one that is open.
async fn written(file: &File, word: &str) -> Journal {
    let at: jiff::Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
    let journal = Journal::open(&file.path)
        .await
        .unwrap()
        .with_clock(Arc::new(move || at));
    let (done, open, space) = (investigation(1), investigation(2), StreamId::space());
    for stream in [&done, &open] {
        let opened = Draft::agent(&Body::Opened(Opened {
            stream: stream.clone(),
            title: "Orders fail".into(),
            priority: Priority::High,
            source: SourceSpec::Scenario {
                name: "orders".into(),
            },
            parent: None,
            event: None,
        }));
        let first = message(word);
        let batch = [(&space, opened), (stream, first)].map(|(stream, draft)| Append {
            stream: stream.clone(),
            expected: None,
            epoch: None,
            drafts: vec![draft],
        });
        journal.append_all(batch.to_vec()).await.unwrap();
    }
    let lines = (0..200).map(|number| LogLine {
        at,
        group: "/aws/lambda/orders".into(),
        stream: None,
        resource: None,
        message: format!("request {number} failed"),
    });
    let evidence = Evidence::Logs(LogPage {
        lines: lines.collect(),
        groups: Vec::new(),
        truncated: false,
    });
    let data = journal.keep(&done, &evidence).await.unwrap();
    assert!(matches!(data, Payload::Blob(_)));
    let answered = Draft::agent(&Body::Evidence(
        Answered {
            query: 1,
            source: "bundle".into(),
            text: "200 log lines".into(),
            count: 200,
            calls: 0,
            bytes: 0,
            data,
        }
        .into(),
    ));
    let mut drafts = vec![answered];
    drafts.extend((3..RECORDS).map(|number| message(&format!("step {number}"))));
    drafts.push(end());
    journal.append(&done, Some(1), None, drafts).await.unwrap();
    let closed = Draft::agent(&Body::Closed(Closed {
        stream: done.clone(),
        head: journal.head(&done).await.unwrap(),
        digest: journal.digest(&done).await.unwrap(),
        state: RunState::Completed,
        verdict: None,
        text: "done".into(),
        category: None,
        confidence: None,
    }));
    journal.append(&space, None, None, vec![closed]).await.unwrap();
    journal
}

async fn verify(path: &Path) -> Report {
    let journal = Journal::open(path).await.unwrap();
    let report = journal.verify(&VerifyOptions::default()).await.unwrap();
    journal.close().await;
    report
}

/// Runs statements as somebody would who has the file and means harm.
async fn tamper(path: &Path, statements: &[&'static str]) {
    let mut anybody = raw(path).await;
    for statement in [
        "PRAGMA foreign_keys = OFF",
        "DROP TRIGGER records_are_not_updated",
        "DROP TRIGGER records_are_not_deleted",
        "DROP TRIGGER records_are_appended",
        "DROP TRIGGER blobs_are_not_updated",
    ]
    .iter()
    .chain(statements)
    {
        sqlx::query(*statement).execute(&mut anybody).await.unwrap();
    }
}

/// What is wrong after the tampering.
async fn faults_after(statements: &[&'static str]) -> Vec<Fault> {
    let file = File::new();
    written(&file, "one").await.close().await;
    tamper(&file.path, statements).await;
    verify(&file.path).await.faults.into_iter().collect()
}

fn has(faults: &[Fault], part: Part, stream: &StreamId, seq: Option<i64>, what: &str) -> bool {
    faults.iter().any(|fault| {
        fault.part == part
            && fault.stream.as_deref() == Some(stream.as_str())
            && fault.seq == seq
            && fault.what.contains(what)
    })
}

#[tokio::test]
async fn an_untouched_journal_is_whole() {
    let file = File::new();
    let journal = written(&file, "one").await;
    let head = journal.head(&investigation(2)).await.unwrap();
    let options = VerifyOptions {
        keys: Vec::new(),
        anchors: vec![head.hash.short().to_owned()],
    };
    let report = journal.verify(&options).await.unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(
        (
            report.streams,
            report.records,
            report.blobs,
            report.checkpoints,
            report.anchors
        ),
        (3, RECORDS + 1 + 3, 1, 2, 1)
    );
}

#[tokio::test]
async fn a_hole_is_found() {
    let faults = faults_after(&["DELETE FROM records WHERE stream LIKE 'inv%01' AND seq = 7"]).await;
    assert!(
        has(
            &faults,
            Part::Chain,
            &investigation(1),
            Some(8),
            "follows record 6"
        ),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_cut_off_tail_is_found_by_the_head() {
    let faults = faults_after(&["DELETE FROM records WHERE stream LIKE 'inv%01' AND seq > 290"]).await;
    assert!(
        has(
            &faults,
            Part::Completeness,
            &investigation(1),
            Some(290),
            "cut off"
        ),
        "{faults:?}"
    );
    assert!(
        !faults.iter().any(|fault| fault.part == Part::Chain),
        "the chain itself holds: {faults:?}"
    );
}

#[tokio::test]
async fn a_cut_off_tail_with_its_head_is_found_by_the_space() {
    let faults = faults_after(&[
        "DELETE FROM checkpoints WHERE seq > 290",
        "DELETE FROM records WHERE stream LIKE 'inv%01' AND seq > 290",
        "UPDATE heads SET seq = 290, hash = (SELECT hash FROM records WHERE stream = heads.stream AND seq = 290) WHERE stream LIKE 'inv%01'",
    ])
    .await;
    assert!(
        has(
            &faults,
            Part::Completeness,
            &investigation(1),
            None,
            "closed it at 300"
        ),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_stream_that_is_gone_is_found_by_the_space() {
    let faults = faults_after(&[
        "DELETE FROM records WHERE stream LIKE 'inv%02'",
        "DELETE FROM heads WHERE stream LIKE 'inv%02'",
    ])
    .await;
    assert!(
        has(&faults, Part::Completeness, &investigation(2), None, "no records"),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_cut_off_tail_of_an_open_stream_is_found_by_an_anchor() {
    let file = File::new();
    let journal = written(&file, "one").await;
    let stream = investigation(2);
    journal
        .append(&stream, None, None, vec![message("two"), message("three")])
        .await
        .unwrap();
    let options = VerifyOptions {
        keys: Vec::new(),
        anchors: vec![journal.head(&stream).await.unwrap().hash.0],
    };
    journal.close().await;
    tamper(
        &file.path,
        &[
            "DELETE FROM records WHERE stream LIKE 'inv%02' AND seq > 1",
            "UPDATE heads SET seq = 1, hash = (SELECT hash FROM records WHERE stream = heads.stream AND seq = 1) WHERE stream LIKE 'inv%02'",
        ],
    )
    .await;
    let journal = Journal::open(&file.path).await.unwrap();
    assert!(
        journal.verify(&VerifyOptions::default()).await.unwrap().is_ok(),
        "without an anchor it cannot be seen"
    );
    let report = journal.verify(&options).await.unwrap();
    assert_eq!(report.faults_of(Part::Anchor).count(), 1, "{report:?}");
}

#[tokio::test]
async fn a_forged_journal_is_found_by_the_key() {
    let (real, forged) = (File::new(), File::new());
    let journal = written(&real, "one").await;
    written(&forged, "another").await.close().await;
    let key = journal
        .verify(&VerifyOptions::default())
        .await
        .unwrap()
        .key
        .parse()
        .unwrap();
    let forgery = Journal::open(&forged.path).await.unwrap();
    assert!(
        forgery.verify(&VerifyOptions::default()).await.unwrap().is_ok(),
        "it fits together by itself"
    );
    let kept_elsewhere = VerifyOptions {
        keys: vec![key],
        anchors: Vec::new(),
    };
    let report = forgery.verify(&kept_elsewhere).await.unwrap();
    let faults: Vec<_> = report.faults.into_iter().collect();
    assert!(
        has(
            &faults,
            Part::Checkpoints,
            &investigation(1),
            Some(256),
            "another key"
        ),
        "{faults:?}"
    );
    assert!(journal.verify(&kept_elsewhere).await.unwrap().is_ok());
    forgery.close().await;
    // Claiming the right key does not help: the signature is not its own.
    let claim = format!("UPDATE checkpoints SET key = '{}'", kept_elsewhere.keys[0]);
    sqlx::query(sqlx::AssertSqlSafe(claim))
        .execute(&mut raw(&forged.path).await)
        .await
        .unwrap();
    let forgery = Journal::open(&forged.path).await.unwrap();
    let report = forgery.verify(&kept_elsewhere).await.unwrap();
    let faults: Vec<_> = report.faults.into_iter().collect();
    assert!(
        has(
            &faults,
            Part::Checkpoints,
            &investigation(1),
            Some(300),
            "signature"
        ),
        "{faults:?}"
    );
}

#[tokio::test]
async fn damaged_and_missing_blobs_are_found() {
    let damaged = faults_after(&["UPDATE blobs SET data = x'00'"]).await;
    assert!(
        has(&damaged, Part::Blobs, &investigation(1), Some(2), "unpack"),
        "{damaged:?}"
    );
    let missing = faults_after(&["DELETE FROM blobs"]).await;
    assert!(
        has(&missing, Part::Blobs, &investigation(1), Some(2), "not there"),
        "{missing:?}"
    );
}

#[tokio::test]
async fn what_stands_after_the_end_is_found() {
    let faults = faults_after(&[
        "INSERT INTO records SELECT stream, 301, at, actor, trust, kind, body, prev, hash FROM records WHERE stream LIKE 'inv%01' AND seq = 299",
    ])
    .await;
    assert!(
        has(
            &faults,
            Part::Chain,
            &investigation(1),
            Some(301),
            "after the end"
        ),
        "{faults:?}"
    );
}

#[test]
fn any_flipped_byte_of_a_record_names_the_record() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let file = File::new();
    runtime.block_on(async { written(&file, "one").await.close().await });
    runtime.block_on(tamper(&file.path, &[]));
    let columns = vec!["at", "actor", "trust", "kind", "body", "prev", "hash"];
    let flips = (
        prop::sample::select(columns),
        1..=RECORDS,
        any::<prop::sample::Index>(),
        1_u8..=255,
    );
    let mut runner = TestRunner::new(Config::with_cases(150));
    let outcome = runner.run(&flips, |(column, seq, place, mask)| {
        runtime.block_on(async {
            let stream = investigation(1);
            let mut anybody = raw(&file.path).await;
            let select = format!("SELECT CAST({column} AS BLOB) FROM records WHERE stream = ? AND seq = ?");
            let before: Vec<u8> = sqlx::query(sqlx::AssertSqlSafe(select))
                .bind(stream.as_str())
                .bind(i64::try_from(seq).unwrap())
                .fetch_one(&mut anybody)
                .await
                .unwrap()
                .get(0);
            let mut after = before.clone();
            let place = place.index(after.len());
            after[place] ^= mask;
            let update =
                format!("UPDATE records SET {column} = CAST(? AS TEXT) WHERE stream = ? AND seq = ?");
            let mut set = async |bytes: Vec<u8>| {
                sqlx::query(sqlx::AssertSqlSafe(update.clone()))
                    .bind(bytes)
                    .bind(stream.as_str())
                    .bind(i64::try_from(seq).unwrap())
                    .execute(&mut anybody)
                    .await
                    .unwrap();
            };
            set(after).await;
            let faults: Vec<_> = verify(&file.path).await.faults.into_iter().collect();
            set(before).await;
            let named = has(
                &faults,
                Part::Chain,
                &stream,
                Some(i64::try_from(seq).unwrap()),
                "",
            );
            prop_assert!(named, "{column} of {seq}: {faults:?}");
            Ok(())
        })
    });
    outcome.unwrap();
    assert!(
        runtime.block_on(verify(&file.path)).is_ok(),
        "every flip was undone"
    );
}

/// Everything that an investigation rests on.
async fn content(journal: &Journal) -> Option<Vec<(Hash, String)>> {
    let mut all = Vec::new();
    for stream in [StreamId::space(), investigation(1), investigation(2)] {
        for record in journal.read_all(&stream).await.ok()? {
            if let Some(Body::Evidence(answered)) = record.typed() {
                all.push((
                    Hash::zero(),
                    format!("{:?}", journal.evidence(&answered.data).await.ok()?),
                ));
            }
            all.push((record.hash.clone(), serde_json::to_string(&record).ok()?));
        }
        let Head { seq, hash } = journal.head(&stream).await.ok()?;
        all.push((hash, seq.to_string()));
    }
    Some(all)
}

#[test]
fn any_flipped_byte_of_the_file_is_found_or_does_not_matter() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let file = File::new();
    let truth = runtime.block_on(async {
        let journal = written(&file, "one").await;
        let truth = content(&journal).await.unwrap();
        journal.close().await;
        truth
    });
    let bytes = std::fs::read(&file.path).unwrap();
    let mut found = 0;
    let mut runner = TestRunner::new(Config::with_cases(250));
    let counted = std::cell::RefCell::new(&mut found);
    let outcome = runner.run(&(0..bytes.len(), 1_u8..=255), |(place, mask)| {
        let mut flipped = bytes.clone();
        flipped[place] ^= mask;
        std::fs::write(&file.path, flipped).unwrap();
        runtime.block_on(async {
            let Ok(journal) = Journal::open(&file.path).await else {
                **counted.borrow_mut() += 1;
                return Ok(());
            };
            match journal.verify(&VerifyOptions::default()).await {
                Ok(report) if report.is_ok() => {
                    let content = content(&journal).await;
                    prop_assert_eq!(content.as_ref(), Some(&truth));
                }
                Ok(_) | Err(_) => **counted.borrow_mut() += 1,
            }
            journal.close().await;
            Ok(())
        })
    });
    outcome.unwrap();
    // Indexes and room that nobody uses are most of so small a file; the rest has to be enough to mean something.
    assert!(found > 50, "only {found} flips were found");
}

/// A number that stands where it does not belong must not send a reader round in a circle.
#[tokio::test]
async fn a_number_out_of_its_place_is_found_and_ends_every_reading() {
    const LAST: u8 = 40;
    let file = File::new();
    let journal = Journal::open(&file.path).await.unwrap();
    for number in 0..LAST {
        let batch = vec![message(&number.to_string())];
        journal
            .append(&StreamId::space(), None, None, batch)
            .await
            .unwrap();
    }
    journal.close().await;
    let mut bytes = std::fs::read(&file.path).unwrap();
    // A row is stored as its columns one after another: stream, number, time.
    let row = [b"space", [LAST].as_slice(), b"20"].concat();
    let rows: Vec<usize> = bytes
        .windows(row.len())
        .enumerate()
        .filter(|(_, window)| *window == row)
        .map(|(place, _)| place)
        .collect();
    assert!(!rows.is_empty());
    for place in rows {
        bytes[place + b"space".len()] = 7;
    }
    std::fs::write(&file.path, bytes).unwrap();

    let journal = Journal::open(&file.path).await.unwrap();
    let soon = std::time::Duration::from_secs(20);
    let (options, space) = (VerifyOptions::default(), StreamId::space());
    let report = tokio::time::timeout(soon, journal.verify(&options));
    let report = report.await.expect("verify comes to an end").unwrap();
    assert!(
        report
            .faults
            .iter()
            .any(|fault| fault.what.contains("stands after records with higher numbers")),
        "{report:?}"
    );
    let read = tokio::time::timeout(soon, journal.read_all(&space));
    let error = read.await.expect("reading comes to an end").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("record 7 of space stands after record 39"),
        "{error}"
    );
}
