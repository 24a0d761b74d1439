//! Whether an account lets midwatch in, and which of its reads: each operation of the closed list is asked once, for as little
//! as can be asked.

use futures_util::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::ask::sdk_time;
use crate::aws::{
    AwsError, ErrorKind, Factory, Operation, describe_instances,
    json::cloudwatch,
    operations::{
        DESCRIBE_ALARM_HISTORY, DESCRIBE_ALARMS, DESCRIBE_INSTANCES, DESCRIBE_LOG_GROUPS,
        DESCRIBE_STACK_EVENTS, DESCRIBE_STACKS, FILTER_LOG_EVENTS, GET_CALLER_IDENTITY, GET_METRIC_DATA,
        GET_RESOURCE, GET_RESOURCES, GET_TEMPLATE, LIST_METRICS, LIST_STACK_RESOURCES, LOOKUP_EVENTS,
    },
};

/// A name that nothing has: whoever may read is told that it is not there, and nothing is read.
const NOBODY: &str = "midwatch-probe-of-nothing";

/// What an account lets midwatch do in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Account of the credentials, as AWS tells it.
    pub account: String,
    /// ARN of the caller.
    pub caller: String,
    /// IAM actions that are denied, in the order of the closed list.
    pub denied: Vec<String>,
    /// What else failed, in words.
    pub failed: Vec<String>,
}

/// Tries what `aws` may do.
///
/// # Errors
/// When the account does not let it in at all.
pub async fn probe(aws: &Factory) -> Result<Access, AwsError> {
    aws.ready().await?;
    let client = aws.sts();
    let caller = aws
        .call(GET_CALLER_IDENTITY, || client.get_caller_identity().send())
        .await?;
    let mut access = Access {
        account: caller.account().unwrap_or_default().to_owned(),
        caller: caller.arn().unwrap_or_default().to_owned(),
        denied: Vec::new(),
        failed: Vec::new(),
    };
    for (operation, outcome) in join_all(reads(aws)).await {
        match outcome {
            Err(error) if error.kind == ErrorKind::Denied => access.denied.push(operation.action.to_owned()),
            Err(error) if !is_answer(&error) => access.failed.push(error.to_string()),
            _ => {}
        }
    }
    Ok(access)
}

/// True for an error that only somebody who may read is told.
fn is_answer(error: &AwsError) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Other | ErrorKind::Unsupported
    )
}

type Tried<'a> = BoxFuture<'a, (&'static Operation, Result<(), AwsError>)>;

fn reads(aws: &Factory) -> Vec<Tried<'_>> {
    let now = Timestamp::now();
    let ago = now.checked_sub(SignedDuration::from_mins(5)).unwrap_or(now);
    let stat = json!({"Metric": {"Namespace": NOBODY, "MetricName": NOBODY}, "Period": 60, "Stat": "Sum"});
    let history = json!({"MaxRecords": 1, "StartDate": ago.as_second(), "EndDate": now.as_second()});
    let data = json!({
        "StartTime": ago.as_second(),
        "EndTime": now.as_second(),
        "MetricDataQueries": [{"Id": "m0", "MetricStat": stat}],
    });
    vec![
        plain(aws, DESCRIBE_ALARMS, json!({"MaxRecords": 1})),
        plain(aws, DESCRIBE_ALARM_HISTORY, history),
        plain(aws, LIST_METRICS, json!({"Namespace": NOBODY})),
        plain(aws, GET_METRIC_DATA, data),
        Box::pin(async {
            let request = aws.logs().describe_log_groups().limit(1);
            let outcome = aws.call(DESCRIBE_LOG_GROUPS, || request.clone().send()).await;
            (DESCRIBE_LOG_GROUPS, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.logs().filter_log_events().log_group_name(NOBODY).limit(1);
            let outcome = aws.call(FILTER_LOG_EVENTS, || request.clone().send()).await;
            (FILTER_LOG_EVENTS, outcome.map(drop))
        }),
        Box::pin(async move {
            let request = aws.cloudtrail().lookup_events().max_results(1);
            let request = request.start_time(sdk_time(ago)).end_time(sdk_time(now));
            let outcome = aws.call(LOOKUP_EVENTS, || request.clone().send()).await;
            (LOOKUP_EVENTS, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.cloudformation().list_stack_resources().stack_name(NOBODY);
            let outcome = aws.call(LIST_STACK_RESOURCES, || request.clone().send()).await;
            (LIST_STACK_RESOURCES, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.cloudformation().describe_stacks().stack_name(NOBODY);
            let outcome = aws.call(DESCRIBE_STACKS, || request.clone().send()).await;
            (DESCRIBE_STACKS, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.cloudformation().describe_stack_events().stack_name(NOBODY);
            let outcome = aws.call(DESCRIBE_STACK_EVENTS, || request.clone().send()).await;
            (DESCRIBE_STACK_EVENTS, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.cloudformation().get_template().stack_name(NOBODY);
            let outcome = aws.call(GET_TEMPLATE, || request.clone().send()).await;
            (GET_TEMPLATE, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.cloudcontrol().get_resource().type_name("AWS::SQS::Queue");
            let request = request.identifier(NOBODY);
            let outcome = aws.call(GET_RESOURCE, || request.clone().send()).await;
            (GET_RESOURCE, outcome.map(drop))
        }),
        Box::pin(async {
            let request = aws.tagging().get_resources().resources_per_page(1);
            let outcome = aws.call(GET_RESOURCES, || request.clone().send()).await;
            (GET_RESOURCES, outcome.map(drop))
        }),
        Box::pin(async {
            let outcome = describe_instances(aws, &["i-00000000000000000".to_owned()]).await;
            (DESCRIBE_INSTANCES, outcome.map(drop))
        }),
    ]
}

fn plain<'a>(aws: &'a Factory, operation: &'static Operation, input: Value) -> Tried<'a> {
    Box::pin(async move {
        (
            operation,
            cloudwatch::<Value>(aws, operation, &input).await.map(drop),
        )
    })
}
