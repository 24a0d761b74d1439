//! Several places as one space: questions go where their resource stands.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use midwatch::{
    model::{
        Alarm, Allowance, Answer, Configuration, Evidence, Gap, GapKind, Place, Query, Relation,
        RelationKind, RelationOrigin, Resource, ResourceId, SeriesKey, Source, Start,
    },
    sources::{
        aws::label,
        space::{At, Elsewhere, Member, Places, SpaceSource},
    },
    topology::{self, Options, Topology, View},
};
use serde_json::Value;

use super::{A, B, account};
use crate::support::{
    aws::{around_now, found, told},
    engine::{Watch, source},
};

/// A place that has a function `orders`, which uses a table of the first place of account B, and remembers what it is asked.
struct DoublePlace {
    asked: Mutex<Vec<Query>>,
}

#[async_trait]
impl Source for DoublePlace {
    fn name(&self) -> &'static str {
        "double"
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, _: &Allowance) -> Answer {
        self.asked.lock().unwrap().push(query.clone());
        let evidence = match query {
            Query::Inventory => Evidence::Inventory(vec![
                Resource::new("orders", "AWS::Lambda::Function", "orders"),
                Resource::new("table:ledger", "AWS::DynamoDB::Table", "ledger"),
            ]),
            Query::Relations => Evidence::Relations(vec![Relation {
                from: "orders".into(),
                to: ResourceId::from("table:ledger").at(&Place::new(B, "eu-west-1")),
                kind: RelationKind::Reads,
                origin: RelationOrigin::Config,
            }]),
            Query::Configuration { resource } => Evidence::Configuration(Configuration {
                resource: resource.id.clone(),
                properties: Value::from(resource.name.clone()),
                origin: "double".to_owned(),
            }),
            Query::Metrics { series, .. } => Evidence::Series(
                series
                    .iter()
                    .map(|key| midwatch::model::Series {
                        key: key.clone(),
                        points: vec![(0, 1.0)],
                    })
                    .collect(),
            ),
            Query::Alarms { .. } => Evidence::Alarms(vec![alarm()]),
            _ => {
                return Answer::gap(
                    Gap {
                        kind: GapKind::Failed,
                        what: query.text(),
                        resource: Some("orders".into()),
                        why: "it is a double".into(),
                        hint: None,
                    },
                    1,
                );
            }
        };
        Answer::found(evidence, 1)
    }
}

fn alarm() -> Alarm {
    serde_json::from_value(serde_json::json!({
        "name": "slow", "resource": "orders", "namespace": "AWS/Lambda", "metric": "Duration", "stat": "Average",
        "period": 60, "threshold": 1.0, "comparison": "GreaterThanThreshold", "evaluation_periods": 1,
        "treat_missing": "missing",
    }))
    .unwrap()
}

/// Two accounts in two regions; the first account's first region is the home.
fn space() -> (Vec<Arc<DoublePlace>>, SpaceSource) {
    let all = [A, B].map(|account| ["eu-west-1", "us-east-1"].map(|region| Place::new(account, region)));
    let all: Vec<Place> = all.into_iter().flatten().collect();
    let places = Arc::new(Places::new(all[0].clone(), all.clone()));
    let doubles: Vec<Arc<DoublePlace>> = all
        .iter()
        .map(|_| {
            Arc::new(DoublePlace {
                asked: Mutex::default(),
            })
        })
        .collect();
    let mut members: Vec<Arc<dyn Member>> = Vec::new();
    for (place, double) in all.iter().zip(&doubles) {
        let inner = Arc::clone(double) as Arc<dyn Source>;
        let about = label(&account(&place.account));
        members.push(Arc::new(At::new(
            inner,
            place.clone(),
            about,
            Arc::clone(&places),
        )));
    }
    members.push(Arc::new(Elsewhere::new(places)));
    (doubles, SpaceSource::new(members))
}

fn asked(doubles: &[Arc<DoublePlace>]) -> Vec<usize> {
    let counts = doubles.iter().map(|double| double.asked.lock().unwrap().len());
    counts.collect()
}

#[tokio::test]
async fn resources_elsewhere_carry_their_place_and_namesakes_are_told_apart() {
    let (doubles, space) = space();
    let Evidence::Inventory(resources) = found(space.answer(&Query::Inventory).await) else {
        panic!()
    };
    assert_eq!(asked(&doubles), [1, 1, 1, 1]);
    let lines: Vec<String> = resources
        .iter()
        .filter(|resource| resource.kind == "AWS::Lambda::Function")
        .map(|resource| format!("{} = {}", resource.id.0, resource.name))
        .collect();
    assert_eq!(
        lines,
        [
            "orders = orders",
            "orders@111122223333/us-east-1 = orders (111122223333/us-east-1)",
            "orders@444455556666/eu-west-1 = orders (444455556666/eu-west-1)",
            "orders@444455556666/us-east-1 = orders (444455556666/us-east-1)",
        ]
    );
    let Evidence::Relations(relations) = found(space.answer(&Query::Relations).await) else {
        panic!()
    };
    let lines: Vec<String> = relations
        .iter()
        .map(|relation| format!("{} -> {}", relation.from.0, relation.to.0))
        .collect();
    assert_eq!(
        lines,
        [
            "orders -> table:ledger@444455556666/eu-west-1",
            "orders@111122223333/us-east-1 -> table:ledger@444455556666/eu-west-1",
            "orders@444455556666/eu-west-1 -> table:ledger@444455556666/eu-west-1",
            "orders@444455556666/us-east-1 -> table:ledger@444455556666/eu-west-1",
        ]
    );
    // Two accounts, two regions: four boxes.
    let topology = Topology::new(&resources, &relations);
    let options = Options {
        view: View::System,
        ..Options::default()
    };
    let drawn = topology::text(&topology, &options);
    for place in [
        "111122223333 eu-west-1",
        "111122223333 us-east-1",
        "444455556666 eu-west-1",
        "444455556666 us-east-1",
    ] {
        assert_eq!(drawn.matches(place).count(), 1, "{place}\n{drawn}");
    }
}

