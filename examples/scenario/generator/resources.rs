//! Resources with the configuration that CloudFormation would spell.

use midwatch::model::Resource;
use serde_json::{Value, json};

use super::draft::{ACCOUNT, Draft};

/// Adds a resource and gives back its id.
pub fn add(
    draft: &mut Draft,
    id: &str,
    kind: &str,
    name: &str,
    arn: Option<String>,
    stack: &str,
    config: Value,
) -> String {
    let mut resource = Resource::new(id, kind, name);
    resource.arn = arn;
    resource.account = Some(ACCOUNT.to_owned());
    resource.region = Some(draft.region.to_owned());
    if !stack.is_empty() {
        resource.stack = Some(stack.to_owned());
        let tag = "aws:cloudformation:stack-name".to_owned();
        resource.tags.insert(tag, stack.to_owned());
    }
    resource.config = config;
    draft.resources.push(resource);
    id.to_owned()
}

/// Puts tags on the resource that was added last.
pub fn tag(draft: &mut Draft, tags: &[(&str, &str)]) {
    if let Some(resource) = draft.resources.last_mut() {
        let tags = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        resource.tags.extend(tags);
    }
}

/// An ARN of this account in the scenario's region.
pub fn arn(draft: &Draft, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{}:{ACCOUNT}:{rest}", draft.region)
}

/// A Lambda function; `more` is merged into its properties. Its id is its name.
pub fn function(draft: &mut Draft, name: &str, stack: &str, runtime: &str, more: Value) -> String {
    let handler = if runtime.starts_with("python") {
        "index.lambda_handler"
    } else {
        "index.handler"
    };
    let mut config = json!({
        "FunctionName": name,
        "Runtime": runtime,
        "Handler": handler,
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/{name}-role"),
        "MemorySize": 256,
        "Timeout": 30,
        "Architectures": ["arm64"],
        "LoggingConfig": {"LogGroup": format!("/aws/lambda/{name}")},
    });
    if let (Some(config), Value::Object(more)) = (config.as_object_mut(), more) {
        config.extend(more);
    }
    let arn = arn(draft, "lambda", &format!("function:{name}"));
    add(
        draft,
        name,
        "AWS::Lambda::Function",
        name,
        Some(arn),
        stack,
        config,
    )
}

/// A DynamoDB table; provisioned when `write` units are given.
pub fn table(
    draft: &mut Draft,
    name: &str,
    stack: &str,
    key: &str,
    provisioned: Option<(u32, u32)>,
) -> String {
    let mut config = json!({
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "BillingMode": if provisioned.is_some() { "PROVISIONED" } else { "PAY_PER_REQUEST" },
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
    });
    if let (Some(config), Some((read, write))) = (config.as_object_mut(), provisioned) {
        let units = json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
        config.insert("ProvisionedThroughput".to_owned(), units);
    }
    let arn = arn(draft, "dynamodb", &format!("table/{name}"));
    add(
        draft,
        name,
        "AWS::DynamoDB::Table",
        name,
        Some(arn),
        stack,
        config,
    )
}

/// An SQS queue. Its id is its name.
pub fn queue(draft: &mut Draft, name: &str, stack: &str) -> String {
    let config = json!({
        "QueueName": name,
        "VisibilityTimeout": 180,
        "MessageRetentionPeriod": 345_600,
        "RedrivePolicy": {"maxReceiveCount": 20, "deadLetterTargetArn": arn(draft, "sqs", &format!("{name}-dlq"))},
    });
    let arn = arn(draft, "sqs", name);
    add(draft, name, "AWS::SQS::Queue", name, Some(arn), stack, config)
}

/// A REST API. Its id is a ten-character API id.
pub fn api(draft: &mut Draft, name: &str, stack: &str) -> String {
    let id = draft
        .rng(&format!("api {name}"))
        .word("abcdefghijklmnopqrstuvwxyz0123456789", 10);
    let config = json!({"Name": name, "EndpointConfiguration": {"Types": ["REGIONAL"]}});
    let arn = format!("arn:aws:apigateway:{}::/restapis/{id}", draft.region);
    add(
        draft,
        &id,
        "AWS::ApiGateway::RestApi",
        name,
        Some(arn),
        stack,
        config,
    )
}

/// An S3 bucket. Its id is its name.
pub fn bucket(draft: &mut Draft, name: &str, stack: &str) -> String {
    let config = json!({
        "BucketName": name,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
        "MetricsConfigurations": [{"Id": "EntireBucket"}],
    });
    add(
        draft,
        name,
        "AWS::S3::Bucket",
        name,
        Some(format!("arn:aws:s3:::{name}")),
        stack,
        config,
    )
}

/// An EC2 instance; `more` is merged into its properties.
pub fn instance(draft: &mut Draft, name: &str, stack: &str, kind: &str, more: Value) -> String {
    let mut rng = draft.rng(&format!("instance {name}"));
    let id = format!("i-0{}", rng.hex(16));
    let mut config = json!({
        "InstanceType": kind,
        "ImageId": "ami-0a1b2c3d4e5f60718",
        "SubnetId": format!("subnet-0{}", draft.rng("subnet").hex(16)),
        "Monitoring": true,
        "IamInstanceProfile": format!("{}-profile", name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-')),
    });
    if let (Some(config), Value::Object(more)) = (config.as_object_mut(), more) {
        config.extend(more);
    }
    let arn = arn(draft, "ec2", &format!("instance/{id}"));
    add(draft, &id, "AWS::EC2::Instance", name, Some(arn), stack, config);
    tag(draft, &[("Name", name)]);
    id
}

/// An IAM role with a policy on some actions. Its id is its name.
pub fn role(draft: &mut Draft, name: &str, stack: &str, service: &str, actions: &[&str]) -> String {
    let config = json!({
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "access", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}}],
    });
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    add(draft, name, "AWS::IAM::Role", name, Some(arn), stack, config)
}
