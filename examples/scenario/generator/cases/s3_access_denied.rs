//! A new bucket policy refuses everybody who does not come through one endpoint; two readers do not.

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::{Value, json};

use super::super::{
    alarms::{self, Watch},
    changes::{self, Call},
    draft::{ACCOUNT, Draft, Metric, within},
    logs::{self, Runs, Said},
    metrics::{self, Function, concurrency},
    neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch},
};

const BUCKET: &str = "media-originals-111122223333";
const POLICY: &str = "media-originals-policy";

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-10-08T11:45:00Z");
    let grid = Grid {
        baseline: Span::of(from - 7 * 1440 * MINUTE, 120),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new("s3-access-denied", "catalog-export fails", "us-east-1", grid);
    let changed = epoch("2025-10-08T13:07:18Z");

    resources::bucket(&mut draft, BUCKET, "media");
    resources::add(
        &mut draft,
        POLICY,
        "AWS::S3::BucketPolicy",
        POLICY,
        None,
        "media",
        json!({"Bucket": BUCKET, "PolicyDocument": policy()}),
    );
    resources::function(
        &mut draft,
        "catalog-export",
        "catalog",
        "python3.12",
        json!({"MemorySize": 512}),
    );
    resources::role(
        &mut draft,
        "catalog-export-role",
        "catalog",
        "lambda.amazonaws.com",
        &["s3:GetObject", "s3:ListBucket"],
    );
    let arn = resources::arn(&draft, "ecs", "service/media/thumbnailer");
    let service = resources::add(
        &mut draft,
        &arn.clone(),
        "AWS::ECS::Service",
        "thumbnailer",
        Some(arn),
        "media",
        json!({"ServiceName": "thumbnailer", "Cluster": "media", "DesiredCount": 3, "LaunchType": "FARGATE", "TaskDefinition": "thumbnailer:88"}),
    );
    resources::role(
        &mut draft,
        "thumbnailer-task",
        "media",
        "ecs-tasks.amazonaws.com",
        &["s3:GetObject", "s3:PutObject"],
    );
    resources::bucket(&mut draft, "media-thumbnails-111122223333", "media");
    draft.relate(BUCKET, RelationKind::Uses, POLICY, RelationOrigin::Config);
    draft.relate(
        "catalog-export",
        RelationKind::Reads,
        BUCKET,
        RelationOrigin::Trace,
    );
    draft.relate(
        "catalog-export",
        RelationKind::Uses,
        "catalog-export-role",
        RelationOrigin::Config,
    );
    draft.relate(&service, RelationKind::Reads, BUCKET, RelationOrigin::Trace);
    draft.relate(
        &service,
        RelationKind::Writes,
        "media-thumbnails-111122223333",
        RelationOrigin::Trace,
    );
    draft.relate(
        &service,
        RelationKind::Uses,
        "thumbnailer-task",
        RelationOrigin::Config,
    );
    neighbours::worker(
        &mut draft,
        "search",
        "search-updates",
        "search-indexer",
        "search-cursor",
        &["document indexed", "cursor moved"],
    );
    neighbours::web(&mut draft, "gallery", "gallery");

    let mut rng = draft.rng("load");
    let exports = Wave::load(grid, &mut rng, 6.0, 0.2).counts(&mut rng);
    let errors = exports.map(|at, count| {
        if at < changed {
            f64::from(rng.chance(0.006))
        } else {
            count
        }
    });
    let duration = exports
        .map(|at, _| if at < changed { 730.0 } else { 95.0 })
        .noisy(&mut rng, 0.06);
    let none = Wave::flat(grid, 0.0);
    Function {
        name: "catalog-export",
        invocations: &exports,
        errors: &errors,
        throttles: &none,
        duration: &duration,
        concurrency: &concurrency(&exports, &duration),
    }
    .add(&mut draft);
    let jobs = Wave::load(grid, &mut rng, 10.0, 0.2).counts(&mut rng);
    let gets = jobs.with(&exports, |jobs, exports| jobs + 3.0 * exports);
    let denied = gets.map(|at, count| {
        if at < changed {
            rng.count(count * 0.006)
        } else {
            (count * 0.97).round()
        }
    });
    let first = Wave::flat(grid, 24.0).noisy(&mut rng, 0.09);
    metrics::bucket(&mut draft, BUCKET, &gets, &denied, &first);
    let thumbs = Wave::load(grid, &mut rng, 45.0, 0.2).counts(&mut rng);
    let missed = thumbs.map(|_, count| rng.count(count * 0.008));
    metrics::bucket(
        &mut draft,
        "media-thumbnails-111122223333",
        &thumbs,
        &missed,
        &first.noisy(&mut rng, 0.05),
    );
    let cpu = jobs
        .map(|at, count| if at < changed { 18.0 + 2.2 * count } else { 9.0 })
        .noisy(&mut rng, 0.06);
    let memory = Wave::flat(grid, 47.0).noisy(&mut rng, 0.01);
    metrics::service(
        &mut draft,
        &service,
        "media",
        "thumbnailer",
        &cpu,
        &memory,
        &Wave::flat(grid, 3.0),
    );

    alarms::function_errors(&mut draft, "catalog-export", 2.0, 3, &errors);
    alarms::function_errors(&mut draft, "search-indexer", 2.0, 3, &none);
    let dimensions = [("BucketName", BUCKET), ("FilterId", "EntireBucket")];
    Watch {
        name: "media-originals-4xx",
        description: "more than fifteen refused requests a minute",
        of: Metric {
            resource: BUCKET,
            namespace: "AWS/S3",
            dimensions: &dimensions,
        },
        metric: "4xxErrors",
        stat: "Sum",
        threshold: 15.0,
        periods: 5,
        created: None,
    }
    .add(&mut draft, &denied);

    export_logs(&mut draft, &exports, &errors, changed);
    thumbnail_logs(&mut draft, &service, &jobs, changed);
    Call {
        at: changed,
        service: "s3.amazonaws.com",
        name: "PutBucketPolicy",
        resource: Some(BUCKET),
        actor: "arnav.desai",
        summary: &format!("PutBucketPolicy on {BUCKET}"),
        request: json!({"bucketName": BUCKET, "Host": format!("{BUCKET}.s3.us-east-1.amazonaws.com"), "policy": "", "bucketPolicy": policy()}),
    }
    .add(&mut draft);
    Call {
        at: changed - 11 * MINUTE,
        service: "iam.amazonaws.com",
        name: "PutRolePolicy",
        resource: Some("search-indexer-role"),
        actor: "terraform/run-77ab",
        summary: "PutRolePolicy access on search-indexer-role",
        request: json!({"roleName": "search-indexer-role", "policyName": "access", "policyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"dynamodb:PutItem\",\"sqs:ReceiveMessage\",\"sqs:DeleteMessage\"],\"Resource\":\"*\"}]}"}),
    }
    .add(&mut draft);
    Call {
        at: changed - 68 * MINUTE,
        service: "ecs.amazonaws.com",
        name: "UpdateService",
        resource: Some(&service),
        actor: "deploy/ci-9004",
        summary: "UpdateService thumbnailer to task definition thumbnailer:88",
        request: json!({"cluster": "media", "service": "thumbnailer", "taskDefinition": "thumbnailer:88"}),
    }
    .add(&mut draft);
    for (wait, words) in [
        (40, "has started 3 tasks"),
        (170, "(deployment ecs-svc/4410027788) deployment completed"),
        (176, "has reached a steady state"),
    ] {
        draft.event(
            changed - 68 * MINUTE + wait,
            "ecs",
            Some(&service),
            Some("service"),
            format!("(service thumbnailer) {words}."),
        );
    }
    changes::harmless(
        &mut draft,
        changed,
        &[
            "search-indexer",
            "catalog-export",
            "gallery-db",
            "search-cursor",
            "media-thumbnails-111122223333",
        ],
    );
    draft.priority = "HIGH";
    draft.start_with_alarm("catalog-export-errors", 5 * MINUTE);
    draft.expect(format!(
        "verdict = \"cause\"\n\n[[cause]]\nresources = [\"{BUCKET}\", \"{POLICY}\"]\ncategory = \"system_change\"\nsays = [\"policy\"]\ntimeline = [\"PutBucketPolicy\", \"Errors\", \"alarm\"]\n\n[forbid]\nresources = [\"catalog-export-role\", \"thumbnailer-task\", \"search-indexer-role\", \"search-indexer\", \"media-thumbnails-111122223333\"]\n"
    ));
    draft
}

