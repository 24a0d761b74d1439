//! Instances, services, balancers, buckets, workflows, rules, gateways.

use super::{
    Calm::{Count, Fixed, Level, Load, Rare},
    Id, Kind, sparse, spec,
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
