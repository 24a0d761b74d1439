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

#[test]
fn planned_maintenance_starts_nothing_and_ends_nothing() {
    let mut night = Night::new();
    let own = Alert {
        maintenance: true,
        ..alert("a")
    };
    assert_eq!(skipped(&night.take(own)), Some(Skipped::Maintenance));
    let before = night.opens(about("b", &["orders-db"]));
    let planned = Maintenance {
        from: night.now,
        to: night.now + SignedDuration::from_hours(1),
        of: vec!["orders*".into()],
        why: "a new engine version".into(),
    };
    let seq = night.write(&Body::Triage(Triage::Maintenance(planned)));
    let judgement = night.take(about("c", &["orders-cache"]));
    assert_eq!(skipped(&judgement), Some(Skipped::Maintenance));
    assert!(judgement.why.plain().contains("a new engine version"));
    night.opens(about("d", &["ledger"]));
    // What is looked at already is told, maintenance or not.
    let over = night.take(again("b", AlertAction::Resolved));
    assert_eq!(over.course.stream(), Some(&before));
    night.write(&Body::Triage(Triage::MaintenanceOver { maintenance: seq }));
    night.opens(about("e", &["orders-queue"]));
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
