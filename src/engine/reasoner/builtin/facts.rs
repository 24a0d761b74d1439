//! What has been observed, arranged for questions about places and times.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{kind, look};
use crate::{
    analysis::{changes::nearness, names, shift, timeline::Moment},
    engine::{
        observe::DOCUMENTED,
        pattern::{Condition, Fact, Place},
        state::State,
        verdict::Symptom,
    },
    journal::body::Plan,
    model::{Evidence, Observation, Observed, Query, ResourceId, SeriesKey},
};

/// What has been observed so far in one investigation.
pub struct Facts<'a> {
    /// The state behind it.
    pub state: &'a State,
    /// What is looked at.
    pub plan: &'a Plan,
    /// Observations that count, with their records.
    pub observations: Vec<(u64, &'a Observation)>,
    /// The same by the resource that they are about.
    by_resource: BTreeMap<&'a ResourceId, Vec<(u64, &'a Observation)>>,
    /// The series that shows the symptom, where there is one.
    pub symptom_series: Option<SeriesKey>,
    /// The symptom, as it was read.
    pub symptom: Symptom,
    /// Record of the observation that reads the symptom.
    pub symptom_record: Option<u64>,
}

/// An observation that meets a condition.
#[derive(Debug, Clone)]
pub struct Met {
    /// Its record.
    pub seq: u64,
    /// How well: 0 to 1.
    pub strength: f64,
}

/// How a condition stands.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// An observation meets it.
    Met(Met),
    /// It was looked for, and it is not so.
    Absent,
    /// There is no such series, or nowhere to look: neither seen nor absent.
    Nothing,
    /// Nobody looked.
    Unlooked,
}

/// Whether somebody looked.
enum Looked {
    Yes,
    No,
    /// There is nothing to look at.
    Nothing,
}

/// Periods and seconds that a departure may last and be over by itself without being a fault.
const BLIP_PERIODS: i64 = 2;
const BLIP_SECONDS: i64 = 300;

/// Types of resources that pass work on and do none themselves.
const CONDUITS: [&str; 6] = [
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Alias",
    "AWS::SNS::Subscription",
];

/// True for a departure of a datum or two that is over: alarms on single data fire on them, and nothing is left to mend.
fn is_blip(observation: &Observation) -> bool {
    let Observed::MetricShift {
        series,
        until: Some(until),
        ..
    } = &observation.fact
    else {
        return false;
    };
    observation.at.is_some_and(|at| {
        let lasted = until.duration_since(at).as_secs();
        lasted <= BLIP_SECONDS && lasted <= BLIP_PERIODS * i64::from(series.period)
    })
}

impl<'a> Facts<'a> {
    /// Everything that has been observed.
    pub fn new(state: &'a State, plan: &'a Plan) -> Self {
        let observations: Vec<(u64, &Observation)> = state
            .observations()
            .map(|(seq, observed)| (seq, &observed.observation))
            .collect();
        let mut by_resource: BTreeMap<&ResourceId, Vec<(u64, &Observation)>> = BTreeMap::new();
        for (seq, observation) in &observations {
            if let Some(id) = &observation.resource {
                by_resource.entry(id).or_default().push((*seq, *observation));
            }
        }
        let mut facts = Self {
            state,
            plan,
            observations,
            by_resource,
            symptom_series: plan.series.clone(),
            symptom: Symptom::Unread,
            symptom_record: None,
        };
        facts.read_symptom();
        facts
    }

    fn read_symptom(&mut self) {
        let reading = match &self.plan.series {
            Some(series) => self.reading_of(series),
            None => self.strongest_on_subjects(),
        };
        if let Some((seq, observation)) = reading {
            self.symptom_record = Some(seq);
            match &observation.fact {
                Observed::MetricShift { series, .. } | Observed::MetricNormal { series, .. } => {
                    self.symptom_series = Some(series.clone());
                }
                _ => {}
            }
            self.symptom = match &observation.fact {
                Observed::MetricNormal {
                    coverage, compared, ..
                } => Symptom::Normal {
                    coverage: *coverage,
                    compared: *compared,
                },
                Observed::MetricShift { series, .. } if is_blip(observation) => Symptom::Normal {
                    coverage: self.coverage(series),
                    compared: true,
                },
                _ => Symptom::Abnormal {
                    onset: observation.at.unwrap_or(self.plan.at),
                    error: observation.error,
                },
            };
        }
        self.apply_fault_test();
    }

