//! Which changes could explain an onset.
//!
//! Score = nearness in time x reach in the graph x what kind of act it is, each 0 to 1. Most outages follow a change of
//! code or configuration (Beyer et al., "Site Reliability Engineering", O'Reilly 2016: about 70 %), yet most changes are
//! innocent: a change that comes after the onset explains nothing, one without a way to the symptom little, and
//! routine automation next to nothing.

mod act;

pub use act::{Act, act};

use crate::{
    analysis::timeline::{Moment, Order, order},
    model::{Change, ResourceId, Text},
};

/// One change and how well it could explain the onset.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// Place of the change in the list given.
    pub index: usize,
    /// What kind of act it is.
    pub act: Act,
    /// Seconds from the change to the onset; negative when it came after.
    pub lead_s: i64,
    /// Relations between the changed resource and the subject; none when there is no way, or the resource is unknown.
    pub distance: Option<u32>,
    /// How well its time and what kind of act it is would explain the onset, wherever it is: 0 to 1.
    pub plain: f64,
    /// The same by its reach: 0 to 1.
    pub score: f64,
    /// Why, for a person.
    pub reason: Text,
}

/// Half of the suspicion is gone after so many seconds: faults of a change mostly show within its first half hour.
const HALF_LIFE_S: f64 = 1800.0;
/// What remains for slow burns (leaks, expiring caches, tokens) within a day.
const SLOW_BURN: f64 = 0.05;
const DAY_S: i64 = 86_400;
/// A change whose resource nobody knows.
const UNKNOWN_REACH: f64 = 0.5;
/// A change of something that has no way to the subject.
const NO_REACH: f64 = 0.15;

/// Every change with its score, the best first; of equals the later one, then the order given.
///
/// `distance` tells how many relations lie between a resource and the subject, none where there is no way.
pub fn suspects(
    changes: &[Change],
    onset: Moment,
    distance: impl Fn(&ResourceId) -> Option<u32>,
) -> Vec<Suspect> {
    let mut found: Vec<Suspect> = changes
        .iter()
        .enumerate()
        .map(|(index, change)| suspect(index, change, onset, &distance))
        .collect();
    found.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(a.lead_s.abs().cmp(&b.lead_s.abs()))
            .then(a.index.cmp(&b.index))
    });
    found
}

fn suspect(
    index: usize,
    change: &Change,
    onset: Moment,
    distance: impl Fn(&ResourceId) -> Option<u32>,
) -> Suspect {
    let act = act(change);
    let at = change.at.as_second();
    let lead_s = onset.at - at;
    let nearness = nearness(at, onset);
    let steps = change.resource.as_ref().and_then(&distance);
    let reach = match (&change.resource, steps) {
        (None, _) => UNKNOWN_REACH,
        (Some(_), None) => NO_REACH,
        // Every relation on the way is one more thing that would have to pass the fault on.
        (Some(_), Some(steps)) => (1.0 - 0.15 * f64::from(steps)).max(0.4),
    };
    let when = match order(Moment::exact(at), onset) {
        Order::After => format!("{} after the onset, so it explains nothing", length(-lead_s)),
        Order::Unresolved => "at the onset, as far as the data can tell".to_owned(),
        Order::Before => format!("{} before the onset", length(lead_s)),
    };
    let whereto = match (&change.resource, steps) {
        (None, _) => "on something unknown".to_owned(),
        (Some(_), None) => "with no way to the symptom".to_owned(),
        (Some(_), Some(0)) => "on the resource itself".to_owned(),
        (Some(_), Some(1)) => "one relation away".to_owned(),
        (Some(_), Some(steps)) => format!("{steps} relations away"),
    };
    Suspect {
        index,
        act,
        lead_s,
        distance: steps,
        plain: nearness * act.weight(),
        score: nearness * reach * act.weight(),
        reason: Text::new()
            .ext(change.kind.clone())
            .own(format!(": {}, {whereto}, {when}", act.words())),
    }
}

