//! Deployments: when they took effect and what they brought.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    endpoints::{DEPLOYMENT_STATUSES, DEPLOYMENTS},
    read::{Repository, brought},
};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        read::{PAGE, PARTS, earliest, line, number, put, short, text, time, titled},
    },
};

/// Pages of deployments that are read.
const PAGES: usize = 5;
/// Deployments of which is read what they brought: the newest.
const COMPARED: usize = 8;

/// Deployments that took effect in the window.
pub(super) async fn told(ask: &Ask<'_>, repository: &Repository<'_>, window: &Window) -> Vec<Told> {
    let from = earliest(window);
    let more = move |last: &Value| time(last, "/created_at").is_none_or(|at| at >= from);
    let wanted = Wanted {
        endpoint: &DEPLOYMENTS,
        values: &[repository.owner, repository.name],
        query: &[PAGE],
        key: "",
        pages: PAGES,
        more: &more,
    };
    let all = ask.list(wanted, || repository.what("deployments")).await;
    let near: Vec<(usize, &Value)> = all
        .iter()
        .enumerate()
        .filter(|(_, one)| time(one, "/created_at").is_some_and(|at| at >= from && at < window.to))
        .collect();
    let read =
        ask
            .each(
                near.into_iter()
                    .map(|(index, one)| async move {
                        Some((index, one, course(ask, repository, one, window).await?))
                    })
                    .collect(),
            )
            .await;
    let begun: Vec<(usize, &Value, Course)> = read
        .into_iter()
        .flatten()
        .filter(|(_, _, course)| course.begun.unwrap_or(course.at) < window.to && course.at >= window.from)
        .collect();
    // Of one commit in one place what it brought is told once.
    let mut known = BTreeSet::new();
    let planned: Vec<(usize, &Value, Course, bool)> = begun
        .into_iter()
        .map(|(index, one, course)| {
            let first =
                known.insert((text(one, "/environment"), text(one, "/sha"))) && known.len() <= COMPARED;
            (index, one, course, first)
        })
        .collect();
    let all = &all;
    ask.each(
        planned
            .into_iter()
            .map(|(index, one, course, compare)| async move {
                let before = before(all, index);
                deployment(ask, repository, one, before, course, compare).await
            })
            .collect(),
    )
    .await
}

/// The commit that was deployed to the same place before; the list is newest first.
fn before(all: &[Value], index: usize) -> Option<&str> {
    let this = all.get(index)?;
    let (place, sha) = (text(this, "/environment"), text(this, "/sha"));
    let mut older = all
        .iter()
        .skip(index + 1)
        .filter(|other| text(other, "/environment") == place);
    older.find_map(|other| text(other, "/sha").filter(|other| Some(*other) != sha))
}

/// How a deployment went.
struct Course {
    begun: Option<Timestamp>,
    at: Timestamp,
    status: &'static str,
    said: Option<String>,
    log: Option<String>,
}

/// How a deployment went, as far as it had gone by the window's end; none while it has not begun.
async fn course(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    deployment: &Value,
    window: &Window,
) -> Option<Course> {
    let id = number(deployment, "/id")?;
    let wanted = Wanted {
        endpoint: &DEPLOYMENT_STATUSES,
        values: &[repository.owner, repository.name, &id],
        query: &[PAGE],
        key: "",
        pages: PARTS,
        more: &|_| true,
    };
    let statuses = ask
        .list(wanted, || repository.what("the course of deployments"))
        .await;
    let mut steps: Vec<(Timestamp, &str, &Value)> = statuses
        .iter()
        .filter_map(|status| Some((time(status, "/created_at")?, text(status, "/state")?, status)))
        .collect();
    steps.sort_by_key(|(at, _, _)| *at);
    let begun = steps
        .iter()
        .find(|(_, state, _)| *state == "in_progress")
        .map(|(at, _, _)| *at);
    let ended = steps
        .iter()
        .find(|(_, state, _)| matches!(*state, "success" | "failure" | "error"));
    if let Some((at, state, status)) = ended {
        return Some(Course {
            begun,
            at: *at,
            status: if *state == "success" { "success" } else { "failure" },
            said: text(status, "/description").map(line),
            log: text(status, "/log_url").map(ToOwned::to_owned),
        });
    }
    let unfinished = |at| Course {
        begun: None,
        at,
        status: "in progress",
        said: None,
        log: None,
    };
    match begun {
        Some(at) => Some(unfinished(at)),
        // Many a script makes deployments and never says what became of them.
        None if steps.is_empty() => Some(Course {
            status: "unknown",
            ..unfinished(time(deployment, "/created_at").filter(|at| window.contains(*at))?)
        }),
        None => None,
    }
}

async fn deployment(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    one: &Value,
    before: Option<&str>,
    course: Course,
    compare: bool,
) -> Told {
    let sha = text(one, "/sha").unwrap_or_default();
    let place = line(text(one, "/environment").unwrap_or("an environment without a name"));
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", Some(sha)),
            ("ref", text(one, "/ref")),
            ("environment", Some(&place)),
            ("status", Some(course.status)),
            ("task", text(one, "/task").filter(|task| *task != "deploy")),
            ("description", text(one, "/description")),
            ("said", course.said.as_deref()),
            ("url", course.log.as_deref().or_else(|| text(one, "/url"))),
        ],
    );
    if compare && !sha.is_empty() {
        brought(ask, repository, before, sha, &mut detail).await;
    }
    let title = titled(&detail);
    let commit = short(sha);
    let summary = match course.status {
        "success" => format!("deployed {commit} to {place}{title}"),
        "failure" => format!("deployment of {commit} to {place} failed{title}"),
        "in progress" => format!("deployment of {commit} to {place} is under way{title}"),
        _ => format!("deployment of {commit} to {place}{title}"),
    };
    Told {
        begun: course.begun,
        at: course.at,
        kind: "deployment",
        actor: text(one, "/creator/login").map(line),
        summary,
        detail,
    }
}
