//! The closed list of AWS operations: everything that midwatch may ever send, as data.
//!
//! The client factory refuses what is not on it before anything leaves the host, the IAM policy is generated from it, and
//! a test prints it. Adding a row here is the only way to reach a further operation.

use serde_json::{Value, json};

/// What an operation does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Reads only.
    Read,
    /// Changes something: each such operation stands behind an operator's confirmation, but for those of [`INTAKE`].
    Write,
}

/// One operation of one service.
#[derive(Debug, PartialEq)]
pub struct Operation {
    /// The service's id as the AWS SDKs spell it (`CloudWatch Logs`).
    pub service: &'static str,
    /// The operation's name (`FilterLogEvents`).
    pub name: &'static str,
    /// The IAM action that allows it.
    pub action: &'static str,
    /// What it does to the account.
    pub effect: Effect,
    /// What midwatch needs it for.
    pub why: &'static str,
    /// Calls a second that midwatch allows itself for an account and region. AWS' own quota, which other tools share, is
    /// in the comment beside the row.
    pub per_second: f64,
}

/// Rate for operations whose quota is high or not published.
const COMMON_RATE: f64 = 10.0;

macro_rules! operations {
    ($($constant:ident: $service:literal, $name:literal, $action:literal, $rate:expr, $why:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "` of ", $service, ".")]
            pub const $constant: &Operation = &Operation {
                service: $service,
                name: $name,
                action: $action,
                effect: Effect::Read,
                why: $why,
                per_second: $rate,
            };
        )*
        /// Every operation that reads, in the order of their services.
        pub const READS: &[&Operation] = &[$($constant),*];
    };
}

