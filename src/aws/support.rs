//! AWS Support: severities, cases, and what is said in them. What writes takes an operator's confirmation.

use base64::Engine as _;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    AwsError, Confirmation, ErrorKind, Factory, Operation,
    operations::{
        ADD_ATTACHMENTS_TO_SET, ADD_COMMUNICATION_TO_CASE, CREATE_CASE, DESCRIBE_CASES,
        DESCRIBE_COMMUNICATIONS, DESCRIBE_SEVERITY_LEVELS, DESCRIBE_SUPPORT_SERVICES, GET_CALLER_IDENTITY,
        RESOLVE_CASE, SIMULATE_PRINCIPAL_POLICY, SUPPORT,
    },
    services::{json, json_as, query},
};

/// Longest text of one communication, in characters.
pub const LONGEST_BODY: usize = 8_000;
/// Longest subject, in characters.
pub const LONGEST_SUBJECT: usize = 250;
/// Attachments of one case or communication.
pub const MOST_ATTACHMENTS: usize = 3;
/// Largest attachment, in bytes.
pub const LARGEST_ATTACHMENT: usize = 5 * 1024 * 1024;

/// The language in which a case is handled.
const LANGUAGE: &str = "en";
/// Communications on a page.
const PAGE: u32 = 100;
/// Pages that are read of one case at most.
const PAGES: usize = 20;

/// A severity that the plan offers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SeverityLevel {
    /// `low`, `normal`, `high`, `urgent`, `critical`.
    pub code: String,
    /// AWS' own words for it.
    #[serde(default)]
    pub name: String,
}

/// A service under which a case is filed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SupportService {
    /// Its code.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Categories of trouble with it.
    #[serde(default)]
    pub categories: Vec<SeverityLevel>,
}

/// A case, as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseDetails {
    /// Its id.
    pub case_id: String,
    /// The number that people see.
    #[serde(default)]
    pub display_id: String,
    /// Its subject.
    #[serde(default)]
    pub subject: String,
    /// `opened`, `pending-customer-action`, `resolved`, ...
    #[serde(default)]
    pub status: String,
    /// Its severity.
    #[serde(default)]
    pub severity_code: String,
}

/// Something that was said in a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Communication {
    /// The words.
    #[serde(default)]
    pub body: String,
    /// Who said them: `Amazon Web Services`, or an identity of the account with its e-mail address.
    #[serde(default)]
    pub submitted_by: String,
    /// When.
    pub time_created: Timestamp,
    /// What came with it.
    #[serde(default)]
    pub attachment_set: Option<Vec<Attached>>,
}

impl Communication {
    /// True when AWS said it: entries of the account bear an e-mail address.
    pub fn is_of_aws(&self) -> bool {
        let by = self.submitted_by.trim();
        !by.contains('@') && (by.starts_with("Amazon") || by.starts_with("AWS"))
    }
}

/// An attachment that a communication has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attached {
    /// Its file name.
    #[serde(default)]
    pub file_name: String,
}

/// A case before it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCase<'a> {
    /// Subject.
    pub subject: &'a str,
    /// The first communication.
    pub body: &'a str,
    /// Severity, one that the plan offers.
    pub severity: &'a str,
    /// Service and category, where they are known.
    pub filed: Option<(&'a str, &'a str)>,
    /// The set of its attachments.
    pub attachments: Option<&'a str>,
}

/// True for AWS' word that the account's support plan does not open this interface.
pub fn plan_is_too_low(error: &AwsError) -> bool {
    error.detail.starts_with("SubscriptionRequired")
}

/// The severities that the plan offers, in AWS' order.
///
/// # Errors
/// When AWS Support cannot be asked ([`plan_is_too_low`]).
pub async fn severity_levels(aws: &Factory) -> Result<Vec<SeverityLevel>, AwsError> {
    let input = json!({"language": LANGUAGE});
    let answer = json(aws, DESCRIBE_SEVERITY_LEVELS, &input).await?;
    field(DESCRIBE_SEVERITY_LEVELS, answer, "severityLevels")
}

/// The services under which cases are filed.
///
/// # Errors
/// When AWS Support cannot be asked.
pub async fn services(aws: &Factory) -> Result<Vec<SupportService>, AwsError> {
    let input = json!({"language": LANGUAGE});
    let answer = json(aws, DESCRIBE_SUPPORT_SERVICES, &input).await?;
    field(DESCRIBE_SUPPORT_SERVICES, answer, "services")
}

