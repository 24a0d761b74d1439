//! Frame: the starting point becomes subjects, a symptom, a time.

use jiff::{SignedDuration, Timestamp};

use super::{strangers, subject};
use crate::{
    engine::{state::State, step::Question},
    model::{
        Alarm, AlarmState, Evidence, Gap, GapKind, LogFilter, Preset, Query, Resource, SeriesKey, Start,
        Text, Window,
    },
};

/// How far back the latest alarm is looked for, and how far before the notice the window begins.
const BEFORE: SignedDuration = SignedDuration::from_mins(60);
/// How long after the notice the window ends: long enough to see whether it lasts.
const AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Length of the stretch before the window that serves as a baseline where none was given: three times the window, so that
/// a median over it outvotes an incident that began earlier than it was noticed.
const BASELINE: SignedDuration = SignedDuration::from_mins(180);
/// A day: how far back transitions of alarms are asked for.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The starting point, understood.
#[derive(Debug, Clone)]
pub struct Framed {
    /// The resources that show the symptom; empty when the starting point names none that is known.
    pub subjects: Vec<Resource>,
    /// The series that shows the symptom, where it is known already.
    pub series: Option<SeriesKey>,
    /// What is wrong, in a few words.
    pub symptom: Text,
    /// When it was noticed.
    pub at: Timestamp,
    /// The stretch of time to look at.
    pub window: Window,
    /// The normal stretch of time to compare with.
    pub baseline: Window,
    /// What the starting point names and nobody knows.
    pub gaps: Vec<Gap>,
}

/// Questions that must be answered before the starting point can be understood; empty when nothing is left to ask.
pub fn questions(state: &State, start: &Start) -> Vec<Question> {
    let noticed = state.noticed();
    let recent = Window::new(minus(noticed, DAY), plus(noticed, AFTER));
    let mut questions = vec![Question::new(Query::Identity, "account and region")];
    let alarms = |names: Vec<String>, only: Option<AlarmState>| Query::Alarms {
        names,
        state: only,
        window: recent,
    };
    match start {
        Start::Alarm { alarm } => questions.push(Question::new(
            alarms(vec![alarm.clone()], None),
            "what the alarm watches, and when it fired",
        )),
        Start::Preset {
            preset: Preset::LatestAlarm,
        } => questions.push(Question::new(
            alarms(Vec::new(), Some(AlarmState::Alarm)),
            "which alarm fired last",
        )),
        _ => questions.push(Question::new(alarms(Vec::new(), None), "which alarms are near")),
    }
    questions.push(Question::new(Query::Inventory, "which resources there are"));
    questions.push(Question::new(Query::Relations, "who depends on whom"));
    if let Start::Preset { preset } = start {
        questions.extend(preset_catalogue(*preset));
    }
    let unasked = |questions: Vec<Question>| -> Vec<Question> {
        questions
            .into_iter()
            .filter(|question| !state.was_asked(&question.query))
            .collect()
    };
    let first = unasked(questions);
    if !first.is_empty() {
        return first;
    }
    unasked(second_round(state, start))
}

fn preset_catalogue(preset: Preset) -> Vec<Question> {
    let metrics: &[&str] = match preset {
        Preset::LatestAlarm => &[],
        Preset::HighCpu => &["CPUUtilization"],
        Preset::ErrorSpike => &subject::ERROR_METRICS,
    };
    let ask = |metric: &&str| {
        Question::new(
            Query::Catalogue {
                resource: None,
                namespace: None,
                metric: Some((*metric).to_owned()),
            },
            "who has such a metric",
        )
    };
    metrics.iter().map(ask).collect()
}

