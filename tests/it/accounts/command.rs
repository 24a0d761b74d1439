//! `midwatch account` and `midwatch iam trust`, as they are typed.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use super::{A, B, roles::double_sts};

/// The program with a configuration of its own, over a double of AWS.
struct Program {
    home: tempfile::TempDir,
    url: String,
}

impl Program {
    fn new(url: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), "# mine\n").unwrap();
        Self {
            home,
            url: url.to_owned(),
        }
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    fn written(&self) -> String {
        std::fs::read_to_string(self.config()).unwrap()
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_midwatch"))
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("MIDWATCH_DATA", self.home.path().join("data"))
            .env("MIDWATCH_CONFIG", self.config())
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", &self.url)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

#[test]
fn double_accounts_are_added_listed_tried_and_removed() {
    let double = double_sts(|_| Some(3_600));
    let program = Program::new(double.url());
    let role = "arn:aws:iam::444455556666:role/midwatch";
    let (code, out, err) = program.run(&[
        "account",
        "add",
        B,
        "--name",
        "payments",
        "--role",
        role,
        "--external-id",
        "shop",
        "--regions",
        "eu-west-1,us-east-1",
        "--tag",
        "team=payments",
    ]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.contains("444455556666 (payments) is now its primary account of space default."),
        "{out}"
    );
    // Every region is tried, and what is denied is told.
    for part in [
        "eu-west-1  active as arn:aws:sts::444455556666:assumed-role/midwatch/midwatch-default",
        "us-east-1  active as",
        "denied: logs:DescribeLogGroups, logs:FilterLogEvents",
        "hint: what is denied becomes a gap; midwatch iam policy",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let written = program.written();
    assert!(
        written.starts_with("# mine\n") && written.contains("tags = { team = [\"payments\"] }"),
        "{written}"
    );

    let (code, _, err) = program.run(&["account", "add", B, "--no-test"]);
    assert!(code == 1 && err.contains("is in space default already"), "{err}");
    let (code, out, err) = program.run(&["account", "add", A, "--primary", "--no-test"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("It was not tried: midwatch account test 111122223333"),
        "{out}"
    );

    let (_, out, _) = program.run(&["account", "list"]);
    assert_eq!(
        out,
        format!(
            "{A}  primary  not tried  the credentials at hand\n{B} (payments)  secondary  not tried  {role}\n  \
             eu-west-1, us-east-1\n"
        )
    );
    let asked = double.operations().len();
    let (code, out, _) = program.run(&["account", "test"]);
    assert_eq!(code, 1);
    assert!(double.operations().len() > asked);
    assert!(
        out.contains("the AWS credentials are of account 444455556666") && out.contains("secondary  active"),
        "{out}"
    );
    let (_, out, _) = program.run(&["account", "list", "--test", "--format", "json"]);
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(listed[0]["test"]["status"], "not active");
    assert_eq!(listed[1]["test"]["status"], "active");
    assert_eq!(
        listed[1]["test"]["regions"][0]["denied"][0],
        "logs:DescribeLogGroups"
    );

    let (_, out, _) = program.run(&["iam", "policy", "--primary"]);
    let policy: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        policy["Statement"][2]["Action"],
        serde_json::json!(["sts:AssumeRole"])
    );
    assert_eq!(policy["Statement"][2]["Resource"], serde_json::json!([role]));

    let (code, out, _) = program.run(&["account", "remove", B]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Its role stays in AWS") && out.contains("aws iam delete-role --role-name midwatch"),
        "{out}"
    );
    let (code, _, err) = program.run(&["account", "remove", B]);
    assert!(code == 1 && err.contains("there are 111122223333"), "{err}");
}

#[test]
fn double_a_wrong_role_is_named_with_its_call_and_what_to_do_and_is_not_kept() {
    let double = double_sts(|_| None);
    let program = Program::new(double.url());
    let role = "arn:aws:iam::444455556666:role/wrong";
    let (code, out, err) = program.run(&["account", "add", B, "--role", role]);
    assert_eq!((code, out.as_str()), (1, ""));
    for part in [
        "account 444455556666 was not added: STS AssumeRole of arn:aws:iam::444455556666:role/wrong was denied",
        "hint: the role has to exist in account 444455556666 and to trust this identity",
        "--no-test adds it as it is",
    ] {
        assert!(err.contains(part), "{part}\n{err}");
    }
    assert_eq!(program.written(), "# mine\n");
    // A role of another account, and an account that is none, are told before anybody is asked.
    let before = double.operations().len();
    for (id, role) in [(A, role), ("12", role)] {
        let (code, _, err) = program.run(&["account", "add", id, "--role", role]);
        assert!(code == 1 && err.contains("hint:"), "{err}");
    }
    assert_eq!(double.operations().len(), before);
}

#[test]
fn the_trust_policy_names_who_may_enter_and_the_external_id() {
    let program = Program::new("http://127.0.0.1:9");
    let (_, out, _) = program.run(&["iam", "trust", "--account", A, "--external-id", "shop"]);
    let policy: Value = serde_json::from_str(&out).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::111122223333:root");
    assert_eq!(statement["Action"], "sts:AssumeRole");
    assert_eq!(statement["Condition"]["StringEquals"]["sts:ExternalId"], "shop");
    let principal = "arn:aws:iam::111122223333:role/jump-host";
    let (_, out, _) = program.run(&["iam", "trust", "--account", A, "--principal", principal]);
    let policy: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(policy["Statement"][0]["Principal"]["AWS"], principal);
    let (code, _, err) = program.run(&["iam", "trust", "--account", "mine"]);
    assert!(code == 1 && err.contains("twelve digits"), "{err}");
}
