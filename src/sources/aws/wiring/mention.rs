//! What a word may name: an ARN, a host of AWS, a queue's address.

use super::super::naming;

/// What a word may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mention {
    /// An ARN: account and region, where it has them, and the ARN without what stands below the resource.
    Arn {
        /// The ARN of the resource itself.
        arn: String,
        account: String,
        region: String,
    },
    /// A resource of one of these types and of this name.
    Named(&'static [&'static str], String),
    /// A word by itself.
    Word(String),
}

const APIS: &[&str] = &["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"];

/// The pieces of a text that name something wherever they stand: ARNs and hosts of AWS.
pub(super) fn telling(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .match_indices("arn:aws")
        .filter_map(|(at, _)| {
            let rest = text.get(at..)?;
            let end = rest.find(|c: char| c.is_whitespace() || "\"'`,;)}|<>".contains(c));
            let arn = end.map_or(rest, |end| &rest[..end]);
            // A function's ARN inside the address of an API's integration.
            Some(arn.strip_suffix("/invocations").unwrap_or(arn))
        })
        .collect();
    if found.is_empty() && text.contains(".amazonaws.com") {
        let delimiters = |c: char| c.is_whitespace() || "\"'`,;)}|<>@".contains(c);
        let hosts = text
            .split(delimiters)
            .filter(|piece| piece.contains(".amazonaws.com"));
        found.extend(hosts);
    }
    found
}

/// What a word may name.
pub(super) fn read(word: &str) -> Option<Mention> {
    if let Some(rest) = word.strip_prefix("arn:") {
        return arn(word, rest);
    }
    if word.contains(".amazonaws.com") {
        return host(word);
    }
    Some(Mention::Word(word.to_owned()))
}

fn arn(whole: &str, rest: &str) -> Option<Mention> {
    let mut parts = rest.splitn(5, ':');
    let (_partition, service) = (parts.next()?, parts.next()?);
    let (region, account, last) = (parts.next()?, parts.next()?, parts.next()?);
    let head = whole.get(..whole.len() - last.len())?;
    let steps: Vec<&str> = last.split('/').collect();
    let two = || steps.iter().take(2).copied().collect::<Vec<_>>().join("/");
    let own = match service {
        "execute-api" => {
            return Some(Mention::Named(APIS, (*steps.first()?).to_owned()));
        }
        // `arn:aws:apigateway:eu-west-1:sqs:path/123456789012/orders`: a service behind an API, called by its path.
        "apigateway" if account == "sqs" => {
            return Some(Mention::Named(&["AWS::SQS::Queue"], (*steps.last()?).to_owned()));
        }
        "apigateway" if !last.starts_with('/') => return None,
        "apigateway" => last.to_owned(),
        "dynamodb" | "kinesis" => two(),
        "s3" => (*steps.first()?).to_owned(),
        "logs" => last.strip_suffix(":*").unwrap_or(last).to_owned(),
        "lambda" => last.split(':').take(2).collect::<Vec<_>>().join(":"),
        _ => last.to_owned(),
    };
    // A pattern over several resources names none of them.
    if own.contains('*') || own.is_empty() {
        return None;
    }
    Some(Mention::Arn {
        arn: format!("{head}{own}"),
        account: account.to_owned(),
        region: region.to_owned(),
    })
}

fn host(word: &str) -> Option<Mention> {
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let (host, path) = word.split_once('/').unwrap_or((word, ""));
    let host = host.split(':').next().unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let at = labels.iter().position(|label| *label == "amazonaws")?;
    let inner = labels.get(..at)?;
    let first = (*inner.first()?).to_owned();
    let named = |kinds: &'static [&'static str], name: &str| Some(Mention::Named(kinds, name.to_owned()));
    let is = |label: &str| inner.contains(&label);
    if is("sqs") {
        return named(&["AWS::SQS::Queue"], path.split('/').nth(1)?);
    }
    if is("execute-api") {
        return named(APIS, &first);
    }
    if is("rds") {
        return match inner.get(1)? {
            second if second.starts_with("cluster-") => named(&["AWS::RDS::DBCluster"], &first),
            _ => named(&["AWS::RDS::DBInstance"], &first),
        };
    }
    if is("cache") {
        let name = match first.as_str() {
            "master" | "replica" | "clustercfg" => inner.get(1)?,
            other => other,
        };
        return named(
            &[
                "AWS::ElastiCache::ReplicationGroup",
                "AWS::ElastiCache::CacheCluster",
            ],
            name,
        );
    }
    if is("ecr") {
        let repository = path.split(['@', ':']).next()?;
        return named(&["AWS::ECR::Repository"], repository);
    }
    if is("elb") {
        let name = first.strip_prefix("dualstack.").unwrap_or(&first);
        let name = name.strip_prefix("internal-").unwrap_or(name);
        let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
        return named(&["AWS::ElasticLoadBalancingV2::LoadBalancer"], name);
    }
    // `bucket.s3.eu-west-1`, `bucket.s3-website-eu-west-1`, and `s3.eu-west-1/bucket`; names of buckets may have points.
    if let Some(s3) = inner
        .iter()
        .position(|label| *label == "s3" || label.starts_with("s3-"))
    {
        return match s3 {
            0 => named(
                &["AWS::S3::Bucket"],
                path.split('/').next().filter(|name| !name.is_empty())?,
            ),
            _ => named(&["AWS::S3::Bucket"], &inner.get(..s3)?.join(".")),
        };
    }
    None
}

