//! Pipelines with jobs that put something in place beside GitLab's own deployments. Pipelines that only build and test
//! change no system, and are not told.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    endpoints::{JOBS, PIPELINES},
    read::Repository,
};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        is_deployment,
        read::{PAGE, PARTS, line, number, put, short, text, time, titled},
    },
};

/// Pages of pipelines that are read.
const PAGES: usize = 5;
/// Pipelines whose jobs are read: the newest.
const READ: usize = 20;

/// Pipelines that put something in place in the window by other jobs than those in `deployments`.
pub(super) async fn told(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
    deployments: &BTreeSet<String>,
) -> Vec<Told> {
    let since = window.from.to_string();
    let wanted = Wanted {
        endpoint: &PIPELINES,
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
    let mut pipelines = ask.list(wanted, || repository.what("pipelines")).await;
    pipelines.retain(|pipeline| {
        let proposed = matches!(
            text(pipeline, "/source"),
            Some("merge_request_event" | "external_pull_request_event")
        );
        !proposed && time(pipeline, "/created_at").is_none_or(|at| at < window.to)
    });
    pipelines.truncate(READ);
    let told = ask
        .each(
            pipelines
                .into_iter()
                .map(|one| async move { pipeline(ask, repository, &one, deployments).await })
                .collect(),
        )
        .await;
    told.into_iter().flatten().collect()
}

async fn pipeline(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    one: &Value,
    deployments: &BTreeSet<String>,
) -> Option<Told> {
    let id = number(one, "/id")?;
    let wanted = Wanted {
        endpoint: &JOBS,
        values: &[repository.id(), &id],
        query: &[PAGE],
        key: "",
        pages: PARTS,
        more: &|_| true,
    };
    let jobs = ask.list(wanted, || repository.what("jobs of pipelines")).await;
    let own: Vec<&Value> = jobs
        .iter()
        .filter(|job| time(job, "/started_at").is_some())
        .filter(|job| {
            ["/name", "/stage"]
                .iter()
                .any(|key| is_deployment(text(job, key).unwrap_or_default()))
        })
        .filter(|job| number(job, "/id").is_none_or(|id| !deployments.contains(&id)))
        .collect();
    let begun = own.iter().filter_map(|job| time(job, "/started_at")).min()?;
    let ended = own
        .iter()
        .map(|job| time(job, "/finished_at"))
        .collect::<Option<Vec<_>>>();
    let ended = ended.and_then(|ended| ended.into_iter().max());
    let failed = own
        .iter()
        .any(|job| matches!(text(job, "/status"), Some("failed" | "canceled")));
    let status = match ended {
        None => "in progress",
        Some(_) if failed => "failure",
        Some(_) => "success",
    };
    let sha = text(one, "/sha").unwrap_or_default();
    let title = own.iter().find_map(|job| text(job, "/commit/title")).map(line);
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", Some(sha)),
            ("ref", text(one, "/ref")),
            ("event", text(one, "/source")),
            ("status", Some(status)),
            ("title", title.as_deref()),
            ("url", text(one, "/web_url")),
        ],
    );
    let names: Vec<Value> = own
        .iter()
        .filter_map(|job| Some(line(text(job, "/name")?).into()))
        .take(20)
        .collect();
    detail.insert("jobs".to_owned(), Value::Array(names));
    let title = titled(&detail);
    let commit = short(sha);
    Some(Told {
        begun: ended.map(|_| begun),
        at: ended.unwrap_or(begun),
        kind: "pipeline",
        actor: own.iter().find_map(|job| text(job, "/user/username")).map(line),
        summary: match status {
            "success" => format!("deployed {commit} by pipeline {id}{title}"),
            "failure" => format!("deployment of {commit} by pipeline {id} failed{title}"),
            _ => format!("deployment of {commit} by pipeline {id} is under way{title}"),
        },
        detail,
    })
}
