//! AWS Health through EventBridge: trouble of AWS itself, and maintenance that it plans. Shape: "Reference: AWS Health events
//! Amazon EventBridge schema" in the Health user guide. One event comes again as it goes on, under one `eventArn`.

use serde_json::Value;

use super::{
    eventbridge::{items, whereabouts},
    place,
    words::{DESCRIPTION, clipped, first, first_moment, id, need, title, word},
};
use crate::model::{Alert, AlertAction, Place};

/// Entities that are looked at.
const ENTITIES: usize = 100;

pub(super) fn read(body: &Value) -> Result<Alert, String> {
    let detail = body.get("detail").unwrap_or(&Value::Null);
    let within = |error: String| error.replacen("the field ", "the field detail.", 1);
    let arn = need(detail, "/eventArn").map_err(within)?;
    let code = need(detail, "/eventTypeCode").map_err(within)?;
    let category = word(detail, "/eventTypeCategory").unwrap_or_default();
    let account = first(detail, &["/affectedAccount"])
        .or_else(|| word(body, "/account"))
        .filter(|account| place::is_account(account));
    let status = word(detail, "/statusCode").unwrap_or_default();
    let service = word(detail, "/service").unwrap_or_default();
    let times = ["startTime", "endTime"].map(|field| word(detail, &format!("/{field}")));
    let when = match times {
        [Some(from), Some(to)] => format!("\nFrom {from} to {to}."),
        [Some(from), None] => format!("\nFrom {from}."),
        _ => String::new(),
    };
    let said = first(detail, &["/eventDescription/0/latestDescription"]).unwrap_or_default();
    let mut alert = Alert {
        // An event of AWS has one ARN in all the accounts that it concerns.
        incident: id(account
            .as_ref()
            .map_or_else(|| arn.clone(), |account| format!("{arn} {account}"))),
        action: if status == "closed" {
            AlertAction::Resolved
        } else {
            AlertAction::Created
        },
        title: title(&format!("AWS Health, {service}: {}", named(&code, &service))),
        description: clipped(&format!("{said}{when}"), DESCRIPTION),
        at: first_moment(detail, &["/startTime"]).or_else(|| first_moment(body, &["/time"])),
        service: Some(service)
            .filter(|service| !service.is_empty())
            .map(|service| title(&service)),
        account,
        region: word(detail, "/eventRegion").filter(|region| Place::is_region(region)),
        maintenance: category == "scheduledChange",
        news: category == "accountNotification",
        ..Alert::default()
    };
    let entities = detail.get("affectedEntities").and_then(Value::as_array);
    for entity in entities.into_iter().flatten().take(ENTITIES) {
        if let Some(named) = word(entity, "/entityValue").filter(|named| *named != "UNKNOWN") {
            place::add(&mut alert, named);
        }
    }
    for resource in items(body.get("resources")) {
        place::add(&mut alert, resource);
    }
    whereabouts(&mut alert, body);
    Ok(alert)
}

/// `AWS_EC2_OPERATIONAL_ISSUE` of EC2 in words: operational issue.
fn named(code: &str, service: &str) -> String {
    let bare = code.strip_prefix("AWS_").unwrap_or(code);
    let bare = bare.strip_prefix(service).unwrap_or(bare);
    bare.trim_matches('_').to_lowercase().replace('_', " ")
}
