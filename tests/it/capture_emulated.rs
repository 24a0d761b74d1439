//! An investigation of an emulated account, captured, replays to the same cause with the emulator gone and the network cut; and
//! nothing secret that it met is in the capture.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use midwatch::sources::bundle::{Bundle, Files};
use serde_json::{Value, json};

use crate::{
    accounts_moto::{self, HOME, PASSWORD},
    support::{
        double_vendor::{DoubleVendor, Sends, text},
        double_web::{DoubleWeb, Served},
        peers::Caller,
        program::Program,
        vendors::datadog_tools,
    },
};

/// What a function wrote to its log, a tool said and a commit's message told, and nobody may see.
const KEY: &str = "AKIAZ7EXAMPLE4SECRET";
const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const STRIPE: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const PERSON: &str = "dana.doe@example.com";

/// Origin and kind of fact of every record of an investigation that its causes cite.
fn cited_by(program: &Program, outcome: &Value) -> Vec<String> {
    let stream = outcome["investigation"].as_str().unwrap();
    let causes = outcome["causes"].as_array().unwrap();
    let mut kinds: Vec<String> = causes
        .iter()
        .flat_map(|cause| cause["evidence"].as_array().unwrap())
        .map(|record| {
            let record = record.to_string();
            let shown = program.json(&["journal", "show", stream, "--record", &record, "--format", "json"]);
            let seen = &shown["body"];
            format!("{} {} {}", seen["origin"], seen["fact"]["kind"], seen["resource"])
        })
        .collect();
    kinds.sort();
    kinds
}

/// A vendor that knows of the function what its own agents read in its log.
fn vendor(now: Timestamp) -> DoubleVendor {
    DoubleVendor::start(Sends::Json, datadog_tools(), move |tool, _| match tool {
        "search_datadog_logs" => {
            let rows: Vec<String> = (1..8)
                .map(|ago| {
                    let at = now - SignedDuration::from_mins(ago);
                    format!("{at}\torders\thost-1\terror\tERROR cannot book for {PERSON} with {STRIPE}\n")
                })
                .collect();
            text(format!(
                "<TSV_DATA>\ntimestamp\tservice\thost\tstatus\tmessage\n{}</TSV_DATA>",
                rows.concat()
            ))
        }
        "search_datadog_services" => text(json!([{"name": "orders"}]).to_string()),
        _ => text("No results found"),
    })
}

/// A repository whose last merge lies well before the fault, with a token in its title.
fn repository(now: Timestamp) -> DoubleWeb {
    let at = |minutes| (now - SignedDuration::from_mins(minutes)).to_string();
    let merged = at(55);
    let mut served = Served {
        token: Some((
            "authorization".to_owned(),
            "Bearer github_pat_11AAAAAAA0example".to_owned(),
        )),
        prefix: "/api/v3".to_owned(),
        keys: vec!["workflow_runs", "jobs"],
        ..Served::default()
    };
    for (path, answer) in [
        ("", json!({"full_name": "shop/orders", "default_branch": "main"})),
        ("/deployments", json!([])),
        ("/actions/runs", json!({"workflow_runs": []})),
        ("/activity", json!([])),
        ("/releases", json!([])),
        (
            "/pulls",
            json!([{"number": 7, "title": format!("Remove token {TOKEN} from the tests"), "merged_at": merged,
                "updated_at": merged, "merge_commit_sha": "4f1d2c3b4a5968778695a4b3c2d1e0f00112233a",
                "user": {"login": "mary.major"}}]),
        ),
        (
            "/pulls/7/files",
            json!([{"filename": "test/client.py", "status": "modified", "patch": format!("@@ -1 +1 @@\n-token = '{TOKEN}'\n+token = None")}]),
        ),
    ] {
        served.answers.insert(format!("/repos/shop/orders{path}"), answer);
    }
    served.start()
}

