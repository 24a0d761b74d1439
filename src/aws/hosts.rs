//! Which hosts the operations on the closed list lead to.

use super::operations::{READS, WRITES};

/// Where a service of the closed list answers: its word in host names, and whether each region has a host of its own.
///
/// From the services' "endpoints and quotas" pages.
const HOSTS: &[(&str, &str, Reach)] = &[
    (
        "Application Auto Scaling",
        "application-autoscaling",
        Reach::Region,
    ),
    ("Auto Scaling", "autoscaling", Reach::Region),
    ("Application Signals", "application-signals", Reach::Region),
    ("CloudFormation", "cloudformation", Reach::Region),
    ("CloudControl", "cloudcontrolapi", Reach::Region),
    ("CloudTrail", "cloudtrail", Reach::Region),
    ("CloudWatch", "monitoring", Reach::Region),
    ("CloudWatch Logs", "logs", Reach::Region),
    ("EC2", "ec2", Reach::Region),
    ("ECS", "ecs", Reach::Region),
    ("EKS", "eks", Reach::Region),
    ("Health", "health.us-east-1.amazonaws.com", Reach::World),
    ("IAM", "iam.amazonaws.com", Reach::World),
    ("PI", "pi", Reach::Region),
    ("RDS", "rds", Reach::Region),
    ("Resource Groups Tagging API", "tagging", Reach::Region),
    ("Route 53", "route53.amazonaws.com", Reach::World),
    ("Resource Explorer 2", "resource-explorer-2", Reach::Region),
    ("SQS", "sqs", Reach::Region),
    ("SSM", "ssm", Reach::Region),
    ("STS", "sts", Reach::Region),
    ("Secrets Manager", "secretsmanager", Reach::Region),
    ("Support", "support.us-east-1.amazonaws.com", Reach::World),
    ("XRay", "xray", Reach::Region),
    ("synthetics", "synthetics", Reach::Region),
];

/// How far one host of a service reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// One host a region.
    Region,
    /// One host for all regions: the word is its name.
    World,
}

/// The host of a service in a region; none for a service that is not on the closed list.
pub fn host(service: &str, region: &str) -> Option<String> {
    let (_, word, reach) = HOSTS.iter().find(|(known, _, _)| *known == service)?;
    Some(match reach {
        Reach::Region => format!("{word}.{region}.{}", domain(region)),
        Reach::World => (*word).to_owned(),
    })
}

/// Domain of the regional endpoints.
pub(super) fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

/// The services of the closed list that every configuration needs, in order, each once. Those that keep secrets are needed where
/// one of a connection stands there, and AWS Support where somebody asks it.
pub fn services() -> Vec<&'static str> {
    let mut services: Vec<&str> = READS
        .iter()
        .chain(WRITES)
        .map(|operation| operation.service)
        .collect();
    services.sort_unstable();
    services.dedup();
    services
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::operations::{INTAKE, SECRETS, SUPPORT};

    #[test]
    fn every_service_of_the_closed_list_has_a_host() {
        for service in services() {
            assert!(
                host(service, "eu-west-1").is_some(),
                "{service} has no host in HOSTS"
            );
        }
        for operation in SECRETS.iter().chain(INTAKE).chain(SUPPORT) {
            assert!(host(operation.service, "eu-west-1").is_some());
            assert!(!services().contains(&operation.service));
        }
        assert_eq!(
            host("CloudWatch", "cn-north-1").unwrap(),
            "monitoring.cn-north-1.amazonaws.com.cn"
        );
    }
}
