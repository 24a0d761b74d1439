//! Verification: does the journal say what was written, all of it?
//!
//! Integrity and completeness are told apart. A chain walk finds what was changed; a tail that was cut off is found only
//! by what is kept elsewhere: heads, checkpoints, `space`, and above all a key and an anchor from another place.

mod blobs;
mod chain;
mod report;
mod space;

pub use report::{Fault, Part, Report};

use self::{chain::Walk, space::Claims};
use super::{Store, StoreError, checkpoint::PublicKey};

/// Stored records that are read at once.
const PAGE: u32 = 512;

/// What to hold the journal against.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// The public keys that signed its checkpoints, kept elsewhere (several workers have several); none: those beside the
    /// data.
    pub keys: Vec<PublicKey>,
    /// Hashes of records (whole, or their first twelve digits or more), kept elsewhere, that must be in it.
    pub anchors: Vec<String>,
}

/// Checks everything that is stored.
pub(super) async fn verify(store: &dyn Store, options: &VerifyOptions) -> Result<Report, StoreError> {
    let keys = match options.keys.as_slice() {
        [] => store.signers().await?,
        given => given.to_vec(),
    };
    let named: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let mut report = Report::new(named.join(", "));
    match store.database_faults().await {
        Ok(faults) => faults
            .into_iter()
            .for_each(|what| report.add(Part::Database, None, None, what)),
        Err(error) => report.add(Part::Database, None, None, error.to_string()),
    }
    let mut claims = Claims::default();
    let mut anchors = options.anchors.clone();
    for stream in store.stored_streams().await? {
        let mut walk = Walk::new(&stream, &mut report, &mut claims, &mut anchors);
        // Damage to the file itself may make a stream unreadable: that is a fault of the stream, not an end of the work.
        if let Err(error) = walk.run(store, &keys).await {
            report.add(Part::Database, Some(&stream), None, error.to_string());
        }
    }
    claims.check(&mut report);
    if let Err(error) = blobs::check(store, &claims, &mut report).await {
        report.add(Part::Blobs, None, None, error.to_string());
    }
    for anchor in anchors {
        report.add(
            Part::Anchor,
            None,
            None,
            format!("no record has the hash {anchor}: history was rewritten or cut off"),
        );
    }
    Ok(report)
}
