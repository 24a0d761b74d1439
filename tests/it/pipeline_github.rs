//! GitHub: what was merged, pushed, deployed and released; of allowed repositories alone, by published reads alone.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use midwatch::{
    model::{Evidence, Query, RelationKind, RelationOrigin, Resource},
    sources::{aws::naming, github::endpoints},
};
use serde_json::{Value, json};

use crate::support::{
    double_github::{NEW, OLD, REPOSITORY, TOKEN, answers},
    double_web::{Reply, Served},
    forge::{Forge, STACK, changes, night, told, whole},
};

const REPO: &str = "shop/order-intake";
/// A server of one's own has the API below a path.
const ENTERPRISE: &str = "/api/v3";

fn enterprise(page: usize) -> Served {
    Served {
        prefix: ENTERPRISE.to_owned(),
        page,
        ..answers()
    }
}

fn function(stack: &str) -> Resource {
    let mut function = naming::resource("AWS::Lambda::Function", "order-intake");
    function.stack = Some(stack.to_owned());
    function
}

#[tokio::test]
async fn the_night_is_told_in_the_order_in_which_it_took_effect() {
    // One item a page: every list must be read to its end.
    for page in [0, 1] {
        let double = enterprise(page).start();
        let forge = Forge::github(double.url(), TOKEN);
        let member = forge.member(&[REPO], &[(REPO, STACK)]);
        let answer = changes(&member, None, night("02:00:00", "03:30:00")).await;
        assert!(answer.calls > 10, "{}", answer.calls);
        let found = whole(answer);
        let time = |text: &str| text.to_owned();
        assert_eq!(
            told(&found),
            [
                (
                    time("02:05:00"),
                    "push",
                    "shop/order-intake: pushed 0a1b2c3d to main (Raise the log level)"
                ),
                (
                    time("02:28:00"),
                    "workflow_run",
                    "shop/order-intake: deployment of 0a1b2c3d by workflow Build and ship failed (Reserve stock by bundle \
                     (#233))"
                ),
                (
                    time("02:44:08"),
                    "merge",
                    "shop/order-intake: merged #233 into main: Reserve stock by bundle"
                ),
                (
                    time("02:56:30"),
                    "deployment",
                    "shop/order-intake: deployed 4f1d2c3b to production (Reserve stock by bundle (#233))"
                ),
                (
                    time("02:57:00"),
                    "release",
                    "shop/order-intake: released v41: Bundles"
                ),
            ],
            "pages of {page}"
        );
        let deployment = &found[3];
        assert_eq!(deployment.source, "github");
        assert_eq!(deployment.actor.as_deref(), Some("mary.major"));
        assert_eq!(
            deployment
                .resource
                .as_ref()
                .map(midwatch::model::ResourceId::as_str),
            Some("stack:checkout")
        );
        let detail = &deployment.detail;
        assert_eq!(detail["begun"], "2025-10-27T02:55:40Z");
        assert_eq!(detail["before"], OLD);
        assert_eq!(detail["sha"], NEW);
        assert_eq!(detail["deploys"], STACK);
        assert_eq!(detail["status"], "success");
        // What runs stands before what is locked.
        assert_eq!(detail["files"][0]["path"], "src/index.js");
        assert!(
            detail["files"][0]["diff"]
                .as_str()
                .unwrap()
                .contains("+  const sku = order.bundle.sku;")
        );
        assert_eq!(found[1].detail["status"], "failure");
        for request in double.seen() {
            assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
            assert_eq!(request.headers["x-github-api-version"], "2022-11-28");
        }
    }
}

#[tokio::test]
async fn no_other_repository_is_ever_asked_about() {
    let double = enterprise(0).start();
    let forge = Forge::github(double.url(), TOKEN);
    let member = forge.member(
        &[REPO, "shop/../secret", "shop"],
        &[(REPO, STACK), ("acme/other", STACK)],
    );
    let answer = changes(&member, None, night("02:00:00", "03:30:00")).await;
    let gaps: Vec<String> = answer.gaps.iter().map(|gap| gap.what.plain()).collect();
    assert_eq!(
        gaps,
        [
            "changes of shop/../secret",
            "changes of shop",
            "changes of acme/other"
        ]
    );
    assert!(answer.gaps.iter().all(|gap| gap.hint.is_some()));
    assert!(answer.evidence.is_some());
    let own = format!("{ENTERPRISE}{REPOSITORY}");
    for request in double.seen() {
        assert_eq!(request.method, "GET");
        assert!(
            request.path == own || request.path.starts_with(&format!("{own}/")),
            "{}",
            request.path
        );
    }
}

