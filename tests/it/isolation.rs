//! Spaces apart: what one may see is asked with its own roles and connections, and nothing of another space hears of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{
    double_aws::Reply as AwsReply,
    double_github::{self, REPOSITORY, TOKEN},
    double_http::{DoubleHttp, Request},
    double_mcp::{DoubleMcp, reader, usual},
    double_vendor::{DoubleVendor, Sends, text},
    double_web::{DoubleWeb, Served},
    program::Program,
    vendors::datadog_tools,
};

const A: &str = "210987654321";
const B: &str = "567812349876";
/// An account whose role lets nobody in.
const SHUT: &str = "777788889999";
const AMBIENT: &str = "AKIDAMBIENT";

/// The access key of an AWS request, and the region that it is signed for.
fn signed(request: &Request) -> (String, String) {
    let credential = request.header("authorization").split_once("Credential=");
    let scope: Vec<&str> = credential.map_or("", |(_, rest)| rest).split('/').collect();
    (scope[0].to_owned(), (*scope.get(2).unwrap_or(&"")).to_owned())
}

/// AWS: gives a session of its own for the role of each account but of [`SHUT`], and knows an alarm and a function.
fn aws() -> DoubleHttp {
    DoubleHttp::start(|request, _| {
        match request.operation() {
        "AssumeRole" => {
            let account = [A, B]
                .into_iter()
                .find(|account| request.body.contains(&format!("iam%3A%3A{account}%3Arole")));
            match account {
                Some(account) => AwsReply::xml(
                    200,
                    format!(
                        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId>\
                         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                    ),
                ),
                None => AwsReply::xml_error(403, "AccessDenied", "not authorized to perform: sts:AssumeRole"),
            }
        }
        "GetCallerIdentity" => {
            let (key, _) = signed(request);
            let account = key.strip_prefix("ASIA").unwrap_or(SHUT).to_owned();
            AwsReply::xml(
                200,
                format!(
                    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
                     <Arn>arn:aws:sts::{account}:assumed-role/midwatch/midwatch</Arn></GetCallerIdentityResult>\
                     </GetCallerIdentityResponse>"
                ),
            )
        }
        "DescribeAlarms" => AwsReply::json(
            200,
            json!({"CompositeAlarms": [], "MetricAlarms": [{
                "AlarmName": "orders-errors", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum",
                "Period": 60, "EvaluationPeriods": 1, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold",
                "StateValue": "ALARM", "StateReason": "Threshold Crossed",
                "StateUpdatedTimestamp": Timestamp::now().as_second() - 300,
                "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
            }]})
            .to_string(),
        ),
        _ => AwsReply::json(200, "{}"),
    }
    })
}

fn forge() -> DoubleWeb {
    Served {
        prefix: "/api/v3".to_owned(),
        ..double_github::answers()
    }
    .start()
}

fn vendor() -> DoubleVendor {
    DoubleVendor::start(Sends::Json, datadog_tools(), |tool, _| match tool {
        "search_datadog_services" => text(json!([{"name": "orders"}]).to_string()),
        _ => text("No results found"),
    })
}

/// All that two spaces have, and a server that no space uses.
struct Scene {
    aws: DoubleHttp,
    forges: [DoubleWeb; 2],
    vendors: [DoubleVendor; 2],
    stray: DoubleMcp,
    /// Where every connection would go that is not to this host.
    proxy: DoubleWeb,
    program: Program,
}

