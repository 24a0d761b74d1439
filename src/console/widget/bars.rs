//! How many of each: horizontal bars.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{Role, Styles, canvas::Canvas};
use crate::topology::words;

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar<'a> {
    /// What is counted.
    pub label: &'a str,
    /// How many.
    pub count: usize,
}

/// Horizontal bars, one a row, in the order given.
pub struct Bars<'a> {
    /// The bars.
    pub bars: &'a [Bar<'a>],
    /// ASCII characters only.
    pub ascii: bool,
    /// Styles of the roles.
    pub styles: &'a dyn Styles,
}

impl Widget for Bars<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut canvas = Canvas::new(buffer, area, self.styles);
        let (width, rows) = (canvas.width(), canvas.height());
        let labels: Vec<String> = self.bars.iter().map(|bar| words::visible(bar.label)).collect();
        let counts: Vec<String> = self.bars.iter().map(|bar| bar.count.to_string()).collect();
        let count_width = counts.iter().map(String::len).max().unwrap_or(0);
        let widest = labels.iter().map(|label| words::width(label)).max().unwrap_or(0);
        // Labels give way before counts, bars before labels.
        let label_width = widest.min(width.saturating_sub(count_width + 1));
        let room = width.saturating_sub(label_width + count_width + 2);
        let room = if room < 3 { 0 } else { room };
        let most = self.bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
        for (y, ((bar, label), count)) in self.bars.iter().zip(&labels).zip(&counts).enumerate().take(rows) {
            canvas.write(
                0,
                y,
                label_width,
                &words::cut(label, label_width, self.ascii),
                Role::Text,
            );
            let mut x = label_width + 1;
            if room > 0 {
                for c in blocks(bar.count, most, room, self.ascii).chars() {
                    canvas.put(x, y, c, Role::Bar(y as u8));
                    x += 1;
                }
                x += usize::from(bar.count > 0);
            }
            canvas.write(
                x.min(width.saturating_sub(count.len())),
                y,
                width,
                count,
                Role::Text,
            );
        }
    }
}

/// A bar `room` cells long for `most`; anything but nothing is at least a sliver.
fn blocks(count: usize, most: usize, room: usize, ascii: bool) -> String {
    const PARTS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let share = count as f64 / most as f64 * room as f64;
    if ascii {
        let full = (share.round() as usize).min(room).max(usize::from(count > 0));
        return "#".repeat(full);
    }
    let eighths = ((share * 8.0).round() as usize)
        .min(room * 8)
        .max(usize::from(count > 0));
    let mut bar = "█".repeat(eighths / 8);
    if let Some(part) = (eighths % 8).checked_sub(1).and_then(|part| PARTS.get(part)) {
        bar.push(*part);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn bars_are_in_proportion() {
        assert_eq!(blocks(4, 4, 4, false), "████");
        assert_eq!(blocks(2, 4, 3, false), "█▌");
        assert_eq!(blocks(1, 1000, 3, false), "▏");
        assert_eq!(blocks(0, 4, 3, false), "");
        assert_eq!(blocks(1, 1000, 3, true), "#");
    }
}
