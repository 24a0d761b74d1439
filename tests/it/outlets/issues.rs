//! Issues of trackers for accepted recommendations.

use std::collections::BTreeSet;

use midwatch::{
    journal::{
        Body, StreamId,
        body::{Choice, Decision, Delivered, Delivery, Proposed},
        views::report,
    },
    model::{Recommendation, RecommendationCategory, Text},
};
use serde_json::{Value, json};

use crate::support::{
    double_web::{DoubleWeb, Reply},
    outlets::{Sender, until},
};

/// Issues of one tracker: what was sent, listed again as GitHub and GitLab do.
fn tracker() -> DoubleWeb {
    tracker_that(|_| None)
}

/// One that answers the `n`th question for what it has (from 0) otherwise.
fn tracker_that(instead: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static) -> DoubleWeb {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let kept = std::sync::Mutex::new(Vec::<Value>::new());
    DoubleWeb::start(move |request, _| {
        let mut kept = kept.lock().unwrap();
        if request.method == "GET" {
            let n = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            if let Some(reply) = instead(n) {
                return reply;
            }
            let size: usize = request.query["per_page"].parse().unwrap();
            let page: usize = request.query["page"].parse().unwrap();
            let other = (0..150)
                .map(|n| json!({"number": n, "body": "another", "description": "another", "html_url": "x"}));
            let all: Vec<Value> = other.chain(kept.iter().cloned()).collect();
            let start = ((page - 1) * size).min(all.len());
            return Reply::json(&all[start..(start + size).min(all.len())].into());
        }
        let mut issue: Value = serde_json::from_str(&request.body).unwrap();
        let number = kept.len() + 1;
        issue["html_url"] = format!("https://github.example/acme/orders/issues/{number}").into();
        issue["web_url"] = format!("https://gitlab.example/acme/orders/-/issues/{number}").into();
        kept.push(issue.clone());
        Reply {
            status: 201,
            ..Reply::json(&issue)
        }
    })
}

