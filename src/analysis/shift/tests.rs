use proptest::prelude::*;

use super::*;

/// A cheap deterministic noise in -1..1.
fn noise(n: i64) -> f64 {
    let mut x = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    (x % 20_001) as f64 / 10_000.0 - 1.0
}

fn series(from: i64, count: i64, f: impl Fn(i64) -> f64) -> Vec<Point> {
    (0..count).map(|i| (from + 60 * i, f(i))).collect()
}

fn shifted(level: Level) -> Shift {
    match level {
        Level::Shifted(shift) => shift,
        other => panic!("no shift: {other:?}"),
    }
}

fn is_normal(level: &Level) -> bool {
    matches!(level, Level::Normal { .. })
}

#[test]
fn a_step_is_found_at_its_minute() {
    let usual = series(0, 120, |i| 40.0 + noise(i));
    let now = series(7200, 60, |i| if i < 30 { 40.0 } else { 90.0 } + noise(i + 500));
    let shift = shifted(compare(&usual, &now, 60));
    assert_eq!(shift.direction, Direction::Up);
    assert_eq!((shift.onset, shift.error_s), (7200 + 30 * 60, 60));
    assert!((shift.before - 40.0).abs() < 1.0 && (shift.after - 90.0).abs() < 1.0);
    assert!(shift.until.is_none() && shift.strength > 0.6, "{shift:?}");
}

#[test]
fn a_flat_baseline_gives_a_finite_score() {
    let usual = series(0, 60, |_| 5.5);
    let now = series(3600, 30, |i| if i < 15 { 5.5 } else { 11.5 });
    let shift = shifted(compare(&usual, &now, 60));
    assert!(shift.score <= crate::analysis::score::SCORE_CAP);
    assert_eq!(shift.onset, 3600 + 15 * 60);
    assert!(is_normal(&compare(&usual, &series(3600, 30, |_| 5.5), 60)));
    // A hair beside a flat line is no shift, however many spreads it is.
    assert!(is_normal(&compare(&usual, &series(3600, 30, |_| 5.6), 60)));
}

#[test]
fn one_spike_is_normal_and_two_minutes_are_not() {
    let usual = series(0, 120, |i| 40.0 + noise(i));
    let one = series(7200, 60, |i| if i == 30 { 400.0 } else { 40.0 + noise(i + 7) });
    assert!(is_normal(&compare(&usual, &one, 60)));
    let two = series(7200, 60, |i| {
        if i == 30 || i == 31 {
            400.0
        } else {
            40.0 + noise(i + 7)
        }
    });
    let shift = shifted(compare(&usual, &two, 60));
    assert_eq!((shift.onset, shift.until), (7200 + 1800, Some(7200 + 1920)));
}

#[test]
fn recurring_spikes_are_a_shift_unless_they_always_recur() {
    let calm = series(0, 240, |i| 40.0 + noise(i));
    let spiky = |from, n: i64| series(from, n, |i| if i % 10 == 5 { 200.0 } else { 40.0 + noise(i + 9) });
    let shift = shifted(compare(&calm, &spiky(14_400, 60), 60));
    assert_eq!(shift.onset, 14_400 + 5 * 60);
    assert!(is_normal(&compare(&spiky(0, 240), &spiky(14_400, 60), 60)));
}

#[test]
fn a_small_but_long_shift_is_found() {
    let usual = series(0, 240, |i| 100.5 + 12.0 * noise(i));
    let now = series(14_400, 60, |i| {
        100.5 + 12.0 * noise(i + 999) + if i >= 20 { 35.0 } else { 0.0 }
    });
    let shift = shifted(compare(&usual, &now, 60));
    assert!((shift.onset - (14_400 + 20 * 60)).abs() <= 180, "{shift:?}");
}

#[test]
fn a_ramp_has_a_wide_error_bar() {
    let usual = series(0, 120, |i| 10.5 + 0.3 * noise(i));
    let now = series(7200, 60, |i| {
        10.5 + 0.3 * noise(i + 3) + if i > 10 { (i - 10) as f64 } else { 0.0 }
    });
    let shift = shifted(compare(&usual, &now, 60));
    assert!(shift.error_s >= 600, "{shift:?}");
    assert!((shift.onset - (7200 + 600)).unsigned_abs() <= u64::from(shift.error_s));
}

#[test]
fn a_drop_to_zero_is_a_shift_down() {
    let usual = series(0, 120, |i| (100.0 + 10.0 * noise(i)).round());
    let now = series(7200, 60, |i| {
        if i < 40 {
            (100.0 + 10.0 * noise(i)).round()
        } else {
            0.0
        }
    });
    let shift = shifted(compare(&usual, &now, 60));
    assert_eq!((shift.direction, shift.onset), (Direction::Down, 7200 + 2400));
    assert_eq!(shift.peak, 0.0);
}

