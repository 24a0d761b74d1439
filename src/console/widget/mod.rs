//! Pictures that panes and overlays are made of. They draw what they are given and know neither state nor theme.

mod canvas;
mod chart;
mod panel;
mod plot;
mod scale;
mod strip;

use ratatui::style::Style;

pub use chart::{Chart, Trace};
pub use scale::quantity;
pub use strip::{Event, EventKind, Strip};

use crate::topology::Health;

/// What something in a picture means. Whoever draws gives each role its style; the picture can be read without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Words to be read.
    Text,
    /// Words and lines that stand back.
    Dim,
    /// Axes and their labels.
    Axis,
    /// A line of data: the first, the second ...
    Data(u8),
    /// The range of what is usual.
    Band,
    /// The stretch of time of the incident: a background.
    Incident,
    /// The moment at which it began.
    Onset,
    /// What an alarm compares with.
    Threshold,
    /// How a resource fares, or what an event is.
    Mark(Health),
    /// An alarm went off.
    Alarm,
}

/// Gives roles their styles; any `Fn(Role) -> Style` does.
pub trait Styles {
    /// The style of a role.
    fn style(&self, role: Role) -> Style;
}

impl<F: Fn(Role) -> Style> Styles for F {
    fn style(&self, role: Role) -> Style {
        self(role)
    }
}
