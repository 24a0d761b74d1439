//! Incident bundles: what opens, what it answers, what is refused and how.

mod answers;
mod packed;
mod refused;
mod shipped;

use std::{
    fs,
    path::{Path, PathBuf},
};

use midwatch::{
    model::{Answer, Evidence, Query},
    sources::bundle::{Bundle, BundleSource},
};

/// A bundle of the tests' data.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/bundles")
        .join(name)
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

/// A copy of a bundle's folder that a test may change.
fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    copy_into(from, to.path());
    to
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_into(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn open(path: &Path) -> BundleSource {
    BundleSource::new(Bundle::open(path).unwrap())
}
