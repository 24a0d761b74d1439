//! AWS denies, throttles, has forgotten us or is not there: the answer says so in a gap with a hint, and nothing else
//! happens.

use std::{sync::Arc, time::Duration};

use aws_credential_types::{
    credential_fn::provide_credentials_fn,
    provider::{SharedCredentialsProvider, error::CredentialsError},
};
use jiff::Timestamp;
use midwatch::{
    aws::{Clock, Factory, Limiter},
    model::{Allowance, Answer, Evidence, GapKind, Query, Resource, Source},
    sources::aws::AwsSource,
};

use crate::support::{
    aws::{around_now, config, config_with, found, source, told},
    double_aws::{DoubleAws, Reply},
};

fn logs(function: &str) -> Query {
    Query::Logs {
        resource: Some(Resource::new(function, "AWS::Lambda::Function", function)),
        group: None,
        window: around_now(60),
        filter: None,
        limit: 100,
    }
}

fn only_gap(answer: &Answer) -> (GapKind, String) {
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    (answer.gaps[0].kind, told(&answer.gaps))
}

/// A clock that does not wait, so that backing off takes no time.
struct Hasty(std::sync::Mutex<Duration>);

#[async_trait::async_trait]
impl Clock for Hasty {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, wait: Duration) {
        *self.0.lock().unwrap() += wait;
    }
}

fn hasty(endpoint: &str) -> AwsSource {
    let limiter = Arc::new(Limiter::new(Hasty(std::sync::Mutex::new(Duration::ZERO))));
    AwsSource::new(
        Factory::from_config(config(endpoint), "tests".to_owned(), limiter),
        Timestamp::now,
    )
}

#[tokio::test]
async fn double_denied_logs_become_a_gap_that_names_the_permission() {
    let double = DoubleAws::start(|_, _| {
        Reply::error(
            400,
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/x is not authorized to perform: logs:FilterLogEvents",
        )
    });
    let answer = source(double.url()).answer(&logs("orders")).await;
    assert_eq!(answer.evidence, None);
    assert_eq!(answer.calls, 1, "a denial is not tried again");
    let (kind, words) = only_gap(&answer);
    assert_eq!(kind, GapKind::Denied);
    assert!(
        words.contains("logs:FilterLogEvents") && words.contains("midwatch iam policy"),
        "{words}"
    );
}

