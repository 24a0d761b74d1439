//! Performance Insights: the load of a database (sessions that run or wait, on average) by wait event, statement and user, as
//! series beside those of CloudWatch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    ask::{Ask, epoch},
    naming,
};
use crate::{
    aws::{
        operations::{DESCRIBE_DB_INSTANCES, GET_RESOURCE_METRICS},
        services::{json as call, query},
    },
    model::{Point, Resource, ResourceId, SeriesKey, Text, Window},
};

/// Namespace of these series.
pub(super) const NAMESPACE: &str = "PerformanceInsights";
/// The load.
const LOAD: &str = "db.load.avg";
/// How the load is told apart: group, and the dimension that names a part of it.
const GROUPS: [(&str, &str); 3] = [
    ("db.wait_event", "db.wait_event.name"),
    ("db.sql", "db.sql.statement"),
    ("db.user", "db.user.name"),
];
/// Parts of the load that are told of each group, the largest ones.
const LARGEST: usize = 10;
/// How far back it is asked what makes the load: the incident itself and what is usual before it, and the time that
/// Performance Insights keeps without a charge, each with the period that fits.
const LOOKS: [(SignedDuration, u32); 2] = [
    (SignedDuration::from_hours(6), 300),
    (SignedDuration::from_hours(7 * 24), 3_600),
];

/// The series of a database: its load, and the largest parts of it. None where Performance Insights is off.
pub(super) async fn catalogue(ask: &mut Ask<'_>, resource: &Resource) -> Option<Vec<SeriesKey>> {
    let identifier = identifier(ask, resource).await?;
    let now = ask.now();
    let key = |dimensions: BTreeMap<String, String>| SeriesKey {
        resource: Some(resource.id.clone()),
        namespace: NAMESPACE.to_owned(),
        metric: LOAD.to_owned(),
        dimensions,
        stat: "Average".to_owned(),
        unit: Some("Count".to_owned()),
        period: 60,
    };
    let mut keys = BTreeSet::from([key(BTreeMap::new())]);
    for (back, period) in LOOKS {
        let window = Window::new(now.checked_sub(back).unwrap_or(now), now);
        let groups: Vec<usize> = (0..GROUPS.len()).collect();
        for (dimensions, _) in load(ask, resource, &identifier, &groups, &window, period).await? {
            keys.insert(key(dimensions));
        }
    }
    Some(keys.into_iter().collect())
}

/// Points of the asked series of one database, by their position.
pub(super) async fn metrics(
    ask: &mut Ask<'_>,
    id: &ResourceId,
    asked: &[(usize, &SeriesKey)],
    window: &Window,
) -> Option<BTreeMap<usize, Vec<Point>>> {
    let name = id.as_str().strip_prefix("db:").unwrap_or(id.as_str());
    let resource = naming::resource("AWS::RDS::DBInstance", name);
    let identifier = identifier(ask, &resource).await?;
    let period = period(window, asked.first().map_or(60, |(_, key)| key.period));
    let groups: Vec<usize> = (0..GROUPS.len())
        .filter(|at| {
            let dimension = GROUPS.get(*at).map_or("", |(_, dimension)| dimension);
            asked
                .iter()
                .any(|(_, key)| key.dimensions.contains_key(dimension))
        })
        .collect();
    let found = load(ask, &resource, &identifier, &groups, window, period).await?;
    let points = asked.iter().map(|(at, key)| {
        let own = found.iter().find(|(dimensions, _)| *dimensions == key.dimensions);
        (*at, own.map(|(_, points)| points.clone()).unwrap_or_default())
    });
    Some(points.collect())
}

/// The period that Performance Insights offers: one that keeps an answer short, and no finer than was asked.
pub(super) fn period(window: &Window, asked: u32) -> u32 {
    let seconds = window.to.as_second().saturating_sub(window.from.as_second());
    match (seconds, asked) {
        (..=86_400, ..=60) => 60,
        (..=604_800, ..=300) => 300,
        _ => 3_600,
    }
}

/// The id under which Performance Insights knows the database; none where it is off, or where that cannot be told.
async fn identifier(ask: &mut Ask<'_>, resource: &Resource) -> Option<String> {
    let name = naming::name_of(resource);
    let outcome = query(
        &ask.aws,
        DESCRIBE_DB_INSTANCES,
        &[("DBInstanceIdentifier", &name)],
    )
    .await;
    let answer = ask.keep(outcome, what, Some(&resource.id))?;
    let instance = answer
        .items(&["DescribeDBInstancesResult", "DBInstances"])
        .first()?;
    if instance.word("PerformanceInsightsEnabled") != Some("true") {
        return None;
    }
    instance.word("DbiResourceId").map(ToOwned::to_owned)
}

fn what() -> Text {
    "Performance Insights".into()
}

/// The load as a whole and by the parts of these groups, with its points.
async fn load(
    ask: &mut Ask<'_>,
    resource: &Resource,
    identifier: &str,
    groups: &[usize],
    window: &Window,
    period: u32,
) -> Option<Vec<(BTreeMap<String, String>, Vec<Point>)>> {
    let grouped = groups.iter().filter_map(|at| GROUPS.get(*at)).map(|(group, dimension)| {
        json!({"Metric": LOAD, "GroupBy": {"Group": group, "Dimensions": [dimension], "Limit": LARGEST}})
    });
    let queries: Vec<Value> = std::iter::once(json!({"Metric": LOAD})).chain(grouped).collect();
    let step = i64::from(period);
    let input = json!({
        "ServiceType": "RDS",
        "Identifier": identifier,
        "MetricQueries": queries,
        "StartTime": window.from.as_second().div_euclid(step) * step,
        "EndTime": (window.to.as_second() + step - 1).div_euclid(step) * step,
        "PeriodInSeconds": period,
    });
    let outcome = call(&ask.aws, GET_RESOURCE_METRICS, &input).await;
    let answer = ask.keep(outcome, what, Some(&resource.id))?;
    let mut found: Vec<(BTreeMap<String, String>, Vec<Point>)> = Vec::new();
    for item in answer
        .get("MetricList")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        // A grouped query answers its own sum first, without dimensions: that is the whole load once more.
        let dimensions = named(item);
        if found.iter().any(|(known, _)| *known == dimensions) {
            continue;
        }
        found.push((dimensions, points(item, window, step)));
    }
    Some(found)
}

/// The dimensions by which a part is told apart.
fn named(item: &Value) -> BTreeMap<String, String> {
    let dimensions = item
        .get("Key")
        .and_then(|key| key.get("Dimensions"))
        .and_then(Value::as_object);
    let ours = |name: &str| GROUPS.iter().any(|(_, dimension)| *dimension == name);
    dimensions
        .into_iter()
        .flatten()
        .filter(|(name, _)| ours(name))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The data, each at the start of its period: Performance Insights names the end.
fn points(item: &Value, window: &Window, step: i64) -> Vec<Point> {
    let data = item.get("DataPoints").and_then(Value::as_array);
    let moment = |datum: &Value| -> Option<Timestamp> {
        match datum.get("Timestamp")? {
            Value::String(text) => text.parse().ok(),
            other => epoch(other.as_f64()?),
        }
    };
    data.into_iter()
        .flatten()
        .filter_map(|datum| {
            let start = moment(datum)?.as_second() - step;
            let value = datum.get("Value")?.as_f64()?;
            let inside = start + step > window.from.as_second() && start < window.to.as_second();
            inside.then_some((start, value))
        })
        .collect()
}
