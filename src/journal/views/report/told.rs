//! What the reports tell beyond the summary, derived from the folded view alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize as _;

use crate::{
    journal::{Body, body::Payload, views::Investigation},
    model::{
        Cause, Direction, Evidence, Hypothesis, Observation, Observed, Resource, ResourceId, SeriesKey, Text,
        measured,
    },
};

/// Names of resources, as far as a question named them; ids otherwise.
pub(super) struct Names<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    pub(super) fn of(view: &'a Investigation) -> Self {
        let asked = view.queries.values().filter_map(|asked| asked.query.resource());
        let inline = view.answers.values().find_map(|(_, answered)| {
            let Payload::Inline(value) = &answered.data else {
                return None;
            };
            value.get("is")?.as_str().filter(|is| *is == "inventory")?;
            value.get("data")?.as_array()
        });
        let listed = inline
            .into_iter()
            .flatten()
            .filter_map(|resource| Some((resource.get("id")?.as_str()?, resource.get("name")?.as_str()?)));
        let asked = asked.map(|Resource { id, name, .. }| (id.as_str(), name.as_str()));
        Self(listed.chain(asked).collect())
    }

    pub(super) fn get(&self, id: &'a ResourceId) -> &'a str {
        let name = self.0.get(id.as_str()).copied();
        name.filter(|name| !name.is_empty()).unwrap_or(id.as_str())
    }
}

/// The observation that reads the symptom: that of the series that shows it, else the plainest shift of a subject.
pub(super) fn symptom(view: &Investigation) -> Option<(u64, &Observation)> {
    let plan = view.plan.as_ref()?;
    let all = || {
        view.observations
            .iter()
            .map(|(seq, observed)| (*seq, &observed.observation))
    };
    let reads = |observation: &Observation| match &observation.fact {
        Observed::MetricShift { series, .. }
        | Observed::MetricNormal { series, .. }
        | Observed::MetricMissing { series, .. } => plan
            .series
            .as_ref()
            .is_some_and(|symptom| is_same(symptom, series)),
        _ => false,
    };
    if plan.series.is_some() {
        return all().rfind(|(_, observation)| reads(observation));
    }
    let on_subject = |observation: &Observation| {
        let subject = observation.resource.as_ref();
        subject.is_some_and(|id| plan.subjects.contains(id))
    };
    let rank = |observation: &Observation| match observation.fact {
        Observed::MetricShift { .. } if observation.notable => 2.0 + observation.strength,
        Observed::MetricShift { .. } => 1.0 + observation.strength,
        Observed::MetricNormal { .. } => 0.5,
        _ => 0.0,
    };
    all()
        .filter(|(_, observation)| on_subject(observation) && rank(observation) > 0.0)
        .max_by(|(x, a), (y, b)| rank(a).total_cmp(&rank(b)).then(y.cmp(x)))
}

/// The same series, though one of the keys may lack what the other was completed with.
pub(super) fn is_same(a: &SeriesKey, b: &SeriesKey) -> bool {
    let loose = a.namespace.is_empty() || b.namespace.is_empty();
    a.metric == b.metric
        && a.stat == b.stat
        && (loose || (a.namespace == b.namespace && a.dimensions == b.dimensions))
        && (a.resource.is_none() || b.resource.is_none() || a.resource == b.resource)
}

/// Account and region: as they were given, else as the credentials' own answer says.
pub fn place(view: &Investigation) -> (Option<String>, Option<String>) {
    let given = view.created.as_ref();
    let identity = view.answers.values().find_map(|(_, answered)| {
        let Payload::Inline(value) = &answered.data else {
            return None;
        };
        match Evidence::deserialize(value) {
            Ok(Evidence::Identity(identity)) => Some(identity),
            _ => None,
        }
    });
    let identity = identity.unwrap_or_default();
    if !identity.places.is_empty() {
        // A space knows where it is at home, whatever it was asked about.
        return (identity.account, identity.region);
    }
    (
        given
            .and_then(|created| created.account.clone())
            .or(identity.account),
        given
            .and_then(|created| created.region.clone())
            .or(identity.region),
    )
}

/// A series that left its level.
#[derive(Clone, Copy)]
pub(super) struct Move<'a> {
    pub(super) record: u64,
    pub(super) series: &'a SeriesKey,
    pub(super) direction: Direction,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) peak: f64,
    pub(super) since: Option<Timestamp>,
    /// True where there was no history: `before` is then the alarm's threshold.
    pub(super) bare: bool,
}

