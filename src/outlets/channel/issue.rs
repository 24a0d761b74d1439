//! What issues have in common, whoever tracks them: the ticket as it was previewed, and how it is known again.

use serde_json::Value;

use super::{Found, found_in};
use crate::outlets::{post::Post, words::plain};

/// Issues of a page.
pub(super) const PAGE: usize = 100;

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
        return plain(post, most);
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

/// The issue of this post, if it is on a page of a tracker. `body` and `link` say where an issue has them.
pub(super) fn found(answer: &Value, (body, link): (&str, &str), post: &Post) -> Found {
    match found_in(answer, ("", link), |issue| is_it(&issue[body], post)) {
        Found::No if answer.as_array().is_some_and(|all| all.len() >= PAGE) => Found::More,
        found => found,
    }
}

/// True for the issue of this recommendation.
fn is_it(body: &Value, post: &Post) -> bool {
    let mark = post.ticket.as_ref().map(|ticket| ticket.mark.as_str());
    mark.is_some_and(|mark| body.as_str().is_some_and(|body| body.contains(mark)))
}
