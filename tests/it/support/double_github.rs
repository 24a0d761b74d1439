//! A double of GitHub with one repository, `shop/order-intake`, in which a change was merged, pushed and deployed.

use serde_json::{Value, json};

use super::double_web::Served;

pub const TOKEN: &str = "github_pat_11AAAAAAA0example";
/// The commit that was deployed, and the one before it.
pub const NEW: &str = "4f1d2c3b4a5968778695a4b3c2d1e0f00112233a";
pub const OLD: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
/// The repository's path.
pub const REPOSITORY: &str = "/repos/shop/order-intake";

const DIFF: &str = "@@ -21,7 +21,7 @@ exports.handler = async (event) => {\n-  const sku = order.sku ?? \
                    order.bundle?.sku;\n+  const sku = order.bundle.sku;";

fn user(login: &str) -> Value {
    json!({"login": login, "type": "User"})
}

fn status(state: &str, at: &str) -> Value {
    json!({"state": state, "created_at": at, "updated_at": at, "description": "by the pipeline",
        "log_url": "https://github.example/shop/order-intake/actions/runs/77", "creator": user("octo-deploy")})
}

fn deployment(id: u64, sha: &str, at: &str) -> Value {
    json!({"id": id, "sha": sha, "ref": "main", "task": "deploy", "environment": "production", "description": "",
        "creator": user("mary.major"), "created_at": at, "updated_at": at,
        "url": format!("https://api.github.example/repos/shop/order-intake/deployments/{id}")})
}

fn run(id: u64, name: &str, event: &str, sha: &str, from: &str, to: &str) -> Value {
    json!({"id": id, "name": name, "event": event, "status": "completed", "conclusion": "success", "head_branch": "main",
        "head_sha": sha, "display_title": "Reserve stock by bundle (#233)", "created_at": from, "run_started_at": from,
        "updated_at": to, "actor": user("mary.major"), "triggering_actor": user("mary.major"),
        "html_url": format!("https://github.example/shop/order-intake/actions/runs/{id}")})
}

fn job(name: &str, conclusion: &str, from: &str, to: &str) -> Value {
    json!({"id": 1, "name": name, "status": "completed", "conclusion": conclusion, "started_at": from, "completed_at": to})
}

fn pull(number: u64, title: &str, merged: Option<&str>, updated: &str) -> Value {
    json!({"number": number, "title": title, "state": "closed", "merged_at": merged, "updated_at": updated,
        "merge_commit_sha": if number == 233 { NEW } else { "ffff000011112222333344445555666677778888" },
        "user": user("mary.major"), "head": {"ref": "bundles"}, "base": {"ref": "main"},
        "html_url": format!("https://github.example/shop/order-intake/pull/{number}")})
}

fn file(path: &str, diff: &str) -> Value {
    json!({"filename": path, "status": "modified", "additions": 1, "deletions": 1, "changes": 2, "patch": diff})
}

