//! The usual AWS environment is honoured: endpoints, credentials, region, proxy and a private certificate authority.
//!
//! A process has one environment, so each test starts this test binary again with another one.

use std::{
    env,
    process::{Command, Output},
    sync::Arc,
};

use jiff::Timestamp;
use midwatch::{
    aws::{Access, Factory, Limiter},
    model::{Query, Source},
    sources::aws::AwsSource,
};

use crate::support::{
    aws::told,
    double_aws::{DoubleAws, Reply},
};

/// What the other process does: asks who it is and which metrics there are, and prints what came of it.
#[tokio::test]
#[ignore = "started by the other tests here, with an environment of its own"]
async fn child() {
    let factory = match Factory::connect(&Access::default(), Arc::new(Limiter::default())).await {
        Ok(factory) => factory,
        Err(error) => {
            println!("not connected: {error}");
            return;
        }
    };
    let source = AwsSource::new(factory, Timestamp::now);
    let metrics = Query::Catalogue {
        resource: None,
        namespace: None,
        metric: None,
    };
    for query in [Query::Identity, metrics] {
        let answer = source.answer(&query).await;
        println!("{:?}\n{}", answer.evidence, told(&answer.gaps));
    }
}

/// Runs `child` with these variables beside static credentials and a region, and without those of the caller.
fn in_environment(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "aws_environment::child", "--ignored", "--nocapture"]);
    for (name, _) in env::vars() {
        if name.starts_with("AWS_") || name.to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    let Output { stdout, stderr, .. } = command
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned()
}

fn double() -> DoubleAws {
    DoubleAws::start(|operation, _| match operation {
        "GetCallerIdentity" => Reply::xml(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>\
             <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        ),
        "ListMetrics" => Reply::json(
            200,
            r#"{"Metrics":[{"Namespace":"Shop","MetricName":"Orders","Dimensions":[]}]}"#,
        ),
        _ => Reply::json(502, "{}"),
    })
}

#[test]
fn double_one_endpoint_serves_every_service() {
    let aws = double();
    let said = in_environment(&[("AWS_ENDPOINT_URL", aws.url())]);
    assert_eq!(aws.operations(), ["GetCallerIdentity", "ListMetrics"], "{said}");
    assert!(
        said.contains("eu-west-1") && said.contains("123456789012") && said.contains("Orders"),
        "{said}"
    );
}

#[test]
fn double_a_service_may_have_an_endpoint_of_its_own() {
    let (all, cloudwatch) = (double(), double());
    let said = in_environment(&[
        ("AWS_ENDPOINT_URL", all.url()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url()),
    ]);
    assert_eq!(all.operations(), ["GetCallerIdentity"], "{said}");
    assert_eq!(cloudwatch.operations(), ["ListMetrics"], "{said}");
}

#[test]
fn double_calls_go_through_the_proxy() {
    let proxy = double();
    let said = in_environment(&[("HTTPS_PROXY", proxy.url())]);
    let mut asked = proxy.operations();
    asked.dedup();
    assert_eq!(
        asked,
        [
            "CONNECT sts.eu-west-1.amazonaws.com:443 HTTP/1.1",
            "CONNECT monitoring.eu-west-1.amazonaws.com:443 HTTP/1.1",
        ],
        "{said}"
    );
    assert!(said.contains("HTTPS_PROXY"), "the hint names the proxy: {said}");
}

#[test]
fn double_this_host_is_reached_without_the_proxy() {
    let (aws, proxy) = (double(), double());
    let said = in_environment(&[
        ("AWS_ENDPOINT_URL", aws.url()),
        ("HTTP_PROXY", proxy.url()),
        ("http_proxy", proxy.url()),
        ("HTTPS_PROXY", proxy.url()),
    ]);
    assert_eq!(aws.operations(), ["GetCallerIdentity", "ListMetrics"], "{said}");
    assert_eq!(proxy.operations(), Vec::<String>::new());
}

#[test]
fn a_certificate_authority_that_cannot_be_read_is_named() {
    let said = in_environment(&[("AWS_CA_BUNDLE", "/nonexistent/ca.pem")]);
    assert!(
        said.contains("AWS_CA_BUNDLE") && said.contains("/nonexistent/ca.pem"),
        "{said}"
    );
    assert!(said.contains("hint:"), "{said}");
}