    /// Where the symptom's own history was asked whether this is a fault, its answer holds.
    fn apply_fault_test(&mut self) {
        let tested = self
            .observations
            .iter()
            .rev()
            .find_map(|(seq, observation)| match observation.fact {
                Observed::FaultTest { faulty, coverage } => Some((*seq, *observation, faulty, coverage)),
                _ => None,
            });
        let Some((seq, observation, faulty, coverage)) = tested else {
            return;
        };
        self.symptom = match (&self.symptom, faulty) {
            (Symptom::Abnormal { .. }, true) => return,
            (_, true) => Symptom::Abnormal {
                onset: observation.at.unwrap_or(self.plan.at),
                error: observation.error,
            },
            (_, false) => Symptom::Normal {
                coverage,
                compared: true,
            },
        };
        self.symptom_record = Some(seq);
    }

    fn reading_of(&self, series: &SeriesKey) -> Option<(u64, &'a Observation)> {
        let of_series = |observation: &Observation| match &observation.fact {
            Observed::MetricShift { series: own, .. } | Observed::MetricNormal { series: own, .. } => {
                look::is_same(own, series)
            }
            Observed::MetricMissing { series: own, stopped } => *stopped && look::is_same(own, series),
            _ => false,
        };
        let mut readings = self.observations.iter();
        readings.find(|(_, observation)| of_series(observation)).copied()
    }

    /// Without a series to go by, the symptom is what stands out most on a subject; when nothing does and its metrics
    /// were read, it is the least complete of the normal readings.
    fn strongest_on_subjects(&self) -> Option<(u64, &'a Observation)> {
        let on_subject = |observation: &Observation| {
            observation
                .resource
                .as_ref()
                .is_some_and(|id| self.plan.subjects.contains(id))
        };
        let own = || {
            self.observations
                .iter()
                .filter(|(_, observation)| on_subject(observation))
                .copied()
        };
        let weight = |observation: &Observation| match &observation.fact {
            Observed::MetricShift {
                series, direction, ..
            } => {
                let bad = kind::is_harm(&series.metric, *direction);
                Some(observation.strength + if bad { 1.0 } else { 0.0 })
            }
            Observed::LogBurst { error: true, .. } => Some(observation.strength),
            _ => None,
        };
        let strongest = own()
            .filter_map(|(seq, observation)| Some((weight(observation)?, seq, observation)))
            .max_by(|(a, x, _), (b, y, _)| a.total_cmp(b).then(y.cmp(x)))
            .map(|(_, seq, observation)| (seq, observation));
        let normal = || {
            own()
                .filter_map(|(seq, observation)| match &observation.fact {
                    Observed::MetricNormal {
                        coverage, compared, ..
                    } => Some((if *compared { *coverage } else { 0.0 }, seq, observation)),
                    _ => None,
                })
                .min_by(|(a, x, _), (b, y, _)| a.total_cmp(b).then(x.cmp(y)))
                .map(|(_, seq, observation)| (seq, observation))
        };
        strongest.or_else(|| if self.all_read() { normal() } else { None })
    }

    /// True when every subject's metrics were read and nothing of a subject was refused: only then do normal readings say
    /// that the subjects are well.
    fn all_read(&self) -> bool {
        let is_read = |id: &ResourceId| {
            self.on(id)
                .iter()
                .any(|(_, observation)| matches!(observation.fact, Observed::MetricNormal { .. }))
        };
        let refused = self.state.view.gaps.values().any(|found| {
            let resource = found.gap.resource.as_ref();
            resource.is_some_and(|id| self.plan.subjects.contains(id))
        });
        !refused && self.plan.subjects.iter().all(is_read)
    }

