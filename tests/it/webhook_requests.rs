//! Requests at the door: each scheme good, forged and late; each mistake with its own word; conditions send events apart.

use crate::support::{
    program::Program,
    serve::{Answer, Hook, Serve, event, hex_signature, request, signature},
};

fn told(answer: &Answer) -> (u16, String) {
    (answer.status, answer.code())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn every_scheme_takes_what_is_proved_and_nothing_else() {
    let program = Program::new("").cut_off();
    let hook = |name: &str, kind: &str| Hook::create(&program, &[name, "--kind", kind]);
    let (generic, snow, slack) = (hook("g", "generic"), hook("s", "servicenow"), hook("b", "slack"));
    let (github, gitlab) = (hook("gh", "github"), hook("gl", "gitlab"));
    let pages = hook("pd", "pagerduty");
    let serve = Serve::start(&program, &[]);

    // Nobody knows PagerDuty's secret yet.
    let body = event("p", "pages");
    let any = format!("v1={}", "0".repeat(64));
    let answer = serve.post(&pages.path, &[("x-pagerduty-signature", &any)], &body);
    assert_eq!(told(&answer), refused(401, "no_secret_yet"));
    let secret = "a secret that PagerDuty made";
    let given = program.path("pagerduty");
    std::fs::write(&given, secret).unwrap();
    std::fs::set_permissions(&given, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let place = format!("file:{}", given.display());
    program.fine(&["webhook", "rotate", "pd", "--secret-from", &place]);

    let post =
        |hook: &Hook, name: &str, value: &str, body: &str| serve.post(&hook.path, &[(name, value)], body);
    for (hook, name, sign) in [
        (
            &snow,
            "x-amzn-event-signature",
            (|secret: &str, body: &str| signature(secret, body)) as fn(&str, &str) -> String,
        ),
        (&github, "x-hub-signature-256", |secret, body| {
            format!("sha256={}", hex_signature(secret, body))
        }),
        (&slack, "authorization", |secret, _| format!("Bearer {secret}")),
        (&gitlab, "x-gitlab-token", |secret, _| secret.to_owned()),
    ] {
        let body = event(name, name);
        let good = post(hook, name, &sign(&hook.secret, &body), &body);
        assert_eq!(good.status, 202, "{name}: {good:?}");
        let forged = post(hook, name, &sign("another secret", &body), &body);
        assert_eq!(forged.status, 401, "{name}: {forged:?}");
        let missing = serve.post(&hook.path, &[], &body);
        assert_eq!(told(&missing), refused(401, "no_signature"), "{name}");
    }
    // The same at PagerDuty, once the server has seen its secret.
    let signed = format!("v1={},v1={}", "0".repeat(64), hex_signature(secret, &body));
    let mut status = 0;
    for _ in 0..200 {
        status = post(&pages, "x-pagerduty-signature", &signed, &body).status;
        if status == 202 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(status, 202);

    let body = event("g", "generic");
    assert_eq!(generic.send(&serve, &body).status, 202);
    let again = generic.send(&serve, &body);
    assert_eq!(
        (again.status, &again.json()["repeat"]),
        (200, &true.into()),
        "said once more"
    );
    let forged = Hook {
        id: generic.id.clone(),
        path: generic.path.clone(),
        secret: "another".to_owned(),
    };
    assert_eq!(told(&forged.send(&serve, &body)), refused(401, "wrong_signature"));
    let late = generic.signed_at("2025-11-23T18:00:00.000Z", &body);
    let late: Vec<(&str, &str)> = late.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = serve.post(&generic.path, &late, &body);
    assert_eq!(told(&answer), refused(401, "out_of_time"));
    // One scheme a webhook: another one's proof is none here.
    let bearer = format!("Bearer {}", generic.secret);
    let answer = serve.post(&generic.path, &[("authorization", &bearer)], &body);
    assert_eq!(told(&answer), refused(401, "no_signature"));
}

#[test]
fn every_mistake_has_its_word() {
    let program = Program::new("").cut_off();
    let hook = Hook::create(&program, &["g", "--kind", "generic", "--scheme", "bearer"]);
    let serve = Serve::start(&program, &[]);
    let bearer = format!("Bearer {}", hook.secret);
    let authorization = ("authorization", bearer.as_str());
    let body = event("1", "a");
    let unknown = format!("/webhook/generic/{}", "0".repeat(26));
    let other_kind = hook.path.replace("generic", "datadog");
    let post = |path: &str, headers: &[(&str, &str)], body: &str| told(&serve.post(path, headers, body));
    assert_eq!(
        post(&unknown, &[authorization], &body),
        refused(404, "no_such_webhook")
    );
    assert_eq!(
        post(&other_kind, &[authorization], &body),
        refused(404, "no_such_webhook")
    );
    assert_eq!(
        post("/elsewhere", &[authorization], &body),
        refused(404, "nothing_here")
    );
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(
        post(&hook.path, &[authorization, form], &body),
        refused(415, "not_json")
    );
    assert_eq!(post(&hook.path, &[authorization], ""), refused(400, "empty_body"));
    let huge = ("content-length", "1048577");
    assert_eq!(
        post(&hook.path, &[authorization, huge], "{"),
        refused(413, "too_large")
    );
    let chunked = [authorization, ("transfer-encoding", "chunked")];
    let chunk = format!("100001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x10_0001));
    assert_eq!(post(&hook.path, &chunked, &chunk), refused(413, "too_large"));
    let get = request(serve.address, "GET", &hook.path, &[], b"").unwrap();
    assert_eq!(told(&get), refused(405, "method_not_allowed"));
    assert!(get.head.contains("allow: post"), "{}", get.head);
    let bytes = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {bearer}\r\n\r\n",
        hook.path
    );
    let answer = crate::support::serve::raw(serve.address, bytes.as_bytes()).unwrap();
    assert_eq!(told(&answer), refused(411, "length_required"));
    // Every type that JSON goes by is taken.
    for (n, kind) in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/cloudevents+json",
    ]
    .into_iter()
    .enumerate()
    {
        let body = event(&format!("t{n}"), "types");
        let answer = serve.post(&hook.path, &[authorization, ("content-type", kind)], &body);
        assert_eq!(answer.status, 202, "{kind}: {answer:?}");
    }
    // What cannot be understood is kept for a person.
    for odd in ["{\"what\": \"is this\"}", "not json at all", "[1,2,3]"] {
        let answer = serve.post(&hook.path, &[authorization], odd);
        assert_eq!(
            (answer.status, &answer.json()["triage"]),
            (202, &"skipped".into()),
            "{odd}"
        );
    }
    // Whoever fails on and on is told less; good requests go through all the same.
    let mut last = 0;
    for _ in 0..200 {
        last = serve
            .post(&hook.path, &[("authorization", "Bearer wrong")], &body)
            .status;
    }
    assert_eq!(last, 429);
    let body = event("good", "after all");
    assert_eq!(serve.post(&hook.path, &[authorization], &body).status, 202);
}

#[test]
fn conditions_send_events_apart_and_what_is_unmet_is_not_kept() {
    let config = "[spaces.alpha]\n[spaces.beta]\n";
    let program = Program::new(config).cut_off();
    let alpha = Hook::create(
        &program,
        &[
            "a",
            "--kind",
            "generic",
            "--space",
            "alpha",
            "--when",
            "urgency=1 and data.category=Software|Network",
        ],
    );
    let beta = Hook::create(
        &program,
        &[
            "b",
            "--kind",
            "generic",
            "--space",
            "beta",
            "--when",
            "urgency!=1",
            "--when",
            "data.category=hardware",
        ],
    );
    let serve = Serve::start(&program, &[]);
    let body = |marker: &str, urgency: &str, category: &str| {
        serde_json::json!({"eventType": "incident", "incidentId": marker, "action": "created", "title": marker,
            "urgency": urgency, "data": {"category": category}})
        .to_string()
    };
    for (marker, urgency, category, to_alpha, to_beta) in [
        ("aardvark", "1", "software", true, false),
        ("badger", "1", "Hardware", false, true),
        ("camel", "2", "Software", false, true),
    ] {
        let body = body(marker, urgency, category);
        for (hook, wanted) in [(&alpha, to_alpha), (&beta, to_beta)] {
            let answer = hook.send(&serve, &body);
            if wanted {
                assert_eq!(answer.status, 202, "{marker}: {answer:?}");
            } else {
                assert_eq!(
                    (answer.status, &answer.json()["accepted"]),
                    (200, &false.into()),
                    "{marker}"
                );
            }
        }
    }
    let shown = |space: &str| program.fine(&["journal", "show", "space", "--space", space]);
    let (alpha, beta) = (shown("alpha"), shown("beta"));
    assert!(
        alpha.contains("aardvark") && !alpha.contains("badger") && !alpha.contains("camel"),
        "{alpha}"
    );
    assert!(
        !beta.contains("aardvark") && beta.contains("badger") && beta.contains("camel"),
        "{beta}"
    );
    let metrics = serve.get("/metrics").text;
    assert!(
        metrics.contains("midwatch_events_unmet_total{sender=\"generic\"} 3"),
        "{metrics}"
    );
    // Asked for one space, it knows no other.
    drop(serve);
    let serve = Serve::start(&program, &["--space", "alpha"]);
    let beta = Hook::create(&program, &["late", "--kind", "generic", "--space", "beta"]);
    assert_eq!(beta.send(&serve, &event("1", "a")).status, 404);
}
