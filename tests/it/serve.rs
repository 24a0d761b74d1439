//! `midwatch serve` from its start to its end: what it tells of itself, what it does when it is told to end, and with whom it
//! shares the work.

use std::time::{Duration, Instant};

use midwatch::journal::{
    Journal, StreamId,
    views::{Investigation, Space},
};

use crate::support::{
    double_aws::{DoubleAws, Reply},
    program::{Program, Run},
    serve::{Hook, PATIENCE, Serve, event, request},
};

async fn journal(program: &Program) -> Journal {
    Journal::open(&program.path("data/spaces/default/journal.sqlite"))
        .await
        .unwrap()
}

/// Waits until every investigation of the space has ended, and `count` there are at least.
pub async fn all_end(journal: &Journal, count: usize) -> Vec<Investigation> {
    let begun = Instant::now();
    loop {
        let space = Space::fold(&journal.read_all(&StreamId::space()).await.unwrap());
        let open = space
            .investigations
            .values()
            .filter(|listed| listed.closed.is_none())
            .count();
        if open == 0 && space.investigations.len() >= count {
            let mut all = Vec::new();
            for stream in space.investigations.keys() {
                all.push(Investigation::fold(&journal.read_all(stream).await.unwrap()));
            }
            return all;
        }
        assert!(begun.elapsed() < PATIENCE, "{open} investigations never end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_signed_event_ends_in_a_verdict_and_nobody_is_attached() {
    let aws = DoubleAws::start(|_, _| Reply::error(400, "AccessDeniedException", "not you"));
    let program = Program::new("").of_aws(aws.url()).cut_off();
    let hook = Hook::create(&program, &["orders", "--kind", "generic"]);
    let serve = Serve::start(&program, &[]);
    let answer = hook.send(&serve, &event("one", "orders"));
    assert_eq!(answer.status, 202, "{answer:?}");
    let told = answer.json();
    assert_eq!(told["triage"], "investigated");
    let stream = told["investigation"].as_str().unwrap();
    let journal = journal(&program).await;
    let all = all_end(&journal, 1).await;
    let [investigation] = all.as_slice() else {
        panic!("{} investigations", all.len())
    };
    assert_eq!(investigation.stream.as_ref().unwrap().as_str(), stream);
    assert!(
        investigation.end.as_ref().unwrap().verdict.is_some(),
        "{:?}",
        investigation.end
    );

    let healthy = serve.get("/healthz");
    assert_eq!((healthy.status, &healthy.json()["status"]), (200, &"ok".into()));
    let ready = serve.get("/readyz");
    assert_eq!(
        (ready.status, ready.json()["troubles"].as_array().unwrap().len()),
        (200, 0)
    );
    // The journal knows it before the engine says it.
    let begun = Instant::now();
    let metrics = loop {
        let metrics = serve.get("/metrics").text;
        if metrics.contains("midwatch_investigations_running{space=\"default\"} 0") {
            break metrics;
        }
        assert!(begun.elapsed() < PATIENCE, "{metrics}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for line in [
        "midwatch_events_total{space=\"default\",sender=\"generic\",triage=\"investigated\"} 1",
        "midwatch_http_requests_total{route=\"webhook\",status=\"202\"} 1",
        "midwatch_webhooks{space=\"default\",kind=\"generic\"} 1",
        "midwatch_investigations_running{space=\"default\"} 0",
        "midwatch_task_up{task=\"engine default\"} 1",
        "midwatch_http_requests_total{route=\"readyz\",status=\"200\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    // Every line of the log is an object, and says of each request how it ended.
    for line in serve.log().lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(said["level"].is_string(), "{line}");
    }
    assert!(
        serve.log().contains("\"outcome\":\"investigated\""),
        "{}",
        serve.log()
    );
}

#[tokio::test]
async fn term_gives_everything_back_and_another_goes_on() {
    // An AWS that never answers: the investigation is at work when the server is told to end.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    let program = Program::new("").of_aws(&url).cut_off();
    let hook = Hook::create(&program, &["orders", "--kind", "generic"]);
    let mut serve = Serve::start(&program, &[]);
    assert_eq!(hook.send(&serve, &event("one", "orders")).status, 202);
    let begun = Instant::now();
    while !serve
        .get("/metrics")
        .text
        .contains("midwatch_investigations_running{space=\"default\"} 1")
    {
        assert!(begun.elapsed() < PATIENCE, "{}", serve.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    serve.signal("TERM");
    assert!(serve.ended().success(), "{}", serve.log());
    assert!(serve.log().contains("\"message\":\"down\""), "{}", serve.log());
    assert!(
        request(serve.address, "GET", "/healthz", &[], b"").is_err(),
        "nobody listens"
    );
    let journal = journal(&program).await;
    let stream = journal
        .heads()
        .await
        .unwrap()
        .into_keys()
        .find(StreamId::is_investigation)
        .unwrap();
    let lease = journal
        .acquire(&stream, "test", Duration::from_secs(1))
        .await
        .unwrap();
    assert!(lease.is_some(), "its lease was given back");
    journal.release(&lease.unwrap()).await.unwrap();
    // AWS answers at last, and whoever comes next finishes it.
    let aws = DoubleAws::start(|_, _| Reply::error(400, "AccessDeniedException", "not you"));
    let program = program.with("AWS_ENDPOINT_URL", aws.url());
    let _serve = Serve::start(&program, &[]);
    all_end(&journal, 1).await;
}

#[test]
fn signals_that_come_together_are_one_and_it_ends_well() {
    let program = Program::new("").cut_off();
    let mut serve = Serve::start(&program, &[]);
    serve.signal("HUP");
    serve.signal("TERM");
    let status = serve.ended();
    assert!(status.success(), "{status}: {}", serve.log());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let program = Program::new("").cut_off();
    let hook = Hook::create(&program, &["b", "--kind", "generic", "--scheme", "bearer"]);
    let mut serve = Serve::start(&program, &[]);
    // A request that is inside, and never ends.
    let mut stream = std::net::TcpStream::connect(serve.address).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 9\r\n\r\n{{",
        hook.path, hook.secret
    );
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    // The server has heard it once it answers what came after.
    assert_eq!(serve.get("/healthz").status, 200);
    std::thread::sleep(Duration::from_millis(200));
    serve.signal("TERM");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(
        serve.get("/readyz").status,
        503,
        "it takes nothing more, and waits"
    );
    let body = event("late", "orders");
    let bearer = format!("Bearer {}", hook.secret);
    let answer = serve.post(&hook.path, &[("authorization", &bearer)], &body);
    assert_eq!((answer.status, answer.code().as_str()), (503, "draining"));
    serve.signal("TERM");
    assert_eq!(serve.ended().code(), Some(1));
    drop(stream);
}

#[test]
fn other_hosts_reach_it_over_tls_alone() {
    let program = Program::new("").cut_off();
    let Run { code, err, .. } = program.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("can be reached from other hosts") && err.contains("hint: give [intake.tls]"),
        "{err}"
    );
    let program = Program::new("[intake.tls]\ncert = \"/nonexistent\"\nkey = \"/nonexistent\"\n").cut_off();
    let Run { code, err, .. } = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(
        code == 1 && err.contains("TLS cannot be set up: /nonexistent"),
        "{err}"
    );
}

#[test]
fn it_speaks_tls() {
    let folder = tempfile::tempdir().unwrap();
    if !crate::kubernetes_tls::certificates(folder.path()) {
        eprintln!("**** SKIPPED: openssl makes no certificates here");
        return;
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    let program = Program::new(&format!(
        "[intake]\nmetrics = \"127.0.0.1:0\"\n[intake.tls]\ncert = \"{}\"\nkey = \"{}\"\n",
        path("leaf.pem"),
        path("leaf.key")
    ))
    .cut_off();
    let hook = Hook::create(&program, &["orders", "--kind", "generic", "--scheme", "bearer"]);
    let serve = Serve::start(&program, &[]);
    assert!(request(serve.address, "GET", "/healthz", &[], b"").map_or(true, |answer| answer.status == 0));
    let body = event("one", "orders");
    let url = format!("https://127.0.0.1:{}{}", serve.address.port(), hook.path);
    let bearer = format!("Authorization: Bearer {}", hook.secret);
    // The port is not what the file says: the path alone is.
    let output = std::process::Command::new("curl")
        .args([
            "-s",
            "--noproxy",
            "*",
            "--cacert",
            &path("ca.pem"),
            "-H",
            "Content-Type: application/json",
            "-H",
            &bearer,
        ])
        .args(["-d", &body, &url])
        .output();
    let Ok(output) = output else {
        eprintln!("**** SKIPPED: there is no curl here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("\"triage\":\"investigated\""),
        "{text}{output:?}{}",
        serve.log()
    );
}
