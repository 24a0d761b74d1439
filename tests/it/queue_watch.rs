//! The watch over a queue of SQS: what it holds is written down, and deleted after that.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use jiff::Timestamp;
use midwatch::{
    config::{Config, Queue, Space},
    intake::{
        Arrival, Home, Looks, Receipt, Receives, Reception,
        queue::{self, QueueWatch},
    },
    journal::{
        StoreError,
        body::{Course, Skipped},
    },
};
use serde_json::{Value, json};

use crate::support::{
    aws::factory,
    double_aws::{DoubleAws, Reply},
    intake::{Desk, accounts},
    peers,
    program::Program,
};

const ARN: &str = "arn:aws:sqs:us-east-1:123456789012:events";

fn watch(desk: &Desk, url: &str) -> QueueWatch {
    QueueWatch {
        queue: Queue::of(ARN).unwrap(),
        space: Space::default(),
        accounts: accounts([("", factory(url))]),
        reception: Arc::new(desk.reception.clone()),
        looks: Looks::default(),
        clock: Arc::new(Timestamp::now),
    }
}

fn alarm(state: &str) -> Value {
    json!({
        "version": "0", "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92", "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change", "account": "123456789012", "region": "us-east-1",
        "time": "2026-01-01T00:00:00Z", "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:orders"],
        "detail": {"alarmName": "orders", "state": {"value": state, "reason": "r"}, "previousState": {"value": "OK"}},
    })
}

fn incident(id: &str) -> Value {
    json!({"eventType": "incident", "incidentId": id, "action": "created", "priority": "LOW", "title": "Slow"})
}

fn notification(message: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "22b80b92", "TopicArn": "arn:aws:sns:us-east-1:123456789012:pages",
        "Message": message.to_string(), "Timestamp": "2026-01-01T00:00:00Z",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_messages_are_written_down_and_deleted() {
    let Some(peer) = peers::moto() else { return };
    take_from_a_queue(&peer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ministack_messages_are_written_down_and_deleted() {
    let Some(peer) = peers::ministack() else { return };
    take_from_a_queue(&peer).await;
}

async fn take_from_a_queue(peer: &peers::Peer) {
    let made = peer
        .json("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": "events"}))
        .await;
    let url = made["QueueUrl"].as_str().unwrap().to_owned();
    let bodies = [
        alarm("ALARM").to_string(),
        notification(&incident("a")).to_string(),
        incident("b").to_string(),
        "no JSON at all \u{1b}[2J".to_owned(),
        json!({"hello": "world"}).to_string(),
    ];
    for body in &bodies {
        let message = json!({"QueueUrl": url, "MessageBody": body.replace('\u{1b}', " ")});
        peer.json("sqs", "AmazonSQS.SendMessage", &message).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let mut watch = watch(&desk, peer.url());
    // Each emulator has an account of its own.
    let account = url.rsplit('/').nth(1).unwrap();
    watch.queue = Queue::of(&ARN.replace("123456789012", account)).unwrap();
    let mut told = 0;
    while told < bodies.len() {
        told += watch.take().await.unwrap();
    }
    let mut events = desk.events().await;
    assert!(events.iter().all(|event| event.via == "queue/events"));
    events.sort_by(|a, b| a.sender.cmp(&b.sender).then(a.unread.cmp(&b.unread)));
    let told: Vec<(&str, &str)> = events
        .iter()
        .map(|event| (event.sender.as_str(), event.unread.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("cloudwatch", ""),
            ("generic", ""),
            (
                "generic",
                "it has no incidentId and no title, and is of no other known shape"
            ),
            ("generic", "the message is text, not an object of JSON"),
            ("sns", ""),
        ]
    );
    // What nobody can read is kept and does not come back.
    let unread = desk.courses().await;
    let skipped = |course: &&Course| {
        matches!(
            course,
            Course::Skip {
                because: Skipped::Unread
            }
        )
    };
    assert_eq!(unread.iter().filter(skipped).count(), 2);
    let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
    let left = peer.json("sqs", "AmazonSQS.GetQueueAttributes", &asked).await;
    for count in [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
    ] {
        assert_eq!(left["Attributes"][count], "0", "{left}");
    }
}

fn messages(bodies: &[(&str, Value)]) -> String {
    let message = |(id, body): &(&str, Value)| json!({"MessageId": id, "ReceiptHandle": format!("handle-{id}"), "Body": body.to_string()});
    json!({"Messages": bodies.iter().map(message).collect::<Vec<_>>()}).to_string()
}

/// A message that could not be deleted comes again, after a restart too; EventBridge gives an event twice. Each is told once.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_again_is_told_once_and_what_only_looks_alike_is_told() {
    let fails = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&fails);
    let double = DoubleAws::start(move |operation, earlier| match operation {
        "ReceiveMessage" if earlier < 2 => {
            Reply::json(200, messages(&[("1", alarm("ALARM")), ("2", incident("a"))]))
        }
        "ReceiveMessage" => Reply::json(200, messages(&[("3", alarm("ALARM")), ("4", incident("a"))])),
        _ if broken.load(Ordering::SeqCst) => Reply::error(400, "InvalidParameterValue", "not now"),
        _ => Reply::json(200, "{}"),
    });
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let error = watch(&desk, double.url()).take().await.unwrap_err().to_string();
    assert!(error.contains("DeleteMessage"), "{error}");
    assert_eq!(desk.events().await.len(), 2);
    fails.store(false, Ordering::SeqCst);
    desk.journal.close().await;
    let desk = Desk::open(folder.path()).await;
    assert_eq!(watch(&desk, double.url()).take().await.unwrap(), 2);
    assert_eq!(desk.events().await.len(), 2);
    // The event names itself; the incident came in a message of its own, and links to what is open.
    assert_eq!(watch(&desk, double.url()).take().await.unwrap(), 2);
    assert_eq!(desk.events().await.len(), 3);
    let courses = desk.courses().await;
    assert!(matches!(courses[2], Course::Link { .. }), "{courses:?}");
}