#[tokio::test]
async fn an_accepted_recommendation_becomes_one_issue_that_reads_as_previewed() {
    let (github, gitlab) = (tracker(), tracker());
    let config = format!(
        "space = \"shop\"\n[connections.hub]\nkind = \"github\"\nurl = \"{}\"\nauth = {{ bearer = $SECRET }}\n\
         [connections.lab]\nkind = \"gitlab\"\nurl = \"{}\"\nauth = {{ api_key = {{ header = \"PRIVATE-TOKEN\", key = $SECRET }} }}\n\
         [spaces.shop.connections.hub]\nissues = \"acme/orders\"\n[spaces.shop.connections.lab]\nissues = \"acme/orders\"\n",
        github.url(),
        gitlab.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let live = sender
        .open("Errors of orders, says mary.major@example.com", None)
        .await;
    let propose = |id: &str| {
        Body::Recommendation(Proposed {
            id: id.to_owned(),
            recommendation: Recommendation {
                category: RecommendationCategory::Governance,
                title: Text::from("Deploy ").ext("@acme/orders").own(" in steps"),
                detail: Text::new()
                    .ext("/close #12")
                    .own(" A canary would have rolled it back."),
            },
            informed_by: vec![live.clone()],
        })
    };
    let decide = |id: &str, decision| {
        Body::Decision(Decision {
            recommendation: id.to_owned(),
            decision,
            reason: Text::new(),
        })
    };
    let space = StreamId::space();
    sender
        .write(&space, vec![propose("rec-1"), propose("rec-2"), propose("rec-3")])
        .await;
    sender
        .write(
            &space,
            vec![
                decide("rec-1", Choice::Accepted),
                decide("rec-2", Choice::Rejected),
            ],
        )
        .await;
    sender.sent(2).await;
    let folded = sender.space().await;
    let preview = report::ticket(&folded.recommendations["rec-1"], &folded);
    // Decided on once more: still one issue.
    sender
        .write(
            &space,
            vec![
                decide("rec-1", Choice::Rejected),
                decide("rec-1", Choice::Accepted),
            ],
        )
        .await;
    sender
        .write(&space, vec![decide("rec-3", Choice::Accepted)])
        .await;
    until(async || {
        let made = |double: &DoubleWeb| {
            double
                .seen()
                .iter()
                .filter(|request| request.method == "POST")
                .count()
        };
        made(&github) == 2 && made(&gitlab) == 2
    })
    .await;
    sender.stop().await;
    let posts = |double: &DoubleWeb| -> Vec<(String, Value)> {
        let seen = double
            .seen()
            .into_iter()
            .filter(|request| request.method == "POST");
        seen.map(|request| (request.path.clone(), serde_json::from_str(&request.body).unwrap()))
            .collect()
    };
    let (path, issue) = &posts(&github)[0];
    assert_eq!(path, "/api/v3/repos/acme/orders/issues");
    assert_eq!(issue["title"], preview.title);
    assert_eq!(issue["body"], preview.body);
    assert!(
        preview.body.contains("\n\\/close \\#&#8203;12 A canary"),
        "{}",
        preview.body
    );
    assert!(!preview.body.contains("mary.major"), "{}", preview.body);
    let (path, issue) = &posts(&gitlab)[0];
    assert_eq!(path, "/api/v4/projects/acme%2Forders/issues");
    assert_eq!(issue["description"], preview.body);
    assert_eq!(gitlab.seen()[0].headers["private-token"], "hush-hush");
    let references: BTreeSet<String> = sender
        .deliveries()
        .await
        .into_iter()
        .filter_map(|delivery| match delivery.outcome {
            Delivered::Sent { reference } => Some(reference),
            _ => None,
        })
        .collect();
    assert!(
        references.contains("https://github.example/acme/orders/issues/1"),
        "{references:?}"
    );
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_makes_no_second_issue() {
    // A page of a proxy, one that is too large, an object, and an answer that breaks off; the issue is there all along.
    let github = tracker_that(|n| {
        let body = match n {
            // Before the issue is made.
            0 | 1 => return None,
            2 => "<html>please log in</html>".to_owned(),
            3 => format!("[\"{}\"]", "x".repeat(9 << 20)),
            4 => json!({"items": []}).to_string(),
            5 => {
                return Some(Reply {
                    cut: true,
                    ..Reply::json(&json!(["half of it"]))
                });
            }
            _ => return None,
        };
        Some(Reply {
            status: 200,
            body,
            ..Reply::default()
        })
    });
    let config = format!(
        "space = \"shop\"\n[connections.hub]\nkind = \"github\"\nurl = \"{}\"\nauth = {{ bearer = $SECRET }}\n\
         [spaces.shop.connections.hub]\nissues = \"acme/orders\"\n",
        github.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let live = sender.open("Errors of orders", None).await;
    let space = StreamId::space();
    let proposed = Body::Recommendation(Proposed {
        id: "rec-1".to_owned(),
        recommendation: Recommendation {
            category: RecommendationCategory::Governance,
            title: "Deploy in steps".into(),
            detail: "A canary would have rolled it back.".into(),
        },
        informed_by: vec![live],
    });
    let accepted = Body::Decision(Decision {
        recommendation: "rec-1".to_owned(),
        decision: Choice::Accepted,
        reason: Text::new(),
    });
    sender.write(&space, vec![proposed, accepted]).await;
    sender.sent(1).await;
    // A person who does not see it wants it sent again.
    let sent = sender.deliveries().await.remove(0);
    let again = Delivery {
        outcome: Delivered::Again,
        ..sent
    };
    sender.write(&space, vec![Body::Delivery(again)]).await;
    until(async || sender.deliveries().await.len() == 3).await;
    sender.stop().await;
    let seen = github.seen();
    let asked = seen.iter().filter(|request| request.method == "GET").count();
    assert_eq!((seen.len() - asked, asked), (1, 8));
}

#[tokio::test]
async fn what_is_sent_to_github_is_what_it_publishes() {
    let peers = std::env::var_os("MIDWATCH_TEST_PEERS").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".peers"),
        std::path::PathBuf::from,
    );
    let path = peers.join("github/node_modules/@octokit/openapi/generated/api.github.com.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!(
            "SKIPPED: no description of GitHub's API at {}; scripts/test installs it",
            path.display()
        );
        return;
    };
    let description: Value = serde_json::from_slice(&text).unwrap();
    let item = &description["paths"]["/repos/{owner}/{repo}/issues"];
    let schema = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["title"]));
    for property in ["title", "body"] {
        assert!(schema["properties"][property].is_object(), "{property}");
    }
    let known: Vec<String> = item["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(to) => description.pointer(to.trim_start_matches('#')).unwrap(),
            None => parameter,
        })
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect();
    for name in ["state", "since", "per_page", "page"] {
        assert!(known.contains(&name.to_owned()), "{name}: {known:?}");
    }
    assert!(item["post"]["responses"]["201"].is_object());
}
