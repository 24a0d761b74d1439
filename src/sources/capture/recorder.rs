//! The flight recorder: everything that a space can still tell of a stretch of time, asked for before it expires.

use futures_util::{StreamExt as _, stream};
use jiff::SignedDuration;

use super::Recording;
use crate::model::{
    Alarm, AlarmState, Allowance, Evidence, Query, Resource, SeriesKey, Source, Start, Transition, Window,
};

/// Questions under way at once; the shared rate limits hold them back anyway.
const AT_ONCE: usize = 8;
/// Series in one question.
const SERIES: usize = 100;
/// Lines that are kept of one resource.
const LINES: u32 = 10_000;
/// How far back transitions of alarms are asked for, as an investigation does.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Records a window of a space.
pub struct Recorder<'a> {
    /// Who answers.
    pub source: &'a dyn Source,
    /// What is recorded.
    pub window: Window,
    /// The normal stretch of time beside it.
    pub baseline: Window,
    /// Calls that may be made.
    pub allowance: Allowance,
}

/// How far a recorder has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is being asked for.
    pub what: &'static str,
    /// Questions of this sort that are answered.
    pub done: usize,
    /// Questions of this sort in all.
    pub of: usize,
}

/// What was recorded, beside the telemetry itself.
pub struct Recorded {
    /// The telemetry.
    pub recording: Recording,
    /// Where an investigation of it would start.
    pub start: Start,
    /// Account and region, where the source says them.
    pub place: (Option<String>, Option<String>),
}

impl Recorder<'_> {
    /// Asks for everything; what is not answered is in the recording as a gap.
    pub async fn record(&self, mut tell: impl FnMut(&Told)) -> Recorded {
        let mut recording = Recording::default();
        let first = vec![
            Query::Identity,
            Query::Alarms {
                names: Vec::new(),
                state: None,
                window: self.window.widened(DAY, SignedDuration::ZERO),
            },
            Query::Inventory,
            Query::Relations,
            Query::Changes {
                resource: None,
                window: self.window.widened(DAY, SignedDuration::ZERO),
            },
            Query::Events {
                resource: None,
                window: self.window,
            },
        ];
        let answers = self.ask("the space", first, &mut recording, &mut tell).await;
        let (mut place, mut alarms, mut resources) = ((None, None), Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Evidence::Identity(identity) => place = (identity.account, identity.region),
                Evidence::Alarms(found) => alarms = found,
                Evidence::Inventory(found) => resources = found.into_iter().map(bare).collect(),
                _ => {}
            }
        }
        let of_each = |make: &dyn Fn(&Resource) -> Query| resources.iter().map(make).collect::<Vec<_>>();
        let configurations = of_each(&|resource| Query::Configuration {
            resource: resource.clone(),
        });
        self.ask("configuration", configurations, &mut recording, &mut tell)
            .await;
        let catalogue = of_each(&|resource| Query::Catalogue {
            resource: Some(resource.clone()),
            namespace: None,
            metric: None,
        });
        let listed = self
            .ask("which metrics", catalogue, &mut recording, &mut tell)
            .await;
        let mut series: Vec<SeriesKey> = listed
            .into_iter()
            .filter_map(|evidence| match evidence {
                Evidence::Catalogue(keys) => Some(keys),
                _ => None,
            })
            .flatten()
            .chain(alarms.iter().map(Alarm::series))
            .collect();
        series.sort();
        series.dedup();
        let metrics = series
            .chunks(SERIES)
            .flat_map(|series| {
                [self.window, self.baseline].map(|window| Query::Metrics {
                    series: series.to_vec(),
                    window,
                })
            })
            .collect();
        self.ask("metrics", metrics, &mut recording, &mut tell).await;
        let logs = of_each(&|resource| Query::Logs {
            resource: Some(resource.clone()),
            group: None,
            window: self.window,
            filter: None,
            limit: LINES,
        });
        self.ask("logs", logs, &mut recording, &mut tell).await;
        let start = start(&alarms, &self.window);
        Recorded {
            recording,
            start,
            place,
        }
    }

    async fn ask(
        &self,
        what: &'static str,
        queries: Vec<Query>,
        recording: &mut Recording,
        tell: &mut impl FnMut(&Told),
    ) -> Vec<Evidence> {
        let of = queries.len();
        let mut found = Vec::new();
        let mut done = 0;
        tell(&Told { what, done, of });
        let mut answers = stream::iter(queries)
            .map(|query| async move {
                let answer = self.source.answer_within(&query, &self.allowance).await;
                (query, answer)
            })
            // In the order of the questions, so that the same answers make the same recording.
            .buffered(AT_ONCE);
        while let Some((query, answer)) = answers.next().await {
            for gap in &answer.gaps {
                recording.miss(Some(&query), gap);
            }
            if let Some(evidence) = answer.evidence {
                recording.add(&query, &evidence);
                found.push(evidence);
            }
            done += 1;
            tell(&Told { what, done, of });
        }
        found
    }
}

/// The alarm that fired first in the window; else the window itself.
fn start(alarms: &[Alarm], window: &Window) -> Start {
    let fired =
        |transition: &&Transition| transition.to == AlarmState::Alarm && window.contains(transition.at);
    let first = alarms
        .iter()
        .filter_map(|alarm| Some((alarm.transitions.iter().find(fired)?.at, &alarm.name)))
        .min();
    match first {
        Some((_, name)) => Start::Alarm { alarm: name.clone() },
        None => Start::Text {
            text: "a recording of the whole space".to_owned(),
        },
    }
}

/// As a question carries a resource.
fn bare(resource: Resource) -> Resource {
    Resource {
        config: serde_json::Value::Null,
        tags: std::collections::BTreeMap::new(),
        ..resource
    }
}
