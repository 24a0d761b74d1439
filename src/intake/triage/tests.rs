use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::{storm::STARTS, *};
use crate::{
    journal::{
        Body, Hash,
        body::{Closed, Judged, Maintenance, Opened, Payload, Triage},
        canonical::sha256,
    },
    model::{Relation, RelationKind, RelationOrigin, Resource, RunState, SourceSpec, discovery::Graph},
};

/// A space in which events come one after another.
struct Night {
    known: Known,
    near: Near,
    now: Timestamp,
    seq: u64,
    opened: u64,
    via: String,
    events: BTreeMap<u64, Event>,
}

impl Night {
    fn new() -> Self {
        Self {
            known: Known::default(),
            near: Near::default(),
            now: "2026-11-23T02:00:00Z".parse().unwrap(),
            seq: 0,
            opened: 0,
            via: "webhook/x".into(),
            events: BTreeMap::new(),
        }
    }

    fn later(&mut self, minutes: i64) -> &mut Self {
        self.now += SignedDuration::from_mins(minutes);
        self
    }

    fn write(&mut self, body: &Body) -> u64 {
        self.seq += 1;
        self.known.take(self.seq, self.now, body);
        self.seq
    }

    /// Takes an event as the reception does. Returns what is done.
    fn take(&mut self, alert: Alert) -> Judgement {
        let event = Event {
            via: self.via.clone(),
            ..event(alert)
        };
        let fresh = StreamId::investigation(&format!("01h{:023}", self.opened));
        let judgement = judge(&event, self.now, &fresh, &self.known, &self.near);
        let seq = self.write(&Body::Event(Box::new(event.clone())));
        self.judged(seq, &event, &judgement);
        judgement
    }

    /// Judges anew what was left alone, where that ends, as the reception does.
    fn look_again(&mut self) -> Vec<Judgement> {
        let left: Vec<Left> = self.known.all_left().map(|(_, left)| left.clone()).collect();
        let mut judgements = Vec::new();
        for left in left {
            if left.because == Skipped::Flapping && self.now.duration_since(left.since) < STEADY {
                continue;
            }
            let event = self.events[&left.event].clone();
            let fresh = StreamId::investigation(&format!("01h{:023}", self.opened));
            if let Some(judgement) = super::again(&event, &left, self.now, &fresh, &self.known, &self.near) {
                self.judged(left.event, &event, &judgement);
                judgements.push(judgement);
            }
        }
        judgements
    }

    fn judged(&mut self, seq: u64, event: &Event, judgement: &Judgement) {
        if let Course::Investigate { stream } = &judgement.course {
            self.opened += 1;
            let known = event.incident.as_ref().and_then(|id| self.known.incident(id));
            let priority = known.map(Incident::urgency).unwrap_or_default();
            self.write(&opened(stream, priority, Some(seq)));
        }
        self.events.insert(seq, event.clone());
        self.write(&Body::Triage(Triage::Judged(Judged {
            event: seq,
            course: judgement.course.clone(),
            why: judgement.why.clone(),
        })));
    }

    /// Takes an event for which an investigation has to be opened.
    fn opens(&mut self, alert: Alert) -> StreamId {
        match self.take(alert).course {
            Course::Investigate { stream } => stream,
            other => panic!("{other:?}"),
        }
    }

    fn close(&mut self, stream: &StreamId) {
        self.end(stream, RunState::Completed);
    }

    fn end(&mut self, stream: &StreamId, state: RunState) {
        self.write(&Body::Closed(Closed {
            stream: stream.clone(),
            head: crate::journal::Head {
                seq: 9,
                hash: Hash::zero(),
            },
            digest: Hash::zero(),
            state,
            verdict: None,
            text: Text::new(),
            category: None,
            confidence: None,
        }));
    }
}

fn opened(stream: &StreamId, priority: Priority, event: Option<u64>) -> Body {
    Body::Opened(Opened {
        stream: stream.clone(),
        title: "x".into(),
        priority,
        source: SourceSpec::Aws {
            account: None,
            region: None,
        },
        parent: None,
        event,
    })
}

fn event(alert: Alert) -> Event {
    Event {
        sender: "generic".into(),
        via: "webhook/x".into(),
        digest: sha256(format!("{alert:?}").as_bytes()),
        incident: Some(sha256(alert.incident.as_bytes())),
        alert: Some(alert),
        once: false,
        unread: String::new(),
        body: Payload::None,
    }
}

