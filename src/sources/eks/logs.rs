//! Logs of the pods of a workload, those of a container that was restarted in the window too.

use serde_json::Value;

use super::{
    Eks,
    api::{Turn, failed},
    cluster::Cluster,
    objects::{containers, items, name, namespace, number, time, words},
};
use crate::model::{Evidence, Gap, GapKind, LogFilter, LogLine, LogPage, Resource, Text, Window};

/// Pods whose logs are read at most: those in trouble first, then the youngest.
const PODS: usize = 8;

/// What is wanted.
pub(super) struct Wanted<'a> {
    pub resource: &'a Resource,
    pub window: &'a Window,
    pub filter: Option<&'a LogFilter>,
    pub limit: usize,
}

/// The lines, and what could not be read.
pub(super) async fn logs(
    eks: &Eks,
    turn: &Turn<'_>,
    held: &Cluster,
    wanted: &Wanted<'_>,
) -> (Option<Evidence>, Vec<Gap>) {
    let id = &wanted.resource.id;
    let what = || Text::from("logs of ").ext(wanted.resource.name.clone());
    let mut pods: Vec<&Value> = held.pods_of(eks.cluster(), id).collect();
    let all = pods.len();
    let trouble = |pod: &Value| -> i64 {
        items(pod, "/status/containerStatuses")
            .iter()
            .map(|status| {
                let unready = status.get("ready").and_then(Value::as_bool) != Some(true);
                number(status, "/restartCount").saturating_add(i64::from(unready))
            })
            .fold(0, i64::saturating_add)
    };
    pods.sort_by_key(|pod| {
        (
            std::cmp::Reverse(trouble(pod)),
            std::cmp::Reverse(time(pod, "/metadata/creationTimestamp")),
            name(pod),
        )
    });
    pods.truncate(PODS);
    let mut gaps = Vec::new();
    if all == 0 {
        let gap = failed(
            GapKind::NotFound,
            what(),
            "it has no pod now, and a cluster keeps no log of pods that are gone",
            "ship the logs of the cluster to CloudWatch Logs (Container Insights), where they outlive pods",
        );
        gaps.push(Gap {
            resource: Some(id.clone()),
            ..gap
        });
        return (None, gaps);
    }
    if all > PODS {
        let gap = failed(
            GapKind::Truncated,
            what(),
            &format!("it has {all} pods; the logs of {PODS} were read"),
            "the pods in trouble, and then the youngest, come first",
        );
        gaps.push(Gap {
            resource: Some(id.clone()),
            ..gap
        });
    }
    let mut page = LogPage::default();
    let mut answered = false;
    let since = wanted.window.from.to_string();
    for pod in pods {
        for container in containers(pod.pointer("/spec").unwrap_or(&Value::Null)) {
            let container = words(container, "/name");
            let Some(status) = status(pod, container) else {
                continue;
            };
            let running = status.pointer("/state/waiting").is_none();
            let ended = time(status, "/lastState/terminated/finishedAt");
            let restarted = ended.is_some_and(|at| at >= wanted.window.from);
            for previous in [true, false] {
                // A container that has never run has written nothing.
                if (previous && !restarted) || (!previous && !running) {
                    continue;
                }
                let place = (namespace(pod), name(pod), container);
                match eks
                    .api
                    .log(turn, place, (&since, previous), eks.largest_log)
                    .await
                {
                    Ok((text, cut)) => {
                        answered = true;
                        page.truncated |= cut;
                        let stream = format!("{}/{container}", name(pod));
                        read(eks, wanted, &stream, &text, &mut page);
                    }
                    Err(gap) => {
                        let gap = Gap {
                            what: what().own(" (pod ").ext(name(pod)).own(")"),
                            resource: Some(id.clone()),
                            ..gap
                        };
                        if !gaps.contains(&gap) {
                            gaps.push(gap);
                        }
                    }
                }
            }
        }
    }
    if !answered && gaps.is_empty() {
        let gap = failed(
            GapKind::NotFound,
            what(),
            "none of its containers has run yet, so none has written anything",
            "its events tell why it does not start",
        );
        gaps.push(Gap {
            resource: Some(id.clone()),
            ..gap
        });
    }
    page.lines
        .sort_by(|a, b| (a.at, &a.stream).cmp(&(b.at, &b.stream)));
    if page.lines.len() > wanted.limit {
        page.lines.truncate(wanted.limit);
        page.truncated = true;
    }
    page.groups = vec![group(eks, wanted)];
    if page.truncated {
        let gap = failed(
            GapKind::Truncated,
            what(),
            "there is more than was asked for",
            "look at a narrower window, or raise largest_answer_kb of the connection",
        );
        gaps.push(Gap {
            resource: Some(id.clone()),
            ..gap
        });
    }
    (answered.then_some(Evidence::Logs(page)), gaps)
}

/// The log group that stands for a workload.
fn group(eks: &Eks, wanted: &Wanted<'_>) -> String {
    let rest = wanted
        .resource
        .id
        .as_str()
        .strip_prefix("k8s:")
        .unwrap_or_default();
    let rest = rest.strip_prefix(eks.cluster()).unwrap_or(rest);
    format!("k8s{rest}")
}

fn status<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    ["/status/containerStatuses", "/status/initContainerStatuses"]
        .iter()
        .flat_map(|pointer| items(pod, pointer))
        .find(|status| words(status, "/name") == container)
}

/// Lines with their time: the cluster puts it before each of them.
fn read(eks: &Eks, wanted: &Wanted<'_>, stream: &str, text: &str, page: &mut LogPage) {
    for line in text.lines() {
        let Some((at, message)) = line
            .split_once(' ')
            .and_then(|(at, rest)| Some((at.parse().ok()?, rest)))
        else {
            continue;
        };
        if !wanted.window.contains(at) || wanted.filter.is_some_and(|filter| !filter.keeps(message)) {
            continue;
        }
        page.lines.push(LogLine {
            at,
            group: group(eks, wanted),
            stream: Some(stream.to_owned()),
            resource: Some(wanted.resource.id.clone()),
            message: message.to_owned(),
        });
    }
}
