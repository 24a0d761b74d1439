//! Charts and strips on a screen: what they look like, and that nothing breaks them.

use midwatch::console::widget::{Chart, Event, EventKind, Strip, Trace};
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use crate::support::glass::{MIDNIGHT, plain, screen};

fn errors() -> Vec<(i64, f64)> {
    let value = |at: i64| {
        if at < 40 {
            f64::from(u8::from(at % 17 == 3))
        } else {
            (30 + at * 7 % 13) as f64
        }
    };
    (0..60).map(|at| (MIDNIGHT + at * 60, value(at))).collect()
}

/// Latency in seconds, with ten minutes missing.
fn latency() -> Vec<(i64, f64)> {
    let value = |at: i64| {
        if at < 40 {
            0.12 + (at % 3) as f64 * 0.01
        } else {
            0.12 + (at - 40) as f64 * 0.01
        }
    };
    (0..60)
        .filter(|at| !(15..25).contains(at))
        .map(|at| (MIDNIGHT + at * 60, value(at)))
        .collect()
}

fn chart<'a>(traces: &'a [Trace<'a>], ascii: bool) -> Chart<'a> {
    Chart {
        traces,
        from: MIDNIGHT,
        to: MIDNIGHT + 3600,
        incident: Some((MIDNIGHT + 2400, MIDNIGHT + 3300)),
        onset: Some(MIDNIGHT + 2400),
        marks: &[],
        ascii,
        styles: &plain,
    }
}

#[test]
fn a_metric_with_its_incident() {
    let (errors, latency) = (errors(), latency());
    let traces = [
        Trace {
            label: "Errors (Sum)",
            unit: Some("Count"),
            period: 60,
            points: &errors,
            band: Some((0.0, 2.0)),
            threshold: Some(20.0),
            threshold_name: "alarm > 20",
            bars: false,
        },
        Trace {
            label: "Duration (p99)",
            unit: Some("Seconds"),
            period: 60,
            points: &latency,
            band: None,
            threshold: None,
            threshold_name: "",
            bars: false,
        },
    ];
    for ascii in [false, true] {
        let end = if ascii { "_ascii" } else { "" };
        insta::assert_snapshot!(format!("chart{end}"), screen(72, 12, chart(&traces[..1], ascii)));
        insta::assert_snapshot!(
            format!("chart_stacked{end}"),
            screen(72, 20, chart(&traces, ascii))
        );
        insta::assert_snapshot!(
            format!("chart_small{end}"),
            screen(30, 6, chart(&traces[..1], ascii))
        );
    }
    insta::assert_snapshot!("chart_no_room", screen(24, 2, chart(&traces, false)));
}

#[test]
fn a_gap_in_the_data_is_a_gap_in_the_line() {
    let latency = latency();
    let traces = [Trace {
        label: "Duration",
        period: 60,
        points: &latency,
        ..Trace::default()
    }];
    let text = screen(
        72,
        10,
        Chart {
            onset: None,
            incident: None,
            ..chart(&traces, false)
        },
    );
    let row: Vec<&str> = text.lines().collect();
    // The plot has 66 columns or so for an hour; a quarter to 25 minutes past lie a quarter to four tenths along.
    let blank = |x: usize| {
        row[1..8].iter().all(|line| {
            line.chars()
                .nth(x)
                .is_none_or(|c| !('\u{2801}'..='\u{28ff}').contains(&c))
        })
    };
    assert!((25..31).all(blank), "{text}");
    assert!(!(10..16).all(blank), "{text}");
}

#[test]
fn nothing_measured_is_said() {
    let traces = [Trace {
        label: "Errors",
        ..Trace::default()
    }];
    assert!(screen(60, 8, chart(&traces, false)).contains("no data"));
    assert!(screen(20, 1, chart(&traces, false)).contains("no data"));
}

#[test]
fn the_strip_tells_the_story() {
    let events = [
        ("started", 1150, EventKind::Started),
        ("deploy v41", 300, EventKind::Cause),
        ("errors", 360, EventKind::Shift),
        ("TypeError", 390, EventKind::Burst),
        ("alarm", 480, EventKind::Alarm),
        ("tag change", 1100, EventKind::Change),
    ]
    .map(|(label, at, kind)| Event {
        at: MIDNIGHT + at,
        label,
        kind,
    });
    let strip = |ascii| Strip {
        more: 0,
        events: &events,
        from: MIDNIGHT,
        to: MIDNIGHT + 1200,
        ascii,
        styles: &plain,
    };
    insta::assert_snapshot!("strip", screen(100, 4, strip(false)));
    insta::assert_snapshot!("strip_two_rows", screen(100, 2, strip(false)));
    insta::assert_snapshot!("strip_ascii", screen(78, 4, strip(true)));
    insta::assert_snapshot!("strip_line_ascii", screen(78, 1, strip(true)));
    // However little room there is, the cause is told.
    for (width, height) in [(60, 2), (40, 2), (14, 1), (20, 1)] {
        let text = screen(width, height, strip(false));
        assert!(text.contains('●'), "{width}x{height}\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_a_widget(
        (x, y, width, height) in (0_u16..20, 0_u16..20, 0_u16..130, 0_u16..40),
        label in ".{0,20}",
        points in prop::collection::vec((any::<i64>(), any::<f64>()), 0..30),
        near in prop::collection::vec((0_i64..5000, -1e6_f64..1e6), 0..30),
        (from, to) in prop::sample::select(vec![(0, 3600), (0, 0), (5, 1), (i64::MIN, i64::MAX), (i64::MAX - 1, i64::MAX)]),
        marks in prop::option::of((any::<f64>(), any::<f64>())),
        moments in prop::collection::vec(any::<i64>(), 4),
        period in any::<u32>(),
        ascii in any::<bool>(),
    ) {
        let screen = Rect::new(0, 0, 120, 40);
        let mut buffer = Buffer::empty(screen);
        let area = Rect::new(x, y, width, height);
        let mut points: Vec<(i64, f64)> = points.into_iter().chain(near).collect();
        points.sort_by_key(|point| point.0);
        let trace = Trace {
            label: &label,
            unit: Some(&label),
            period,
            points: &points,
            band: marks,
            threshold: marks.map(|marks| marks.0),
            threshold_name: &label,
            bars: ascii,
        };
        let traces = vec![trace; usize::from(height % 4)];
        let incident = Some((moments[0], moments[1]));
        let events: Vec<_> = moments
            .iter()
            .chain(&[1, 1, 2, 3000])
            .map(|at| Event { at: *at, label: &label, kind: EventKind::Change })
            .collect();
        Chart { traces: &traces, from, to, incident, onset: Some(moments[2]), marks: &events, ascii, styles: &plain }
            .render(area, &mut buffer);
        Strip { events: &events, from, to, more: 0, ascii, styles: &plain }.render(area, &mut buffer);
        let outside = |x: u16, y: u16| !area.contains((x, y).into());
        for (x, y) in (0..120).flat_map(|x| (0..40).map(move |y| (x, y))) {
            let symbol = buffer[(x, y)].symbol();
            prop_assert!(!symbol.chars().any(char::is_control), "{symbol:?}");
            prop_assert!(symbol == " " || !outside(x, y), "drawn outside at {x} {y}");
        }
    }
}
