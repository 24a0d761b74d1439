//! Functions, APIs, tables, queues, topics, streams, caches, databases.

use super::{
    Calm::{Count, Fixed, Level, Load, Rare},
    Id, Kind, sparse, spec,
};

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
