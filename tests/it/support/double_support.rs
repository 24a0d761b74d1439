//! A double of AWS Support that holds its cases: severities of a plan, attachments, communications, and what is denied.
//! Beside it stand as much of STS and IAM as tells whose permissions are asked about.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::{Value, json};

use super::{
    double_aws::Reply,
    double_http::{DoubleHttp, Request},
};

/// What the account has bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// No cases by this interface.
    Basic,
    /// Nothing above `normal`.
    Developer,
    /// Everything.
    Business,
}

/// What the double holds.
#[derive(Debug, Default)]
pub struct Held {
    /// Cases as they were asked for, by number.
    pub cases: Vec<Value>,
    /// Status of each.
    pub statuses: Vec<String>,
    /// What was said in each, the newest first, as AWS lists it.
    pub said: Vec<Vec<Value>>,
    /// Sets of attachments: names and bytes.
    pub sets: Vec<Vec<(String, Vec<u8>)>>,
    /// Actions that IAM denies.
    pub denied: Vec<String>,
    /// Operations that are done, and whose answers are lost.
    pub lost: Vec<String>,
    /// Operations that are answered by an error, with its code.
    pub broken: Vec<(String, u16, String)>,
}

/// The running double.
pub struct DoubleSupport {
    http: DoubleHttp,
    held: Arc<Mutex<Held>>,
}

/// Communications on a page of the double.
const PAGE: usize = 2;

impl DoubleSupport {
    pub fn start(plan: Plan) -> Self {
        let held = Arc::new(Mutex::new(Held::default()));
        let inside = Arc::clone(&held);
        let http = DoubleHttp::start(move |request, _| answer(request, plan, &mut inside.lock().unwrap()));
        Self { http, held }
    }

    pub fn url(&self) -> &str {
        self.http.url()
    }

    /// What it holds.
    pub fn held<T>(&self, read: impl FnOnce(&mut Held) -> T) -> T {
        read(&mut self.held.lock().unwrap())
    }

    /// Operations that were asked for so far, in order.
    pub fn operations(&self) -> Vec<String> {
        let requests = self.http.requests();
        requests
            .iter()
            .map(|request| request.operation().to_owned())
            .collect()
    }

    /// Those that write.
    pub fn writes(&self) -> Vec<String> {
        const WRITES: [&str; 4] = [
            "CreateCase",
            "AddAttachmentsToSet",
            "AddCommunicationToCase",
            "ResolveCase",
        ];
        let mut operations = self.operations();
        operations.retain(|operation| WRITES.contains(&operation.as_str()));
        operations
    }

    pub fn requests(&self) -> Vec<Request> {
        self.http.requests()
    }

    /// AWS Support answers in the case of that number (from 0).
    pub fn reply(&self, case: usize, words: &str) {
        self.held(|held| {
            let number = held.said[case].len();
            let said = communication(case, words, "Amazon Web Services", number);
            held.said[case].insert(0, said);
            held.statuses[case] = "pending-customer-action".to_owned();
        });
    }
}

fn id(case: usize) -> String {
    format!("case-111122223333-exen-2025-{case:016x}")
}

fn communication(case: usize, words: &str, by: &str, number: usize) -> Value {
    json!({
        "caseId": id(case), "body": words, "submittedBy": by,
        "timeCreated": format!("2025-10-27T03:{:02}:00.000Z", 20 + number),
    })
}

const US: &str = "midwatch (Role) <owner@example.com>";

fn answer(request: &Request, plan: Plan, held: &mut Held) -> Reply {
    let operation = request.operation().to_owned();
    let broken = held.broken.iter().find(|(name, ..)| *name == operation);
    if let Some((_, status, code)) = broken {
        return Reply::error(*status, code, "as the test wants it");
    }
    if let Some(reply) = identity(&operation, request, held) {
        return reply;
    }
    let reply = of_support(&operation, request, plan, held);
    if held.lost.contains(&operation) {
        return Reply::error(500, "InternalServerError", "the answer is lost");
    }
    reply
}

