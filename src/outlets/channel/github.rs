//! GitHub: an issue for an accepted recommendation, as it was previewed.

use serde_json::{Value, json};

use super::{
    Addressed, Answer, Call, Channel, Failure, Found,
    issue::{self, PAGE, body, title},
    judged, reference, segments,
};

/// Characters of a body: GitHub takes 65,536.
const MOST: usize = 60_000;

/// GitHub, or a server of one's own.
pub struct Github {
    pub name: String,
    pub base: String,
}

impl Github {
    fn issues(&self, repository: &str) -> String {
        format!("{}/repos/{}/issues", self.base, segments(repository))
    }
}

impl Channel for Github {
    fn call(&self, to: Addressed<'_>) -> Call {
        let body = json!({"title": title(to.post, 250), "body": body(to.post, MOST)});
        Call::post(self.issues(to.target), body)
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        self.judge(answer)?;
        Ok(reference(&answer.body, "/html_url"))
    }

    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call> {
        let since = to.post.since.strftime("%Y-%m-%dT%H:%M:%SZ");
        Some(Call::get(format!(
            "{}?state=all&since={since}&per_page={PAGE}&page={page}",
            self.issues(to.target)
        )))
    }

    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found {
        issue::found(answer, ("body", "/html_url"), to.post)
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
