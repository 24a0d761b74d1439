//! Deployments: when they took effect and what they brought.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    endpoints::DEPLOYMENTS,
    read::{Repository, brought},
};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        read::{PAGE, earliest, line, number, put, short, text, time, titled},
    },
};

/// Pages of deployments that are read.
const PAGES: usize = 5;
/// Deployments of which is read what they brought: the newest.
const COMPARED: usize = 8;

/// Deployments that took effect in the window, and the jobs that made them.
pub(super) async fn told(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
) -> (Vec<Told>, BTreeSet<String>) {
    // By the time of their last change: one that was made long ago may have run today.
    let since = earliest(window).to_string();
    let wanted = Wanted {
        endpoint: &DEPLOYMENTS,
        values: &[repository.id()],
        query: &[
            ("order_by", "updated_at"),
            ("sort", "desc"),
            ("updated_after", &since),
            PAGE,
        ],
        key: "",
        pages: PAGES,
        more: &|_| true,
    };
    let mut all = ask.list(wanted, || repository.what("deployments")).await;
    all.sort_by_key(|one| std::cmp::Reverse(course(one).map(|course| course.at)));
    let jobs = all
        .iter()
        .filter_map(|one| number(one, "/deployable/id"))
        .collect();
    let mut known = BTreeSet::new();
    let planned: Vec<(usize, &Value, Course, bool)> = all
        .iter()
        .enumerate()
        .filter_map(|(index, one)| Some((index, one, course(one)?)))
        .filter(|(_, _, course)| course.begun.unwrap_or(course.at) < window.to && course.at >= window.from)
        .map(|(index, one, course)| {
            let place = text(one, "/environment/name");
            let first = known.insert((place, text(one, "/sha"))) && known.len() <= COMPARED;
            (index, one, course, first)
        })
        .collect();
    let all = &all;
    let told = ask
        .each(
            planned
                .into_iter()
                .map(|(index, one, course, compare)| async move {
                    let before = before(ask, repository, all, index, compare).await;
                    deployment(ask, repository, one, before, course, compare).await
                })
                .collect(),
        )
        .await;
    (told, jobs)
}

/// The commit that was deployed to the same place before: from the list, which is newest first, or asked for.
async fn before(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    all: &[Value],
    index: usize,
    compare: bool,
) -> Option<String> {
    let this = all.get(index).filter(|_| compare)?;
    let (place, sha) = (text(this, "/environment/name"), text(this, "/sha"));
    let other = |other: &Value| {
        let same = text(other, "/environment/name") == place && text(other, "/status") == Some("success");
        text(other, "/sha")
            .filter(|other| same && Some(*other) != sha)
            .map(ToOwned::to_owned)
    };
    if let Some(known) = all.iter().skip(index + 1).find_map(other) {
        return Some(known);
    }
    // The last one may lie days back.
    let wanted = Wanted {
        endpoint: &DEPLOYMENTS,
        values: &[repository.id()],
        query: &[
            ("order_by", "id"),
            ("sort", "desc"),
            ("environment", place?),
            ("status", "success"),
            ("per_page", "20"),
        ],
        key: "",
        pages: 1,
        more: &|_| false,
    };
    let made = time(this, "/created_at");
    let older = ask.list(wanted, || repository.what("earlier deployments")).await;
    older
        .iter()
        .filter(|one| time(one, "/created_at") < made)
        .find_map(other)
}

/// How a deployment went.
#[derive(Clone, Copy)]
struct Course {
    begun: Option<Timestamp>,
    at: Timestamp,
    status: &'static str,
}

/// How a deployment went; none while it has not begun, or was called off before it did.
fn course(one: &Value) -> Option<Course> {
    let begun = time(one, "/deployable/started_at");
    let ended = time(one, "/deployable/finished_at").or_else(|| time(one, "/updated_at"));
    match text(one, "/status")? {
        "running" => Some(Course {
            begun: None,
            at: begun.or_else(|| time(one, "/created_at"))?,
            status: "in progress",
        }),
        "success" => Some(Course {
            begun,
            at: ended?,
            status: "success",
        }),
        "failed" => Some(Course {
            begun,
            at: ended?,
            status: "failure",
        }),
        // Called off midway: it may have left half of it in place.
        "canceled" if begun.is_some() => Some(Course {
            begun,
            at: ended?,
            status: "failure",
        }),
        _ => None,
    }
}

async fn deployment(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    one: &Value,
    before: Option<String>,
    course: Course,
    compare: bool,
) -> Told {
    let sha = text(one, "/sha").unwrap_or_default();
    let place = line(text(one, "/environment/name").unwrap_or("an environment without a name"));
    let title = text(one, "/deployable/commit/title").map(line);
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", Some(sha)),
            ("ref", text(one, "/ref")),
            ("environment", Some(&place)),
            ("status", Some(course.status)),
            ("job", text(one, "/deployable/name")),
            ("title", title.as_deref()),
            (
                "url",
                text(one, "/deployable/pipeline/web_url").or_else(|| text(one, "/environment/external_url")),
            ),
        ],
    );
    if compare && !sha.is_empty() {
        brought(ask, repository, before.as_deref(), sha, &mut detail).await;
    }
    let title = titled(&detail);
    let commit = short(sha);
    Told {
        begun: course.begun,
        at: course.at,
        kind: "deployment",
        actor: text(one, "/user/username").map(line),
        summary: match course.status {
            "success" => format!("deployed {commit} to {place}{title}"),
            "failure" => format!("deployment of {commit} to {place} failed{title}"),
            _ => format!("deployment of {commit} to {place} is under way{title}"),
        },
        detail,
    }
}
