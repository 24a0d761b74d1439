//! The built-in reasoner over AWS' telemetry and a code host together: what was merged and deployed right before the onset is
//! the cause; and without any code host, what Jenkins or Argo CD did is found all the same.

use std::sync::Arc;

use async_trait::async_trait;
use midwatch::{
    journal::views::Investigation,
    model::{Answer, Category, Change, Evidence, Observed, Occasion, Query, Source},
    sources::{
        bundle::{Bundle, BundleSource},
        space::{Member, SpaceSource},
    },
};
use serde_json::json;

use crate::support::{
    double_github::{self, TOKEN},
    double_web::Served,
    engine::Watch,
    forge::{Forge, STACK},
};

const SCENARIO: &str = "order-intake-bad-deploy";
const FUNCTION: &str = "order-intake";

/// A shipped scenario as a member of a space that saw other things.
struct Recorded<F> {
    bundle: BundleSource,
    saw: F,
}

impl<F> Recorded<F> {
    fn new(saw: F) -> Self {
        Self {
            bundle: BundleSource::new(Bundle::scenario(SCENARIO).unwrap()),
            saw,
        }
    }
}

#[async_trait]
impl<F: Fn(Evidence) -> Evidence + Send + Sync> Source for Recorded<F> {
    fn name(&self) -> &'static str {
        "aws"
    }

    async fn answer(&self, query: &Query) -> Answer {
        let mut answer = self.bundle.answer(query).await;
        answer.evidence = answer.evidence.map(&self.saw);
        answer
    }

    fn occasion(&self) -> Option<Occasion> {
        self.bundle.occasion()
    }
}

impl<F: Fn(Evidence) -> Evidence + Send + Sync> Member for Recorded<F> {
    fn part(&self, query: &Query) -> Option<Query> {
        Some(query.clone())
    }
}

fn with_changes(evidence: Evidence, change: impl Fn(Change) -> Option<Change>) -> Evidence {
    match evidence {
        Evidence::Changes(changes) => Evidence::Changes(changes.into_iter().filter_map(change).collect()),
        other => other,
    }
}

fn is_function(change: &Change) -> bool {
    change.resource.as_ref().is_some_and(|id| id.as_str() == FUNCTION)
}

/// Nobody recorded what was done to the function.
fn unrecorded(evidence: Evidence) -> Evidence {
    with_changes(evidence, |change| (!is_function(&change)).then_some(change))
}

async fn investigated(members: Vec<Arc<dyn Member>>) -> Investigation {
    let watch = Watch::new().await;
    let stream = watch.open(SCENARIO, |_| {}).await;
    watch.run(&stream, Arc::new(SpaceSource::new(members))).await;
    watch.view(&stream).await
}

/// Kind and source of the changes that a cause cites, and whether it cites anything else.
fn cited(view: &Investigation) -> (Vec<(String, String)>, bool) {
    let cause = view.causes.values().next().expect("a cause");
    let mut changes = Vec::new();
    let mut others = false;
    for seq in &cause.evidence {
        match view
            .observations
            .get(seq)
            .map(|observed| &observed.observation.fact)
        {
            Some(Observed::Changed { source, change, .. }) => changes.push((source.clone(), change.clone())),
            Some(Observed::MetricShift { .. } | Observed::LogBurst { .. }) => others = true,
            _ => {}
        }
    }
    (changes, others)
}

/// Resources to which the deployment at GitHub was tied.
fn tied(view: &Investigation) -> Vec<String> {
    view.observations
        .values()
        .filter(|observed| {
            matches!(&observed.observation.fact, Observed::Changed { source, change, .. }
                if source == "github" && change == "deployment")
        })
        .filter_map(|observed| observed.observation.resource.as_ref().map(ToString::to_string))
        .collect()
}

fn github(change: impl Fn(&mut Served)) -> Served {
    let mut served = Served {
        prefix: "/api/v3".to_owned(),
        ..double_github::answers()
    };
    change(&mut served);
    served
}

