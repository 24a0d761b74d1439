//! What was configured for the console, read and checked before the screen is taken.

use std::sync::{Arc, atomic::AtomicBool};

use super::{keymap::Keymap, overlay::welcome::Welcome, theme::Themes};
use crate::engine::opening::Home;

/// What was configured for the console.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The themes that there are.
    pub themes: Themes,
    /// The keys.
    pub keymap: Keymap,
    /// The console listens to the mouse.
    pub mouse: bool,
    /// What was wrong and keeps nobody from working: told once the screen is up.
    pub troubles: Vec<String>,
    /// The first run's welcome; none: this is not the first.
    pub welcome: Option<Welcome>,
    /// How far an event may send an investigation.
    pub home: Home,
    /// Set when the operator wants to see the demo instead.
    pub demo: Arc<AtomicBool>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            themes: Themes::shipped(),
            keymap: Keymap::shipped(),
            mouse: false,
            troubles: Vec::new(),
            welcome: None,
            home: Home::default(),
            demo: Arc::default(),
        }
    }
}
