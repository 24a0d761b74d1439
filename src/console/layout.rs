//! Where everything stands, from the size of the terminal alone. Pure, so that `update` knows what is visible.

use ratatui::layout::{Rect, Size};

use super::action::Action;

/// The five panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Pane {
    Investigations,
    Journal,
    Chat,
    Topology,
    Prevention,
}

impl Pane {
    /// All of them, by number.
    pub const ALL: [Self; 5] = [
        Self::Investigations,
        Self::Journal,
        Self::Chat,
        Self::Topology,
        Self::Prevention,
    ];

    /// Its number: the key that focuses it.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Investigations => "Investigations",
            Self::Journal => "Journal",
            Self::Chat => "Chat",
            Self::Topology => "Topology",
            Self::Prevention => "Prevention",
        }
    }

    /// What focuses it.
    pub const fn action(self) -> Action {
        match self {
            Self::Investigations => Action::FocusInvestigations,
            Self::Journal => Action::FocusJournal,
            Self::Chat => Action::FocusChat,
            Self::Topology => Action::FocusTopology,
            Self::Prevention => Action::FocusPrevention,
        }
    }

    /// The pane so many places on, around the corner.
    pub fn step(self, by: usize) -> Self {
        let at = (self as usize + by) % Self::ALL.len();
        Self::ALL.get(at).copied().unwrap_or(self)
    }
}

/// Columns from which all panes stand side by side.
pub const WIDE: u16 = 120;
/// Smallest terminal that is drawn on.
pub const SMALLEST: Size = Size::new(30, 8);

/// The parts of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The title line.
    pub title: Rect,
    /// The tab line, where only one pane is shown.
    pub tabs: Option<Rect>,
    /// The panes that are shown, frames included.
    pub panes: Vec<(Pane, Rect)>,
    /// The timeline.
    pub strip: Rect,
    /// The keys.
    pub footer: Rect,
    /// True when panes stand side by side.
    pub wide: bool,
}

impl Layout {
    /// The parts of a screen of this size.
    pub fn of(size: Size, focus: Pane, zoom: bool) -> Self {
        let (w, h) = (size.width, size.height);
        let wide = w >= WIDE && h >= 20;
        let title = Rect::new(0, 0, w, 1);
        let footer = Rect::new(0, h.saturating_sub(1), w, 1);
        let strip_height = match h {
            0..16 => 0,
            16..32 => 1,
            32..48 => 2,
            _ => 3,
        };
        let strip = Rect::new(0, h.saturating_sub(1 + strip_height), w, strip_height);
        let tabs = (!wide).then_some(Rect::new(0, 1, w, 1));
        let top = if wide { 1 } else { 2 };
        let body = Rect::new(0, top, w, strip.y.saturating_sub(top));
        let panes = if wide && !zoom {
            side_by_side(body)
        } else {
            vec![(focus, body)]
        };
        Self {
            title,
            tabs: tabs
                .or_else(|| (wide && zoom).then_some(Rect::ZERO))
                .filter(|r| r.height > 0),
            panes,
            strip,
            footer,
            wide,
        }
    }

    /// A pane with its frame, when it is shown.
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        let found = self.panes.iter().find(|(shown, _)| *shown == pane);
        found.map(|(_, area)| *area)
    }

    /// What is inside a pane's frame; empty when it is not shown.
    pub fn inside(&self, pane: Pane) -> Rect {
        self.pane(pane).map_or(Rect::ZERO, |area| Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        })
    }
}

fn side_by_side(body: Rect) -> Vec<(Pane, Rect)> {
    let w = body.width;
    // At 160 columns a verdict, its resource and the priority stand in one line.
    let left = (w / 4).clamp(30, 44);
    let right = (w * 3 / 10).clamp(34, 72);
    let centre = w.saturating_sub(left + right);
    let chat = (body.height / 5).clamp(6, 12);
    let prevention = (body.height * 2 / 5).clamp(8, 20);
    let x = body.x;
    let column = |x: u16, width: u16, y: u16, height: u16| Rect::new(x, y, width, height);
    vec![
        (Pane::Investigations, column(x, left, body.y, body.height)),
        (
            Pane::Journal,
            column(x + left, centre, body.y, body.height - chat),
        ),
        (Pane::Chat, column(x + left, centre, body.bottom() - chat, chat)),
        (
            Pane::Topology,
            column(x + left + centre, right, body.y, body.height - prevention),
        ),
        (
            Pane::Prevention,
            column(x + left + centre, right, body.bottom() - prevention, prevention),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_tile_the_body_at_every_size() {
        for w in 30..260 {
            for h in 8..80 {
                for zoom in [false, true] {
                    let layout = Layout::of(Size::new(w, h), Pane::Journal, zoom);
                    let body: u32 = layout.panes.iter().map(|(_, area)| area.area()).sum();
                    let tabs = layout.tabs.map_or(0, Rect::area);
                    let chrome = layout.title.area() + layout.strip.area() + layout.footer.area() + tabs;
                    assert_eq!(body + chrome, u32::from(w) * u32::from(h), "{w}x{h} zoom {zoom}");
                }
            }
        }
    }
}
