//! Load balancers in front of a cluster: the controller that makes them tags them with what they serve.
//!
//! Tags: "Resource Tags" in the documentation of the AWS Load Balancer Controller. `elbv2.k8s.aws/cluster` names the cluster,
//! `ingress.k8s.aws/stack` the ingress (or the group of ingresses), `service.k8s.aws/stack` the service.

use std::collections::BTreeMap;

use super::{
    Eks,
    api::Turn,
    cluster::Cluster,
    objects::{id, name, namespace, words},
    paths,
};
use crate::{
    aws::operations::GET_RESOURCES,
    model::{Gap, Relation, RelationKind, RelationOrigin, ResourceId},
    sources::aws::{gap_of, naming},
};

/// Pages (100 resources each) that are read at most.
const PAGES: usize = 5;
/// An ingress that shares its balancer with others names their group here.
const GROUP: &str = "/metadata/annotations/alb.ingress.kubernetes.io~1group.name";

/// Relations of balancers and target groups to the ingresses and services that they serve, and what could not be read.
pub(super) async fn relations(eks: &Eks, turn: &Turn<'_>, held: &Cluster) -> (Vec<Relation>, Option<Gap>) {
    let aws = eks.api.factory.metered(turn.allowance);
    let outcome = tagged(eks, &aws).await;
    turn.spent(aws.calls());
    let tagged = match outcome {
        Ok(tagged) => tagged,
        Err(error) => {
            return (
                Vec::new(),
                Some(gap_of(&error, "load balancers of the cluster".into(), None)),
            );
        }
    };
    let mut found = Vec::new();
    for (balancer, tags) in tagged {
        let stack = |key: &str| tags.get(key).map(String::as_str);
        let behind = match (stack("ingress.k8s.aws/stack"), stack("service.k8s.aws/stack")) {
            (Some(stack), _) => ingresses(eks, held, stack),
            (None, Some(stack)) => stack
                .split_once('/')
                .map(|(space, named)| id(eks.cluster(), space, "service", named))
                .filter(|id| eks.has(id))
                .into_iter()
                .collect(),
            (None, None) => Vec::new(),
        };
        found.extend(behind.into_iter().map(|to| Relation {
            from: balancer.clone(),
            to,
            kind: RelationKind::Routes,
            origin: RelationOrigin::Tag,
        }));
    }
    (found, None)
}

/// Ingresses of a stack: `namespace/name`, or the name of a group.
fn ingresses(eks: &Eks, held: &Cluster, stack: &str) -> Vec<ResourceId> {
    let is = |ingress: &serde_json::Value| match stack.split_once('/') {
        Some((space, named)) => namespace(ingress) == space && name(ingress) == named,
        None => words(ingress, GROUP) == stack,
    };
    held.of(paths::INGRESSES)
        .iter()
        .filter(|ingress| is(ingress))
        .map(|ingress| id(eks.cluster(), namespace(ingress), "ingress", name(ingress)))
        .collect()
}

type Tagged = BTreeMap<ResourceId, BTreeMap<String, String>>;

async fn tagged(eks: &Eks, aws: &crate::aws::Factory) -> Result<Tagged, crate::aws::AwsError> {
    let client = aws.tagging();
    let mut found = Tagged::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let filter = aws_sdk_resourcegroupstagging::types::TagFilter::builder()
            .key("elbv2.k8s.aws/cluster")
            .values(eks.cluster())
            .build();
        let request = client
            .get_resources()
            .tag_filters(filter)
            .resource_type_filters("elasticloadbalancing")
            .set_pagination_token(token.take());
        let page = aws.call(GET_RESOURCES, || request.clone().send()).await?;
        for mapping in page.resource_tag_mapping_list() {
            let Some(arn) = mapping.resource_arn() else {
                continue;
            };
            let kind = if arn.contains(":loadbalancer/") {
                "AWS::ElasticLoadBalancingV2::LoadBalancer"
            } else if arn.contains(":targetgroup/") {
                "AWS::ElasticLoadBalancingV2::TargetGroup"
            } else {
                continue;
            };
            let tags = mapping.tags().iter();
            let tags = tags
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect();
            found.insert(eks.localised(naming::resource_id(kind, arn), None), tags);
        }
        token = page
            .pagination_token()
            .filter(|token| !token.is_empty())
            .map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}