#[tokio::test]
async fn a_question_goes_where_its_resource_stands() {
    let (doubles, space) = space();
    let there = Place::new(B, "us-east-1");
    let mut resource = Resource::new(
        ResourceId::from("orders").at(&there),
        "AWS::Lambda::Function",
        "orders",
    );
    resource.name_with_place();
    let query = Query::Configuration {
        resource: resource.clone(),
    };
    let Evidence::Configuration(configuration) = found(space.answer(&query).await) else {
        panic!()
    };
    assert_eq!(asked(&doubles), [0, 0, 0, 1]);
    assert_eq!(configuration.resource, resource.id);
    // It is asked as the place itself knows it.
    assert_eq!(configuration.properties, "orders");

    let key = |id: Option<ResourceId>| SeriesKey {
        resource: id,
        namespace: "AWS/Lambda".to_owned(),
        metric: "Errors".to_owned(),
        dimensions: [("FunctionName".to_owned(), "orders".to_owned())].into(),
        stat: "Sum".to_owned(),
        unit: None,
        period: 60,
    };
    let asked_for = vec![key(Some(resource.id)), key(Some("orders".into())), key(None)];
    let query = Query::Metrics {
        series: asked_for.clone(),
        window: around_now(10),
    };
    let Evidence::Series(series) = found(space.answer(&query).await) else {
        panic!()
    };
    assert_eq!(asked(&doubles), [1, 0, 0, 2]);
    let keys: Vec<SeriesKey> = series.iter().map(|series| series.key.clone()).collect();
    assert_eq!(keys, asked_for);
    assert!(series.iter().all(|series| !series.points.is_empty()));

    // Who it is, only the home tells, and which places there are.
    let Evidence::Identity(identity) = found(space.answer(&Query::Identity).await) else {
        panic!()
    };
    assert_eq!(asked(&doubles), [2, 0, 0, 2]);
    assert_eq!((identity.account.as_deref(), identity.places.len()), (Some(A), 4));

    // An alarm's name may be one anywhere; its ARN says where.
    let alarms = |name: &str| Query::Alarms {
        names: vec![name.to_owned()],
        state: None,
        window: around_now(10),
    };
    let Evidence::Alarms(found_alarms) = found(space.answer(&alarms("slow")).await) else {
        panic!()
    };
    assert_eq!(asked(&doubles), [3, 1, 1, 3]);
    assert_eq!(found_alarms[0].resource, Some("orders".into()));
    assert_eq!(
        found_alarms[3].resource,
        Some(ResourceId::from("orders").at(&there))
    );
    space
        .answer(&alarms("arn:aws:cloudwatch:eu-west-1:444455556666:alarm:slow"))
        .await;
    assert_eq!(asked(&doubles), [3, 1, 2, 3]);
}

#[tokio::test]
async fn gaps_say_where_and_what_is_not_in_the_space_is_one_line() {
    let (_, space) = space();
    let there = Place::new(B, "us-east-1");
    let logs = |id: ResourceId| Query::Logs {
        resource: Some(Resource::new(id, "AWS::Lambda::Function", "orders")),
        group: None,
        window: around_now(10),
        filter: None,
        limit: 10,
    };
    let gaps = space
        .answer(&logs(ResourceId::from("orders").at(&there)))
        .await
        .gaps;
    assert_eq!(gaps[0].what.plain(), "logs of orders in 444455556666/us-east-1");
    assert_eq!(gaps[0].resource, Some(ResourceId::from("orders").at(&there)));

    let stranger = ResourceId::from("orders").at(&Place::new("777788889999", "us-east-1"));
    let answer = space.answer(&logs(stranger)).await;
    let words = told(&answer.gaps);
    assert!(
        words.contains("account 777788889999")
            && words.contains("midwatch account add 777788889999 --role ARN"),
        "{words}"
    );
    assert_eq!((answer.gaps.len(), answer.calls), (1, 0));
    let region = ResourceId::from("orders").at(&Place::new(B, "sa-east-1"));
    let words = told(&space.answer(&logs(region)).await.gaps);
    assert!(
        words.contains("add sa-east-1 to the regions of account 444455556666"),
        "{words}"
    );
}

#[tokio::test]
async fn an_event_of_an_account_that_the_space_lacks_is_told_in_one_line() {
    let watch = Watch::new().await;
    let stream = watch
        .open("lambda-throttled-surge", |created| {
            created.start = Start::Event {
                event: serde_json::json!({
                    "account": "777788889999",
                    "resources": ["arn:aws:cloudwatch:eu-west-1:777788889999:alarm:front-errors"],
                }),
            };
        })
        .await;
    watch.run(&stream, source("lambda-throttled-surge")).await;
    let view = watch.view(&stream).await;
    let hints: Vec<String> = view
        .gaps
        .values()
        .filter_map(|found| found.gap.hint.as_ref().map(ToString::to_string))
        .filter(|hint| hint.contains("midwatch account add"))
        .collect();
    assert_eq!(hints, ["midwatch account add 777788889999 --role ARN"]);
}