const REPO: &str = "shop/order-intake";

#[tokio::test]
async fn what_was_merged_and_deployed_right_before_the_onset_is_the_cause() {
    let double = github(|_| {}).start();
    let host = Forge::github(double.url(), TOKEN);
    let code = host.member(&[REPO], &[(REPO, STACK)]);
    let view = investigated(vec![Arc::new(Recorded::new(unrecorded)), code]).await;
    let cause = view.causes.values().next().expect("a cause");
    assert_eq!(
        cause.resource.as_str(),
        "order-intake",
        "{}",
        cause.statement.plain()
    );
    assert_eq!(cause.category, Category::SystemChange);
    assert!(
        cause.statement.plain().contains("mary.major"),
        "{}",
        cause.statement.plain()
    );
    let (changes, others) = cited(&view);
    assert!(
        changes
            .iter()
            .any(|(source, kind)| source == "github" && kind == "deployment"),
        "{changes:?}"
    );
    assert!(others, "a deployment alone is no cause");
    let told = view.observations.values().any(|observed| {
        let text = observed.observation.text.plain();
        text.contains("deployed 4f1d2c3b to production (Reserve stock by bundle")
    });
    assert!(told);
}

#[tokio::test]
async fn a_merge_alone_and_a_deployment_that_outlasts_the_onset_explain_it_too() {
    let merge_only = github(|served| {
        for path in ["/deployments", "/actions/runs", "/releases"] {
            served
                .answers
                .insert(format!("{}{path}", double_github::REPOSITORY), json!([]));
        }
    });
    let slow = github(|served| {
        let releases = format!("{}/releases", double_github::REPOSITORY);
        served.answers.insert(releases, json!([]));
        let statuses = served
            .answers
            .get_mut(&format!("{}/deployments/12/statuses", double_github::REPOSITORY));
        statuses.unwrap()[0]["created_at"] = json!("2025-10-27T03:20:00Z");
    });
    for (served, kind) in [(merge_only, "merge"), (slow, "deployment")] {
        let double = served.start();
        let host = Forge::github(double.url(), TOKEN);
        let code = host.member(&[REPO], &[(REPO, STACK)]);
        let view = investigated(vec![Arc::new(Recorded::new(unrecorded)), code]).await;
        let cause = view.causes.values().next().expect("a cause");
        assert_eq!(cause.resource.as_str(), "order-intake", "{kind}");
        let (changes, _) = cited(&view);
        assert!(
            changes
                .iter()
                .any(|(source, told)| source == "github" && told == kind),
            "{kind}: {changes:?}"
        );
    }
}

#[tokio::test]
async fn without_a_mapping_a_deployment_is_told_and_blames_nothing() {
    let double = github(|_| {}).start();
    let host = Forge::github(double.url(), TOKEN);
    let code = host.member(&[REPO], &[]);
    let view = investigated(vec![Arc::new(Recorded::new(unrecorded)), code]).await;
    for observed in view.observations.values() {
        if let Observed::Changed { source, .. } = &observed.observation.fact {
            assert_ne!(source, "github", "{}", observed.observation.text.plain());
        }
    }
}

#[tokio::test]
async fn what_aws_saw_change_narrows_what_a_deployment_changed() {
    let double = github(|_| {}).start();
    let host = Forge::github(double.url(), TOKEN);
    let code = host.member(&[REPO], &[(REPO, STACK)]);
    let view = investigated(vec![Arc::new(Recorded::new(|seen| seen)), code]).await;
    let blamed = tied(&view);
    // The API stands in the same stack: CloudTrail says that the function alone was changed.
    assert_eq!(blamed, ["order-intake"]);
    let cause = view.causes.values().next().expect("a cause");
    assert_eq!(cause.resource.as_str(), "order-intake");
}

