//! What holds whatever happens.

use proptest::prelude::*;

use super::*;

/// Something that happens in a small world.
#[derive(Debug, Clone)]
enum Happens {
    Alert(Box<Alert>),
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
        Happens::Alert(Box::new(Alert {
            action,
            priority,
            resources: resource.map(str::to_owned).into_iter().collect(),
            ..alert(&format!("i{incident}"))
        }))
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
            Happens::Alert(alert) => drop(self.take((**alert).clone())),
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
