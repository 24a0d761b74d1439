//! How fast the pure analysis is: lines a second of the log miner, resources a second of the ranking.
//!
//! `cargo bench --bench analysis` prints a table. The data are synthetic and the same on every run.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use midwatch::{
    analysis::{
        logs::{Miner, Survey, mine},
        rank::{NodeData, Question, rank},
        shift::compare,
    },
    model::{LogLine, Point, Relation, RelationKind, RelationOrigin, ResourceId, Series, SeriesKey, Window},
};

const START: i64 = 1_700_000_000;

/// The next number of a fixed sequence (Steele et al., SplitMix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One line of a microservice's log: a dozen statements in text, key=value and JSON.
fn line(state: &mut u64) -> String {
    let n = next(state);
    let (a, b, ms) = (n % 100_000, (n >> 20) % 256, (n >> 40) % 900);
    match n % 12 {
        0 => format!("2024-05-01T10:00:00.{ms:03}Z INFO [http-{b}] GET /api/orders/{a} 200 {ms}ms"),
        1 => format!("2024-05-01T10:00:00.{ms:03}Z INFO [http-{b}] POST /api/orders 201 {ms}ms user=u-{a}"),
        2 => format!("2024-05-01T10:00:00.{ms:03}Z DEBUG cache hit for key order:{a} in shard {b}"),
        3 => format!(
            "2024-05-01T10:00:00.{ms:03}Z WARN slow query took {ms} ms: SELECT * FROM orders WHERE id={a}"
        ),
        4 => format!("START RequestId: {n:08x}-0000-4000-8000-{a:012x} Version: $LATEST"),
        5 => format!("END RequestId: {n:08x}-0000-4000-8000-{a:012x}"),
        6 => format!(
            "REPORT RequestId: {n:08x}\tDuration: {ms}.25 ms\tBilled Duration: {ms} ms\tMemory Size: 128 MB"
        ),
        7 => format!(
            r#"{{"level":"info","ts":{a},"msg":"published message {a}","topic":"orders","partition":{b}}}"#
        ),
        8 => format!(
            "level=info ts={a} caller=server.go:{b} msg=\"accepted connection\" remote=10.0.{b}.7:{a}"
        ),
        9 => format!(
            "May  1 10:00:00 host{b} sshd[{a}]: Accepted publickey for deploy from 10.1.{b}.9 port {a} ssh2"
        ),
        10 => format!(
            "10.0.{b}.3 - - [01/May/2024:10:00:00 +0000] \"GET /health HTTP/1.1\" 200 {ms} \"-\" \"kube-probe/1.29\""
        ),
        _ => format!("ERROR payment {a} failed: connection to 10.2.{b}.1:5432 refused after {ms} ms"),
    }
}

fn report(what: &str, amount: f64, unit: &str, took: Duration) {
    let seconds = took.as_secs_f64();
    println!(
        "{what:<44} {amount:>10.0} {unit:<6} {seconds:>8.3} s {:>12.0} {unit}/s",
        amount / seconds
    );
}

fn logs() {
    const LINES: usize = 1_000_000;
    let mut state = 7;
    let lines: Vec<String> = (0..LINES).map(|_| line(&mut state)).collect();
    let megabytes = lines.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    let begin = Instant::now();
    let mut miner = Miner::new();
    for line in &lines {
        miner.add(0, line);
    }
    let settled = miner.settle();
    let took = begin.elapsed();
    report("log miner, streaming", LINES as f64, "lines", took);
    println!(
        "{:<44} {megabytes:>10.0} MB     {:>10.0} MB/s, {} templates",
        "",
        megabytes / took.as_secs_f64(),
        settled.templates.len()
    );

    // What `midwatch logs` does with a file, but for reading it.
    let begin = Instant::now();
    let mut survey = Survey::new(false);
    for line in &lines {
        survey.line(line.as_bytes(), line.len() as u64 + 1);
    }
    let found = survey.finish();
    report(
        "survey: times, counts, findings",
        LINES as f64,
        "lines",
        begin.elapsed(),
    );
    assert_eq!(found.lines, LINES as u64);

    let lines: Vec<LogLine> = lines
        .into_iter()
        .enumerate()
        .map(|(i, message)| LogLine {
            at: Timestamp::from_millisecond(START * 1000 + i as i64 * 4).unwrap_or_default(),
            group: "/app".to_owned(),
            stream: None,
            resource: None,
            message,
        })
        .collect();
    let onset = Timestamp::from_second(START + 2000).ok();
    let begin = Instant::now();
    let found = mine(&lines, onset, None);
    report(
        "mine: templates with rates and order",
        LINES as f64,
        "lines",
        begin.elapsed(),
    );
    assert!(!found.is_empty());
}

