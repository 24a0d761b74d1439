use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{Point, RelationKind, RelationOrigin};

const START: i64 = 1_700_000_000 / 300 * 300;
/// Periods of the baseline and of the window.
const USUAL: i64 = 100;
const NOW: i64 = 12;
/// First affected period of the window.
const ONSET: i64 = 6;

fn noise(n: i64, salt: u64) -> f64 {
    let mut x = (n as u64 ^ salt.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 40) as f64 / f64::from(1 << 24) - 0.5
}

fn series(id: &str, metric: &str, stat: &str, unit: &str, f: impl Fn(i64) -> f64) -> Series {
    let key = SeriesKey {
        resource: Some(id.into()),
        namespace: "Test".to_owned(),
        metric: metric.to_owned(),
        dimensions: BTreeMap::new(),
        stat: stat.to_owned(),
        unit: Some(unit.to_owned()),
        period: 300,
    };
    let points: Vec<Point> = (-USUAL..NOW).map(|i| (START + 300 * i, f(i))).collect();
    Series { key, points }
}

/// A service with its own seconds a request, which grow by `extra` from the onset on.
struct Service {
    id: &'static str,
    calls: &'static [&'static str],
    own: f64,
    extra: f64,
    requests: f64,
}

struct System {
    nodes: Vec<NodeData>,
    relations: Vec<Relation>,
}

fn calls(from: &str, to: &str) -> Relation {
    Relation {
        from: from.into(),
        to: to.into(),
        kind: RelationKind::Calls,
        origin: RelationOrigin::Trace,
    }
}

/// Latencies that add up along the calls, one call a request.
fn system(services: &[Service]) -> System {
    fn latency(services: &[Service], id: &str, i: i64) -> f64 {
        let service = services.iter().find(|s| s.id == id).unwrap();
        let own = service.own * (1.0 + 0.04 * noise(i, id.len() as u64 + u64::from(id.as_bytes()[0])));
        let extra = if i >= ONSET { service.extra } else { 0.0 };
        own + extra
            + service
                .calls
                .iter()
                .map(|callee| latency(services, callee, i))
                .sum::<f64>()
    }
    System {
        nodes: services
            .iter()
            .map(|s| NodeData {
                id: s.id.into(),
                kind: "service".to_owned(),
                series: vec![
                    series(s.id, "latency", "Average", "Seconds", |i| {
                        latency(services, s.id, i)
                    }),
                    series(s.id, "requests", "Sum", "Count", |i| {
                        (s.requests * (1.0 + 0.1 * noise(i, 3))).round()
                    }),
                ],
            })
            .collect(),
        relations: services
            .iter()
            .flat_map(|s| s.calls.iter().map(|callee| calls(s.id, callee)))
            .collect(),
    }
}

fn shop(slow: &str) -> System {
    let service = |id, calls, own| Service {
        id,
        calls,
        own,
        extra: if id == slow { 0.5 } else { 0.0 },
        // Two callers call it once a request each.
        requests: if id == "table" { 1200.0 } else { 600.0 },
    };
    system(&[
        service("web", &["cart", "stock"], 0.02),
        service("cart", &["gateway"], 0.05),
        service("gateway", &["function"], 0.001),
        service("function", &["table"], 0.1),
        service("table", &[], 0.01),
        service("stock", &["table"], 0.03),
    ])
}

fn window(from: i64, to: i64) -> Window {
    let at = |i: i64| Timestamp::from_second(START + 300 * i).unwrap();
    Window::new(at(from), at(to))
}

fn ask<'a>(system: &'a System, subject: &'a ResourceId, symptom: &'a Series) -> Question<'a> {
    Question {
        subject,
        symptom,
        nodes: &system.nodes,
        relations: &system.relations,
        window: window(0, NOW),
        baseline: Some(window(-USUAL, 0)),
        incident_at: Timestamp::from_second(START + 300 * ONSET).unwrap(),
    }
}

fn ranked(system: &System, subject: &str) -> Ranking {
    let subject = ResourceId::from(subject);
    let node = system.nodes.iter().find(|n| n.id == subject).unwrap();
    rank(&ask(system, &subject, &node.series[0]))
}

