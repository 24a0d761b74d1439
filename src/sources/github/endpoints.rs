//! The closed list: every read that is ever sent to GitHub. All are GET; beside them an app takes its token, by POST.

use crate::sources::pipeline::Endpoint;

const fn read(path: &'static str, query: &'static [&'static str], permission: &'static str) -> Endpoint {
    Endpoint {
        path,
        query,
        permission,
    }
}

/// Whose token it is.
pub const USER: Endpoint = read("/user", &[], "none");
/// What is left of the rate limit; also answers tokens that have no user.
pub const RATE_LIMIT: Endpoint = read("/rate_limit", &[], "none");
/// Repositories that the token's user reaches.
pub const USER_REPOSITORIES: Endpoint = read("/user/repos", &["per_page", "page", "sort"], "Metadata: read");
/// Repositories of an organisation.
pub const OWNER_REPOSITORIES: Endpoint = read(
    "/orgs/{org}/repos",
    &["per_page", "page", "sort"],
    "Metadata: read",
);
/// Repositories that an app's installation reaches.
pub const INSTALLATION_REPOSITORIES: Endpoint = read(
    "/installation/repositories",
    &["per_page", "page"],
    "Metadata: read",
);
/// Where an app is installed.
pub const INSTALLATIONS: Endpoint = read("/app/installations", &["per_page"], "the app's private key");
/// Gives an installation's token, good for an hour. The one POST: it changes nothing.
pub const TOKENS: Endpoint = read(
    "/app/installations/{installation_id}/access_tokens",
    &[],
    "the app's private key, and what is asked for",
);
/// A repository.
pub const REPOSITORY: Endpoint = read("/repos/{owner}/{repo}", &[], "Metadata: read");
/// Deployments, newest first.
pub const DEPLOYMENTS: Endpoint = read(
    "/repos/{owner}/{repo}/deployments",
    &["per_page", "page"],
    "Deployments: read",
);
/// What became of a deployment, newest first.
pub const DEPLOYMENT_STATUSES: Endpoint = read(
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    &["per_page", "page"],
    "Deployments: read",
);
/// Runs of workflows, newest first.
pub const RUNS: Endpoint = read(
    "/repos/{owner}/{repo}/actions/runs",
    &["per_page", "page", "created"],
    "Actions: read",
);
/// Jobs of a run.
pub const JOBS: Endpoint = read(
    "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs",
    &["per_page", "page"],
    "Actions: read",
);
/// Pull requests.
pub const PULLS: Endpoint = read(
    "/repos/{owner}/{repo}/pulls",
    &["state", "base", "sort", "direction", "per_page", "page"],
    "Pull requests: read",
);
/// Files of a pull request, with their diffs.
pub const PULL_FILES: Endpoint = read(
    "/repos/{owner}/{repo}/pulls/{pull_number}/files",
    &["per_page", "page"],
    "Pull requests: read",
);
/// Who pushed what where, newest first.
pub const ACTIVITY: Endpoint = read(
    "/repos/{owner}/{repo}/activity",
    &["ref", "direction", "per_page", "after"],
    "Contents: read",
);
/// What lies between two commits.
pub const COMPARE: Endpoint = read(
    "/repos/{owner}/{repo}/compare/{basehead}",
    &["per_page", "page"],
    "Contents: read",
);
/// One commit with its files.
pub const COMMIT: Endpoint = read("/repos/{owner}/{repo}/commits/{ref}", &[], "Contents: read");
/// Releases, newest first.
pub const RELEASES: Endpoint = read(
    "/repos/{owner}/{repo}/releases",
    &["per_page", "page"],
    "Contents: read",
);

/// The whole list.
pub const ALL: &[&Endpoint] = &[
    &USER,
    &RATE_LIMIT,
    &USER_REPOSITORIES,
    &OWNER_REPOSITORIES,
    &INSTALLATION_REPOSITORIES,
    &INSTALLATIONS,
    &REPOSITORY,
    &DEPLOYMENTS,
    &DEPLOYMENT_STATUSES,
    &RUNS,
    &JOBS,
    &PULLS,
    &PULL_FILES,
    &ACTIVITY,
    &COMPARE,
    &COMMIT,
    &RELEASES,
];
