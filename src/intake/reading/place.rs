//! Where in AWS an event happened and what it touches, as far as it says so itself: ARNs, fields that are made for it, and
//! `account 123456789012`. Nothing is guessed from prose beyond that.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::words::{NAME, RESOURCES, clipped, word};
use crate::model::{Alert, Place};

/// Text that is looked through for ARNs, in bytes: more than any description that is kept.
const LOOKED_THROUGH: usize = 64 * 1024;

/// A pattern that is known to compile; a test holds it true.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// An ARN in a longer text. Quotes, brackets and commas end it.
static ARN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"arn:aws[a-z-]{0,12}:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:(?:\d{12}|aws)?:[A-Za-z0-9_./:@$*+=#-]{1,512}",
    )
});
/// `account 123456789012`, `account id: 123456789012`.
static ACCOUNT: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?i)\baccount(?:[ _-]?id)?\s*[:=#]?\s*(\d{12})\b"));

/// Names of fields that hold an account, in metadata and labels.
const ACCOUNT_FIELDS: [&str; 8] = [
    "account",
    "accountId",
    "account_id",
    "awsAccountId",
    "aws_account_id",
    "aws_account",
    "AWSAccountId",
    "awsAccount",
];
/// Names of fields that hold a region.
const REGION_FIELDS: [&str; 5] = ["region", "awsRegion", "aws_region", "regionName", "AWSRegion"];

/// Twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ARNs in a text, each once, in order.
pub(super) fn arns(text: &str) -> Vec<String> {
    let mut end = text.len().min(LOOKED_THROUGH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let Some(pattern) = ARN.as_ref() else {
        return Vec::new();
    };
    let mut found: Vec<String> = Vec::new();
    for arn in pattern.find_iter(&text[..end]) {
        // A full stop or colon at the end is the sentence's.
        let arn = arn.as_str().trim_end_matches(['.', ':', '-', '/']);
        if arn.split(':').nth(5).is_some_and(|last| !last.is_empty())
            && !found.iter().any(|known| known == arn)
        {
            found.push(arn.to_owned());
        }
        if found.len() >= RESOURCES {
            break;
        }
    }
    found
}

/// Account and region that an ARN names, each where it does.
fn parts(arn: &str) -> (Option<&str>, Option<&str>) {
    let mut parts = arn.splitn(6, ':').skip(3);
    let region = parts.next().filter(|region| Place::is_region(region));
    let account = parts.next().filter(|account| is_account(account));
    (account, region)
}

/// Takes account and region from the fields of an object that are made for them.
pub(super) fn from_fields(alert: &mut Alert, fields: Option<&Value>) {
    let Some(fields) = fields.filter(|fields| fields.is_object()) else {
        return;
    };
    let take = |names: &[&str], fits: fn(&str) -> bool| {
        names
            .iter()
            .find_map(|name| word(fields, &format!("/{name}")).filter(|value| fits(value)))
    };
    if alert.account.is_none() {
        alert.account = take(&ACCOUNT_FIELDS, is_account);
    }
    if alert.region.is_none() {
        alert.region = take(&REGION_FIELDS, Place::is_region);
    }
}

/// Adds the ARNs of a text to the resources, and an account that it names as such.
pub(super) fn from_text(alert: &mut Alert, text: &str) {
    for arn in arns(text) {
        add(alert, arn);
    }
    if alert.account.is_none()
        && let Some(found) = ACCOUNT.as_ref().and_then(|pattern| {
            let mut end = text.len().min(LOOKED_THROUGH);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            pattern.captures(&text[..end])
        })
    {
        alert.account = found.get(1).map(|digits| digits.as_str().to_owned());
    }
}

/// Adds a resource, once.
pub(super) fn add(alert: &mut Alert, resource: String) {
    let resource = clipped(resource.trim(), NAME);
    if !resource.is_empty() && alert.resources.len() < RESOURCES && !alert.resources.contains(&resource) {
        alert.resources.push(resource);
    }
}

/// Takes account and region from the ARNs among the resources, where all that name one agree.
pub(super) fn settle(alert: &mut Alert) {
    let arns = || {
        alert
            .resources
            .iter()
            .filter(|resource| resource.starts_with("arn:"))
    };
    let account = agreed(arns().filter_map(|arn| parts(arn).0));
    let region = agreed(arns().filter_map(|arn| parts(arn).1));
    alert.account = alert.account.take().or(account);
    alert.region = alert.region.take().or(region);
}

fn agreed<'a>(mut named: impl Iterator<Item = &'a str>) -> Option<String> {
    let first = named.next()?;
    named.all(|other| other == first).then(|| first.to_owned())
}

/// Takes account and region of an ARN that belongs to the event itself: its alarm, its topic.
pub(super) fn of_arn(alert: &mut Alert, arn: &str) {
    let (account, region) = parts(arn);
    alert.account = alert.account.take().or_else(|| account.map(ToOwned::to_owned));
    alert.region = alert.region.take().or_else(|| region.map(ToOwned::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_found_in_prose_and_json() {
        let text = "see arn:aws:sqs:eu-west-1:111122223333:mail, \"arn:aws:s3:::bucket\" and \
                    (arn:aws:lambda:eu-west-1:111122223333:function:orders). arn:aws:nothing";
        assert_eq!(
            arns(text),
            [
                "arn:aws:sqs:eu-west-1:111122223333:mail",
                "arn:aws:s3:::bucket",
                "arn:aws:lambda:eu-west-1:111122223333:function:orders"
            ]
        );
    }

    #[test]
    fn a_place_is_taken_only_where_all_agree() {
        let mut alert = Alert::default();
        from_text(
            &mut alert,
            "arn:aws:sqs:eu-west-1:111122223333:a arn:aws:sqs:eu-west-2:111122223333:b arn:aws:s3:::c",
        );
        settle(&mut alert);
        assert_eq!(
            (alert.account.as_deref(), alert.region),
            (Some("111122223333"), None)
        );
        let mut alert = Alert::default();
        from_text(
            &mut alert,
            "in AWS account 444455556666, region us-east-1, not account 1234",
        );
        settle(&mut alert);
        assert_eq!(
            (alert.account.as_deref(), alert.region),
            (Some("444455556666"), None)
        );
    }
}
