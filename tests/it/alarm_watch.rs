//! The watch over CloudWatch's alarms: what changes is told once, whoever looks and however often it begins anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use midwatch::{
    config::{Account, Space, Watch},
    intake::{
        Look, Looks,
        alarms::{self, AlarmWatch, Looked, Post},
    },
    journal::body::Course,
    model::AlertAction,
};
use serde_json::{Value, json};

use crate::support::{
    aws::factory,
    double_aws::{DoubleAws, Reply},
    intake::{Desk, accounts},
    peers::{self, Peer},
};

/// A watch with the credentials at hand.
fn watch(desk: &Desk, url: &str, names: &[&str]) -> AlarmWatch {
    AlarmWatch {
        space: Space {
            watch: Watch {
                alarms: true,
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                ..Watch::default()
            },
            ..Space::default()
        },
        accounts: accounts([("", factory(url))]),
        journal: desk.journal.clone(),
        reception: Arc::new(desk.reception.clone()),
        looks: Looks::default(),
        clock: Arc::new(Timestamp::now),
    }
}

async fn post(watch: &AlarmWatch) -> Post {
    watch.places().await.unwrap().remove(0)
}

async fn put_alarm(peer: &Peer, name: &str, function: &str) {
    let alarm = [
        ("AlarmName", name),
        ("AlarmDescription", "as few as can be"),
        ("Namespace", "AWS/Lambda"),
        ("MetricName", "Errors"),
        ("Dimensions.member.1.Name", "FunctionName"),
        ("Dimensions.member.1.Value", function),
        ("Statistic", "Sum"),
        ("Period", "60"),
        ("EvaluationPeriods", "1"),
        ("Threshold", "1"),
        ("ComparisonOperator", "GreaterThanThreshold"),
    ];
    peer.query("monitoring", "PutMetricAlarm", &alarm).await;
}

