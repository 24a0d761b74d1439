//! What each type of resource measures, and how it looks when it is well.

use Calm::{Count, Fixed, Level, Load, Rare};

/// How a metric looks when all is well.
#[derive(Debug, Clone, Copy)]
pub enum Calm {
    /// Around a level, with noise relative to it.
    Level(f64, f64),
    /// A load that follows the day.
    Load(f64),
    /// Counts that follow the day.
    Count(f64),
    /// Counts of something rare, with this mean.
    Rare(f64),
    /// Always the same.
    Fixed(f64),
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Namespace.
    pub namespace: &'static str,
    /// Metric.
    pub metric: &'static str,
    /// Statistic.
    pub stat: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// How it looks when all is well.
    pub calm: Calm,
    /// True: there is a datum only where it is not zero.
    pub sparse: bool,
}

/// How a resource is identified.
#[derive(Debug, Clone, Copy)]
pub enum Id {
    /// By its name.
    Name,
    /// By its ARN.
    Arn,
    /// By a prefix and hexadecimal digits.
    Hex(&'static str, usize),
    /// By ten letters and digits.
    Letters,
}

/// A type of resource.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// As CloudFormation spells it, or a plain word.
    pub cloudformation: &'static str,
    /// How it is identified.
    pub id: Id,
    /// Service and rest of its ARN; `{name}`, `{id}`, `{stack}`, `{hex}` are filled in. Empty: it has none.
    pub arn: &'static str,
    /// Dimensions of its metrics, filled in likewise; `{full}` is the tail of a balancer's ARN.
    pub dimensions: &'static [(&'static str, &'static str)],
    /// Its metrics.
    pub metrics: &'static [Spec],
}

const fn spec(
    namespace: &'static str,
    metric: &'static str,
    stat: &'static str,
    unit: &'static str,
    calm: Calm,
) -> Spec {
    Spec {
        namespace,
        metric,
        stat,
        unit,
        calm,
        sparse: false,
    }
}

const fn sparse(namespace: &'static str, metric: &'static str, mean: f64) -> Spec {
    Spec {
        namespace,
        metric,
        stat: "Sum",
        unit: "Count",
        calm: Rare(mean),
        sparse: true,
    }
}

const fn plain(kind: &'static str, id: Id, arn: &'static str) -> Kind {
    Kind {
        cloudformation: kind,
        id,
        arn,
        dimensions: &[],
        metrics: &[],
    }
}

const LAMBDA: &str = "AWS/Lambda";
/// A function.
pub const FUNCTION: Kind = Kind {
    cloudformation: "AWS::Lambda::Function",
    id: Id::Name,
    arn: "lambda:function:{name}",
    dimensions: &[("FunctionName", "{name}")],
    metrics: &[
        spec(LAMBDA, "Invocations", "Sum", "Count", Count(6.0)),
        spec(LAMBDA, "Errors", "Sum", "Count", Rare(0.004)),
        spec(LAMBDA, "Throttles", "Sum", "Count", Fixed(0.0)),
        spec(LAMBDA, "Duration", "Average", "Milliseconds", Level(120.0, 0.07)),
        spec(LAMBDA, "Duration", "p99", "Milliseconds", Level(280.0, 0.12)),
        spec(LAMBDA, "ConcurrentExecutions", "Maximum", "Count", Fixed(1.0)),
    ],
};

const GATEWAY: &str = "AWS/ApiGateway";
/// A REST API.
pub const API: Kind = Kind {
    cloudformation: "AWS::ApiGateway::RestApi",
    id: Id::Letters,
    arn: "apigateway:/restapis/{id}",
    dimensions: &[("ApiName", "{name}"), ("Stage", "prod")],
    metrics: &[
        spec(GATEWAY, "Count", "Sum", "Count", Count(60.0)),
        spec(GATEWAY, "4XXError", "Sum", "Count", Rare(0.4)),
        spec(GATEWAY, "5XXError", "Sum", "Count", Rare(0.02)),
        spec(GATEWAY, "Latency", "Average", "Milliseconds", Level(90.0, 0.06)),
        spec(GATEWAY, "Latency", "p99", "Milliseconds", Level(240.0, 0.1)),
        spec(
            GATEWAY,
            "IntegrationLatency",
            "Average",
            "Milliseconds",
            Level(82.0, 0.06),
        ),
    ],
};

const DYNAMO: &str = "AWS/DynamoDB";
/// A table.
pub const TABLE: Kind = Kind {
    cloudformation: "AWS::DynamoDB::Table",
    id: Id::Name,
    arn: "dynamodb:table/{name}",
    dimensions: &[("TableName", "{name}")],
    metrics: &[
        spec(DYNAMO, "ConsumedReadCapacityUnits", "Sum", "Count", Load(240.0)),
        spec(DYNAMO, "ConsumedWriteCapacityUnits", "Sum", "Count", Load(90.0)),
        sparse(DYNAMO, "WriteThrottleEvents", 0.0),
        sparse(DYNAMO, "ReadThrottleEvents", 0.0),
        spec(
            DYNAMO,
            "SuccessfulRequestLatency",
            "Average",
            "Milliseconds",
            Level(4.2, 0.06),
        ),
    ],
};

