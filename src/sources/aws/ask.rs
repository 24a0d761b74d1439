//! One question on its way: whom to ask, what could not be looked at so far.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::{AwsSource, gaps};
use crate::{
    aws::{AwsError, Factory},
    model::{Allowance, Gap, ResourceId, Text},
};

/// One question on its way.
pub(super) struct Ask<'a> {
    /// The source that is asked.
    pub source: &'a AwsSource,
    /// Sends the calls, with a meter for this question alone.
    pub aws: Factory,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

impl<'a> Ask<'a> {
    pub fn new(source: &'a AwsSource, allowance: &Allowance) -> Self {
        Self {
            source,
            aws: source.factory.metered(allowance),
            gaps: Vec::new(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        (self.source.now)()
    }

    /// The outcome's value; a failure is written down as a gap.
    pub fn keep<T>(
        &mut self,
        outcome: Result<T, AwsError>,
        what: impl FnOnce() -> Text,
        resource: Option<&ResourceId>,
    ) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.missed(&error, what(), resource);
                None
            }
        }
    }

    /// Writes a failure down as a gap, once.
    pub fn missed(&mut self, error: &AwsError, what: Text, resource: Option<&ResourceId>) {
        let gap = gaps::gap(error, what, resource.cloned());
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }
}

/// An SDK time as ours; out of range becomes none.
pub(super) fn moment(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(at.as_nanos()).ok()
}

/// Our time as the SDK's, to the millisecond.
pub(super) fn sdk_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// Epoch seconds with a fraction as our time, to the millisecond; out of range becomes none.
pub(super) fn epoch(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1_000.0).round() as i64).ok()
}