impl Scene {
    fn new() -> Self {
        let aws = aws();
        let forges = [forge(), forge()];
        let vendors = [vendor(), vendor()];
        let stray = DoubleMcp::start(|asked| Some(usual(asked, &[reader("look")])));
        let proxy = DoubleWeb::start(|_, _| crate::support::double_web::Reply::error(502, "nobody is there"));
        let mut config = format!(
            "[connections.stray]\nkind = \"mcp\"\nurl = \"{}\"\n[connections.cluster]\nkind = \"eks\"\ncluster = \"prod\"\n",
            stray.url()
        );
        let spaces = [("a", A, "eu-west-1"), ("b", B, "sa-east-1")];
        for ((name, account, region), (forge, vendor)) in spaces.iter().zip(forges.iter().zip(&vendors)) {
            config.push_str(&format!(
                "[connections.code-{name}]\nkind = \"github\"\nurl = \"{}\"\nauth = {{ bearer = {{ env = \"TOKEN_OF_{name}\" }} }}\n\
                 [connections.metrics-{name}]\nkind = \"datadog\"\nurl = \"{}\"\n\
                 auth = {{ bearer = {{ env = \"TOKEN_OF_{name}\" }} }}\n\
                 [spaces.{name}]\nregions = [\"us-east-1\", \"{region}\"]\n[[spaces.{name}.accounts]]\nid = \"{account}\"\n\
                 role = \"arn:aws:iam::{account}:role/midwatch\"\n[spaces.{name}.connections.code-{name}]\n\
                 projects = [\"shop/order-intake\"]\n[spaces.{name}.connections.metrics-{name}]\n",
                forge.url(),
                vendor.url(),
            ));
        }
        config.push_str(&format!(
            "[spaces.shut]\nregions = [\"us-east-1\"]\n[[spaces.shut.accounts]]\nid = \"{SHUT}\"\n\
             role = \"arn:aws:iam::{SHUT}:role/midwatch\"\n[spaces.shut.connections.cluster]\n"
        ));
        let program = Program::new(&config)
            .of_aws(aws.url())
            .with("AWS_ACCESS_KEY_ID", AMBIENT)
            .with("TOKEN_OF_a", TOKEN)
            .with("TOKEN_OF_b", TOKEN)
            .with("HTTP_PROXY", proxy.url())
            .with("HTTPS_PROXY", proxy.url())
            .with("NO_PROXY", "127.0.0.1");
        Self {
            aws,
            forges,
            vendors,
            stray,
            proxy,
            program,
        }
    }

    /// What asks telemetry for a space: investigations, a recording and, where it is wanted, discovery. What each printed.
    fn ask_all(&self, space: &str, discovery: bool) -> Vec<String> {
        let out = self.program.path(&format!("{space}.mwb"));
        let out = out.to_str().unwrap();
        let commands: [&[&str]; 4] = [
            &["investigate", "--alarm", "orders-errors", "--format", "json"],
            &["investigate", "shop/order-intake fails", "--format", "json"],
            &[
                "capture",
                "--capture-window",
                "2025-10-27T02:00:00Z..2025-10-27T04:00:00Z",
                out,
            ],
            &["topology", "--refresh", "--format", "json"],
        ];
        commands
            .into_iter()
            .take(if discovery { 4 } else { 3 })
            .map(|command| {
                let run = self.program.run(&[&["--space", space], command].concat());
                assert!(!run.err.contains("panicked"), "{command:?}: {}", run.err);
                format!("{}{}", run.out, run.err)
            })
            .collect()
    }

    /// Requests that each double has had: repositories of a and b, vendors of a and b.
    fn counts(&self) -> [usize; 4] {
        let [forge_a, forge_b] = &self.forges;
        let [vendor_a, vendor_b] = &self.vendors;
        [
            forge_a.seen().len(),
            forge_b.seen().len(),
            vendor_a.calls().len(),
            vendor_b.calls().len(),
        ]
    }