// Quotas (per account and region, from the services' "quotas" pages and AWS Service Quotas):
// CloudWatch DescribeAlarms 9/s, DescribeAlarmHistory 20/s, ListMetrics 25/s, GetMetricData 50/s (and 180,000 data points/s);
// CloudWatch Logs FilterLogEvents 25/s in the large regions and 5/s in others, DescribeLogGroups 10/s; CloudTrail
// LookupEvents 2/s; CloudFormation, Cloud Control, tagging and STS publish none below 5/s. Half or less is taken where
// others are known to share the quota, since a console that starves its owners' dashboards is no help.
operations! {
    DESCRIBE_ALARMS: "CloudWatch", "DescribeAlarms", "cloudwatch:DescribeAlarms", 5.0,
        "find the alarm that starts an investigation and what it watches";
    DESCRIBE_ALARM_HISTORY: "CloudWatch", "DescribeAlarmHistory", "cloudwatch:DescribeAlarmHistory", COMMON_RATE,
        "when alarms changed their state";
    LIST_METRICS: "CloudWatch", "ListMetrics", "cloudwatch:ListMetrics", COMMON_RATE,
        "which metrics a resource has";
    GET_METRIC_DATA: "CloudWatch", "GetMetricData", "cloudwatch:GetMetricData", COMMON_RATE,
        "read metrics";
    DESCRIBE_LOG_GROUPS: "CloudWatch Logs", "DescribeLogGroups", "logs:DescribeLogGroups", 5.0,
        "find a resource's log groups";
    FILTER_LOG_EVENTS: "CloudWatch Logs", "FilterLogEvents", "logs:FilterLogEvents", 5.0,
        "read log lines";
    LOOKUP_EVENTS: "CloudTrail", "LookupEvents", "cloudtrail:LookupEvents", 2.0,
        "who changed what";
    LIST_STACKS: "CloudFormation", "ListStacks", "cloudformation:ListStacks", 5.0,
        "which stacks exist";
    LIST_STACK_RESOURCES: "CloudFormation", "ListStackResources", "cloudformation:ListStackResources", 5.0,
        "which resources belong together";
    DESCRIBE_STACKS: "CloudFormation", "DescribeStacks", "cloudformation:DescribeStacks", 5.0,
        "the parameters that a stack's template refers to";
    DESCRIBE_STACK_EVENTS: "CloudFormation", "DescribeStackEvents", "cloudformation:DescribeStackEvents", 5.0,
        "what a deployment changed and when";
    GET_TEMPLATE: "CloudFormation", "GetTemplate", "cloudformation:GetTemplate", 5.0,
        "the declared configuration of resources and how they are wired";
    GET_RESOURCE: "CloudControl", "GetResource", "cloudformation:GetResource", 5.0,
        "the present configuration of a resource of any type";
    LIST_RESOURCES: "CloudControl", "ListResources", "cloudformation:ListResources", 5.0,
        "resources that belong to no stack";
    GET_RESOURCES: "Resource Groups Tagging API", "GetResources", "tag:GetResources", 5.0,
        "resources by tag, and the tags of resources";
    GET_CALLER_IDENTITY: "STS", "GetCallerIdentity", "sts:GetCallerIdentity", COMMON_RATE,
        "which account and role the credentials belong to";
    DESCRIBE_INSTANCES: "EC2", "DescribeInstances", "ec2:DescribeInstances", 5.0,
        "an instance's type, launch time and network";
    DESCRIBE_INSTANCE_ATTRIBUTE: "EC2", "DescribeInstanceAttribute", "ec2:DescribeInstanceAttribute", 5.0,
        "an instance's user data: what it runs at launch";
    // What services say of themselves. ECS publishes 20/s for reads of services and tasks and 40/s at once, EKS 10/s, Route 53
    // 5/s for all its calls together, Performance Insights and Health none; RDS and the scaling services share theirs with
    // consoles and tools.
    DESCRIBE_DB_EVENTS: "RDS", "DescribeEvents", "rds:DescribeEvents", 2.0,
        "failovers, restarts and full storage of databases";
    DESCRIBE_DB_INSTANCES: "RDS", "DescribeDBInstances", "rds:DescribeDBInstances", 2.0,
        "whether Performance Insights is on, and under which id";
    DESCRIBE_SCALING_ACTIVITIES: "Auto Scaling", "DescribeScalingActivities", "autoscaling:DescribeScalingActivities", 5.0,
        "why groups of instances grew, shrank or could not";
    DESCRIBE_ECS_SERVICES: "ECS", "DescribeServices", "ecs:DescribeServices", 5.0,
        "what a container service says of its tasks and deployments";
    LIST_TASKS: "ECS", "ListTasks", "ecs:ListTasks", 5.0,
        "which tasks of a container service stopped";
    DESCRIBE_TASKS: "ECS", "DescribeTasks", "ecs:DescribeTasks", 5.0,
        "why tasks of a container service stopped";
    DESCRIBE_APPLICATION_SCALING_ACTIVITIES: "Application Auto Scaling", "DescribeScalingActivities",
        "application-autoscaling:DescribeScalingActivities", 2.0,
        "why services and tables grew, shrank or could not";
    DESCRIBE_HEALTH_EVENTS: "Health", "DescribeEvents", "health:DescribeEvents", 2.0,
        "trouble of AWS itself that concerns this account";
    DESCRIBE_HEALTH_EVENT_DETAILS: "Health", "DescribeEventDetails", "health:DescribeEventDetails", 2.0,
        "what AWS says of such trouble";
    DESCRIBE_AFFECTED_ENTITIES: "Health", "DescribeAffectedEntities", "health:DescribeAffectedEntities", 2.0,
        "which resources such trouble concerns";
    GET_RESOURCE_METRICS: "PI", "GetResourceMetrics", "pi:GetResourceMetrics", 5.0,
        "the load of a database by wait event, statement and user";
    GET_CANARY_RUNS: "synthetics", "GetCanaryRuns", "synthetics:GetCanaryRuns", 2.0,
        "runs of a canary and why they failed";
    GET_HEALTH_CHECK_STATUS: "Route 53", "GetHealthCheckStatus", "route53:GetHealthCheckStatus", 1.0,
        "what the checkers of a health check see";
    DESCRIBE_CLUSTER: "EKS", "DescribeCluster", "eks:DescribeCluster", 2.0,
        "where a Kubernetes cluster answers, and its certificate authority";
    // How resources are found, and who calls whom. X-Ray publishes no quota for its reads; Resource Explorer allows 5/s and
    // a search at most 1,000 resources; Application Signals 10/s.
    SEARCH_RESOURCES: "Resource Explorer 2", "Search", "resource-explorer-2:Search", 2.0,
        "resources of all types, whether they carry tags or not";
    GET_SERVICE_GRAPH: "XRay", "GetServiceGraph", "xray:GetServiceGraph", 2.0,
        "who calls whom, as traces show it";
    GET_TRACE_SUMMARIES: "XRay", "GetTraceSummaries", "xray:GetTraceSummaries", 2.0,
        "which traces there are";
    GET_TRACES: "XRay", "BatchGetTraces", "xray:BatchGetTraces", 2.0,
        "who calls whom in a trace";
    LIST_SIGNAL_SERVICES: "Application Signals", "ListServices", "application-signals:ListServices", 2.0,
        "services that Application Signals watches";
    LIST_SIGNAL_DEPENDENCIES: "Application Signals", "ListServiceDependencies",
        "application-signals:ListServiceDependencies", 2.0,
        "what such a service depends on";
}