#[tokio::test]
async fn what_jenkins_or_argo_cd_deployed_is_found_with_no_pipeline_connected() {
    for actor in [
        "assumed-role/jenkins/build-88",
        "assumed-role/argocd-application-controller/sync",
    ] {
        let renamed = move |change: Change| {
            let by_pipeline = change
                .actor
                .as_deref()
                .is_some_and(|by| by.starts_with("deploy/"));
            // Nothing of a code host is known.
            (change.source == "cloudtrail").then(|| Change {
                actor: if by_pipeline {
                    Some(actor.to_owned())
                } else {
                    change.actor.clone()
                },
                ..change
            })
        };
        let aws = Recorded::new(move |seen| with_changes(seen, renamed));
        let view = investigated(vec![Arc::new(aws)]).await;
        let cause = view.causes.values().next().expect("a cause");
        assert_eq!(cause.resource.as_str(), "order-intake");
        assert_eq!(cause.category, Category::SystemChange);
        assert!(
            cause.statement.plain().contains(actor),
            "{}",
            cause.statement.plain()
        );
        let (changes, others) = cited(&view);
        assert!(
            others && changes.iter().all(|(source, _)| source == "cloudtrail"),
            "{changes:?}"
        );
    }
}

#[tokio::test]
async fn a_code_host_that_does_not_answer_stops_nothing() {
    let host = Forge::github("http://127.0.0.1:9", TOKEN);
    let code = host.member(&[REPO], &[(REPO, STACK)]);
    let view = investigated(vec![Arc::new(Recorded::new(|seen| seen)), code]).await;
    let cause = view.causes.values().next().expect("a cause");
    assert_eq!(cause.resource.as_str(), "order-intake");
    let gap = view
        .gaps
        .values()
        .find(|found| found.gap.what.plain() == "repository shop/order-intake");
    assert!(gap.is_some_and(|found| found.gap.why.plain().starts_with("GitHub does not answer")));
}

#[tokio::test]
async fn images_and_states_lead_to_the_function_too() {
    let images = "arn:aws:ecr:us-east-1:111122223333:repository/shop/intake";
    let state = "arn:aws:s3:::shop-state/checkout/terraform.tfstate";
    let image = |seen: Evidence| match unrecorded(seen) {
        Evidence::Inventory(mut resources) => {
            for resource in resources
                .iter_mut()
                .filter(|resource| resource.id.as_str() == FUNCTION)
            {
                resource.config["Code"] =
                    json!({"ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/intake:v41"});
            }
            Evidence::Inventory(resources)
        }
        Evidence::Configuration(mut found) if found.resource.as_str() == FUNCTION => {
            found.properties["Code"] =
                json!({"ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/intake:v41"});
            Evidence::Configuration(found)
        }
        other => other,
    };
    let tag = |seen: Evidence| match unrecorded(seen) {
        Evidence::Inventory(mut resources) => {
            for resource in resources
                .iter_mut()
                .filter(|resource| resource.id.as_str() == FUNCTION)
            {
                resource.tags.insert(
                    "tfstate".to_owned(),
                    "shop-state/checkout/terraform.tfstate".to_owned(),
                );
            }
            Evidence::Inventory(resources)
        }
        other => other,
    };
    let terraform = |seen: Evidence| {
        with_changes(seen, |mut change| {
            if is_function(&change) && change.source == "cloudtrail" {
                change.detail["userAgent"] =
                    json!("APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io)");
            }
            Some(change)
        })
    };
    let cases: [(&str, Arc<dyn Member>); 3] = [
        (images, Arc::new(Recorded::new(image))),
        (state, Arc::new(Recorded::new(tag))),
        (state, Arc::new(Recorded::new(terraform))),
    ];
    for (arn, aws) in cases {
        let double = github(|_| {}).start();
        let host = Forge::github(double.url(), TOKEN);
        let view = investigated(vec![aws, host.member(&[REPO], &[(REPO, arn)])]).await;
        assert_eq!(tied(&view), [FUNCTION], "{arn}");
        let cause = view.causes.values().next().expect("a cause");
        assert_eq!(cause.resource.as_str(), FUNCTION, "{arn}");
    }
}