fn series(id: &ResourceId, metric: &str, stat: &str, unit: &str, f: impl Fn(i64) -> f64) -> Series {
    Series {
        key: SeriesKey {
            resource: Some(id.clone()),
            namespace: "Bench".to_owned(),
            metric: metric.to_owned(),
            dimensions: BTreeMap::new(),
            stat: stat.to_owned(),
            unit: Some(unit.to_owned()),
            period: 60,
        },
        points: (-1440..60).map(|i| (START + 60 * i, f(i))).collect(),
    }
}

/// A tree of services, each calling four more, with a day of baseline and an hour of incident in one of them.
fn ranking() {
    const NODES: usize = 2_000;
    const SLOW: usize = 700;
    let ids: Vec<ResourceId> = (0..NODES).map(|n| format!("node-{n:04}").into()).collect();
    let callers: Vec<usize> = std::iter::successors(Some(SLOW), |n| (*n > 0).then(|| (n - 1) / 4)).collect();
    let relations: Vec<Relation> = (1..NODES)
        .map(|n| Relation {
            from: ids[(n - 1) / 4].clone(),
            to: ids[n].clone(),
            kind: RelationKind::Calls,
            origin: RelationOrigin::Trace,
        })
        .collect();
    let nodes: Vec<NodeData> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| {
            let extra = |i: i64| if i >= 30 && callers.contains(&n) { 0.5 } else { 0.0 };
            let wobble = |i: i64| (next(&mut (n as u64 * 10_007 + (i + 2000) as u64)) % 1000) as f64 * 1e-6;
            NodeData {
                id: id.clone(),
                kind: "service".to_owned(),
                series: vec![
                    series(id, "latency", "Average", "Seconds", |i| {
                        0.1 + wobble(i) + extra(i)
                    }),
                    series(id, "requests", "Sum", "Count", |_| 600.0),
                ],
            }
        })
        .collect();
    let at = |second: i64| Timestamp::from_second(START + second).unwrap_or_default();
    let question = Question {
        subject: &ids[0],
        symptom: &nodes[0].series[0],
        nodes: &nodes,
        relations: &relations,
        window: Window::new(at(0), at(3600)),
        baseline: Some(Window::new(at(-86_400), at(0))),
        incident_at: at(1800),
    };
    let begin = Instant::now();
    let found = rank(&question);
    report(
        "rank: 1,500 points of two series a node",
        NODES as f64,
        "nodes",
        begin.elapsed(),
    );
    assert_eq!(found.candidates[0].resource, ids[SLOW]);
    assert_eq!(found.faulty, Some(true));
}

fn shifts() {
    const SERIES: usize = 1_000;
    let usual: Vec<Point> = (0..1440)
        .map(|i| (60 * i, 50.0 + (next(&mut (i as u64)) % 100) as f64 / 10.0))
        .collect();
    let now: Vec<Point> = (1440..1560)
        .map(|i| {
            (
                60 * i,
                if i < 1500 { 50.0 } else { 90.0 } + (next(&mut (i as u64)) % 10) as f64,
            )
        })
        .collect();
    let begin = Instant::now();
    for _ in 0..SERIES {
        std::hint::black_box(compare(std::hint::black_box(&usual), &now, 60));
    }
    report(
        "compare: a day with two hours, by minutes",
        SERIES as f64,
        "series",
        begin.elapsed(),
    );
}

fn main() {
    logs();
    ranking();
    shifts();
}
