//! Secrets that AWS keeps: read from emulators that keep them as AWS does, and from a double for what goes wrong. No error
//! holds any of them.

use base64::Engine as _;
use midwatch::{config::SecretRef, sources::secrets::Secrets};
use serde_json::json;

use crate::support::{
    aws::{config_with, factory, factory_of},
    double_aws::{DoubleAws, Reply},
    peers::{self, Caller, Peer},
};

const HUSH: &str = "hush-5e1f";

fn secret(id: &str) -> SecretRef {
    SecretRef::AwsSecret(id.to_owned())
}

fn parameter(name: &str) -> SecretRef {
    SecretRef::Ssm(name.to_owned())
}

/// The secret, or the error as a person reads it; it has to hold a hint and nothing of the secret.
async fn got(secrets: &Secrets, place: &SecretRef) -> String {
    match secrets.get(place).await {
        Ok(secret) => secret.expose().to_owned(),
        Err(error) => {
            let told = format!("{error} {error:?}");
            assert!(!told.contains(HUSH), "{told}");
            assert!(
                error.to_string().contains("\nhint: ") && !error.to_string().ends_with("hint: "),
                "{error}"
            );
            error.to_string()
        }
    }
}

async fn keep(peer: &Peer, caller: &Caller) -> String {
    let make = |input: serde_json::Value| async move {
        peer.json_as(caller, "secretsmanager", "secretsmanager.CreateSecret", &input)
            .await
    };
    let made = make(json!({"Name": "shop/hub", "SecretString": HUSH})).await;
    make(json!({
        "Name": "shop/object",
        "SecretString": json!({"token": HUSH, "other": "x"}).to_string(),
    }))
    .await;
    make(json!({"Name": "shop/key", "SecretString": format!("-----BEGIN-----\n{HUSH}\n-----END-----\n")}))
        .await;
    let bytes = base64::engine::general_purpose::STANDARD.encode(HUSH);
    make(json!({"Name": "shop/bytes", "SecretBinary": bytes})).await;
    for (name, kind) in [("/shop/token", "SecureString"), ("plain", "String")] {
        let input = json!({"Name": name, "Value": HUSH, "Type": kind});
        peer.json_as(caller, "ssm", "AmazonSSM.PutParameter", &input)
            .await;
    }
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    made["ARN"].as_str().unwrap().to_owned()
}

async fn everything_is_found_or_told(peer: &Peer) {
    let arn = keep(peer, &Caller::default()).await;
    let secrets = Secrets::by(factory(peer.url()));
    for place in [
        secret("shop/hub"),
        secret(&arn),
        secret("shop/object#token"),
        parameter("/shop/token"),
        parameter("/shop/token:1"),
        parameter("plain"),
    ] {
        assert_eq!(got(&secrets, &place).await, HUSH, "{place:?}");
    }
    // An ARN names its region, whatever that of the credentials is.
    let elsewhere = Secrets::by(factory(peer.url()).in_region("eu-west-1"));
    assert_eq!(got(&elsewhere, &secret(&arn)).await, HUSH);
    let missed = got(&elsewhere, &secret("shop/hub")).await;
    assert!(
        missed.starts_with(
            "the secret in AWS secret shop/hub is not to be had: Secrets Manager GetSecretValue found nothing"
        ) && missed.contains("it was looked for in eu-west-1"),
        "{missed}"
    );
    let whole = secrets.whole(&secret("shop/key")).await.unwrap();
    assert_eq!(whole.expose(), format!("-----BEGIN-----\n{HUSH}\n-----END-----"));
    for (place, expected) in [
        (secret("shop/nothing"), "found nothing by that name"),
        (parameter("/shop/nothing"), "found nothing by that name"),
        (secret("shop/object#Token"), "it has no key 'Token'"),
        (secret("shop/object"), "none of its keys is named"),
        (secret("shop/hub#token"), "it is no JSON object"),
        (secret("shop/bytes"), "it is binary"),
    ] {
        let told = got(&secrets, &place).await;
        assert!(told.contains(expected), "{place:?}: {told}");
    }
}

#[tokio::test]
async fn moto_keeps_secrets_and_parameters() {
    if let Some(peer) = peers::moto() {
        everything_is_found_or_told(&peer).await;
    }
}

#[tokio::test]
async fn ministack_keeps_secrets_and_parameters() {
    if let Some(peer) = peers::ministack() {
        everything_is_found_or_told(&peer).await;
    }
}

/// What AWS answers, and what is told of it.
#[tokio::test]
async fn double_each_failure_is_told_with_what_mends_it() {
    let denied =
        "User: arn:aws:iam::111122223333:user/x is not authorized to perform: secretsmanager:GetSecretValue";
    let failures = [
        (
            Reply::error(400, "AccessDeniedException", denied),
            "was denied",
            "allow secretsmanager:GetSecretValue on it to the identity that midwatch runs as",
        ),
        (
            Reply::error(400, "AccessDeniedException", "Access to KMS is not allowed"),
            "was denied",
            "allow kms:Decrypt on that key",
        ),
        (
            Reply::error(
                400,
                "DecryptionFailure",
                "Secrets Manager can't decrypt the protected secret text",
            ),
            "DecryptionFailure",
            "allow kms:Decrypt on that key",
        ),
        (
            Reply::error(
                400,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            "have expired",
            "log in again",
        ),
        (
            Reply::error(
                400,
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            ),
            "marked for deletion",
            "the words above are AWS' own",
        ),
        (Reply::json(200, "{}"), "the answer holds no secret", "AWS' own"),
        (
            Reply::json(200, format!(r#"{{"SecretString": "{HUSH}", "#)),
            "unreadable answer",
            "AWS' own",
        ),
        (
            Reply::json(200, format!(r#"{{"SecretString": ["{HUSH}"]}}"#)),
            "the answer holds no secret",
            "AWS' own",
        ),
        (
            Reply::json(200, json!({"SecretString": HUSH.repeat(10_000)}).to_string()),
            "it is larger than 64 KiB",
            "a token or a key is meant",
        ),
        (
            Reply::json(200, json!({"SecretString": " \n"}).to_string()),
            "it is empty",
            "its first line is the secret",
        ),
    ];
    for (reply, expected, mends) in failures {
        let double = DoubleAws::start(move |_, _| reply.clone());
        let told = got(&Secrets::by(factory(double.url())), &secret("shop/hub")).await;
        assert!(told.contains(expected) && told.contains(mends), "{told}");
        assert_eq!(double.operations(), ["GetSecretValue"], "{told}");
    }
}

#[tokio::test]
async fn double_nobody_is_asked_without_credentials() {
    let double = DoubleAws::start(|_, _| Reply::json(200, json!({"SecretString": HUSH}).to_string()));
    let secrets = Secrets::by(factory_of(config_with(double.url(), None)));
    let told = got(&secrets, &secret("shop/hub")).await;
    assert!(
        told.contains("there are no valid AWS credentials") && told.contains("AWS_PROFILE"),
        "{told}"
    );
    assert_eq!(double.operations(), Vec::<String>::new());
}

/// A secret is asked for anew whenever it is needed: a new one is found without a new start.
#[tokio::test]
async fn double_nothing_is_kept() {
    let double = DoubleAws::start(|operation, earlier| match operation {
        "GetParameter" => Reply::json(
            200,
            json!({"Parameter": {"Value": format!("v{earlier}")}}).to_string(),
        ),
        _ => Reply::json(500, "{}"),
    });
    let secrets = Secrets::by(factory(double.url()));
    for expected in ["v0", "v1"] {
        assert_eq!(got(&secrets, &parameter("token")).await, expected);
    }
}