#[tokio::test]
async fn a_space_without_repositories_asks_nothing() {
    let double = enterprise(0).start();
    let forge = Forge::github(double.url(), TOKEN);
    let member = forge.member(&[], &[]);
    for query in [
        Query::Changes {
            resource: None,
            window: night("02:00:00", "03:30:00"),
        },
        Query::Inventory,
        Query::Relations,
        Query::Identity,
    ] {
        assert_eq!(member.part(&query), None);
    }
    assert_eq!(double.seen().len(), 0);
}

#[tokio::test]
async fn a_change_is_tied_to_what_each_kind_of_mapping_names() {
    let images = "arn:aws:ecr:us-east-1:111122223333:repository/shop/order-intake";
    let state = "arn:aws:s3:::shop-state/checkout/terraform.tfstate";
    let cdk = "arn:aws:cloudformation:us-east-1:111122223333:stack/ShopCdkStack/aaaa";
    let double = enterprise(0).start();
    let forge = Forge::github(double.url(), TOKEN);
    let window = night("02:50:00", "03:30:00");
    for (arn, id) in [
        (STACK, "stack:checkout"),
        (cdk, "stack:ShopCdkStack"),
        (images, "repository:shop/order-intake"),
        (state, state),
    ] {
        let member = forge.member(&[REPO], &[(REPO, arn)]);
        let found = whole(changes(&member, None, window).await);
        assert!(
            found
                .iter()
                .all(|change| change.resource.as_ref().is_some_and(|known| known.as_str() == id)),
            "{arn}: {found:?}"
        );
        let Some(Evidence::Relations(relations)) = member.answer(&Query::Relations).await.evidence else {
            panic!("no relations");
        };
        let relation = &relations[0];
        assert_eq!(
            (relation.from.as_str(), relation.to.as_str()),
            ("github:shop/order-intake", id)
        );
        assert_eq!(
            (relation.kind, relation.origin),
            (RelationKind::Deploys, RelationOrigin::Code)
        );
    }
    // Asked about one resource: of the stack's own it is told, of another's nothing is asked.
    let member = forge.member(&[REPO], &[(REPO, STACK)]);
    let found = whole(changes(&member, Some(function("checkout")), window).await);
    assert_eq!(
        found[0]
            .resource
            .as_ref()
            .map(midwatch::model::ResourceId::as_str),
        Some("order-intake")
    );
    let other = Query::Changes {
        resource: Some(function("prices")),
        window,
    };
    assert_eq!(member.part(&other), None);
    // Without a mapping it is told, and tied to nothing.
    let member = forge.member(&[REPO], &[]);
    let found = whole(changes(&member, None, window).await);
    assert!(!found.is_empty() && found.iter().all(|change| change.resource.is_none()));
}

#[tokio::test]
async fn repositories_and_the_stacks_that_they_deploy_are_resources() {
    let double = enterprise(0).start();
    let host = Forge::github(double.url(), TOKEN);
    let member = host.member(&[REPO], &[(REPO, STACK)]);
    let Some(Evidence::Inventory(found)) = member.answer(&Query::Inventory).await.evidence else {
        panic!("no inventory");
    };
    let ids: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one.id.as_str(), one.kind.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            ("github:shop/order-intake", "repository"),
            ("stack:checkout", "AWS::CloudFormation::Stack")
        ]
    );
    assert_eq!(
        found[0].config["url"],
        format!("{}/shop/order-intake", double.url())
    );
    assert_eq!(double.seen().len(), 0);
}

#[tokio::test]
async fn the_same_question_is_answered_alike_and_from_memory() {
    let double = enterprise(0).start();
    let host = Forge::github(double.url(), TOKEN);
    let member = host.member(&[REPO], &[(REPO, STACK)]);
    let window = night("02:00:00", "03:30:00");
    let first = changes(&member, None, window).await;
    let asked = double.seen().len();
    let second = changes(&member, None, window).await;
    assert_eq!(first.evidence, second.evidence);
    assert_eq!((second.calls, double.seen().len()), (0, asked));
}