/// How a case stands; none when AWS does not know it.
///
/// # Errors
/// When AWS Support cannot be asked.
pub async fn case(aws: &Factory, id: &str) -> Result<Option<CaseDetails>, AwsError> {
    let input = json!({
        "caseIdList": [id], "includeResolvedCases": true, "includeCommunications": false, "language": LANGUAGE,
    });
    let answer = json(aws, DESCRIBE_CASES, &input).await?;
    let cases: Vec<CaseDetails> = field(DESCRIBE_CASES, answer, "cases")?;
    Ok(cases.into_iter().find(|case| case.case_id == id))
}

/// The cases that were opened since then, resolved ones too.
///
/// # Errors
/// When AWS Support cannot be asked.
pub async fn cases_since(aws: &Factory, since: Timestamp) -> Result<Vec<CaseDetails>, AwsError> {
    let mut all: Vec<CaseDetails> = Vec::new();
    let mut next = Value::Null;
    for _ in 0..PAGES {
        let mut input = json!({
            "afterTime": since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "includeResolvedCases": true,
            "includeCommunications": false, "maxResults": PAGE, "language": LANGUAGE,
        });
        if !next.is_null() {
            input["nextToken"] = next;
        }
        let mut answer = json(aws, DESCRIBE_CASES, &input).await?;
        next = answer.get_mut("nextToken").map(Value::take).unwrap_or_default();
        all.extend(field::<Vec<CaseDetails>>(DESCRIBE_CASES, answer, "cases")?);
        if next.is_null() {
            break;
        }
    }
    Ok(all)
}

/// Everything that was said in a case, the oldest first.
///
/// # Errors
/// When AWS Support cannot be asked.
pub async fn communications(aws: &Factory, id: &str) -> Result<Vec<Communication>, AwsError> {
    let mut all: Vec<Communication> = Vec::new();
    let mut next = Value::Null;
    for _ in 0..PAGES {
        let mut input = json!({"caseId": id, "maxResults": PAGE});
        if !next.is_null() {
            input["nextToken"] = next;
        }
        let mut answer = json(aws, DESCRIBE_COMMUNICATIONS, &input).await?;
        next = answer.get_mut("nextToken").map(Value::take).unwrap_or_default();
        all.extend(field::<Vec<Communication>>(
            DESCRIBE_COMMUNICATIONS,
            answer,
            "communications",
        )?);
        if next.is_null() {
            break;
        }
    }
    all.sort_by_key(|one| one.time_created);
    Ok(all)
}

/// Hands attachments over; the set that they are in serves for an hour.
///
/// # Errors
/// When AWS Support does not take them.
pub async fn add_attachments(
    aws: &Factory,
    confirmed: &Confirmation,
    attachments: &[(&str, &[u8])],
) -> Result<String, AwsError> {
    let packed = base64::engine::general_purpose::STANDARD;
    let attachments: Vec<Value> = attachments
        .iter()
        .map(|(name, bytes)| json!({"fileName": name, "data": packed.encode(bytes)}))
        .collect();
    let input = json!({"attachments": attachments});
    let answer = json_as(aws, ADD_ATTACHMENTS_TO_SET, &input, confirmed).await?;
    field(ADD_ATTACHMENTS_TO_SET, answer, "attachmentSetId")
}

/// Opens a case; its id.
///
/// # Errors
/// When AWS Support does not open it. Without an answer nobody knows whether it did.
pub async fn create_case(
    aws: &Factory,
    confirmed: &Confirmation,
    new: &NewCase<'_>,
) -> Result<String, AwsError> {
    let mut input = json!({
        "subject": new.subject, "communicationBody": new.body, "severityCode": new.severity,
        "issueType": "technical", "language": LANGUAGE,
    });
    if let Some((service, category)) = new.filed {
        input["serviceCode"] = service.into();
        input["categoryCode"] = category.into();
    }
    if let Some(set) = new.attachments {
        input["attachmentSetId"] = set.into();
    }
    let answer = json_as(aws, CREATE_CASE, &input, confirmed).await?;
    field(CREATE_CASE, answer, "caseId")
}

/// Says something in a case.
///
/// # Errors
/// When AWS Support does not take it.
pub async fn add_communication(
    aws: &Factory,
    confirmed: &Confirmation,
    case: &str,
    body: &str,
) -> Result<(), AwsError> {
    let input = json!({"caseId": case, "communicationBody": body});
    let answer = json_as(aws, ADD_COMMUNICATION_TO_CASE, &input, confirmed).await?;
    match answer.get("result").and_then(Value::as_bool) {
        Some(false) => Err(AwsError::new(
            ErrorKind::Other,
            ADD_COMMUNICATION_TO_CASE,
            "AWS Support says that it did not take it",
        )),
        _ => Ok(()),
    }
}

