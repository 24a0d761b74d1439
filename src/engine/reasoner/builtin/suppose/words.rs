//! What the templates of a hypothesis may say.

use super::super::facts::Facts;
use crate::{
    engine::{template::Words, verdict::Support, wording},
    model::{Observed, Resource, ResourceId, operation},
};

/// What the templates of a hypothesis may say, from the observations that support it.
pub(super) fn words(facts: &Facts<'_>, id: &ResourceId, supports: &[(Support, String)]) -> Words {
    let resource = facts.state.known.resource(id);
    let mut words = Words::default();
    words.say("resource", shown_name(&resource));
    words.say("id", physical_id(&resource));
    words.say("type", resource.kind.clone());
    let created = facts.state.created();
    let given = |pick: fn(&crate::journal::body::Created) -> Option<&String>| created.and_then(pick).cloned();
    words.say(
        "region",
        resource
            .region
            .or_else(|| given(|created| created.region.as_ref()))
            .unwrap_or_default(),
    );
    words.say(
        "account",
        resource
            .account
            .or_else(|| given(|created| created.account.as_ref()))
            .unwrap_or_default(),
    );
    words.configure(facts.configuration(id));
    words.stands_at(id.split().1);
    words.say("from", facts.plan.window.from.to_string());
    words.say("to", facts.plan.window.to.to_string());
    let subject = facts
        .plan
        .subjects
        .first()
        .map(|id| facts.state.known.resource(id).name);
    words.say("subject", subject.unwrap_or_default());
    let observations = supports.iter().filter_map(|(support, _)| {
        let found = facts.observations.iter().find(|(seq, _)| *seq == support.seq);
        found.map(|(_, observation)| *observation)
    });
    for observation in observations.clone() {
        if let Some(other) = observation.resource.as_ref().filter(|other| *other != id) {
            let other = facts.state.known.resource(other);
            words.say("other", shown_name(&other));
            words.say("other_id", physical_id(&other));
        }
        match &observation.fact {
            Observed::Changed { change, actor, .. } => {
                words.say("change", operation(change));
                words.say("actor", actor.clone().unwrap_or_default());
                words.say("at", observation.at.map(wording::clock).unwrap_or_default());
            }
            Observed::LimitReached { series, limit, .. } => {
                words.say("limit", wording::number(*limit));
                words.say("metric", series.metric.clone());
            }
            Observed::LogBurst { sample, group, .. } => {
                words.say("log", wording::said(sample));
                words.say("group", group.clone());
            }
            Observed::ConfigFact { value, .. } => words.say("config", first_line(value)),
            Observed::ServiceSaid { message, .. } => words.say("message", first_line(message)),
            _ => {}
        }
    }
    let shifts = observations.chain(facts.harm(id).into_iter().map(|(_, observation)| observation));
    for observation in shifts {
        if let Observed::MetricShift {
            series,
            before,
            after,
            ..
        } = &observation.fact
        {
            words.say("metric", series.metric.clone());
            words.say("before", wording::measured(*before, series.unit.as_deref()));
            words.say("after", wording::measured(*after, series.unit.as_deref()));
        }
    }
    words
}

/// The name that people use; with the id behind it where that says something else and is what AWS asks for.
fn shown_name(resource: &Resource) -> String {
    if resource.kind == "AWS::EC2::Instance" && resource.name != resource.id.as_str() {
        format!("{} ({})", resource.name, resource.id.as_str())
    } else {
        resource.name.clone()
    }
}

/// Types that commands name by the id, not by the name: generated ids, and ARNs where the name is not enough.
const BY_ID: [&str; 17] = [
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFront::Distribution",
    "AWS::EC2::Instance",
    "AWS::EC2::NatGateway",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::Volume",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::KMS::Key",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Route53::HostedZone",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Subscription",
];

/// Types that commands name by the ARN.
const BY_ARN: [&str; 2] = ["AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"];

/// What commands call it.
fn physical_id(resource: &Resource) -> String {
    match &resource.arn {
        Some(arn) if BY_ARN.contains(&resource.kind.as_str()) => arn.clone(),
        _ if BY_ID.contains(&resource.kind.as_str()) => resource.id.bare().to_owned(),
        // What is known by its id alone is called by that.
        _ if resource.name == resource.id.as_str() => resource.id.bare().to_owned(),
        _ => resource.plain_name().to_owned(),
    }
}

/// The first line that says something, at most 120 characters.
fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    if line.chars().count() <= 120 {
        line.to_owned()
    } else {
        let short: String = line.chars().take(119).collect();
        format!("{short}…")
    }
}
