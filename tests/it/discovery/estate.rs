//! A double of an account with many stacks, and with things outside of them.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::double_aws::{DoubleAws, Reply};

/// Resources of a stack: each shop has an API's function, a table, a queue and what connects the last two.
pub const SHOPS: usize = 25;

/// What the double knows, to be changed while it runs.
#[derive(Clone, Default)]
pub struct Estate {
    pub stacks: usize,
    /// Stacks with one queue more since a later update.
    pub updated: Arc<Mutex<Vec<usize>>>,
}

impl Estate {
    pub fn start(self) -> DoubleAws {
        DoubleAws::start_reading(move |operation, _, body| self.answer(operation, body))
    }

    pub fn answer(&self, operation: &str, body: &str) -> Reply {
        match operation {
            "DescribeStacks" => self.describe(body),
            "GetCallerIdentity" => Reply::xml(
                200,
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
                 <Arn>arn:aws:iam::123456789012:user/dana</Arn><UserId>AIDA</UserId></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>",
            ),
            "ListStackResources" => self.resources(body),
            "GetTemplate" => self.template(body),
            "GetResources" => Reply::json(200, r#"{"ResourceTagMappingList": [], "PaginationToken": ""}"#),
            "DescribeInstances" => Reply::xml(
                200,
                "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>",
            ),
            "ListResources" => Reply::json(200, r#"{"ResourceDescriptions": []}"#),
            "POST /Search HTTP/1.1" => Reply::error(404, "ResourceNotFoundException", "no default view"),
            "POST /ServiceGraph HTTP/1.1" => Reply::json(200, r#"{"Services": []}"#),
            "POST /TraceSummaries HTTP/1.1" => Reply::json(200, r#"{"TraceSummaries": []}"#),
            other if other.starts_with("GET /services") => Reply::json(200, r#"{"ServiceSummaries": []}"#),
            other => panic!("unexpected {other}"),
        }
    }

    fn is_updated(&self, stack: usize) -> bool {
        self.updated.lock().unwrap().contains(&stack)
    }

    fn describe(&self, body: &str) -> Reply {
        const PAGE: usize = 20;
        let from: usize = form(body, "NextToken").map_or(0, |token| token.parse().unwrap());
        let to = self.stacks.min(from + PAGE);
        let members: Vec<String> = (from..to)
            .map(|n| {
                let updated = if self.is_updated(n) {
                    "<LastUpdatedTime>2026-02-01T00:00:00Z</LastUpdatedTime>"
                } else {
                    ""
                };
                format!(
                    "<member><StackName>shop-{n}</StackName>\
                     <StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/shop-{n}/id</StackId>\
                     <CreationTime>2026-01-01T00:00:00Z</CreationTime>{updated}\
                     <StackStatus>CREATE_COMPLETE</StackStatus></member>"
                )
            })
            .collect();
        let members = members.concat();
        let next = match to < self.stacks {
            true => format!("<NextToken>{to}</NextToken>"),
            false => String::new(),
        };
        Reply::xml(
            200,
            format!(
                "<DescribeStacksResponse><DescribeStacksResult><Stacks>{members}</Stacks>{next}\
                 </DescribeStacksResult></DescribeStacksResponse>"
            ),
        )
    }

    /// Logical id, physical id and type of each resource.
    fn parts(&self, stack: usize) -> Vec<(String, String, &'static str)> {
        let mut parts = Vec::new();
        for shop in 0..SHOPS {
            let name = format!("s{stack}-{shop:02}");
            let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}-jobs");
            parts.push((
                format!("Fn{shop}"),
                format!("{name}-worker"),
                "AWS::Lambda::Function",
            ));
            parts.push((
                format!("Table{shop}"),
                format!("{name}-orders"),
                "AWS::DynamoDB::Table",
            ));
            parts.push((format!("Queue{shop}"), url, "AWS::SQS::Queue"));
            parts.push((
                format!("Feed{shop}"),
                format!("{stack:08}-0000-0000-0000-{shop:012}"),
                "AWS::Lambda::EventSourceMapping",
            ));
        }
        if self.is_updated(stack) {
            let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/s{stack}-late");
            parts.push(("Late".to_owned(), url, "AWS::SQS::Queue"));
        }
        parts
    }

    fn resources(&self, body: &str) -> Reply {
        let members: Vec<String> = self
            .parts(stack(body))
            .iter()
            .map(|(logical, physical, kind)| {
                format!(
                    "<member><LogicalResourceId>{logical}</LogicalResourceId>\
                     <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
                     <ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                     <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
                )
            })
            .collect();
        let members = members.concat();
        Reply::xml(
            200,
            format!(
                "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>{members}\
                 </StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>"
            ),
        )
    }

    fn template(&self, body: &str) -> Reply {
        let parts = self.parts(stack(body));
        let resources: serde_json::Map<String, Value> = parts
            .iter()
            .map(|(logical, _, kind)| {
                let shop: String = logical.chars().filter(char::is_ascii_digit).collect();
                let properties = match *kind {
                    "AWS::Lambda::Function" => json!({"Environment": {"Variables": {
                        "TABLE": {"Ref": format!("Table{shop}")}}}}),
                    "AWS::Lambda::EventSourceMapping" => json!({
                        "EventSourceArn": {"Fn::GetAtt": [format!("Queue{shop}"), "Arn"]},
                        "FunctionName": {"Ref": format!("Fn{shop}")}}),
                    _ => json!({}),
                };
                (logical.clone(), json!({"Type": kind, "Properties": properties}))
            })
            .collect();
        let template = json!({ "Resources": resources }).to_string();
        let escaped = template.replace('&', "&amp;").replace('<', "&lt;");
        Reply::xml(
            200,
            format!(
                "<GetTemplateResponse><GetTemplateResult><TemplateBody>{escaped}</TemplateBody>\
                 </GetTemplateResult></GetTemplateResponse>"
            ),
        )
    }
}

fn form(body: &str, name: &str) -> Option<String> {
    let value = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.to_owned())
}

fn stack(body: &str) -> usize {
    let name = form(body, "StackName").unwrap();
    name.strip_prefix("shop-").unwrap().parse().unwrap()
}
