//! PagerDuty: notes on the incident that an investigation came from.

use serde_json::{Value, json};

use super::{
    Addressed, Answer, Call, Channel, Failure, Found, escaped, found_in, is_ours, judged, no_segment,
    reference,
};
use crate::{model::Text, outlets::words::plain};

/// What every call says that it takes: the version of the API.
pub const ACCEPT: &[(&str, &str)] = &[("accept", "application/vnd.pagerduty+json;version=2")];
/// Characters of one note.
const MOST: usize = 8_000;

/// An account of PagerDuty.
pub struct PagerDuty {
    pub name: String,
    pub base: String,
    /// E-mail address of the user in whose name it writes.
    pub from: Option<String>,
}

impl PagerDuty {
    fn notes(&self, incident: &str) -> String {
        format!("{}/incidents/{}/notes", self.base, escaped(incident))
    }
}

impl Channel for PagerDuty {
    fn unfit(&self, target: &str) -> Option<Text> {
        no_segment(target)
    }

    fn call(&self, to: Addressed<'_>) -> Call {
        let body = json!({"note": {"content": plain(to.post, MOST)}});
        let call = Call::post(self.notes(to.target), body);
        match &self.from {
            Some(from) => call.with("from", from),
            None => call,
        }
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        Ok(reference(&answer.body, "/note/id"))
    }

    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call> {
        // All notes come at once.
        (page == 1).then(|| Call::get(self.notes(to.target)))
    }

    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found {
        found_in(answer, ("/notes", "/id"), |note| {
            is_ours(&note["content"], to.post)
        })
    }

    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged(&self.name, answer)
    }

    fn check(&self) -> Option<Call> {
        Some(Call::get(format!("{}/incidents?limit=1", self.base)))
    }
}