#[test]
fn the_one_that_owns_the_excess_leads_wherever_it_stands() {
    for slow in ["web", "cart", "gateway", "function", "table", "stock"] {
        let ranking = ranked(&shop(slow), "web");
        assert_eq!(ranking.method, Method::Excess(Flow::Seconds));
        assert_eq!(ranking.candidates[0].resource.as_str(), slow, "{ranking:#?}");
        assert_eq!(ranking.faulty, Some(true), "{slow}");
        assert_eq!(ranking.candidates.len(), 6);
        let share = ranking.candidates[0].own_share.unwrap();
        assert!((0.8..1.2).contains(&share), "{slow} {share}");
    }
}

#[test]
fn a_healthy_system_has_no_fault() {
    let ranking = ranked(&shop("nobody"), "web");
    assert_eq!(ranking.faulty, Some(false));
}

#[test]
fn a_callee_that_appears_with_the_fault_is_not_blamed() {
    let mut system = shop("cart");
    let mut retry = NodeData {
        id: "aaa-new".into(),
        kind: "remote".to_owned(),
        series: vec![
            series("aaa-new", "latency", "Average", "Seconds", |_| 0.5),
            series("aaa-new", "requests", "Sum", "Count", |_| 600.0),
        ],
    };
    for series in &mut retry.series {
        series.points.retain(|(at, _)| *at >= START + 300 * ONSET);
    }
    system.nodes.push(retry);
    system.relations.push(calls("cart", "aaa-new"));
    let ranking = ranked(&system, "web");
    assert_eq!(ranking.candidates[0].resource.as_str(), "cart");
}

#[test]
fn failures_are_counted_by_requests() {
    let availability = |id: &str, bad: f64| NodeData {
        id: id.into(),
        kind: "service".to_owned(),
        series: vec![
            series(id, "availability", "Average", "Percent", |i| {
                if i >= ONSET { 100.0 - bad } else { 100.0 }
            }),
            series(id, "requests", "Sum", "Count", |_| 1000.0),
        ],
    };
    let system = System {
        nodes: vec![
            availability("a", 5.0),
            availability("b", 5.0),
            availability("c", 0.0),
        ],
        relations: vec![calls("a", "b"), calls("b", "c")],
    };
    let ranking = ranked(&system, "a");
    assert_eq!(ranking.method, Method::Excess(Flow::Failures));
    assert_eq!(ranking.candidates[0].resource.as_str(), "b");
    assert_eq!(ranking.candidates[0].own_share.map(f64::round), Some(1.0));
}

/// A resource with one gauge that jumps at a period, if it jumps.
fn gauge(id: &str, kind: &str, metric: &str, unit: &str, jump: Option<i64>) -> NodeData {
    let salt = u64::from(id.as_bytes()[0]);
    NodeData {
        id: id.into(),
        kind: kind.to_owned(),
        series: vec![series(id, metric, "Average", unit, |i| {
            let height = if jump.is_some_and(|at| i >= at) { 60.0 } else { 0.0 };
            20.0 + noise(i, salt) + height
        })],
    }
}

#[test]
fn without_request_counts_the_deepest_early_anomaly_leads() {
    let system = System {
        nodes: vec![
            gauge("api", "service", "Latency", "Milliseconds", Some(ONSET)),
            gauge(
                "queue",
                "AWS::SQS::Queue",
                "QueueDelay",
                "Milliseconds",
                Some(ONSET),
            ),
            gauge(
                "db",
                "AWS::RDS::DBInstance",
                "CPUUtilization",
                "Percent",
                Some(ONSET - 1),
            ),
            gauge(
                "cache",
                "AWS::ElastiCache::CacheCluster",
                "CPUUtilization",
                "Percent",
                None,
            ),
            gauge("phone", "client", "Latency", "Milliseconds", Some(ONSET)),
        ],
        relations: vec![
            calls("phone", "api"),
            calls("api", "queue"),
            calls("queue", "db"),
            calls("api", "cache"),
        ],
    };
    let ranking = ranked(&system, "api");
    assert_eq!(ranking.method, Method::Anomaly);
    assert_eq!(ranking.candidates[0].resource.as_str(), "db", "{ranking:#?}");
    let api = ranking
        .candidates
        .iter()
        .find(|c| c.resource.as_str() == "api")
        .unwrap();
    assert_eq!(api.inherited_from, Some("queue".into()));
    let place = |id: &str| {
        ranking
            .candidates
            .iter()
            .find(|c| c.resource.as_str() == id)
            .unwrap()
            .rank
    };
    assert!(place("phone") > place("api"));
    assert_eq!(place("cache"), 5);
}

