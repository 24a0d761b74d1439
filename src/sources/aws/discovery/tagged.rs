//! Resources by their tags, and by a search over all types.

use serde_json::{Value, json};

use super::{
    super::{ask::Ask, gaps, naming, wiring},
    Chosen, EXPLORER, TAGS,
};
use crate::{
    aws::{
        ErrorKind, observed,
        operations::{GET_RESOURCES, SEARCH_RESOURCES},
    },
    model::{
        Gap, Resource, Text,
        discovery::{Finding, Part, Thing},
    },
};
use aws_sdk_resourcegroupstagging::types::TagFilter;

/// Pages of a part; the next part goes on where they end.
const PAGES: usize = 10;
/// Resources that one search finds at most.
const FOUND: usize = 1_000;

/// The name of the part that looks for a tag.
pub(super) fn name(how: &str, key: &str, value: Option<&String>) -> String {
    match value {
        Some(value) => format!("{how} {key}={value}"),
        None => format!("{how} {key}"),
    }
}

/// Resources that carry tags, or a chosen one.
pub(super) async fn by_tag(ask: &mut Ask<'_>, part: &Part, chosen: &Chosen) -> Finding {
    let client = ask.aws.tagging();
    let filter = part
        .name
        .strip_prefix(TAGS)
        .map(str::trim)
        .and_then(|key| chosen.tags.get_key_value(key))
        .map(|(key, values)| {
            let values = Some(values.clone()).filter(|values| !values.is_empty());
            TagFilter::builder().key(key).set_values(values).build()
        });
    let mut finding = Finding::default();
    let mut token = part.after.clone();
    for _ in 0..PAGES {
        let before = token.clone();
        let request = client
            .get_resources()
            .resources_per_page(100)
            .set_tag_filters(filter.clone().map(|filter| vec![filter]))
            .set_pagination_token(token.take());
        let outcome = ask.aws.call(GET_RESOURCES, || request.clone().send()).await;
        let Some(page) = ask.keep(outcome, || "tags of resources".into(), None) else {
            return finding;
        };
        for mapping in page.resource_tag_mapping_list() {
            let tags = mapping
                .tags()
                .iter()
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
            let found = mapping.resource_arn().and_then(naming::from_arn);
            finding
                .things
                .extend(found.and_then(|resource| tagged(resource, tags)));
        }
        token = page
            .pagination_token()
            .filter(|token| !token.is_empty())
            .map(ToOwned::to_owned);
        if token.is_none() {
            return finding;
        }
        // The same page again would be the same page for ever.
        if token == before {
            ask.gaps.push(gaps::cut(
                "tags of resources".into(),
                None,
                "the service gives the same page again and again",
                "discover again later: midwatch topology --refresh",
            ));
            return finding;
        }
    }
    finding.next = Some(Part {
        after: token,
        ..part.clone()
    });
    finding
}

/// A resource with its tags: these tell its stack, and what people call it.
fn tagged(mut resource: Resource, tags: impl IntoIterator<Item = (String, String)>) -> Option<Thing> {
    if wiring::is_glue(&resource.kind) {
        return None;
    }
    resource.tags.extend(tags);
    resource.stack = resource.tags.get("aws:cloudformation:stack-name").cloned();
    let name = resource.tags.get("Name").filter(|name| !name.is_empty());
    if let Some(name) = name
        && resource.name == resource.id.as_str()
        && resource.kind.starts_with("AWS::EC2::")
    {
        resource.name.clone_from(name);
    }
    Some(Thing::new(resource))
}

/// What Resource Explorer finds: everything in the region, or what carries a chosen tag.
pub(super) async fn by_search(ask: &mut Ask<'_>, part: &Part) -> Finding {
    let tag = part
        .name
        .strip_prefix(EXPLORER)
        .map(str::trim)
        .unwrap_or_default();
    let region = format!("region:{}", ask.aws.region());
    let query = match tag.split_once('=') {
        Some((key, value)) => format!("{region} tag:{key}={value}"),
        None if tag.is_empty() => region,
        None => format!("{region} tag.key:{tag}"),
    };
    let mut finding = Finding::default();
    let mut token: Option<String> = None;
    for page in 1..=PAGES {
        let last = page == PAGES;
        let mut body = json!({"QueryString": query, "MaxResults": FOUND});
        if let Some(token) = token.take() {
            body["NextToken"] = Value::from(token);
        }
        let page = observed::post(&ask.aws, SEARCH_RESOURCES, "Search", &body).await;
        let page = page.and_then(|page| {
            let found = observed::listed(&page, "Resources", SEARCH_RESOURCES)?.to_vec();
            Ok((page, found))
        });
        let (page, found) = match page {
            Ok(page) => page,
            Err(error) => {
                let mut gap: Gap = gaps::gap(&error, what(tag), None);
                // Without an index or a default view it refuses in several ways.
                if !matches!(
                    error.kind,
                    ErrorKind::Throttled
                        | ErrorKind::Unreachable
                        | ErrorKind::CredentialsExpired
                        | ErrorKind::CredentialsMissing
                ) {
                    gap.hint = Some(Text::from(
                        "turn on AWS Resource Explorer in this region with a default view, and allow resource-explorer-2:Search",
                    ));
                }
                ask.gaps.push(gap);
                return finding;
            }
        };
        finding.things.extend(found.iter().filter_map(read));
        let complete = page.pointer("/Count/Complete").and_then(Value::as_bool);
        token = page
            .get("NextToken")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty())
            .map(ToOwned::to_owned);
        if token.is_none() || finding.things.len() > FOUND || last {
            if complete == Some(false) || (last && token.is_some()) {
                ask.gaps.push(gaps::cut(
                    what(tag),
                    None,
                    format!("a search finds {FOUND} resources at most, and there are more"),
                    "choose tags for this account in the configuration; types that Cloud Control lists are complete all the same",
                ));
            }
            return finding;
        }
    }
    finding
}

fn what(tag: &str) -> Text {
    if tag.is_empty() {
        "a search over resources of all types".into()
    } else {
        Text::from("a search for resources with the tag ").ext(tag)
    }
}

fn read(found: &Value) -> Option<Thing> {
    let word = |key: &str| found.get(key).and_then(Value::as_str);
    let arn = word("Arn").filter(|arn| naming::is_name(arn))?;
    let mut resource = match (naming::from_arn(arn), word("CfnResourceType")) {
        (Some(known), _) => known,
        (None, Some(kind)) if naming::is_name(kind) => naming::resource(kind, arn),
        // Subscriptions, parameter groups and the like: nothing that fails by itself.
        (None, _) => return None,
    };
    resource.name = match resource.name.as_str() {
        name if name.starts_with("arn:") => name.rsplit(['/', ':']).next().unwrap_or(name).to_owned(),
        name => name.to_owned(),
    };
    resource.account = word("OwningAccountId").map(ToOwned::to_owned);
    resource.region = word("Region").map(ToOwned::to_owned);
    let properties = found.get("Properties").and_then(Value::as_array);
    let tags = properties
        .into_iter()
        .flatten()
        .filter(|property| property.get("Name").and_then(Value::as_str) == Some("tags"))
        .filter_map(|property| property.get("Data")?.as_array())
        .flatten()
        .filter_map(|tag| {
            let half = |key: &str| tag.get(key)?.as_str().map(ToOwned::to_owned);
            Some((half("Key")?, half("Value").unwrap_or_default()))
        });
    tagged(resource, tags.collect::<Vec<_>>())
}
