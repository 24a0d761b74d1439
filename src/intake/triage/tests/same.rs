//! The same incident as before.

use super::*;

#[test]
fn an_incident_has_one_investigation_while_it_is_looked_at() {
    let mut night = Night::new();
    let stream = night.opens(alert("a"));
    assert_eq!(
        tie(&night.later(1).take(alert("a"))),
        Some((&stream, Tie::Incident))
    );
    let other = night.opens(alert("b"));
    assert_ne!(stream, other);
}

#[test]
fn what_happens_to_an_incident_is_told_to_its_investigation() {
    let mut night = Night::new();
    let stream = night.opens(alert("a"));
    let urgent = Alert {
        priority: Some(Priority::Critical),
        ..again("a", AlertAction::Updated)
    };
    let update = |action, priority| Course::Update {
        stream: stream.clone(),
        action,
        priority,
        others: 0,
    };
    assert_eq!(
        night.take(urgent.clone()).course,
        update(AlertAction::Updated, Some(Priority::Critical))
    );
    assert_eq!(night.take(urgent).course, update(AlertAction::Updated, None));
    for action in [AlertAction::Resolved, AlertAction::Closed] {
        assert_eq!(night.take(again("a", action)).course, update(action, None));
    }
}

#[test]
fn an_unknown_incident_that_is_over_starts_nothing_and_one_that_is_updated_does() {
    let mut night = Night::new();
    let over = night.take(again("a", AlertAction::Resolved));
    assert_eq!(skipped(&over), Some(Skipped::Over));
    night.opens(again("b", AlertAction::Updated));
}

#[test]
fn a_young_verdict_answers_what_never_ended_and_nothing_else() {
    let mut night = Night::new();
    let stream = night.opens(alert("a"));
    night.later(5).close(&stream);
    assert_eq!(
        tie(&night.later(20).take(alert("a"))),
        Some((&stream, Tie::Incident))
    );
    assert_ne!(night.later(60).opens(alert("a")), stream);
    // It ended, and begins again: the verdict was about another time.
    let stream = night.opens(alert("b"));
    night.later(1).close(&stream);
    night.later(1).take(again("b", AlertAction::Resolved));
    assert_ne!(night.later(1).opens(alert("b")), stream);
}

/// What an investigation of incident `a` in that state, ended so many minutes ago, means for the next event: it is linked, told
/// or not.
#[test]
fn who_looks_at_what_comes_next() {
    let everything = |incident: &str| Alert {
        alarm: Some("orders-5xx".into()),
        service: Some("orders".into()),
        ..about(incident, &["orders-db"])
    };
    let [linked, told, looked] = ["linked", "updated", "investigated"];
    for (state, ended, what, action, course) in [
        (None, 5, "a", AlertAction::Created, linked),
        (None, 5, "b", AlertAction::Created, linked),
        (None, 5, "a", AlertAction::Updated, told),
        (None, 5, "a", AlertAction::Resolved, told),
        (Some(RunState::Completed), 5, "a", AlertAction::Created, linked),
        (Some(RunState::Completed), 31, "a", AlertAction::Created, looked),
        (Some(RunState::Completed), 5, "b", AlertAction::Created, looked),
        (Some(RunState::Completed), 5, "a", AlertAction::Updated, told),
        (Some(RunState::Completed), 600, "a", AlertAction::Updated, told),
        (Some(RunState::Completed), 600, "a", AlertAction::Resolved, told),
        (Some(RunState::Failed), 5, "a", AlertAction::Created, looked),
        (Some(RunState::Failed), 5, "b", AlertAction::Created, looked),
        (Some(RunState::Failed), 5, "a", AlertAction::Updated, looked),
        (Some(RunState::Failed), 5, "a", AlertAction::Resolved, told),
        (Some(RunState::Cancelled), 5, "a", AlertAction::Created, looked),
        (Some(RunState::Cancelled), 5, "b", AlertAction::Created, looked),
        (Some(RunState::Cancelled), 5, "a", AlertAction::Updated, told),
        (Some(RunState::Cancelled), 5, "a", AlertAction::Closed, told),
    ] {
        let mut night = Night::new();
        let stream = night.opens(everything("a"));
        if let Some(state) = state {
            night.later(1).end(&stream, state);
        }
        let next = Alert {
            action,
            ..everything(what)
        };
        let judgement = night.later(ended).take(next);
        let case = format!("{state:?} {ended} min ago, {what} {action:?}: {judgement:?}");
        assert_eq!(judgement.course.word(), course, "{case}");
        let to = judgement.course.stream();
        assert_eq!(to == Some(&stream), course != looked, "{case}");
    }
}

#[test]
fn what_comes_and_goes_is_looked_at_and_then_left_alone() {
    let mut night = Night::new();
    let stream = night.opens(alert("a"));
    night.later(5).take(again("a", AlertAction::Resolved));
    for _ in 0..2 {
        // Told once more without having ended is no beginning.
        for _ in 0..3 {
            let judgement = night.later(1).take(alert("a"));
            assert_eq!(tie(&judgement), Some((&stream, Tie::Incident)));
        }
        night.later(5).take(again("a", AlertAction::Resolved));
    }
    let judgement = night.later(1).take(alert("a"));
    assert_eq!(skipped(&judgement), Some(Skipped::Flapping));
    assert!(judgement.why.plain().contains("3 times"), "{}", judgement.why);
    let over = night.take(again("a", AlertAction::Resolved));
    assert_eq!(over.course.stream(), Some(&stream));
    // After a quiet hour it is news again.
    night.close(&stream);
    night.later(61).opens(alert("a"));
}