const SQS: &str = "AWS/SQS";
/// A queue.
pub const QUEUE: Kind = Kind {
    cloudformation: "AWS::SQS::Queue",
    id: Id::Name,
    arn: "sqs:{name}",
    dimensions: &[("QueueName", "{name}")],
    metrics: &[
        spec(SQS, "NumberOfMessagesSent", "Sum", "Count", Count(20.0)),
        spec(SQS, "NumberOfMessagesReceived", "Sum", "Count", Count(20.0)),
        spec(SQS, "NumberOfMessagesDeleted", "Sum", "Count", Count(20.0)),
        spec(
            SQS,
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            "Count",
            Rare(0.7),
        ),
        spec(
            SQS,
            "ApproximateAgeOfOldestMessage",
            "Maximum",
            "Seconds",
            Rare(1.5),
        ),
    ],
};

const SNS: &str = "AWS/SNS";
/// A topic.
pub const TOPIC: Kind = Kind {
    cloudformation: "AWS::SNS::Topic",
    id: Id::Name,
    arn: "sns:{name}",
    dimensions: &[("TopicName", "{name}")],
    metrics: &[
        spec(SNS, "NumberOfMessagesPublished", "Sum", "Count", Count(20.0)),
        spec(SNS, "NumberOfNotificationsDelivered", "Sum", "Count", Count(40.0)),
        sparse(SNS, "NumberOfNotificationsFailed", 0.0),
        sparse(SNS, "NumberOfNotificationsFilteredOut", 0.0),
        spec(SNS, "PublishSize", "Average", "Bytes", Level(2_400.0, 0.05)),
    ],
};

const KINESIS: &str = "AWS/Kinesis";
/// A stream.
pub const STREAM: Kind = Kind {
    cloudformation: "AWS::Kinesis::Stream",
    id: Id::Name,
    arn: "kinesis:stream/{name}",
    dimensions: &[("StreamName", "{name}")],
    metrics: &[
        spec(KINESIS, "IncomingRecords", "Sum", "Count", Load(2_600.0)),
        spec(KINESIS, "IncomingBytes", "Sum", "Bytes", Load(3_100_000.0)),
        spec(
            KINESIS,
            "WriteProvisionedThroughputExceeded",
            "Sum",
            "Count",
            Fixed(0.0),
        ),
        spec(
            KINESIS,
            "GetRecords.IteratorAgeMilliseconds",
            "Maximum",
            "Milliseconds",
            Rare(60.0),
        ),
    ],
};

const CACHES: &str = "AWS/ElastiCache";
/// A cache node.
pub const CACHE: Kind = Kind {
    cloudformation: "AWS::ElastiCache::CacheCluster",
    id: Id::Name,
    arn: "elasticache:cluster:{name}",
    dimensions: &[("CacheClusterId", "{name}"), ("CacheNodeId", "0001")],
    metrics: &[
        spec(
            CACHES,
            "EngineCPUUtilization",
            "Average",
            "Percent",
            Level(11.0, 0.06),
        ),
        spec(
            CACHES,
            "DatabaseMemoryUsagePercentage",
            "Average",
            "Percent",
            Level(54.0, 0.004),
        ),
        spec(CACHES, "Evictions", "Sum", "Count", Fixed(0.0)),
        spec(CACHES, "CurrConnections", "Average", "Count", Level(48.0, 0.03)),
        spec(CACHES, "CacheHits", "Sum", "Count", Load(5_200.0)),
        spec(CACHES, "CacheMisses", "Sum", "Count", Load(240.0)),
    ],
};

const RDS: &str = "AWS/RDS";
/// A database instance.
pub const DATABASE: Kind = Kind {
    cloudformation: "AWS::RDS::DBInstance",
    id: Id::Name,
    arn: "rds:db:{name}",
    dimensions: &[("DBInstanceIdentifier", "{name}")],
    metrics: &[
        spec(RDS, "CPUUtilization", "Average", "Percent", Level(24.0, 0.07)),
        spec(RDS, "DatabaseConnections", "Average", "Count", Level(46.0, 0.04)),
        spec(RDS, "ReadLatency", "Average", "Seconds", Level(0.0011, 0.1)),
        spec(RDS, "WriteLatency", "Average", "Seconds", Level(0.0024, 0.1)),
        spec(RDS, "FreeableMemory", "Average", "Bytes", Level(6.1e9, 0.004)),
        spec(RDS, "FreeStorageSpace", "Average", "Bytes", Level(8.4e10, 0.0004)),
    ],
};