async fn set(peer: &Peer, name: &str, state: &str) {
    let to = [
        ("AlarmName", name),
        ("StateValue", state),
        ("StateReason", "because of the test"),
    ];
    peer.query("monitoring", "SetAlarmState", &to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ministack_changes_are_told_once_over_restarts_and_two_workers() {
    let Some(peer) = peers::ministack() else { return };
    put_alarm(&peer, "orders-errors", "orders").await;
    put_alarm(&peer, "mail-errors", "mail").await;
    put_alarm(&peer, "TargetTracking-table/orders-AlarmLow", "other").await;
    let rule = [
        ("AlarmName", "shop"),
        ("AlarmRule", "ALARM(\"orders-errors\") OR ALARM(\"mail-errors\")"),
    ];
    peer.query("monitoring", "PutCompositeAlarm", &rule).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let first = watch(&desk, peer.url(), &[]);
    let at = post(&first).await;
    assert_eq!(first.look(&at, "a").await.unwrap(), Looked::Told(0));

    // One alarm begins and sets its composite off; another came and went between two looks; scaling is no incident.
    set(&peer, "orders-errors", "ALARM").await;
    set(&peer, "mail-errors", "ALARM").await;
    // The emulator's history is of whole seconds, and no alarm of CloudWatch changes twice in one.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    set(&peer, "mail-errors", "OK").await;
    set(&peer, "TargetTracking-table/orders-AlarmLow", "ALARM").await;
    let second = watch(&desk, peer.url(), &[]);
    let (one, other) = tokio::join!(first.look(&at, "a"), second.look(&at, "b"));
    let told = |looked| match looked {
        Looked::Told(count) => count,
        Looked::Elsewhere => 0,
    };
    let mut told_so_far = told(one.unwrap()) + told(other.unwrap());
    // The change of this very second is in the history at the next look.
    for _ in 0..30 {
        if told_so_far >= 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        told_so_far += told(first.look(&at, "a").await.unwrap());
    }
    let events = desk.events().await;
    assert_eq!(told_so_far, 4, "{events:#?}");
    assert_eq!(events.len(), 4, "{events:#?}");
    let of = |name: &str, action: AlertAction| {
        let alerts = events.iter().filter_map(|event| event.alert.as_ref());
        let mut found = alerts.filter(|alert| alert.alarm.as_deref() == Some(name) && alert.action == action);
        found
            .next()
            .cloned()
            .unwrap_or_else(|| panic!("{name} {action:?}: {events:#?}"))
    };
    let orders = of("orders-errors", AlertAction::Created);
    assert_eq!(orders.resources, ["orders"]);
    assert!(
        orders.incident.ends_with(":alarm:orders-errors"),
        "{}",
        orders.incident
    );
    assert_eq!(orders.place().as_ref(), Some(at.place()));
    assert!(
        orders.description.contains("because of the test"),
        "{}",
        orders.description
    );
    of("mail-errors", AlertAction::Created);
    of("mail-errors", AlertAction::Resolved);
    // The composite alarm names its children and what they measure.
    let shop = of("shop", AlertAction::Created);
    assert!(
        shop.resources.contains(&"alarm:orders-errors".to_owned())
            && shop.resources.contains(&"orders".to_owned()),
        "{shop:?}"
    );

    // Nothing is told again: not by another worker, not after a restart over the same file.
    assert_eq!(second.look(&at, "b").await.unwrap(), Looked::Told(0));
    desk.journal.close().await;
    let desk = Desk::open(folder.path()).await;
    let third = watch(&desk, peer.url(), &[]);
    assert_eq!(third.look(&at, "c").await.unwrap(), Looked::Told(0));
    // No alarm is judged more often than every ten seconds: within five, the same state is the same change.
    tokio::time::sleep(Duration::from_secs(6)).await;
    set(&peer, "orders-errors", "OK").await;
    assert_eq!(third.look(&at, "c").await.unwrap(), Looked::Told(2));
    let events = desk.events().await;
    let over = |event: &midwatch::journal::body::Event| {
        event.alert.as_ref().unwrap().action == AlertAction::Resolved
    };
    assert_eq!(
        (events.len(), events.iter().filter(|event| over(event)).count()),
        (6, 3)
    );
    let look = third.looks.all()[&at.via()].clone();
    assert_eq!((look.told, look.failures, look.trouble), (2, 0, None));
    // What was told before the mark moved is known again: as after a crash in between.
    let setting = desk.journal.settings(&at.via()).await.unwrap()[&at.via()].clone();
    let mut mark: Value = serde_json::from_str(&setting.value).unwrap();
    mark["heard"] = json!([]);
    mark["firing"] = json!([]);
    assert!(
        desk.journal
            .set(&at.via(), setting.version, Some(&mark.to_string()))
            .await
            .unwrap()
            .is_some()
    );
    third.look(&at, "c").await.unwrap();
    assert_eq!(desk.events().await.len(), 6);
}

/// moto has no history of alarms: how they stand is told all the same, and what is missed is said.
#[tokio::test(flavor = "multi_thread")]
async fn moto_alarms_are_watched_without_their_history() {
    let Some(peer) = peers::moto() else { return };
    put_alarm(&peer, "prod-errors", "orders").await;
    put_alarm(&peer, "prod-batch", "batch").await;
    put_alarm(&peer, "test-errors", "tests").await;
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let watch = watch(&desk, peer.url(), &["prod-*", "!prod-batch*"]);
    let at = post(&watch).await;
    assert_eq!(at.via(), "alarms/123456789012/us-east-1");
    watch.look(&at, "a").await.unwrap();
    for name in ["prod-errors", "prod-batch", "test-errors"] {
        set(&peer, name, "ALARM").await;
    }
    assert_eq!(watch.look(&at, "a").await.unwrap(), Looked::Told(1));
    assert_eq!(watch.look(&at, "a").await.unwrap(), Looked::Told(0));
    let trouble = watch.looks.all()[&at.via()].trouble.clone().unwrap();
    assert!(
        trouble.contains("DescribeAlarmHistory")
            && trouble.contains("between two looks")
            && trouble.contains("hint:"),
        "{trouble}"
    );
    set(&peer, "prod-errors", "OK").await;
    assert_eq!(watch.look(&at, "a").await.unwrap(), Looked::Told(1));
    let actions: Vec<AlertAction> = desk
        .events()
        .await
        .iter()
        .map(|event| event.alert.as_ref().unwrap().action)
        .collect();
    assert_eq!(actions, [AlertAction::Created, AlertAction::Resolved]);
}

const DENIED: &str = "111122223333";
const OPEN: &str = "444455556666";

/// One alarm of an account, in alarm or not.
fn alarm_of(account: &str, state: &str) -> Value {
    json!({"MetricAlarms": [{
        "AlarmName": "orders",
        "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:orders"),
        "Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "work"}],
        "StateValue": state,
        "StateTransitionedTimestamp": Timestamp::now().as_second(),
    }]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_account_is_reported_and_the_others_go_on() {
    let denies = DoubleAws::start(|_, _| Reply::error(403, "AccessDenied", "not you"));
    let fires = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&fires);
    let answers = DoubleAws::start(move |operation, _| match operation {
        "DescribeAlarms" => {
            let state = if state.load(Ordering::SeqCst) {
                "ALARM"
            } else {
                "OK"
            };
            Reply::json(200, alarm_of(OPEN, state).to_string())
        }
        _ => Reply::json(200, "{}"),
    });
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let account = |id: &str| Account {
        id: id.to_owned(),
        ..Account::default()
    };
    let mut watch = watch(&desk, answers.url(), &[]);
    watch.space.accounts = vec![account(DENIED), account(OPEN)];
    // Quick enough for a test; the configuration allows no less than ten seconds.
    watch.space.watch.every = Duration::from_millis(50);
    watch.accounts = accounts([(DENIED, factory(denies.url())), (OPEN, factory(answers.url()))]);
    let looks = watch.looks.clone();
    let running = tokio::spawn(alarms::run(watch));
    let via = |account: &str| format!("alarms/{account}/us-east-1");
    let begun = Instant::now();
    let until = async |what: &str, done: &dyn Fn() -> bool| {
        while !done() {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "{what}: {:?}",
                looks.all()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until("both look", &|| looks.all().len() == 2).await;
    fires.store(true, Ordering::SeqCst);
    until("the open one tells", &|| looks.all()[&via(OPEN)].told == 1).await;
    until("the denied one is tried again", &|| {
        looks.all()[&via(DENIED)].failures > 1
    })
    .await;
    running.abort();
    let all = looks.all();
    let trouble = all[&via(DENIED)].trouble.clone().unwrap();
    assert!(
        trouble.contains("DescribeAlarms") && trouble.contains("hint: allow cloudwatch:DescribeAlarms"),
        "{trouble}"
    );
    assert_eq!(all[&via(OPEN)].trouble, None);
    // Each failure waits longer for the next look than the one before.
    assert!(denies.operations().len() < answers.operations().len());
    let courses = desk.courses().await;
    assert!(
        matches!(courses.as_slice(), [Course::Investigate { .. }]),
        "{courses:?}"
    );
    assert_eq!(
        desk.events().await[0].alert.as_ref().unwrap().resources,
        ["queue:work"]
    );
}

/// Credentials at hand of another account would show that one's alarms under a wrong name.
#[tokio::test(flavor = "multi_thread")]
async fn the_alarms_of_another_account_are_not_taken_for_those_of_the_space() {
    let double = DoubleAws::start(|_, _| Reply::json(200, alarm_of(OPEN, "ALARM").to_string()));
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let mut watch = watch(&desk, double.url(), &[]);
    watch.space.accounts = vec![Account {
        id: DENIED.to_owned(),
        ..Account::default()
    }];
    watch.accounts = accounts([(DENIED, factory(double.url()))]);
    let at = post(&watch).await;
    let error = watch.look(&at, "a").await.unwrap_err().to_string();
    assert!(
        error.contains("the AWS credentials are of account 444455556666, not of account 111122223333"),
        "{error}"
    );
    assert!(desk.events().await.is_empty());
}

/// What failed here is over once another worker has had an answer, though this one then asks no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_failed_is_forgotten_when_another_worker_looks() {
    let denies = DoubleAws::start(|_, _| Reply::xml_error(403, "AccessDenied", "not you"));
    let answers = DoubleAws::start(|_, _| Reply::json(200, alarm_of(OPEN, "OK").to_string()));
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    // A look that was denied is waited for until it is known to be over: three minutes pass at once.
    let passed = Arc::new(AtomicBool::new(false));
    let of = |url: &str| {
        let mut watch = watch(&desk, url, &[]);
        let passed = Arc::clone(&passed);
        watch.clock = Arc::new(move || {
            let minutes = if passed.load(Ordering::SeqCst) { 3 } else { 0 };
            Timestamp::now() + Duration::from_mins(minutes)
        });
        watch.space.accounts = vec![Account {
            id: OPEN.to_owned(),
            ..Account::default()
        }];
        watch.accounts = accounts([(OPEN, factory(url))]);
        watch
    };
    let (here, there) = (of(denies.url()), of(answers.url()));
    let (at, looks) = (post(&there).await, here.looks.clone());
    let until = async |done: &dyn Fn(&Look) -> bool| {
        let running = tokio::spawn(alarms::run(here.clone()));
        let begun = Instant::now();
        loop {
            let stands = looks.all().get(&at.via()).cloned().unwrap_or_default();
            if done(&stands) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{stands:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running.abort();
    };
    until(&|look| look.failures == 1).await;
    passed.store(true, Ordering::SeqCst);
    assert_eq!(there.look(&at, "b").await.unwrap(), Looked::Told(0));
    until(&|look| look.failures == 0 && look.trouble.is_none() && look.last.is_some()).await;
}