/// `AssumeRole` of STS: how an account other than midwatch's own is entered.
pub const ASSUME_ROLE: &Operation = &Operation {
    service: "STS",
    name: "AssumeRole",
    action: "sts:AssumeRole",
    effect: Effect::Read,
    why: "take the read-only role of an account of the space",
    per_second: COMMON_RATE,
};

/// Operations that lead into an account and read nothing themselves: a policy of the primary identity alone, limited to the
/// roles that the configuration names.
pub const ENTRIES: &[&Operation] = &[ASSUME_ROLE];

/// `GetSecretValue` of Secrets Manager.
pub const GET_SECRET_VALUE: &Operation = &Operation {
    service: "Secrets Manager",
    name: "GetSecretValue",
    action: "secretsmanager:GetSecretValue",
    effect: Effect::Read,
    why: "a secret of a connection, where the configuration says that it stands there",
    per_second: COMMON_RATE,
};

/// `GetParameter` of Systems Manager.
pub const GET_PARAMETER: &Operation = &Operation {
    service: "SSM",
    name: "GetParameter",
    action: "ssm:GetParameter",
    effect: Effect::Read,
    why: "a secret of a connection, where the configuration says that it stands there",
    per_second: COMMON_RATE,
};

/// Operations that read a secret: a policy allows them for those that the configuration names, and for no others. Secrets
/// Manager publishes a quota of thousands a second, Systems Manager 40/s.
pub const SECRETS: &[&Operation] = &[GET_SECRET_VALUE, GET_PARAMETER];

/// `ReceiveMessage` of SQS: it hides what it gives from other receivers for a while.
pub const RECEIVE_MESSAGE: &Operation = &Operation {
    service: "SQS",
    name: "ReceiveMessage",
    action: "sqs:ReceiveMessage",
    effect: Effect::Write,
    why: "take events from the queue that the configuration names",
    per_second: COMMON_RATE,
};

/// `DeleteMessage` of SQS.
pub const DELETE_MESSAGE: &Operation = &Operation {
    service: "SQS",
    name: "DeleteMessage",
    action: "sqs:DeleteMessage",
    effect: Effect::Write,
    why: "take a message off that queue, once what it says is written down",
    per_second: 50.0,
};

/// Operations of intake: a policy allows them for the queues that the configuration names, and for no others. They change
/// nothing but such a queue, which is there for midwatch. SQS publishes 3,000/s for a queue without order, 300/s for one with.
pub const INTAKE: &[&Operation] = &[RECEIVE_MESSAGE, DELETE_MESSAGE];

/// Every operation that writes, but for those of [`INTAKE`] and [`SUPPORT`]. None yet.
pub const WRITES: &[&Operation] = &[];

macro_rules! support {
    ($($constant:ident: $service:literal, $name:literal, $action:literal, $effect:ident, $why:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "` of ", $service, ".")]
            pub const $constant: &Operation = &Operation {
                service: $service,
                name: $name,
                action: $action,
                effect: Effect::$effect,
                why: $why,
                per_second: SUPPORT_RATE,
            };
        )*
        /// Operations with which an operator asks AWS Support: a policy allows them where somebody wants that, and what
        /// writes among them is sent with an operator's [`super::Confirmation`] alone.
        pub const SUPPORT: &[&Operation] = &[$($constant),*];
    };
}

/// AWS Support publishes no quota for its calls; it is asked by hand.
const SUPPORT_RATE: f64 = 2.0;

support! {
    DESCRIBE_SEVERITY_LEVELS: "Support", "DescribeSeverityLevels", "support:DescribeSeverityLevels", Read,
        "which severities the account's support plan offers";
    DESCRIBE_SUPPORT_SERVICES: "Support", "DescribeServices", "support:DescribeServices", Read,
        "under which service and category a case is filed";
    DESCRIBE_CASES: "Support", "DescribeCases", "support:DescribeCases", Read,
        "how a case stands";
    DESCRIBE_COMMUNICATIONS: "Support", "DescribeCommunications", "support:DescribeCommunications", Read,
        "what AWS Support answers";
    SIMULATE_PRINCIPAL_POLICY: "IAM", "SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy", Read,
        "whether this identity may open a case, before anybody needs one";
    ADD_ATTACHMENTS_TO_SET: "Support", "AddAttachmentsToSet", "support:AddAttachmentsToSet", Write,
        "hand over the log of an investigation";
    CREATE_CASE: "Support", "CreateCase", "support:CreateCase", Write,
        "open a case";
    ADD_COMMUNICATION_TO_CASE: "Support", "AddCommunicationToCase", "support:AddCommunicationToCase", Write,
        "say something in a case";
    RESOLVE_CASE: "Support", "ResolveCase", "support:ResolveCase", Write,
        "close a case";
}