#[test]
fn what_follows_the_symptom_is_no_cause() {
    let system = System {
        nodes: vec![
            gauge("api", "service", "Latency", "Milliseconds", Some(4)),
            gauge("late", "service", "CPUUtilization", "Percent", Some(9)),
            gauge("soon", "service", "CPUUtilization", "Percent", Some(4)),
        ],
        relations: vec![calls("api", "late"), calls("api", "soon")],
    };
    let ranking = ranked(&system, "api");
    assert_eq!(ranking.candidates[0].resource.as_str(), "soon");
}

#[test]
fn without_a_graph_what_goes_with_the_symptom_leads_and_equals_are_told_equal() {
    let system = System {
        nodes: vec![
            gauge("api", "service", "Latency", "Milliseconds", Some(ONSET)),
            gauge("disk", "volume", "QueueLength", "Percent", Some(ONSET)),
            gauge("zz", "volume", "QueueLength", "Percent", None),
            gauge("yy", "volume", "QueueLength", "Percent", None),
        ],
        relations: vec![],
    };
    let ranking = ranked(&system, "api");
    assert_eq!(ranking.method, Method::Correlation);
    let ids: Vec<_> = ranking
        .candidates
        .iter()
        .map(|c| (c.resource.as_str(), c.rank))
        .collect();
    assert_eq!(ids[2..], [("yy", 3), ("zz", 3)]);
}

#[test]
fn cycles_and_strangers_are_survived() {
    let mut system = shop("table");
    system.relations.push(calls("table", "web"));
    system.relations.push(calls("web", "web"));
    system.relations.push(calls("nobody-knows", "me"));
    let ranking = ranked(&system, "web");
    assert_eq!(ranking.candidates.len(), 8);
    let stranger = ResourceId::from("not there");
    let symptom = system.nodes[0].series[0].clone();
    assert_eq!(
        rank(&ask(&system, &stranger, &symptom)).method,
        Method::Correlation
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn names_and_the_order_of_lines_do_not_matter(
        slow in 0_usize..6,
        names in Just(["web", "cart", "gateway", "function", "table", "stock"]),
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        letters in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        unmeasured in any::<bool>(),
    ) {
        let mut system = shop(names[slow]);
        if unmeasured {
            for node in &mut system.nodes {
                node.series.truncate(1);
            }
        }
        let first = ranked(&system, "web");

        let renamed = |id: &ResourceId| -> ResourceId {
            let place = names.iter().position(|n| *n == id.as_str()).unwrap();
            format!("{}-{}", char::from(b'a' + letters[place] as u8), letters[place]).into()
        };
        let mut nodes: Vec<NodeData> = order.iter().map(|i| system.nodes[*i].clone()).collect();
        for node in &mut nodes {
            node.id = renamed(&node.id);
            node.series.reverse();
            for series in &mut node.series {
                series.key.resource = Some(node.id.clone());
            }
        }
        let mut relations: Vec<Relation> = system
            .relations
            .iter()
            .map(|r| Relation { from: renamed(&r.from), to: renamed(&r.to), ..r.clone() })
            .collect();
        relations.reverse();
        let subject = renamed(&"web".into());
        let other = System { nodes, relations };
        let node = other.nodes.iter().find(|n| n.id == subject).unwrap();
        let symptom = node.series.iter().find(|s| s.key.metric == "latency").unwrap();
        let second = rank(&ask(&other, &subject, symptom));

        prop_assert_eq!(first.method, second.method);
        prop_assert_eq!(first.faulty, second.faulty);
        for candidate in &first.candidates {
            let id = renamed(&candidate.resource);
            let same = second.candidates.iter().find(|c| c.resource == id).unwrap();
            prop_assert_eq!(candidate.rank, same.rank);
            prop_assert!((candidate.score - same.score).abs() < 1e-9);
        }
    }
}
