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
            W::Text => plain(Role::Text),
            W::Dim => plain(Role::Dim),
            W::Axis => plain(Role::Faint),
            W::Data(0) => plain(Role::Series),
            W::Data(_) => plain(Role::Accent),
            W::Band => plain(Role::Band),
            // Under the incident lies a shade; what is drawn there keeps its colour.
            W::Incident => Style {
                bg: plain(Role::SelectedUnfocused).bg,
                ..Style::new()
            },
            W::Onset => plain(Role::Bad),
            W::Threshold => plain(Role::Warn),
            W::Mark(fares) => plain(health(fares)),
            W::Alarm => plain(Role::Warn).add_modifier(Modifier::BOLD),
        }
    }
}

/// How a resource's health looks, in pictures as in words.
pub const fn health(health: Health) -> Role {
    match health {
        Health::Cause => Role::Critical,
        Health::Symptom => Role::Bad,
        Health::Suffering => Role::Warn,
        Health::Changed => Role::Change,
        Health::Healthy => Role::Good,
        Health::Unreadable | Health::Unknown => Role::Dim,
    }
}
