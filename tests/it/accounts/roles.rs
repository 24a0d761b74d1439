//! Roles: assumed when needed, renewed in time, refused without a way around.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use midwatch::{
    aws::Role,
    config::Account,
    model::{Evidence, GapKind, Place, Query, Source},
    sources::{
        aws::{AwsSource, Standing, label},
        space::{At, Member, Places, SpaceSource},
    },
};

use super::{A, B, account};
use crate::support::{
    aws::{around_now, factory, found, told},
    double_aws::{DoubleAws, Reply},
};

/// STS and CloudWatch: a role is given out for so many seconds, as often as it is asked for, or is denied.
pub(super) fn double_sts(seconds: impl Fn(usize) -> Option<u64> + Send + Sync + 'static) -> DoubleAws {
    DoubleAws::start(move |operation, earlier| match operation {
        "AssumeRole" => match seconds(earlier) {
            Some(seconds) => {
                let ends = SystemTime::now() + Duration::from_secs(seconds);
                let ends = Timestamp::try_from(ends).unwrap();
                Reply::xml(
                    200,
                    format!(
                        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{earlier}</AccessKeyId>\
                         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                         <Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                    ),
                )
            }
            None => Reply::xml_error(
                403,
                "AccessDenied",
                "User: arn:aws:iam::111122223333:user/x is not authorized to perform: sts:AssumeRole",
            ),
        },
        "GetCallerIdentity" => Reply::xml(
            200,
            format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{B}</Account>\
                 <Arn>arn:aws:sts::{B}:assumed-role/midwatch/midwatch-default</Arn></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>"
            ),
        ),
        "DescribeAlarms" => Reply::json(200, r#"{"MetricAlarms":[],"CompositeAlarms":[]}"#),
        "FilterLogEvents" | "DescribeLogGroups" => Reply::error(400, "AccessDeniedException", "no"),
        _ => Reply::json(200, "{}"),
    })
}

fn of_role(double: &DoubleAws) -> AwsSource {
    let account = account(B);
    let role = Role::new(account.role.clone().unwrap(), Some("shop".to_owned()), "default");
    let factory = factory(double.url()).assuming(role).in_region("eu-west-1");
    AwsSource::new(factory, Timestamp::now).standing(Standing::new(&account, "eu-west-1"))
}

fn all_alarms() -> Query {
    Query::Alarms {
        names: Vec::new(),
        state: None,
        window: around_now(10),
    }
}

fn count(double: &DoubleAws, operation: &str) -> usize {
    double
        .operations()
        .iter()
        .filter(|name| *name == operation)
        .count()
}

#[tokio::test]
async fn double_a_role_is_assumed_once_for_many_and_again_before_it_runs_out() {
    // The first session has less than a minute left, the next an hour.
    let double = double_sts(|earlier| Some(if earlier == 0 { 30 } else { 3_600 }));
    let source = of_role(&double);
    found(source.answer(&all_alarms()).await);
    let before = count(&double, "AssumeRole");
    assert!(before >= 2, "{:?}", double.operations());
    let query = all_alarms();
    let many = (0..20).map(|_| source.answer(&query));
    futures_util::future::join_all(many).await;
    assert_eq!(count(&double, "AssumeRole"), before);
}

#[tokio::test]
async fn double_a_denied_account_is_a_gap_that_many_share_and_nobody_remembers() {
    let double = double_sts(|earlier| (earlier > 1).then_some(3_600));
    let source = Arc::new(of_role(&double));
    let query = all_alarms();
    let answer = source.answer(&query).await;
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    assert_eq!(answer.gaps[0].kind, GapKind::Denied);
    assert_eq!(answer.gaps[0].what.plain(), "account 444455556666");
    let words = told(&answer.gaps);
    for part in [
        "STS AssumeRole of arn:aws:iam::444455556666:role/midwatch was denied",
        "external id shop",
        "midwatch iam trust",
        "midwatch account test 444455556666",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    // Nothing is asked with other credentials.
    assert_eq!(double.operations(), ["AssumeRole"]);
    // The next question asks again, is denied once more; the one after it passes.
    assert_eq!(source.answer(&query).await.gaps.len(), 1);
    let answer = source.answer(&query).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    assert_eq!(count(&double, "AssumeRole"), 3);
}

#[tokio::test]
async fn double_one_denied_account_does_not_stop_the_other() {
    let denied = double_sts(|_| None);
    let fine = double_sts(|_| Some(3_600));
    let home = Place::new(A, "eu-west-1");
    let there = Place::new(B, "eu-west-1");
    let places = Arc::new(Places::new(home.clone(), [there.clone()]));
    let member = |double: &DoubleAws, place: &Place| -> Arc<dyn Member> {
        let about = label(&account(B));
        Arc::new(At::new(
            Arc::new(of_role(double)),
            place.clone(),
            about,
            Arc::clone(&places),
        ))
    };
    let space = SpaceSource::new(vec![member(&fine, &home), member(&denied, &there)]);
    let answer = space.answer(&all_alarms()).await;
    assert_eq!(answer.evidence, Some(Evidence::Alarms(Vec::new())));
    assert_eq!(answer.gaps.len(), 1, "{}", told(&answer.gaps));
    assert_eq!(answer.gaps[0].what.plain(), "account 444455556666");
    assert_eq!(answer.by, ["aws"]);
}

#[tokio::test]
async fn double_credentials_of_another_account_are_not_used() {
    let double = double_sts(|_| None);
    let account = Account {
        role: None,
        ..account(A)
    };
    let source =
        AwsSource::new(factory(double.url()), Timestamp::now).standing(Standing::new(&account, "us-east-1"));
    let answer = source.answer(&all_alarms()).await;
    let words = told(&answer.gaps);
    assert!(
        words.contains("the AWS credentials at hand are of account 444455556666")
            && answer.evidence.is_none(),
        "{words}"
    );
    assert_eq!(double.operations(), ["GetCallerIdentity"]);
}
