//! What has no metrics of its own.

use super::{Id, Kind};

const fn plain(kind: &'static str, id: Id, arn: &'static str) -> Kind {
    Kind {
        cloudformation: kind,
        id,
        arn,
        dimensions: &[],
        metrics: &[],
    }
}

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