#[test]
fn a_series_that_stops_is_missing() {
    let usual = series(0, 120, |i| 40.0 + noise(i));
    let now = series(7200, 20, |i| 40.0 + noise(i));
    let reading = Reading {
        usual: &usual,
        now: &now,
        period_s: 60,
        window: Some((7200, 10_800)),
        absent_is_zero: false,
        scale: None,
    };
    assert_eq!(
        read(&reading),
        Level::Missing {
            stopped: true,
            since: Some(8400)
        }
    );
    assert_eq!(
        compare(&usual, &[], 60),
        Level::Missing {
            stopped: true,
            since: None
        }
    );
    assert_eq!(
        compare(&[], &[], 60),
        Level::Missing {
            stopped: false,
            since: None
        }
    );
}

#[test]
fn the_time_of_day_is_not_a_shift() {
    let course = |at: i64| 100.5 + 80.0 * (at as f64 / 86_400.0 * std::f64::consts::TAU).sin();
    let daily = |from: i64, n: i64, extra: f64| -> Vec<Point> {
        (0..n)
            .map(|i| from + 300 * i)
            .map(|at| (at, course(at) + extra + 3.0 * noise(at)))
            .collect()
    };
    let usual = daily(0, 5 * 288, 0.0);
    // The hours of the daily peak.
    let start = 5 * 86_400 + 14_400;
    assert!(is_normal(&compare(&usual, &daily(start, 36, 0.0), 300)));
    // At the trough a value that is common at noon is far from usual.
    let night = 5 * 86_400 + 60_000;
    let mut now = daily(night, 36, 0.0);
    now.iter_mut().skip(18).for_each(|p| p.1 += 60.0);
    let shift = shifted(compare(&usual, &now, 300));
    assert_eq!(shift.onset, now[18].0);
}

#[test]
fn errors_that_are_absent_when_zero_burst() {
    let now: Vec<Point> = vec![(8400, 2.0), (8460, 4.0), (8520, 3.0)];
    let reading = |usual| Reading {
        usual,
        now: &now,
        period_s: 60,
        window: Some((7200, 10_800)),
        absent_is_zero: true,
        scale: Some(Scale::Count),
    };
    let shift = shifted(read(&reading(&[])));
    assert_eq!((shift.onset, shift.until), (8400, Some(8580)));
    let calm = series(0, 120, |_| 0.0);
    assert_eq!(shifted(read(&reading(&calm))).onset, 8400);
    // The same burst every hour is what this series does.
    let often = series(-36_000, 720, |i| if i % 60 < 3 { 3.0 } else { 0.0 });
    assert!(is_normal(&read(&reading(&often))));
}

#[test]
fn one_stray_error_is_normal() {
    let usual = series(0, 120, |_| 0.0);
    let now = series(7200, 60, |i| f64::from(i == 30));
    assert!(is_normal(&compare(&usual, &now, 60)));
}

#[test]
fn availability_that_falls_by_two_points_matters() {
    let usual = series(0, 120, |i| 99.9 + 0.05 * noise(i));
    let now = series(7200, 30, |i| if i < 15 { 99.9 } else { 97.9 });
    let reading = Reading {
        usual: &usual,
        now: &now,
        period_s: 60,
        window: None,
        absent_is_zero: false,
        scale: Some(Scale::Percent),
    };
    let shift = shifted(read(&reading));
    assert_eq!((shift.direction, shift.onset), (Direction::Down, 7200 + 900));
}

#[test]
fn without_a_baseline_the_beginning_of_the_window_is_the_usual() {
    let now = series(0, 40, |i| if i < 20 { 10.5 } else { 30.5 } + 0.5 * noise(i));
    let shift = shifted(compare(&[], &now, 60));
    assert_eq!(shift.onset, 1200);
    let calm = series(0, 40, |i| 10.5 + noise(i));
    assert_eq!(
        compare(&[], &calm[..5], 60),
        Level::Unknown {
            why: "too few points, and no baseline"
        }
    );
    assert!(matches!(
        compare(&[], &calm, 60),
        Level::Normal { compared: false, .. }
    ));
}

#[test]
fn a_baseline_of_another_month_does_not_hide_the_step() {
    let usual = series(0, 500, |i| 0.08 + 0.004 * noise(i));
    let now = series(
        9_000_000,
        30,
        |i| if i < 18 { 0.12 } else { 0.3 } + 0.004 * noise(i),
    );
    let shift = shifted(compare(&usual, &now, 60));
    assert_eq!(shift.onset, 9_000_000 + 18 * 60);
}

