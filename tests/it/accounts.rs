//! Several accounts and regions as one space: ids, questions, roles, refusals, and the commands that keep them.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use jiff::Timestamp;
use midwatch::{
    aws::Role,
    config::Account,
    model::{
        Alarm, Allowance, Answer, Configuration, Evidence, Gap, GapKind, Place, Query, Relation,
        RelationKind, RelationOrigin, Resource, ResourceId, SeriesKey, Source, Start,
    },
    sources::{
        aws::{AwsSource, Standing, label},
        space::{At, Elsewhere, Member, Places, SpaceSource},
    },
    topology::{self, Options, Topology, View},
};
use serde_json::Value;

use crate::support::{
    aws::{around_now, factory, found, told},
    double_aws::{DoubleAws, Reply},
    engine::{Watch, source},
};

const A: &str = "111122223333";
const B: &str = "444455556666";

fn account(id: &str) -> Account {
    Account {
        id: id.to_owned(),
        role: Some(format!("arn:aws:iam::{id}:role/midwatch")),
        ..Account::default()
    }
}

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

/// STS and CloudWatch: a role is given out for so many seconds, as often as it is asked for, or is denied.
fn double_sts(seconds: impl Fn(usize) -> Option<u64> + Send + Sync + 'static) -> DoubleAws {
    DoubleAws::start(move |operation, earlier| match operation {
        "AssumeRole" => match seconds(earlier) {
            Some(seconds) => {
                let ends = SystemTime::now() + Duration::from_secs(seconds);
                let ends = Timestamp::try_from(ends).unwrap();
                Reply::xml(
                    200,
                    format!(
                        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{earlier}</AccessKeyId>\
                         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                         <Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                    ),
                )
            }
            None => Reply::xml_error(
                403,
                "AccessDenied",
                "User: arn:aws:iam::111122223333:user/x is not authorized to perform: sts:AssumeRole",
            ),
        },
        "GetCallerIdentity" => Reply::xml(
            200,
            format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{B}</Account>\
                 <Arn>arn:aws:sts::{B}:assumed-role/midwatch/midwatch-default</Arn></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>"
            ),
        ),
        "DescribeAlarms" => Reply::json(200, r#"{"MetricAlarms":[],"CompositeAlarms":[]}"#),
        "FilterLogEvents" | "DescribeLogGroups" => Reply::error(400, "AccessDeniedException", "no"),
        _ => Reply::json(200, "{}"),
    })
}

fn of_role(double: &DoubleAws) -> AwsSource {
    let account = account(B);
    let role = Role::new(account.role.clone().unwrap(), Some("shop".to_owned()), "default");
    let factory = factory(double.url()).assuming(role).in_region("eu-west-1");
    AwsSource::new(factory, Timestamp::now).standing(Standing::new(&account, "eu-west-1"))
}

fn all_alarms() -> Query {
    Query::Alarms {
        names: Vec::new(),
        state: None,
        window: around_now(10),
    }
}

fn count(double: &DoubleAws, operation: &str) -> usize {
    double
        .operations()
        .iter()
        .filter(|name| *name == operation)
        .count()
}

#[tokio::test]
async fn double_a_role_is_assumed_once_for_many_and_again_before_it_runs_out() {
    // The first session has less than a minute left, the next an hour.
    let double = double_sts(|earlier| Some(if earlier == 0 { 30 } else { 3_600 }));
    let source = of_role(&double);
    found(source.answer(&all_alarms()).await);
    let before = count(&double, "AssumeRole");
    assert!(before >= 2, "{:?}", double.operations());
    let query = all_alarms();
    let many = (0..20).map(|_| source.answer(&query));
    futures_util::future::join_all(many).await;
    assert_eq!(count(&double, "AssumeRole"), before);
}