#[tokio::test]
async fn double_throttled_logs_are_asked_for_again_until_they_come() {
    let double = DoubleAws::start(|_, earlier| {
        if earlier < 3 {
            return Reply::error(400, "ThrottlingException", "Rate exceeded");
        }
        let at = Timestamp::now().as_millisecond();
        Reply::json(
            200,
            format!(r#"{{"events":[{{"timestamp":{at},"message":"at last","logStreamName":"s"}}]}}"#),
        )
    });
    let answer = hasty(double.url()).answer(&logs("orders")).await;
    assert_eq!(
        answer.calls,
        4,
        "{:?} {}",
        double.operations(),
        told(&answer.gaps)
    );
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Logs(page) = found(answer) else {
        panic!()
    };
    assert_eq!(page.lines[0].message, "at last");
}

#[tokio::test]
async fn double_throttling_that_does_not_end_becomes_a_gap() {
    let double = DoubleAws::start(|_, _| Reply::error(400, "ThrottlingException", "Rate exceeded"));
    let answer = hasty(double.url()).answer(&logs("orders")).await;
    assert_eq!(answer.calls, 5);
    let (kind, words) = only_gap(&answer);
    assert_eq!(kind, GapKind::Throttled);
    assert!(words.contains("narrower window"), "{words}");
}

#[tokio::test]
async fn double_expired_credentials_ask_for_a_new_login() {
    let double = DoubleAws::start(|_, _| {
        Reply::xml_error(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        )
    });
    let answer = source(double.url()).answer(&Query::Identity).await;
    let (kind, words) = only_gap(&answer);
    assert_eq!(kind, GapKind::Credentials);
    assert!(
        words.contains("expired") && words.contains("aws sso login"),
        "{words}"
    );
}

#[tokio::test]
async fn missing_credentials_say_where_to_put_them_and_nothing_is_sent() {
    let double = DoubleAws::start(|_, _| Reply::xml(200, "<GetCallerIdentityResponse/>"));
    let nobody = SharedCredentialsProvider::new(provide_credentials_fn(|| async {
        Err(CredentialsError::not_loaded_no_source())
    }));
    for credentials in [Some(nobody), None] {
        let factory = crate::support::aws::factory_of(config_with(double.url(), credentials));
        let source = AwsSource::new(factory, Timestamp::now);
        let instance = Resource::new("i-0a1b2c3d4e5f60718", "AWS::EC2::Instance", "web");
        for query in [
            Query::Identity,
            logs("orders"),
            Query::Configuration { resource: instance },
        ] {
            let answer = source.answer(&query).await;
            assert_eq!(answer.evidence, None);
            assert_eq!(answer.calls, 0, "{}", told(&answer.gaps));
            for gap in &answer.gaps {
                assert_eq!(gap.kind, GapKind::Credentials, "{}", told(&answer.gaps));
            }
            assert!(
                told(&answer.gaps).contains("AWS_PROFILE"),
                "{}",
                told(&answer.gaps)
            );
        }
    }
    assert_eq!(double.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_endpoint_is_said_to_be_unreachable() {
    // Port 9 (discard) answers nowhere on this host.
    let answer = hasty("http://127.0.0.1:9").answer(&Query::Identity).await;
    let (kind, words) = only_gap(&answer);
    assert_eq!(kind, GapKind::Unreachable);
    assert!(words.contains("HTTPS_PROXY"), "{words}");
}

#[tokio::test]
async fn double_a_page_of_html_means_that_the_operation_is_not_offered() {
    let double = DoubleAws::start(|_, _| Reply {
        status: 500,
        content_type: "text/html",
        body: "<!doctype html>\n<html lang=en><title>500 Internal Server Error</title>".to_owned(),
    });
    let window = around_now(60);
    let answer = source(double.url())
        .answer(&Query::Changes {
            resource: None,
            window,
        })
        .await;
    assert_eq!(answer.evidence, None);
    assert!(!answer.gaps.is_empty());
    for gap in &answer.gaps {
        assert_eq!(gap.kind, GapKind::Unsupported, "{}", told(&answer.gaps));
    }
}

#[tokio::test]
async fn double_one_source_of_changes_is_denied_and_the_other_still_answers() {
    let double = DoubleAws::start(|operation, _| match operation {
        "LookupEvents" => Reply::error(400, "AccessDeniedException", "no"),
        "ListStacks" => Reply::xml(
            200,
            "<ListStacksResponse><ListStacksResult><StackSummaries/></ListStacksResult></ListStacksResponse>",
        ),
        other => panic!("unexpected {other}"),
    });
    let window = around_now(60);
    let answer = source(double.url())
        .answer(&Query::Changes {
            resource: None,
            window,
        })
        .await;
    assert_eq!(answer.evidence, Some(Evidence::Changes(Vec::new())));
    let (kind, words) = only_gap(&answer);
    assert_eq!(kind, GapKind::Denied);
    assert!(words.contains("cloudtrail:LookupEvents"), "{words}");
}

#[tokio::test]
async fn double_dropping_the_question_ends_the_wait() {
    let double = DoubleAws::start(|_, _| Reply::error(400, "ThrottlingException", "Rate exceeded"));
    let source = source(double.url());
    let question = logs("orders");
    let cut = tokio::time::timeout(Duration::from_millis(300), source.answer(&question)).await;
    assert!(cut.is_err(), "backing off takes longer than that");
    let sent = double.operations().len();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(
        double.operations().len(),
        sent,
        "nothing goes on in the background"
    );
}

#[tokio::test]
async fn double_a_group_larger_than_the_limit_says_up_to_when_it_was_read() {
    let double = DoubleAws::start(|_, earlier| {
        let at = Timestamp::now().as_millisecond() - 60_000 + i64::try_from(earlier).unwrap() * 1_000;
        let events: Vec<String> = (0..10)
            .map(|n| format!(r#"{{"timestamp":{},"message":"line {n}"}}"#, at + n))
            .collect();
        Reply::json(
            200,
            format!(r#"{{"events":[{}],"nextToken":"more"}}"#, events.join(",")),
        )
    });
    let mut query = logs("orders");
    if let Query::Logs { limit, .. } = &mut query {
        *limit = 25;
    }
    let answer = hasty(double.url()).answer(&query).await;
    let (kind, words) = only_gap(&answer);
    assert_eq!(kind, GapKind::Truncated);
    assert!(words.contains("25 lines"), "{words}");
    let Evidence::Logs(page) = found(answer) else {
        panic!()
    };
    assert_eq!(page.lines.len(), 25);
    assert!(page.truncated);
}

/// Pages without end: only the allowance stops the questions, tries again included, and the meter says what was sent.
#[tokio::test]
async fn double_endless_pages_are_stopped_by_the_allowance() {
    let double = DoubleAws::start(|_, number| {
        if number % 3 == 2 {
            return Reply::error(400, "ThrottlingException", "Rate exceeded");
        }
        Reply::json(
            200,
            format!(r#"{{"events":[],"searchedLogStreams":[],"nextToken":"page-{number}"}}"#),
        )
    });
    let source = hasty(double.url());
    let allowance = Allowance::of(7);
    let answer = source.answer_within(&logs("orders"), &allowance).await;
    assert_eq!(double.operations().len(), 7, "{:?}", double.operations());
    assert_eq!(answer.calls, 7, "the meter tells what was sent");
    assert!(
        answer.gaps.iter().any(|gap| gap.kind == GapKind::Budget),
        "{}",
        told(&answer.gaps)
    );
    let answer = source.answer_within(&logs("orders"), &allowance).await;
    assert_eq!(
        (double.operations().len(), answer.calls),
        (7, 0),
        "nothing is sent any more"
    );
    assert!(
        answer.gaps.iter().any(|gap| gap.kind == GapKind::Budget),
        "{}",
        told(&answer.gaps)
    );
}
