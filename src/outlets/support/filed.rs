//! Under which service and category a case is filed, among those that AWS Support offers. Pure.

use crate::{aws::support::SupportService, engine::handle::support::Filed};

/// Words in the names of services, for types of resources whose own word is not in them.
const NAMES: &[(&str, &str)] = &[
    ("ec2", "elastic compute cloud"),
    ("rds", "relational database"),
    ("elasticloadbalancingv2", "elastic load balancing"),
    ("ecs", "elastic container service"),
    ("eks", "kubernetes"),
    ("efs", "elastic file system"),
    ("s3", "simple storage service"),
    ("sqs", "simple queue"),
    ("sns", "simple notification"),
    ("apigateway", "api gateway"),
    ("apigatewayv2", "api gateway"),
    ("stepfunctions", "step functions"),
    ("kinesisfirehose", "firehose"),
    ("opensearchservice", "opensearch"),
    ("autoscaling", "auto scaling"),
    ("events", "eventbridge"),
];

/// Codes of categories, the likeliest to fit an incident first.
const CATEGORIES: [&str; 4] = ["performance", "other", "general-guidance", "using-aws"];

/// What a case about a resource of this type (`AWS::Lambda::Function`) is filed under; none where AWS offers nothing alike.
pub(super) fn filed(kind: Option<&str>, offered: &[SupportService]) -> Option<Filed> {
    let kind = kind.and_then(|kind| kind.strip_prefix("AWS::")?.split("::").next());
    let word = kind?.to_lowercase();
    let named = NAMES.iter().find(|(kind, _)| *kind == word);
    let words = named.map_or(word.as_str(), |(_, words)| words);
    let alike = |text: &str| text.to_lowercase().replace('-', " ").contains(words);
    let service = offered
        .iter()
        .filter(|service| alike(&service.name) || alike(&service.code))
        // The plainest of several: `Lambda` before `Lambda@Edge and what else`.
        .min_by_key(|service| (service.name.len(), service.code.len()))?;
    let likely = CATEGORIES.iter().find_map(|code| {
        service
            .categories
            .iter()
            .find(|category| category.code.contains(code))
    });
    let category = likely.or_else(|| service.categories.first())?;
    Some(Filed {
        service: service.code.clone(),
        name: service.name.clone(),
        category: category.code.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::support::SeverityLevel;

    fn service(code: &str, name: &str, categories: &[&str]) -> SupportService {
        SupportService {
            code: code.to_owned(),
            name: name.to_owned(),
            categories: categories
                .iter()
                .map(|code| SeverityLevel {
                    code: (*code).to_owned(),
                    name: String::new(),
                })
                .collect(),
        }
    }

    #[test]
    fn a_case_is_filed_under_the_service_of_its_resource() {
        let offered = [
            service("aws-lambda-edge", "Lambda@Edge at CloudFront", &["other"]),
            service("aws-lambda", "Lambda", &["error-messages", "performance"]),
            service(
                "amazon-elastic-compute-cloud-linux",
                "Elastic Compute Cloud (EC2 - Linux)",
                &["instance-issue"],
            ),
            service("amazon-empty", "DynamoDB", &[]),
        ];
        let told = |kind| filed(Some(kind), &offered).map(|filed| (filed.service, filed.category));
        assert_eq!(
            told("AWS::Lambda::Function"),
            Some(("aws-lambda".to_owned(), "performance".to_owned()))
        );
        assert_eq!(
            told("AWS::EC2::Instance").unwrap().1,
            "instance-issue",
            "the only category"
        );
        assert_eq!(told("AWS::DynamoDB::Table"), None, "no category");
        assert_eq!(told("custom thing"), None);
        assert_eq!(filed(None, &offered), None);
    }
}
