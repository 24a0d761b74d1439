//! What belongs to planned maintenance, and what is made of it when that ends.

use super::{super::storm::STARTS, *};

#[test]
fn planned_maintenance_starts_nothing_and_ends_nothing() {
    let mut night = Night::new();
    let own = Alert {
        maintenance: true,
        ..alert("a")
    };
    assert_eq!(skipped(&night.take(own)), Some(Skipped::Maintenance));
    let before = night.opens(about("b", &["orders-db"]));
    let seq = night.plans(60, &["orders*"]);
    let judgement = night.take(about("c", &["orders-cache"]));
    assert_eq!(skipped(&judgement), Some(Skipped::Maintenance));
    assert!(judgement.why.plain().contains("a new engine version"));
    assert!(
        judgement.why.plain().contains("until 2026-11-23 03:00 UTC"),
        "{}",
        judgement.why
    );
    night.opens(about("d", &["ledger"]));
    // What is looked at already is told, maintenance or not.
    let over = night.take(again("b", AlertAction::Resolved));
    assert_eq!(over.course.stream(), Some(&before));
    night.write(&Body::Triage(Triage::MaintenanceOver { maintenance: seq }));
    night.opens(about("e", &["orders-queue"]));
}

/// Maintenance is from 02:00 to 03:00.
#[test]
fn maintenance_covers_what_was_noticed_in_it_and_comes_in_it() {
    for (noticed, comes, covered) in [
        (None, 30, true),
        (Some(30), 31, true),
        (None, 61, false),
        // It is over, however late the sender is with what it noticed in it.
        (Some(30), 61, false),
        (Some(30), 120, false),
        // It began before, and so for another reason.
        (Some(-5), 5, false),
        // Of long ago the sender says what it first noticed, not what it says now.
        (Some(-3000), 30, true),
        // Clocks differ.
        (Some(32), 30, true),
        (Some(500), 59, true),
    ] {
        let mut night = Night::new();
        let from = night.now;
        night.plans(60, &[]);
        let told = Alert {
            at: noticed.map(|minutes| from + SignedDuration::from_mins(minutes)),
            ..alert("a")
        };
        let judgement = night.later(comes).take(told);
        let skipped = skipped(&judgement) == Some(Skipped::Maintenance);
        assert_eq!(skipped, covered, "{noticed:?} {comes} {judgement:?}");
    }
}

#[test]
fn maintenance_covers_an_alert_whole_or_not_at_all() {
    let arn = "arn:aws:rds:eu-west-1:111122223333:db:orders-db";
    let named = |resources: &[&str], alarm: Option<&str>, service: Option<&str>| Alert {
        alarm: alarm.map(str::to_owned),
        service: service.map(str::to_owned),
        account: Some("111122223333".into()),
        ..about("a", resources)
    };
    for (of, alert, covered) in [
        (&["orders-db*"][..], named(&["db:orders-db"], None, None), true),
        (&["orders-db"], named(&["db:orders-db"], None, None), true),
        (&["db:orders-db"], named(&[arn], None, None), true),
        (&["orders-db*"], named(&[arn], None, None), true),
        (&[arn], named(&["db:orders-db"], None, None), true),
        (&["ORDERS-*"], named(&[arn], None, None), true),
        (&["table:orders"], named(&["queue:orders"], None, None), false),
        (
            &["orders-db*"],
            named(&["db:orders-db", "checkout"], None, None),
            false,
        ),
        (
            &["orders-db*", "checkout"],
            named(&["db:orders-db", "checkout"], None, None),
            true,
        ),
        (&["orders-db*"], named(&[], None, None), false),
        (
            &["orders-cpu"],
            named(&["db:orders-db", "checkout"], Some("Orders-CPU"), None),
            true,
        ),
        (
            &["orders"],
            named(&["db:x-1", "checkout"], None, Some("Orders")),
            true,
        ),
        (
            &["111122223333"],
            named(&["db:x-1", "checkout"], None, None),
            true,
        ),
    ] {
        let mut night = Night::new();
        night.plans(60, of);
        let judgement = night.take(alert.clone());
        let skipped = skipped(&judgement) == Some(Skipped::Maintenance);
        assert_eq!(skipped, covered, "{of:?} {alert:?}");
    }
}

/// The example of the README, and what CloudWatch says of the alarm.
#[test]
fn an_alarm_of_a_database_is_covered_by_the_name_of_the_database() {
    let body = serde_json::json!({
        "version": "0", "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
        "account": "111122223333", "time": "2026-11-23T02:00:00Z", "region": "eu-west-1",
        "resources": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:database is slow"],
        "detail": {
            "alarmName": "database is slow",
            "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-11-23T02:00:00.000+0000"},
            "previousState": {"value": "OK"},
            "configuration": {"metrics": [{"id": "m1", "returnData": true, "metricStat": {"period": 60, "stat": "Average",
                "metric": {"namespace": "AWS/RDS", "name": "ReadLatency",
                    "dimensions": {"DBInstanceIdentifier": "orders-db-1"}}}}]},
        },
    });
    let (_, alert) = crate::intake::reading::read_any(&body);
    let mut night = Night::new();
    night.plans(60, &["orders-db*", "ledger"]);
    let judgement = night.take(alert.unwrap());
    assert_eq!(skipped(&judgement), Some(Skipped::Maintenance), "{judgement:?}");
}

#[test]
fn what_is_still_broken_when_maintenance_ends_is_looked_at() {
    let mut night = Night::new();
    night.plans(60, &["orders-*"]);
    night.later(5).take(about("a", &["orders-db"]));
    // Told again, and more of it: it is one incident all the same.
    night.later(5).take(about("a", &["orders-db"]));
    night.take(Alert {
        priority: Some(Priority::Critical),
        ..again("a", AlertAction::Updated)
    });
    night.take(about("b", &["orders-cache"]));
    night.later(5).take(again("b", AlertAction::Resolved));
    assert_eq!(night.later(30).look_again(), []);
    // It is made longer.
    let more = night.later(10).plans(60, &["orders-db"]);
    assert_eq!(night.later(10).look_again(), []);
    night.write(&Body::Triage(Triage::MaintenanceOver { maintenance: more }));
    let judged = night.look_again();
    let [
        Judgement {
            course: Course::Investigate { stream },
            why,
        },
    ] = &judged[..]
    else {
        panic!("{judged:?}");
    };
    assert!(why.plain().contains("the maintenance is"), "{why}");
    assert_eq!(night.known.case(stream).unwrap().priority, Priority::Critical);
    assert_eq!(night.look_again(), []);
    let over = night.take(again("a", AlertAction::Resolved));
    assert_eq!(over.course.stream(), Some(stream));
    // What many left behind is a storm, not hundreds of investigations.
    night.later(60).plans(60, &[]);
    for n in 0..100 {
        night.take(alert(&format!("i{n}")));
    }
    let judged = night.later(61).look_again();
    let courses: Vec<Course> = judged.into_iter().map(|judgement| judgement.course).collect();
    assert_eq!((courses.len(), begun(&courses)), (100, STARTS));
}

#[test]
fn an_operator_has_the_last_word_on_what_was_left_alone() {
    let mut night = Night::new();
    night.plans(60, &[]);
    night.take(alert("a"));
    let event = night.known.all_left().next().unwrap().1.event;
    night.write(&Body::Triage(Triage::Judged(Judged {
        event,
        course: Course::Skip {
            because: Skipped::Operator,
        },
        why: "a drill".into(),
    })));
    assert_eq!(night.later(61).look_again(), []);
}