/// A message is deleted when what it says is durable, and not before.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_stays_in_the_queue() {
    let double = DoubleAws::start(|_, _| Reply::json(200, messages(&[("1", incident("a"))])));
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let watch = watch(&desk, double.url());
    desk.journal.close().await;
    assert!(watch.take().await.is_err());
    assert_eq!(double.operations(), ["ReceiveMessage"]);
}

/// The reception of a server: one that breaks off is opened anew, behind whoever hands arrivals on.
struct Renewed(Mutex<Reception>);

#[async_trait]
impl Receives for Renewed {
    async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError> {
        let reception = self.0.lock().unwrap().clone();
        reception.receive(arrival).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reception_that_broke_off_is_left_for_the_next_one() {
    let double = DoubleAws::start(|operation, _| match operation {
        "ReceiveMessage" => Reply::json(200, messages(&[("1", incident("a"))])),
        _ => Reply::json(200, "{}"),
    });
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let home = || Home::of(&Config::default());
    let (first, task) = Reception::open(desk.journal.clone(), home(), Arc::new(Timestamp::now));
    let renewed = Arc::new(Renewed(Mutex::new(first)));
    let mut watch = watch(&desk, double.url());
    watch.reception = Arc::clone(&renewed) as Arc<dyn Receives>;
    task.abort();
    drop(task.await);
    assert!(watch.take().await.is_err());
    let (next, _task) = Reception::open(desk.journal.clone(), home(), Arc::new(Timestamp::now));
    *renewed.0.lock().unwrap() = next;
    assert_eq!(watch.take().await.unwrap(), 1);
    assert_eq!(desk.events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_queue_is_reported_with_what_allows_it_and_tried_again() {
    let double = DoubleAws::start(|_, _| Reply::error(403, "AccessDenied", "not you"));
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let watch = watch(&desk, double.url());
    let looks = watch.looks.clone();
    let running = tokio::spawn(queue::run(watch));
    while looks.all().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    running.abort();
    let trouble = looks.all()["queue/events"].trouble.clone().unwrap();
    assert!(
        trouble.contains("SQS ReceiveMessage") && trouble.contains("hint: allow sqs:ReceiveMessage"),
        "{trouble}"
    );
}

#[test]
fn the_policy_names_the_queue_for_whoever_takes_from_it() {
    let queue =
        "[spaces.default.watch]\nqueue = \"https://sqs.us-east-1.amazonaws.com/123456789012/events\"\n";
    let names = |config: &str, args: &[&str]| {
        let policy = Program::new(config).json(args);
        let statements = policy["Statement"].as_array().unwrap();
        statements
            .iter()
            .any(|statement| statement["Resource"] == json!([ARN]))
    };
    let (plain, primary) = (["iam", "policy"], ["iam", "policy", "--primary"]);
    assert!(names(queue, &plain) && names(queue, &primary));
    assert!(!names("", &plain) && !names("", &primary));
    // With a role in the queue's account, that role takes the messages.
    let role = "[[spaces.default.accounts]]\nid = \"123456789012\"\nrole = \"arn:aws:iam::123456789012:role/midwatch\"\n";
    let config = format!("{queue}{role}");
    assert!(names(&config, &plain) && !names(&config, &primary));
    let other = role.replace("123456789012", "444455556666");
    let config = format!("{queue}{other}");
    assert!(!names(&config, &plain) && names(&config, &primary));
}

#[test]
fn settings_of_the_watch_are_checked_with_their_line() {
    for (config, said) in [
        (
            "[spaces.default.watch]\nevery = 1\n",
            "config.toml:2: alarms cannot be looked at every 1 seconds",
        ),
        (
            "[spaces.default.watch]\nqueue = \"events\"\n",
            "config.toml:2: 'events' is no SQS queue",
        ),
    ] {
        let run = Program::new(config).run(&["iam", "policy"]);
        assert!(run.code != 0 && run.err.contains(said), "{}", run.err);
    }
}
