//! Configuration of one resource: what its template declares, what Cloud Control reads, what EC2 says.
//!
//! The live properties lie over the declared ones, since a template also holds what no API returns (inline code).

use aws_sdk_cloudcontrol::operation::get_resource::GetResourceOutput;
use serde_json::{Map, Value};

use super::{ask::Ask, naming, stacks};
use crate::{
    aws::{AwsError, ErrorKind, decode_user_data, describe_instances, operations::GET_RESOURCE, user_data},
    model::{Configuration, Evidence, Gap, GapKind, Resource, Text},
};

/// Property that holds what an instance runs at launch.
const USER_DATA: &str = "UserData";

pub(super) async fn answer(ask: &mut Ask<'_>, resource: &Resource) -> Option<Evidence> {
    let mut properties = Map::new();
    let mut origin = None;
    if let Some(declared) = declared(ask, resource).await {
        properties.extend(declared);
        origin = Some("template");
    }
    match live(ask, resource).await {
        Ok(Some(live)) => {
            properties.extend(live);
            origin = Some("cloudcontrol");
        }
        Ok(None) => {}
        // What the template declares answers too, but for what has been changed by hand since.
        Err(error)
            if origin.is_some() && matches!(error.kind, ErrorKind::Unsupported | ErrorKind::NotFound) => {}
        Err(error) => {
            let what = Text::from("present configuration of ").ext(resource.name.clone());
            ask.missed(&error, what, Some(&resource.id));
        }
    }
    if resource.kind == "AWS::EC2::Instance"
        && let Some(instance) = instance(ask, resource, properties.contains_key(USER_DATA)).await
    {
        properties.extend(instance);
        origin = origin.or(Some("ec2"));
    }
    if let Some(Value::String(encoded)) = properties.get_mut(USER_DATA) {
        *encoded = decode_user_data(encoded);
    }
    let Some(origin) = origin else {
        if ask.gaps.is_empty() {
            ask.gaps.push(Gap {
                kind: GapKind::NotFound,
                what: Text::from("configuration of ").ext(resource.name.clone()),
                resource: Some(resource.id.clone()),
                why: "no stack declares it and Cloud Control does not know it".into(),
                hint: None,
            });
        }
        return None;
    };
    Some(Evidence::Configuration(Configuration {
        resource: resource.id.clone(),
        properties: Value::Object(properties),
        origin: origin.to_owned(),
    }))
}

/// Properties from the template of the stack that holds the resource.
async fn declared(ask: &mut Ask<'_>, resource: &Resource) -> Option<Map<String, Value>> {
    let stack = stacks::of(ask, resource).await?;
    let declaration = stacks::declaration(ask, &stack).await?;
    let part = stack.parts.iter().find(|part| part.id() == resource.id)?;
    match declaration
        .template
        .properties(&part.logical, &declaration.deployed)?
    {
        Value::Object(properties) => Some(properties),
        _ => None,
    }
}

/// Properties as Cloud Control reads them now; none where the endpoint is known to have no Cloud Control.
async fn live(ask: &mut Ask<'_>, resource: &Resource) -> Result<Option<Map<String, Value>>, AwsError> {
    if !resource.kind.starts_with("AWS::") || ask.source.stacks.lock().await.no_cloud_control {
        return Ok(None);
    }
    let identifier = identifier(ask, resource).await;
    let client = ask.aws.cloudcontrol();
    let outcome = ask
        .aws
        .call(GET_RESOURCE, || {
            client
                .get_resource()
                .type_name(&resource.kind)
                .identifier(&identifier)
                .send()
        })
        .await;
    match outcome {
        Ok(found) => Ok(properties(&found)),
        Err(error) => {
            // The endpoint as a whole lacks it when not even the error is Cloud Control's own.
            if error.kind == ErrorKind::Unsupported && error.detail.starts_with("HTTP status") {
                ask.source.stacks.lock().await.no_cloud_control = true;
            }
            Err(error)
        }
    }
}

fn properties(found: &GetResourceOutput) -> Option<Map<String, Value>> {
    let text = found.resource_description()?.properties()?;
    serde_json::from_str(text).ok()
}

/// What Cloud Control calls the resource: mostly its physical id.
async fn identifier(ask: &mut Ask<'_>, resource: &Resource) -> String {
    let physical = match stacks::of(ask, resource).await {
        Some(stack) => stack
            .parts
            .iter()
            .find(|part| part.id() == resource.id)
            .map(|part| part.physical.clone()),
        None => None,
    };
    match (resource.kind.as_str(), physical) {
        // Identified by ARN and cluster together.
        ("AWS::ECS::Service", physical) => {
            let name = naming::name_of(resource);
            let cluster = name.split('/').next().unwrap_or_default().to_owned();
            let arn = resource.arn.clone().or(physical).unwrap_or(name);
            format!("{arn}|{cluster}")
        }
        (_, Some(physical)) => physical,
        ("AWS::SNS::Topic" | "AWS::StepFunctions::StateMachine", None) => {
            resource.arn.clone().unwrap_or_else(|| naming::name_of(resource))
        }
        (_, None) => naming::name_of(resource),
    }
}

/// What EC2 says of an instance, with its user data unless that is known.
async fn instance(ask: &mut Ask<'_>, resource: &Resource, has_user_data: bool) -> Option<Map<String, Value>> {
    let id = resource.id.as_str();
    let what = |words: &'static str| move || Text::from(words).ext(resource.name.clone());
    let outcome = describe_instances(&ask.aws, &[id.to_owned()]).await;
    let found = ask.keep(outcome, what("state and launch time of "), Some(&resource.id));
    let mut properties = match found
        .and_then(|found| found.into_iter().next())
        .map(serde_json::to_value)
    {
        Some(Ok(Value::Object(properties))) => properties,
        _ => Map::new(),
    };
    // Tags have a place of their own in the model and another shape in the template.
    properties.remove("Tags");
    if !has_user_data {
        let outcome = user_data(&ask.aws, id).await;
        if let Some(Some(script)) = ask.keep(outcome, what("user data of "), Some(&resource.id)) {
            properties.insert(USER_DATA.to_owned(), Value::from(script));
        }
    }
    (!properties.is_empty()).then_some(properties)
}
