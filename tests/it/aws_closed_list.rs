//! The closed list of AWS operations: what it holds, that nothing else is sent, and the policy made from it.

use midwatch::aws::{
    Factory, find,
    operations::{
        ASSUME_ROLE, CREATE_CASE, DELETE_MESSAGE, ENTRIES, Effect, GET_PARAMETER, GET_SECRET_VALUE, INTAKE,
        READS, RECEIVE_MESSAGE, SECRETS, SUPPORT, WRITES,
    },
    primary_policy, read_only_policy, services, with_queues, with_secrets, with_support,
};

use crate::support::{
    aws::{factory, factory_of},
    double_aws::{DoubleAws, Reply},
};

/// Whoever adds an operation adds it here too, and says so in a review.
#[test]
fn the_closed_list_is_this() {
    let listed: Vec<String> = READS
        .iter()
        .chain(WRITES)
        .map(|operation| {
            let effect = match operation.effect {
                Effect::Read => "reads",
                Effect::Write => "writes",
            };
            format!(
                "{effect} {}: {} ({})",
                operation.service, operation.name, operation.why
            )
        })
        .collect();
    println!("{}", listed.join("\n"));
    let names: Vec<&str> = READS
        .iter()
        .chain(WRITES)
        .map(|operation| operation.name)
        .collect();
    assert_eq!(
        names,
        [
            "DescribeAlarms",
            "DescribeAlarmHistory",
            "ListMetrics",
            "GetMetricData",
            "DescribeLogGroups",
            "FilterLogEvents",
            "LookupEvents",
            "ListStacks",
            "ListStackResources",
            "DescribeStacks",
            "DescribeStackEvents",
            "GetTemplate",
            "GetResource",
            "ListResources",
            "GetResources",
            "GetCallerIdentity",
            "DescribeInstances",
            "DescribeInstanceAttribute",
            "DescribeEvents",
            "DescribeDBInstances",
            "DescribeScalingActivities",
            "DescribeServices",
            "ListTasks",
            "DescribeTasks",
            "DescribeScalingActivities",
            "DescribeEvents",
            "DescribeEventDetails",
            "DescribeAffectedEntities",
            "GetResourceMetrics",
            "GetCanaryRuns",
            "GetHealthCheckStatus",
            "DescribeCluster",
            "Search",
            "GetServiceGraph",
            "GetTraceSummaries",
            "BatchGetTraces",
            "ListServices",
            "ListServiceDependencies",
        ]
    );
}

#[test]
fn reads_are_called_like_reads() {
    for operation in READS {
        assert_eq!(operation.effect, Effect::Read);
        assert!(
            [
                "Describe", "Get", "List", "Filter", "Lookup", "Search", "BatchGet"
            ]
            .iter()
            .any(|verb| operation.name.starts_with(verb)),
            "{}",
            operation.name
        );
        assert_eq!(find(operation.service, operation.name), Some(*operation));
    }
}

#[test]
fn the_policy_allows_exactly_the_reads() {
    let policy = read_only_policy();
    let actions: Vec<&str> = policy["Statement"][0]["Action"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action.as_str().unwrap())
        .collect();
    let mut expected: Vec<&str> = READS.iter().map(|operation| operation.action).collect();
    expected.sort_unstable();
    assert_eq!(actions, expected);
    let delegated = policy["Statement"][1]["Action"].as_array().unwrap();
    for action in delegated {
        let verb = action.as_str().unwrap().split_once(':').unwrap().1;
        assert!(
            // API Gateway names its actions by the methods of HTTP.
            ["Describe", "Get", "List"]
                .iter()
                .any(|read| verb.starts_with(read))
                || verb == "GET",
            "{action}"
        );
    }
    assert_eq!(policy["Version"], "2012-10-17");
    // As much as a managed policy takes, with room for the statements of the primary identity.
    assert!(policy.to_string().len() < 5_500, "{}", policy.to_string().len());
}

/// What a policy allows for named resources alone: roles are taken, secrets are read.
#[test]
fn beside_the_reads_stand_entries_and_secrets() {
    assert_eq!(ENTRIES, [ASSUME_ROLE]);
    assert_eq!(SECRETS, [GET_SECRET_VALUE, GET_PARAMETER]);
    for operation in ENTRIES.iter().chain(SECRETS) {
        assert_eq!(operation.effect, Effect::Read);
        assert_eq!(find(operation.service, operation.name), Some(*operation));
        let everywhere = read_only_policy().to_string();
        assert!(!everywhere.contains(operation.action), "{}", operation.action);
    }
}