#[tokio::test]
async fn a_test_of_the_connection_tells_who_it_is_and_what_is_unwise() {
    let with = |name: &str, value: &str, token: &str| {
        let mut served = enterprise(1);
        served.headers.push((name.to_owned(), value.to_owned()));
        served.token = Some(("authorization".to_owned(), format!("Bearer {token}")));
        served
    };
    let double = with(
        "github-authentication-token-expiration",
        "2999-12-31 23:59:59 UTC",
        TOKEN,
    )
    .start();
    let report = Forge::github(double.url(), TOKEN).check().await.unwrap();
    assert_eq!(report.identity.unwrap().plain(), "mary.major");
    assert_eq!(report.method.plain(), "fine-grained token");
    assert_eq!(report.expires.unwrap().to_string(), "2999-12-31T23:59:59Z");
    assert_eq!(
        report.limit.map(|limit| (limit.left, limit.of)),
        Some((4980, 5000))
    );
    let ids: Vec<&str> = report.resources.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["acme/other", "shop/order-intake"]);
    let warnings: Vec<String> = report.warnings.iter().map(midwatch::model::Text::plain).collect();
    assert!(
        warnings[0].contains("check that every permission of it is read-only"),
        "{warnings:?}"
    );
    assert!(warnings[1].contains("at most 365 are wise"), "{warnings:?}");

    let double = with("x-oauth-scopes", "repo, read:org, workflow", "ghp_classic").start();
    let mut forge = Forge::github(double.url(), "ghp_classic");
    forge.connection.owner = Some("shop".to_owned());
    let report = forge.check().await.unwrap();
    assert_eq!(report.method.plain(), "classic token");
    assert!(
        report.warnings[0]
            .plain()
            .starts_with("the token may write (repo, workflow); midwatch only reads"),
        "{:?}",
        report.warnings
    );
    let ids: Vec<&str> = report.resources.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["shop/order-intake"]);

    let error = Forge::github(double.url(), "ghp_old").check().await.unwrap_err();
    assert!(
        error.contains("GitHub does not take the token: Bad credentials") && error.contains("hint:"),
        "{error}"
    );
    assert!(!error.contains("ghp_old"));
}

#[tokio::test]
async fn every_read_is_one_that_github_publishes() {
    let peers = env::var_os("MIDWATCH_TEST_PEERS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".peers"),
        PathBuf::from,
    );
    let folder = peers.join("github/node_modules/@octokit/openapi/generated");
    let mut descriptions: Vec<PathBuf> = ["api.github.com.json", "ghes-3.17.json"]
        .map(|name| folder.join(name))
        .into();
    descriptions.retain(|path| path.exists());
    if descriptions.is_empty() {
        eprintln!(
            "SKIPPED: no description of GitHub's API at {}; scripts/test installs it",
            folder.display()
        );
        return;
    }
    // All reads of the list, and whatever a question really sends.
    let double = enterprise(1).start();
    let host = Forge::github(double.url(), TOKEN);
    let member = host.member(&[REPO], &[]);
    whole(changes(&member, None, night("02:00:00", "03:30:00")).await);
    let sent = double.seen();
    for path in descriptions {
        let description: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(description["paths"][endpoints::TOKENS.path]["post"].is_object());
        for endpoint in endpoints::ALL {
            let read = &description["paths"][endpoint.path]["get"];

            assert!(
                read.is_object(),
                "GET {} is not in {}",
                endpoint.path,
                path.display()
            );
            let known = query_of(&description, endpoint.path);
            for name in endpoint.query {
                assert!(
                    known.contains(*name),
                    "{name} of {} is not in {}",
                    endpoint.path,
                    path.display()
                );
            }
        }
        for request in &sent {
            let path = request.path.trim_start_matches(ENTERPRISE);
            let endpoint = endpoints::ALL.iter().find(|endpoint| fits(endpoint.path, path));
            let endpoint = endpoint.unwrap_or_else(|| panic!("{path} is not on the closed list"));
            let known = query_of(&description, endpoint.path);
            for name in request.query.keys() {
                assert!(known.contains(name), "{name} of {path}");
            }
        }
    }
}

/// Names of the parameters that a published read takes in its query.
fn query_of(description: &Value, path: &str) -> BTreeSet<String> {
    let item = &description["paths"][path];
    let lists = [&item["get"]["parameters"], &item["parameters"]];
    let parameters = lists.into_iter().filter_map(Value::as_array).flatten();
    parameters
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(to) => description.pointer(to.trim_start_matches('#')).unwrap(),
            None => parameter,
        })
        .filter(|parameter| parameter["in"] == json!("query"))
        .filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned()))
        .collect()
}

/// True when a path that was sent is one of that template.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(known, sent)| known.starts_with('{') || known == sent)
}

/// A key that was made for this test and opens nothing.
const KEY: &str = include_str!("../data/github-app.pem");

