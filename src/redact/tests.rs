use proptest::prelude::*;
use serde_json::json;

use super::*;

fn secrets(text: &str) -> String {
    Redactor::new(Scope::Secrets).text(text).into_owned()
}

#[test]
fn secrets_of_every_sort_go() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    let cases = [
        ("key AKIAIOSFODNN7EXAMPLE used", "key <secret-1> used"),
        ("id=ASIAIOSFODNN7EXAMPLE;", "id=<secret-1>;"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key = <secret-1>",
        ),
        (
            "found wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL3KEY here",
            "found <secret-1> here",
        ),
        (
            "Authorization: Bearer abcdef1234567890abcd",
            "Authorization: Bearer <secret-1>",
        ),
        (
            "authorization: Basic dXNlcjpwYXNz",
            "authorization: Basic <secret-1>",
        ),
        (
            "postgres://app:s3cr3t@db.internal:5432/shop",
            "postgres://app:<secret-1>@db.internal:5432/shop",
        ),
        ("redis://:p@ss@cache:6379", "redis://:<secret-1>@cache:6379"),
        ("password=hunter2 user=bob", "password=<secret-1> user=bob"),
        ("Server=db;Password=hun;ter", "Server=db;Password=<secret-1>;ter"),
        (
            r#"{"password":"hunter2","user":"bob"}"#,
            r#"{"password":"<secret-1>","user":"bob"}"#,
        ),
        (
            r#"{\"password\":\"hunter2\",\"n\":1}"#,
            r#"{\"password\":\"<secret-1>\",\"n\":1}"#,
        ),
        (r#"password: "two words""#, r#"password: "<secret-1>""#),
        ("<password>hunter2</password>", "<password><secret-1></password>"),
        (
            "export GITHUB_TOKEN=abc123def456",
            "export GITHUB_TOKEN=<secret-1>",
        ),
        ("x-api-key: 0a1b2c3d4e", "x-api-key: <secret-1>"),
        (
            "paid with 4111 1111 1111 1111 today",
            "paid with <secret-1> today",
        ),
        ("paid with 4111111111111111", "paid with <secret-1>"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "<secret-1>"),
        ("glpat-abcdefghij0123456789", "<secret-1>"),
        ("xoxb-123456789012-abcdefghij", "<secret-1>"),
        ("Cookie: session=abc; theme=dark", "Cookie: <secret-1>"),
        (
            "GET /o?X-Amz-Signature=0123abcd&X-Amz-Date=1",
            "GET /o?X-Amz-Signature=<secret-1>&X-Amz-Date=1",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- end",
            "<secret-1> end",
        ),
        ("cut -----BEGIN PRIVATE KEY-----\nMIIE", "cut <secret-1>"),
        (
            "MIIEpAIBAAKCAQEA7bq9Tz3K1mXw0VtY5nRz8sQeJ2uLc4HdGf6PaWxBvNyUi3Ok",
            "<secret-1>",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(secrets(text), expected);
    }
    assert_eq!(secrets(&format!("token {jwt}.")), "token <secret-1>");
    let session = format!("IQoJb3JpZ2luX2VjE{}", "aB3/".repeat(40));
    assert_eq!(
        secrets(&format!("AWS_SESSION_TOKEN={session}")),
        "AWS_SESSION_TOKEN=<secret-1>"
    );
    assert_eq!(secrets(&format!("seen {session} there")), "seen <secret-1> there");
}

#[test]
fn what_an_investigation_needs_stays() {
    for text in [
        "i-0123456789abcdef0 in account 123456789012",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
        "arn:aws:lambda:us-east-1:123456789012:function:password-reset",
        "RequestId: 8f1c6a0e-5a3b-4b77-9d7e-0e6a5a5a7f10 Duration: 12.34 ms",
        "commit 356a192b7913b04c54574d18c28d46e6395428ab",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "1-5f84c7a1-0123456789abcdef01234567",
        "at 1700000000000 took 4111111111111111.5 units",
        "{\"nextToken\":\"eyJub3QiOiAiYSB0b2tlbiJ9\",\"page\":2}",
        "AROAJQABLZS4A3QDU576Q assumed role",
        "Unexpected token < in JSON at position 0",
        "password: null, secretArn=arn:aws:secretsmanager:us-east-1:1:secret:x",
        "MasterUserPassword: {{resolve:secretsmanager:db:SecretString:password}}",
        "invalid password: must not be empty",
        "https://example.com:8443/users/@me?x=1",
        "kms key 1234abcd-12ab-34cd-56ef-1234567890ab",
        "OrderServiceTaskRoleDefaultPolicy5A7B9C1D",
        "/aws/lambda/OrderIntakeFunction-9aZ8bY7cX6dW",
        "Test pass: 12 of 12",
        "bearer authentication failed",
        "sequence 49590338271490256608559692538361571095921575989136588898",
    ] {
        assert_eq!(secrets(text), text);
    }
}

#[test]
fn one_secret_has_one_number() {
    let mut redactor = Redactor::new(Scope::Secrets);
    assert_eq!(
        redactor.text("password=alpha1 pwd=beta22 password=alpha1"),
        "password=<secret-1> pwd=<secret-2> password=<secret-1>"
    );
    assert_eq!(redactor.text("secret=beta22"), "secret=<secret-2>");
    redactor.number_above(7);
    assert_eq!(redactor.text("secret=gamma3"), "secret=<secret-8>");
    assert_eq!(redactor.highest(), 8);
    redactor.renumber(7, 9);
    assert_eq!(
        redactor.text("secret=gamma3 secret=alpha1"),
        "secret=<secret-10> secret=<secret-1>"
    );
    assert_eq!(redactor.text("secret=delta4"), "secret=<secret-11>");
}

#[test]
fn json_is_redacted_by_name_and_by_pair() {
    let mut redactor = Redactor::new(Scope::Secrets);
    let mut value = json!({
        "resource": "i-0123456789abcdef0",
        "config": {
            "MasterUserPassword": "two words here",
            "Environment": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "STAGE", "value": "prod"}],
            "Tags": [{"Key": "api_key", "Value": "0a1b2c3d"}],
            "pin": 1, "password": 987_654,
            "SecretArn": "arn:aws:secretsmanager:us-east-1:1:secret:x",
        },
        "lines": ["ok", "url https://u:pw@h/"],
        "AKIAIOSFODNN7EXAMPLE": 1,
    });
    assert!(redactor.value(&mut value));
    let expected = json!({
        "resource": "i-0123456789abcdef0",
        "config": {
            "MasterUserPassword": value["config"]["MasterUserPassword"],
            "Environment": [{"name": "DB_PASSWORD", "value": value["config"]["Environment"][0]["value"]},
                {"name": "STAGE", "value": "prod"}],
            "Tags": [{"Key": "api_key", "Value": value["config"]["Tags"][0]["Value"]}],
            "pin": 1, "password": value["config"]["password"],
            "SecretArn": "arn:aws:secretsmanager:us-east-1:1:secret:x",
        },
        "lines": ["ok", value["lines"][1]],
        "<secret-6>": 1,
    });
    assert_eq!(value, expected);
    let text = value.to_string();
    for secret in ["two words", "hunter2", "0a1b2c3d", "987654", "u:pw", "AKIA"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(!redactor.value(&mut value), "redacting twice changes nothing");
}

