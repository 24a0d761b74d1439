//! Incident bundles: what opens, what it answers, what is refused and how.

use std::{
    fs,
    path::{Path, PathBuf},
};

use midwatch::{
    model::{Answer, Evidence, LogFilter, Query, SeriesKey, Start, Window},
    sources::bundle::{Bundle, BundleSource, Expected, scenario_names},
};

#[path = "../../examples/scenario/generator/mod.rs"]
mod generator;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/bundles")
        .join(name)
}

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

/// Every question that matters, asked of a bundle over its own window and its baseline.
fn questions(source: &BundleSource) -> Vec<Query> {
    let incident = source.bundle().incident().clone();
    let mut queries = vec![Query::Identity, Query::Inventory, Query::Relations];
    let Some(Evidence::Inventory(resources)) = source.answer_now(&Query::Inventory).evidence else {
        panic!("no inventory");
    };
    let catalogue = Query::Catalogue {
        resource: None,
        namespace: None,
        metric: None,
    };
    let series = match source.answer_now(&catalogue).evidence {
        Some(Evidence::Catalogue(series)) => series,
        _ => Vec::new(),
    };
    queries.push(catalogue);
    for window in [Some(incident.window), incident.baseline].into_iter().flatten() {
        queries.push(Query::Alarms {
            names: Vec::new(),
            state: None,
            window,
        });
        queries.push(Query::Metrics {
            series: series.clone(),
            window,
        });
        for resource in resources.iter().cloned().map(Some).chain([None]) {
            queries.push(Query::Logs {
                resource: resource.clone(),
                group: None,
                window,
                filter: None,
                limit: 500,
            });
            queries.push(Query::Changes {
                resource: resource.clone(),
                window,
            });
            queries.push(Query::Events { resource, window });
        }
    }
    queries.extend(
        resources
            .into_iter()
            .map(|resource| Query::Configuration { resource }),
    );
    queries
}

fn answers(source: &BundleSource, queries: &[Query]) -> Vec<Answer> {
    queries.iter().map(|query| source.answer_now(query)).collect()
}

#[test]
fn every_shipped_scenario_opens_and_says_what_is_right() {
    for name in scenario_names() {
        let bundle = Bundle::scenario(name).unwrap();
        assert!(!bundle.incident().title.is_empty());
        assert!(
            Expected::scenario(name).unwrap().is_some(),
            "{name} has no expected.toml"
        );
        assert!(!bundle.read_names().contains("expected.toml"));
    }
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
    let bundle = Bundle::open(&path).unwrap();
    let incident = bundle.incident().clone();
    let Start::Symptom {
        resource,
        metric,
        stat,
    } = &incident.start
    else {
        panic!("{:?}", incident.start);
    };
    let source = BundleSource::new(bundle);
    let key = SeriesKey {
        resource: Some(resource.clone()),
        namespace: "PetShop".into(),
        metric: metric.clone(),
        dimensions: std::collections::BTreeMap::new(),
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
