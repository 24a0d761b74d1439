//! What was seen, as a bundle: from the journal of an investigation ([`seen_by`]), or from a whole space before the evidence
//! expires ([`Recorder`]). Both fill a [`Recording`], which is redacted as it is written.

mod journal;
mod recorder;
mod recording;

pub use journal::{CaptureError, seen_by};
pub use recorder::{Recorded, Recorder, Told};
pub use recording::Recording;