    /// Share of the window's periods for which a series has data.
    fn coverage(&self, key: &SeriesKey) -> f64 {
        let window = self.plan.window;
        let mut answers = self
            .state
            .found(|query| matches!(query, Query::Metrics { window: asked, .. } if *asked == window));
        let points = answers.find_map(|(_, _, evidence)| match evidence {
            Evidence::Series(all) => all
                .iter()
                .find(|series| series.key == *key)
                .map(|series| &series.points),
            _ => None,
        });
        points.map_or(0.0, |points| {
            shift::coverage(
                points,
                (window.from.as_second(), window.to.as_second()),
                key.period,
            )
        })
    }

    /// True when the symptom was there for a datum or two and is over.
    pub fn passed(&self) -> bool {
        let symptom = self
            .observations
            .iter()
            .find(|(seq, _)| Some(*seq) == self.symptom_record);
        symptom.is_some_and(|(_, observation)| is_blip(observation))
    }

    /// When the symptom set in, and how far that may be off in seconds; when it was noticed, if it cannot be read.
    pub fn onset(&self) -> (Timestamp, u32) {
        match self.symptom {
            Symptom::Abnormal { onset, error } => (onset, error),
            Symptom::Normal { .. } | Symptom::Unread => (self.plan.at, 300),
        }
    }

    /// True when the observation reads the symptom's own series (or its alarm): never support for its cause.
    pub fn is_symptom(&self, seq: u64, observation: &Observation) -> bool {
        // Where nothing but words says what is wrong, log lines show it and say why at once.
        if Some(seq) == self.symptom_record && !matches!(observation.fact, Observed::LogBurst { .. }) {
            return true;
        }
        match (&observation.fact, &self.symptom_series) {
            (Observed::AlarmFired { .. } | Observed::AlarmQuiet { .. } | Observed::FaultTest { .. }, _) => {
                true
            }
            (Observed::MetricShift { series, .. } | Observed::MetricNormal { series, .. }, Some(symptom)) => {
                series.resource == symptom.resource && series.metric == symptom.metric
            }
            // At a documented height the series alone says so; a configured limit is a second kind of evidence.
            (Observed::LimitReached { series, name, .. }, Some(symptom)) => {
                name == DOCUMENTED && series.resource == symptom.resource && series.metric == symptom.metric
            }
            _ => false,
        }
    }

    /// The resources that a place means, seen from `home`.
    pub fn place(&self, home: &ResourceId, place: Place) -> BTreeSet<ResourceId> {
        let graph = &self.state.known.topology;
        let near = |ids: Vec<&ResourceId>| -> BTreeSet<ResourceId> {
            ids.into_iter().filter(|id| *id != home).cloned().collect()
        };
        match place {
            Place::Itself => [home.clone()].into(),
            Place::Callers => self.through(near(graph.upstream(home)), |id| graph.upstream(id)),
            Place::Dependencies => self.through(near(graph.downstream(home)), |id| graph.downstream(id)),
            Place::Near => {
                let mut all = self.place(home, Place::Callers);
                all.extend(self.place(home, Place::Dependencies));
                all.insert(home.clone());
                all
            }
            Place::Anywhere => self.plan.resources.iter().cloned().collect(),
        }
    }

