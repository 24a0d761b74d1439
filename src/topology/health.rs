//! How a resource fares, as the graph marks it.

/// How a resource fares. The order is that of attention: what is loudest comes last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Nothing is known: nobody has looked yet.
    #[default]
    Unknown,
    /// It was looked at and is as usual.
    Healthy,
    /// It is known to exist, but may not be read.
    Unreadable,
    /// Somebody or something changed it within the window.
    Changed,
    /// It deviates because of another resource.
    Suffering,
    /// It is what the incident is about.
    Symptom,
    /// It is where the incident comes from.
    Cause,
}

impl Health {
    /// Every state, quietest first.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Healthy,
        Self::Unreadable,
        Self::Changed,
        Self::Suffering,
        Self::Symptom,
        Self::Cause,
    ];

    /// True for what somebody has to know: all but what is well, or what nobody looked at.
    pub const fn is_loud(self) -> bool {
        !matches!(self, Self::Unknown | Self::Healthy)
    }

    /// The word for it, as the command line and JSON write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unreadable => "unreadable",
            Self::Changed => "changed",
            Self::Suffering => "suffering",
            Self::Symptom => "symptom",
            Self::Cause => "cause",
        }
    }

    /// The mark that stands in a box: told apart without colour. Nothing for what nobody looked at.
    pub const fn mark(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Unknown, _) => "",
            (Self::Healthy, _) => "ok",
            (Self::Unreadable, _) => "?",
            (Self::Changed, _) => "~",
            (Self::Suffering, false) => "△",
            (Self::Suffering, true) => "^",
            (Self::Symptom, false) => "▲",
            (Self::Symptom, true) => "!",
            (Self::Cause, false) => "●",
            (Self::Cause, true) => "*",
        }
    }
}

/// What is known of a resource's health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// How it fares.
    pub health: Health,
    /// A few words on why (`Errors`, `deployed 02:56`). May hold external words.
    pub note: Option<String>,
}

impl From<Health> for Mark {
    fn from(health: Health) -> Self {
        Self { health, note: None }
    }
}
