//! What ties an event to an investigation that is open: the alarm, a resource, resources that depend on each other, the
//! service. The strongest tie first, and of equal ones the oldest investigation.

use jiff::Timestamp;

use super::{Case, Known, Near, known::About};
use crate::{
    journal::{StreamId, body::Tie},
    model::{Alert, Text},
};

/// The investigation to which an alert belongs, what ties them, and why.
pub(super) fn find<'a>(
    alert: &Alert,
    now: Timestamp,
    known: &'a Known,
    near: &Near,
) -> Option<(&'a StreamId, &'a Case, Tie, Text)> {
    let about = About::of(alert);
    let cases: Vec<_> = known
        .open_cases()
        .filter(|(_, case)| case.overlaps(now) && share_a_place(&about, &case.about))
        .collect();
    let tied = |by: &dyn Fn(&About) -> Option<Text>, tie: Tie| {
        cases
            .iter()
            .find_map(|(stream, case)| by(&case.about).map(|why| (*stream, *case, tie, why)))
    };
    tied(&|case| alarm(&about, case), Tie::Alarm)
        .or_else(|| tied(&|case| resource(&about, case), Tie::Resource))
        .or_else(|| tied(&|case| dependence(&about, case, near), Tie::Topology))
        .or_else(|| tied(&|case| service(&about, case), Tie::Service))
}

fn alarm(about: &About, case: &About) -> Option<Text> {
    let alarm = about.alarms.intersection(&case.alarms).next()?;
    Some(Text::from("the same alarm: ").ext(alarm.clone()))
}

fn resource(about: &About, case: &About) -> Option<Text> {
    let resource = about.resources.shared(&case.resources)?;
    Some(Text::from("the same resource: ").ext(resource.to_owned()))
}

fn dependence(about: &About, case: &About, near: &Near) -> Option<Text> {
    let (own, other) = near.between(&about.resources, &case.resources)?;
    Some(
        Text::new()
            .ext(own.0.clone())
            .own(" and ")
            .ext(other.0.clone())
            .own(" depend on each other"),
    )
}

fn service(about: &About, case: &About) -> Option<Text> {
    let service = about.services.intersection(&case.services).next()?;
    Some(Text::from("the same service: ").ext(service.clone()))
}

/// Names of two accounts or regions are not the same thing; one that says nothing of its place may be anywhere.
fn share_a_place(one: &About, other: &About) -> bool {
    one.places.is_empty() || other.places.is_empty() || !one.places.is_disjoint(&other.places)
}
