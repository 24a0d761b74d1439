//! What is tied to what.

use super::*;

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
