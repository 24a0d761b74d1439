//! The benchmark's cases, as the generator writes them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use midwatch::{
    model::{Alarm, AlarmState, Evidence, Query, Resource, ResourceId, SeriesKey, Start, Verdict, Window},
    sources::bundle::{Bundle, BundleSource, Expected},
};

use crate::generator;

/// The set, written once for all tests; a static is never dropped, so it lies where `cargo clean` finds it.
static SET: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-set");
    if out.exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    generator::write_bench(&out, None).unwrap();
    out
});

/// The folder that holds the set.
pub fn folder() -> &'static Path {
    &SET
}

const VARIANTS: [&str; 6] = ["plain", "herring", "missing", "noisy", "two", "slow"];

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

struct Case {
    name: String,
    source: BundleSource,
    expected: Expected,
}

/// All cases, opened once for all tests of this file.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let opened = folders().into_iter().map(|folder| Case {
        name: name(&folder),
        source: BundleSource::new(Bundle::open(&folder).unwrap()),
        expected: Expected::open(&folder).unwrap().expect("it says what is right"),
    });
    opened.collect()
});

fn cases() -> std::slice::Iter<'static, Case> {
    CASES.iter()
}

impl Case {
    fn inventory(&self) -> Vec<Resource> {
        match self.source.answer_now(&Query::Inventory).evidence {
            Some(Evidence::Inventory(resources)) => resources,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn alarm(&self) -> Option<Alarm> {
        let incident = self.source.bundle().incident();
        let Start::Alarm { alarm } = &incident.start else {
            return None;
        };
        let query = Query::Alarms {
            names: vec![alarm.clone()],
            state: None,
            window: incident.window,
        };
        match self.source.answer_now(&query).evidence {
            Some(Evidence::Alarms(alarms)) => Some(alarms.into_iter().next().expect("the alarm is there")),
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn points(&self, key: &SeriesKey, window: Window) -> Vec<(i64, f64)> {
        let query = Query::Metrics {
            series: vec![key.clone()],
            window,
        };
        match self.source.answer_now(&query).evidence {
            Some(Evidence::Series(series)) => series[0].points.clone(),
            other => panic!("{}: {other:?}", self.name),
        }
    }
}

#[test]
fn the_set_is_large_and_every_family_has_all_its_variants() {
    let names: BTreeSet<String> = folders().iter().map(|folder| name(folder)).collect();
    assert!(names.len() >= 120, "{}", names.len());
    let of = |word: &str| names.iter().filter(|name| name.starts_with(word)).count();
    assert!(of("control-") >= 20);
    assert!(of("doubt-") >= 6);
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        if let Some((family, variant)) = name.rsplit_once('-')
            && VARIANTS.contains(&variant)
        {
            *families.entry(family).or_default() += 1;
        }
    }
    assert!(families.len() >= 44, "{}", families.len());
    for (family, variants) in families {
        assert_eq!(variants, VARIANTS.len(), "{family}");
    }
}

#[test]
fn every_case_opens_and_expects_what_it_holds() {
    for case in cases() {
        let known: BTreeSet<String> = case
            .inventory()
            .into_iter()
            .map(|resource| resource.id.0)
            .collect();
        assert!(known.len() >= 10, "{} has {} resources", case.name, known.len());
        let right: BTreeSet<&str> = case
            .expected
            .causes
            .iter()
            .flat_map(|cause| &cause.resources)
            .map(ResourceId::as_str)
            .collect();
        for id in right
            .iter()
            .copied()
            .chain(case.expected.forbid.resources.iter().map(ResourceId::as_str))
        {
            assert!(known.contains(id), "{} expects something of {id}", case.name);
        }
        for id in &case.expected.forbid.resources {
            assert!(
                !right.contains(id.as_str()),
                "{}: {id} is right and wrong",
                case.name
            );
        }
        let verdict = match case.name.split('-').next() {
            Some("control") => Verdict::NoFault,
            Some("doubt") => Verdict::Inconclusive,
            _ => Verdict::Cause,
        };
        assert_eq!(case.expected.verdict, verdict, "{}", case.name);
        assert_eq!(
            case.expected.causes.is_empty(),
            verdict != Verdict::Cause,
            "{}",
            case.name
        );
        assert_eq!(case.expected.all, case.name.ends_with("-two"), "{}", case.name);
    }
}

#[test]
fn every_case_starts_within_its_window_while_or_soon_after_its_alarm_fires() {
    for case in cases() {
        let incident = case.source.bundle().incident().clone();
        assert!(incident.window.contains(incident.at), "{}", case.name);
        let Some(alarm) = case.alarm() else {
            if let Start::Symptom { resource, .. } = &incident.start {
                assert!(
                    case.inventory().iter().any(|known| known.id == *resource),
                    "{}",
                    case.name
                );
            }
            continue;
        };
        let fired = alarm.fired(incident.at).expect("it fires");
        assert!(incident.window.contains(fired.at), "{}: {}", case.name, fired.at);
        assert!(fired.at <= incident.at, "{}", case.name);
        if case.expected.verdict == Verdict::Cause {
            assert_eq!(alarm.state_at(incident.at), AlarmState::Alarm, "{}", case.name);
        }
    }
}

/// Share of the window's data outside what the normal period holds, with a little room around it.
fn outside(normal: &[(i64, f64)], now: &[(i64, f64)]) -> usize {
    let low = normal.iter().map(|(_, value)| *value).fold(f64::MAX, f64::min);
    let high = normal.iter().map(|(_, value)| *value).fold(f64::MIN, f64::max);
    let room = (high - low) * 0.35 + high.abs() * 0.02 + 1e-9;
    now.iter()
        .filter(|(_, value)| *value < low - room || *value > high + room)
        .count()
}

#[test]
fn the_symptom_of_a_control_is_complete_and_as_in_the_normal_period() {
    for case in cases().filter(|case| case.expected.verdict == Verdict::NoFault) {
        let incident = case.source.bundle().incident().clone();
        let Some(alarm) = case.alarm() else { continue };
        let normal = case.points(&alarm.series(), incident.baseline.unwrap());
        let now = case.points(&alarm.series(), incident.window);
        // Throttles of a table have data only where there are some.
        if alarm.namespace != "AWS/DynamoDB" {
            assert!(now.len() >= 86, "{}: {} of 90 data", case.name, now.len());
            assert!(normal.len() >= 114, "{}: {} of 120 data", case.name, normal.len());
        }
        let odd = outside(&normal, &now);
        assert!(odd <= 2, "{}: {odd} odd data", case.name);
    }
}

#[test]
fn cases_are_small() {
    for folder in folders() {
        let size: u64 = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert!(size < 300_000, "{}: {size} bytes", name(&folder));
    }
}

#[test]
fn two_runs_write_the_same_bytes() {
    for only in [
        "sqs-policy-denied",
        "control-scanner",
        "doubt-capture-ended",
        "zone-lost-two",
    ] {
        let again = tempfile::tempdir().unwrap();
        assert!(
            generator::write_bench(again.path(), Some(only)).unwrap() > 0,
            "{only}"
        );
        for folder in fs::read_dir(again.path()).unwrap() {
            let folder = folder.unwrap().path();
            for file in fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path();
                let first = SET.join(name(&folder)).join(file.file_name().unwrap());
                assert!(
                    fs::read(&file).unwrap() == fs::read(&first).unwrap(),
                    "{}",
                    file.display()
                );
            }
        }
    }
}