    /// The resources with those beyond the conduits among them: a target group or an event source mapping passes work on and
    /// does none.
    fn through<'g>(
        &self,
        mut near: BTreeSet<ResourceId>,
        next: impl Fn(&ResourceId) -> Vec<&'g ResourceId>,
    ) -> BTreeSet<ResourceId> {
        let mut front: Vec<ResourceId> = near.iter().cloned().collect();
        while let Some(id) = front.pop() {
            if CONDUITS.contains(&self.state.known.resource(&id).kind.as_str()) {
                for beyond in next(&id) {
                    if near.insert(beyond.clone()) {
                        front.push(beyond.clone());
                    }
                }
            }
        }
        near
    }

    /// How a condition stands for a pattern that would blame `home`. The symptom's own readings count only when
    /// `with_symptom` is set.
    pub fn judge(&self, condition: &Condition, home: &ResourceId, with_symptom: bool) -> Outcome {
        let mut place = self.place(home, condition.on);
        if !condition.of.is_empty() {
            place.retain(|id| condition.of.contains(&self.state.known.resource(id).kind));
        }
        if condition.fact == Fact::NoChange {
            return self.unchanged(&place);
        }
        let blamed = condition.named.then(|| self.state.known.resource(home));
        let met: Vec<(u64, &Observation)> = place
            .iter()
            .flat_map(|id| self.on(id))
            .filter(|(_, observation)| {
                blamed
                    .as_ref()
                    .is_none_or(|blamed| Condition::is_named_in(blamed, observation))
            })
            .filter(|(seq, observation)| with_symptom || !self.is_symptom(*seq, observation))
            .filter(|(_, observation)| condition.is_met_by(observation))
            .filter(|(_, observation)| !condition.before_symptom || self.precedes(observation, home))
            .copied()
            .collect();
        let on: BTreeSet<&ResourceId> = met.iter().filter_map(|(_, one)| one.resource.as_ref()).collect();
        let best = met
            .iter()
            .filter(|_| on.len() >= condition.resources)
            .map(|(seq, observation)| (self.strength(observation, home), *seq))
            .max_by(|(a, x), (b, y)| a.total_cmp(b).then(y.cmp(x)));
        match best {
            Some((strength, seq)) => Outcome::Met(Met { seq, strength }),
            None => match self.looked(condition, &place) {
                Looked::Yes => Outcome::Absent,
                Looked::No => Outcome::Unlooked,
                Looked::Nothing => Outcome::Nothing,
            },
        }
    }

    /// How plain an observation is for a pattern that would blame `home`. A change counts by its time before the symptom, or
    /// before what is abnormal on `home`, whichever it explains better.
    fn strength(&self, observation: &Observation, home: &ResourceId) -> f64 {
        let (Observed::Changed { risk, .. }, Some(at)) = (&observation.fact, observation.at) else {
            return observation.strength;
        };
        let onsets = [Some(self.onset()), self.effect(&[home.clone()].into())];
        onsets
            .into_iter()
            .flatten()
            .map(|(onset, error)| {
                // A change that took a while took effect at some moment of it.
                let begun = at.as_second() - i64::from(observation.error);
                let at = onset.as_second().clamp(begun, at.as_second());
                let onset = Moment {
                    at: onset.as_second(),
                    error_s: error,
                };
                risk * nearness(at, onset)
            })
            .fold(0.0, f64::max)
    }

    /// Whether nobody changed these resources: met by the observation that the changes that were read name none of them.
    fn unchanged(&self, place: &BTreeSet<ResourceId>) -> Outcome {
        if place.is_empty() {
            return Outcome::Nothing;
        }
        let changed = place
            .iter()
            .flat_map(|id| self.on(id))
            .any(|(_, observation)| matches!(observation.fact, Observed::Changed { routine: false, .. }));
        if changed {
            return Outcome::Absent;
        }
        let said = |(_, observation): &&(u64, &Observation)| {
            matches!(observation.fact, Observed::NoChange)
                && observation.resource.as_ref().is_none_or(|id| place.contains(id))
        };
        // Of several that say so the one about the resource itself.
        let found = self
            .observations
            .iter()
            .filter(said)
            .max_by_key(|(seq, observation)| (observation.resource.is_some(), std::cmp::Reverse(*seq)));
        match found {
            Some((seq, observation)) => Outcome::Met(Met {
                seq: *seq,
                strength: observation.strength,
            }),
            None => Outcome::Unlooked,
        }
    }

    /// True when the observation did not set in after the symptom, nor after what is abnormal on `home`, beyond what both
    /// may be off.
    fn precedes(&self, observation: &Observation, home: &ResourceId) -> bool {
        let not_after = |(onset, error): (Timestamp, u32)| {
            observation.at.is_none_or(|at| {
                at.duration_since(onset).as_secs() <= i64::from(error) + i64::from(observation.error)
            })
        };
        not_after(self.onset()) || self.effect(&[home.clone()].into()).is_some_and(not_after)
    }

    /// When the first of these resources became abnormal, apart from the symptom itself, and how far that may be off.
    pub fn effect(&self, ids: &BTreeSet<ResourceId>) -> Option<(Timestamp, u32)> {
        ids.iter()
            .flat_map(|id| self.harm(id))
            .filter(|(seq, observation)| !self.is_symptom(*seq, observation))
            .filter_map(|(_, observation)| Some((observation.at?, observation.error)))
            .min()
    }

    /// Whether somebody looked where the condition would be seen.
    fn looked(&self, condition: &Condition, place: &BTreeSet<ResourceId>) -> Looked {
        if place.is_empty() {
            return Looked::Nothing;
        }
        let answered = |wanted: &dyn Fn(&Query) -> bool| match self.state.found(wanted).next() {
            Some(_) => Looked::Yes,
            None => Looked::No,
        };
        match condition.fact {
            Fact::MetricShift | Fact::MetricNormal | Fact::MetricStopped | Fact::LimitReached => {
                if self.was_read(condition, place) {
                    Looked::Yes
                } else if self.is_listed(condition, place) {
                    Looked::No
                } else {
                    Looked::Nothing
                }
            }
            Fact::LogBurst | Fact::LogQuiet => {
                let speaks = |id: &&ResourceId| kind::writes_logs(&self.state.known.resource(id));
                if place.iter().any(|id| speaks(&id)) {
                    answered(
                        &|query| matches!(query, Query::Logs { resource: Some(resource), .. } if place.contains(&resource.id)),
                    )
                } else {
                    Looked::Nothing
                }
            }
            Fact::Config => answered(
                &|query| matches!(query, Query::Configuration { resource } if place.contains(&resource.id)),
            ),
            Fact::Changed | Fact::NoChange => answered(&|query| matches!(query, Query::Changes { .. })),
            Fact::ServiceSaid => answered(&|query| matches!(query, Query::Events { .. })),
        }
    }

    /// True when one of the condition's metrics was read on one of the resources.
    fn was_read(&self, condition: &Condition, place: &BTreeSet<ResourceId>) -> bool {
        let fits = |metric: &String| condition.metric.is_empty() || names::means(&condition.metric, metric);
        let mut readings = place.iter().flat_map(|id| self.on(id));
        readings.any(|(_, observation)| match &observation.fact {
            Observed::MetricShift { series, .. }
            | Observed::MetricNormal { series, .. }
            | Observed::MetricMissing { series, .. } => fits(&series.metric),
            _ => false,
        })
    }

    /// True unless every catalogue of the resources was read and lists none of the condition's metrics.
    fn is_listed(&self, condition: &Condition, place: &BTreeSet<ResourceId>) -> bool {
        let fits = |metric: &String| condition.metric.is_empty() || names::means(&condition.metric, metric);
        place.iter().any(|id| {
            let of = |query: &Query| matches!(query, Query::Catalogue { resource: Some(resource), .. } if resource.id == *id);
            let mut catalogues = self.state.found(of).peekable();
            catalogues.peek().is_none()
                || catalogues.any(|(_, _, evidence)| match evidence {
                    Evidence::Catalogue(keys) => keys.iter().any(|key| fits(&key.metric)),
                    _ => false,
                })
        })
    }

    /// What was observed of one resource, in order of the records.
    pub fn on(&self, id: &ResourceId) -> &[(u64, &'a Observation)] {
        self.by_resource.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// How a resource is set up, as it was read; else as the inventory says.
    pub fn configuration(&self, id: &ResourceId) -> serde_json::Value {
        let read = self
            .state
            .found(|query| matches!(query, Query::Configuration { resource } if resource.id == *id))
            .find_map(|(_, _, evidence)| match evidence {
                Evidence::Configuration(configuration) => Some(configuration.properties.clone()),
                _ => None,
            });
        read.unwrap_or_else(|| self.state.known.resource(id).config)
    }

    /// Shifts for the worse of one resource, most telling first.
    pub fn harm(&self, id: &ResourceId) -> Vec<(u64, &'a Observation)> {
        let mut harm: Vec<(u64, &Observation)> = self
            .on(id)
            .iter()
            .filter(|(_, observation)| match &observation.fact {
                Observed::MetricShift {
                    series, direction, ..
                } => kind::is_harm(&series.metric, *direction),
                _ => false,
            })
            .copied()
            .collect();
        harm.sort_by(|(x, a), (y, b)| b.strength.total_cmp(&a.strength).then(x.cmp(y)));
        harm
    }
}
