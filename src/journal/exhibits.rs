//! The evidence that a report shows, read from the journal.

use std::collections::BTreeMap;

use super::{
    Body, Journal, StoreError,
    views::{Investigation, report::Exhibits},
};

impl Journal {
    /// The few series that a report of this investigation shows.
    pub async fn exhibits(&self, view: &Investigation) -> Result<Exhibits, StoreError> {
        let mut evidence = BTreeMap::new();
        for seq in Exhibits::wanted(view) {
            let body = view.entry(seq).and_then(|entry| entry.body.as_ref());
            if let Some(Body::Evidence(answered)) = body
                && let Some(found) = self.evidence(&answered.data).await?
            {
                evidence.insert(seq, found);
            }
        }
        Ok(Exhibits::of(view, &evidence))
    }
}
