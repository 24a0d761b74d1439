//! The points of a series in the rows of an answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{adapter::Ask, document};
use crate::model::{Point, SeriesKey, Window};

/// Values of one period, put together.
#[derive(Default)]
struct Cell {
    sum: f64,
    count: u32,
    greatest: f64,
    least: f64,
}

/// The points in these rows, one a period, oldest first.
pub(super) fn read(ask: &Ask, rows: &[Value], key: &SeriesKey, window: &Window) -> Vec<Point> {
    let mut cells: BTreeMap<i64, Cell> = BTreeMap::new();
    let period = i64::from(key.period.max(1));
    for (at, value) in rows.iter().flat_map(|row| of_row(ask, row, key)) {
        // First: a time that is out of all reason has no period.
        if at < window.from.as_second() - period || at >= window.to.as_second() {
            continue;
        }
        let start = at.div_euclid(period) * period;
        let cell = cells.entry(start).or_default();
        cell.greatest = if cell.count == 0 {
            value
        } else {
            cell.greatest.max(value)
        };
        cell.least = if cell.count == 0 {
            value
        } else {
            cell.least.min(value)
        };
        cell.sum += value;
        cell.count += 1;
    }
    let value = |cell: &Cell| match key.stat.as_str() {
        "Sum" | "SampleCount" => cell.sum,
        "Maximum" => cell.greatest,
        "Minimum" => cell.least,
        _ => cell.sum / f64::from(cell.count.max(1)),
    };
    let points = cells.iter().map(|(at, cell)| (*at, value(cell)));
    // Sums of huge values are no numbers any more.
    points.filter(|(_, value)| value.is_finite()).collect()
}

fn places<'a>(ask: &'a Ask, field: &str) -> &'a [String] {
    ask.fields.get(field).map(Vec::as_slice).unwrap_or_default()
}

fn of_row(ask: &Ask, row: &Value, key: &SeriesKey) -> Vec<(i64, f64)> {
    if let Some(Value::Array(values)) = document::field(row, places(ask, "array")) {
        return evenly(ask, row, &values, key).unwrap_or_default();
    }
    match document::field(row, places(ask, "points")) {
        Some(Value::Array(points)) => points.iter().filter_map(|point| one(ask, point, key)).collect(),
        _ => one(ask, row, key).into_iter().collect(),
    }
}

fn one(ask: &Ask, point: &Value, key: &SeriesKey) -> Option<(i64, f64)> {
    let at = document::time(&document::field(point, places(ask, "at"))?)?;
    let summed = || document::field(point, places(ask, "sum")).filter(|_| key.stat == "Sum");
    let value = summed().or_else(|| document::field(point, places(ask, "value")))?;
    Some((at.as_second(), document::number(&value)?))
}

/// Values at even distances from a start on.
fn evenly(ask: &Ask, row: &Value, values: &[Value], key: &SeriesKey) -> Option<Vec<(i64, f64)>> {
    let start = document::time(&document::field(row, places(ask, "start"))?)?.as_second();
    let step = document::field(row, places(ask, "step_ns"))
        .and_then(|step| document::number(&step))
        .map_or(i64::from(key.period), |step| (step / 1e9).round() as i64);
    let at = |index: usize| step.checked_mul(index as i64)?.checked_add(start);
    let points = values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| Some((at(index)?, document::number(value)?)));
    Some(points.collect())
}