/// The double's answers; the merge, the deployment and the rest on 2025-10-27 from 02:40 on.
pub fn answers() -> Served {
    let at = |time: &str| format!("2025-10-27T{time}Z");
    let mut served = Served {
        token: Some(("authorization".to_owned(), format!("Bearer {TOKEN}"))),
        keys: vec!["workflow_runs", "jobs"],
        headers: vec![
            ("x-ratelimit-limit".to_owned(), "5000".to_owned()),
            ("x-ratelimit-remaining".to_owned(), "4980".to_owned()),
            ("x-ratelimit-reset".to_owned(), "1761537600".to_owned()),
        ],
        ..Served::default()
    };
    let mut put = |path: &str, answer: Value| served.answers.insert(format!("{REPOSITORY}{path}"), answer);
    put(
        "",
        json!({"full_name": "shop/order-intake", "default_branch": "main", "private": true}),
    );
    put(
        "/deployments",
        json!([
            deployment(13, "9999aaaa", &at("03:20:00")),
            deployment(12, NEW, &at("02:54:50")),
            deployment(11, OLD, "2025-10-26T22:00:00Z"),
            deployment(10, OLD, "2025-10-20T08:00:00Z"),
        ]),
    );
    // Approved, yet not begun.
    put(
        "/deployments/13/statuses",
        json!([status("waiting", &at("03:20:01"))]),
    );
    put(
        "/deployments/12/statuses",
        json!([
            status("success", &at("02:56:30")),
            status("in_progress", &at("02:55:40")),
            status("queued", &at("02:54:51")),
        ]),
    );
    put(
        "/deployments/11/statuses",
        json!([status("success", "2025-10-26T22:04:00Z")]),
    );
    put(
        &format!("/compare/{OLD}...{NEW}"),
        json!({"commits": [{"sha": NEW, "commit": {"message": "Reserve stock by bundle (#233)\n\nlong words"}}],
            "files": [file("package-lock.json", "@@ -1 +1 @@\n-1\n+2"), file("src/index.js", DIFF)]}),
    );
    put(
        "/actions/runs",
        json!({"workflow_runs": [
            run(79, "Nightly", "schedule", OLD, &at("03:00:00"), &at("03:09:00")),
            run(78, "CI", "pull_request", NEW, &at("02:30:00"), &at("02:35:00")),
            run(77, "Deploy", "push", NEW, &at("02:44:20"), &at("02:56:40")),
            run(76, "Build and ship", "push", OLD, &at("02:10:00"), &at("02:29:00")),
        ]}),
    );
    put(
        "/actions/runs/79/jobs",
        json!({"jobs": [job("soak tests", "success", &at("03:00:10"), &at("03:08:00")),
            job("terraform apply", "skipped", &at("03:08:00"), &at("03:08:00"))]}),
    );
    put(
        "/actions/runs/77/jobs",
        json!({"jobs": [job("deploy", "success", &at("02:55:30"), &at("02:56:35"))]}),
    );
    put(
        "/actions/runs/76/jobs",
        json!({"jobs": [job("test", "success", &at("02:10:10"), &at("02:20:00")),
            job("deploy-canary", "failure", &at("02:25:00"), &at("02:28:00"))]}),
    );
    put(
        "/pulls",
        json!([
            pull(234, "Thrown away", None, &at("02:50:00")),
            pull(
                233,
                "Reserve stock by bundle",
                Some(&at("02:44:08")),
                &at("02:44:10")
            ),
            pull(230, "Older", Some("2025-10-26T09:00:00Z"), "2025-10-26T09:00:00Z"),
        ]),
    );
    put("/pulls/233/files", json!([file("src/index.js", DIFF)]));
    put(
        "/activity",
        json!([
            {"activity_type": "pr_merge", "ref": "refs/heads/main", "before": OLD, "after": NEW, "timestamp": at("02:44:08"),
                "actor": user("mary.major")},
            {"activity_type": "push", "ref": "refs/heads/main", "before": "1111222233334444555566667777888899990000",
                "after": OLD, "timestamp": at("02:05:00"), "actor": user("john.stiles")},
        ]),
    );
    put(
        &format!("/compare/1111222233334444555566667777888899990000...{OLD}"),
        json!({"commits": [{"sha": OLD, "commit": {"message": "Raise the log level"}}],
            "files": [file("config/prod.yaml", "@@ -3 +3 @@\n-level: info\n+level: debug")]}),
    );
    put(
        "/releases",
        json!([{"tag_name": "v41", "name": "Bundles", "created_at": at("02:40:00"), "published_at": at("02:57:00"),
            "target_commitish": "main", "author": user("mary.major"), "html_url": "https://github.example/releases/v41"}]),
    );
    served.answers.insert("/user".to_owned(), user("mary.major"));
    served.answers.insert(
        "/user/repos".to_owned(),
        json!([{"full_name": "shop/order-intake", "name": "order-intake", "description": "Takes orders",
                "owner": user("shop")},
            {"full_name": "acme/other", "name": "other", "description": null, "owner": user("acme")}]),
    );
    served.answers.insert(
        "/orgs/shop/repos".to_owned(),
        json!([{"full_name": "shop/order-intake", "name": "order-intake", "description": "Takes orders",
            "owner": user("shop")}]),
    );
    served
}