#[test]
fn what_stays_on_after_it_came_and_went_is_looked_at() {
    let mut night = Night::new();
    let stream = night.opens(alert("a"));
    night.close(&stream);
    for _ in 0..2 {
        night.later(2).take(again("a", AlertAction::Resolved));
        let next = night.later(2).opens(alert("a"));
        night.close(&next);
    }
    night.later(2).take(again("a", AlertAction::Resolved));
    assert_eq!(skipped(&night.later(2).take(alert("a"))), Some(Skipped::Flapping));
    // Another way of the same alarm tells of the same beginning.
    assert_eq!(skipped(&night.later(1).take(alert("a"))), Some(Skipped::Flapping));
    assert_eq!(night.later(8).look_again(), []);
    let judged = night.later(1).look_again();
    assert!(
        matches!(
            judged[..],
            [Judgement {
                course: Course::Investigate { .. },
                ..
            }]
        ),
        "{judged:?}"
    );
    assert!(judged[0].why.plain().contains("now it stays"), "{judged:?}");
    assert_eq!(night.later(60).look_again(), []);
    // One that ends in time is not.
    let mut night = Night::new();
    night.opens(alert("a"));
    for _ in 0..3 {
        night.later(1).take(again("a", AlertAction::Resolved));
        night.later(1).take(alert("a"));
    }
    night.later(5).take(again("a", AlertAction::Resolved));
    assert_eq!(night.later(30).look_again(), []);
}

#[test]
fn one_whose_investigation_failed_does_not_flap() {
    let mut night = Night::new();
    for _ in 0..6 {
        let stream = night.opens(alert("a"));
        night.end(&stream, RunState::Failed);
        night.later(2).take(again("a", AlertAction::Resolved));
    }
}

#[test]
fn a_new_part_of_an_old_group_is_news() {
    let mut night = Night::new();
    let group = |parts: &[&str], host: &str| Alert {
        parts: parts.iter().map(|&part| part.to_owned()).collect(),
        ..about("group", &[host])
    };
    let stream = night.opens(group(&["1"], "host-one"));
    let same = night.later(1).take(group(&["1"], "host-one"));
    assert_eq!(tie(&same), Some((&stream, Tie::Incident)));
    let other = night.later(1).opens(group(&["1", "2"], "host-two"));
    assert_ne!(other, stream);
    let same = night.later(1).take(group(&["2", "1"], "host-two"));
    assert_eq!(tie(&same), Some((&other, Tie::Incident)));
    night.close(&other);
    // It is known while the group goes on, and not any more when it begins again.
    let same = night.later(1).take(group(&["2"], "host-two"));
    assert_eq!(tie(&same), Some((&other, Tie::Incident)));
    night.opens(group(&["2", "3"], "host-three"));
}

#[test]
fn the_end_of_one_incident_is_not_the_end_of_all() {
    let mut night = Night::new();
    let of = |incident: &str, action, priority| Alert {
        priority: Some(priority),
        action,
        ..about(incident, &["orders-db"])
    };
    let stream = night.opens(of("a", AlertAction::Created, Priority::Low));
    let urgent = night.take(of("b", AlertAction::Created, Priority::High));
    assert_eq!(urgent.course.priority(), Some(Priority::High));
    // A lesser one does not bring it down.
    let lesser = night.take(of("a", AlertAction::Updated, Priority::Minimal));
    assert_eq!(lesser.course.priority(), None);
    let update = |priority, others| Course::Update {
        stream: stream.clone(),
        action: AlertAction::Resolved,
        priority,
        others,
    };
    let over = night.take(again("b", AlertAction::Resolved));
    assert_eq!(over.course, update(Some(Priority::Minimal), 1));
    assert!(over.why.plain().contains("another one"), "{}", over.why);
    assert_eq!(
        night.take(again("a", AlertAction::Resolved)).course,
        update(None, 0)
    );
}

#[test]
fn what_a_person_wanted_is_not_lowered() {
    let mut night = Night::new();
    let stream = StreamId::investigation("01h00000000000000000000099");
    night.write(&opened(&stream, Priority::High, None));
    let start = crate::model::Start::Alarm {
        alarm: "orders-5xx".into(),
    };
    night.known.started(&stream, &start, None, None);
    let alarm = |action, priority| Alert {
        alarm: Some("orders-5xx".into()),
        priority: Some(priority),
        ..again("a", action)
    };
    let low = night.take(alarm(AlertAction::Created, Priority::Low));
    assert_eq!(low.course.priority(), None);
    let worse = night.take(alarm(AlertAction::Updated, Priority::Critical));
    assert_eq!(worse.course.priority(), Some(Priority::Critical));
    let better = night.take(alarm(AlertAction::Updated, Priority::Low));
    assert_eq!(better.course.priority(), Some(Priority::High));
}
