//! How far a watch over alarms has come: what it knows to be in alarm, and what it told lately. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    model::{AlarmState, Transition},
    sources::aws::alarm_states::StandingAlarm,
};

/// History is read again from so long before the last look: it comes late now and then, and clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// What happened longer ago is told only when it still goes on: nobody wants to have last week investigated.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);
/// One change of state has two times, in the alarm's history and in the alarm itself, so far apart at most. No alarm is
/// judged more often than every ten seconds.
const SAME: SignedDuration = SignedDuration::from_secs(5);

/// How far a watch has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    /// When it looked first; what happened before that is none of its business.
    pub begun: Option<Timestamp>,
    /// When it last looked; none: never.
    pub seen: Option<Timestamp>,
    /// Alarms that it knows to be in alarm, by ARN.
    pub firing: BTreeSet<String>,
    /// Those of them that another alarm keeps quiet, by ARN: what they mean is told when that ends.
    pub suppressed: BTreeSet<String>,
    /// Changes that it took note of lately, told or not.
    pub heard: Vec<Heard>,
    /// Who looks, so that several workers do not do it at once.
    pub holder: Option<Holder>,
}

/// A change of state that was taken note of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heard {
    arn: String,
    to: AlarmState,
    at: Timestamp,
}

/// A worker that looks, until it does not say so any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    pub name: String,
    pub until: Timestamp,
}

/// A change of state that has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub arn: String,
    pub from: AlarmState,
    pub to: AlarmState,
    pub at: Timestamp,
    pub reason: String,
}

impl Mark {
    /// From when on history is read; none at the first look, which takes things as they stand.
    pub(super) fn since(&self, now: Timestamp) -> Option<Timestamp> {
        let (begun, seen) = (self.begun?, self.seen?);
        Some((seen - OVERLAP).max(now - LOOK_BACK).max(begun).min(now))
    }

    /// True while somebody else looks.
    pub(super) fn is_held(&self, by: &str, now: Timestamp) -> bool {
        self.holder
            .as_ref()
            .is_some_and(|holder| holder.name != by && holder.until > now)
    }

    /// What happened since the mark, in order, and the mark after it.
    pub(super) fn news(
        &self,
        standing: &BTreeMap<String, StandingAlarm>,
        history: &BTreeMap<String, Vec<Transition>>,
        now: Timestamp,
    ) -> (Vec<Change>, Self) {
        let mut next = self.clone();
        let mut changes = Vec::new();
        let since = self.since(now);
        for (arn, alarm) in standing {
            let past = history.get(&alarm.name).into_iter().flatten();
            for change in
                past.filter(|change| since.is_some_and(|since| change.at.as_second() >= since.as_second()))
            {
                next.take(&mut changes, arn, change.clone());
            }
            let present = match (alarm.state, next.firing.contains(arn)) {
                (AlarmState::Alarm, false) => (AlarmState::Ok, AlarmState::Alarm),
                (AlarmState::Ok, true) => (AlarmState::Alarm, AlarmState::Ok),
                // It goes on, and nothing keeps it quiet any more.
                (AlarmState::Alarm, true) if self.suppressed.contains(arn) && !alarm.suppressed => {
                    changes.push(Change {
                        arn: arn.clone(),
                        from: AlarmState::Alarm,
                        to: AlarmState::Alarm,
                        at: now,
                        reason: alarm.reason.clone(),
                    });
                    continue;
                }
                _ => continue,
            };
            let at = alarm.since.unwrap_or(now);
            // At the first look, what has been in alarm for long is known to whoever it concerns.
            if self.seen.is_none() && at < now - LOOK_BACK {
                next.firing.insert(arn.clone());
                continue;
            }
            next.take(
                &mut changes,
                arn,
                Transition {
                    at,
                    from: present.0,
                    to: present.1,
                    reason: alarm.reason.clone(),
                },
            );
        }
        changes.sort_by(|a: &Change, b| (a.at, &a.arn).cmp(&(b.at, &b.arn)));
        next.firing.retain(|arn| standing.contains_key(arn));
        let quiet = standing
            .iter()
            .filter(|(arn, alarm)| alarm.suppressed && next.firing.contains(*arn));
        next.suppressed = quiet.map(|(arn, _)| arn.clone()).collect();
        next.begun = self.begun.or(Some(now));
        next.seen = Some(now.max(self.seen.unwrap_or(now)));
        let kept = now - LOOK_BACK - OVERLAP;
        next.heard.retain(|heard| heard.at >= kept);
        (changes, next)
    }

