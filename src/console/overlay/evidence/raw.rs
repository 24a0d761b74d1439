//! A record and its data as JSON.

use super::{page::Ask, tree};
use crate::{
    console::{rich::Rich, theme::Role},
    journal::Body,
    model::{Evidence, LogPage, Series},
};

/// The record and its data as JSON.
pub fn record(ask: &Ask<'_>, body: &Body, data: &[&Evidence]) -> Vec<Rich> {
    let (kind, value) = body.to_parts();
    let most = ask.most(tree::ROWS);
    let mut rows = vec![Rich::of(Role::Accent, kind.to_string())];
    rows.extend(tree::pretty(ask, &value, most));
    for evidence in data {
        // Turning a hundred thousand lines into JSON takes its time, and nobody reads them here.
        let left = most.saturating_sub(rows.len());
        if left == 0 {
            break;
        }
        rows.push(Rich::of(Role::Accent, "evidence"));
        rows.extend(tree::pretty(ask, &value_of(evidence, left), left));
    }
    rows
}

/// Evidence as JSON, of a long list no more than can be shown.
fn value_of(evidence: &Evidence, most: usize) -> serde_json::Value {
    let short = match evidence {
        Evidence::Logs(page) if page.lines.len() > most => {
            let lines = page.lines.get(..most).unwrap_or_default().to_vec();
            let groups = page.groups.clone();
            Some(Evidence::Logs(LogPage {
                lines,
                groups,
                truncated: page.truncated,
            }))
        }
        Evidence::Series(all) if evidence.count() > most => {
            let cut = all.iter().take(most).map(|series| Series {
                key: series.key.clone(),
                points: series
                    .points
                    .get(..most.min(series.points.len()))
                    .unwrap_or_default()
                    .to_vec(),
            });
            Some(Evidence::Series(cut.collect()))
        }
        _ => None,
    };
    serde_json::to_value(short.as_ref().unwrap_or(evidence)).unwrap_or_default()
}