#[tokio::test]
async fn double_a_denied_account_is_a_gap_that_many_share_and_nobody_remembers() {
    let double = double_sts(|earlier| (earlier > 1).then_some(3_600));
    let source = Arc::new(of_role(&double));
    let query = all_alarms();
    let answer = source.answer(&query).await;
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    assert_eq!(answer.gaps[0].kind, GapKind::Denied);
    assert_eq!(answer.gaps[0].what.plain(), "account 444455556666");
    let words = told(&answer.gaps);
    for part in [
        "STS AssumeRole of arn:aws:iam::444455556666:role/midwatch was denied",
        "external id shop",
        "midwatch iam trust",
        "midwatch account test 444455556666",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    // Nothing is asked with other credentials.
    assert_eq!(double.operations(), ["AssumeRole"]);
    // The next question asks again, is denied once more; the one after it passes.
    assert_eq!(source.answer(&query).await.gaps.len(), 1);
    let answer = source.answer(&query).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    assert_eq!(count(&double, "AssumeRole"), 3);
}

#[tokio::test]
async fn double_one_denied_account_does_not_stop_the_other() {
    let denied = double_sts(|_| None);
    let fine = double_sts(|_| Some(3_600));
    let home = Place::new(A, "eu-west-1");
    let there = Place::new(B, "eu-west-1");
    let places = Arc::new(Places::new(home.clone(), [there.clone()]));
    let member = |double: &DoubleAws, place: &Place| -> Arc<dyn Member> {
        let about = label(&account(B));
        Arc::new(At::new(
            Arc::new(of_role(double)),
            place.clone(),
            about,
            Arc::clone(&places),
        ))
    };
    let space = SpaceSource::new(vec![member(&fine, &home), member(&denied, &there)]);
    let answer = space.answer(&all_alarms()).await;
    assert_eq!(answer.evidence, Some(Evidence::Alarms(Vec::new())));
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    assert_eq!(answer.gaps[0].what.plain(), "account 444455556666");
    assert_eq!(answer.by, ["aws"]);
}

#[tokio::test]
async fn double_credentials_of_another_account_are_not_used() {
    let double = double_sts(|_| None);
    let account = Account {
        role: None,
        ..account(A)
    };
    let source =
        AwsSource::new(factory(double.url()), Timestamp::now).standing(Standing::new(&account, "us-east-1"));
    let answer = source.answer(&all_alarms()).await;
    let words = told(&answer.gaps);
    assert!(
        words.contains("the AWS credentials at hand are of account 444455556666")
            && answer.evidence.is_none(),
        "{words}"
    );
    assert_eq!(double.operations(), ["GetCallerIdentity"]);
}

/// The program with a configuration of its own, over a double of AWS.
struct Program {
    home: tempfile::TempDir,
    url: String,
}

impl Program {
    fn new(url: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), "# mine\n").unwrap();
        Self {
            home,
            url: url.to_owned(),
        }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    fn written(&self) -> String {
        std::fs::read_to_string(self.config()).unwrap()
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_midwatch"))
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("MIDWATCH_DATA", self.home.path().join("data"))
            .env("MIDWATCH_CONFIG", self.config())
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", &self.url)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

#[test]
fn double_accounts_are_added_listed_tried_and_removed() {
    let double = double_sts(|_| Some(3_600));
    let program = Program::new(double.url());
    let role = "arn:aws:iam::444455556666:role/midwatch";
    let (code, out, err) = program.run(&[
        "account",
        "add",
        B,
        "--name",
        "payments",
        "--role",
        role,
        "--external-id",
        "shop",
        "--regions",
        "eu-west-1,us-east-1",
        "--tag",
        "team=payments",
    ]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.contains("444455556666 (payments) is now its primary account of space default."),
        "{out}"
    );
    // Every region is tried, and what is denied is told.
    for part in [
        "eu-west-1  active as arn:aws:sts::444455556666:assumed-role/midwatch/midwatch-default",
        "us-east-1  active as",
        "denied: logs:DescribeLogGroups, logs:FilterLogEvents",
        "hint: what is denied becomes a gap; midwatch iam policy",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let written = program.written();
    assert!(
        written.starts_with("# mine\n") && written.contains("tags = { team = [\"payments\"] }"),
        "{written}"
    );

    let (code, _, err) = program.run(&["account", "add", B, "--no-test"]);
    assert!(code == 1 && err.contains("is in space default already"), "{err}");
    let (code, out, err) = program.run(&["account", "add", A, "--primary", "--no-test"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("It was not tried: midwatch account test 111122223333"),
        "{out}"
    );

    let (_, out, _) = program.run(&["account", "list"]);
    assert_eq!(
        out,
        format!(
            "{A}  primary  not tried  the credentials at hand\n{B} (payments)  secondary  not tried  {role}\n  \
             eu-west-1, us-east-1\n"
        )
    );
    let asked = double.operations().len();
    let (code, out, _) = program.run(&["account", "test"]);
    assert_eq!(code, 1);
    assert!(double.operations().len() > asked);
    assert!(
        out.contains("the AWS credentials are of account 444455556666") && out.contains("secondary  active"),
        "{out}"
    );
    let (_, out, _) = program.run(&["account", "list", "--test", "--format", "json"]);
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(listed[0]["test"]["status"], "not active");
    assert_eq!(listed[1]["test"]["status"], "active");
    assert_eq!(
        listed[1]["test"]["regions"][0]["denied"][0],
        "logs:DescribeLogGroups"
    );

    let (_, out, _) = program.run(&["iam", "policy", "--primary"]);
    let policy: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        policy["Statement"][2]["Action"],
        serde_json::json!(["sts:AssumeRole"])
    );
    assert_eq!(policy["Statement"][2]["Resource"], serde_json::json!([role]));

    let (code, out, _) = program.run(&["account", "remove", B]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Its role stays in AWS") && out.contains("aws iam delete-role --role-name midwatch"),
        "{out}"
    );
    let (code, _, err) = program.run(&["account", "remove", B]);
    assert!(code == 1 && err.contains("there are 111122223333"), "{err}");
}

#[test]
fn double_a_wrong_role_is_named_with_its_call_and_what_to_do_and_is_not_kept() {
    let double = double_sts(|_| None);
    let program = Program::new(double.url());
    let role = "arn:aws:iam::444455556666:role/wrong";
    let (code, out, err) = program.run(&["account", "add", B, "--role", role]);
    assert_eq!((code, out.as_str()), (1, ""));
    for part in [
        "account 444455556666 was not added: STS AssumeRole of arn:aws:iam::444455556666:role/wrong was denied",
        "hint: the role has to exist in account 444455556666 and to trust this identity",
        "--no-test adds it as it is",
    ] {
        assert!(err.contains(part), "{part}\n{err}");
    }
    assert_eq!(program.written(), "# mine\n");
    // A role of another account, and an account that is none, are told before anybody is asked.
    let before = double.operations().len();
    for (id, role) in [(A, role), ("12", role)] {
        let (code, _, err) = program.run(&["account", "add", id, "--role", role]);
        assert!(code == 1 && err.contains("hint:"), "{err}");
    }
    assert_eq!(double.operations().len(), before);
}

#[test]
fn the_trust_policy_names_who_may_enter_and_the_external_id() {
    let program = Program::new("http://127.0.0.1:9");
    let (_, out, _) = program.run(&["iam", "trust", "--account", A, "--external-id", "shop"]);
    let policy: Value = serde_json::from_str(&out).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::111122223333:root");
    assert_eq!(statement["Action"], "sts:AssumeRole");
    assert_eq!(statement["Condition"]["StringEquals"]["sts:ExternalId"], "shop");
    let principal = "arn:aws:iam::111122223333:role/jump-host";
    let (_, out, _) = program.run(&["iam", "trust", "--account", A, "--principal", principal]);
    let policy: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(policy["Statement"][0]["Principal"]["AWS"], principal);
    let (code, _, err) = program.run(&["iam", "trust", "--account", "mine"]);
    assert!(code == 1 && err.contains("twelve digits"), "{err}");
}
