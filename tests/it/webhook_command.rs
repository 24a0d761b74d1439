//! `midwatch webhook`: made, listed, changed, removed; its secret is shown once and stands nowhere.

use std::{fs, path::Path};

use crate::support::{
    program::{Program, Run},
    serve::{Hook, Serve, event},
};

/// Every file below a folder, as bytes.
fn all_bytes(folder: &Path, found: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all_bytes(&path, found);
        } else {
            found.extend(fs::read(&path).unwrap());
        }
    }
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn a_secret_is_shown_once_and_stands_in_no_file() {
    let program = Program::new("").cut_off();
    let serve = Serve::start(&program, &[]);
    let hmac = Hook::create(&program, &["orders", "--kind", "generic"]);
    let token = Hook::create(&program, &["metrics", "--kind", "datadog"]);
    assert_ne!(hmac.secret, token.secret);
    assert_eq!(hmac.id.len(), 26);
    assert_eq!(hmac.path, format!("/webhook/generic/{}", hmac.id));
    assert_eq!(hmac.send(&serve, &event("one", "orders")).status, 202);
    let bearer = format!("Bearer {}", token.secret);
    let body = event("two", "carts");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(serve.post(&token.path, &headers, &body).status, 202);
    let list = program.fine(&["webhook", "list", "--format", "json"]) + &program.fine(&["webhook", "list"]);
    let mut bytes = Vec::new();
    all_bytes(&program.path(""), &mut bytes);
    bytes.extend(list.as_bytes());
    bytes.extend(serve.log().as_bytes());
    assert!(holds(&bytes, &hmac.id), "the webhook is there");
    for secret in [&hmac.secret, &token.secret] {
        assert_eq!(secret.len(), 64);
        assert!(!holds(&bytes, secret), "the secret stands in a file");
    }
    let shown = program.fine(&["journal", "show", "space"]);
    assert!(shown.contains("made: generic, hmac"), "{shown}");
}

