//! Code on the default branch: merged pull requests and pushes beside them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    endpoints::{ACTIVITY, PULL_FILES, PULLS},
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

/// Pages of pull requests and of pushes that are read.
const PAGES: usize = 5;
/// Merges and pushes of which the files are read: the newest.
const READ: usize = 20;

/// Pull requests that were merged into the default branch in the window, and the commits that merged them.
pub(super) async fn merges(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
) -> (Vec<Told>, BTreeSet<String>) {
    let from = window.from;
    let more = move |last: &Value| time(last, "/updated_at").is_none_or(|at| at >= from);
    let wanted = Wanted {
        endpoint: &PULLS,
        values: &[repository.owner, repository.name],
        query: &[
            ("state", "closed"),
            ("base", &repository.branch),
            ("sort", "updated"),
            ("direction", "desc"),
            PAGE,
        ],
        key: "",
        pages: PAGES,
        more: &more,
    };
    let pulls = ask.list(wanted, || repository.what("merged changes")).await;
    let mut merged: Vec<&Value> = pulls
        .iter()
        .filter(|pull| time(pull, "/merged_at").is_some_and(|at| window.contains(at)))
        .collect();
    merged.sort_by_key(|pull| std::cmp::Reverse(time(pull, "/merged_at")));
    let known = merged
        .iter()
        .filter_map(|pull| text(pull, "/merge_commit_sha").map(ToOwned::to_owned))
        .collect();
    let planned: Vec<(usize, &Value)> = merged.into_iter().enumerate().collect();
    let told = ask
        .each(
            planned
                .into_iter()
                .map(|(place, pull)| async move { merge(ask, repository, pull, place < READ).await })
                .collect(),
        )
        .await;
    (told.into_iter().flatten().collect(), known)
}

async fn merge(ask: &Ask<'_>, repository: &Repository<'_>, pull: &Value, with_files: bool) -> Option<Told> {
    let at = time(pull, "/merged_at")?;
    let id = number(pull, "/number")?;
    let title = line(text(pull, "/title").unwrap_or_default());
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", text(pull, "/merge_commit_sha")),
            ("number", Some(&id)),
            ("title", Some(&title)),
            ("branch", text(pull, "/head/ref")),
            ("url", text(pull, "/html_url")),
        ],
    );
    if with_files {
        let wanted = Wanted {
            endpoint: &PULL_FILES,
            values: &[repository.owner, repository.name, &id],
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
    Some(Told {
        begun: None,
        at,
        kind: "merge",
        actor: text(pull, "/merged_by/login")
            .or_else(|| text(pull, "/user/login"))
            .map(line),
        summary: format!("merged #{id} into {}: {title}", repository.branch),
        detail,
    })
}

/// Pushes to the default branch in the window that merged none of the pull requests whose commits are `known`.
pub(super) async fn pushes(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
    known: &BTreeSet<String>,
) -> Vec<Told> {
    let branch = format!("refs/heads/{}", repository.branch);
    let from = window.from;
    let more = move |last: &Value| time(last, "/timestamp").is_none_or(|at| at >= from);
    let wanted = Wanted {
        endpoint: &ACTIVITY,
        values: &[repository.owner, repository.name],
        query: &[("ref", &branch), ("direction", "desc"), PAGE],
        key: "",
        pages: PAGES,
        more: &more,
    };
    let activity = ask
        .list(wanted, || repository.what("pushes to the default branch"))
        .await;
    let pushed: Vec<(usize, &Value)> = activity
        .iter()
        .filter(|one| matches!(text(one, "/activity_type"), Some("push" | "force_push")))
        .filter(|one| text(one, "/ref").is_none_or(|name| name == branch))
        .filter(|one| time(one, "/timestamp").is_some_and(|at| window.contains(at)))
        .filter(|one| text(one, "/after").is_some_and(|sha| !known.contains(sha)))
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
    let at = time(one, "/timestamp")?;
    let sha = text(one, "/after")?;
    // All zeros: there was no branch before.
    let before = text(one, "/before").filter(|before| before.bytes().any(|byte| byte != b'0'));
    let forced = text(one, "/activity_type") == Some("force_push");
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", Some(sha)),
            ("ref", Some(&repository.branch)),
            ("forced", forced.then_some("yes")),
        ],
    );
    if with_files {
        brought(ask, repository, before, sha, &mut detail).await;
    }
    let title = titled(&detail);
    let how = if forced { "force-pushed" } else { "pushed" };
    Some(Told {
        begun: None,
        at,
        kind: "push",
        actor: text(one, "/actor/login").map(line),
        summary: format!("{how} {} to {}{title}", short(sha), repository.branch),
        detail,
    })
}
