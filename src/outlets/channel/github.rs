//! GitHub: an issue for an accepted recommendation, as it was previewed.

use serde_json::{Value, json};

use super::{Addressed, Answer, Call, Channel, Failure, Found, items, judged, reference, segments};
use crate::outlets::post::Post;

/// Characters of a body: GitHub takes 65,536.
const MOST: usize = 60_000;
/// Issues of a page.
const PAGE: usize = 100;

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
        let all = items(answer, "");
        match all.iter().find(|issue| is_it(&issue["body"], to.post)) {
            Some(issue) => Found::There(reference(issue, "/html_url")),
            None if all.len() >= PAGE => Found::More,
            None => Found::No,
        }
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

/// The title of an issue within a tracker's bounds.
pub(super) fn title(post: &Post, most: usize) -> String {
    let words = match &post.ticket {
        Some(ticket) => ticket.title.clone(),
        None => post.head.plain(),
    };
    words.chars().take(most).collect()
}

/// The body of an issue: the ticket as it is previewed. Where that is longer than a tracker takes, its end stays, by which it is
/// known again.
pub(super) fn body(post: &Post, most: usize) -> String {
    let Some(ticket) = &post.ticket else {
        return crate::outlets::words::plain(post, most);
    };
    if ticket.body.chars().count() <= most {
        return ticket.body.clone();
    }
    let (_, end) = ticket.body.rsplit_once("\n---\n").unwrap_or_default();
    let end: String = end.chars().take(most / 2).collect();
    let room = most.saturating_sub(end.chars().count() + 60);
    let mut start: String = ticket.body.chars().take(room).collect();
    // No word, and no character's escape, is cut in two.
    start.truncate(start.rfind('\n').unwrap_or(0));
    format!("{start}\n\n(cut here: it is longer than an issue can be)\n\n---\n{end}")
}

/// True for the issue of this recommendation.
pub(super) fn is_it(body: &Value, post: &Post) -> bool {
    let mark = post.ticket.as_ref().map(|ticket| ticket.mark.as_str());
    mark.is_some_and(|mark| body.as_str().is_some_and(|body| body.contains(mark)))
}
