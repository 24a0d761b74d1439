//! The scenarios that ship with the program, and real cases that may lie beside the checkout.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use midwatch::{
    model::{AlarmState, Evidence, Query, SeriesKey, Start, Verdict, Window},
    sources::bundle::{Bundle, BundleSource, Expected, scenario_names, scenarios},
};

use super::open;
use crate::generator;

fn petshop(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/petshop-low")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

#[test]
fn every_shipped_scenario_opens_and_says_what_is_right() {
    let titles = scenarios().unwrap();
    assert!(titles.len() >= 6);
    assert_eq!(
        titles.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        scenario_names()
    );
    for (name, title) in titles {
        let bundle = Bundle::scenario(name).unwrap();
        assert_eq!(bundle.incident().title, title);
        let expected = Expected::scenario(name).unwrap().expect("it says what is right");
        let source = BundleSource::new(bundle);
        let known = |id: &str| inventory(&source).iter().any(|known| known == id);
        let named = expected.causes.iter().flat_map(|cause| &cause.resources);
        for id in named.chain(&expected.forbid.resources) {
            assert!(
                known(id.as_str()),
                "{name} expects something of {id}, which it does not hold"
            );
        }
    }
}

fn inventory(source: &BundleSource) -> Vec<String> {
    match source.answer_now(&Query::Inventory).evidence {
        Some(Evidence::Inventory(resources)) => resources.into_iter().map(|resource| resource.id.0).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn shipped_scenarios_are_as_large_as_incidents_are() {
    for name in scenario_names() {
        let source = BundleSource::new(Bundle::scenario(name).unwrap());
        let incident = source.bundle().incident().clone();
        let window = incident.window;
        assert!(window.seconds() >= 3600, "{name}: {} s", window.seconds());
        assert!(incident.baseline.is_some(), "{name}");
        assert!(inventory(&source).len() >= 12, "{name}");
        let logs = Query::Logs {
            resource: None,
            group: None,
            window,
            filter: None,
            limit: u32::MAX,
        };
        let lines = source.answer_now(&logs).evidence.unwrap().count();
        assert!(lines >= 1500, "{name} has {lines} log lines");
    }
}

#[test]
fn a_scenario_starts_while_its_alarm_fires_and_the_healthy_one_after() {
    for name in scenario_names() {
        let source = BundleSource::new(Bundle::scenario(name).unwrap());
        let incident = source.bundle().incident().clone();
        let Start::Alarm { alarm } = incident.start else {
            panic!("{name}")
        };
        let query = Query::Alarms {
            names: vec![alarm],
            state: None,
            window: incident.window,
        };
        let Some(Evidence::Alarms(alarms)) = source.answer_now(&query).evidence else {
            panic!("{name}")
        };
        let healthy = Expected::scenario(name).unwrap().unwrap().verdict == Verdict::NoFault;
        let state = if healthy {
            AlarmState::Ok
        } else {
            AlarmState::Alarm
        };
        assert_eq!(alarms[0].state_at(incident.at), state, "{name}");
    }
}

#[test]
fn an_unknown_scenario_names_the_known_ones() {
    let error = Bundle::scenario("lambda-test-exception").unwrap_err().to_string();
    assert!(
        error.contains("did you mean 'lambda-test-exceptions'?"),
        "{error}"
    );
    assert!(error.contains("healthy-false-alarm"), "{error}");
}

#[test]
fn the_generator_writes_the_shipped_scenarios_byte_by_byte() {
    let out = tempfile::tempdir().unwrap();
    generator::write(out.path(), None).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    assert_eq!(
        listing(out.path()),
        listing(&shipped),
        "run: cargo run --example scenario -- --out scenarios"
    );
    for name in listing(&shipped) {
        let same = fs::read(out.path().join(&name)).unwrap() == fs::read(shipped.join(&name)).unwrap();
        assert!(
            same,
            "{name} differs; run: cargo run --example scenario -- --out scenarios"
        );
    }
}

fn listing(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        for file in fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            names.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
    names.sort();
    names
}

#[test]
fn petshop_opens_with_its_baseline() {
    let Some(path) = petshop("test-issue_0") else {
        return;
    };
    let source = open(&path);
    let incident = source.bundle().incident().clone();
    let Start::Symptom {
        resource,
        metric,
        stat,
    } = &incident.start
    else {
        panic!("{:?}", incident.start);
    };
    let key = SeriesKey {
        resource: Some(resource.clone()),
        namespace: "PetShop".into(),
        metric: metric.clone(),
        dimensions: BTreeMap::new(),
        stat: stat.clone(),
        unit: None,
        period: 300,
    };
    let points = |window: Window| {
        let query = Query::Metrics {
            series: vec![key.clone()],
            window,
        };
        match source.answer_now(&query).evidence {
            Some(Evidence::Series(series)) => series[0].points.len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(points(incident.window), 5);
    assert!(points(incident.baseline.unwrap()) > 300);
}

#[test]
fn every_petshop_case_opens_within_a_moment() {
    let Some(path) = petshop("baseline") else { return };
    let mut opened = 0;
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("incident.toml").exists() {
            continue;
        }
        let start = Instant::now();
        Bundle::open(&path).unwrap();
        Expected::open(&path).unwrap().unwrap();
        opened += 1;
        // A hundredth of this in release builds; the bound is for a slow machine and an unoptimised build.
        assert!(
            start.elapsed().as_secs() < 10,
            "{}: {:?}",
            path.display(),
            start.elapsed()
        );
    }
    assert_eq!(opened, 27);
}
