//! Properties as CloudFormation spells them, when nothing is special about a resource.

use serde_json::{Value, json};

use super::super::draft::{ACCOUNT, Draft};

/// The usual properties of a type, with `more` merged in.
pub fn of(kind: &str, name: &str, draft: &Draft, more: Value) -> Value {
    let region = draft.region;
    let mut all = match kind {
        "AWS::Lambda::Function" => json!({
            "FunctionName": name, "MemorySize": 256, "Timeout": 30, "Architectures": ["arm64"],
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/{name}-role"),
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}")},
        }),
        "AWS::ApiGateway::RestApi" => json!({"Name": name, "EndpointConfiguration": {"Types": ["REGIONAL"]}}),
        "AWS::DynamoDB::Table" => json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }),
        "AWS::SQS::Queue" => json!({
            "QueueName": name, "VisibilityTimeout": 180, "MessageRetentionPeriod": 345_600,
            "RedrivePolicy": {"maxReceiveCount": 5, "deadLetterTargetArn": format!("arn:aws:sqs:{region}:{ACCOUNT}:{name}-dlq")},
        }),
        "AWS::SNS::Topic" => json!({"TopicName": name, "KmsMasterKeyId": "alias/aws/sns"}),
        "AWS::Kinesis::Stream" => {
            json!({"Name": name, "ShardCount": 2, "RetentionPeriodHours": 24, "StreamModeDetails": {"StreamMode": "PROVISIONED"}})
        }
        "AWS::ElastiCache::CacheCluster" => {
            json!({"ClusterName": name, "Engine": "redis", "EngineVersion": "7.1", "CacheNodeType": "cache.m7g.large", "NumCacheNodes": 1})
        }
        "AWS::RDS::DBInstance" => json!({
            "DBInstanceIdentifier": name, "Engine": "postgres", "EngineVersion": "16.4", "DBInstanceClass": "db.r6g.large",
            "AllocatedStorage": "200", "StorageType": "gp3", "MultiAZ": true, "BackupRetentionPeriod": 7, "EnablePerformanceInsights": true,
        }),
        "AWS::EC2::Instance" => {
            json!({"InstanceType": "m7g.large", "ImageId": "ami-0a1b2c3d4e5f60718", "Monitoring": true})
        }
        "AWS::AutoScaling::AutoScalingGroup" => {
            json!({"AutoScalingGroupName": name, "MinSize": "3", "MaxSize": "8", "DesiredCapacity": "3", "HealthCheckType": "ELB"})
        }
        "AWS::ECS::Service" => {
            json!({"ServiceName": name, "LaunchType": "FARGATE", "DesiredCount": 3, "DeploymentConfiguration": {"MinimumHealthyPercent": 100, "MaximumPercent": 200}})
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            json!({"Name": name, "Scheme": "internet-facing", "Type": "application"})
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => json!({
            "Name": name, "Port": 8080, "Protocol": "HTTP", "TargetType": "ip", "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 15, "UnhealthyThresholdCount": 2, "Matcher": {"HttpCode": "200"},
        }),
        "AWS::S3::Bucket" => json!({
            "BucketName": name, "MetricsConfigurations": [{"Id": "EntireBucket"}],
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
        }),
        "AWS::StepFunctions::StateMachine" => {
            json!({"StateMachineName": name, "StateMachineType": "STANDARD"})
        }
        "AWS::Events::Rule" => json!({"Name": name, "State": "ENABLED"}),
        "AWS::IAM::Role" => json!({
            "RoleName": name,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        }),
        "AWS::SecretsManager::Secret" => json!({"Name": name}),
        "AWS::KMS::Key" => json!({"Description": name, "Enabled": true, "EnableKeyRotation": true}),
        "AWS::Route53::HostedZone" => json!({"Name": name}),
        _ => json!({}),
    };
    merge(&mut all, more);
    all
}

/// Sets the properties of `more` in `all`.
pub fn merge(all: &mut Value, more: Value) {
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
}
