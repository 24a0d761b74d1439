//! Who a starting point speaks of.

use jiff::Timestamp;

use super::frame::alarms;
use crate::{
    engine::state::State,
    model::{Alarm, AlarmState, Evidence, Preset, Query, Resource, ResourceId, Series, SeriesKey},
    sources::aws::naming,
};

/// Metrics that count errors, in the order in which they are asked for.
pub const ERROR_METRICS: [&str; 6] = [
    "Errors",
    "5XXError",
    "5xxErrors",
    "HTTPCode_Target_5XX_Count",
    "HTTPCode_ELB_5XX_Count",
    "SystemErrors",
];

/// The resource that an alarm watches.
pub fn of_alarm(state: &State, alarm: &Alarm) -> Resource {
    if let Some(known) = alarm
        .resource
        .as_ref()
        .and_then(|id| state.known.resources.get(id))
    {
        return known.clone();
    }
    if alarm.namespace == naming::INSIGHTS
        && let Some(known) = state
            .known
            .resources
            .values()
            .find(|resource| naming::is_measured_inside(resource, &alarm.dimensions))
    {
        return known.clone();
    }
    // A namesake in another account or region is not meant.
    let place = alarm.resource.as_ref().and_then(|id| id.split().1);
    let by_dimension = alarm.dimensions.values().find_map(|value| {
        let mut known = state.known.resources.values();
        known.find(|resource| {
            let (id, at) = resource.id.split();
            at == place && (id.as_str() == value || resource.plain_name() == value)
        })
    });
    if let Some(known) = by_dimension {
        return known.clone();
    }
    if let Some(mut measured) = naming::measured(&alarm.namespace, &alarm.dimensions) {
        if let Some(place) = &place {
            measured.id = measured.id.at(place);
        }
        return measured;
    }
    let id = alarm.resource.clone().or_else(|| {
        alarm
            .dimensions
            .values()
            .next()
            .map(|value| ResourceId::from(value.as_str()))
    });
    let id = id.unwrap_or_else(|| ResourceId(format!("alarm:{}", alarm.name)));
    state.known.resource(&id)
}

/// The alarm that fired last, of those that are in the evidence; equal times in order of name.
pub fn latest(state: &State) -> Option<&Alarm> {
    let fired = |alarm: &Alarm| {
        let to_alarm = alarm.transitions.iter().rev().find(|t| t.to == AlarmState::Alarm);
        to_alarm.map(|transition| transition.at)
    };
    alarms(state)
        .filter(|alarm| fired(alarm).is_some())
        .max_by(|a, b| fired(a).cmp(&fired(b)).then_with(|| b.name.cmp(&a.name)))
}

/// The alarm that words name, the longest name first; of namesakes in several places the one whose ARN is named too.
pub fn alarm_named<'a>(state: &'a State, words: &str) -> Option<&'a Alarm> {
    let by_arn = |alarm: &Alarm| alarm.arn.as_ref().is_some_and(|arn| is_word_in(arn, words));
    let mut named: Vec<&Alarm> = alarms(state)
        .filter(|alarm| is_word_in(&alarm.name, words))
        .collect();
    let order = |a: &&Alarm, b: &&Alarm| b.name.len().cmp(&a.name.len()).then_with(|| a.name.cmp(&b.name));
    named.sort_by(|a, b| order(a, b).then_with(|| by_arn(b).cmp(&by_arn(a))));
    named.first().copied()
}

/// Resources that words name, longest names first; a name within a longer one that was found does not count.
pub fn named(state: &State, words: &str) -> Vec<Resource> {
    let mut rest = words.to_owned();
    let mut names: Vec<(&str, &Resource)> = state
        .known
        .resources
        .values()
        .flat_map(|resource| {
            let arn = resource.arn.as_deref();
            [Some(resource.id.as_str()), Some(resource.name.as_str()), arn]
                .into_iter()
                .flatten()
                .map(move |name| (name, resource))
        })
        .filter(|(name, resource)| name.len() >= 3 && !resource.is_container())
        .collect();
    names.sort_by(|(a, x), (b, y)| {
        b.len()
            .cmp(&a.len())
            .then_with(|| a.cmp(b))
            .then_with(|| x.id.cmp(&y.id))
    });
    let mut found: Vec<Resource> = Vec::new();
    for (name, resource) in names {
        if is_word_in(name, &rest) {
            rest = rest.replace(name, " ");
            if !found.iter().any(|known| known.id == resource.id) {
                found.push(resource.clone());
            }
        }
    }
    found.extend(begun(state, &rest, &found));
    found
}

/// Resources that people call by the beginning of their name (`orders` or `shop-front` for `shop-front-alb`): of those with
/// that beginning the ones that no other of them acts on, where their trouble shows.
fn begun(state: &State, words: &str, exact: &[Resource]) -> Vec<Resource> {
    let is_end = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'));
    let mut found: Vec<Resource> = Vec::new();
    for word in words
        .split(is_end)
        .filter(|word| word.len() >= SHORTEST_BEGINNING)
    {
        // A plain word of the language is a name only where nothing else is one.
        let is_name = word.contains(['-', '_']) || exact.is_empty();
        if !is_name || COMMON.contains(&word.to_lowercase().as_str()) {
            continue;
        }
        let begins = |name: &str| {
            name.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with(['-', '_', '.', '/']))
        };
        let alike: Vec<&Resource> = state
            .known
            .resources
            .values()
            .filter(|resource| !resource.is_container() && begins(&resource.name))
            .collect();
        let ids: std::collections::BTreeSet<&ResourceId> =
            alike.iter().map(|resource| &resource.id).collect();
        let acted_on = |id: &ResourceId| {
            let above = state.known.topology.upstream(id);
            above.into_iter().any(|other| ids.contains(other))
        };
        let front = alike.iter().filter(|resource| !acted_on(&resource.id));
        for resource in front.take(FRONT) {
            if !found.iter().any(|known| known.id == resource.id) {
                found.push((*resource).clone());
            }
        }
    }
    found
}

