//! How the widgets' roles look in a theme.

use ratatui::style::{Modifier, Style};

use super::{
    theme::{Role, Theme},
    widget::{self, Styles},
};
use crate::topology::Health;

/// The widgets' roles in one theme.
pub struct Themed<'a>(pub &'a Theme);

impl Styles for Themed<'_> {
    fn style(&self, role: widget::Role) -> Style {
        use widget::Role as W;
        let plain = |role: Role| self.0.style(role);
        match role {
            W::Text | W::Name => plain(Role::Text),
            W::Dim | W::Type | W::Edge => plain(Role::Dim),
            W::Axis => plain(Role::Faint),
            W::Border | W::Soft => plain(Role::Frame),
            W::Data(0) => plain(Role::Series),
            W::Data(_) => plain(Role::Accent),
            W::Band => plain(Role::Band),
            // Under the incident lies a shade; what is drawn there keeps its colour.
            W::Incident => Style {
                bg: plain(Role::SelectedUnfocused).bg,
                ..Style::new()
            },
            W::Onset | W::Path => plain(Role::Bad),
            W::Threshold => plain(Role::Warn),
            W::Focus => plain(Role::Focus),
            W::Mark(health) => match health {
                Health::Cause => plain(Role::Critical),
                Health::Symptom => plain(Role::Bad),
                Health::Suffering => plain(Role::Warn),
                Health::Changed => plain(Role::Change),
                Health::Healthy => plain(Role::Good),
                Health::Unreadable | Health::Unknown => plain(Role::Dim),
            },
            W::Alarm => plain(Role::Warn).add_modifier(Modifier::BOLD),
            W::Bar(_) => plain(Role::Bar),
        }
    }
}