/// True for what is only sent when an operator has confirmed it.
pub fn needs_confirmation(operation: &Operation) -> bool {
    operation.effect == Effect::Write && SUPPORT.contains(&operation)
}

/// Reads that Cloud Control performs in the caller's name for the types that midwatch asks about: `GetResource` and
/// `ListResources` are refused without them. Each is optional: a missing one becomes a gap in the investigation. They are what
/// the types' own schemas name for reading and listing, but for what would open more than configuration: objects in buckets
/// (`s3:GetObject`), their names (`s3:ListBucket`) and keys (`kms:Decrypt`).
pub const DELEGATED: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::RestApi", &["apigateway:GET"]),
    ("AWS::ApiGatewayV2::Api", &["apigateway:GET"]),
    (
        "AWS::AppSync::GraphQLApi",
        &[
            "appsync:GetGraphqlApi",
            "appsync:GetGraphqlApiEnvironmentVariables",
            "appsync:ListGraphqlApis",
            "appsync:ListTagsForResource",
        ],
    ),
    ("AWS::AutoScaling::AutoScalingGroup", &["autoscaling:Describe*"]),
    (
        "AWS::CloudFront::Distribution",
        &[
            "cloudfront:GetDistribution",
            "cloudfront:GetDistributionConfig",
            "cloudfront:ListDistributions",
            "cloudfront:ListTagsForResource",
        ],
    ),
    (
        "AWS::DynamoDB::Table",
        &[
            "dynamodb:DescribeTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeKinesisStreamingDestination",
            "dynamodb:DescribeContributorInsights",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:GetResourcePolicy",
            "dynamodb:ListTables",
            "dynamodb:ListTagsOfResource",
        ],
    ),
    (
        "AWS::EC2::Instance",
        &[
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeVolumes",
        ],
    ),
    ("AWS::ECS::Cluster", &["ecs:DescribeClusters", "ecs:ListClusters"]),
    (
        "AWS::ECS::Service",
        &[
            "ecs:DescribeServices",
            "ecs:DescribeTaskDefinition",
            "ecs:ListServices",
        ],
    ),
    (
        "AWS::EFS::FileSystem",
        &[
            "elasticfilesystem:DescribeFileSystems",
            "elasticfilesystem:DescribeBackupPolicy",
            "elasticfilesystem:DescribeFileSystemPolicy",
            "elasticfilesystem:DescribeLifecycleConfiguration",
            "elasticfilesystem:DescribeReplicationConfigurations",
        ],
    ),
    ("AWS::EKS::Cluster", &["eks:DescribeCluster", "eks:ListClusters"]),
    (
        "AWS::EKS::Nodegroup",
        &["eks:DescribeNodegroup", "eks:ListNodegroups"],
    ),
    (
        "AWS::ElastiCache::ReplicationGroup",
        &[
            "elasticache:DescribeReplicationGroups",
            "elasticache:DescribeCacheClusters",
            "elasticache:ListTagsForResource",
        ],
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeTags",
        ],
    ),
    (
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
    ),
    (
        "AWS::Events::EventBus",
        &[
            "events:DescribeEventBus",
            "events:ListEventBuses",
            "events:ListTagsForResource",
        ],
    ),
    (
        "AWS::Events::Rule",
        &[
            "events:DescribeRule",
            "events:ListRules",
            "events:ListTargetsByRule",
        ],
    ),
    (
        "AWS::Kinesis::Stream",
        &[
            "kinesis:DescribeStreamSummary",
            "kinesis:ListStreams",
            "kinesis:ListTagsForResource",
            "kinesis:ListTagsForStream",
        ],
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        &[
            "firehose:DescribeDeliveryStream",
            "firehose:ListDeliveryStreams",
            "firehose:ListTagsForDeliveryStream",
        ],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        &[
            "lambda:GetEventSourceMapping",
            "lambda:ListEventSourceMappings",
            "lambda:ListTags",
        ],
    ),
    (
        "AWS::Lambda::Function",
        &[
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:ListFunctions",
        ],
    ),
    (
        "AWS::OpenSearchService::Domain",
        &["es:DescribeDomain", "es:ListTags"],
    ),
    ("AWS::Pipes::Pipe", &["pipes:DescribePipe", "pipes:ListPipes"]),
    ("AWS::RDS::DBCluster", &["rds:DescribeDBClusters"]),
    (
        "AWS::RDS::DBInstance",
        &["rds:DescribeDBInstances", "rds:ListTagsForResource"],
    ),
    (
        "AWS::S3::Bucket",
        &[
            "s3:GetBucket*",
            "s3:GetAccelerateConfiguration",
            "s3:GetAnalyticsConfiguration",
            "s3:GetEncryptionConfiguration",
            "s3:GetIntelligentTieringConfiguration",
            "s3:GetInventoryConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetMetricsConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:ListAllMyBuckets",
        ],
    ),
    (
        "AWS::SNS::Subscription",
        &["sns:GetSubscriptionAttributes", "sns:ListSubscriptions"],
    ),
    (
        "AWS::SNS::Topic",
        &[
            "sns:GetDataProtectionPolicy",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:ListTagsForResource",
            "sns:ListTopics",
        ],
    ),
    (
        "AWS::SQS::Queue",
        &["sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:ListQueues"],
    ),
    (
        "AWS::Scheduler::Schedule",
        &["scheduler:GetSchedule", "scheduler:ListSchedules"],
    ),
    (
        "AWS::StepFunctions::StateMachine",
        &[
            "states:DescribeStateMachine",
            "states:ListStateMachines",
            "states:ListTagsForResource",
        ],
    ),
];

