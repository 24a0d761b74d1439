//! What strangers send: answers of third parties with anything wrong in them. Nothing panics, what is found is bounded, inert
//! and the same every time, and what cannot be read is a gap. `PROPTEST_CASES=1000` looks harder.

mod aws;
mod forges;
mod kubernetes;
mod vendors;

use std::sync::Arc;

use midwatch::{model::Query, sources::space::Member};

use crate::support::mangle::{Bends, judge};

/// Asks everything that the member takes, twice where `again` makes another one over the same answers.
async fn examine(
    member: &Arc<dyn Member>,
    again: Option<&Arc<dyn Member>>,
    questions: &[Query],
    most: usize,
    bends: &Bends,
) {
    for query in questions {
        let Some(part) = member.part(query) else { continue };
        let answer = member.answer(&part).await;
        if let Err(why) = judge(&part, &answer, most) {
            panic!("{part:?}: {why}\n{bends:#?}");
        }
        if let Some(again) = again {
            assert_eq!(again.answer(&part).await, answer, "{bends:#?}");
        }
    }
}
