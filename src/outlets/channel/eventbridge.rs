//! Anything that takes events as EventBridge's `PutEvents` does, over HTTPS: an API Gateway in front of a bus, as a rule.

use serde_json::{Value, json};

use super::{Addressed, Answer, Call, Channel, Failure, Found, judged_at_one_address, reference};
use crate::model::{Text, inert};

/// A bus, or what looks like one.
pub struct EventBridge {
    pub name: String,
    pub url: String,
    pub space: String,
    /// `Source` of its events.
    pub source: Option<String>,
    /// `DetailType` of its events; none: by what happened.
    pub detail_type: Option<String>,
}

impl Channel for EventBridge {
    fn call(&self, to: Addressed<'_>) -> Call {
        let detail = to.post.payload(&self.space, to.key);
        let sort = || format!("midwatch {}", to.post.notice.as_str().replace('_', " "));
        let entry = json!({
            "Source": self.source.as_deref().unwrap_or("midwatch"),
            "DetailType": self.detail_type.clone().unwrap_or_else(sort),
            "Detail": detail.to_string(),
            "Time": to.post.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "Resources": [],
        });
        Call::post(self.url.clone(), json!({"Entries": [entry]})).with("idempotency-key", to.key)
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        // PutEvents answers 200 whatever becomes of an entry.
        let entry = &answer.body["Entries"][0];
        if let Some(code) = entry["ErrorCode"].as_str() {
            let said = entry["ErrorMessage"].as_str().unwrap_or_default();
            let words: String = inert(&format!("{code} {said}")).chars().take(200).collect();
            let why = Text::from(format!("{} took no event: ", self.name)).ext(words);
            return Err(match code {
                "MalformedDetail" | "InvalidArgument" => Failure::Never { why },
                _ => Failure::Later {
                    why,
                    after: answer.after,
                    doubtful: false,
                },
            });
        }
        Ok(reference(entry, "/EventId"))
    }

    fn look(&self, _: Addressed<'_>, _: u32) -> Option<Call> {
        None
    }

    fn found(&self, _: Addressed<'_>, _: &Value) -> Found {
        Found::No
    }

    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged_at_one_address(&self.name, answer)
    }

    fn check(&self) -> Option<Call> {
        None
    }
}
