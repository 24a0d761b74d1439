//! Dynatrace: comments on the problem that an investigation came from.

use serde_json::{Value, json};
use url::Url;

use super::{
    Addressed, Answer, Call, Channel, Failure, Found, escaped, found_in, is_ours, judged, no_segment,
};
use crate::{model::Text, outlets::words::plain};

/// Characters of one comment.
const MOST: usize = 3_600;

/// An environment of Dynatrace.
pub struct Dynatrace {
    pub name: String,
    /// Where the environment API, version 2, answers.
    pub base: String,
}

/// Where the API answers: as it was said, or where the platform has it beside the MCP server.
pub fn base(said: bool, url: &str) -> String {
    if said {
        return match url.ends_with("/api/v2") || url.ends_with("/environment-api/v2") {
            true => url.to_owned(),
            false => format!("{url}/api/v2"),
        };
    }
    let origin = Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization());
    format!("{origin}/platform/classic/environment-api/v2")
}

impl Dynatrace {
    fn comments(&self, problem: &str) -> String {
        format!("{}/problems/{}/comments", self.base, escaped(problem))
    }
}

impl Channel for Dynatrace {
    fn unfit(&self, target: &str) -> Option<Text> {
        no_segment(target)
    }

    fn call(&self, to: Addressed<'_>) -> Call {
        let body = json!({"message": plain(to.post, MOST), "context": "midwatch"});
        Call::post(self.comments(to.target), body)
    }

    fn read(&self, answer: &Answer) -> Result<String, Failure> {
        // The new comment has no name in the answer.
        self.judge(answer).map(|()| String::new())
    }

    fn look(&self, to: Addressed<'_>, page: u32) -> Option<Call> {
        (page == 1).then(|| Call::get(format!("{}?pageSize=500", self.comments(to.target))))
    }

    fn found(&self, to: Addressed<'_>, answer: &Value) -> Found {
        found_in(answer, ("/comments", "/id"), |comment| {
            is_ours(&comment["content"], to.post)
        })
    }

    fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        judged(&self.name, answer)
    }

    fn check(&self) -> Option<Call> {
        Some(Call::get(format!("{}/problems?pageSize=1", self.base)))
    }
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn the_api_is_found_beside_the_server_or_where_it_is_said() {
        assert_eq!(
            base(false, "https://abc.apps.dynatrace.com/platform-reserved/mcp/v1"),
            "https://abc.apps.dynatrace.com/platform/classic/environment-api/v2"
        );
        assert_eq!(
            base(true, "https://abc.live.dynatrace.com"),
            "https://abc.live.dynatrace.com/api/v2"
        );
        assert_eq!(
            base(true, "https://dt.corp.example/e/x/api/v2"),
            "https://dt.corp.example/e/x/api/v2"
        );
    }
}
