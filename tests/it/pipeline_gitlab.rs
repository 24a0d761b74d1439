//! GitLab below a path of a host of one's own: what was merged, pushed, deployed and released.

use midwatch::sources::gitlab::endpoints;
use serde_json::{Value, json};

use crate::support::{
    double_gitlab::{NEW, OLD, PREFIX, PROJECT, TOKEN, answers},
    double_web::{DoubleWeb, Served},
    forge::{Forge, STACK, changes, night, told, whole},
};

const NAME: &str = "shop/backend/order-intake";

fn forge(double: &DoubleWeb) -> Forge {
    Forge::gitlab(&format!("{}/git", double.url()), TOKEN)
}

#[tokio::test]
async fn the_night_is_told_in_the_order_in_which_it_took_effect() {
    for page in [0, 1] {
        let double = Served { page, ..answers() }.start();
        let host = forge(&double);
        let member = host.member(&[NAME], &[(NAME, STACK)]);
        let found = whole(changes(&member, None, night("02:00:00", "03:30:00")).await);
        let own = |text: &str| format!("{NAME}: {text}");
        let expected = [
            (
                "02:05:00",
                "push",
                own("pushed 0a1b2c3d to main (Raise the log level)"),
            ),
            (
                "02:12:00",
                "deployment",
                own("deployment of 55556666 to production failed (Reserve stock by bundle)"),
            ),
            (
                "02:29:00",
                "pipeline",
                own("deployed 0a1b2c3d by pipeline 710 (Raise the log level)"),
            ),
            (
                "02:44:08",
                "merge",
                own("merged !233 into main: Reserve stock by bundle"),
            ),
            (
                "02:56:30",
                "deployment",
                own("deployed 4f1d2c3b to production (Reserve stock by bundle)"),
            ),
            ("02:57:00", "release", own("released v41")),
            (
                "03:25:00",
                "deployment",
                own("deployment of 77778888 to production is under way (Reserve stock by bundle)"),
            ),
        ];
        let told = told(&found);
        let told: Vec<(&str, &str, String)> = told
            .iter()
            .map(|(at, kind, text)| (at.as_str(), *kind, (*text).to_owned()))
            .collect();
        assert_eq!(told, expected, "pages of {page}");
        let deployment = &found[4].detail;
        assert_eq!(deployment["before"], OLD);
        assert_eq!(deployment["sha"], NEW);
        assert_eq!(deployment["begun"], "2025-10-27T02:55:40Z");
        assert_eq!(found[4].source, "gitlab");
        assert_eq!(
            found[4]
                .resource
                .as_ref()
                .map(midwatch::model::ResourceId::as_str),
            Some("stack:checkout")
        );
        assert!(
            found[3].detail["files"][0]["diff"]
                .as_str()
                .unwrap()
                .contains("+  new")
        );
        for request in double.seen() {
            assert_eq!(request.method, "GET");
            assert_eq!(request.headers["private-token"], TOKEN);
            let path = request.path.strip_prefix(PREFIX).unwrap();
            assert!(
                path == PROJECT || path.starts_with(&format!("{PROJECT}/")),
                "{path}"
            );
            let fits = |template: &str| {
                let (template, path): (Vec<_>, Vec<_>) =
                    (template.split('/').collect(), path.split('/').collect());
                template.len() == path.len()
                    && template
                        .iter()
                        .zip(&path)
                        .all(|(known, sent)| known.starts_with('{') || known == sent)
            };
            let endpoint = endpoints::ALL
                .iter()
                .find(|endpoint| fits(endpoint.path))
                .unwrap();
            assert!(
                request
                    .query
                    .keys()
                    .all(|name| endpoint.query.contains(&name.as_str())),
                "{request:?}"
            );
        }
    }
}

fn token(scopes: Value, expires: Value) -> Served {
    let mut served = answers();
    served.answers.insert(
        "/personal_access_tokens/self".to_owned(),
        json!({"name": "midwatch", "active": true, "revoked": false, "scopes": scopes, "expires_at": expires,
            "created_at": "2025-10-27T00:00:00.000Z"}),
    );
    served
}

#[tokio::test]
async fn a_test_of_the_connection_warns_of_writing_and_of_expiry() {
    let day = |days: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        json!(at.strftime("%Y-%m-%d").to_string())
    };
    for (scopes, expires, said) in [
        (json!(["read_api"]), day(100), vec![]),
        (
            json!(["api", "read_api", "write_repository"]),
            day(100),
            vec!["the token may write (api, write_repository)"],
        ),
        (json!(["read_api"]), day(14), vec!["the token expires in 13 days"]),
        (
            json!(["read_repository"]),
            day(100),
            vec!["the token lacks the scope read_api"],
        ),
        (
            json!(["read_api"]),
            json!("2999-01-01"),
            vec!["at most 365 are wise"],
        ),
        (json!(["read_api"]), Value::Null, vec!["the token never expires"]),
    ] {
        // The token of an old one would be told by its own age: this one was made today.
        let mut served = token(scopes, expires.clone());
        let made = jiff::Timestamp::now().to_string();
        served.answers.get_mut("/personal_access_tokens/self").unwrap()["created_at"] = json!(made);
        let double = served.start();
        let report = forge(&double).check().await.unwrap();
        let warnings: Vec<String> = report.warnings.iter().map(midwatch::model::Text::plain).collect();
        assert_eq!(warnings.len(), said.len(), "{expires} {warnings:?}");
        for (warning, said) in warnings.iter().zip(said) {
            assert!(warning.contains(said), "{warning}");
        }
        assert_eq!(report.identity.unwrap().plain(), "mary.major");
        assert_eq!(report.method.plain(), "personal token");
        assert_eq!(report.limit.map(|limit| limit.left), Some(1990));
        assert_eq!(report.resources.len(), 1);
        assert_eq!(report.resources[0].0, NAME);
    }
}

#[tokio::test]
async fn a_group_is_listed_with_the_groups_in_it() {
    let mut served = token(json!(["read_api"]), json!("2999-01-01"));
    served.answers.remove("/projects");
    served
        .answers
        .insert("/user".to_owned(), json!({"username": "group_12_bot_ab"}));
    let double = served.start();
    let mut forge = forge(&double);
    forge.connection.owner = Some("shop".to_owned());
    let report = forge.check().await.unwrap();
    assert_eq!(report.method.plain(), "group token");
    assert_eq!(report.resources[0].0, NAME);
    let listed = double
        .seen()
        .into_iter()
        .find(|request| request.path.ends_with("/groups/shop/projects"));
    assert_eq!(listed.unwrap().query["include_subgroups"], "true");
}
