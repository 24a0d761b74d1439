//! The closed list: every read that is ever sent to GitLab. All are GET.

use crate::sources::pipeline::Endpoint;

/// What every one of them takes; GitLab knows nothing finer.
const READ_API: &str = "scope read_api, and a role of Reporter or more in the project";

const fn read(path: &'static str, query: &'static [&'static str]) -> Endpoint {
    Endpoint {
        path,
        query,
        permission: READ_API,
    }
}

/// Whose token it is.
pub const USER: Endpoint = read("/user", &[]);
/// What the token may do and how long it is good.
pub const TOKEN: Endpoint = read("/personal_access_tokens/self", &[]);
/// Projects that the token's user is a member of.
pub const PROJECTS: Endpoint = read(
    "/projects",
    &["membership", "simple", "order_by", "sort", "per_page", "page"],
);
/// Projects of a group and the groups in it.
pub const GROUP_PROJECTS: Endpoint = read(
    "/groups/{id}/projects",
    &[
        "include_subgroups",
        "simple",
        "order_by",
        "sort",
        "per_page",
        "page",
    ],
);
/// A project.
pub const PROJECT: Endpoint = read("/projects/{id}", &[]);
/// Deployments.
pub const DEPLOYMENTS: Endpoint = read(
    "/projects/{id}/deployments",
    &[
        "order_by",
        "sort",
        "updated_after",
        "environment",
        "status",
        "per_page",
        "page",
    ],
);
/// Pipelines.
pub const PIPELINES: Endpoint = read(
    "/projects/{id}/pipelines",
    &["order_by", "sort", "updated_after", "per_page", "page"],
);
/// Jobs of a pipeline.
pub const JOBS: Endpoint = read(
    "/projects/{id}/pipelines/{pipeline_id}/jobs",
    &["per_page", "page"],
);
/// Merge requests.
pub const MERGE_REQUESTS: Endpoint = read(
    "/projects/{id}/merge_requests",
    &[
        "state",
        "target_branch",
        "order_by",
        "sort",
        "updated_after",
        "per_page",
        "page",
    ],
);
/// Files of a merge request, with their diffs.
pub const MERGE_REQUEST_DIFFS: Endpoint = read(
    "/projects/{id}/merge_requests/{merge_request_iid}/diffs",
    &["per_page", "page"],
);
/// Who pushed what where.
pub const EVENTS: Endpoint = read(
    "/projects/{id}/events",
    &["action", "after", "before", "sort", "per_page", "page"],
);
/// What lies between two commits.
pub const COMPARE: Endpoint = read("/projects/{id}/repository/compare", &["from", "to"]);
/// The files of one commit, with their diffs.
pub const COMMIT_DIFF: Endpoint = read(
    "/projects/{id}/repository/commits/{sha}/diff",
    &["per_page", "page"],
);
/// Releases.
pub const RELEASES: Endpoint = read(
    "/projects/{id}/releases",
    &["order_by", "sort", "per_page", "page"],
);

/// The whole list.
pub const ALL: &[&Endpoint] = &[
    &USER,
    &TOKEN,
    &PROJECTS,
    &GROUP_PROJECTS,
    &PROJECT,
    &DEPLOYMENTS,
    &PIPELINES,
    &JOBS,
    &MERGE_REQUESTS,
    &MERGE_REQUEST_DIFFS,
    &EVENTS,
    &COMPARE,
    &COMMIT_DIFF,
    &RELEASES,
];
