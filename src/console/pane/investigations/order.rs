//! The order of the list.

/// The order of the list. The newer of two equals stands above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// The newest first, but what is open above all.
    #[default]
    Newest,
    /// The most urgent first.
    Priority,
    /// By how they stand, in the order of the groups.
    State,
    /// By title.
    Title,
}

impl Sort {
    /// The next one.
    pub const fn next(self) -> Self {
        match self {
            Self::Newest => Self::Priority,
            Self::Priority => Self::State,
            Self::State => Self::Title,
            Self::Title => Self::Newest,
        }
    }

    /// For the pane's title.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Priority => "by priority",
            Self::State => "by state",
            Self::Title => "by title",
        }
    }
}
