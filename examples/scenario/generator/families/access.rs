//! Policies, roles, keys, secrets, certificates.

use serde_json::json;

use super::{
    super::{
        changes::Call,
        draft::ACCOUNT,
        wave::time,
        world::{Lambda, Site, World, entry::BEHIND, kind, words::error},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("s3-policy-denied", bucket_denied),
    ("kms-key-disabled", key_disabled),
    ("iam-permission-removed", permission_removed),
    ("secret-rotated", secret_rotated),
    ("certificate-expired", certificate_expired),
];

/// A bucket's new policy lets only one network in, and the readers are not in it.
fn bucket_denied(w: &mut World) {
    let (name, bucket, api) = (w.n("viewer"), w.n("media"), w.n("media-api"));
    let at = w.act();
    let flow = w.failing("viewer", &w.calm("viewer", 34.0, 90.0), 1.0);
    let role = format!("{name}-role");
    let who = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}");
    let what = bucket.clone();
    Lambda::new(&name, "nodejs22.x", &flow, &["picture answered", "picture read"])
        .fault(&move |run| {
            let picture = run.rng.whole(1_000, 9_999);
            run.raise("AccessDenied", &format!("User: {who} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::{what}/pictures/{picture}.jpg\" with an explicit deny in a resource-based policy"), "read.js:19")
        })
        .lay(w);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "OnlyOurEndpoint", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/*"), "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0d41c7e2b9f03a865"}}}]});
    let count = w.around("bucket", flow.count.clone(), 22.0);
    w.add(
        &kind::BUCKET,
        &bucket,
        json!({}),
        &[("AllRequests", &count.count), ("4xxErrors", &flow.bad)],
    );
    // A policy is a resource of its own in CloudFormation, and shown with its bucket here.
    if let Some(config) = w.config(&bucket) {
        config["BucketPolicy"] = policy.clone();
    }
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("GET", "/pictures/{id}"), &front, BEHIND, &[]);
    w.place(&kind::ROLE, &role, json!({}));
    let index = w.n("index");
    w.add(&kind::TABLE, &index, json!({}), &[]);
    let clients = w.client(&w.n("browsers"), &id);
    w.calls(&id, &name);
    w.reads(&name, &bucket);
    w.reads(&name, &index);
    w.uses(&name, &role);
    w.call(
        at,
        ("s3", "PutBucketPolicy"),
        &bucket,
        &format!("PutBucketPolicy of {bucket}"),
        json!({"bucketName": bucket, "policy": "", "bucketPolicy": policy}),
    );
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 8.0);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&bucket], "system_change", &["policy"]);
    w.timeline(&["PutBucketPolicy", "alarm"]);
    w.forbid(&[&id, &clients, &index]);
    w.innocent(&[&index, &id]);
    w.telling(&bucket, "4xxErrors");
}

/// Somebody disables the key that a bucket is encrypted with.
fn key_disabled(w: &mut World) {
    let (name, bucket) = (w.n("sealer"), w.n("contracts"));
    let at = w.act();
    let flow = w.failing("sealer", &w.calm("sealer", 19.0, 170.0), 1.0);
    let key = w.place(
        &kind::KEY,
        &w.n("contracts-key"),
        json!({"Enabled": false, "KeySpec": "SYMMETRIC_DEFAULT"}),
    );
    let k = key.clone();
    Lambda::new(&name, "python3.13", &flow, &["contract sealed", "contract read"])
        .fault(&move |run| run.raise("botocore.errorfactory.KMS.DisabledException", &format!("An error occurred (KMS.DisabledException) when calling the PutObject operation: {k} is disabled."), "seal.py:54"))
        .lay(w);
    w.add(&kind::BUCKET, &bucket, json!({"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}}), &[("4xxErrors", &flow.bad)]);
    let queue = w.backed_up(&w.n("seal-jobs"), 14.0, 0.9);
    let table = w.n("parties");
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let asker = w.n("intake");
    w.calm_function(&asker, "python3.13", 19.0, 40.0, &["contract queued"]);
    w.writes(&asker, &queue);
    w.triggers(&queue, &name);
    w.writes(&name, &bucket);
    w.uses(&bucket, &key);
    w.uses(&name, &key);
    w.reads(&name, &table);
    w.call(
        at,
        ("kms", "DisableKey"),
        &key,
        &format!("DisableKey {}", w.n("contracts-key")),
        json!({"keyId": key}),
    );
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 5.0);
    w.starts_text(format!(
        "{name} does not seal contracts any more, all of its runs fail"
    ));
    w.title(format!("{name} fails"), &name);
    w.cause(&[&key], "system_change", &["key"]);
    w.forbid(&[&queue, &table, &asker]);
    w.innocent(&[&asker, &table]);
    w.telling(&bucket, "4xxErrors");
}

/// A role loses the right to write to the table.
fn permission_removed(w: &mut World) {
    let (name, table, api) = (w.n("register"), w.n("registrations"), w.n("register-api"));
    let at = w.act();
    let flow = w.failing("register", &w.calm("register", 27.0, 66.0), 1.0);
    let role = w.place(
        &kind::ROLE,
        &format!("{name}-role"),
        json!({"Policies": [{"PolicyName": "access", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": "*"}]}}]}),
    );
    let region = w.draft.region;
    let (who, t) = (
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"),
        table.clone(),
    );
    Lambda::new(&name, "nodejs22.x", &flow, &["registration stored", "registration checked"])
        .fault(&move |run| run.raise("AccessDeniedException", &format!("User: {who} is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:{region}:{ACCOUNT}:table/{t} because no identity-based policy allows the dynamodb:PutItem action"), "store.js:27"))
        .lay(w);
    let writes = w
        .load("writes", 60.0)
        .with(&w.rise(1.0, 0.0), |a, b| (a * b).round());
    w.add(
        &kind::TABLE,
        &table,
        json!({}),
        &[("ConsumedWriteCapacityUnits", &writes)],
    );
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("POST", "/registrations"), &front, BEHIND, &[]);
    let mailer = w.n("confirmer");
    w.calm_function(&mailer, "nodejs22.x", 2.0, 210.0, &["confirmation sent"]);
    let clients = w.client(&w.n("guests"), &id);
    w.calls(&id, &name);
    w.writes(&name, &table);
    w.uses(&name, &role);
    w.reads(&mailer, &table);
    w.call(
        at,
        ("iam", "PutRolePolicy"),
        &role,
        &format!("PutRolePolicy access of {role}"),
        json!({"roleName": role, "policyName": "access", "policyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"dynamodb:GetItem\",\"dynamodb:Query\"],\"Resource\":\"*\"}]}"}),
    );
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 6.0);
    w.title(format!("{api} answers with errors"), &api);
    w.entry(&id, &front);
    w.cause(&[&role], "system_change", &[]);
    w.timeline(&["PutRolePolicy", "alarm"]);
    w.forbid(&[&id, &clients, &table, &mailer]);
    w.innocent(&[&mailer, &table]);
    w.telling(&table, "ConsumedWriteCapacityUnits");
}

/// A database's password is rotated, and its user goes on with the old one.
fn secret_rotated(w: &mut World) {
    let (name, database) = (w.n("planner"), w.n("planner-db"));
    let at = w.act();
    let flow = w.failing("planner", &w.calm("planner", 80.0, 75.0), 0.9);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["plan saved", "plan read"])
        .error(&move |rng| {
            error(
                &n,
                "FATAL: password authentication failed for user \"planner\"",
                &json!({"pool": "main", "attempt": rng.whole(1, 9)}),
            )
        })
        .lay(w);
    let open = w.measured("open", 38.0, 3.0, 0.06).map(|_, value| value.round());
    w.add(
        &kind::DATABASE,
        &database,
        json!({}),
        &[("DatabaseConnections", &open)],
    );
    let secret = w.place(
        &kind::SECRET,
        &w.n("planner-login"),
        json!({"RotationRules": {"AutomaticallyAfterDays": 30}}),
    );
    let rotator = w.n("rotator");
    let quiet = w.around(
        "rotator",
        w.none()
            .map(|minute, _| f64::from(minute <= at && at < minute + 60)),
        2_400.0,
    );
    Lambda::new(
        &rotator,
        "python3.12",
        &quiet,
        &["finishSecret: moved AWSCURRENT to the new version"],
    )
    .lay(w);
    let group = format!("/aws/rds/instance/{database}/postgresql");
    w.lines(&group, &database, 2.2, &|rng, at| format!("{} UTC:10.0.3.{}({}):planner@main:[{}]:FATAL:  password authentication failed for user \"planner\"", super::super::wave::time_ms(at).strftime("%Y-%m-%d %H:%M:%S"), rng.whole(10, 250), rng.whole(32_000, 61_000), rng.whole(900, 31_000)));
    w.routine(&group, &database, 0.3, &["LOG:  checkpoint starting: time"]);
    w.writes(&ids.service, &database);
    w.uses(&ids.service, &secret);
    w.uses(&rotator, &secret);
    let client = w.client(&w.n("managers"), &ids.balancer);
    w.call(
        at,
        ("secretsmanager", "RotateSecret"),
        &secret,
        &format!("RotateSecret {}", w.n("planner-login")),
        json!({"secretId": secret, "rotateImmediately": true}),
    );
    Call {
        at: at + 9,
        service: "secretsmanager.amazonaws.com",
        name: "UpdateSecretVersionStage",
        resource: Some(&secret),
        actor: &format!("{rotator}-role/{rotator}"),
        summary: &format!("UpdateSecretVersionStage AWSCURRENT of {}", w.n("planner-login")),
        request: json!({"secretId": secret, "versionStage": "AWSCURRENT"}),
    }
    .add(&mut w.draft);
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        12.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&secret, &ids.service], "system_change", &[]);
    w.forbid(&[&database, &client, &ids.balancer]);
    w.innocent(&[&database]);
    w.telling(&database, "DatabaseConnections");
}

/// A certificate's last day is over; those who check it do not connect any more.
fn certificate_expired(w: &mut World) {
    let (name, inner) = (w.n("storefront"), w.n("inner"));
    let onset = w.shape.onset;
    let asked = w.calm("storefront", 68.0, 110.0);
    let flow = w.failing("storefront", &asked, 1.0);
    let passed = flow.count.with(&flow.bad, |all, bad| all - bad);
    let served = w.around("inner", passed, 55.0);
    let host = format!("{inner}.internal.example.com");
    let back = Site::new(&inner, &served, &["stock answered", "price answered"])
        .config(json!({}))
        .lay(w);
    let certificate = w.place(
        &kind::CERTIFICATE,
        &host,
        json!({"DomainName": host, "Type": "IMPORTED", "NotBefore": time(onset - 365 * 86_400).to_string(), "NotAfter": time(onset).to_string(), "InUseBy": [back.balancer]}),
    );
    w.uses(&back.balancer, &certificate);
    let h = host.clone();
    Lambda::new(&name, "nodejs22.x", &flow, &["page answered", "stock asked for"])
        .fault(&move |run| {
            let mut ended = run.raise("Error", "certificate has expired", "stock.js:12");
            ended.lines.insert(
                0,
                super::super::logs::node(
                    run.at,
                    run.id,
                    "ERROR",
                    &format!("GET https://{h}/stock failed: code=CERT_HAS_EXPIRED"),
                ),
            );
            ended
        })
        .lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&w.n("storefront-api"), ("GET", "/"), &front, BEHIND, &[]);
    let tls = w.counts("tls", &flow.bad.map(|_, bad| bad * 0.98));
    w.extra(
        &back.balancer,
        (
            "AWS/ApplicationELB",
            "ClientTLSNegotiationErrorCount",
            "Sum",
            "Count",
        ),
        &[("LoadBalancer", super::super::world::fleet::tail(&back.balancer))],
        &tls,
    );
    w.event(onset - 2 * 3_600, "health", &certificate, "scheduledChange", format!("AWS_ACM_CERTIFICATE_APPROACHING_EXPIRATION: the imported certificate for {host} is about to expire; import it anew"));
    let clients = w.client(&w.n("shoppers"), &id);
    w.calls(&id, &name);
    w.calls(&name, &back.balancer);
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 9.0);
    w.starts_text(format!(
        "The shop shows errors. On-call saw failing runs of {name}."
    ));
    w.title(format!("{name} fails"), &name);
    w.entry(&id, &front);
    w.cause(&[&certificate], "", &["certificate"]);
    w.forbid(&[&id, &clients, &back.service, &back.targets]);
    w.innocent(&[&back.service]);
    w.telling(&back.balancer, "ClientTLSNegotiationErrorCount");
}