/// What the space sees: two accounts in two regions, a repository and a vendor.
fn space(repository: &DoubleWeb, vendor: &DoubleVendor) -> String {
    format!(
        "{}[connections.code]\nkind = \"github\"\nurl = \"{}\"\nauth = {{ bearer = {{ env = \"CODE_TOKEN\" }} }}\n\
         [connections.metrics]\nkind = \"datadog\"\nurl = \"{}\"\nauth = {{ bearer = {{ env = \"METRICS_TOKEN\" }} }}\n\
         [spaces.default.connections.code]\nprojects = [\"shop/orders\"]\n\
         deploys = [{{ project = \"shop/orders\", resource = \"arn:aws:cloudformation:us-east-1:{HOME}:stack/shop/0\" }}]\n\
         [spaces.default.connections.metrics]\n",
        accounts_moto::two_accounts(),
        repository.url(),
        vendor.url(),
    )
}

/// Every byte of a bundle, unpacked.
fn unpacked(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Files::open(path).unwrap();
    let names: Vec<String> = files.names().iter().cloned().collect();
    names
        .into_iter()
        .map(|name| {
            let bytes = files.read(&name).unwrap().unwrap().into_owned();
            (name, bytes)
        })
        .collect()
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|window| window == words.as_bytes())
}

/// Verdict, causes and candidates, as far as a replay has to agree with what it replays.
fn outcome(told: &Value) -> Value {
    let causes: Vec<Value> = told["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| {
            json!({
                "resource": cause["resource"], "category": cause["category"], "pattern": cause["pattern"],
                "statement": cause["statement"], "confidence": cause["confidence"],
            })
        })
        .collect();
    json!({"verdict": told["verdict"], "causes": causes, "candidates": told["candidates"], "impact": told["impact"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_an_investigation_replays_to_the_same_cause_with_the_network_cut() {
    let Some(peer) = accounts_moto::scene().await else {
        return;
    };
    let now = Timestamp::now();
    let group = json!("/aws/lambda/orders");
    let secret = json!({
        "timestamp": now.as_millisecond() - 90_000,
        "message": format!("[ERROR] cannot sign with {KEY}, password={PASSWORD}: ask {PERSON}"),
    });
    let body = json!({"logGroupName": group, "logStreamName": "one", "logEvents": [secret]});
    peer.json_as(&Caller::default(), "logs", "Logs_20140328.PutLogEvents", &body)
        .await;
    let (repository, vendor) = (repository(now), vendor(now));
    let live = Program::new(&space(&repository, &vendor))
        .of_aws(peer.url())
        .with("CODE_TOKEN", "github_pat_11AAAAAAA0example")
        .with("METRICS_TOKEN", "hush-hush-hush");
    let told = live.json(&["investigate", "--alarm", "orders-errors", "--format", "json"]);
    assert_eq!(
        told["cause"]["resource"], "table:ledger@444455556666/eu-west-1",
        "{told:#}"
    );
    assert!(!repository.seen().is_empty() && !vendor.calls().is_empty());
    let cited = cited_by(&live, &told);
    let out = live.path("orders.mwb");
    let stream = told["investigation"].as_str().unwrap();
    let said = live.fine(&["capture", stream, out.to_str().unwrap()]);
    assert!(said.contains("log lines"), "{said}");

    // What it says is told without the emulator, the servers, credentials and the network.
    drop((peer, repository, vendor));
    let away = Program::new("").cut_off();
    let again = away.json(&[
        "investigate",
        "--bundle",
        out.to_str().unwrap(),
        "--format",
        "json",
    ]);
    assert_eq!(outcome(&again), outcome(&told));
    assert_eq!(cited_by(&away, &again), cited);
    assert!(cited.len() > 1, "{cited:?}");
    assert_eq!(again["usage"]["aws_calls"], 0);

    // Every member's evidence is in it, and nothing that is nobody's business.
    let files = unpacked(&out);
    let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes).copied().collect();
    for seen in [
        "shop/orders",
        "test/client.py",
        "cannot book for",
        "cannot sign with",
        "LEDGER",
    ] {
        assert!(holds(&all, seen), "{seen}");
    }
    for (name, bytes) in &files {
        for secret in [KEY, TOKEN, STRIPE, PERSON, PASSWORD, "hush-hush-hush"] {
            assert!(!holds(bytes, secret), "{secret} in {name}");
        }
    }
    assert!(Bundle::open(&out).unwrap().incident().account.as_deref() == Some(HOME));
}
