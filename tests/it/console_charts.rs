//! Charts under data that is sparse, constant, huge, tiny or too much: nothing of it is lost, nothing is invented.

use midwatch::console::widget::{Chart, Event, EventKind, Strip, Trace};

use crate::support::glass::{MIDNIGHT, plain, screen};

fn minutes(values: &[f64]) -> Vec<(i64, f64)> {
    (0..)
        .map(|at| MIDNIGHT + at * 60)
        .zip(values.iter().copied())
        .collect()
}

fn chart<'a>(traces: &'a [Trace<'a>], ascii: bool) -> Chart<'a> {
    Chart {
        traces,
        from: MIDNIGHT,
        to: MIDNIGHT + 3600,
        incident: None,
        onset: None,
        marks: &[],
        ascii,
        styles: &plain,
    }
}

#[test]
fn counts_are_bars_and_zero_is_told_from_nothing() {
    let mut points = minutes(&[0.0, 0.0, 0.0, 3.0, 0.0, 1.0, 8.0, 8.0, 4.0, 0.0]);
    points.retain(|(at, _)| *at != MIDNIGHT + 240);
    let traces = [Trace {
        label: "Errors",
        unit: Some("Count"),
        period: 60,
        points: &points,
        band: Some((0.0, 0.0)),
        threshold: Some(5.0),
        threshold_name: "alarm > 5",
        bars: true,
    }];
    for ascii in [false, true] {
        let chart = Chart {
            to: MIDNIGHT + 600,
            ..chart(&traces, ascii)
        };
        let name = if ascii { "chart_bars_ascii" } else { "chart_bars" };
        insta::assert_snapshot!(name, screen(48, 10, chart));
    }
}

#[test]
fn a_spike_among_ten_thousand_points_is_seen() {
    let mut points: Vec<(i64, f64)> = (0..10_000).map(|at| (MIDNIGHT + at, (at % 3) as f64)).collect();
    points[7_777].1 = 900.0;
    points[2_222].1 = -300.0;
    for bars in [false, true] {
        points[2_222].1 = if bars { 0.0 } else { -300.0 };
        let traces = [Trace {
            label: "Latency",
            period: 1,
            points: &points,
            bars,
            ..Trace::default()
        }];
        let chart = Chart {
            to: MIDNIGHT + 10_000,
            ..chart(&traces, false)
        };
        let text = screen(70, 16, chart);
        let top = text.lines().find(|line| line.contains('┤')).unwrap();
        assert!(text.contains("max 900"), "{text}");
        let rows: Vec<&str> = text.lines().skip(1).take(13).collect();
        let reached = rows.iter().filter(|row| {
            row.chars()
                .any(|c| ('\u{2801}'..='\u{28ff}').contains(&c) || ('▁'..='█').contains(&c))
        });
        assert!(
            reached.count() >= 10,
            "the spike reaches up from the others: {top}\n{text}"
        );
    }
}

#[test]
fn odd_series_keep_their_shape() {
    let one = [(MIDNIGHT + 1800, 7.0)];
    let sparse = [5, 20, 35, 50].map(|minute| (MIDNIGHT + minute * 60, minute as f64));
    let series = [
        ("one point", one.to_vec()),
        ("far apart", sparse.to_vec()),
        ("constant", minutes(&[4.2; 60])),
        ("nothing but zero", minutes(&[0.0; 60])),
        ("below zero", minutes(&[-5.0, -3.0, -8.0, -1.0].repeat(15))),
        ("tiny", minutes(&[2e-9, 3e-9, 1e-9].repeat(20))),
        ("huge", minutes(&[2e17, 9e17, 1e17].repeat(20))),
        ("not numbers", minutes(&[f64::NAN, f64::INFINITY, 1.0].repeat(20))),
    ];
    let mut all = String::new();
    for (label, points) in &series {
        let traces = [Trace {
            label,
            period: 60,
            points,
            ..Trace::default()
        }];
        all.push_str(&screen(60, 8, chart(&traces, true)));
        all.push_str("\n\n");
    }
    insta::assert_snapshot!("chart_odd", all);
}

#[test]
fn what_happened_is_marked_through_all_panels() {
    let errors = minutes(&[vec![0.0; 40], vec![9.0; 20]].concat());
    let latency = minutes(&[vec![0.2; 40], vec![1.4; 20]].concat());
    let trace = |label, unit, points, bars| Trace {
        label,
        unit: Some(unit),
        period: 60,
        points,
        bars,
        ..Trace::default()
    };
    let traces = [
        trace("Errors  sum per minute", "Count", &errors, true),
        trace("Duration  p99 per minute", "Seconds", &latency, false),
    ];
    let marks = [
        (600, "tag change", EventKind::Change),
        (2380, "UpdateFunctionCode", EventKind::Cause),
        (2400, "Errors up", EventKind::Shift),
        (2580, "alarm", EventKind::Alarm),
    ]
    .map(|(at, label, kind)| Event {
        at: MIDNIGHT + at,
        label,
        kind,
    });
    for ascii in [false, true] {
        let chart = Chart {
            marks: &marks,
            onset: Some(MIDNIGHT + 2400),
            incident: Some((MIDNIGHT + 2400, MIDNIGHT + 3600)),
            ..chart(&traces, ascii)
        };
        let name = if ascii {
            "chart_together_ascii"
        } else {
            "chart_together"
        };
        insta::assert_snapshot!(name, screen(78, 17, chart));
    }
}

#[test]
fn a_strip_never_loses_the_cause_the_first_symptom_and_the_alarm() {
    let mut events: Vec<Event<'_>> = (0..9)
        .map(|at| Event {
            at: MIDNIGHT + 60 * at,
            label: "a rather long name of a change",
            kind: EventKind::Change,
        })
        .collect();
    for (at, label, kind) in [
        (600, "UpdateFunctionCode", EventKind::Cause),
        (660, "UnHealthyHostCount up", EventKind::Shift),
        (720, "HTTPCode_Target_5XX_Count up", EventKind::Shift),
        (780, "alarm", EventKind::Alarm),
    ] {
        events.push(Event {
            at: MIDNIGHT + at,
            label,
            kind,
        });
    }
    let strip = |ascii| Strip {
        more: 0,
        events: &events,
        from: MIDNIGHT,
        to: MIDNIGHT + 1200,
        ascii,
        styles: &plain,
    };
    for width in 34..=120 {
        let text = screen(width, 1, strip(true));
        for sign in ['*', '^', '!'] {
            assert!(text.contains(sign), "{sign} at {width}\n{text}");
        }
        let hidden: usize = text
            .rsplit_once('+')
            .and_then(|(_, n)| n.trim().parse().ok())
            .unwrap_or_else(|| panic!("what is left out is counted at {width}: {text}"));
        let shown = text.matches(':').count();
        assert_eq!(hidden + shown, events.len(), "{width}\n{text}");
    }
    insta::assert_snapshot!("strip_crowded", screen(78, 1, strip(true)));
    for (width, height) in [(80, 3), (160, 2), (200, 3)] {
        let text = screen(width, height, strip(false));
        for label in ["● UpdateFunctionCode", "▲ UnHealthyHostCount up", "! alarm"] {
            assert!(text.contains(label), "{label} at {width}x{height}\n{text}");
        }
    }
}
