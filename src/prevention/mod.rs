//! What would keep incidents from coming back: proposals drawn from finished investigations.

use sha2::{Digest, Sha256};

use crate::{
    journal::{body::Proposed, views::Investigation},
    model::Recommendation,
};

/// The measures that a finished investigation proposes, as records of the space.
pub fn proposals(view: &Investigation) -> Vec<Proposed> {
    let (Some(stream), Some(summary)) = (&view.stream, &view.summary) else {
        return Vec::new();
    };
    let measures = summary.recommendations.iter();
    measures
        .map(|recommendation| Proposed {
            id: id(recommendation),
            recommendation: recommendation.clone(),
            informed_by: vec![stream.clone()],
        })
        .collect()
}

/// The same measure in the same words has the same id, so that incidents of one kind inform one recommendation.
fn id(recommendation: &Recommendation) -> String {
    let words = format!(
        "{}\n{}",
        recommendation.category.words(),
        recommendation.title.plain()
    );
    let digest = Sha256::digest(words.as_bytes());
    digest
        .iter()
        .take(6)
        .fold("rec-".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}
