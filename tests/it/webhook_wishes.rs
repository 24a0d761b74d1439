//! What an operator wishes of a webhook, and what Slack's Events API needs of one.

use serde_json::{Value, json};

use crate::support::{
    program::{Program, Run},
    serve::{Answer, Hook, Serve, hex_signature},
};

fn run(conclusion: &str, branch: &str) -> Value {
    json!({"action": "completed", "repository": {"full_name": "acme/orders"}, "workflow_run": {
        "name": "deploy", "head_branch": branch, "conclusion": conclusion, "status": "completed",
        "html_url": "https://github.com/acme/orders/actions/runs/1", "updated_at": jiff::Timestamp::now().to_string()}})
}

fn github(serve: &Serve, hook: &Hook, event: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let signature = format!("sha256={}", hex_signature(&hook.secret, &body));
    let headers = [
        ("x-hub-signature-256", signature.as_str()),
        ("x-github-event", event),
    ];
    serve.post(&hook.path, &headers, &body)
}

#[test]
fn a_failed_pipeline_does_what_was_wished() {
    let program = Program::new("").cut_off();
    let create = |name: &str, args: &[&str]| {
        let mut all = vec![name, "--kind", "github"];
        all.extend(args);
        Hook::create(&program, &all)
    };
    let usual = create("usual", &[]);
    let wish = [
        "--failures",
        "investigate",
        "--when",
        "workflow_run.head_branch=main",
        "--when",
        "check_run.name=lint",
    ];
    let eager = create("eager", &wish);
    let aws = Hook::create(&program, &["aws", "--kind", "eventbridge", "--failures", "note"]);
    let serve = Serve::start(&program, &[]);
    let triage = |answer: Answer| answer.json()["triage"].as_str().unwrap_or("none").to_owned();
    let told = |hook: &Hook, event: &str, body: &Value| triage(github(&serve, hook, event, body));
    assert_eq!(told(&usual, "workflow_run", &run("failure", "main")), "skipped");
    assert_eq!(
        told(&eager, "workflow_run", &run("failure", "main")),
        "investigated"
    );
    // A part of a pipeline tells nothing of its own, and a branch that nobody waits for nothing at all.
    let part = json!({"repository": {"full_name": "acme/orders"}, "check_run": {"name": "lint", "conclusion": "failure"}});
    assert_eq!(told(&eager, "check_run", &part), "skipped");
    assert_eq!(told(&eager, "workflow_run", &run("failure", "feature")), "none");
    assert_ne!(
        told(&eager, "workflow_run", &run("success", "main")),
        "investigated"
    );
    // The other way round: what AWS' deployments do by themselves.
    let bearer = format!("Bearer {}", aws.secret);
    let body = json!({"id": "1", "source": "aws.codedeploy", "detail-type": "CodeDeploy Deployment State-change Notification",
        "account": "111122223333", "region": "eu-west-1", "time": "2026-11-26T09:00:00Z", "resources": [],
        "detail": {"application": "shop", "deploymentGroup": "prod", "state": "FAILURE", "deploymentId": "d-1"}});
    let answer = serve.post(&aws.path, &[("authorization", &bearer)], &body.to_string());
    assert_eq!(triage(answer), "skipped");
    let list = program.fine(&["webhook", "list"]);
    assert!(
        list.contains("failures: investigate") && list.contains("failures: note"),
        "{list}"
    );
    let Run { code, err, .. } = program.run(&[
        "webhook",
        "create",
        "x",
        "--kind",
        "datadog",
        "--failures",
        "note",
    ]);
    assert!(code == 1 && err.contains("hint: leave --failures out"), "{err}");
}

#[test]
fn slacks_events_api_signs_asks_and_sends_again() {
    let program = Program::new("").cut_off();
    let secret = program.path("secret");
    std::fs::write(&secret, "8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let place = format!("file:{}", secret.display());
    let hook = Hook::create(
        &program,
        &[
            "team",
            "--kind",
            "slack",
            "--scheme",
            "slack",
            "--secret-from",
            &place,
        ],
    );
    let waiting = program.fine(&[
        "webhook", "create", "later", "--kind", "slack", "--scheme", "slack",
    ]);
    assert!(
        waiting.contains("midwatch webhook rotate later --secret-from stdin"),
        "{waiting}"
    );
    let serve = Serve::start(&program, &[]);
    let post = |key: &str, seconds: i64, body: &str| {
        let signature = format!("v0={}", hex_signature(key, &format!("v0:{seconds}:{body}")));
        let time = seconds.to_string();
        let headers = [
            ("x-slack-signature", signature.as_str()),
            ("x-slack-request-timestamp", time.as_str()),
        ];
        serve.post(&hook.path, &headers, body)
    };
    let key = "8f742231b10e8888abcd99yyyzzz85a5";
    let now = jiff::Timestamp::now().as_second();
    let asks = json!({"type": "url_verification", "challenge": "3eZbrw1aB1"}).to_string();
    // Nobody but Slack hears its own words back.
    let forged = post("another secret altogether", now, &asks);
    assert_eq!((forged.status, forged.code().as_str()), (401, "wrong_signature"));
    let late = post(key, now - 301, &asks);
    assert_eq!((late.status, late.code().as_str()), (401, "out_of_time"));
    let answer = post(key, now, &asks);
    assert_eq!((answer.status, answer.text.as_str()), (200, "3eZbrw1aB1"));
    let mention = |said: &str| {
        json!({"type": "event_callback", "team_id": "T1", "event_id": "Ev0001", "event_time": now, "authorizations": said,
            "event": {"type": "app_mention", "user": "U1", "text": "<@U2> orders are slow", "ts": format!("{now}.000100"),
                "channel": "C1"}})
        .to_string()
    };
    let first = post(key, now, &mention("first"));
    assert_eq!(
        (first.status, &first.json()["triage"]),
        (202, &"investigated".into())
    );
    // The same event, sent again in other words around it.
    let again = post(key, now + 1, &mention("again"));
    assert_eq!(
        (again.status, &again.json()["repeat"]),
        (200, &true.into()),
        "{again:?}"
    );
    assert_eq!(again.json()["event"], first.json()["event"]);
}