/// The id of the resource of an ARN, where the table of names has its type; without a place.
pub(super) fn id_of(arn: &str) -> Option<crate::model::Resource> {
    naming::from_arn(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_addresses_name_what_answers_there() {
        for (word, kind, name) in [
            (
                "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
                "AWS::SQS::Queue",
                "jobs",
            ),
            ("assets.s3.eu-west-1.amazonaws.com", "AWS::S3::Bucket", "assets"),
            ("a.b.s3.amazonaws.com", "AWS::S3::Bucket", "a.b"),
            (
                "https://s3.eu-west-1.amazonaws.com/assets/x",
                "AWS::S3::Bucket",
                "assets",
            ),
            (
                "site.s3-website-eu-west-1.amazonaws.com",
                "AWS::S3::Bucket",
                "site",
            ),
            (
                "https://abc123.execute-api.eu-west-1.amazonaws.com/live",
                "AWS::ApiGateway::RestApi",
                "abc123",
            ),
            (
                "orders.c9x.eu-west-1.rds.amazonaws.com:5432",
                "AWS::RDS::DBInstance",
                "orders",
            ),
            (
                "main.cluster-c9x.eu-west-1.rds.amazonaws.com",
                "AWS::RDS::DBCluster",
                "main",
            ),
            (
                "master.carts.x.euw1.cache.amazonaws.com",
                "AWS::ElastiCache::ReplicationGroup",
                "carts",
            ),
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:v3",
                "AWS::ECR::Repository",
                "shop/api",
            ),
            (
                "internal-web-1234.eu-west-1.elb.amazonaws.com",
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "web",
            ),
            (
                "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/jobs",
                "AWS::SQS::Queue",
                "jobs",
            ),
        ] {
            let Some(Mention::Named(kinds, found)) = read(word) else {
                panic!("{word}")
            };
            assert_eq!((kinds[0], found.as_str()), (kind, name), "{word}");
        }
    }

    #[test]
    fn what_stands_below_a_resource_names_the_resource() {
        for (word, arn) in [
            (
                "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026-01-01T00:00:00.000",
                "arn:aws:dynamodb:eu-west-1:1:table/orders",
            ),
            ("arn:aws:s3:::assets/uploads/*", "arn:aws:s3:::assets"),
            (
                "arn:aws:lambda:eu-west-1:1:function:worker:live",
                "arn:aws:lambda:eu-west-1:1:function:worker",
            ),
        ] {
            let Some(Mention::Arn { arn: found, .. }) = read(word) else {
                panic!("{word}")
            };
            assert_eq!(found, arn);
        }
        assert_eq!(
            read("arn:aws:dynamodb:eu-west-1:1:table/shop-*"),
            None,
            "a pattern"
        );
        assert_eq!(read("arn:aws:s3:::*"), None);
    }

    #[test]
    fn arns_and_hosts_are_found_in_longer_texts() {
        let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/invocations";
        assert_eq!(telling(uri)[1], "arn:aws:lambda:eu-west-1:1:function:f");
        assert_eq!(read(telling(uri)[0]), None);
        assert_eq!(
            telling("postgresql://app:x@orders.c9x.eu-west-1.rds.amazonaws.com:5432/orders"),
            ["orders.c9x.eu-west-1.rds.amazonaws.com:5432/orders"]
        );
        assert!(telling("nothing of the kind").is_empty());
    }
}