/// Whoever adds an operation adds it here too: these are the only writes that an operator confirms.
#[test]
fn support_is_asked_by_a_closed_list_of_its_own() {
    let told: Vec<String> = SUPPORT
        .iter()
        .map(|operation| format!("{:?} {}", operation.effect, operation.action))
        .collect();
    assert_eq!(
        told,
        [
            "Read support:DescribeSeverityLevels",
            "Read support:DescribeServices",
            "Read support:DescribeCases",
            "Read support:DescribeCommunications",
            "Read iam:SimulatePrincipalPolicy",
            "Write support:AddAttachmentsToSet",
            "Write support:CreateCase",
            "Write support:AddCommunicationToCase",
            "Write support:ResolveCase",
        ]
    );
    let plain = primary_policy(&[]);
    assert!(
        !plain.to_string().contains("support:"),
        "only where somebody wants it"
    );
    let policy = with_support(plain);
    let statement = policy["Statement"].as_array().unwrap().last().unwrap();
    assert_eq!(statement["Action"].as_array().unwrap().len(), SUPPORT.len());
}

#[tokio::test]
async fn what_writes_to_support_is_refused_without_a_confirmation() {
    let double = DoubleAws::start(|_, _| Reply::json(200, r#"{"caseId": "case-1"}"#));
    let factory = factory(double.url());
    for operation in SUPPORT
        .iter()
        .filter(|operation| operation.effect == Effect::Write)
    {
        let refused = services::json(&factory, operation, &serde_json::json!({}))
            .await
            .unwrap_err();
        assert!(
            refused.to_string().contains("no operator has confirmed it"),
            "{refused}"
        );
    }
    assert_eq!(find("Support", "CreateCase"), Some(CREATE_CASE));
    assert_eq!(double.operations(), Vec::<String>::new());
    assert_eq!(factory.calls(), 0);
}

#[test]
fn the_policy_allows_the_named_secrets_and_no_others() {
    let plain = primary_policy(&[]);
    assert_eq!(with_secrets(plain.clone(), &[]), plain);
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-??????";
    let policy = with_secrets(plain, &[(GET_SECRET_VALUE, secret.to_owned())]);
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 3);
    assert_eq!(
        statements[2]["Action"],
        serde_json::json!(["secretsmanager:GetSecretValue"])
    );
    assert_eq!(statements[2]["Resource"], serde_json::json!([secret]));
}

/// Intake changes nothing but the queue that it is given.
#[test]
fn the_policy_allows_the_named_queue_and_no_other() {
    assert_eq!(INTAKE, [RECEIVE_MESSAGE, DELETE_MESSAGE]);
    for operation in INTAKE {
        assert_eq!(operation.effect, Effect::Write);
        assert_eq!(find(operation.service, operation.name), Some(*operation));
        assert!(!read_only_policy().to_string().contains(operation.action));
    }
    let plain = primary_policy(&[]);
    assert_eq!(with_queues(plain.clone(), &[]), plain);
    let queue = "arn:aws:sqs:eu-west-1:111122223333:events";
    let policy = with_queues(plain, &[queue.to_owned()]);
    let statement = &policy["Statement"][2];
    assert_eq!(
        statement["Action"],
        serde_json::json!(["sqs:DeleteMessage", "sqs:ReceiveMessage"])
    );
    assert_eq!(statement["Resource"], serde_json::json!([queue]));
}

#[tokio::test]
async fn what_is_not_on_the_list_is_refused_before_anything_is_sent() {
    let double = DoubleAws::start(|_, _| Reply::xml(200, "<DeleteTrailResponse/>"));
    let factory: Factory = factory(double.url());
    let refused = factory.cloudtrail().delete_trail().name("a").send().await;
    let words = format!("{:?}", refused.unwrap_err());
    assert!(
        words.contains("DeleteTrail") && words.contains("NotOnTheList"),
        "{words}"
    );
    let refused = factory.logs().delete_log_group().log_group_name("a").send().await;
    assert!(refused.is_err());
    let refused = factory
        .cloudformation()
        .delete_stack()
        .stack_name("a")
        .send()
        .await;
    assert!(refused.is_err());
    assert_eq!(double.operations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_refusal_needs_no_credentials() {
    let config = crate::support::aws::config_with("http://127.0.0.1:9", None);
    let refused = factory_of(config).sts().get_session_token().send().await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("NotOnTheList"));
}
