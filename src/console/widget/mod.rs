//! Pictures that panes and overlays are made of. They draw what they are given and know neither state nor theme.

mod bars;
mod canvas;
mod chart;
mod graph;
mod panel;
mod plot;
mod scale;
mod strip;

use ratatui::style::Style;

pub use bars::{Bar, Bars};
pub use chart::{Chart, Trace};
pub use graph::{Graph, follow};
pub use scale::quantity;
pub use strip::{Event, EventKind, Strip};

use crate::topology::{self, Health};

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
    /// The border of a box.
    Border,
    /// What is under the cursor.
    Focus,
    /// The name of a resource.
    Name,
    /// The type of a resource.
    Type,
    /// A line along which failure travels.
    Edge,
    /// A line that carries no failure.
    Soft,
    /// The way from the cause to the symptom.
    Path,
    /// How a resource fares, or what an event is.
    Mark(Health),
    /// An alarm went off.
    Alarm,
    /// The bar of a category: the first, the second ...
    Bar(u8),
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

impl From<topology::Role> for Role {
    fn from(role: topology::Role) -> Self {
        match role {
            topology::Role::Blank => Self::Text,
            topology::Role::Border => Self::Border,
            topology::Role::Focus => Self::Focus,
            topology::Role::Name => Self::Name,
            topology::Role::Type => Self::Type,
            topology::Role::Mark(health) => Self::Mark(health),
            topology::Role::Edge => Self::Edge,
            topology::Role::Soft => Self::Soft,
            topology::Role::Path | topology::Role::Reach => Self::Path,
            topology::Role::Aside => Self::Soft,
        }
    }
}
