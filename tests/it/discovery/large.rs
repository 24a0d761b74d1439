//! Thousands of resources: a run that is cut off goes on, and a later one reads only what has changed.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use midwatch::{
    journal::{Journal, StreamId, views::Discovered},
    model::{GapKind, Source},
    sources::discovery::{discover, load},
    topology::{Diagram, Extent, Options, Topology, View},
};

use super::{discovered, estate::Estate, run};
use crate::support::{aws::hasty, double_aws::DoubleAws};

const STACKS: usize = 67;
const RESOURCES: u64 = STACKS as u64 * 75;

#[tokio::test]
async fn double_five_thousand_resources_survive_a_cut_and_are_refreshed_by_what_changed() {
    let estate = Estate {
        stacks: STACKS,
        ..Estate::default()
    };
    let updated = Arc::clone(&estate.updated);
    let count = |double: &DoubleAws, operation: &str| {
        let operations = double.operations();
        operations.iter().filter(|name| *name == operation).count()
    };
    let journal = Journal::in_memory().await.unwrap();

    // Cut off halfway: the future is dropped as a killed process would drop it.
    let cut = estate.clone().start();
    let source: Arc<dyn Source> = Arc::new(hasty(cut.url()));
    let (halfway, mut is_halfway) = tokio::sync::mpsc::unbounded_channel();
    let mut tell = |progress: &midwatch::sources::discovery::Progress| {
        if progress.done >= STACKS / 2 {
            let _ = halfway.send(());
        }
    };
    let run = run();
    tokio::select! {
        _ = discover(&source, &journal, &run, &mut tell) => panic!("it was to be cut off"),
        _ = is_halfway.recv() => {}
    }
    assert!(count(&cut, "ListStackResources") < STACKS);
    let records = journal.read_all(&StreamId::space()).await.unwrap();
    let view = Discovered::fold(&records);
    let written = view.running.unwrap().parts.len();
    assert!(written >= 16, "{written} parts were written down");
    assert!(load(&journal).await.unwrap().is_none());

    // Another process goes on: what was written down is not asked again. What the first one has on its way is not counted.
    let double = estate.start();
    let asked = |operation: &str| count(&double, operation);
    let begun = Instant::now();
    let first = discovered(hasty(double.url()), &journal).await;
    println!(
        "{RESOURCES} resources: resumed and finished in {:?}",
        begun.elapsed()
    );
    assert_eq!(first.found.kept, written as u64);
    assert_eq!(asked("ListStackResources"), STACKS - written);
    assert_eq!(first.found.resources, RESOURCES);
    assert_eq!(first.found.relations, STACKS as u64 * 50);
    assert_eq!(first.found.changed, None, "there is none to compare with");
    let gaps: Vec<GapKind> = first.found.gaps.iter().map(|gap| gap.kind).collect();
    assert_eq!(
        gaps,
        [GapKind::NotFound],
        "Resource Explorer is off: {:?}",
        first.found.gaps
    );
    let hint = first.found.gaps[0].hint.as_ref().unwrap().to_string();
    assert!(
        hint.contains("Resource Explorer") && hint.contains("resource-explorer-2:Search"),
        "{hint}"
    );
    let (stored, _, graph) = load(&journal).await.unwrap().unwrap();
    assert_eq!((stored, &graph), (first.found.clone(), &first.graph));

    // Nothing has changed: no stack is read.
    let (listed, read) = (asked("ListStackResources"), asked("GetTemplate"));
    let second = discovered(hasty(double.url()), &journal).await;
    assert_eq!(
        (asked("ListStackResources"), asked("GetTemplate")),
        (listed, read)
    );
    assert_eq!(second.graph, first.graph);
    assert!(second.found.changed.unwrap().is_empty());

    // One stack was updated: one is read.
    updated.lock().unwrap().push(3);
    let third = discovered(hasty(double.url()), &journal).await;
    assert_eq!(
        (asked("ListStackResources"), asked("GetTemplate")),
        (listed + 1, read + 1)
    );
    let changed = third.found.changed.clone().unwrap();
    assert_eq!(
        (changed.added.count, changed.removed.count, changed.changed.count),
        (1, 0, 0)
    );
    assert_eq!(changed.added.first[0].as_str(), "queue:s3-late");
    assert!(
        third.found.sentence().contains("1 added"),
        "{}",
        third.found.sentence()
    );

    // What a pane does with it.
    let topology = Topology::new(&third.graph.resources, &third.graph.relations);
    for view in [View::System, View::Container, View::Resource] {
        let begun = Instant::now();
        // Of the resources, as many as can be read stand in a picture; the rest is a walk away.
        let extent = match view {
            View::Resource => Extent::new(&topology, &[], &[], 3, 40, &BTreeMap::new()),
            _ => Extent::default(),
        };
        let topology = match view {
            View::Resource => topology.part(&extent.ids),
            _ => topology.clone(),
        };
        let options = Options {
            view,
            width: 120,
            height: 40,
            max: 40,
            ..Options::default()
        };
        let picture = Diagram::new(&topology, &options).draw(None);
        println!(
            "{RESOURCES} resources, {} view: {:?}",
            view.as_str(),
            begun.elapsed()
        );
        assert!(!picture.places.is_empty());
    }
}

#[tokio::test]
async fn double_throttled_stacks_keep_what_was_known_of_them() {
    use crate::support::double_aws::{DoubleAws, Reply};
    let estate = Estate {
        stacks: 2,
        ..Estate::default()
    };
    let double = estate.clone().start();
    let journal = Journal::in_memory().await.unwrap();
    let first = discovered(hasty(double.url()), &journal).await;

    // The same account, updated, and throttled for good.
    estate.updated.lock().unwrap().push(1);
    let throttled = DoubleAws::start_reading(move |operation, _, body| match operation {
        "ListStackResources" => Reply::xml_error(400, "Throttling", "Rate exceeded"),
        other => estate.answer(other, body),
    });
    let second = discovered(hasty(throttled.url()), &journal).await;
    assert_eq!(second.graph.resources, first.graph.resources);
    let kinds: Vec<GapKind> = second.found.gaps.iter().map(|gap| gap.kind).collect();
    assert!(kinds.contains(&GapKind::Throttled), "{kinds:?}");
    assert!(
        second.found.changed.unwrap().is_empty(),
        "what was not read has not changed"
    );

    // Without any answer nothing is gone either.
    let silent = DoubleAws::start(|_, _| Reply::error(403, "ExpiredTokenException", "the token has expired"));
    let third = discovered(hasty(silent.url()), &journal).await;
    assert_eq!(third.graph.resources, first.graph.resources);
    assert!(
        third
            .found
            .gaps
            .iter()
            .any(|gap| gap.kind == GapKind::Credentials)
    );
}
