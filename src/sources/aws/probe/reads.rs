//! One call of each operation that reads, in the order of the closed list: of what nobody has, or of the shortest page.

use aws_sdk_cloudformation::types::StackStatus;
use futures_util::{FutureExt as _, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    aws::{
        AwsError, Factory, Operation, describe_instances,
        json::cloudwatch,
        observed,
        operations::{
            DESCRIBE_AFFECTED_ENTITIES, DESCRIBE_ALARM_HISTORY, DESCRIBE_ALARMS,
            DESCRIBE_APPLICATION_SCALING_ACTIVITIES, DESCRIBE_CLUSTER, DESCRIBE_DB_EVENTS,
            DESCRIBE_DB_INSTANCES, DESCRIBE_ECS_SERVICES, DESCRIBE_HEALTH_EVENT_DETAILS,
            DESCRIBE_HEALTH_EVENTS, DESCRIBE_INSTANCE_ATTRIBUTE, DESCRIBE_INSTANCES, DESCRIBE_LOG_GROUPS,
            DESCRIBE_SCALING_ACTIVITIES, DESCRIBE_STACK_EVENTS, DESCRIBE_STACKS, DESCRIBE_TASKS,
            FILTER_LOG_EVENTS, GET_CANARY_RUNS, GET_HEALTH_CHECK_STATUS, GET_METRIC_DATA, GET_RESOURCE,
            GET_RESOURCE_METRICS, GET_RESOURCES, GET_SERVICE_GRAPH, GET_TEMPLATE, GET_TRACE_SUMMARIES,
            GET_TRACES, LIST_METRICS, LIST_RESOURCES, LIST_SIGNAL_DEPENDENCIES, LIST_SIGNAL_SERVICES,
            LIST_STACK_RESOURCES, LIST_STACKS, LIST_TASKS, LOOKUP_EVENTS, SEARCH_RESOURCES,
        },
        services::{self, query, rest_json, rest_xml},
        user_data,
    },
    sources::aws::ask::sdk_time,
};

/// A name that nothing has: whoever may read is told that it is not there, and nothing is read.
const NOBODY: &str = "midwatch-probe-of-nothing";
/// The same, where ids have a form.
const NO_INSTANCE: &str = "i-00000000000000000";
const NO_HEALTH_CHECK: &str = "00000000-0000-0000-0000-000000000000";
const NO_EVENT: &str = "arn:aws:health:us-east-1::event/EC2/AWS_EC2_MIDWATCH/AWS_EC2_MIDWATCH_0";
const NO_DATABASE: &str = "db-AAAAAAAAAAAAAAAAAAAAAAAAAA";
const NO_TASK: &str = "00000000000000000000000000000000";
const NO_TRACE: &str = "1-00000000-000000000000000000000000";

type Outcome<'a> = BoxFuture<'a, Result<(), AwsError>>;

/// A call that is not sent yet.
pub(super) struct Tried<'a> {
    /// The operation.
    pub operation: &'static Operation,
    /// Sends it.
    pub outcome: Outcome<'a>,
}

fn tried<'a, T>(
    operation: &'static Operation,
    sent: impl Future<Output = Result<T, AwsError>> + Send + 'a,
) -> Tried<'a> {
    Tried {
        operation,
        outcome: sent.map(|outcome| outcome.map(drop)).boxed(),
    }
}

/// Every call.
pub(super) fn reads(aws: &Factory) -> Vec<Tried<'_>> {
    let mut all = alarms_metrics_and_logs(aws);
    all.extend(stacks_and_resources(aws));
    all.extend(what_services_say(aws));
    all.extend(what_was_observed(aws));
    all
}

/// The last five minutes.
fn lately() -> (Timestamp, Timestamp) {
    let now = Timestamp::now();
    (now.checked_sub(SignedDuration::from_mins(5)).unwrap_or(now), now)
}