/// The operation of that service and name, if the list has it.
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    READS
        .iter()
        .chain(ENTRIES)
        .chain(SECRETS)
        .chain(INTAKE)
        .chain(SUPPORT)
        .chain(WRITES)
        .copied()
        .find(|operation| operation.service == service && operation.name == name)
}

/// The IAM policy (version 2012-10-17) that allows the reads on the list and nothing else.
pub fn read_only_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "MidwatchReads",
                "Effect": "Allow",
                "Action": sorted(READS.iter().map(|operation| operation.action)),
                "Resource": "*",
            },
            {
                "Sid": "MidwatchReadsThroughCloudControl",
                "Effect": "Allow",
                "Action": sorted(DELEGATED.iter().flat_map(|(_, actions)| actions.iter().copied())),
                "Resource": "*",
            },
        ],
    })
}

/// As [`read_only_policy`], for the identity that midwatch runs as: it also takes `roles`, and no others.
pub fn primary_policy(roles: &[String]) -> Value {
    let mut policy = read_only_policy();
    if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut)
        && !roles.is_empty()
    {
        statements.push(json!({
            "Sid": "MidwatchEntersAccounts",
            "Effect": "Allow",
            "Action": sorted(ENTRIES.iter().map(|operation| operation.action)),
            "Resource": roles,
        }));
    }
    policy
}

/// `policy` with leave to read secrets: each operation for its own resources, named by their ARNs.
pub fn with_secrets(mut policy: Value, resources: &[(&'static Operation, String)]) -> Value {
    let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) else {
        return policy;
    };
    for (operation, id) in SECRETS
        .iter()
        .zip(["MidwatchReadsItsSecrets", "MidwatchReadsItsParameters"])
    {
        let named = resources.iter().filter(|(of, _)| of == operation);
        let named = sorted(named.map(|(_, resource)| resource.as_str()));
        if !named.is_empty() {
            statements.push(json!({
                "Sid": id,
                "Effect": "Allow",
                "Action": [operation.action],
                "Resource": named,
            }));
        }
    }
    policy
}

/// `policy` with leave to take events from `queues`, named by their ARNs.
pub fn with_queues(mut policy: Value, queues: &[String]) -> Value {
    if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut)
        && !queues.is_empty()
    {
        statements.push(json!({
            "Sid": "MidwatchTakesEventsFromItsQueue",
            "Effect": "Allow",
            "Action": sorted(INTAKE.iter().map(|operation| operation.action)),
            "Resource": sorted(queues.iter().map(String::as_str)),
        }));
    }
    policy
}

/// `policy` with leave to ask AWS Support: what writes is sent when an operator has confirmed it. Support knows no resources to narrow it to.
pub fn with_support(mut policy: Value) -> Value {
    if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.push(json!({
            "Sid": "MidwatchAsksSupport",
            "Effect": "Allow",
            "Action": sorted(SUPPORT.iter().map(|operation| operation.action)),
            "Resource": "*",
        }));
    }
    policy
}

/// The trust policy of a role that midwatch takes: `principal` alone may, and only with the external id where there is one.
pub fn trust_policy(principal: &str, external_id: Option<&str>) -> Value {
    let mut statement = json!({
        "Sid": "MidwatchMayEnter",
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": ASSUME_ROLE.action,
    });
    if let Some(id) = external_id {
        statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn sorted<'a>(actions: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut actions: Vec<_> = actions.collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}