/// Shorter beginnings fit too many names.
const SHORTEST_BEGINNING: usize = 5;
/// Resources taken for one beginning of a name: a system has few fronts.
const FRONT: usize = 4;
/// Words of trouble that are no names, though names may begin with them.
const COMMON: [&str; 16] = [
    "error", "errors", "alarm", "alert", "latency", "service", "services", "since", "slow", "fails",
    "failing", "timeout", "queue", "table", "function", "deploy",
];

/// True when `name` stands in `words` as a word of its own, case ignored: not as a part of a longer name.
fn is_word_in(name: &str, words: &str) -> bool {
    let (name, words) = (name.to_lowercase(), words.to_lowercase());
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    words.match_indices(&name).any(|(start, found)| {
        let before = words.get(..start).and_then(|text| text.chars().next_back());
        let after = words
            .get(start + found.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}

/// The stretch of a pasted log line that is most likely to stand in other lines as it is: the longest run of words without
/// digits and quotes, at most 60 characters. None when there is none of at least 12.
pub fn telling_words(text: &str) -> Option<String> {
    let is_fixed = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | '_' | '-');
    text.split(|c: char| !is_fixed(c))
        .map(str::trim)
        .filter(|run| run.chars().count() >= 12)
        .max_by_key(|run| run.chars().count())
        .map(|run| run.chars().take(60).collect::<String>().trim_end().to_owned())
}

/// Resources that wrote the lines found for pasted words; most lines first, equal counts in order of id.
pub fn writers(state: &State) -> Vec<Resource> {
    let mut counts: std::collections::BTreeMap<ResourceId, usize> = std::collections::BTreeMap::new();
    for (_, _, evidence) in state.found(|query| matches!(query, Query::Logs { resource: None, .. })) {
        if let Evidence::Logs(page) = evidence {
            for line in &page.lines {
                let by_group = || naming::writer(&line.group);
                if let Some(id) = line.resource.clone().or_else(by_group) {
                    *counts.entry(id).or_default() += 1;
                }
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    counts
        .iter()
        .take(1)
        .map(|(id, _)| state.known.resource(id))
        .collect()
}

/// The first time that words name, where they name one.
pub fn time_in(words: &str, now: Timestamp) -> Option<Timestamp> {
    crate::model::when::find(words, now)
}

/// Series that the catalogue lists for a preset, in order, at most one statistic a metric and resource.
pub fn listed(state: &State) -> Vec<SeriesKey> {
    let mut keys: Vec<SeriesKey> = state
        .found(|query| matches!(query, Query::Catalogue { resource: None, .. }))
        .flat_map(|(_, _, evidence)| match evidence {
            Evidence::Catalogue(keys) => keys.as_slice(),
            _ => &[],
        })
        .filter(|key| key.resource.is_some())
        .cloned()
        .collect();
    keys.sort();
    keys.dedup_by(|a, b| a.resource == b.resource && a.metric == b.metric && a.dimensions == b.dimensions);
    // One GetMetricData call answers 500; more would only serve to find the same outlier.
    keys.truncate(500);
    keys
}

/// The series that stands out for a preset: the hottest for CPU, the steepest rise for errors.
pub fn standing_out(state: &State, preset: Preset) -> Option<SeriesKey> {
    let keys = listed(state);
    let mut answers = state
        .found(move |query| matches!(query, Query::Metrics { series, .. } if *series == keys))
        .filter_map(|(_, _, evidence)| match evidence {
            Evidence::Series(series) => Some(series.as_slice()),
            _ => None,
        });
    let now = answers.next()?;
    let usual = answers.next().unwrap_or(&[]);
    let high = |series: &Series| match preset {
        Preset::HighCpu => upper(series),
        _ => total(series),
    };
    let score = |series: &Series| {
        let before = usual.iter().find(|before| before.key == series.key);
        match preset {
            Preset::HighCpu => high(series),
            _ => high(series) - before.map_or(0.0, high),
        }
    };
    let mut ranked: Vec<(f64, &SeriesKey)> = now
        .iter()
        .filter(|series| !series.points.is_empty())
        .map(|series| (score(series), &series.key))
        .collect();
    ranked.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
    let (best, _) = ranked.first()?;
    let alike: Vec<&SeriesKey> = ranked
        .iter()
        .filter(|(score, _)| *score >= ALIKE * best)
        .map(|(_, key)| *key)
        .collect();
    // Of those that stand out alike, the one that the others merely pass on.
    let passes_on = |key: &SeriesKey| {
        let below = key
            .resource
            .as_ref()
            .map(|id| state.known.topology.dependencies(id))
            .unwrap_or_default();
        alike
            .iter()
            .any(|other| other.resource.as_ref().is_some_and(|id| below.contains(&id)))
    };
    let origin = alike.iter().find(|key| !passes_on(key)).or_else(|| alike.first());
    origin.map(|key| (*key).clone())
}

/// Scores within a tenth of the best stand out alike.
const ALIKE: f64 = 0.9;

fn total(series: &Series) -> f64 {
    series.points.iter().map(|(_, value)| value).sum()
}

/// The third quarter of the values: high for long, not for a moment.
fn upper(series: &Series) -> f64 {
    let mut values: Vec<f64> = series.points.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 3 / 4).copied().unwrap_or(0.0)
}