/// Closes a case; how it stands then.
///
/// # Errors
/// When AWS Support does not close it.
pub async fn resolve_case(aws: &Factory, confirmed: &Confirmation, case: &str) -> Result<String, AwsError> {
    let input = json!({"caseId": case});
    let answer = json_as(aws, RESOLVE_CASE, &input, confirmed).await?;
    field(RESOLVE_CASE, answer, "finalCaseStatus")
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its account.
    pub account: String,
    /// Its ARN.
    pub arn: String,
}

/// Who asks, as STS tells it.
///
/// # Errors
/// When STS cannot be asked.
pub async fn caller(aws: &Factory) -> Result<Caller, AwsError> {
    let client = aws.sts();
    let told = aws
        .call(GET_CALLER_IDENTITY, || client.get_caller_identity().send())
        .await?;
    match (told.account(), told.arn()) {
        (Some(account), Some(arn)) => Ok(Caller {
            account: account.to_owned(),
            arn: arn.to_owned(),
        }),
        _ => Err(AwsError::new(
            ErrorKind::Other,
            GET_CALLER_IDENTITY,
            "the answer names no account",
        )),
    }
}

/// The actions of AWS Support that a caller may not do, as IAM tells it without doing them.
///
/// # Errors
/// When IAM does not tell, as it does not for the root of an account.
pub async fn denied(aws: &Factory, caller: &Caller) -> Result<Vec<String>, AwsError> {
    let principal = principal(&caller.arn);
    let actions: Vec<&str> = SUPPORT
        .iter()
        .filter(|operation| operation.service == "Support")
        .map(|operation| operation.action)
        .collect();
    let mut form = vec![("PolicySourceArn".to_owned(), principal)];
    form.extend(
        (1..)
            .zip(&actions)
            .map(|(index, action)| (format!("ActionNames.member.{index}"), (*action).to_owned())),
    );
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let answer = query(aws, SIMULATE_PRINCIPAL_POLICY, &form).await?;
    let results = answer.items(&["SimulatePrincipalPolicyResult", "EvaluationResults"]);
    let decided: Vec<(String, bool)> = results
        .iter()
        .filter_map(|one| {
            let action = one.word("EvalActionName")?;
            Some((action.to_owned(), one.word("EvalDecision")? == "allowed"))
        })
        .collect();
    if decided.is_empty() {
        return Err(AwsError::new(
            ErrorKind::Other,
            SIMULATE_PRINCIPAL_POLICY,
            "the answer decides nothing",
        ));
    }
    let is_denied = |action: &&&str| decided.iter().any(|(name, allowed)| name == **action && !allowed);
    Ok(actions
        .iter()
        .filter(is_denied)
        .map(|action| (*action).to_owned())
        .collect())
}

/// Whose policies decide about a caller: the role behind a session, else the caller.
fn principal(caller: &str) -> String {
    let session = caller.split_once(":sts::").and_then(|(partition, rest)| {
        let (account, session) = rest.split_once(":assumed-role/")?;
        let role = session.split('/').next()?;
        Some(format!("{partition}:iam::{account}:role/{role}"))
    });
    session.unwrap_or_else(|| caller.to_owned())
}

fn field<T: DeserializeOwned>(operation: &Operation, mut answer: Value, name: &str) -> Result<T, AwsError> {
    let value = answer.get_mut(name).map(Value::take).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| {
        let detail = format!("unreadable answer: {name}: {error}");
        AwsError::new(ErrorKind::Other, operation, &detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_judged_by_its_role() {
        for (caller, expected) in [
            (
                "arn:aws:sts::111122223333:assumed-role/midwatch/midwatch-shop",
                "arn:aws:iam::111122223333:role/midwatch",
            ),
            (
                "arn:aws:iam::111122223333:user/dana",
                "arn:aws:iam::111122223333:user/dana",
            ),
        ] {
            assert_eq!(principal(caller), expected);
        }
    }

    #[test]
    fn only_what_bears_no_address_is_said_by_aws() {
        let by = |who: &str| Communication {
            body: String::new(),
            submitted_by: who.to_owned(),
            time_created: Timestamp::UNIX_EPOCH,
            attachment_set: None,
        };
        assert!(by("Amazon Web Services").is_of_aws());
        assert!(!by("AdminRole (Role) <jane@example.com>").is_of_aws());
        assert!(!by("AWS fan <jane@example.com>").is_of_aws());
    }
}
