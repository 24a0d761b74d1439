//! A double of a GitLab of one's own with one project, `shop/backend/order-intake`.

use serde_json::{Value, json};

use super::double_web::Served;

pub const TOKEN: &str = "glpat-exampleexampleexample";
/// The commit that was deployed, and the one before it.
pub const NEW: &str = "4f1d2c3b4a5968778695a4b3c2d1e0f00112233a";
pub const OLD: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
/// The project's path, below what stands before every path.
pub const PROJECT: &str = "/projects/shop%2Fbackend%2Forder-intake";
/// GitLab may stand below a path of a host.
pub const PREFIX: &str = "/git/api/v4";

fn user(name: &str) -> Value {
    json!({"username": name, "name": name, "state": "active"})
}

fn deployment(id: u64, status: &str, sha: &str, from: &str, to: &str) -> Value {
    json!({"id": id, "iid": id, "status": status, "sha": sha, "ref": "main", "created_at": from, "updated_at": to,
        "user": user("mary.major"), "environment": {"name": "production", "external_url": "https://shop.example"},
        "deployable": {"id": 900 + id, "name": "deploy", "stage": "deploy", "status": status, "started_at": from,
            "finished_at": to, "commit": {"title": "Reserve stock by bundle"},
            "pipeline": {"id": 700 + id, "web_url": format!("https://gitlab.example/p/{id}")}}})
}

fn job(id: u64, name: &str, status: &str, from: &str, to: &str) -> Value {
    json!({"id": id, "name": name, "stage": "last", "status": status, "started_at": from, "finished_at": to,
        "user": user("john.stiles"), "commit": {"title": "Raise the log level"}})
}

fn pipeline(id: u64, source: &str, sha: &str, at: &str) -> Value {
    json!({"id": id, "source": source, "status": "success", "ref": "main", "sha": sha, "created_at": at, "updated_at": at,
        "web_url": format!("https://gitlab.example/pipelines/{id}")})
}

/// The double's answers; everything on 2025-10-27 from 02:00 on.
pub fn answers() -> Served {
    let at = |time: &str| format!("2025-10-27T{time}.000Z");
    let mut served = Served {
        token: Some(("private-token".to_owned(), TOKEN.to_owned())),
        prefix: PREFIX.to_owned(),
        headers: vec![
            ("ratelimit-limit".to_owned(), "2000".to_owned()),
            ("ratelimit-remaining".to_owned(), "1990".to_owned()),
            ("ratelimit-reset".to_owned(), "1761537600".to_owned()),
        ],
        ..Served::default()
    };
    let mut put = |path: &str, answer: Value| served.answers.insert(format!("{PROJECT}{path}"), answer);
    put(
        "",
        json!({"path_with_namespace": "shop/backend/order-intake", "default_branch": "main"}),
    );
    put(
        "/deployments",
        json!([
            deployment(14, "running", "77778888", &at("03:25:00"), &at("03:25:00")),
            deployment(13, "blocked", "9999aaaa", &at("03:20:00"), &at("03:20:00")),
            deployment(12, "success", NEW, &at("02:55:40"), &at("02:56:30")),
            deployment(11, "failed", "5555666677778888", &at("02:10:00"), &at("02:12:00")),
            deployment(
                10,
                "success",
                OLD,
                "2025-10-26T22:00:00.000Z",
                "2025-10-26T22:04:00.000Z"
            ),
        ]),
    );
    put(
        "/repository/compare",
        json!({"commits": [{"id": NEW, "title": "Reserve stock by bundle"}],
            "diffs": [{"old_path": "src/index.js", "new_path": "src/index.js", "new_file": false, "renamed_file": false,
                "deleted_file": false, "diff": "@@ -21,7 +21,7 @@\n-  order.sku ?? order.bundle?.sku;\n+  order.bundle.sku;\n"}]}),
    );
    put(
        "/pipelines",
        json!([
            pipeline(712, "push", NEW, &at("02:56:40")),
            pipeline(711, "merge_request_event", NEW, &at("02:40:00")),
            pipeline(710, "push", OLD, &at("02:30:00")),
        ]),
    );
    put(
        "/pipelines/712/jobs",
        json!([job(912, "deploy", "success", &at("02:55:40"), &at("02:56:30"))]),
    );
    put(
        "/pipelines/710/jobs",
        json!([
            job(801, "test", "success", &at("02:20:00"), &at("02:25:00")),
            job(
                802,
                "terraform apply",
                "success",
                &at("02:26:00"),
                &at("02:29:00")
            )
        ]),
    );
    put(
        "/merge_requests",
        json!([{"iid": 233, "title": "Reserve stock by bundle", "state": "merged", "merged_at": at("02:44:08"),
            "updated_at": at("02:44:09"), "merge_commit_sha": NEW, "squash_commit_sha": null, "sha": "abcd",
            "source_branch": "bundles", "merge_user": user("mary.major"), "author": user("nikki.wolf"),
            "web_url": "https://gitlab.example/mr/233"}]),
    );
    put(
        "/merge_requests/233/diffs",
        json!([{"old_path": "src/index.js", "new_path": "src/index.js", "new_file": false, "renamed_file": false,
            "deleted_file": false, "diff": "@@ -21,7 +21,7 @@\n-  old\n+  new\n"}]),
    );
    put(
        "/events",
        json!([
            {"created_at": at("02:44:08"), "action_name": "pushed to", "author_username": "mary.major",
                "push_data": {"ref_type": "branch", "ref": "main", "commit_from": OLD, "commit_to": NEW,
                    "commit_title": "Merge branch 'bundles'"}},
            {"created_at": at("02:06:00"), "action_name": "pushed to", "author_username": "nikki.wolf",
                "push_data": {"ref_type": "branch", "ref": "bundles", "commit_from": OLD, "commit_to": "abcd",
                    "commit_title": "Try"}},
            {"created_at": at("02:05:00"), "action_name": "pushed to", "author_username": "john.stiles",
                "push_data": {"ref_type": "branch", "ref": "main", "commit_from": "1111", "commit_to": OLD,
                    "commit_title": "Raise the log level"}},
        ]),
    );
    put(
        "/releases",
        json!([{"tag_name": "v41", "name": "v41", "released_at": at("02:57:00"), "author": user("mary.major"),
            "commit": {"id": NEW}, "_links": {"self": "https://gitlab.example/releases/v41"}}]),
    );
    served
        .answers
        .insert("/user".to_owned(), json!({"username": "mary.major"}));
    served.answers.insert(
        "/projects".to_owned(),
        json!([{"path_with_namespace": "shop/backend/order-intake", "name": "Order intake"}]),
    );
    served.answers.insert(
        "/groups/shop/projects".to_owned(),
        json!([{"path_with_namespace": "shop/backend/order-intake", "name": "Order intake"}]),
    );
    served
}