fn of_support(operation: &str, request: &Request, plan: Plan, held: &mut Held) -> Reply {
    if plan == Plan::Basic {
        return Reply::error(
            400,
            "SubscriptionRequiredException",
            "Amazon Web Services Premium Support Subscription is required to use this service.",
        );
    }
    let input = request.json();
    let word = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let place = |id: &str| {
        id.rsplit('-')
            .next()
            .and_then(|hex| usize::from_str_radix(hex, 16).ok())
    };
    match operation {
        "DescribeSeverityLevels" => {
            let mut codes = vec!["low", "normal"];
            if plan == Plan::Business {
                codes.extend(["high", "urgent", "critical"]);
            }
            let levels: Vec<Value> = codes
                .iter()
                .map(|code| json!({"code": code, "name": code.to_uppercase()}))
                .collect();
            ok(&json!({"severityLevels": levels}))
        }
        "DescribeServices" => ok(&json!({"services": [
            {"code": "aws-lambda", "name": "Lambda", "categories": [{"code": "performance", "name": "Performance"}]},
            {"code": "amazon-dynamodb", "name": "DynamoDB", "categories": [{"code": "other", "name": "Other"}]},
        ]})),
        "AddAttachmentsToSet" => {
            let files: Vec<(String, Vec<u8>)> = input["attachments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|file| {
                    let bytes =
                        base64::engine::general_purpose::STANDARD.decode(file["data"].as_str().unwrap());
                    (file["fileName"].as_str().unwrap().to_owned(), bytes.unwrap())
                })
                .collect();
            if files.len() > 3 {
                return Reply::error(400, "AttachmentSetSizeLimitExceeded", "three at most");
            }
            held.sets.push(files);
            ok(
                &json!({"attachmentSetId": format!("as-{}", held.sets.len() - 1), "expiryTime": "2025-10-27T04:00:00Z"}),
            )
        }
        "CreateCase" => {
            if word("communicationBody").chars().count() > 8_000 || word("subject").chars().count() > 250 {
                return Reply::error(400, "ValidationException", "too long");
            }
            let number = held.cases.len();
            held.said
                .push(vec![communication(number, &word("communicationBody"), US, 0)]);
            held.statuses.push("opened".to_owned());
            held.cases.push(input);
            ok(&json!({"caseId": id(number)}))
        }
        "DescribeCases" => {
            let wanted = input["caseIdList"][0].as_str().and_then(place);
            let cases: Vec<Value> = held
                .cases
                .iter()
                .enumerate()
                .filter(|(number, _)| wanted.is_none_or(|wanted| wanted == *number))
                .map(|(number, case)| {
                    json!({
                        "caseId": id(number), "displayId": format!("17000000{number:02}"), "subject": case["subject"],
                        "status": held.statuses[number], "severityCode": case["severityCode"], "submittedBy": US,
                        "timeCreated": "2025-10-27T03:20:00.000Z",
                    })
                })
                .collect();
            ok(&json!({"cases": cases}))
        }
        _ => {
            let Some(number) = place(&word("caseId")).filter(|number| *number < held.cases.len()) else {
                return Reply::error(400, "CaseIdNotFound", "no such case");
            };
            in_case(operation, number, &input, held)
        }
    }
}

fn in_case(operation: &str, number: usize, input: &Value, held: &mut Held) -> Reply {
    match operation {
        "DescribeCommunications" => {
            let from: usize = input["nextToken"]
                .as_str()
                .map_or(0, |token| token.parse().unwrap());
            let all = &held.said[number];
            let page: Vec<Value> = all.iter().skip(from).take(PAGE).cloned().collect();
            let next = from + page.len();
            let token = (next < all.len()).then(|| next.to_string());
            ok(&json!({"communications": page, "nextToken": token}))
        }
        "AddCommunicationToCase" => {
            let words = input["communicationBody"].as_str().unwrap();
            let said = communication(number, words, US, held.said[number].len());
            held.said[number].insert(0, said);
            held.statuses[number] = "customer-action-completed".to_owned();
            ok(&json!({"result": true}))
        }
        "ResolveCase" => {
            let before = std::mem::replace(&mut held.statuses[number], "resolved".to_owned());
            ok(&json!({"initialCaseStatus": before, "finalCaseStatus": "resolved"}))
        }
        other => Reply::error(400, "UnknownOperationException", other),
    }
}

/// STS and IAM, as far as they are asked.
fn identity(operation: &str, request: &Request, held: &Held) -> Option<Reply> {
    match operation {
        "GetCallerIdentity" => Some(Reply::xml(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult>\
             <Arn>arn:aws:sts::111122223333:assumed-role/midwatch/midwatch-default</Arn><UserId>u</UserId>\
             <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        )),
        "SimulatePrincipalPolicy" => {
            if !request.body.contains("role%2Fmidwatch") {
                return Some(Reply::xml_error(400, "NoSuchEntity", "no such role"));
            }
            let results: Vec<String> = request
                .body
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .filter(|(name, _)| name.starts_with("ActionNames"))
                .map(|(_, action)| action.replace("%3A", ":"))
                .map(|action| {
                    let decision = if held.denied.contains(&action) {
                        "implicitDeny"
                    } else {
                        "allowed"
                    };
                    format!(
                        "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
                    )
                })
                .collect();
            let results = results.concat();
            Some(Reply::xml(
                200,
                format!(
                    "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>{results}\
                     </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
                ),
            ))
        }
        _ => None,
    }
}

fn ok(answer: &Value) -> Reply {
    Reply::json(200, answer.to_string())
}
