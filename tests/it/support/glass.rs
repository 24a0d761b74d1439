//! A widget on a screen of its own, without a console around it.

use midwatch::console::widget::Role;
use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

/// Midnight, 14 November 2023, UTC: when the data of these tests begin.
pub const MIDNIGHT: i64 = 1_699_920_000;

/// No style at all: what remains is what a terminal without colours shows.
pub fn plain(_: Role) -> Style {
    Style::default()
}

/// What a widget draws, as text.
pub fn screen(width: u16, height: u16, widget: impl Widget) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    widget.render(area, &mut buffer);
    let row = |y| {
        let cells: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        cells.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}
