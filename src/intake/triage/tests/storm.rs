//! So much at once that it is one trouble.

use super::{super::storm::STARTS, *};

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