#[test]
fn personal_data_goes_only_where_it_must() {
    let text =
        "bob@example.com from 203.0.113.9 (10.0.0.4) +44 20 7946 0958 v1.2.3.4.5 2001:db8::1 at 12:34:56";
    assert_eq!(secrets(text), text);
    assert_eq!(
        Redactor::new(Scope::Personal).text(text),
        "<email-1> from <ip-1> (10.0.0.4) <phone-1> v1.2.3.4.5 <ip-2> at 12:34:56"
    );
    let machine = "orders@db.abc.us-west-2.rds.amazonaws.com_Database::SQL, deploy@build.internal";
    assert_eq!(Redactor::new(Scope::Personal).text(machine), machine);
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,12}",
        "[A-Za-z0-9/+]{1,44}",
        "[0-9 -]{1,24}",
        Just("password=".to_owned()),
        Just("\"secret\": \"".to_owned()),
        Just("\\\"token\\\":\\\"".to_owned()),
        Just("AKIAIOSFODNN7EXAMPLE".to_owned()),
        Just("wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL3KEY".to_owned()),
        Just("4111111111111111".to_owned()),
        Just("https://user:".to_owned()),
        Just("@host/".to_owned()),
        Just("Bearer ".to_owned()),
        Just("cookie: ".to_owned()),
        Just("<secret-1>".to_owned()),
        Just("<password>".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("eyJhbGciOiJI.eyJzdWIiOiIx.abc".to_owned()),
        Just("bob@example.com".to_owned()),
        Just("+44 20 7946 0958".to_owned()),
        Just("203.0.113.9".to_owned()),
        "\\PC{0,4}",
        Just("\n".to_owned()),
    ];
    proptest::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn redacting_twice_changes_nothing(text in pieces(), personal: bool) {
        let scope = if personal { Scope::Personal } else { Scope::Secrets };
        let mut redactor = Redactor::new(scope);
        let once = redactor.text(&text).into_owned();
        prop_assert_eq!(redactor.text(&once).into_owned(), once.clone());
        prop_assert_eq!(Redactor::new(scope).text(&once).into_owned(), once);
    }

    #[test]
    fn no_access_key_survives_any_neighbourhood(before in "[^A-Za-z0-9]{0,6}", after in "[^A-Za-z0-9_]{0,6}") {
        let text = format!("{before}AKIAIOSFODNN7EXAMPLE{after}");
        prop_assert!(!secrets(&text).contains("AKIA"), "{}", secrets(&text));
    }

    #[test]
    fn values_stay_redacted(name in "[a-zA-Z_]{0,8}", text in pieces()) {
        let mut value = json!({ format!("{name}password"): text.clone(), "name": format!("{name}_token"), "value": text });
        let mut redactor = Redactor::new(Scope::Secrets);
        redactor.value(&mut value);
        let once = value.clone();
        prop_assert!(!redactor.value(&mut value));
        prop_assert_eq!(value, once);
    }
}
