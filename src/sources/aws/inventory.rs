//! Which resources there are: stacks, tags, instances, and Cloud Control for what stands outside stacks.

use std::collections::BTreeMap;

use super::{ask::Ask, gaps, naming, stacks, template::is_glue};
use crate::{
    aws::{
        AwsError, ErrorKind, describe_instances,
        operations::{GET_RESOURCES, LIST_RESOURCES},
    },
    model::{Evidence, Resource, ResourceId, Text},
};

/// Types that are listed through Cloud Control.
const LISTED: &[&str] = &[
    "AWS::Lambda::Function",
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
];
/// Pages that are read of any listing.
const PAGES: usize = 20;

pub(super) async fn answer(ask: &mut Ask<'_>) -> Option<Evidence> {
    let mut found: BTreeMap<ResourceId, Resource> = BTreeMap::new();
    let from_stacks = stacks_into(ask, &mut found).await;
    let from_tags = tags_into(ask, &mut found).await;
    let from_ec2 = instances_into(ask, &mut found).await;
    let from_control = listed_into(ask, &mut found).await;
    if [from_stacks, from_tags, from_ec2, from_control]
        .iter()
        .all(Option::is_none)
    {
        return None;
    }
    for resource in found.values_mut() {
        resource.region.get_or_insert_with(|| ask.aws.region().to_owned());
    }
    Some(Evidence::Inventory(found.into_values().collect()))
}

async fn stacks_into(ask: &mut Ask<'_>, found: &mut BTreeMap<ResourceId, Resource>) -> Option<()> {
    let stacks = stacks::all(ask).await?;
    for stack in stacks.iter() {
        let account = stack.id.split(':').nth(4).filter(|account| !account.is_empty());
        for part in stack.parts.iter().filter(|part| !is_glue(&part.kind)) {
            let mut resource = naming::resource(&part.kind, &part.physical);
            resource.stack = Some(stack.name.clone());
            resource.account = account.map(ToOwned::to_owned);
            found.entry(resource.id.clone()).or_insert(resource);
        }
    }
    Some(())
}

/// Tags of known resources, and resources that are known by their tags alone.
async fn tags_into(ask: &mut Ask<'_>, found: &mut BTreeMap<ResourceId, Resource>) -> Option<()> {
    let client = ask.aws.tagging();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client.get_resources().set_pagination_token(token.take());
        let outcome = ask.aws.call(GET_RESOURCES, || request.clone().send()).await;
        let page = ask.keep(outcome, || "tags of resources".into(), None)?;
        for mapping in page.resource_tag_mapping_list() {
            let Some(resource) = mapping.resource_arn().and_then(naming::from_arn) else {
                continue;
            };
            if is_glue(&resource.kind) {
                continue;
            }
            let tags = mapping
                .tags()
                .iter()
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
            let known = found
                .entry(resource.id.clone())
                .or_insert_with(|| resource.clone());
            known.tags.extend(tags);
            known.arn = known.arn.take().or(resource.arn);
            known.account = known.account.take().or(resource.account);
            known.stack = known
                .stack
                .take()
                .or_else(|| known.tags.get("aws:cloudformation:stack-name").cloned());
            name_by_tag(known);
        }
        token = page
            .pagination_token()
            .filter(|token| !token.is_empty())
            .map(ToOwned::to_owned);
        if token.is_none() {
            return Some(());
        }
    }
    ask.gaps.push(gaps::cut(
        "tags of resources".into(),
        None,
        format!("there are more than {PAGES} pages of tagged resources"),
        "name the resource",
    ));
    Some(())
}

/// Things with a made-up id are known to people by their Name tag.
fn name_by_tag(resource: &mut Resource) {
    if resource.name == resource.id.as_str()
        && resource.kind.starts_with("AWS::EC2::")
        && let Some(name) = resource.tags.get("Name").filter(|name| !name.is_empty())
    {
        resource.name.clone_from(name);
    }
}

async fn instances_into(ask: &mut Ask<'_>, found: &mut BTreeMap<ResourceId, Resource>) -> Option<()> {
    let outcome = describe_instances(&ask.aws, &[]).await;
    let instances = ask.keep(outcome, || "EC2 instances".into(), None)?;
    for instance in instances
        .into_iter()
        .filter(|instance| instance.state != "terminated")
    {
        let resource = naming::resource("AWS::EC2::Instance", &instance.instance_id);
        let known = found.entry(resource.id.clone()).or_insert(resource);
        known.stack = known
            .stack
            .take()
            .or_else(|| instance.tags.get("aws:cloudformation:stack-name").cloned());
        known.tags.extend(instance.tags);
        name_by_tag(known);
    }
    Some(())
}

/// Resources that belong to no stack and carry no tag. One gap for all types that could not be listed.
async fn listed_into(ask: &mut Ask<'_>, found: &mut BTreeMap<ResourceId, Resource>) -> Option<()> {
    if ask.source.stacks.lock().await.no_cloud_control {
        return None;
    }
    let mut answered = false;
    let mut failed: Option<(AwsError, Vec<&str>)> = None;
    for kind in LISTED {
        match list(ask, kind).await {
            Ok(physical) => {
                answered = true;
                for physical in physical {
                    let resource = naming::resource(kind, &physical);
                    found.entry(resource.id.clone()).or_insert(resource);
                }
            }
            Err(error) => {
                let whole = error.kind == ErrorKind::Unsupported && error.detail.starts_with("HTTP status");
                let hopeless = whole
                    || matches!(
                        error.kind,
                        ErrorKind::Unreachable
                            | ErrorKind::CredentialsExpired
                            | ErrorKind::CredentialsMissing
                    );
                failed.get_or_insert_with(|| (error, Vec::new())).1.push(kind);
                if whole {
                    ask.source.stacks.lock().await.no_cloud_control = true;
                }
                if hopeless {
                    break;
                }
            }
        }
    }
    if let Some((error, kinds)) = failed {
        let what = if answered {
            Text::from(format!("{} outside stacks and without tags", kinds.join(", ")))
        } else {
            "resources outside stacks and without tags".into()
        };
        ask.missed(&error, what, None);
    }
    answered.then_some(())
}

async fn list(ask: &Ask<'_>, kind: &str) -> Result<Vec<String>, AwsError> {
    let client = ask.aws.cloudcontrol();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client
            .list_resources()
            .type_name(kind)
            .set_next_token(token.take());
        let page = ask.aws.call(LIST_RESOURCES, || request.clone().send()).await?;
        found.extend(
            page.resource_descriptions()
                .iter()
                .filter_map(|description| description.identifier().map(ToOwned::to_owned)),
        );
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}
