//! An account that lets midwatch in step by step, on ministack, which evaluates trust and policies as AWS does.

use std::process::{Command, Stdio};

use crate::support::peers::{self, Caller};

const HOME: &str = "111122223333";
const OTHER: &str = "444455556666";

/// Runs the program as the root of [`HOME`], in a space that has [`OTHER`] by a role.
fn run(url: &str, args: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let space = format!(
        "[[spaces.default.accounts]]\nid = \"{OTHER}\"\nrole = \"arn:aws:iam::{OTHER}:role/midwatch\"\n\
         external_id = \"shop\"\n"
    );
    std::fs::write(&config, space).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("MIDWATCH_DATA", home.path().join("data"))
        .env("MIDWATCH_CONFIG", config)
        .env("AWS_ACCESS_KEY_ID", HOME)
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", url)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn ministack_a_role_lets_in_whom_the_printed_policies_name() {
    let Some(peer) = peers::ministack_that_denies() else {
        return;
    };
    let test = || run(peer.url(), &["account", "test"]);
    let (code, out, err) = test();
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        out.contains("not active")
            && out.contains("STS AssumeRole of arn:aws:iam::444455556666:role/midwatch was denied"),
        "{out}"
    );

    // The trust that the program prints lets it in, and nobody else: not without the external id.
    let (_, trust, _) = run(
        peer.url(),
        &["iam", "trust", "--account", HOME, "--external-id", "shop"],
    );
    let there = Caller::root_of(OTHER);
    let role = [
        ("RoleName", "midwatch"),
        ("AssumeRolePolicyDocument", trust.as_str()),
    ];
    peer.query_as(&there, "iam", "CreateRole", &role).await;
    let (code, out, err) = test();
    assert_eq!(code, 0, "{out}{err}");
    for action in [
        "cloudwatch:DescribeAlarms",
        "logs:FilterLogEvents",
        "cloudformation:DescribeStacks",
    ] {
        assert!(out.contains(action), "{action}: {out}");
    }

    // With the policy that it prints, what was denied passes at once.
    let (_, policy, _) = run(peer.url(), &["iam", "policy"]);
    let reads = [
        ("RoleName", "midwatch"),
        ("PolicyName", "reads"),
        ("PolicyDocument", policy.as_str()),
    ];
    peer.query_as(&there, "iam", "PutRolePolicy", &reads).await;
    let (code, out, err) = test();
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("active as") && !out.contains("denied"), "{out}");
}