impl<'a> Move<'a> {
    pub(super) fn of(record: u64, observation: &'a Observation) -> Option<Self> {
        let Observed::MetricShift {
            series,
            direction,
            before,
            after,
            peak,
            score,
            ..
        } = &observation.fact
        else {
            return None;
        };
        Some(Self {
            record,
            series,
            direction: *direction,
            before: *before,
            after: *after,
            peak: *peak,
            since: observation.at,
            // A shift against a history is at least some spreads away.
            bare: *score == 0.0,
        })
    }

    pub(super) fn value(&self, value: f64) -> String {
        measured(value, self.series.unit.as_deref())
    }

    /// The usual level, in words.
    pub(super) fn usual(&self) -> String {
        if self.bare {
            format!("no history (alarm at {})", self.value(self.before))
        } else if self.before != 0.0 && self.before.abs() < 0.01 * self.after.abs() {
            "about 0".to_owned()
        } else {
            self.value(self.before)
        }
    }

    /// Where the series has to be back: within a tenth of the way, or within its alarm's threshold.
    pub(super) fn bound(&self) -> f64 {
        if self.bare {
            self.before
        } else {
            self.before + (self.after - self.before) / 10.0
        }
    }

    /// `Errors (Sum) of order-intake`.
    pub(super) fn what(&self, names: &Names<'a>) -> Text {
        let text = Text::new().ext(self.series.metric.clone()).own(" (");
        let text = text.ext(self.series.stat.clone()).own(")");
        match &self.series.resource {
            Some(id) => text.own(" of ").ext(names.get(id)),
            None => text,
        }
    }
}

/// Something that suffers.
pub(super) struct Harm<'a> {
    pub(super) record: Option<u64>,
    pub(super) resource: Option<&'a ResourceId>,
    /// What it is in this incident.
    pub(super) role: &'static str,
    pub(super) moved: Option<Move<'a>>,
    pub(super) text: &'a Text,
}

/// What suffers: the symptom first, then what the summary names.
pub(super) fn harms(view: &Investigation) -> Vec<Harm<'_>> {
    let Some(summary) = &view.summary else {
        return Vec::new();
    };
    let role = |id: Option<&ResourceId>| {
        let is_subject = |plan: &crate::journal::body::Plan| id.is_some_and(|id| plan.subjects.contains(id));
        if summary.causes.iter().any(|cause| Some(&cause.resource) == id) {
            "where the cause is"
        } else if view.plan.as_ref().is_some_and(is_subject) {
            "the symptom"
        } else {
            "downstream"
        }
    };
    let mut harms = Vec::new();
    if let Some((record, observation)) = symptom(view)
        && let Some(moved) = Move::of(record, observation)
    {
        harms.push(Harm {
            record: Some(record),
            resource: observation.resource.as_ref(),
            role: "the symptom",
            moved: Some(moved),
            text: &observation.text,
        });
    }
    for impact in &summary.impact {
        let found = view.observations.iter().find(|(_, observed)| {
            let observation = &observed.observation;
            observation.resource.as_ref() == Some(&impact.resource) && observation.text == impact.how
        });
        let record = found.map(|(seq, _)| *seq);
        if record.is_some() && harms.iter().any(|known: &Harm<'_>| known.record == record) {
            continue;
        }
        harms.push(Harm {
            record,
            resource: Some(&impact.resource),
            role: role(Some(&impact.resource)),
            moved: found.and_then(|(seq, observed)| Move::of(*seq, &observed.observation)),
            text: &impact.how,
        });
    }
    harms
}

/// The hypothesis that became this cause, as it stands at the end.
pub(super) fn hypothesis<'a>(view: &'a Investigation, cause: &Cause) -> Option<&'a Hypothesis> {
    let all = view.summary.iter().flat_map(|summary| &summary.hypotheses);
    all.into_iter()
        .find(|one| one.pattern == cause.pattern && one.resource == cause.resource)
}

/// The fact behind a record: its own sentence, or that of the observation that a finding tells.
pub(super) fn observation(view: &Investigation, record: u64) -> Option<&Observation> {
    if let Some(observed) = view.observations.get(&record) {
        return Some(&observed.observation);
    }
    match view.entry(record).and_then(|entry| entry.body.as_ref()) {
        Some(Body::Finding(finding)) => view
            .observations
            .get(&finding.observation)
            .map(|observed| &observed.observation),
        _ => None,
    }
}

/// Seconds by which the onset of a metric's shift may lie later than it is told.
pub(super) fn within(view: &Investigation, record: u64) -> Option<u32> {
    let observation = observation(view, record)?;
    matches!(observation.fact, Observed::MetricShift { .. }).then_some(observation.error)
}
