//! Route 53 health checks: what the checkers see now. Route 53 keeps no history: that is in CloudWatch (HealthCheckStatus).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Asked, Told, event};
use crate::{
    aws::{operations::GET_HEALTH_CHECK_STATUS, services::rest_xml},
    model::Resource,
    sources::aws::naming,
};

pub(super) async fn ask(asked: &Asked<'_>, resource: &Resource) -> Told {
    let mut told = Told::default();
    let name = naming::name_of(resource);
    let id = name.strip_prefix("healthcheck:").unwrap_or(&name);
    let path = ["2013-04-01", "healthcheck", id, "status"];
    let outcome = rest_xml(asked.aws, GET_HEALTH_CHECK_STATUS, &path).await;
    let Some(answer) = told.keep(asked, "what health checkers see", outcome) else {
        return told;
    };
    let observations = answer.items(&["HealthCheckObservations"]);
    let all = observations.len();
    let mut failing: BTreeMap<&str, (Vec<&str>, Timestamp)> = BTreeMap::new();
    for observation in observations {
        let Some(report) = observation.child("StatusReport") else {
            continue;
        };
        let (Some(status), Some(at)) = (report.word("Status"), report.word("CheckedTime")) else {
            continue;
        };
        let Ok(at) = at.parse::<Timestamp>() else {
            continue;
        };
        if status.starts_with("Success") {
            continue;
        }
        let (regions, latest) = failing.entry(status).or_insert_with(|| (Vec::new(), at));
        regions.extend(observation.word("Region"));
        *latest = at.max(*latest);
    }
    for (status, (mut regions, at)) in failing {
        regions.sort_unstable();
        regions.dedup();
        let message = format!(
            "health check unhealthy: {status} (seen from {}; {all} checkers report)",
            regions.join(", ")
        );
        told.events.push(event(
            at,
            "route53",
            Some(resource.id.clone()),
            Some("health check"),
            message,
        ));
    }
    told
}
