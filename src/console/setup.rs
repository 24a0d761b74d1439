//! What was configured for the console, read and checked before the screen is taken.

use super::theme::Themes;

/// What was configured for the console.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The themes that there are.
    pub themes: Themes,
    /// What was wrong and keeps nobody from working: told once the screen is up.
    pub troubles: Vec<String>,
}