fn alert(incident: &str) -> Alert {
    Alert {
        incident: incident.into(),
        title: incident.into(),
        ..Alert::default()
    }
}

fn again(incident: &str, action: AlertAction) -> Alert {
    Alert {
        action,
        ..alert(incident)
    }
}

fn about(incident: &str, resources: &[&str]) -> Alert {
    Alert {
        resources: resources.iter().map(|&name| name.to_owned()).collect(),
        ..alert(incident)
    }
}

fn at(alert: Alert, account: &str) -> Alert {
    Alert {
        account: Some(account.into()),
        region: Some("eu-west-1".into()),
        ..alert
    }
}

fn tie(judgement: &Judgement) -> Option<(&StreamId, Tie)> {
    match &judgement.course {
        Course::Link { stream, by, .. } => Some((stream, *by)),
        _ => None,
    }
}

fn skipped(judgement: &Judgement) -> Option<Skipped> {
    match judgement.course {
        Course::Skip { because } => Some(because),
        _ => None,
    }
}

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
fn the_same_alarm_or_resource_belongs_together_in_one_place_only() {
    let mut night = Night::new();
    let one = "111122223333";
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:checkout";
    let stream = night.opens(at(about("a", &[arn]), one));
    let same = night.take(at(about("b", &["checkout"]), one));
    assert_eq!(tie(&same), Some((&stream, Tie::Resource)));
    night.opens(at(about("c", &["checkout"]), "444455556666"));
    let alarm = |incident: &str| Alert {
        alarm: Some("orders-5xx".into()),
        ..alert(incident)
    };
    let stream = night.opens(alarm("d"));
    assert_eq!(tie(&night.take(alarm("e"))), Some((&stream, Tie::Alarm)));
    night.later(120).opens(alarm("f"));
}

#[test]
fn an_alarm_that_a_person_looks_at_already_is_linked() {
    let mut night = Night::new();
    let stream = StreamId::investigation("01h00000000000000000000099");
    night.write(&opened(&stream, Priority::Medium, None));
    let start = crate::model::Start::Alarm {
        alarm: "orders-5xx".into(),
    };
    night.known.started(&stream, &start, None, None);
    let alarm = Alert {
        alarm: Some("orders-5xx".into()),
        ..alert("a")
    };
    assert_eq!(tie(&night.take(alarm)), Some((&stream, Tie::Alarm)));
}

#[test]
fn resources_that_depend_on_each_other_belong_together() {
    let mut night = Night::new();
    let relation = |from: &str, to: &str| Relation {
        from: from.into(),
        to: to.into(),
        kind: RelationKind::Calls,
        origin: RelationOrigin::Config,
    };
    let mut names: Vec<String> = ["front", "orders", "ledger", "archive", "shared-key"]
        .map(String::from)
        .into();
    names.extend((0..30).map(|n| format!("user-{n}")));
    let mut relations = vec![
        relation("front", "orders"),
        relation("orders", "ledger"),
        relation("ledger", "archive"),
    ];
    relations.extend((0..30).map(|n| relation(&format!("user-{n}"), "shared-key")));
    night.near = Near::of(&Graph {
        resources: names
            .iter()
            .map(|id| Resource::new(id.as_str(), "x", id))
            .collect(),
        relations,
        ..Graph::default()
    });
    let stream = night.opens(about("a", &["front"]));
    assert_eq!(
        tie(&night.take(about("b", &["ledger"]))),
        Some((&stream, Tie::Topology))
    );
    // Three relations away from the front, but one from what belongs to it by now.
    assert_eq!(
        tie(&night.take(about("c", &["archive"]))),
        Some((&stream, Tie::Topology))
    );
    night.opens(about("d", &["user-1"]));
    // What everybody uses tells nothing about two of its users.
    night.opens(about("e", &["user-2"]));
}

