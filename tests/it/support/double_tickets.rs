//! Doubles of systems with tickets: ServiceNow with its login, PagerDuty, Dynatrace. Each keeps what it is told, by ticket, and
//! tells it again where its API does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::json;

use super::double_web::{DoubleWeb, Reply, Request};

pub const SECRET: &str = "hush-hush";

/// Comments by ticket.
pub type Comments = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// May answer a request instead of the double: by the request and how many came before for its path.
pub type Instead = Box<dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync>;

pub fn nothing() -> Instead {
    Box::new(|_, _| None)
}

fn start(
    instead: Instead,
    answer: fn(&mut BTreeMap<String, Vec<String>>, &Request) -> Reply,
) -> (DoubleWeb, Comments) {
    let kept = Comments::default();
    let comments = Arc::clone(&kept);
    let double = DoubleWeb::start(move |request, earlier| {
        if let Some(reply) = instead(request, earlier) {
            return reply;
        }
        answer(&mut comments.lock().unwrap(), request)
    });
    (double, kept)
}

fn word<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map_or("", String::as_str)
}

/// ServiceNow: client credentials for a token, comments on incidents, and the journal of them.
pub fn servicenow(instead: Instead) -> (DoubleWeb, Comments) {
    start(instead, |comments, request| {
        if request.path == "/oauth_token.do" {
            let fine = request.body.contains("grant_type=client_credentials")
                && request.body.contains("client_id=midwatch")
                && request.body.contains(&format!("client_secret={SECRET}"));
            return match fine {
                true => Reply::json(
                    &json!({"access_token": "minted", "token_type": "Bearer", "expires_in": 1799}),
                ),
                false => Reply {
                    status: 401,
                    ..Reply::json(&json!({"error": "invalid_client"}))
                },
            };
        }
        if word(request, "authorization") != "Bearer minted" {
            let error = json!({"error": {"message": "User Not Authenticated", "detail": "Required to provide Auth information"},
                "status": "failure"});
            return Reply {
                status: 401,
                ..Reply::json(&error)
            };
        }
        if let Some(incident) = request.path.strip_prefix("/api/now/table/incident/") {
            assert_eq!(request.method, "PATCH");
            let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["comments"]);
            let said = body["comments"].as_str().unwrap().to_owned();
            comments.entry(incident.to_owned()).or_default().push(said);
            return Reply::json(&json!({"result": {"sys_id": incident, "number": "INC0010023"}}));
        }
        if request.path == "/api/now/table/sys_journal_field" {
            let query = &request.query["sysparm_query"];
            let part = |name: &str| query.split('^').find_map(|part| part.strip_prefix(name)).unwrap();
            let like = part("valueLIKE");
            let all = comments.get(part("element_id=")).cloned().unwrap_or_default();
            let found = all.iter().filter(|said| said.contains(like));
            let found: Vec<_> = found.map(|said| json!({"sys_id": "j1", "value": said})).collect();
            return Reply::json(&json!({"result": found}));
        }
        Reply::json(&json!({"result": []}))
    })
}

/// PagerDuty: notes on incidents.
pub fn pagerduty(instead: Instead) -> (DoubleWeb, Comments) {
    start(instead, |comments, request| {
        if word(request, "authorization") != format!("Token token={SECRET}") {
            return Reply {
                status: 401,
                ..Reply::json(&json!({"error": {"message": "Invalid credentials", "code": 2006}}))
            };
        }
        let mut steps = request.path.split('/').skip(1);
        let (Some("incidents"), Some(incident), Some("notes")) = (steps.next(), steps.next(), steps.next())
        else {
            return Reply::json(&json!({"incidents": []}));
        };
        let notes = comments.entry(incident.to_owned()).or_default();
        if request.method == "GET" {
            let all: Vec<_> = notes
                .iter()
                .enumerate()
                .map(|(i, note)| json!({"id": format!("N{i}"), "content": note}))
                .collect();
            return Reply::json(&json!({"notes": all}));
        }
        assert!(word(request, "from").contains('@'));
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        let said = body["note"]["content"].as_str().unwrap().to_owned();
        notes.push(said.clone());
        let note = json!({"note": {"id": format!("N{}", notes.len()), "content": said}});
        Reply {
            status: 201,
            ..Reply::json(&note)
        }
    })
}

/// Dynatrace: comments on problems.
pub fn dynatrace(instead: Instead) -> (DoubleWeb, Comments) {
    start(instead, |comments, request| {
        if word(request, "authorization") != format!("Api-Token {SECRET}") {
            return Reply {
                status: 401,
                ..Reply::json(&json!({"error": {"code": 401, "message": "Token Authentication failed"}}))
            };
        }
        let problem = request
            .path
            .strip_prefix("/api/v2/problems/")
            .and_then(|rest| rest.strip_suffix("/comments"));
        let Some(problem) = problem else {
            return Reply::error(404, "no such thing");
        };
        let all = comments.entry(problem.to_owned()).or_default();
        if request.method == "GET" {
            let listed: Vec<_> = all
                .iter()
                .map(|said| json!({"id": "c", "content": said}))
                .collect();
            return Reply::json(&json!({"comments": listed, "totalCount": listed.len()}));
        }
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        all.push(body["message"].as_str().unwrap().to_owned());
        Reply {
            status: 201,
            ..Reply::default()
        }
    })
}
