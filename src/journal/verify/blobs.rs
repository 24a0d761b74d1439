//! Blobs: each is what its name says, and those that records name are there.

use std::collections::BTreeSet;

use super::{Part, Report, space::Claims};
use crate::journal::{Hash, Store, StoreError};

pub(super) async fn check(store: &dyn Store, claims: &Claims, report: &mut Report) -> Result<(), StoreError> {
    let ids: BTreeSet<String> = store.blob_ids().await?.into_iter().collect();
    for id in &ids {
        report.blobs += 1;
        if let Err(error) = store.get_blob(&Hash(id.clone())).await {
            let (stream, seq) = owner(claims, id);
            report.add(Part::Blobs, stream, seq, error.to_string());
        }
    }
    for (id, (stream, seq)) in &claims.blobs {
        if !ids.contains(id) {
            report.add(
                Part::Blobs,
                Some(stream),
                Some(*seq),
                format!("names blob {id}, which is not there"),
            );
        }
    }
    Ok(())
}

fn owner<'a>(claims: &'a Claims, id: &str) -> (Option<&'a str>, Option<i64>) {
    match claims.blobs.get(id) {
        Some((stream, seq)) => (Some(stream), Some(*seq)),
        None => (None, None),
    }
}