#[test]
fn what_is_rotated_or_removed_opens_nothing_any_more() {
    let program = Program::new("").cut_off();
    let serve = Serve::start(&program, &[]);
    let old = Hook::create(&program, &["orders", "--kind", "generic"]);
    assert_eq!(old.send(&serve, &event("1", "a")).status, 202);
    let rotate = |args: &[&str]| {
        let mut all = vec!["webhook", "rotate", "orders", "--format", "json"];
        all.extend(args);
        let made = program.json(&all);
        Hook {
            id: old.id.clone(),
            path: old.path.clone(),
            secret: made["secret"].as_str().unwrap().to_owned(),
        }
    };
    let settles = |hook: &Hook, status: u16| {
        // It holds within a second.
        for _ in 0..200 {
            if hook.send(&serve, &event("2", "b")).status == status {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("never {status}\n{}", serve.log());
    };
    let new = rotate(&[]);
    settles(&new, 202);
    let answer = old.send(&serve, &event("3", "c"));
    assert_eq!((answer.status, answer.code().as_str()), (401, "wrong_signature"));
    // For a while both hold.
    let newer = rotate(&["--keep-old", "1h"]);
    settles(&newer, 202);
    assert_eq!(new.send(&serve, &event("4", "d")).status, 202);
    assert_eq!(program.run(&["webhook", "remove", "orders"]).code, 0);
    settles(&newer, 404);
    let answer = newer.send(&serve, &event("5", "e"));
    assert_eq!((answer.status, answer.code().as_str()), (404, "no_such_webhook"));
    let Run { code, err, .. } = program.run(&["webhook", "remove", "orders"]);
    assert!(code == 1 && err.contains("there is no webhook 'orders'"), "{err}");
}

#[test]
fn each_kind_has_its_proof_and_mistakes_are_told() {
    let program = Program::new("");
    for (kind, auth) in [
        ("generic", "hmac"),
        ("dynatrace", "hmac"),
        ("splunk", "bearer"),
        ("datadog", "bearer"),
        ("newrelic", "bearer"),
        ("servicenow", "hmac-body"),
        ("slack", "bearer"),
        ("pagerduty", "pagerduty"),
        ("github", "github"),
        ("gitlab", "gitlab"),
        ("grafana", "bearer"),
        ("alertmanager", "bearer"),
        ("eventbridge", "bearer"),
    ] {
        let made = program.json(&["webhook", "create", kind, "--kind", kind, "--format", "json"]);
        assert_eq!(made["auth"], auth, "{kind}");
        assert_eq!(made["secret"].is_string(), kind != "pagerduty", "{kind}");
    }
    let topic = "arn:aws:sns:eu-west-1:111122223333:alarms";
    let made = program.json(&[
        "webhook", "create", "sns", "--kind", "sns", "--topic", topic, "--format", "json",
    ]);
    assert!(made["secret"].is_null() && made["auth"] == "sns");
    for (args, told) in [
        (
            &["generic", "--kind", "generic"][..],
            "there is a webhook 'generic' already",
        ),
        (&["a b", "--kind", "generic"], "cannot be the name of a webhook"),
        (
            &["x", "--kind", "datadog", "--scheme", "hmac"],
            "is not proved by hmac",
        ),
        (
            &["x", "--kind", "generic", "--scheme", "hmac-body"],
            "is not proved by hmac-body",
        ),
        (&["x", "--kind", "sns"], "takes the messages of one topic"),
        (
            &["x", "--kind", "sns", "--topic", "alarms"],
            "is no ARN of a topic",
        ),
        (
            &["x", "--kind", "generic", "--topic", topic],
            "only a webhook for SNS has a topic",
        ),
        (
            &["x", "--kind", "generic", "--when", "urgency"],
            "is no condition",
        ),
        (
            &["x", "--kind", "generic", "--secret-from", "hush"],
            "a secret is never given here",
        ),
        (
            &["x", "--kind", "generic", "--secret-from", "stdin"],
            "standard input holds no secret",
        ),
    ] {
        let mut all = vec!["webhook", "create"];
        all.extend(args);
        let Run { code, err, .. } = program.run(&all);
        assert_eq!(code, 1, "{args:?}");
        assert!(err.contains(told) && err.contains("hint:"), "{args:?}: {err}");
        assert!(!err.contains("hush"), "{err}");
    }
}

#[test]
fn a_configured_key_seals_and_another_one_is_found_out() {
    let key = "ab".repeat(32);
    let config = "[intake]\nkey = { env = \"INTAKE_KEY\" }\n";
    let program = Program::new(config).cut_off().with("INTAKE_KEY", &key);
    let hook = Hook::create(&program, &["orders", "--kind", "generic"]);
    assert!(!program.path("data/intake.key").exists());
    let serve = Serve::start(&program, &[]);
    assert_eq!(hook.send(&serve, &event("1", "a")).status, 202);
    drop(serve);
    let program = program.with("INTAKE_KEY", &"cd".repeat(32));
    let serve = Serve::start(&program, &[]);
    let answer = hook.send(&serve, &event("1", "a"));
    assert_eq!((answer.status, answer.code().as_str()), (503, "webhook_unusable"));
    // That is trouble of one webhook, and no reason to take the host out of its place.
    let notes = serve.ready()["notes"].to_string();
    assert!(notes.contains("does not open with this key"), "{notes}");
    let (code, told) = program.run(&["doctor"]).told();
    assert!(
        code == 1 && told.contains("does not open with this key"),
        "{told}"
    );
}

#[test]
fn a_connection_offers_the_webhook_of_its_vendor() {
    let program = Program::new("").cut_off();
    let (code, told) = program
        .run(&[
            "connection",
            "add",
            "github",
            "hub",
            "--owner",
            "acme",
            "--webhook",
        ])
        .told();
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("/webhook/github/") && told.contains("secret  "),
        "{told}"
    );
    program.fine(&["connection", "add", "datadog", "metrics"]);
    let told = program.fine(&["connection", "associate", "metrics"]);
    assert!(
        told.contains("midwatch webhook create metrics --kind datadog"),
        "{told}"
    );
    let told = program.fine(&["connection", "associate", "metrics", "--webhook"]);
    assert!(
        told.contains("/webhook/datadog/") && told.contains("Bearer SECRET"),
        "{told}"
    );
    let (code, told) = program
        .run(&["connection", "add", "eks", "k", "--cluster", "c", "--webhook"])
        .told();
    assert!(code == 1 && told.contains("sends no events by itself"), "{told}");
}
