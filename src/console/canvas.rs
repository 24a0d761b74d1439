//! What everything draws through: the buffer with the theme and the signs of the hour.

use ratatui::{
    buffer::Buffer,
    layout::{Margin, Position, Rect},
    style::{Color, Style},
};
use unicode_width::UnicodeWidthStr as _;

use super::{
    glyph::Glyphs,
    rich::Rich,
    theme::{Role, Theme},
};

/// A buffer to draw on, with the theme and the signs.
pub struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// How roles look.
    pub theme: &'a Theme,
    /// The signs.
    pub glyphs: &'a Glyphs,
    /// Where the terminal's cursor stands, when somebody types.
    pub cursor: Option<Position>,
}

impl Canvas<'_> {
    /// Draws one line at the top of `area`, cut to its width.
    pub fn line(&mut self, area: Rect, line: &Rich) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        let mut x = area.x;
        let end = area.right();
        for (role, words) in &line.0 {
            if x >= end {
                break;
            }
            let room = usize::from(end - x);
            let style = self.theme.style(*role);
            let (next, _) = self.buf.set_stringn(x, area.y, words, room, style);
            x = next;
        }
    }

    /// Draws one line so that it ends at the right edge of `area`.
    pub fn line_right(&mut self, area: Rect, line: &Rich) {
        let width = (line.width() as u16).min(area.width);
        let x = area.right() - width;
        self.line(Rect { x, width, ..area }, line);
    }

    /// Draws lines from the top of `area` down.
    pub fn lines<'l>(&mut self, area: Rect, lines: impl IntoIterator<Item = &'l Rich>) {
        for (row, line) in area.rows().zip(lines) {
            self.line(row, line);
        }
    }

    /// Lays the role's style over what is there.
    pub fn tint(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        self.buf.set_style(area, style);
    }

    /// Lays the role's style over a row, but leaves alone what has a ground of its own: a badge stays a badge.
    pub fn select(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        for position in area.intersection(self.buf.area).positions() {
            if let Some(cell) = self.buf.cell_mut(position)
                && cell.bg == Color::Reset
            {
                cell.set_style(style);
            }
        }
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        let text = self.theme.style(Role::Text);
        for position in area.intersection(self.buf.area).positions() {
            if let Some(cell) = self.buf.cell_mut(position) {
                cell.reset();
                cell.set_style(text);
            }
        }
    }

    /// Draws a frame with a title on its upper edge and words at the right of it; returns what is inside.
    pub fn frame(&mut self, area: Rect, title: &Rich, right: &Rich, focused: bool) -> Rect {
        let role = if focused { Role::Focus } else { Role::Frame };
        let style = self.theme.style(role);
        let inner = Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        };
        if area.width < 2 || area.height < 2 {
            return Rect {
                width: 0,
                height: 0,
                ..area
            };
        }
        let [tl, tr, bl, br, h, v, ..] = self.glyphs.frame;
        let (right_x, bottom_y) = (area.right() - 1, area.bottom() - 1);
        for x in area.x + 1..right_x {
            self.sign(x, area.y, h, style);
            self.sign(x, bottom_y, h, style);
        }
        for y in area.y + 1..bottom_y {
            self.sign(area.x, y, v, style);
            self.sign(right_x, y, v, style);
        }
        for (x, y, sign) in [
            (area.x, area.y, tl),
            (right_x, area.y, tr),
            (area.x, bottom_y, bl),
            (right_x, bottom_y, br),
        ] {
            self.sign(x, y, sign, style);
        }
        let room = usize::from(area.width.saturating_sub(4));
        if !title.is_empty() && room > 2 {
            let title = title.clone().fit(room.saturating_sub(2), self.glyphs.more);
            let used = title.width() as u16;
            let line = Rich::of(Role::Text, " ").join(title).add(Role::Text, " ");
            let at = Rect::new(area.x + 2, area.y, area.width.saturating_sub(4), 1);
            self.clear(Rect {
                width: used + 2,
                ..at
            });
            self.line(at, &line);
            let left = at.width.saturating_sub(used + 3);
            if !right.is_empty() && right.width() as u16 + 2 <= left {
                let line = Rich::of(Role::Text, " ").join(right.clone()).add(Role::Text, " ");
                let width = line.width() as u16;
                self.clear(Rect {
                    x: at.right() - width,
                    width,
                    ..at
                });
                self.line_right(at, &line);
            }
        }
        inner
    }

    /// A horizontal rule from edge to edge of a frame around `inner`.
    pub fn rule(&mut self, inner: Rect, y: u16, focused: bool) {
        let role = if focused { Role::Focus } else { Role::Frame };
        let (edge, faint) = (self.theme.style(role), self.theme.style(Role::Frame));
        let [_, _, _, _, h, _, left, right] = self.glyphs.frame;
        for x in inner.x..inner.right() {
            self.sign(x, y, h, faint);
        }
        if let Some(x) = inner.x.checked_sub(1) {
            self.sign(x, y, left, edge);
        }
        self.sign(inner.right(), y, right, edge);
    }

    /// One sign at one cell.
    pub fn sign(&mut self, x: u16, y: u16, sign: &str, style: Style) {
        if let Some(cell) = self.buf.cell_mut((x, y)) {
            cell.set_symbol(sign).set_style(style);
        }
    }

    /// Shows where a list stands: a mark on the right edge of the frame around `inner`.
    pub fn scrollbar(&mut self, inner: Rect, top: usize, total: usize) {
        let height = usize::from(inner.height);
        if total <= height || height < 3 {
            return;
        }
        let size = (height * height / total).max(1);
        let span = height - size;
        let start = (top * span).checked_div(total - height).unwrap_or(0).min(span);
        let style = self.theme.style(Role::Dim);
        for i in start..start + size {
            self.sign(inner.right(), inner.y + i as u16, self.glyphs.scroll, style);
        }
    }
}

/// An area with the cell of air on both sides that stands between a text and its frame.
pub fn with_air(area: Rect) -> Rect {
    area.outer(Margin::new(1, 0))
}

/// A bar of `width` cells, filled up to `share` (0 to 1).
pub fn bar(glyphs: &Glyphs, share: f64, width: usize) -> Rich {
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    Rich::of(Role::Bar, glyphs.bar.repeat(full)).add(Role::Track, glyphs.track.repeat(width - full))
}

/// Replaces everything that an ASCII terminal cannot show; a wide sign leaves a blank after it.
pub fn asciify(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        let plain = match symbol {
            "→" => ">",
            "←" => "<",
            "·" | "•" => "-",
            "\u{a0}" => " ",
            "…" => "~",
            "–" | "—" | "─" => "-",
            "×" => "x",
            "≥" | "≤" | "≈" => "~",
            "“" | "”" => "\"",
            "‘" | "’" => "'",
            _ => "?",
        };
        debug_assert!(plain.width() == 1, "one cell for one cell");
        cell.set_symbol(plain);
    }
}
