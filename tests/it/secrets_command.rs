//! Secrets that AWS keeps, as users of the program meet them: a connection is tried with one, the policy allows it, the list of
//! ways out has its host, and a log of everything does not hold it.

use serde_json::{Value, json};

use crate::support::{
    double_aws::{DoubleAws, Reply},
    double_http::DoubleHttp,
    double_mcp::{DoubleMcp, reader, usual},
    peers::{self, Caller},
    program::Program,
};

const HUSH: &str = "hush-5e1f";
const ACCOUNT: &str = "111122223333";

/// The program with everything written into its log.
fn program(aws: &str, config: &str) -> Program {
    Program::new(config).of_aws(aws).with("MIDWATCH_LOG", "trace")
}

fn run(program: &Program, words: &[&str]) -> (i32, String) {
    let (code, told) = program.run(words).told();
    assert!(!told.contains(HUSH), "{told}");
    (code, told)
}

fn hub(url: &str, secret: &str) -> String {
    format!(
        "[connections.hub]\nkind = \"mcp\"\nurl = \"{url}\"\nauth = {{ bearer = {secret} }}\n\
         [spaces.default.connections.hub]\n"
    )
}

/// A server that knows one token.
fn server() -> DoubleMcp {
    DoubleMcp::start(|asked| {
        let known = asked.header("authorization") == Some(&format!("Bearer {HUSH}"));
        Some(match known {
            true => usual(asked, &[reader("look")]),
            false => crate::support::double_mcp::Reply::json(401, &json!({})),
        })
    })
}

#[test]
fn double_a_connection_is_tried_with_a_secret_of_aws_and_the_log_does_not_hold_it() {
    let server = server();
    let aws = DoubleAws::start(|operation, _| match operation {
        "GetSecretValue" => Reply::json(
            200,
            json!({"SecretString": json!({"token": HUSH}).to_string()}).to_string(),
        ),
        _ => Reply::json(500, "{}"),
    });
    let program = program(
        aws.url(),
        &hub(&server.url(), "{ aws_secret = \"shop/hub#token\" }"),
    );
    let (code, told) = run(&program, &["connection", "test", "hub"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.starts_with("hub: ok, 1 tool"), "{told}");
    let log = std::fs::read_to_string(program.path("data/midwatch.log")).unwrap();
    assert!(!log.is_empty() && !log.contains(HUSH));

    // The doctor asks nobody.
    let asked = aws.operations().len();
    let (_, told) = run(&program, &["doctor"]);
    assert!(
        told.contains(
            "bearer token from AWS secret shop/hub#token (midwatch connection test hub fetches it)"
        ),
        "{told}"
    );
    assert_eq!(aws.operations().len(), asked);
    // The folder of the log is nobody else's: nothing is wrong with it.
    assert!(!told.contains("can be entered by others"), "{told}");

    // Where it was denied, nothing is sent to the server.
    let denied = DoubleAws::start(|_, _| Reply::error(400, "AccessDeniedException", "no"));
    let program = program.with("AWS_ENDPOINT_URL", denied.url());
    let before = server.seen().len();
    let (code, told) = run(&program, &["connection", "test", "hub"]);
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("the secret in AWS secret shop/hub#token is not to be had")
            && told.contains("hint: allow secretsmanager:GetSecretValue"),
        "{told}"
    );
    assert_eq!(server.seen().len(), before);
}

/// The primary account's profile is who midwatch runs as; its role is another's business, and so is where an investigation looks.
#[test]
fn double_a_secret_is_read_as_the_profile_and_not_as_the_role() {
    let server = server();
    let aws = DoubleHttp::start(|request, _| match request.operation() {
        "GetParameter" => Reply::json(200, json!({"Parameter": {"Value": HUSH}}).to_string()),
        _ => Reply::json(500, "{}"),
    });
    let profile = "[aws]\nregion = \"eu-west-1\"\n[[spaces.default.accounts]]\nid = \"111122223333\"\n\
                   role = \"arn:aws:iam::111122223333:role/midwatch\"\nprofile = \"night\"\n";
    let elsewhere = "arn:aws:ssm:us-west-2:444455556666:parameter/token";
    for (name, region, words) in [
        ("token", "eu-west-1", &["connection", "test", "hub"][..]),
        (
            "token",
            "eu-west-1",
            &["connection", "test", "hub", "--region", "eu-north-1"],
        ),
        (elsewhere, "us-west-2", &["connection", "test", "hub"]),
    ] {
        let place = format!("{{ ssm = \"{name}\" }}");
        let program = program(aws.url(), &format!("{}{profile}", hub(&server.url(), &place)));
        let folder = program.path(".aws");
        std::fs::create_dir(&folder).unwrap();
        let keys = "[night]\naws_access_key_id = NIGHT\naws_secret_access_key = test\n";
        std::fs::write(folder.join("credentials"), keys).unwrap();
        let (code, told) = run(&program, words);
        assert_eq!(code, 0, "{told}");
        let last = aws.requests().pop().unwrap();
        let scope = last.header("authorization").split(',').next().unwrap().to_owned();
        assert!(
            scope.contains("Credential=NIGHT/") && scope.ends_with(&format!("/{region}/ssm/aws4_request")),
            "{scope}"
        );
        assert_eq!(last.json(), json!({"Name": name, "WithDecryption": true}));
    }
    assert!(
        aws.requests()
            .iter()
            .all(|request| request.operation() == "GetParameter")
    );
}

