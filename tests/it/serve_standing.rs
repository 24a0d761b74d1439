//! How `midwatch serve` says that it stands: what makes it unready, what is only noted, what is counted, and where that is told.

use std::time::{Duration, Instant};

use crate::support::{
    double_aws::{DoubleAws, Reply},
    program::{Program, Run},
    serve::{PATIENCE, Serve, request},
};

#[test]
fn a_look_that_is_denied_and_a_channel_that_is_set_up_wrongly_are_noted() {
    let aws = DoubleAws::start(|operation, _| match operation {
        "ReceiveMessage" => Reply::json(200, "{}"),
        _ => Reply::xml_error(403, "AccessDenied", "not you"),
    });
    // Where the secret is exchanged for a token is missing.
    let config = "[connections.chat]\nkind = \"webhook\"\nurl = \"https://hooks.example.org/x\"\n\
                  auth = { client_credentials = { id = \"x\", secret = { env = \"HOOK\" } } }\n\
                  [spaces.default.connections.chat]\n\
                  [[spaces.default.accounts]]\nid = \"123456789012\"\nregions = [\"us-east-1\"]\n\
                  [spaces.default.watch]\nalarms = true\nqueue = \"arn:aws:sqs:us-east-1:123456789012:events\"\n";
    let program = Program::new(config).of_aws(aws.url()).with("HOOK", "hush");
    let serve = Serve::start(&program, &[]);
    let begun = Instant::now();
    let (notes, metrics) = loop {
        let ready = serve.get("/readyz");
        let (notes, metrics) = (ready.json()["notes"].to_string(), serve.get("/metrics").text);
        let all = ready.status == 200
            && ready.json()["troubles"] == serde_json::json!([])
            && notes.contains("alarms/123456789012/us-east-1: ")
            && notes.contains("channel chat: nothing goes out to it")
            && metrics.contains("midwatch_look_last_timestamp_seconds{");
        if all {
            break (notes, metrics);
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{}\n{metrics}\n{}",
            ready.text,
            serve.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(notes.contains("hint: allow cloudwatch:DescribeAlarms"), "{notes}");
    let has = |start: &str| {
        assert!(
            metrics.lines().any(|line| line.starts_with(start)),
            "{start}\n{metrics}"
        );
    };
    has("midwatch_look_last_timestamp_seconds{space=\"default\",via=\"queue/events\"} 1");
    has("midwatch_look_events_total{space=\"default\",via=\"queue/events\"} 0");
    has("midwatch_looks_failed{space=\"default\",via=\"alarms/123456789012/us-east-1\"} ");
    has("midwatch_channel_broken{space=\"default\",channel=\"chat\"} 1");
    has("midwatch_dead_letters{space=\"default\"} 0");
    has("midwatch_http_request_seconds_count{route=\"readyz\"} ");
    // A watch over a queue is none over alarms in general, and who is only asked whether it lives takes no time.
    assert!(!metrics.contains("via=\"alarms\""), "{metrics}");
    serve.get("/healthz");
    let metrics = serve.get("/metrics").text;
    assert!(
        metrics.contains("requests_total{route=\"healthz\"")
            && !metrics.contains("seconds_count{route=\"healthz\""),
        "{metrics}"
    );
}

#[test]
fn every_mistake_is_answered_with_one_clear_error() {
    let program = Program::new("[intake]\nmetrics = \"127.0.0.1:0\"\n").cut_off();
    let serve = Serve::start(&program, &[]);
    let operators = told_at(&serve);
    for (address, method, path, status, code) in [
        (serve.address, "POST", "/webhook/%FF/x", 404, "nothing_here"),
        (serve.address, "POST", "/webhook/generic", 404, "nothing_here"),
        (serve.address, "GET", "/metrics", 404, "nothing_here"),
        (serve.address, "POST", "/healthz", 405, "method_not_allowed"),
        (serve.address, "DELETE", "/readyz", 405, "method_not_allowed"),
        (
            serve.address,
            "GET",
            "/webhook/generic/x",
            405,
            "method_not_allowed",
        ),
        (operators, "POST", "/metrics", 405, "method_not_allowed"),
        (operators, "GET", "/webhook/generic/x", 404, "nothing_here"),
    ] {
        let answer = request(address, method, path, &[], b"").unwrap();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{method} {path}"
        );
        assert!(answer.text.contains("\"hint\":"), "{}", answer.text);
        if status == 405 {
            let right = if path.starts_with("/webhook") {
                "post"
            } else {
                "get"
            };
            assert!(
                answer.head.contains(&format!("allow: {right}")),
                "{}",
                answer.head
            );
        }
    }
}

/// Where it says in its log that readiness and metrics are told.
fn told_at(serve: &Serve) -> std::net::SocketAddr {
    let begun = Instant::now();
    loop {
        let said = serve.log().lines().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            (line["message"] == "readiness and metrics").then(|| line["url"].as_str().map(str::to_owned))?
        });
        if let Some(url) = said {
            return url.rsplit('/').next().unwrap().parse().unwrap();
        }
        assert!(begun.elapsed() < PATIENCE, "{}", serve.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn it_says_at_its_start_where_it_tells_how_it_stands() {
    let program = Program::new("").cut_off();
    let serve = Serve::start(&program, &[]);
    assert_eq!(told_at(&serve), serve.address);
    let program = Program::new("[intake]\npublic_url = \"https://watch.example\"\n").cut_off();
    let serve = Serve::start(&program, &[]);
    let begun = Instant::now();
    while !serve.log().contains("[intake] metrics =") {
        assert!(begun.elapsed() < PATIENCE, "{}", serve.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(serve.get("/metrics").status, 404);
    assert!(serve.get("/readyz").json().get("troubles").is_none());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let program = Program::new("").cut_off();
    let serve = Serve::start(&program, &[]);
    let address = serve.address.to_string();
    let Run { code, err, .. } = Program::new("").cut_off().run(&["serve", "--listen", &address]);
    assert_eq!(code, 1);
    let port = format!("another program listens on port {}", serve.address.port());
    let asks = format!("curl -s http://{address}/healthz");
    assert!(
        err.contains(&port) && err.contains("another midwatch serve") && err.contains(&asks),
        "{err}"
    );
}
