//! RDS: failovers, restarts, maintenance, full storage. Kept by RDS for fourteen days.

use super::{Asked, Told, event, whose};
use crate::{
    aws::{operations::DESCRIBE_DB_EVENTS, services::query, xml::Element},
    model::ServiceEvent,
    sources::aws::{gaps, naming},
};

/// Pages (100 events each) that are read at most.
const PAGES: usize = 5;

pub(super) async fn ask(asked: &Asked<'_>) -> Told {
    let mut told = Told::default();
    let (from, to) = (asked.window.from.to_string(), asked.window.to.to_string());
    let source = asked.resource.map(|resource| {
        let kind = if resource.kind == "AWS::RDS::DBCluster" {
            "db-cluster"
        } else {
            "db-instance"
        };
        (kind, naming::name_of(resource))
    });
    let mut marker: Option<String> = None;
    for _ in 0..PAGES {
        let mut form = vec![
            ("StartTime", from.as_str()),
            ("EndTime", to.as_str()),
            ("MaxRecords", "100"),
        ];
        if let Some((kind, name)) = &source {
            form.extend([("SourceType", *kind), ("SourceIdentifier", name.as_str())]);
        }
        if let Some(marker) = &marker {
            form.push(("Marker", marker));
        }
        let outcome = query(asked.aws, DESCRIBE_DB_EVENTS, &form).await;
        let Some(answer) = told.keep(asked, "events of databases", outcome) else {
            return told;
        };
        let page = answer.items(&["DescribeEventsResult", "Events"]);
        told.events
            .extend(page.iter().filter_map(|item| read(asked, item)));
        let next = answer
            .child("DescribeEventsResult")
            .and_then(|result| result.word("Marker"));
        marker = next.map(ToOwned::to_owned);
        if marker.is_none() {
            return told;
        }
    }
    told.gaps.push(gaps::cut(
        "events of databases".into(),
        asked.resource.map(|resource| resource.id.clone()),
        format!("there are more than {}", PAGES * 100),
        "look at a narrower window",
    ));
    told
}

fn read(asked: &Asked<'_>, item: &Element) -> Option<ServiceEvent> {
    let kind = match item.word("SourceType")? {
        "db-instance" => "AWS::RDS::DBInstance",
        "db-cluster" => "AWS::RDS::DBCluster",
        // Snapshots, parameter groups and proxies are not what an investigation asks about.
        _ => return None,
    };
    let categories: Vec<&str> = item
        .items(&["EventCategories"])
        .iter()
        .map(|category| category.text.as_str())
        .collect();
    Some(event(
        item.word("Date")?.parse().ok()?,
        "rds",
        whose(asked, kind, item.word("SourceIdentifier").unwrap_or_default()),
        Some(&categories.join(", ")),
        item.word("Message")?,
    ))
}
