//! What a workload's environment names: AWS resources by ARN, address or plain name, and services of the cluster by host.

use serde_json::Value;

use super::objects::{containers, items, words};
use crate::{
    model::{Place, RelationKind, ResourceId},
    sources::aws::naming,
};

/// Ends of variable names whose value is the plain name of a resource. The longest end that fits decides.
const NAMED: [(&str, &str); 9] = [
    ("TABLE", "AWS::DynamoDB::Table"),
    ("TABLE_NAME", "AWS::DynamoDB::Table"),
    ("BUCKET", "AWS::S3::Bucket"),
    ("BUCKET_NAME", "AWS::S3::Bucket"),
    ("QUEUE_NAME", "AWS::SQS::Queue"),
    ("STREAM_NAME", "AWS::Kinesis::Stream"),
    ("FUNCTION_NAME", "AWS::Lambda::Function"),
    ("DB_INSTANCE_IDENTIFIER", "AWS::RDS::DBInstance"),
    ("CACHE_CLUSTER_ID", "AWS::ElastiCache::CacheCluster"),
];

/// Variables of the containers of a pod specification: name and plain value. What is taken from secrets and config maps is
/// not there to be read.
pub(super) fn variables(spec: &Value) -> impl Iterator<Item = (&str, &str)> {
    containers(spec)
        .flat_map(|container| items(container, "/env"))
        .map(|variable| (words(variable, "/name"), words(variable, "/value")))
        .filter(|(_, value)| !value.is_empty())
}

/// The AWS resource that a variable names, how it is used, and where it stands, where that is said.
pub(super) fn aws(name: &str, value: &str) -> Option<(ResourceId, RelationKind, Option<Place>)> {
    let value = value.trim();
    if value.starts_with("arn:") {
        let found = naming::from_arn(value)?;
        let place = found.account.clone().zip(found.region.clone());
        let kind = used(&found.kind);
        return Some((
            found.id,
            kind,
            place.map(|(account, region)| Place::new(account, region)),
        ));
    }
    if let Some(found) = queue(value).or_else(|| database(value)) {
        return Some(found);
    }
    let upper = name.to_ascii_uppercase();
    let fits = |end: &str| upper == end || upper.ends_with(&format!("_{end}"));
    let (_, kind) = NAMED
        .iter()
        .filter(|(end, _)| fits(end))
        .max_by_key(|(end, _)| end.len())?;
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    plain.then(|| (naming::resource_id(kind, value), used(kind), None))
}

/// `https://sqs.eu-west-1.amazonaws.com/123456789012/orders`.
fn queue(value: &str) -> Option<(ResourceId, RelationKind, Option<Place>)> {
    let rest = value.strip_prefix("https://sqs.")?;
    let (host, path) = rest.split_once('/')?;
    let (region, _) = host.split_once(".amazonaws.com")?;
    let (account, name) = path.trim_end_matches('/').split_once('/')?;
    let id = naming::resource_id("AWS::SQS::Queue", name);
    Some((id, RelationKind::Uses, Some(Place::new(account, region))))
}

/// A host of RDS anywhere in the value: `orders.abc123.eu-west-1.rds.amazonaws.com`, or of a cluster
/// (`orders.cluster-abc123...`, `orders.cluster-ro-abc123...`).
fn database(value: &str) -> Option<(ResourceId, RelationKind, Option<Place>)> {
    let (before, _) = value.split_once(".rds.amazonaws.com")?;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let host = before.rsplit(|c| !fine(c)).next()?;
    let mut steps = host.split('.');
    let (name, hash, region) = (steps.next()?, steps.next()?, steps.next()?);
    let kind = if hash.starts_with("cluster-") {
        "AWS::RDS::DBCluster"
    } else {
        "AWS::RDS::DBInstance"
    };
    let id = naming::resource_id(kind, name);
    Some((id, RelationKind::Uses, Some(Place::new("", region))))
}

/// How a workload uses a resource of this type, as far as a name tells.
fn used(kind: &str) -> RelationKind {
    if kind == "AWS::Lambda::Function" {
        RelationKind::Calls
    } else {
        RelationKind::Uses
    }
}

/// Hosts in a value: of an address with or without a scheme, where a port or a scheme says that it is one, or a name with
/// the cluster's own domain.
pub(super) fn hosts(value: &str) -> Vec<&str> {
    value
        .split([',', ' ', ';'])
        .filter_map(|part| {
            let (scheme, rest) = match part.split_once("://") {
                Some((_, rest)) => (true, rest),
                None => (false, part),
            };
            let authority = rest.split(['/', '?']).next()?;
            let authority = authority.rsplit('@').next()?;
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, port.bytes().all(|byte| byte.is_ascii_digit())),
                None => (authority, false),
            };
            let told = scheme || port || host.contains(".svc");
            (told && !host.is_empty()).then_some(host)
        })
        .collect()
}

/// Service and namespace that a host names, seen from a namespace: `payments`, `payments.shop`, `payments.shop.svc...`.
pub(super) fn service<'a>(host: &'a str, from: &'a str) -> Option<(&'a str, &'a str)> {
    let mut steps = host.split('.');
    let name = steps.next()?;
    match (steps.next(), steps.next()) {
        (None, _) => Some((name, from)),
        (Some(namespace), None | Some("svc")) => Some((name, namespace)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_told_by_arn_address_and_name() {
        let id = |name: &str, value: &str| aws(name, value).map(|(id, ..)| id.0);
        for (name, value, expected) in [
            ("X", "arn:aws:sqs:eu-west-1:123456789012:mail", Some("queue:mail")),
            (
                "Q",
                "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
                Some("queue:orders"),
            ),
            (
                "DATABASE_URL",
                "postgres://u@orders.abc.eu-west-1.rds.amazonaws.com:5432/x",
                Some("db:orders"),
            ),
            (
                "DB_HOST",
                "orders.cluster-ro-abc.eu-west-1.rds.amazonaws.com",
                Some("dbcluster:orders"),
            ),
            ("ORDERS_TABLE", "orders", Some("table:orders")),
            ("UPLOAD_BUCKET_NAME", "acme-up", Some("bucket:acme-up")),
            ("STABLE", "yes", None),
            ("TABLE", "select * from x", None),
            ("PORT", "8080", None),
        ] {
            assert_eq!(id(name, value).as_deref(), expected, "{name}");
        }
        let (_, kind, place) = aws("F", "arn:aws:lambda:eu-west-1:123456789012:function:price").unwrap();
        assert_eq!(
            (kind, place),
            (RelationKind::Calls, Some(Place::new("123456789012", "eu-west-1")))
        );
    }

    #[test]
    fn services_are_told_by_host() {
        assert_eq!(hosts("http://payments:8080/x"), ["payments"]);
        assert_eq!(
            hosts("redis.shop.svc.cluster.local"),
            ["redis.shop.svc.cluster.local"]
        );
        assert_eq!(hosts("a:9092,b:9092"), ["a", "b"]);
        assert!(hosts("debug").is_empty());
        assert_eq!(service("payments", "shop"), Some(("payments", "shop")));
        assert_eq!(service("payments.pay", "shop"), Some(("payments", "pay")));
        assert_eq!(
            service("payments.pay.svc.cluster.local", "shop"),
            Some(("payments", "pay"))
        );
        assert_eq!(service("api.example.org", "shop"), None);
    }
}
