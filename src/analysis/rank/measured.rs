//! The ranking measured on real incidents: PetShop in bundle form.
//!
//! `MIDWATCH_PETSHOP=<folder of bundles> cargo test --lib rank::measured -- --ignored --nocapture`

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::{
    analysis::shift::{Level, Reading, Scale, read},
    model::Point,
};

fn toml(path: &Path) -> toml::Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

fn time(value: &toml::Value) -> Timestamp {
    value.to_string().parse().unwrap()
}

fn window(table: &toml::Value) -> Window {
    Window::new(time(&table["from"]), time(&table["to"]))
}

/// Series by resource and by all that names them, the points of both files together.
fn series(folders: &[PathBuf]) -> BTreeMap<SeriesKey, Vec<Point>> {
    let mut all: BTreeMap<SeriesKey, Vec<Point>> = BTreeMap::new();
    for folder in folders {
        for line in fs::read_to_string(folder.join("metrics.jsonl")).unwrap().lines() {
            let mut value: Value = serde_json::from_str(line).unwrap();
            let points: Vec<Point> = serde_json::from_value(value["points"].take()).unwrap();
            value.as_object_mut().unwrap().remove("points");
            all.entry(serde_json::from_value(value).unwrap())
                .or_default()
                .extend(points);
        }
    }
    for points in all.values_mut() {
        points.sort_by_key(|(at, _)| *at);
    }
    all
}

struct Incident {
    subject: ResourceId,
    symptom: Series,
    nodes: Vec<NodeData>,
    relations: Vec<Relation>,
    window: Window,
    baseline: Window,
    at: Timestamp,
    truth: Vec<ResourceId>,
}

fn incident(folder: &Path) -> Incident {
    let case = toml(&folder.join("incident.toml"));
    let base = folder.join(case["extends"].as_str().unwrap());
    let start = &case["start"];
    let subject = ResourceId::from(start["resource"].as_str().unwrap());
    let (metric, stat) = (start["metric"].as_str().unwrap(), start["stat"].as_str().unwrap());
    let all = series(&[base.clone(), folder.to_owned()]);
    let read = |name: &str| fs::read_to_string(base.join(name)).unwrap();
    let resources: Vec<crate::model::Resource> = read("resources.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let nodes: Vec<NodeData> = resources
        .iter()
        .map(|resource| NodeData {
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            series: all
                .iter()
                .filter(|(key, _)| key.resource.as_ref() == Some(&resource.id))
                .map(|(key, points)| Series {
                    key: key.clone(),
                    points: points.clone(),
                })
                .collect(),
        })
        .collect();
    let node = nodes.iter().find(|node| node.id == subject).unwrap();
    let symptom = node
        .series
        .iter()
        .find(|s| s.key.metric == metric && s.key.stat == stat)
        .unwrap()
        .clone();
    let expected = toml(&folder.join("expected.toml"));
    let truth = expected
        .get("cause")
        .and_then(|causes| causes.as_array())
        .into_iter()
        .flatten();
    Incident {
        subject,
        symptom,
        relations: read("relations.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        window: window(&case["window"]),
        baseline: window(&case["baseline"]),
        at: time(&start["at"]),
        truth: truth
            .flat_map(|cause| cause["resources"].as_array().unwrap())
            .map(|id| id.as_str().unwrap().into())
            .collect(),
        nodes,
    }
}

impl Incident {
    /// The level of the symptom in a window.
    fn level(&self, window: &Window, baseline: &Window) -> Level {
        read(&Reading {
            usual: self.symptom.within(baseline),
            now: self.symptom.within(window),
            period_s: self.symptom.key.period,
            window: Some((window.from.as_second(), window.to.as_second())),
            absent_is_zero: false,
            scale: Some(Scale::of(&self.symptom.key)),
        })
    }

    fn question(&self) -> Question<'_> {
        Question {
            subject: &self.subject,
            symptom: &self.symptom,
            nodes: &self.nodes,
            relations: &self.relations,
            window: self.window,
            baseline: Some(self.baseline),
            incident_at: self.at,
        }
    }
}

#[test]
#[ignore = "needs the PetShop bundles, named by MIDWATCH_PETSHOP"]
fn petshop() {
    let folder = PathBuf::from(std::env::var("MIDWATCH_PETSHOP").unwrap());
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.retain(|folder| folder.join("incident.toml").exists());
    folders.sort();
    let (mut issues, mut first, mut third, mut faults, mut anomaly_first) = (0, 0, 0, 0, 0);
    let mut controls = Vec::new();
    let mut windows = (0, 0);
    let (mut shifted, mut normal_shifted) = (0, 0);
    for folder in &folders {
        let incident = incident(folder);
        let question = incident.question();
        let ranking = rank(&question);
        if incident.truth.is_empty() {
            controls.push(ranking.faulty);
            // Normal windows of the baseline, each against the rest before it.
            for n in 1..=20 {
                let to = incident.baseline.to.as_second() - 1500 * n;
                let window = Window::new(
                    Timestamp::from_second(to - 1500).unwrap(),
                    Timestamp::from_second(to).unwrap(),
                );
                let baseline = Window::new(incident.baseline.from, window.from);
                let found = rank(&Question {
                    window,
                    baseline: Some(baseline),
                    incident_at: window.from,
                    ..question
                });
                let level = incident.level(&window, &baseline);
                normal_shifted += u32::from(matches!(level, Level::Shifted(_)));
                windows = (windows.0 + 1, windows.1 + u32::from(found.faulty == Some(true)));
            }
            println!("{} {:?} {:?}", folder.display(), ranking.faulty, ranking.method);
            continue;
        }
        let place = ranking
            .candidates
            .iter()
            .find(|c| incident.truth.contains(&c.resource))
            .unwrap()
            .rank;
        issues += 1;
        shifted += u32::from(matches!(
            incident.level(&incident.window, &incident.baseline),
            Level::Shifted(_)
        ));
        first += u32::from(place == 1);
        third += u32::from(place <= 3);
        faults += u32::from(ranking.faulty == Some(true));
        // The other ranker, as if nothing counted requests.
        let mut blind = incident.nodes.clone();
        for node in &mut blind {
            node.series.retain(|s| s.key.metric != "requests");
        }
        let other = rank(&Question {
            nodes: &blind,
            ..question
        });
        let blind_place = other
            .candidates
            .iter()
            .find(|c| incident.truth.contains(&c.resource))
            .unwrap()
            .rank;
        anomaly_first += u32::from(blind_place == 1);
        let top: Vec<String> = ranking
            .candidates
            .iter()
            .take(3)
            .map(|c| {
                format!(
                    "{} {:.2} own {:.2}",
                    c.resource,
                    c.score,
                    c.own_share.unwrap_or(0.0)
                )
            })
            .collect();
        println!(
            "{:14} place {place} (anomaly {blind_place}) {:?} {:?}\n    truth {:?}\n    {}",
            folder.file_name().unwrap().to_string_lossy(),
            ranking.faulty,
            ranking.method,
            incident.truth,
            top.join("\n    ")
        );
    }
    println!(
        "top-1 {first}/{issues}, top-3 {third}/{issues}, called a fault {faults}/{issues}; controls {controls:?}; \
         false faults in {}/{} normal windows; symptom seen as shifted {shifted}/{issues}, \
         in normal windows {normal_shifted}; top-1 without request counts {anomaly_first}/{issues}",
        windows.1, windows.0
    );
    assert!(f64::from(first) >= 0.88 * f64::from(issues));
    assert!(controls.iter().all(|faulty| *faulty != Some(true)));
}
