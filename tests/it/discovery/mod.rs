//! Discovery: what there is and how it hangs together, found part by part, stored, taken up again, refreshed.

mod emulated;
mod estate;
mod known;
mod large;
mod observed;
mod shown;

use std::sync::Arc;

use jiff::Timestamp;
use midwatch::{
    journal::{Actor, Journal},
    model::{Gap, GapKind, Source, discovery::Graph},
    sources::{
        aws::AwsSource,
        discovery::{Outcome, Run, discover},
    },
};

use crate::support::aws::hasty;

fn run() -> Run {
    Run {
        actor: Actor::Operator("tester".to_owned()),
        now: Timestamp::now(),
    }
}

/// One whole run.
async fn discovered(source: AwsSource, journal: &Journal) -> Outcome {
    let source: Arc<dyn Source> = Arc::new(source);
    discover(&source, journal, &run(), &mut |_| {}).await.unwrap()
}

/// A run to its end, and further ones as long as the host is too busy to answer in time.
async fn discovered_in_the_end(url: &str, journal: &Journal) -> Outcome {
    for _ in 0..4 {
        let outcome = discovered(hasty(url), journal).await;
        let waited = |gap: &Gap| gap.kind == GapKind::Unreachable;
        if !outcome.found.gaps.iter().any(waited) {
            return outcome;
        }
    }
    discovered(hasty(url), journal).await
}

/// The relations of a graph as sentences.
fn told(graph: &Graph) -> Vec<String> {
    graph
        .relations
        .iter()
        .map(|one| format!("{} {} {}", one.from, one.kind.as_str(), one.to))
        .collect()
}
