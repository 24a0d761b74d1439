//! GitHub and GitLab.

use std::sync::Arc;

use midwatch::{
    model::{Evidence, GapKind, Query, Window},
    sources::space::Member,
};
use serde_json::{Value, json};

use super::examine;
use crate::support::{
    double_github, double_gitlab,
    double_web::{DoubleWeb, Served},
    forge::{Forge, STACK, changes, night},
    mangle::{HOSTILE, cases, mangled},
};

const GITHUB: &str = "shop/order-intake";
const GITLAB: &str = "shop/backend/order-intake";

/// Both vendors: the double's answers, a member over a running double, the project.
type Vendor = (fn() -> Served, fn(&str) -> (Forge, Arc<dyn Member>));

fn vendors() -> [Vendor; 2] {
    let github = || Served {
        prefix: "/api/v3".to_owned(),
        ..double_github::answers()
    };
    [
        (github, |url| {
            let forge = Forge::github(url, double_github::TOKEN);
            let member = forge.member(&[GITHUB], &[(GITHUB, STACK)]);
            (forge, member)
        }),
        (double_gitlab::answers, |url| {
            let forge = Forge::gitlab(&format!("{url}/git"), double_gitlab::TOKEN);
            let member = forge.member(&[GITLAB], &[(GITLAB, STACK)]);
            (forge, member)
        }),
    ]
}

fn start(served: fn() -> Served, change: impl Fn(&mut Value)) -> DoubleWeb {
    let mut served = served();
    let mut all: Value = json!(served.answers);
    change(&mut all);
    served.answers = match all {
        Value::Object(members) => members.into_iter().collect(),
        _ => std::collections::BTreeMap::new(),
    };
    served.start()
}

fn window() -> Window {
    night("02:00:00", "04:00:00")
}

fn questions() -> Vec<Query> {
    let window = window();
    vec![
        Query::Changes {
            resource: None,
            window,
        },
        Query::Inventory,
        Query::Relations,
    ]
}

#[tokio::test]
async fn whatever_a_code_host_answers() {
    for (served, open) in vendors() {
        for bends in cases(12) {
            let double = start(served, |all| *all = mangled(all, &bends));
            let (_token, member) = open(double.url());
            let (_its_token, again) = open(double.url());
            examine(&member, Some(&again), &questions(), 1_000_000, &bends).await;
        }
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_a_gap_and_the_rest_is_told() {
    for (served, open) in vendors() {
        let usual = start(served, |_| {});
        let (_token, member) = open(usual.url());
        let asked = changes(&member, None, window()).await;
        assert_eq!(asked.gaps, []);
        let prefix = served().prefix;
        let paths: Vec<String> = usual.seen().into_iter().map(|request| request.path).collect();
        let paths: Vec<&str> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(&prefix))
            .collect();
        assert!(paths.len() > 8, "{paths:?}");
        let others = [json!("no"), json!(7), json!({"message": "fine"}), json!(null)];
        for (path, other) in paths.into_iter().zip(others.iter().cycle()) {
            // An object where one is asked for is read as far as it goes.
            let other = match served().answers[path].is_array() {
                true => other.clone(),
                false => json!([other]),
            };
            let double = start(served, |all| all[path] = other.clone());
            let (_token, member) = open(double.url());
            let answer = changes(&member, None, window()).await;
            assert!(
                answer.gaps.iter().any(|gap| gap.kind == GapKind::Failed
                    && gap.why.plain().ends_with("answered in a shape that is not known")),
                "{path} {other}: {:?}",
                answer.gaps
            );
        }
    }
}

#[tokio::test]
async fn hostile_words_are_inert_and_short_in_every_change() {
    fn spoil(value: &mut Value, words: &str) {
        match value {
            // Times, states and commits stay, so that the rest is told.
            Value::String(text)
                if text.starts_with("2025-10-2") || text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {}
            Value::String(text)
                if [
                    "success",
                    "push",
                    "branch",
                    "main",
                    "queued",
                    "in_progress",
                    "completed",
                    "pr_merge",
                    "refs/heads/main",
                    "merged",
                ]
                .contains(&text.as_str()) => {}
            Value::String(text) => *text = format!("{text}{words}"),
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, words)),
            Value::Object(members) => members.values_mut().for_each(|member| spoil(member, words)),
            _ => {}
        }
    }
    for (served, open) in vendors() {
        for words in [HOSTILE.concat(), "x".repeat(50_000)] {
            let double = start(served, |all| spoil(all, &words));
            let (_token, member) = open(double.url());
            let answer = member.answer(&questions()[0]).await;
            let Some(Evidence::Changes(told)) = &answer.evidence else {
                panic!("{answer:?}");
            };
            assert!(told.len() > 3, "{told:?}");
            let text = serde_json::to_string(told).unwrap();
            for bad in ["\\u001b", "\u{9b}", "\u{202e}", "\\u0007"] {
                assert!(!text.contains(bad), "{bad} in {text}");
            }
            assert!(text.len() < 400_000, "{}", text.len());
            examine(&member, None, &questions(), 400_000, &Vec::new()).await;
        }
    }
}