    /// Takes note of a change, and tells it when it begins or ends an alarm. History is read more than once: what was heard,
    /// and what was before it, is known.
    fn take(&mut self, changes: &mut Vec<Change>, arn: &str, change: Transition) {
        let known = self.heard.iter().filter(|heard| heard.arn == arn).any(|heard| {
            let later = heard.at.duration_since(change.at);
            later > SAME || heard.to == change.to && later.abs() <= SAME
        });
        if known {
            return;
        }
        self.heard.push(Heard {
            arn: arn.to_owned(),
            to: change.to,
            at: change.at,
        });
        let tells = match change.to {
            AlarmState::Alarm => {
                self.firing.insert(arn.to_owned());
                true
            }
            AlarmState::Ok => self.firing.remove(arn),
            // Without data nobody knows whether the trouble is over.
            AlarmState::InsufficientData => false,
        };
        if tells {
            changes.push(Change {
                arn: arn.to_owned(),
                from: change.from,
                to: change.to,
                at: change.at,
                reason: change.reason,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn standing(state: AlarmState, since: i64) -> BTreeMap<String, StandingAlarm> {
        let alarm = StandingAlarm {
            name: "a".to_owned(),
            arn: ARN.to_owned(),
            description: None,
            state,
            since: Some(at(since)),
            reason: String::new(),
            resources: Vec::new(),
            children: BTreeSet::new(),
            suppressed: false,
            metrics: Vec::new(),
            rule: None,
        };
        BTreeMap::from([(ARN.to_owned(), alarm)])
    }

    fn past(changes: &[(i64, AlarmState, AlarmState)]) -> BTreeMap<String, Vec<Transition>> {
        let of = |(second, from, to): &(i64, AlarmState, AlarmState)| Transition {
            at: at(*second),
            from: *from,
            to: *to,
            reason: String::new(),
        };
        BTreeMap::from([("a".to_owned(), changes.iter().map(of).collect())])
    }

    fn told(changes: &[Change]) -> Vec<(AlarmState, i64)> {
        let second = |change: &Change| change.at.as_second() - 1_700_000_000;
        changes.iter().map(|change| (change.to, second(change))).collect()
    }

    use AlarmState::{Alarm, InsufficientData, Ok};

    #[test]
    fn the_first_look_tells_what_began_lately_and_knows_the_rest() {
        let (changes, mark) = Mark::default().news(&standing(Alarm, -60), &past(&[]), at(0));
        assert_eq!(told(&changes), [(Alarm, -60)]);
        assert!(mark.firing.contains(ARN));
        let (changes, mark) = Mark::default().news(&standing(Alarm, -90_000), &past(&[]), at(0));
        assert_eq!(told(&changes), []);
        // It is not news later either, but its end is.
        let (changes, mark) = mark.news(&standing(Alarm, -90_000), &past(&[]), at(60));
        assert_eq!(told(&changes), []);
        let (changes, _) = mark.news(&standing(Ok, 100), &past(&[(100, Alarm, Ok)]), at(120));
        assert_eq!(told(&changes), [(Ok, 100)]);
    }

    #[test]
    fn what_came_and_went_between_two_looks_is_told_once() {
        let (_, mark) = Mark::default().news(&standing(Ok, -900), &past(&[]), at(0));
        let history = past(&[(10, Ok, Alarm), (40, Alarm, Ok)]);
        let (changes, mark) = mark.news(&standing(Ok, 40), &history, at(60));
        assert_eq!(told(&changes), [(Alarm, 10), (Ok, 40)]);
        let (changes, _) = mark.news(&standing(Ok, 40), &history, at(120));
        assert_eq!(told(&changes), []);
    }

    #[test]
    fn history_that_is_read_again_ends_nothing() {
        // It was well, then it was not: the first half is in the history of both looks.
        let (_, mark) = Mark::default().news(&standing(InsufficientData, -900), &past(&[]), at(0));
        let history = past(&[(5, InsufficientData, Ok), (40, Ok, Alarm)]);
        let (changes, mark) = mark.news(&standing(Alarm, 40), &history, at(60));
        assert_eq!(told(&changes), [(Alarm, 40)]);
        let (changes, mark) = mark.news(&standing(Alarm, 40), &history, at(120));
        assert_eq!(told(&changes), []);
        assert!(mark.firing.contains(ARN));
        // Nor does what happened before the first look.
        let history = past(&[(-100, Alarm, Ok), (-60, Ok, Alarm)]);
        let (changes, mark) = Mark::default().news(&standing(Alarm, -60), &history, at(0));
        assert_eq!(told(&changes), [(Alarm, -60)]);
        let (changes, _) = mark.news(&standing(Alarm, -60), &history, at(60));
        assert_eq!(told(&changes), []);
    }

    #[test]
    fn history_that_comes_late_is_not_told_again() {
        let (_, mark) = Mark::default().news(&standing(Ok, -900), &past(&[]), at(0));
        let (changes, mark) = mark.news(&standing(Alarm, 50), &past(&[]), at(60));
        assert_eq!(told(&changes), [(Alarm, 50)]);
        let late = past(&[(48, Ok, Alarm)]);
        let (changes, _) = mark.news(&standing(Alarm, 50), &late, at(120));
        assert_eq!(told(&changes), []);
    }

    #[test]
    fn missing_data_end_nothing_and_the_recovery_behind_them_does() {
        let (_, mark) = Mark::default().news(&standing(Alarm, -60), &past(&[]), at(0));
        let gone = past(&[(30, Alarm, InsufficientData)]);
        let (changes, mark) = mark.news(&standing(InsufficientData, 30), &gone, at(60));
        assert_eq!(told(&changes), []);
        let back = past(&[(30, Alarm, InsufficientData), (90, InsufficientData, Ok)]);
        let (changes, mark) = mark.news(&standing(Ok, 90), &back, at(120));
        assert_eq!(told(&changes), [(Ok, 90)]);
        // An alarm that is gone is forgotten.
        let (_, mark) = mark.news(&BTreeMap::new(), &past(&[]), at(180));
        assert!(mark.firing.is_empty());
    }

    #[test]
    fn what_goes_on_when_nothing_keeps_it_quiet_any_more_is_told_once() {
        let quiet = |state, since, suppressed| {
            let mut all = standing(state, since);
            all.get_mut(ARN).unwrap().suppressed = suppressed;
            all
        };
        // Long in alarm, and kept quiet, before anybody looked.
        for since in [-60, -90_000] {
            let (_, mark) = Mark::default().news(&quiet(Alarm, since, true), &past(&[]), at(0));
            let (changes, mark) = mark.news(&quiet(Alarm, since, true), &past(&[]), at(60));
            assert_eq!(told(&changes), []);
            let (changes, mark) = mark.news(&quiet(Alarm, since, false), &past(&[]), at(120));
            assert_eq!(told(&changes), [(Alarm, 120)]);
            let (changes, _) = mark.news(&quiet(Alarm, since, false), &past(&[]), at(180));
            assert_eq!(told(&changes), []);
        }
        // What ended while it was quiet is over.
        let (_, mark) = Mark::default().news(&quiet(Alarm, -60, true), &past(&[]), at(0));
        let (changes, _) = mark.news(&quiet(Ok, 30, false), &past(&[(30, Alarm, Ok)]), at(60));
        assert_eq!(told(&changes), [(Ok, 30)]);
    }

    #[test]
    fn after_a_long_absence_only_what_goes_on_or_is_recent_is_told() {
        let (_, mark) = Mark::default().news(&standing(Ok, -900), &past(&[]), at(0));
        let later = 200_000;
        let old = past(&[(100, Ok, Alarm), (400, Alarm, Ok)]);
        let (changes, _) = mark.news(&standing(Ok, 400), &old, at(later));
        assert_eq!(told(&changes), []);
        let (changes, _) = mark.news(&standing(Alarm, 500), &past(&[(500, Ok, Alarm)]), at(later));
        assert_eq!(told(&changes), [(Alarm, 500)]);
    }

    #[test]
    fn one_worker_looks_at_a_time() {
        let mark = Mark {
            holder: Some(Holder {
                name: "a".to_owned(),
                until: at(60),
            }),
            ..Mark::default()
        };
        assert!(mark.is_held("b", at(0)) && !mark.is_held("a", at(0)) && !mark.is_held("b", at(60)));
    }
}
