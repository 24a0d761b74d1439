//! Messages of SNS: signed by its certificate, from one topic; a subscription is confirmed at SNS and nowhere else. Certificates
//! are made and messages signed with `openssl`; without it this is skipped, and says so.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use midwatch::intake::webhook::{WebhookKind, register::Wanted};
use serde_json::{Value, json};

use crate::support::{
    double_desk::{DoubleSns, Site},
    serve::{Answer, request},
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";
const CERTIFICATE: &str =
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";

fn openssl(folder: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("openssl");
    command
        .args(args)
        .current_dir(folder)
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Signs as SNS does; the message is made up of all but its signature.
fn signed(folder: &Path, mut message: Value) -> Value {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let names: &[&str] = match message["Type"].as_str().unwrap() {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &[
            "Message",
            "MessageId",
            "SubscribeURL",
            "Timestamp",
            "Token",
            "TopicArn",
            "Type",
        ],
    };
    let lines = names
        .iter()
        .filter_map(|name| Some(format!("{name}\n{}\n", message[*name].as_str()?)));
    let text: String = lines.collect();
    let digest = if message["SignatureVersion"] == "2" {
        "-sha256"
    } else {
        "-sha1"
    };
    let name = format!("message{}", COUNT.fetch_add(1, Ordering::SeqCst));
    std::fs::write(folder.join(&name), text).unwrap();
    let out = format!("{name}.sig");
    assert!(openssl(
        folder,
        &["dgst", digest, "-sign", "key.pem", "-out", &out, &name]
    ));
    let signature = std::fs::read(folder.join(out)).unwrap();
    message["Signature"] = STANDARD.encode(signature).into();
    message
}

fn notification(version: &str) -> Value {
    json!({"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": TOPIC, "Subject": "ALARM",
        "Message": "{\"AlarmName\":\"orders\"}", "Timestamp": "2026-11-26T09:00:00.000Z", "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE, "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe"})
}

fn confirmation(url: &str) -> Value {
    json!({"Type": "SubscriptionConfirmation", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "Token": "2336412f37",
        "TopicArn": TOPIC, "Message": "You have chosen to subscribe", "SubscribeURL": url,
        "Timestamp": "2026-11-26T09:00:00.000Z", "SignatureVersion": "1", "SigningCertURL": CERTIFICATE})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sns_proves_itself_and_is_asked_nothing_by_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = openssl(
        folder,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-days",
            "30",
            "-subj",
            "/CN=sns.amazonaws.com",
        ],
    );
    if !made {
        eprintln!("**** SKIPPED: openssl makes no certificates here");
        return;
    }
    let sns = Arc::new(DoubleSns {
        gives: std::fs::read(folder.join("cert.pem")).unwrap(),
        ..DoubleSns::default()
    });
    let site = Site::open(Arc::clone(&sns) as Arc<_>).await;
    let made = site
        .webhook(Wanted {
            name: "alarms".to_owned(),
            kind: WebhookKind::Sns,
            scheme: None,
            conditions: Vec::new(),
            failures: None,
            topic: Some(TOPIC.to_owned()),
            secret: None,
        })
        .await;
    assert!(made.secret.is_none());
    let path = made.webhook.path();
    let address = site.address;
    let post = async |message: &Value| -> Answer {
        let (path, body) = (path.clone(), message.to_string());
        let plain = [("content-type", "text/plain; charset=UTF-8")];
        tokio::task::spawn_blocking(move || request(address, "POST", &path, &plain, body.as_bytes()).unwrap())
            .await
            .unwrap()
    };
    let change = |message: &Value, name: &str, value: &str| {
        let mut message = message.clone();
        message[name] = value.into();
        message
    };

    // Strangers: nothing is fetched for them but at SNS, and nothing is kept.
    let good = signed(folder, notification("1"));
    for (bad, code) in [
        (
            change(
                &good,
                "SigningCertURL",
                "https://evil.example/SimpleNotificationService-0.pem",
            ),
            "wrong_signature",
        ),
        (
            change(
                &good,
                "SigningCertURL",
                "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
            ),
            "wrong_signature",
        ),
        (
            change(
                &good,
                "SigningCertURL",
                "https://sns.eu-west-1.amazonaws.com/?Action=GetTopicAttributes&x=.pem",
            ),
            "wrong_signature",
        ),
        (
            change(&good, "SigningCertURL", &format!("{CERTIFICATE}?Action=Publish")),
            "wrong_signature",
        ),
        (
            change(&good, "TopicArn", "arn:aws:sns:eu-west-1:444455556666:alarms"),
            "wrong_topic",
        ),
        (json!({"AlarmName": "raw delivery"}), "no_signature"),
    ] {
        let answer = post(&bad).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, code), "{bad}");
    }
    assert!(sns.asked.lock().unwrap().is_empty());
    for bad in [
        change(&good, "Message", "{\"AlarmName\":\"other\"}"),
        change(&good, "Subject", "OK"),
        change(&good, "SignatureVersion", "2"),
        change(&good, "SignatureVersion", "3"),
        change(&good, "Signature", "AAAA"),
    ] {
        let answer = post(&bad).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "wrong_signature"),
            "{bad}"
        );
    }
    assert!(site.came().is_empty());

    // Both versions of its signature, and a message without a subject.
    let mut bare = notification("2");
    bare.as_object_mut().unwrap().remove("Subject");
    for message in [
        good.clone(),
        signed(folder, notification("2")),
        signed(folder, bare),
    ] {
        let answer = post(&message).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    assert_eq!(post(&good).await.status, 200, "the same once more");
    assert_eq!(site.came().len(), 3);
    assert_eq!(
        *sns.asked.lock().unwrap(),
        [CERTIFICATE],
        "the certificate is fetched once"
    );

    // Conditions are tested on what was published, not on its envelope.
    let chosen = site
        .webhook(Wanted {
            name: "chosen".to_owned(),
            kind: WebhookKind::Sns,
            scheme: None,
            conditions: vec!["AlarmName=mail".to_owned(), "Subject=hello".to_owned()],
            failures: None,
            topic: Some(TOPIC.to_owned()),
            secret: None,
        })
        .await;
    let chosen = chosen.webhook.path();
    let published = |message: &str, subject: &str| {
        let mut one = notification("2");
        one["Message"] = message.into();
        one["Subject"] = subject.into();
        signed(folder, one)
    };
    for (message, subject, status) in [
        ("{\"AlarmName\":\"mail\"}", "ALARM", 202),
        ("{\"AlarmName\":\"orders\"}", "ALARM", 200),
        ("{\"AlarmName\":\"orders\"}", "hello", 200),
        ("only words", "hello", 202),
    ] {
        let body = published(message, subject).to_string();
        let path = chosen.clone();
        // A webhook that was just made is known within a second.
        let answer = loop {
            let (path, body) = (path.clone(), body.clone());
            let sent = move || request(address, "POST", &path, &[], body.as_bytes()).unwrap();
            let answer = tokio::task::spawn_blocking(sent).await.unwrap();
            if answer.status != 404 {
                break answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        assert_eq!(answer.status, status, "{message} {subject}: {answer:?}");
    }
    assert_eq!(site.came().len(), 5);

    // The handshake.
    let wanted = format!(
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
    );
    let other = wanted.replace("111122223333", "444455556666");
    for url in [
        "https://evil.example/?Action=ConfirmSubscription",
        &wanted.replace("Confirm", "Un"),
        &other,
    ] {
        let answer = post(&signed(folder, confirmation(url))).await;
        assert_eq!(answer.status, 401, "{url}");
    }
    let unsigned = change(&signed(folder, confirmation(&wanted)), "Token", "another");
    assert_eq!(post(&unsigned).await.status, 401);
    assert_eq!(sns.asked.lock().unwrap().len(), 1, "nothing was confirmed");
    let answer = post(&signed(folder, confirmation(&wanted))).await;
    assert_eq!((answer.status, &answer.json()["subscribed"]), (200, &true.into()));
    assert_eq!(sns.asked.lock().unwrap()[1], wanted);
}