const EC2: &str = "AWS/EC2";
/// An instance.
pub const INSTANCE: Kind = Kind {
    cloudformation: "AWS::EC2::Instance",
    id: Id::Hex("i-0", 16),
    arn: "ec2:instance/{id}",
    dimensions: &[("InstanceId", "{id}")],
    metrics: &[
        spec(EC2, "CPUUtilization", "Average", "Percent", Level(27.0, 0.07)),
        spec(EC2, "NetworkIn", "Average", "Bytes", Load(2_600_000.0)),
        spec(EC2, "NetworkOut", "Average", "Bytes", Load(4_900_000.0)),
        spec(EC2, "StatusCheckFailed_System", "Maximum", "Count", Fixed(0.0)),
        spec(EC2, "StatusCheckFailed_Instance", "Maximum", "Count", Fixed(0.0)),
        spec(
            "CWAgent",
            "mem_used_percent",
            "Average",
            "Percent",
            Level(51.0, 0.008),
        ),
    ],
};

const SCALING: &str = "AWS/AutoScaling";
/// An Auto Scaling group.
pub const GROUP: Kind = Kind {
    cloudformation: "AWS::AutoScaling::AutoScalingGroup",
    id: Id::Name,
    arn: "autoscaling:autoScalingGroup:{uuid}:autoScalingGroupName/{name}",
    dimensions: &[("AutoScalingGroupName", "{name}")],
    metrics: &[
        spec(SCALING, "GroupDesiredCapacity", "Average", "Count", Fixed(3.0)),
        spec(SCALING, "GroupInServiceInstances", "Average", "Count", Fixed(3.0)),
        spec(SCALING, "GroupMaxSize", "Average", "Count", Fixed(8.0)),
    ],
};

const ECS: &str = "AWS/ECS";
/// An ECS service; its cluster has the stack's name.
pub const SERVICE: Kind = Kind {
    cloudformation: "AWS::ECS::Service",
    id: Id::Arn,
    arn: "ecs:service/{stack}/{name}",
    dimensions: &[("ClusterName", "{stack}"), ("ServiceName", "{name}")],
    metrics: &[
        spec(ECS, "CPUUtilization", "Average", "Percent", Level(31.0, 0.06)),
        spec(ECS, "MemoryUtilization", "Average", "Percent", Level(57.0, 0.006)),
        spec(
            "ECS/ContainerInsights",
            "RunningTaskCount",
            "Average",
            "Count",
            Fixed(3.0),
        ),
    ],
};

const ELB: &str = "AWS/ApplicationELB";
/// An application load balancer.
pub const BALANCER: Kind = Kind {
    cloudformation: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    id: Id::Arn,
    arn: "elasticloadbalancing:loadbalancer/app/{name}/{hex}",
    dimensions: &[("LoadBalancer", "{full}")],
    metrics: &[
        spec(ELB, "RequestCount", "Sum", "Count", Count(180.0)),
        spec(ELB, "HTTPCode_Target_2XX_Count", "Sum", "Count", Count(179.0)),
        sparse(ELB, "HTTPCode_Target_4XX_Count", 0.8),
        sparse(ELB, "HTTPCode_Target_5XX_Count", 0.03),
        sparse(ELB, "HTTPCode_ELB_5XX_Count", 0.0),
        spec(
            ELB,
            "TargetResponseTime",
            "Average",
            "Seconds",
            Level(0.064, 0.07),
        ),
        spec(ELB, "TargetResponseTime", "p99", "Seconds", Level(0.21, 0.12)),
    ],
};

/// A target group; its dimensions are given when it is laid.
pub const TARGETS: Kind = Kind {
    cloudformation: "AWS::ElasticLoadBalancingV2::TargetGroup",
    id: Id::Arn,
    arn: "elasticloadbalancing:targetgroup/{name}/{hex}",
    dimensions: &[],
    metrics: &[
        spec(ELB, "HealthyHostCount", "Minimum", "Count", Fixed(3.0)),
        spec(ELB, "UnHealthyHostCount", "Maximum", "Count", Fixed(0.0)),
    ],
};

const S3: &str = "AWS/S3";
/// A bucket with request metrics.
pub const BUCKET: Kind = Kind {
    cloudformation: "AWS::S3::Bucket",
    id: Id::Name,
    arn: "s3:{name}",
    dimensions: &[("BucketName", "{name}"), ("FilterId", "EntireBucket")],
    metrics: &[
        spec(S3, "AllRequests", "Sum", "Count", Count(32.0)),
        spec(S3, "4xxErrors", "Sum", "Count", Rare(0.05)),
        spec(S3, "5xxErrors", "Sum", "Count", Fixed(0.0)),
        spec(
            S3,
            "FirstByteLatency",
            "Average",
            "Milliseconds",
            Level(22.0, 0.1),
        ),
    ],
};