/// The new policy.
fn policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")], "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "EndpointOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{BUCKET}/*"), "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0c4d7e1f2a3b49586"}}},
        ],
    })
}

fn refusal(role: &str, session: &str, object: &str) -> String {
    format!(
        "An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::{BUCKET}/{object}\" with an explicit deny in a resource-based policy"
    )
}

fn export_logs(draft: &mut Draft, exports: &Wave, errors: &Wave, changed: i64) {
    Runs {
        function: "catalog-export",
        version: &|_| "$LATEST",
        memory: 512,
        invocations: exports,
        errors,
        json: false,
    }
    .add(draft, |run| {
        let page = run.rng.whole(100, 999);
        let mut lines = vec![logs::app("INFO", "catalog-export", "export started", &json!({"page": page}))];
        if run.fails && run.at >= changed * 1000 {
            let words = refusal("catalog-export-role", "catalog-export", &format!("catalog/{page}.json"));
            lines.push(format!("[ERROR] ClientError: {words}\nTraceback (most recent call last):\n  File \"/var/task/index.py\", line 24, in lambda_handler\n    body = s3.get_object(Bucket=BUCKET, Key=key)[\"Body\"].read()"));
            return Said { milliseconds: run.rng.duration(90.0), lines };
        }
        if run.fails {
            lines.push("[ERROR] ReadTimeoutError: Read timeout on endpoint URL: \"None\"".to_owned());
        } else {
            lines.push(logs::app("INFO", "catalog-export", "export done", &json!({"page": page, "rows": run.rng.whole(200, 900)})));
        }
        Said { milliseconds: run.rng.duration(730.0), lines }
    });
}

fn thumbnail_logs(draft: &mut Draft, service: &str, jobs: &Wave, changed: i64) {
    let mut rng = draft.rng("thumbnails");
    let tasks: Vec<String> = (0..3).map(|_| rng.hex(32)).collect();
    for (minute, count) in jobs.iter() {
        for _ in 0..count as i64 {
            let at = within(&mut rng, minute);
            let task = &tasks[(at % 3) as usize];
            let stream = format!("thumbnailer/app/{task}");
            let image = format!("img/{}.jpg", rng.hex(8));
            let line = if at < changed * 1000 {
                logs::app(
                    "INFO",
                    "thumbnailer",
                    "thumbnail written",
                    &json!({"key": image, "ms": rng.whole(60, 420)}),
                )
            } else {
                logs::app(
                    "ERROR",
                    "thumbnailer",
                    &refusal("thumbnailer-task", task, &image),
                    &json!({"key": image}),
                )
            };
            draft.log(at, "/ecs/thumbnailer", &stream, Some(service), line);
        }
    }
}
