//! How an investigation stands: at work, or how it ended.

use crate::{
    journal::views::{Investigation, Listed},
    model::{RunState, Verdict},
};

/// How an investigation stands. The order is that of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named for people in `title`")]
pub enum Standing {
    Running,
    Queued,
    Paused,
    Cause,
    NoFault,
    CannotTell,
    Failed,
    Cancelled,
}

impl Standing {
    /// From what `space` knows, and from its own records where they were read.
    pub fn of(listed: &Listed, inv: Option<&Investigation>) -> Self {
        let ended = listed
            .closed
            .as_ref()
            .map(|closed| (closed.state, closed.verdict));
        let ended = ended.or_else(|| {
            let end = inv?.end.as_ref()?;
            Some((end.state, end.verdict))
        });
        match ended {
            Some((_, Some(Verdict::Cause))) => Self::Cause,
            Some((_, Some(Verdict::NoFault))) => Self::NoFault,
            Some((_, Some(Verdict::Inconclusive))) => Self::CannotTell,
            Some((RunState::Cancelled, None)) => Self::Cancelled,
            Some(_) => Self::Failed,
            None => match inv.and_then(|inv| inv.state) {
                Some(RunState::Running) => Self::Running,
                Some(RunState::Paused) => Self::Paused,
                _ => Self::Queued,
            },
        }
    }

    /// As a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Queued => "Queued",
            Self::Paused => "Paused",
            Self::Cause => "Cause",
            Self::NoFault => "No fault",
            Self::CannotTell => "Cannot tell",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// True while it takes records.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Queued | Self::Paused)
    }

    /// The state alone, whatever the verdict.
    pub const fn state(self) -> RunState {
        match self {
            Self::Running => RunState::Running,
            Self::Queued => RunState::Queued,
            Self::Paused => RunState::Paused,
            Self::Cause | Self::NoFault | Self::CannotTell => RunState::Completed,
            Self::Failed => RunState::Failed,
            Self::Cancelled => RunState::Cancelled,
        }
    }
}
