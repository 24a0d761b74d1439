//! Code on the default branch: merged requests and pushes beside them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    endpoints::{EVENTS, MERGE_REQUEST_DIFFS, MERGE_REQUESTS},
    read::{Repository, brought, files},
};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        diff,
        read::{PAGE, PARTS, line, number, put, short, text, time, titled},
    },
};

/// Pages of merge requests and of pushes that are read.
const PAGES: usize = 5;
/// Merges and pushes of which the files are read: the newest.
const READ: usize = 20;

/// Requests that were merged into the default branch in the window, and the commits that merged them.
pub(super) async fn merges(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
) -> (Vec<Told>, BTreeSet<String>) {
    let since = window.from.to_string();
    let wanted = Wanted {
        endpoint: &MERGE_REQUESTS,
        values: &[repository.id()],
        query: &[
            ("state", "merged"),
            ("target_branch", &repository.branch),
            ("order_by", "updated_at"),
            ("sort", "desc"),
            ("updated_after", &since),
            PAGE,
        ],
        key: "",
        pages: PAGES,
        more: &|_| true,
    };
    let requests = ask.list(wanted, || repository.what("merged changes")).await;
    let mut merged: Vec<&Value> = requests
        .iter()
        .filter(|request| time(request, "/merged_at").is_some_and(|at| window.contains(at)))
        .collect();
    merged.sort_by_key(|request| std::cmp::Reverse(time(request, "/merged_at")));
    let commits = ["/merge_commit_sha", "/squash_commit_sha", "/sha"];
    let known = merged
        .iter()
        .flat_map(|request| {
            commits
                .iter()
                .filter_map(|key| text(request, key).map(ToOwned::to_owned))
        })
        .collect();
    let planned: Vec<(usize, &Value)> = merged.into_iter().enumerate().collect();
    let told = ask
        .each(
            planned
                .into_iter()
                .map(|(place, request)| async move { merge(ask, repository, request, place < READ).await })
                .collect(),
        )
        .await;
    (told.into_iter().flatten().collect(), known)
}

async fn merge(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    request: &Value,
    with_files: bool,
) -> Option<Told> {
    let at = time(request, "/merged_at")?;
    let id = number(request, "/iid")?;
    let title = line(text(request, "/title").unwrap_or_default());
    let sha = ["/merge_commit_sha", "/squash_commit_sha", "/sha"];
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", sha.iter().find_map(|key| text(request, key))),
            ("number", Some(&id)),
            ("title", Some(&title)),
            ("branch", text(request, "/source_branch")),
            ("url", text(request, "/web_url")),
        ],
    );
    if with_files {
        let wanted = Wanted {
            endpoint: &MERGE_REQUEST_DIFFS,
            values: &[repository.id(), &id],
            query: &[PAGE],
            key: "",
            pages: PARTS,
            more: &|_| true,
        };
        let found = ask
            .list(wanted, || repository.what("files of merged changes"))
            .await;
        diff::into_detail(files(&found), &mut detail);
    }
    let by = ["/merge_user/username", "/merged_by/username", "/author/username"];
    Some(Told {
        begun: None,
        at,
        kind: "merge",
        actor: by.iter().find_map(|key| text(request, key)).map(line),
        summary: format!("merged !{id} into {}: {title}", repository.branch),
        detail,
    })
}

/// Pushes to the default branch in the window that merged none of the requests whose commits are `known`.
pub(super) async fn pushes(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
    known: &BTreeSet<String>,
) -> Vec<Told> {
    // Whole days, both ends outside.
    let day = |at: Timestamp, hours: i64| {
        let at = at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(at);
        at.strftime("%Y-%m-%d").to_string()
    };
    let (after, before) = (day(window.from, -24), day(window.to, 24));
    let wanted = Wanted {
        endpoint: &EVENTS,
        values: &[repository.id()],
        query: &[
            ("action", "pushed"),
            ("after", &after),
            ("before", &before),
            ("sort", "desc"),
            PAGE,
        ],
        key: "",
        pages: PAGES,
        more: &|_| true,
    };
    let events = ask
        .list(wanted, || repository.what("pushes to the default branch"))
        .await;
    let pushed: Vec<(usize, &Value)> = events
        .iter()
        .filter(|one| text(one, "/push_data/ref_type") != Some("tag"))
        .filter(|one| text(one, "/push_data/ref") == Some(&repository.branch))
        .filter(|one| time(one, "/created_at").is_some_and(|at| window.contains(at)))
        .filter(|one| text(one, "/push_data/commit_to").is_some_and(|sha| !known.contains(sha)))
        .enumerate()
        .collect();
    let told = ask
        .each(
            pushed
                .into_iter()
                .map(|(place, one)| async move { push(ask, repository, one, place < READ).await })
                .collect(),
        )
        .await;
    told.into_iter().flatten().collect()
}

async fn push(ask: &Ask<'_>, repository: &Repository<'_>, one: &Value, with_files: bool) -> Option<Told> {
    let at = time(one, "/created_at")?;
    let sha = text(one, "/push_data/commit_to")?;
    let title = text(one, "/push_data/commit_title").map(line);
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", Some(sha)),
            ("ref", Some(&repository.branch)),
            ("title", title.as_deref()),
        ],
    );
    if with_files {
        brought(
            ask,
            repository,
            text(one, "/push_data/commit_from"),
            sha,
            &mut detail,
        )
        .await;
    }
    let title = titled(&detail);
    Some(Told {
        begun: None,
        at,
        kind: "push",
        actor: text(one, "/author_username")
            .or_else(|| text(one, "/author/username"))
            .map(line),
        summary: format!("pushed {} to {}{title}", short(sha), repository.branch),
        detail,
    })
}