const STATES: &str = "AWS/States";
/// A state machine.
pub const MACHINE: Kind = Kind {
    cloudformation: "AWS::StepFunctions::StateMachine",
    id: Id::Arn,
    arn: "states:stateMachine:{name}",
    dimensions: &[("StateMachineArn", "{id}")],
    metrics: &[
        spec(STATES, "ExecutionsStarted", "Sum", "Count", Count(5.0)),
        spec(STATES, "ExecutionsSucceeded", "Sum", "Count", Count(5.0)),
        spec(STATES, "ExecutionsFailed", "Sum", "Count", Fixed(0.0)),
        spec(
            STATES,
            "ExecutionTime",
            "Average",
            "Milliseconds",
            Level(2_900.0, 0.06),
        ),
    ],
};

const EVENTS: &str = "AWS/Events";
/// A rule of the event bus.
pub const RULE: Kind = Kind {
    cloudformation: "AWS::Events::Rule",
    id: Id::Name,
    arn: "events:rule/{name}",
    dimensions: &[("RuleName", "{name}")],
    metrics: &[
        spec(EVENTS, "TriggeredRules", "Sum", "Count", Fixed(1.0)),
        spec(EVENTS, "Invocations", "Sum", "Count", Fixed(1.0)),
    ],
};

const NATS: &str = "AWS/NATGateway";
/// A NAT gateway.
pub const NAT: Kind = Kind {
    cloudformation: "AWS::EC2::NatGateway",
    id: Id::Hex("nat-0", 16),
    arn: "ec2:natgateway/{id}",
    dimensions: &[("NatGatewayId", "{id}")],
    metrics: &[
        spec(NATS, "ActiveConnectionCount", "Maximum", "Count", Load(2_100.0)),
        spec(NATS, "ConnectionAttemptCount", "Sum", "Count", Load(3_800.0)),
        spec(NATS, "ConnectionEstablishedCount", "Sum", "Count", Load(3_790.0)),
        spec(NATS, "ErrorPortAllocation", "Sum", "Count", Fixed(0.0)),
        spec(NATS, "BytesOutToDestination", "Sum", "Bytes", Load(41_000_000.0)),
    ],
};

/// A role.
pub const ROLE: Kind = plain("AWS::IAM::Role", Id::Name, "iam:role/{name}");
/// A security group.
pub const SECURITY: Kind = plain(
    "AWS::EC2::SecurityGroup",
    Id::Hex("sg-0", 16),
    "ec2:security-group/{id}",
);
/// A route table.
pub const ROUTES: Kind = plain(
    "AWS::EC2::RouteTable",
    Id::Hex("rtb-0", 16),
    "ec2:route-table/{id}",
);
/// A subnet.
pub const SUBNET: Kind = plain("AWS::EC2::Subnet", Id::Hex("subnet-0", 16), "ec2:subnet/{id}");
/// A hosted zone.
pub const ZONE: Kind = plain("AWS::Route53::HostedZone", Id::Letters, "route53:hostedzone/{id}");
/// A secret.
pub const SECRET: Kind = plain(
    "AWS::SecretsManager::Secret",
    Id::Arn,
    "secretsmanager:secret:{name}-{six}",
);
/// A key.
pub const KEY: Kind = plain("AWS::KMS::Key", Id::Arn, "kms:key/{uuid}");
/// A certificate.
pub const CERTIFICATE: Kind = plain(
    "AWS::CertificateManager::Certificate",
    Id::Arn,
    "acm:certificate/{uuid}",
);
/// A subscription of a topic.
pub const SUBSCRIPTION: Kind = plain("AWS::SNS::Subscription", Id::Arn, "sns:{name}:{uuid}");
/// What polls a queue or stream for a function.
pub const MAPPING: Kind = plain(
    "AWS::Lambda::EventSourceMapping",
    Id::Hex("", 32),
    "lambda:event-source-mapping:{id}",
);
/// A usage plan of APIs.
pub const PLAN: Kind = plain(
    "AWS::ApiGateway::UsagePlan",
    Id::Letters,
    "apigateway:/usageplans/{id}",
);
/// An authorizer of an API.
pub const AUTHORIZER: Kind = plain("AWS::ApiGateway::Authorizer", Id::Letters, "");
/// A configuration profile.
pub const PROFILE: Kind = plain("AWS::AppConfig::ConfigurationProfile", Id::Letters, "");
/// Somebody outside who calls.
pub const CLIENT: Kind = plain("client", Id::Name, "");
/// Something outside that is called.
pub const REMOTE: Kind = plain("remote", Id::Name, "");
