//! Runs of workflows that put something in place. Runs that only build and test change no system, and are not told.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    endpoints::{JOBS, RUNS},
    read::Repository,
};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        is_deployment,
        read::{PAGE, PARTS, earliest, line, number, put, short, text, time, titled},
    },
};

/// Pages of runs that are read.
const PAGES: usize = 5;
/// Runs whose jobs are read: the newest.
const READ: usize = 20;
/// Clocks of runs and deployments agree to so many seconds.
const SLACK: SignedDuration = SignedDuration::from_secs(120);

/// Runs that put something in place in the window, those apart that are told as deployments.
pub(super) async fn told(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    window: &Window,
    deployments: &[Told],
) -> Vec<Told> {
    let second = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let created = format!("{}..{}", second(earliest(window)), second(window.to));
    let wanted = Wanted {
        endpoint: &RUNS,
        values: &[repository.owner, repository.name],
        query: &[PAGE, ("created", &created)],
        key: "workflow_runs",
        pages: PAGES,
        more: &|_| true,
    };
    let mut runs = ask.list(wanted, || repository.what("workflow runs")).await;
    runs.retain(|run| {
        let event = text(run, "/event").unwrap_or_default();
        // What is proposed and talked about is not what is in place.
        !event.starts_with("pull_request") && !event.contains("comment") && !event.starts_with("issue")
    });
    runs.retain(|run| time(run, "/updated_at").is_none_or(|at| at >= window.from));
    runs.sort_by_key(|run| {
        let named = is_deployment(text(run, "/name").unwrap_or_default());
        (!named, std::cmp::Reverse(time(run, "/run_started_at")))
    });
    runs.truncate(READ);
    let told = ask
        .each(
            runs.into_iter()
                .map(|run| async move { self::run(ask, repository, &run).await })
                .collect(),
        )
        .await;
    told.into_iter()
        .flatten()
        .filter(|run| !is_told(run, deployments))
        .collect()
}

/// True when a deployment of the same commit came to its end while the run went on.
fn is_told(run: &Told, deployments: &[Told]) -> bool {
    let (from, to) = (run.begun.unwrap_or(run.at), run.at);
    deployments.iter().any(|deployment| {
        deployment.detail.get("sha") == run.detail.get("sha")
            && deployment.at.duration_since(from) >= -SLACK
            && deployment.begun.unwrap_or(deployment.at).duration_since(to) <= SLACK
    })
}

async fn run(ask: &Ask<'_>, repository: &Repository<'_>, run: &Value) -> Option<Told> {
    let id = number(run, "/id")?;
    let wanted = Wanted {
        endpoint: &JOBS,
        values: &[repository.owner, repository.name, &id],
        query: &[PAGE],
        key: "jobs",
        pages: PARTS,
        more: &|_| true,
    };
    let jobs = ask
        .list(wanted, || repository.what("jobs of workflow runs"))
        .await;
    let workflow = line(text(run, "/name").unwrap_or("a workflow"));
    let ran =
        |job: &&Value| time(job, "/started_at").is_some() && text(job, "/conclusion") != Some("skipped");
    let telling = |job: &&Value| is_deployment(text(job, "/name").unwrap_or_default());
    let mut own: Vec<&Value> = jobs.iter().filter(ran).filter(telling).collect();
    if own.is_empty() {
        if !is_deployment(&workflow) {
            return None;
        }
        own = jobs.iter().filter(ran).collect();
    }
    let begun = own.iter().filter_map(|job| time(job, "/started_at")).min();
    let ended = own
        .iter()
        .map(|job| time(job, "/completed_at"))
        .collect::<Option<Vec<_>>>();
    let ended = ended.and_then(|ended| ended.into_iter().max());
    let began = begun.or_else(|| time(run, "/run_started_at"))?;
    let failed = own.iter().any(|job| {
        matches!(
            text(job, "/conclusion"),
            Some("failure" | "timed_out" | "cancelled")
        )
    });
    let status = match ended {
        None => "in progress",
        Some(_) if failed => "failure",
        Some(_) => "success",
    };
    let sha = text(run, "/head_sha").unwrap_or_default();
    let title = text(run, "/display_title")
        .or_else(|| text(run, "/head_commit/message"))
        .map(line);
    let mut detail = Map::new();
    put(
        &mut detail,
        &[
            ("sha", Some(sha)),
            ("ref", text(run, "/head_branch")),
            ("workflow", Some(&workflow)),
            ("event", text(run, "/event")),
            ("status", Some(status)),
            ("title", title.as_deref()),
            ("url", text(run, "/html_url")),
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
        begun: ended.and(begun),
        at: ended.unwrap_or(began),
        kind: "workflow_run",
        actor: text(run, "/triggering_actor/login")
            .or_else(|| text(run, "/actor/login"))
            .map(line),
        summary: match status {
            "success" => format!("deployed {commit} by workflow {workflow}{title}"),
            "failure" => format!("deployment of {commit} by workflow {workflow} failed{title}"),
            _ => format!("deployment of {commit} by workflow {workflow} is under way{title}"),
        },
        detail,
    })
}