fn alarms_metrics_and_logs(aws: &Factory) -> Vec<Tried<'_>> {
    let (ago, now) = lately();
    let metrics = |operation: &'static Operation, input: Value| {
        tried(operation, async move {
            cloudwatch::<Value>(aws, operation, &input).await
        })
    };
    let stat = json!({"Metric": {"Namespace": NOBODY, "MetricName": NOBODY}, "Period": 60, "Stat": "Sum"});
    let history = json!({"MaxRecords": 1, "StartDate": ago.as_second(), "EndDate": now.as_second()});
    let data = json!({
        "StartTime": ago.as_second(),
        "EndTime": now.as_second(),
        "MetricDataQueries": [{"Id": "m0", "MetricStat": stat}],
    });
    vec![
        metrics(DESCRIBE_ALARMS, json!({"MaxRecords": 1})),
        metrics(DESCRIBE_ALARM_HISTORY, history),
        metrics(LIST_METRICS, json!({"Namespace": NOBODY})),
        metrics(GET_METRIC_DATA, data),
        tried(DESCRIBE_LOG_GROUPS, async {
            let request = aws.logs().describe_log_groups().limit(1);
            aws.call(DESCRIBE_LOG_GROUPS, || request.clone().send()).await
        }),
        tried(FILTER_LOG_EVENTS, async {
            let request = aws.logs().filter_log_events().log_group_name(NOBODY).limit(1);
            aws.call(FILTER_LOG_EVENTS, || request.clone().send()).await
        }),
        tried(LOOKUP_EVENTS, async move {
            let request = aws.cloudtrail().lookup_events().max_results(1);
            let request = request.start_time(sdk_time(ago)).end_time(sdk_time(now));
            aws.call(LOOKUP_EVENTS, || request.clone().send()).await
        }),
    ]
}

fn stacks_and_resources(aws: &Factory) -> Vec<Tried<'_>> {
    vec![
        tried(LIST_STACKS, async {
            let request = aws.cloudformation().list_stacks();
            let request = request.stack_status_filter(StackStatus::DeleteFailed);
            aws.call(LIST_STACKS, || request.clone().send()).await
        }),
        tried(LIST_STACK_RESOURCES, async {
            let request = aws.cloudformation().list_stack_resources().stack_name(NOBODY);
            aws.call(LIST_STACK_RESOURCES, || request.clone().send()).await
        }),
        tried(DESCRIBE_STACKS, async {
            let request = aws.cloudformation().describe_stacks().stack_name(NOBODY);
            aws.call(DESCRIBE_STACKS, || request.clone().send()).await
        }),
        tried(DESCRIBE_STACK_EVENTS, async {
            let request = aws.cloudformation().describe_stack_events().stack_name(NOBODY);
            aws.call(DESCRIBE_STACK_EVENTS, || request.clone().send()).await
        }),
        tried(GET_TEMPLATE, async {
            let request = aws.cloudformation().get_template().stack_name(NOBODY);
            aws.call(GET_TEMPLATE, || request.clone().send()).await
        }),
        tried(GET_RESOURCE, async {
            let request = aws.cloudcontrol().get_resource().type_name("AWS::SQS::Queue");
            let request = request.identifier(NOBODY);
            aws.call(GET_RESOURCE, || request.clone().send()).await
        }),
        tried(LIST_RESOURCES, async {
            let request = aws.cloudcontrol().list_resources().type_name("AWS::SQS::Queue");
            let request = request.max_results(1);
            aws.call(LIST_RESOURCES, || request.clone().send()).await
        }),
        tried(GET_RESOURCES, async {
            let request = aws.tagging().get_resources().resources_per_page(1);
            aws.call(GET_RESOURCES, || request.clone().send()).await
        }),
        tried(DESCRIBE_INSTANCES, async {
            describe_instances(aws, &[NO_INSTANCE.to_owned()]).await
        }),
        tried(DESCRIBE_INSTANCE_ATTRIBUTE, user_data(aws, NO_INSTANCE)),
    ]
}