/// How well a change at this moment (epoch seconds) would explain an onset by its time alone: 0 to 1.
pub fn nearness(at: i64, onset: Moment) -> f64 {
    let lead_s = onset.at - at;
    match order(Moment::exact(at), onset) {
        Order::After => 0.0,
        Order::Unresolved => 1.0,
        Order::Before if lead_s > DAY_S => 0.0,
        Order::Before => {
            let since = (lead_s - i64::from(onset.error_s)).max(0) as f64;
            0.5_f64.powf(since / HALF_LIFE_S).max(SLOW_BURN)
        }
    }
}

/// A length of time for a person.
fn length(seconds: i64) -> String {
    match seconds {
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn change(at: i64, source: &str, kind: &str, resource: &str) -> Change {
        Change {
            at: Timestamp::from_second(at).unwrap(),
            source: source.to_owned(),
            kind: kind.to_owned(),
            resource: Some(resource.into()),
            actor: None,
            summary: String::new(),
            detail: Value::Null,
        }
    }

    const ONSET: Moment = Moment {
        at: 10_000,
        error_s: 60,
    };

    fn near(id: &ResourceId) -> Option<u32> {
        match id.as_str() {
            "subject" => Some(0),
            "callee" => Some(1),
            _ => None,
        }
    }

    #[test]
    fn operations_are_told_apart() {
        let act_of = |kind| act(&change(0, "cloudtrail", kind, "x"));
        assert_eq!(act_of("UpdateFunctionCode20150331v2"), Act::Deploy);
        assert_eq!(act_of("PutBucketPolicy"), Act::Policy);
        assert_eq!(
            act_of("UpdateFunctionConfiguration20150331v2"),
            Act::Configuration
        );
        assert_eq!(act_of("PutFunctionConcurrency"), Act::Configuration);
        assert_eq!(act_of("DeleteTable"), Act::Removal);
        assert_eq!(act_of("AssumeRoleWithWebIdentity"), Act::Routine);
        assert_eq!(act_of("PutRetentionPolicy"), Act::Routine);
        assert_eq!(act_of("DescribeInstances"), Act::ReadOnly);
        assert_eq!(
            act(&change(0, "github", "pull_request_comment", "x")),
            Act::ReadOnly
        );
        assert_eq!(act(&change(0, "gitlab", "merge", "x")), Act::Deploy);
        let scaled = Change {
            actor: Some("AWSServiceRoleForAutoScaling".to_owned()),
            ..change(0, "cloudtrail", "SetDesiredCapacity", "x")
        };
        assert_eq!(act(&scaled), Act::Routine);
    }

    #[test]
    fn the_near_deploy_leads_and_what_came_after_is_out() {
        let changes = [
            change(10_400, "cloudtrail", "UpdateFunctionCode20150331v2", "subject"),
            change(9_900, "cloudtrail", "AssumeRole", "subject"),
            change(9_700, "deploy", "deployment", "callee"),
            change(9_800, "deploy", "deployment", "elsewhere"),
            change(2_000, "deploy", "deployment", "subject"),
        ];
        let found = suspects(&changes, ONSET, near);
        assert_eq!(found[0].index, 2, "{found:#?}");
        assert!(found[0].score > 0.7);
        assert!(found.iter().filter(|s| s.index != 2).all(|s| s.score < 0.2));
        assert_eq!(found.last().map(|s| (s.index, s.score)), Some((0, 0.0)));
        assert_eq!(
            found[0].reason.plain(),
            "deployment: a deployment, one relation away, 5 min before the onset"
        );
    }

    #[test]
    fn within_the_resolution_a_change_counts_as_before() {
        let found = suspects(&[change(10_050, "deploy", "deployment", "subject")], ONSET, near);
        assert!((found[0].score - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn suspicion_never_grows_with_age_or_distance(lead in 0_i64..200_000, more in 0_i64..100_000, steps in 0_u32..9) {
            let score = |lead: i64, steps: u32| {
                let found = suspects(&[change(100_000_000 - lead, "deploy", "deployment", "x")],
                    Moment { at: 100_000_000, error_s: 30 }, |_| Some(steps));
                found[0].score
            };
            prop_assert!(score(lead + more, steps) <= score(lead, steps));
            prop_assert!(score(lead, steps + 1) <= score(lead, steps));
            prop_assert!((0.0..=1.0).contains(&score(lead, steps)));
        }
    }
}
