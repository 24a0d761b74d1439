use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn line(second: i64, message: impl Into<String>) -> LogLine {
    LogLine {
        at: at(second),
        group: "/aws/lambda/orders".to_owned(),
        stream: Some("a".to_owned()),
        resource: Some("orders".into()),
        message: message.into(),
    }
}

/// An hour of a function's log: noise all along, and errors from minute 30 on.
fn incident() -> Vec<LogLine> {
    let mut lines = Vec::new();
    for i in 0..360 {
        let id = format!("7f3a1b2c-{i:04}-2222-3333-444455556666");
        lines.push(line(10 * i, format!("START RequestId: {id} Version: $LATEST")));
        lines.push(line(10 * i, format!("INFO placed order {i} for customer c{i}")));
        if i % 40 == 7 {
            lines.push(line(10 * i, format!("WARN slow answer from stock: {i} ms")));
        }
        if i >= 180 && i % 2 == 0 {
            lines.push(line(
                10 * i,
                format!("[ERROR] PaymentError: card service said no to order {i}"),
            ));
        }
        lines.push(line(10 * i + 1, format!("END RequestId: {id}")));
        lines.push(line(
            10 * i + 1,
            format!("REPORT RequestId: {id}\tDuration: {i}.5 ms"),
        ));
    }
    lines
}

#[test]
fn the_new_error_comes_first_and_routine_last() {
    let found = mine(&incident(), Some(at(1800)), None);
    let top = &found[0];
    assert_eq!(
        top.template,
        "[ERROR] PaymentError: card service said no to order <*>"
    );
    assert!(top.new && top.bursting && top.error);
    assert_eq!((top.before, top.after), (0, 90));
    assert!((top.after_rate - 3.0).abs() < 0.1, "{}", top.after_rate);
    assert_eq!(top.resource, Some("orders".into()));
    let kinds: Vec<_> = found.iter().map(|t| (t.routine, t.error)).collect();
    assert_eq!(
        found.len(),
        6,
        "{:?}",
        found.iter().map(|t| &t.template).collect::<Vec<_>>()
    );
    assert!(
        kinds[3..].iter().all(|(routine, error)| *routine && !error),
        "{kinds:?}"
    );
}

#[test]
fn every_line_is_assigned_and_counted_once() {
    let lines = incident();
    let mined = assign(&lines, None, None);
    for template in &mined.templates {
        let own = mined.assigned.iter().filter(|id| **id == template.id).count();
        assert_eq!(own, template.count as usize);
    }
    assert_eq!(mined.assigned.len(), lines.len());
}

#[test]
fn a_stack_trace_stays_with_its_head() {
    let mut lines = vec![
        line(0, "ERROR order failed"),
        line(0, "\tat shop.Order.place(Order.java:12)"),
        line(0, "\tat shop.Web.post(Web.java:9)"),
        line(0, "Caused by: java.io.IOException: no space left on device"),
        line(5, "INFO fine"),
    ];
    lines.push(LogLine {
        stream: Some("other".to_owned()),
        ..line(0, "INFO from another stream")
    });
    let mined = assign(&lines, None, None);
    assert_eq!(mined.templates.len(), 3);
    assert!(mined.assigned[..4].iter().all(|id| *id == mined.assigned[0]));
    assert!(
        mined.templates[0].sample.contains("no space left"),
        "{}",
        mined.templates[0].sample
    );
}

#[test]
fn states_are_told_apart_and_names_are_not() {
    let names = ["anna", "bert", "cleo", "dora", "emil", "fred", "gina", "hugo"];
    let lines: Vec<LogLine> = names
        .iter()
        .enumerate()
        .flat_map(|(i, name)| {
            [
                line(i as i64, format!("session opened for user {name} by root")),
                line(i as i64, format!("session closed for user {name} by root")),
                line(i as i64, format!("{name} logged in")),
            ]
        })
        .collect();
    let mut found: Vec<String> = mine(&lines, None, None).into_iter().map(|t| t.template).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "<*> logged in",
            "session closed for user <*> by root",
            "session opened for user <*> by root"
        ]
    );
}

