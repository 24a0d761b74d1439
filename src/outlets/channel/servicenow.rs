//! ServiceNow: comments on the incident that an investigation came from.

use serde_json::{Value, json};

use super::{
    Addressed, Answer, Call, Channel, Failure, Found, escaped, found_in, is_ours, judged, reference, refusal,
};
use crate::{model::Text, outlets::words::plain};

/// Characters of one comment: what the journal fields of an instance take as they come.
const MOST: usize = 3_600;

/// An instance of ServiceNow.
pub struct ServiceNow {
    pub name: String,
    pub base: String,
}

impl Channel for ServiceNow {
    /// A sys_id, which is 32 hexadecimal digits, or a number: neither says anything in a path or in an encoded query.
    fn unfit(&self, target: &str) -> Option<Text> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let is_name = !target.is_empty() && target.len() <= 64 && target.chars().all(plain);
        (!is_name).then(|| refusal(target, "is neither a sys_id nor a number of an incident"))
    }

    fn call(&self, to: Addressed<'_>) -> Call {
        let incident = escaped(to.target);
        let url = format!(
            "{}/api/now/table/incident/{incident}?sysparm_fields=sys_id,number",
            self.base
        );
        Call {
            method: reqwest::Method::PATCH,
            ..Call::post(url, json!({"comments": plain(to.post, MOST)}))
        }
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        Ok(reference(&answer.body, "/result/number"))
    }

    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call> {
        (page == 1).then_some(())?;
        // The hash stands in our last line, and in no other comment.
        let query = format!(
            "element_id={}^element=comments^valueLIKE{}",
            to.target,
            to.post.anchor.short()
        );
        Some(Call::get(format!(
            "{}/api/now/table/sys_journal_field?sysparm_query={}&sysparm_fields=sys_id,value&sysparm_limit=20",
            self.base,
            escaped(&query)
        )))
    }

    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found {
        found_in(answer, ("/result", "/sys_id"), |entry| {
            is_ours(&entry["value"], to.post)
        })
    }

    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged(&self.name, answer)
    }

    fn check(&self) -> Option<Call> {
        Some(Call::get(format!(
            "{}/api/now/table/incident?sysparm_limit=1&sysparm_fields=sys_id",
            self.base
        )))
    }
}