/// The space's account is another's: the policy of its role has nothing of secrets, that of the identity that takes it has.
#[test]
fn the_policy_of_the_identity_that_midwatch_runs_as_names_the_secrets() {
    let named = |config: &str, words: &[&str]| {
        let program = program("http://127.0.0.1:9", config);
        let (code, told) = run(&program, words);
        assert_eq!(code, 0, "{told}");
        let policy: Value = serde_json::from_str(&told).unwrap();
        let mut named = Vec::new();
        for statement in policy["Statement"].as_array().unwrap() {
            let action = statement["Action"].to_string();
            if action.contains("GetSecretValue") || action.contains("ssm:") {
                named.push((action, statement["Resource"].clone()));
            }
        }
        named
    };
    let config = hub("https://mcp.example.org/", "{ ssm = \"/shop/token\" }");
    let own = json!(["arn:aws:ssm:us-east-1:*:parameter/shop/token"]);
    let action = "[\"ssm:GetParameter\"]".to_owned();
    assert_eq!(
        named(&config, &["iam", "policy"]),
        [(action.clone(), own.clone())]
    );
    let space = format!(
        "{config}[[spaces.default.accounts]]\nid = \"{ACCOUNT}\"\nrole = \"arn:aws:iam::{ACCOUNT}:role/midwatch\"\n"
    );
    assert_eq!(named(&space, &["iam", "policy"]), []);
    assert_eq!(
        named(&space, &["iam", "policy", "--primary"]),
        [(action.clone(), own)]
    );
    let at_home =
        format!("[aws]\nregion = \"eu-west-1\"\n{config}[[spaces.default.accounts]]\nid = \"{ACCOUNT}\"\n");
    // Where an investigation looks does not move a secret.
    for words in [
        &["iam", "policy"][..],
        &["iam", "policy", "--region", "eu-north-1"],
    ] {
        let expected = json!([format!("arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/shop/token")]);
        assert_eq!(named(&at_home, words), [(action.clone(), expected)]);
    }
    let none = hub("https://mcp.example.org/", "{ env = \"TOKEN\" }");
    assert_eq!(named(&none, &["iam", "policy", "--primary"]), []);
}

/// With the policy that is printed, the one secret is read, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn ministack_the_printed_policy_opens_one_secret() {
    let Some(peer) = peers::ministack_that_denies() else {
        return;
    };
    let root = Caller::root_of(ACCOUNT);
    for name in ["shop/hub", "shop/other"] {
        let input = json!({"Name": name, "SecretString": HUSH});
        peer.json_as(&root, "secretsmanager", "secretsmanager.CreateSecret", &input)
            .await;
    }
    peer.query_as(&root, "iam", "CreateUser", &[("UserName", "night")])
        .await;
    let answer = peer
        .query_as(&root, "iam", "CreateAccessKey", &[("UserName", "night")])
        .await;
    let part = |name: &str| {
        let rest = answer.split_once(&format!("<{name}>")).unwrap().1;
        rest.split('<').next().unwrap().to_owned()
    };
    let server = server();
    let night = |name: &str| {
        let place = format!("{{ aws_secret = \"{name}\" }}");
        program(peer.url(), &hub(&server.url(), &place))
            .with("AWS_ACCESS_KEY_ID", &part("AccessKeyId"))
            .with("AWS_SECRET_ACCESS_KEY", &part("SecretAccessKey"))
    };
    let test = |name: &str| run(&night(name), &["connection", "test", "hub"]);
    let (code, told) = test("shop/hub");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("GetSecretValue was denied"), "{told}");
    let (_, policy) = run(&night("shop/hub"), &["iam", "policy", "--primary"]);
    let reads = [
        ("UserName", "night"),
        ("PolicyName", "reads"),
        ("PolicyDocument", policy.as_str()),
    ];
    peer.query_as(&root, "iam", "PutUserPolicy", &reads).await;
    let (code, told) = test("shop/hub");
    assert_eq!(code, 0, "{told}");
    let (code, told) = test("shop/other");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("GetSecretValue was denied"), "{told}");
}

/// The first command that adds something makes the file; commands that read it want it to be there.
#[test]
fn a_configuration_that_is_not_there_yet_is_made_by_what_adds_to_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = server();
    for words in [
        &[
            "connection",
            "add",
            "mcp",
            "hub",
            "--url",
            &server.url(),
            "--bearer",
            "aws-secret:shop/hub#token",
        ][..],
        &["account", "add", ACCOUNT, "--no-test"],
    ] {
        let program = Program::new("");
        let path = program.path("deep/er/config.toml");
        let program = program.with("MIDWATCH_CONFIG", path.to_str().unwrap());
        let run = |words: &[&str]| program.run(words).told();
        for reads in [
            &["connection", "list"][..],
            &["account", "list"],
            &["connection", "remove", "hub"],
            &["doctor"],
        ] {
            let (code, told) = run(reads);
            assert_eq!(code, 1, "{reads:?}: {told}");
            assert!(
                told.contains("cannot be read") && told.contains("hint: check MIDWATCH_CONFIG"),
                "{told}"
            );
        }
        assert!(!path.exists());
        let (code, told) = run(words);
        assert_eq!(code, 0, "{told}");
        assert!(told.starts_with("created: ~/deep/er/config.toml\n"), "{told}");
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (
                mode(&path),
                mode(&program.path("deep")),
                mode(&program.path("deep/er"))
            ),
            (0o600, 0o700, 0o700)
        );
        let (code, told) = run(&["connection", "list"]);
        assert_eq!(code, 0, "{told}");
        let (_, told) = run(&["account", "add", "444455556666", "--no-test"]);
        assert!(!told.contains("created:"), "{told}");
    }
}