fn what_services_say(aws: &Factory) -> Vec<Tried<'_>> {
    let (ago, now) = lately();
    let json = |operation: &'static Operation, input: Value| {
        tried(
            operation,
            async move { services::json(aws, operation, &input).await },
        )
    };
    let metrics = json!({
        "ServiceType": "RDS",
        "Identifier": NO_DATABASE,
        "StartTime": ago.as_second(),
        "EndTime": now.as_second(),
        "PeriodInSeconds": 60,
        "MetricQueries": [{"Metric": "db.load.avg"}],
    });
    let scaled = format!("service/{NOBODY}/{NOBODY}");
    vec![
        tried(
            DESCRIBE_DB_EVENTS,
            query(
                aws,
                DESCRIBE_DB_EVENTS,
                &[("SourceType", "db-instance"), ("SourceIdentifier", NOBODY)],
            ),
        ),
        tried(
            DESCRIBE_DB_INSTANCES,
            query(aws, DESCRIBE_DB_INSTANCES, &[("DBInstanceIdentifier", NOBODY)]),
        ),
        tried(
            DESCRIBE_SCALING_ACTIVITIES,
            query(
                aws,
                DESCRIBE_SCALING_ACTIVITIES,
                &[("AutoScalingGroupName", NOBODY)],
            ),
        ),
        json(
            DESCRIBE_ECS_SERVICES,
            json!({"cluster": NOBODY, "services": [NOBODY]}),
        ),
        json(LIST_TASKS, json!({"cluster": NOBODY, "maxResults": 1})),
        json(DESCRIBE_TASKS, json!({"cluster": NOBODY, "tasks": [NO_TASK]})),
        json(
            DESCRIBE_APPLICATION_SCALING_ACTIVITIES,
            json!({"ServiceNamespace": "ecs", "ResourceId": scaled, "MaxResults": 1}),
        ),
        json(
            DESCRIBE_HEALTH_EVENTS,
            json!({"filter": {"eventArns": [NO_EVENT]}}),
        ),
        json(DESCRIBE_HEALTH_EVENT_DETAILS, json!({"eventArns": [NO_EVENT]})),
        json(
            DESCRIBE_AFFECTED_ENTITIES,
            json!({"filter": {"eventArns": [NO_EVENT]}}),
        ),
        json(GET_RESOURCE_METRICS, metrics),
        tried(GET_CANARY_RUNS, async {
            let input = json!({"MaxResults": 1});
            rest_json(aws, GET_CANARY_RUNS, &["canary", NOBODY, "runs"], Some(&input)).await
        }),
        tried(
            GET_HEALTH_CHECK_STATUS,
            rest_xml(
                aws,
                GET_HEALTH_CHECK_STATUS,
                &["2013-04-01", "healthcheck", NO_HEALTH_CHECK, "status"],
            ),
        ),
        tried(
            DESCRIBE_CLUSTER,
            rest_json(aws, DESCRIBE_CLUSTER, &["clusters", NOBODY], None),
        ),
    ]
}

fn what_was_observed(aws: &Factory) -> Vec<Tried<'_>> {
    let (ago, now) = lately();
    let span = json!({"StartTime": ago.as_second(), "EndTime": now.as_second()});
    let within = format!("StartTime={}&EndTime={}", ago.as_second(), now.as_second());
    let post = |operation: &'static Operation, path: String, body: Value| {
        tried(operation, async move {
            observed::post(aws, operation, &path, &body).await
        })
    };
    let list = format!("services?{within}&MaxResults=1");
    let service = json!({"KeyAttributes": {"Type": "Service", "Name": NOBODY, "Environment": NOBODY}});
    vec![
        post(
            SEARCH_RESOURCES,
            "Search".to_owned(),
            json!({"QueryString": format!("id:{NOBODY}"), "MaxResults": 1}),
        ),
        post(GET_SERVICE_GRAPH, "ServiceGraph".to_owned(), span.clone()),
        post(GET_TRACE_SUMMARIES, "TraceSummaries".to_owned(), span),
        post(GET_TRACES, "Traces".to_owned(), json!({"TraceIds": [NO_TRACE]})),
        tried(LIST_SIGNAL_SERVICES, async move {
            observed::get(aws, LIST_SIGNAL_SERVICES, &list).await
        }),
        post(
            LIST_SIGNAL_DEPENDENCIES,
            format!("service-dependencies?{within}&MaxResults=1"),
            service,
        ),
    ]
}