#[test]
fn one_service_belongs_together() {
    let mut night = Night::new();
    let of = |incident: &str| Alert {
        service: Some("Checkout".into()),
        ..alert(incident)
    };
    let stream = night.opens(of("a"));
    assert_eq!(tie(&night.take(of("b"))), Some((&stream, Tie::Service)));
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

impl Night {
    /// Plans maintenance from now on, for so many minutes. Returns its number.
    fn plans(&mut self, minutes: i64, of: &[&str]) -> u64 {
        let planned = Maintenance {
            from: self.now,
            to: self.now + SignedDuration::from_mins(minutes),
            of: of.iter().map(|&name| name.to_owned()).collect(),
            why: "a new engine version".into(),
        };
        self.write(&Body::Triage(Triage::Maintenance(planned)))
    }
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

#[test]
fn a_message_is_remembered_for_as_long_as_it_may_come_again() {
    let mut night = Night::new();
    let body = |n: u8| sha256(&[n]);
    for (n, via, once) in [
        (0, "webhook/x", false),
        (1, "queue/alerts", true),
        (2, "webhook/y", true),
    ] {
        let event = Event {
            via: via.into(),
            digest: body(n),
            once,
            ..event(alert("a"))
        };
        night.write(&Body::Event(Box::new(event)));
    }
    let mut known = |days: i64| {
        night.later(days * 24 * 60);
        for _ in 0..5_000 {
            night.write(&Body::Triage(Triage::MaintenanceOver { maintenance: 0 }));
        }
        let known = |n, via| night.known.heard(via, &body(n)).is_some();
        (
            known(0, "webhook/x"),
            known(1, "queue/alerts"),
            known(2, "webhook/y"),
        )
    };
    assert_eq!(known(13), (false, true, true));
    assert_eq!(known(2), (false, false, true));
    assert_eq!(known(1000), (false, false, true));
}

fn begun(courses: &[Course]) -> usize {
    let begun = courses
        .iter()
        .filter(|course| matches!(course, Course::Investigate { .. }));
    begun.count()
}

#[test]
fn a_storm_is_a_handful_and_the_urgent_one_stands_out() {
    let one = "111122223333";
    let mut night = Night::new();
    let mut courses = Vec::new();
    for n in 0..500 {
        if n % 60 == 0 {
            night.later(1);
        }
        let host = at(about(&format!("i{n}"), &[&format!("host-{n}")]), one);
        courses.push(night.take(host).course);
    }
    assert_eq!(begun(&courses), STARTS);
    assert!(courses[STARTS..].iter().all(|course| course.stream().is_some()));
    // Another place has its own weather.
    night.opens(at(alert("elsewhere"), "444455556666"));
    let urgent = |incident: &str, priority| Alert {
        priority: Some(priority),
        ..at(alert(incident), one)
    };
    let worst = night.opens(urgent("worst", Priority::Critical));
    assert_eq!(
        tie(&night.take(urgent("worse", Priority::Critical))),
        Some((&worst, Tie::Storm))
    );
    // Once it has ended, nobody looks at one so urgent: a lesser one that is open is not enough.
    night.close(&worst);
    night.opens(urgent("worst of all", Priority::Critical));
}

#[test]
fn a_storm_joins_what_is_open_and_ends_with_its_ten_minutes() {
    let mut night = Night::new();
    let all: Vec<StreamId> = (0..STARTS)
        .map(|n| night.opens(alert(&format!("i{n}"))))
        .collect();
    for stream in &all {
        night.close(stream);
    }
    // All of them have ended: somebody looks, and stands for those that come after.
    let own = night.later(1).opens(alert("late"));
    assert_eq!(tie(&night.take(alert("later"))), Some((&own, Tie::Storm)));
    night.later(10).opens(alert("next"));
    // However long it goes on, no more begin within ten minutes than make a storm.
    let mut night = Night::new();
    let mut courses = Vec::new();
    for n in 0..300 {
        if n % 6 == 0 {
            night.later(1);
        }
        courses.push(night.take(alert(&format!("i{n}"))).course);
    }
    assert!(begun(&courses) <= 5 * STARTS, "{}", begun(&courses));
}

#[test]
fn senders_that_name_no_place_have_each_their_own_weather() {
    let mut night = Night::new();
    for n in 0..STARTS {
        night.opens(alert(&format!("i{n}")));
    }
    assert_eq!(
        tie(&night.take(alert("more"))).map(|(_, tie)| tie),
        Some(Tie::Storm)
    );
    night.via = "webhook/y".into();
    night.opens(alert("other"));
}

#[test]
fn a_quiet_night_with_many_troubles_is_no_storm() {
    let mut night = Night::new();
    for n in 0..20 {
        night.later(11).opens(alert(&format!("i{n}")));
    }
}

#[test]
fn what_cannot_be_read_and_what_is_news_start_nothing() {
    let mut night = Night::new();
    let unread = Event {
        alert: None,
        unread: "the body is no JSON".into(),
        ..event(alert("a"))
    };
    let fresh = StreamId::investigation("01h00000000000000000000000");
    let judgement = judge(&unread, night.now, &fresh, &night.known, &night.near);
    assert_eq!(skipped(&judgement), Some(Skipped::Unread));
    let news = Alert {
        news: true,
        ..alert("deployed")
    };
    assert_eq!(skipped(&night.take(news)), Some(Skipped::News));
}

/// Something that happens in a small world.
#[derive(Debug, Clone)]
enum Happens {
    Alert(Alert),
    /// The oldest open investigation ends so.
    Ends(RunState),
    /// Maintenance of everything begins, for so many minutes.
    Maintenance(i64),
}

fn any_happening() -> impl Strategy<Value = (i64, Happens)> {
    let priority = proptest::option::of(proptest::sample::select(&Priority::ALL[..]));
    let action = prop_oneof![
        4 => Just(AlertAction::Created),
        1 => Just(AlertAction::Updated),
        2 => Just(AlertAction::Resolved),
    ];
    let resource = proptest::option::of(proptest::sample::select(&["orders-db", "ledger-db"][..]));
    let alert = (0..8_u8, action, priority, resource).prop_map(|(incident, action, priority, resource)| {
        Happens::Alert(Alert {
            action,
            priority,
            resources: resource.map(str::to_owned).into_iter().collect(),
            ..alert(&format!("i{incident}"))
        })
    });
    let ends = prop_oneof![
        3 => Just(RunState::Completed),
        1 => Just(RunState::Failed),
        1 => Just(RunState::Cancelled)
    ];
    let happens = prop_oneof![
        8 => alert,
        2 => ends.prop_map(Happens::Ends),
        1 => (1..40_i64).prop_map(Happens::Maintenance),
    ];
    (0..20_i64, happens)
}

impl Night {
    fn happens(&mut self, what: &Happens) {
        match what {
            Happens::Alert(alert) => drop(self.take(alert.clone())),
            Happens::Ends(state) => {
                let first = self.known.open_cases().next().map(|(stream, _)| stream.clone());
                if let Some(stream) = first {
                    self.end(&stream, *state);
                }
            }
            Happens::Maintenance(minutes) => {
                let planned = Maintenance {
                    from: self.now,
                    to: self.now + SignedDuration::from_mins(*minutes),
                    of: Vec::new(),
                    why: "x".into(),
                };
                self.write(&Body::Triage(Triage::Maintenance(planned)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// An investigation that is open is never less urgent than one of its incidents that is not over, and what is not over was
    /// looked at, or waits for the end of a reason that has an end.
    #[test]
    fn nothing_urgent_waits_behind_and_nothing_broken_is_forgotten(
        night_long in prop::collection::vec(any_happening(), 1..60)
    ) {
        let mut night = Night::new();
        for (minutes, what) in &night_long {
            night.later(*minutes).look_again();
            night.happens(what);
            for n in 0..8 {
                let id = sha256(format!("i{n}").as_bytes());
                let Some(incident) = night.known.incident(&id).filter(|incident| !incident.over) else { continue };
                if let Some(case) = incident.stream.as_ref().and_then(|stream| night.known.case(stream)).filter(|case| case.is_open()) {
                    prop_assert!(case.priority >= incident.urgency(), "{case:?} {incident:?}");
                }
                prop_assert!(!incident.unseen || night.known.left(&id).is_some(), "{incident:?}");
            }
        }
        // When all reasons have ended, nothing is left that nobody has looked at.
        night.later(60).look_again();
        prop_assert_eq!(night.known.all_left().count(), 0);
        for n in 0..8 {
            let incident = night.known.incident(&sha256(format!("i{n}").as_bytes()));
            prop_assert!(incident.is_none_or(|incident| incident.over || !incident.unseen));
        }
    }
}