#[test]
fn gaps_widen_the_error_bar() {
    let usual = series(0, 120, |i| 40.5 + noise(i));
    let mut now = series(7200, 60, |i| if i < 30 { 40.5 } else { 90.5 } + noise(i));
    now.retain(|(at, _)| !(7200 + 25 * 60..7200 + 33 * 60).contains(at));
    let shift = shifted(compare(&usual, &now, 60));
    assert_eq!((shift.onset, shift.error_s), (7200 + 33 * 60, 9 * 60));
}

#[test]
fn limits_and_plateaus() {
    let points = series(0, 40, |i| {
        if i < 20 {
            40.0 + i as f64
        } else {
            100.0 - 0.5 * f64::from(i % 2 == 0)
        }
    });
    let at = at_limit(&points, 100.0).unwrap();
    assert_eq!((at.since, at.value), (1200, 100.0));
    assert!(at_limit(&points, 200.0).is_none());
    let flat = plateau(&points).unwrap();
    assert_eq!((flat.since, flat.points), (1200, 20));
    assert!(plateau(&series(0, 40, |_| 7.0)).is_none());
    assert!((coverage(&points[..20], (0, 2400), 60) - 0.5).abs() < 1e-9);
}

proptest! {
    #[test]
    fn time_and_scale_do_not_change_what_is_seen(
        values in prop::collection::vec(1.0..200.0_f64, 40..120),
        step in prop::option::of(10.0..400.0_f64),
        later in -1_000_000_i64..1_000_000,
        factor in 0.01..100.0_f64,
    ) {
        let half = values.len() / 2;
        let point = |(i, v): (usize, &f64)| {
            let raised = if i > half + half / 2 { step.unwrap_or(0.0) } else { 0.0 };
            (60 * i as i64, v + raised)
        };
        let all: Vec<Point> = values.iter().enumerate().map(point).collect();
        let gauge = |points: &[Point], by: i64, times: f64| -> Vec<Point> {
            points.iter().map(|(at, v)| (at + 60 * by, v * times)).collect()
        };
        let seen = |by: i64, times: f64| {
            let moved = gauge(&all, by, times);
            read(&Reading {
                usual: &moved[..half],
                now: &moved[half..],
                period_s: 60,
                window: None,
                absent_is_zero: false,
                scale: Some(Scale::Gauge),
            })
        };
        match (seen(0, 1.0), seen(later, factor)) {
            (Level::Shifted(a), Level::Shifted(b)) => {
                prop_assert_eq!(a.onset + 60 * later, b.onset);
                prop_assert_eq!(a.direction, b.direction);
                prop_assert!((a.score - b.score).abs() < 1e-6);
            }
            (Level::Normal { .. }, Level::Normal { .. }) => {}
            (a, b) => prop_assert!(false, "{:?} {:?}", a, b),
        }
    }

    #[test]
    fn what_is_told_is_finite_and_inside_the_window(
        usual in prop::collection::vec((0_i64..5000, prop_oneof![Just(0.0), 0.0..1e9_f64, Just(f64::NAN)]), 0..80),
        now in prop::collection::vec((5000_i64..6000, prop_oneof![Just(0.0), -1e3..1e9_f64, Just(f64::INFINITY)]), 0..80),
        zero in any::<bool>(),
    ) {
        let level = read(&Reading {
            usual: &usual,
            now: &now,
            period_s: 7,
            window: Some((5000, 6000)),
            absent_is_zero: zero,
            scale: None,
        });
        if let Level::Shifted(shift) = level {
            prop_assert!((4993..6000).contains(&shift.onset));
            prop_assert!((0.0..=1.0).contains(&shift.strength));
            prop_assert!(shift.score.is_finite() && shift.peak.is_finite() && shift.after.is_finite());
        }
    }
}

#[test]
fn the_onset_of_a_large_burst_is_where_it_begins_not_at_the_first_stray_event() {
    let stray = |i: i64| if i % 9 == 0 { 1.0 } else { 0.0 };
    let usual: Vec<Point> = (0..120).map(|i| (i * 60, stray(i))).collect();
    let now: Vec<Point> = (0..120)
        .map(|i| (i * 60, if i >= 80 { 30.0 } else { stray(i) }))
        .collect();
    let Level::Shifted(shift) = compare(&usual, &now, 60) else {
        panic!("no shift");
    };
    assert_eq!(shift.onset, 80 * 60);
}