fn second_round(state: &State, start: &Start) -> Vec<Question> {
    let (window, baseline) = windows(state, state.noticed());
    match start {
        Start::Preset { preset } if *preset != Preset::LatestAlarm => {
            let series = subject::listed(state);
            if series.is_empty() {
                return Vec::new();
            }
            vec![
                Question::new(
                    Query::Metrics {
                        series: series.clone(),
                        window,
                    },
                    "who stands out",
                ),
                Question::new(
                    Query::Metrics {
                        series,
                        window: baseline,
                    },
                    "what is usual",
                ),
            ]
        }
        Start::Text { text } if subject::named(state, text).is_empty() => subject::telling_words(text)
            .map(|words| {
                Question::new(
                    Query::Logs {
                        resource: None,
                        group: None,
                        window,
                        filter: Some(LogFilter { any: vec![words] }),
                        limit: 200,
                    },
                    "who writes such lines",
                )
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// The starting point, understood as far as the answers allow.
pub fn understood(state: &State) -> Option<Framed> {
    let created = state.created()?;
    let mut framed = match &created.start {
        Start::Alarm { alarm } => from_alarm(state, find_alarm(state, alarm), alarm),
        Start::Symptom {
            resource,
            metric,
            stat,
        } => from_symptom(state, resource, metric, stat),
        Start::Text { text } => from_words(state, text),
        Start::Event { event } => from_words(state, &event.to_string()),
        Start::Preset {
            preset: Preset::LatestAlarm,
        } => match subject::latest(state) {
            Some(alarm) => from_alarm(state, Some(alarm), &alarm.name),
            None => unknown(
                state,
                Text::from("the latest alarm"),
                "no alarm is firing, and none has fired within a day",
                "start from a resource or a sentence instead",
            ),
        },
        Start::Preset { preset } => from_preset(state, *preset),
    };
    framed.gaps.extend(strangers::gaps(state, &created.start));
    for id in &state.wishes.focus {
        if !framed.subjects.iter().any(|subject| subject.id == *id) {
            framed.subjects.push(state.known.resource(id));
        }
    }
    Some(framed)
}

fn windows(state: &State, at: Timestamp) -> (Window, Window) {
    let created = state.created();
    let given = state
        .wishes
        .window
        .or_else(|| created.and_then(|created| created.window));
    let around = || Window::new(minus(at, BEFORE), plus(at, AFTER));
    // A recording holds nothing beyond its own window, so that is what is looked at.
    let recorded = state.occasion.filter(|occasion| occasion.window.contains(at));
    let window = given.unwrap_or_else(|| recorded.map_or_else(around, |occasion| occasion.window));
    let baseline = created
        .and_then(|created| created.baseline)
        .or_else(|| recorded.and_then(|occasion| occasion.baseline))
        .unwrap_or_else(|| Window::new(minus(window.from, BASELINE), window.from));
    (window, baseline)
}

fn framed(
    state: &State,
    subjects: Vec<Resource>,
    series: Option<SeriesKey>,
    symptom: Text,
    at: Timestamp,
) -> Framed {
    let (window, baseline) = windows(state, at);
    Framed {
        subjects,
        series,
        symptom,
        at,
        window,
        baseline,
        gaps: Vec::new(),
    }
}

fn unknown(state: &State, what: Text, why: &str, hint: &str) -> Framed {
    let gap = Gap {
        kind: GapKind::NotFound,
        what: what.clone(),
        resource: None,
        why: why.into(),
        hint: Some(hint.into()),
    };
    Framed {
        gaps: vec![gap],
        ..framed(state, Vec::new(), None, what, state.noticed())
    }
}

fn find_alarm<'a>(state: &'a State, name: &str) -> Option<&'a Alarm> {
    alarms(state).find(|alarm| alarm.name == name || alarm.arn.as_deref() == Some(name))
}

/// All alarms in the evidence, in the order of the answers.
pub fn alarms(state: &State) -> impl Iterator<Item = &Alarm> {
    state
        .found(|query| matches!(query, Query::Alarms { .. }))
        .flat_map(|(_, _, evidence)| match evidence {
            Evidence::Alarms(alarms) => alarms.as_slice(),
            _ => &[],
        })
}

fn from_alarm(state: &State, alarm: Option<&Alarm>, name: &str) -> Framed {
    let Some(alarm) = alarm else {
        let answered = state
            .found(|query| matches!(query, Query::Alarms { .. }))
            .next()
            .is_some();
        if !answered {
            // The gap of the question itself says why; that there is no such alarm is not known.
            return framed(
                state,
                Vec::new(),
                None,
                Text::from("alarm ").ext(name),
                state.noticed(),
            );
        }
        return unknown(
            state,
            Text::from("alarm ").ext(name),
            "there is no alarm of that name in this account and region",
            "check the name, and the region with --region",
        );
    };
    let fired = alarm.fired(state.noticed());
    let given = state.created().and_then(|created| created.at);
    // The alarm's own clock is more exact than the operator's, unless the operator speaks of another time.
    let at = match (given, fired) {
        (Some(given), Some(fired)) if given.duration_since(fired.at).abs() > BEFORE => given,
        (_, Some(fired)) => fired.at,
        (Some(given), None) => given,
        (None, None) => state.noticed(),
    };
    let subject = subject::of_alarm(state, alarm);
    let mut series = alarm.series();
    series.resource = Some(subject.id.clone());
    let symptom = Text::new()
        .ext(alarm.metric.clone())
        .own(" of ")
        .ext(subject.name.clone())
        .own(format!(" ({} {} ", alarm.stat, alarm.comparison.sign()))
        .own(format!("{})", crate::engine::wording::number(alarm.threshold)));
    framed(state, vec![subject], Some(series), symptom, at)
}

fn from_symptom(state: &State, resource: &crate::model::ResourceId, metric: &str, stat: &str) -> Framed {
    let subject = state.known.resource(resource);
    let symptom = Text::new()
        .ext(metric)
        .own(" of ")
        .ext(subject.name.clone())
        .own(" (")
        .ext(stat)
        .own(")");
    // The period and the dimensions are the catalogue's to say; look settles them.
    let series = SeriesKey {
        resource: Some(subject.id.clone()),
        namespace: String::new(),
        metric: metric.to_owned(),
        dimensions: std::collections::BTreeMap::default(),
        stat: stat.to_owned(),
        unit: None,
        period: 60,
    };
    framed(state, vec![subject], Some(series), symptom, state.noticed())
}

fn from_words(state: &State, words: &str) -> Framed {
    if let Some(alarm) = subject::alarm_named(state, words) {
        return from_alarm(state, Some(alarm), &alarm.name);
    }
    let mut subjects = subject::named(state, words);
    if subjects.is_empty() {
        subjects = subject::writers(state);
    }
    if subjects.is_empty() {
        return unknown(
            state,
            Text::from("\"")
                .ext(words.chars().take(80).collect::<String>())
                .own("\""),
            "the words name no alarm and no resource that can be seen here",
            "name a resource or an alarm as AWS spells it, or paste a log line",
        );
    }
    let mut symptom = Text::from("trouble with ");
    for (index, subject) in subjects.iter().enumerate() {
        symptom = symptom
            .own(if index == 0 { "" } else { ", " })
            .ext(subject.name.clone());
    }
    let at = subject::time_in(words, state.noticed()).unwrap_or_else(|| state.noticed());
    framed(state, subjects, None, symptom, at)
}

fn from_preset(state: &State, preset: Preset) -> Framed {
    match subject::standing_out(state, preset) {
        Some(series) => {
            let id = series.resource.clone().unwrap_or_else(|| "unknown".into());
            let subject = match state.known.resources.get(&id) {
                Some(known) => known.clone(),
                None => match crate::sources::aws::naming::measured(&series.namespace, &series.dimensions) {
                    // It is called as the evidence calls it, with its place where that is another one.
                    Some(measured) => Resource { id, ..measured },
                    None => state.known.resource(&id),
                },
            };
            let symptom = Text::new()
                .ext(series.metric.clone())
                .own(" of ")
                .ext(subject.name.clone());
            framed(state, vec![subject], Some(series), symptom, state.noticed())
        }
        None => unknown(
            state,
            preset.title().into(),
            "no resource that can be seen here has such a metric",
            "start from an alarm or a resource instead",
        ),
    }
}

fn minus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(at)
}

fn plus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}
