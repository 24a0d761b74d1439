//! Auto Scaling and Application Auto Scaling: what grew, shrank, or could not, and why.

use serde_json::{Value, json};

use super::{Asked, Told, event, items, time, whose, words};
use crate::{
    aws::{
        operations::{DESCRIBE_APPLICATION_SCALING_ACTIVITIES, DESCRIBE_SCALING_ACTIVITIES},
        services::{json as call, query},
        xml::Element,
    },
    model::{Resource, ServiceEvent},
    sources::aws::{gaps, naming},
};

/// Pages (100 activities each for groups, 50 for targets) that are read at most; the newest come first.
const PAGES: usize = 3;

/// Activities of Auto Scaling groups: the asked one, or all.
pub(super) async fn groups(asked: &Asked<'_>) -> Told {
    let mut told = Told::default();
    let group = asked.resource.map(naming::name_of);
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let mut form = vec![("MaxRecords", "100")];
        if let Some(group) = &group {
            form.push(("AutoScalingGroupName", group));
        }
        if let Some(token) = &token {
            form.push(("NextToken", token));
        }
        let outcome = query(asked.aws, DESCRIBE_SCALING_ACTIVITIES, &form).await;
        let Some(answer) = told.keep(asked, "scaling activities", outcome) else {
            return told;
        };
        let page: Vec<ServiceEvent> = answer
            .items(&["DescribeScalingActivitiesResult", "Activities"])
            .iter()
            .filter_map(|item| of_group(asked, item))
            .collect();
        let older = page.last().is_some_and(|oldest| oldest.at < asked.window.from);
        told.events.extend(page);
        let result = answer.child("DescribeScalingActivitiesResult");
        token = result
            .and_then(|result| result.word("NextToken"))
            .map(ToOwned::to_owned);
        if token.is_none() || older {
            return told;
        }
    }
    told.gaps.push(cut(asked));
    told
}

fn of_group(asked: &Asked<'_>, item: &Element) -> Option<ServiceEvent> {
    let group = item.word("AutoScalingGroupName")?;
    let mut message = item.word("Description").unwrap_or_default().to_owned();
    append(&mut message, "Status: ", item.word("StatusMessage"));
    append(&mut message, "Cause: ", item.word("Cause"));
    let reasons = item.items(&["NotScaledReasons"]);
    let reasons: Vec<&str> = reasons.iter().filter_map(|reason| reason.word("Code")).collect();
    append(&mut message, "not scaled: ", Some(reasons.join(", ").as_str()));
    Some(event(
        item.word("StartTime")?.parse().ok()?,
        "autoscaling",
        whose(asked, "AWS::AutoScaling::AutoScalingGroup", group),
        item.word("StatusCode"),
        message,
    ))
}

/// Activities of a service or a table that scales by itself.
pub(super) async fn targets(asked: &Asked<'_>, resource: &Resource) -> Told {
    let mut told = Told::default();
    let name = naming::name_of(resource);
    let (namespace, target) = match resource.kind.as_str() {
        "AWS::ECS::Service" => ("ecs", format!("service/{name}")),
        _ => ("dynamodb", format!("table/{name}")),
    };
    let mut input = json!({
        "ServiceNamespace": namespace,
        "ResourceId": target,
        "MaxResults": 50,
        "IncludeNotScaledActivities": true,
    });
    for _ in 0..PAGES {
        let outcome = call(asked.aws, DESCRIBE_APPLICATION_SCALING_ACTIVITIES, &input).await;
        let Some(answer) = told.keep(asked, "scaling activities", outcome) else {
            return told;
        };
        let page: Vec<ServiceEvent> = items(&answer, "ScalingActivities")
            .iter()
            .filter_map(|item| of_target(resource, item))
            .collect();
        let older = page.last().is_some_and(|oldest| oldest.at < asked.window.from);
        told.events.extend(page);
        match answer
            .get("NextToken")
            .filter(|token| token.is_string() && !older)
        {
            Some(token) => input["NextToken"] = token.clone(),
            None => return told,
        }
    }
    told.gaps.push(cut(asked));
    told
}

fn of_target(resource: &Resource, item: &Value) -> Option<ServiceEvent> {
    let mut message = words(item, "Description").to_owned();
    append(&mut message, "Status: ", Some(words(item, "StatusMessage")));
    append(&mut message, "Cause: ", Some(words(item, "Cause")));
    let reasons: Vec<&str> = items(item, "NotScaledReasons")
        .iter()
        .map(|reason| words(reason, "Code"))
        .collect();
    append(&mut message, "not scaled: ", Some(reasons.join(", ").as_str()));
    let code = Some(words(item, "StatusCode"));
    let at = time(item.get("StartTime")?)?;
    Some(event(at, "autoscaling", Some(resource.id.clone()), code, message))
}

fn append(message: &mut String, lead: &str, words: Option<&str>) {
    let Some(words) = words.filter(|words| !words.is_empty()) else {
        return;
    };
    if !message.is_empty() {
        message.push_str(if message.ends_with('.') { " " } else { ". " });
    }
    message.push_str(lead);
    message.push_str(words);
}

fn cut(asked: &Asked<'_>) -> crate::model::Gap {
    gaps::cut(
        "scaling activities".into(),
        asked.resource.map(|resource| resource.id.clone()),
        format!("there are more than {PAGES} pages"),
        "look at a later window",
    )
}
