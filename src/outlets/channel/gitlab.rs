//! GitLab: an issue for an accepted recommendation, as it was previewed.

use serde_json::{Value, json};

use super::{
    Addressed, Answer, Call, Channel, Failure, Found, escaped,
    issue::{self, PAGE, body, title},
    judged, reference,
};

/// Characters of a description: GitLab takes a million, nobody reads them.
const MOST: usize = 60_000;

/// GitLab, or one of one's own.
pub struct Gitlab {
    pub name: String,
    pub base: String,
}

impl Gitlab {
    fn issues(&self, project: &str) -> String {
        format!("{}/projects/{}/issues", self.base, escaped(project))
    }
}

impl Channel for Gitlab {
    fn call(&self, to: Addressed<'_>) -> Call {
        let body = json!({"title": title(to.post, 250), "description": body(to.post, MOST)});
        Call::post(self.issues(to.target), body)
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        Ok(reference(&answer.body, "/web_url"))
    }

    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call> {
        let id = to.post.data["id"].as_str().unwrap_or_default();
        Some(Call::get(format!(
            "{}?search={}&in=description&scope=all&per_page={PAGE}&page={page}",
            self.issues(to.target),
            escaped(id)
        )))
    }

    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found {
        issue::found(answer, ("description", "/web_url"), to.post)
    }

    fn looks_always(&self) -> bool {
        true
    }

    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged(&self.name, answer)
    }

    fn check(&self) -> Option<Call> {
        None
    }
}