#[test]
fn json_lines_are_grouped_by_what_they_say() {
    let lines: Vec<LogLine> = (0..50)
        .map(|i| {
            line(
                i,
                format!(r#"{{"ts":{i},"level":"warn","request":"r-{i}","msg":"queue {i} is long"}}"#),
            )
        })
        .collect();
    let found = mine(&lines, None, None);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].template.as_str(), found[0].severity),
        ("WARN queue <*> is long", Severity::Warn)
    );
}

#[test]
fn a_needle_in_a_haystack_is_among_the_first_without_an_onset() {
    let mut lines: Vec<LogLine> = (0..20_000)
        .map(|i| match i % 4 {
            0 => line(i, format!("INFO GET /api/orders/{i} 200 {}ms", i % 97)),
            1 => line(
                i,
                format!("ERROR upstream answered 503 for request {i}, retrying"),
            ),
            2 => line(i, format!("DEBUG cache hit ratio {}", i % 100)),
            _ => line(i, format!("INFO worker-{} heartbeat", i % 8)),
        })
        .collect();
    lines.insert(
        12_345,
        line(12_345, "kernel: Out of memory: Killed process 4242 (java)"),
    );
    let found = mine(&lines, None, None);
    let rank = found
        .iter()
        .position(|t| t.template.contains("Out of memory"))
        .unwrap();
    assert!(rank < 5, "{rank}");
}

#[test]
fn the_window_gives_the_rates() {
    let lines: Vec<LogLine> = (0..10).map(|i| line(3000 + i, "ERROR boom")).collect();
    let window = Window::new(at(0), at(3600));
    let found = mine(&lines, Some(at(3000)), Some(window));
    assert!((found[0].after_rate - 1.0).abs() < 1e-9 && found[0].before_rate == 0.0);
    // The group was silent before, so nothing can be called new; but it burst.
    assert!(!found[0].new && found[0].bursting);
}

#[test]
fn hostile_input_stays_bounded() {
    let mut miner = Miner::new();
    let mut word = String::new();
    for i in 0..60_000_u32 {
        word.clear();
        // Words without digits, all different, at every position.
        for shift in [0, 4, 8, 12, 16] {
            word.push(char::from(b'a' + ((i >> shift) & 15) as u8));
        }
        miner.add(0, &format!("{word}q x{word} y{word} {word}z"));
    }
    assert!(miner.len() <= 50_001, "{}", miner.len());
    assert_eq!(miner.settle().of.len(), miner.len());
}

proptest! {
    #[test]
    fn neither_the_order_nor_the_epoch_of_the_lines_matters(
        picks in prop::collection::vec((0_i64..600, 0_usize..6, 0_u32..50), 1..80),
        seed in any::<u64>(),
        later in 0_i64..1_000_000,
    ) {
        const SHAPES: [&str; 6] = [
            "INFO placed order {}", "ERROR card {} refused", "\tat frame {}", "user {} gone", "{\"msg\":\"json {}\"}",
            "Caused by: thing {}",
        ];
        let lines: Vec<LogLine> =
            picks.iter().map(|(s, shape, n)| line(*s, SHAPES[*shape].replace("{}", &n.to_string()))).collect();
        let mut shuffled: Vec<LogLine> = lines
            .iter()
            .map(|l| LogLine { at: l.at.checked_add(SignedDuration::from_secs(later)).unwrap(), ..l.clone() })
            .collect();
        let mut state = seed;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        let first = mine(&lines, Some(at(300)), None);
        let second = mine(&shuffled, Some(at(300 + later)), None);
        let told = |found: &[LogTemplate]| -> Vec<_> {
            found.iter().map(|t| (t.template.clone(), t.count, t.before, t.new, t.bursting, t.sample.clone())).collect()
        };
        prop_assert_eq!(told(&first), told(&second));
    }

    #[test]
    fn any_text_is_survived(messages in prop::collection::vec(".{0,80}", 0..30)) {
        let lines: Vec<LogLine> = messages.iter().enumerate().map(|(i, m)| line(i as i64, m.clone())).collect();
        let mined = assign(&lines, Some(at(10)), None);
        let total: u32 = mined.templates.iter().map(|t| t.count).sum();
        prop_assert!(total as usize <= lines.len());
        for id in &mined.assigned {
            prop_assert!(mined.templates.iter().any(|t| t.id == *id));
        }
    }
}
