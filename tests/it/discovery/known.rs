//! What discovery has found, a later investigation knows from its first question on.

use std::{collections::BTreeSet, sync::Arc};

use midwatch::{
    journal::Journal,
    model::{Answer, Evidence, GapKind, Query, Resource, Source},
    sources::{discovery::load, space::WithTopology},
};

use super::{discovered, estate::Estate};
use crate::support::aws::hasty;

/// More than an investigation reads by itself.
const STACKS: usize = 103;

fn resources(answer: Answer) -> Vec<Resource> {
    match answer.evidence {
        Some(Evidence::Inventory(resources)) => resources,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn double_a_large_account_is_known_whole_once_it_was_discovered() {
    let estate = Estate {
        stacks: STACKS,
        ..Estate::default()
    };
    let double = estate.start();
    let listed = || {
        let operations = double.operations();
        operations
            .iter()
            .filter(|name| *name == "ListStackResources")
            .count()
    };
    let last = "s99-00-worker";
    let aws: Arc<dyn Source> = Arc::new(hasty(double.url()));
    let alone = aws.answer(&Query::Inventory).await;
    let cut = alone.gaps.iter().find(|gap| gap.kind == GapKind::Truncated);
    let hint = cut.unwrap().hint.as_ref().unwrap().to_string();
    assert!(hint.contains("midwatch topology --refresh"), "{hint}");
    let ids = |resources: &[Resource]| -> BTreeSet<String> {
        resources.iter().map(|resource| resource.id.to_string()).collect()
    };
    assert!(
        !ids(&resources(alone)).contains(last),
        "it is one of those that are not read"
    );
    let read = listed();
    let _ = aws.answer(&Query::Inventory).await;
    assert_eq!(listed(), read, "what was read a moment ago is not read again");

    let journal = Journal::in_memory().await.unwrap();
    discovered(hasty(double.url()), &journal).await;
    let (found, _, topology) = load(&journal).await.unwrap().unwrap();
    let source = WithTopology::over(Arc::clone(&aws), &found.places, topology.clone());
    let answer = source.answer(&Query::Inventory).await;
    assert_eq!(answer.by, ["aws", "topology"]);
    let all = resources(answer);
    assert_eq!(all.len(), STACKS * 75);
    let relations = source.answer(&Query::Relations).await;
    let Some(Evidence::Relations(relations)) = relations.evidence else {
        panic!("{relations:?}");
    };
    assert_eq!(relations, topology.relations, "what is read again is the same");

    // Of one that is not among those that are read together, its own stack is read, once.
    let one = all
        .into_iter()
        .find(|resource| resource.id.as_str() == last)
        .unwrap();
    let read = listed();
    for _ in 0..2 {
        let answer = source
            .answer(&Query::Configuration {
                resource: one.clone(),
            })
            .await;
        let Some(Evidence::Configuration(configuration)) = answer.evidence else {
            panic!("{answer:?}");
        };
        assert_eq!(
            configuration.properties["Environment"]["Variables"]["TABLE"],
            "s99-00-orders"
        );
    }
    assert_eq!(listed(), read + 1);

    // A topology of other places says nothing, nor does one of another account: its ids mean something else.
    let places = ["111122223333/eu-west-1".to_owned()];
    let elsewhere = WithTopology::over(Arc::clone(&aws), &places, topology.clone());
    assert!(!ids(&resources(elsewhere.answer(&Query::Inventory).await)).contains(last));
    let mut others = topology;
    for resource in &mut others.resources {
        resource.account = Some("444455556666".to_owned());
    }
    let others = WithTopology::over(aws, &found.places, others);
    let answer = others.answer(&Query::Inventory).await;
    assert!(answer.by.is_empty(), "{:?}", answer.by);
    assert!(!ids(&resources(answer)).contains(last));
}