    /// Access keys and regions of every request to AWS but those for a role, from the `n`th on.
    fn asked_as(&self, n: usize) -> (BTreeSet<String>, BTreeSet<String>) {
        let requests = self.aws.requests();
        let asked = requests
            .iter()
            .skip(n)
            .filter(|request| request.operation() != "AssumeRole");
        asked.map(signed).unzip()
    }
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn double_a_space_asks_its_own_accounts_and_connections_and_nothing_else() {
    let scene = Scene::new();
    let told = scene.ask_all("a", true);
    let [forge_a, forge_b, vendor_a, vendor_b] = scene.counts();
    assert!(forge_a > 0 && vendor_a > 0, "{told:#?}");
    assert_eq!((forge_b, vendor_b), (0, 0));
    assert!(
        scene.forges[0]
            .seen()
            .iter()
            .any(|request| request.path.ends_with(&format!("{REPOSITORY}/pulls")))
    );
    // Its regions, by its role; the role by the credentials at hand, and no role of another space.
    assert_eq!(
        scene.asked_as(0),
        (set(&[&format!("ASIA{A}")]), set(&["eu-west-1", "us-east-1"]))
    );
    let requests = scene.aws.requests();
    let roles: Vec<&Request> = requests
        .iter()
        .filter(|request| request.operation() == "AssumeRole")
        .collect();
    assert!(!roles.is_empty());
    for request in roles {
        assert_eq!(signed(request).0, AMBIENT);
        assert!(
            request.body.contains(A) && !request.body.contains(B),
            "{}",
            request.body
        );
    }

    let before = requests.len();
    let told = scene.ask_all("b", false);
    let after = scene.counts();
    assert_eq!(
        (after[0], after[2]),
        (forge_a, vendor_a),
        "nothing of a is asked for b"
    );
    assert!(after[1] > 0 && after[3] > 0, "{told:#?}");
    assert_eq!(
        scene.asked_as(before),
        (set(&[&format!("ASIA{B}")]), set(&["sa-east-1", "us-east-1"]))
    );

    // Nobody uses the stray server, and nothing else was connected to.
    assert_eq!(scene.stray.seen().len(), 0);
    let elsewhere: Vec<String> = scene
        .proxy
        .seen()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(elsewhere, [] as [&str; 0]);

    // What one space saw stays with it.
    for (space, other) in [("a", "b"), ("b", "a")] {
        let listed = scene
            .program
            .fine(&["--space", space, "journal", "list", "--format", "json"]);
        assert_eq!(listed.lines().count(), 2, "{listed}");
        let shown = format!(
            "{listed}{}",
            scene.program.run(&["--space", space, "topology"]).out
        );
        for name in [
            format!("code-{other}"),
            format!("metrics-{other}"),
            "stray".to_owned(),
        ] {
            assert!(!shown.contains(&name), "{name}: {shown}");
        }
    }
    for (space, strangers) in [
        ("a", [B, "code-b", "metrics-b", "stray"]),
        ("b", [A, "code-a", "metrics-a", "stray"]),
    ] {
        let out = scene.program.path(&format!("{space}.mwb"));
        let mut files = midwatch::sources::bundle::Files::open(&out).unwrap();
        for name in files.names().clone() {
            let words = String::from_utf8_lossy(&files.read(&name).unwrap().unwrap()).into_owned();
            for stranger in strangers {
                assert!(!words.contains(stranger), "{stranger} in {name} of {space}");
            }
        }
    }
}

#[test]
fn double_a_connection_that_a_space_does_not_use_is_none_of_its_own() {
    let scene = Scene::new();
    let listed = scene
        .program
        .json(&["--space", "a", "connection", "list", "--format", "json"]);
    let spaces = |name: &str| {
        let all = listed.as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["spaces"].clone()
    };
    assert_eq!(spaces("stray"), json!([]));
    assert_eq!(
        (spaces("code-a"), spaces("metrics-b")),
        (json!(["a"]), json!(["b"]))
    );
    // Whoever registers servers may look at one; what it has is not this space's to call.
    let tools = |space: &str, name: &str| -> Value {
        scene
            .program
            .json(&["--space", space, "connection", "tools", name, "--format", "json"])
    };
    for (space, name, allowed) in [
        ("a", "stray", false),
        ("a", "metrics-b", false),
        ("b", "metrics-b", true),
    ] {
        for tool in tools(space, name).as_array().unwrap() {
            assert_eq!(tool["allowed"], allowed, "{space} {name}: {tool}");
            let standing = tool["standing"].as_str().unwrap();
            assert_eq!(
                standing.contains("the space does not use the connection"),
                !allowed,
                "{standing}"
            );
        }
    }
    let told = scene
        .program
        .fine(&["--space", "a", "connection", "tools", "stray"]);
    assert!(
        told.contains("space a does not use stray yet") && !told.contains("  allowed  "),
        "{told}"
    );
}

#[test]
fn double_a_refused_role_is_a_gap_and_never_asked_around_with_the_credentials_at_hand() {
    let scene = Scene::new();
    let told = scene.ask_all("shut", false);
    assert!(
        told[0].contains("STS AssumeRole of arn:aws:iam::777788889999:role/midwatch was denied"),
        "{}",
        told[0]
    );
    let run = scene.program.run(&["--space", "shut", "account", "test"]);
    assert_eq!(run.code, 1, "{run:?}");
    let requests = scene.aws.requests();
    assert!(!requests.is_empty());
    for request in &requests {
        assert_eq!(request.operation(), "AssumeRole", "{request:?}");
        assert_eq!(signed(request).0, AMBIENT);
        assert!(request.body.contains(SHUT), "{}", request.body);
    }
    assert_eq!(scene.counts(), [0; 4]);
    assert_eq!((scene.stray.seen().len(), scene.proxy.seen().len()), (0, 0));
}