#[tokio::test]
async fn an_app_proves_itself_and_takes_a_token_that_only_reads() {
    let minted = "ghs_minted";
    let mut served = enterprise(0);
    served.token = Some(("authorization".to_owned(), format!("Bearer {minted}")));
    let installations =
        json!([{"id": 41, "account": {"login": "acme"}}, {"id": 42, "account": {"login": "Shop"}}]);
    let token =
        json!({"token": minted, "expires_at": "2999-01-01T00:00:00Z", "permissions": {"contents": "read"}});
    served.instead.insert(
        "/app/installations".to_owned(),
        vec![Reply::json(&installations); 4],
    );
    served.instead.insert(
        "/app/installations/42/access_tokens".to_owned(),
        vec![
            Reply {
                status: 201,
                ..Reply::json(&token)
            };
            4
        ],
    );
    // The token of an installation has no user.
    served.instead.insert(
        "/user".to_owned(),
        vec![Reply::error(403, "Resource not accessible by integration"); 4],
    );
    served
        .answers
        .insert("/rate_limit".to_owned(), json!({"resources": {}}));
    let list = served.answers["/orgs/shop/repos"].clone();
    served.keys.push("repositories");
    served.answers.insert(
        "/installation/repositories".to_owned(),
        json!({"repositories": list}),
    );
    let double = served.start();
    let mut forge = Forge::github(double.url(), KEY);
    let midwatch::config::Auth::Bearer { token } = forge.connection.auth.clone() else {
        panic!("no bearer");
    };
    forge.connection.owner = Some("shop".to_owned());
    forge.connection.auth = midwatch::config::Auth::ClientCredentials {
        id: "123456".to_owned(),
        secret: token,
        token_url: None,
        scopes: Vec::new(),
        parameters: std::collections::BTreeMap::new(),
    };
    let member = forge.member(&[REPO], &[]);
    let window = night("02:00:00", "03:30:00");
    assert_eq!(whole(changes(&member, None, window).await).len(), 5);
    let seen = double.seen();
    let exchanges: Vec<_> = seen.iter().filter(|request| request.method != "GET").collect();
    assert_eq!(exchanges.len(), 1, "one token serves a whole question");
    let exchange = exchanges[0];
    assert_eq!(
        exchange.path,
        format!("{ENTERPRISE}/app/installations/42/access_tokens")
    );
    let asked: Value = serde_json::from_str(&exchange.body).unwrap();
    let permissions = asked["permissions"].as_object().unwrap();
    assert!(
        permissions.len() == 5 && permissions.values().all(|value| value == "read"),
        "{asked}"
    );
    let proof = exchange.headers["authorization"].strip_prefix("Bearer ").unwrap();
    let claims = proven(proof);
    assert_eq!(claims["iss"], "123456");
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!(life <= 600, "{life}");

    let report = forge.check().await.unwrap();
    assert_eq!(report.method.plain(), "installation token");
    assert_eq!(report.warnings, []);
    assert_eq!(report.resources[0].0, REPO);

    forge.put_token("no key at all");
    let error = forge.check().await.unwrap_err();
    assert!(
        error.contains("the app's private key cannot be used: it is not in PEM"),
        "{error}"
    );
    assert!(!error.contains("no key at all"));
}

/// The claims of a proof whose signature is the test key's.
fn proven(proof: &str) -> Value {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
    let (_, claims) = signed.split_once('.').unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn the_command_line_tries_it_and_lists_what_may_be_allowed() {
    let mut served = enterprise(1);
    served.token = Some(("authorization".to_owned(), format!("Bearer {TOKEN}")));
    let double = served.start();
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let written = format!(
        "[connections.code]\nkind = \"github\"\nurl = \"{}\"\nauth = {{ bearer = {{ env = \"CODE_TOKEN\" }} }}\n",
        double.url()
    );
    fs::write(&config, written).unwrap();
    let run = |words: &[&str], token: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_midwatch"))
            .arg("connection")
            .args(words)
            .env_clear()
            .env("HOME", home.path())
            .env("MIDWATCH_CONFIG", &config)
            .env("CODE_TOKEN", token)
            .output()
            .unwrap();
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (words(&output.stdout), words(&output.stderr))
    };
    let (told, _) = run(&["test", "code"], TOKEN);
    assert!(
        told.starts_with("code: ok, mary.major by fine-grained token, reaches 2 projects"),
        "{told}"
    );
    assert!(told.contains("\nwarning: ") && !told.contains(TOKEN), "{told}");
    let (listed, _) = run(&["resources", "code", "ORDER"], TOKEN);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.starts_with("shop/order-intake"), "{listed}");
    let (listed, _) = run(&["resources", "code", "--format", "json"], TOKEN);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let (_, error) = run(&["test", "code"], "ghp_hush");
    assert!(error.contains("hint:") && !error.contains("ghp_hush"), "{error}");
}
