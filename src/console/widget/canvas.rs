//! A part of the screen with its own origin, on which nothing can be drawn outside.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{Role, Styles};
use crate::topology::words;

/// A part of a buffer with its own origin.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    styles: &'a dyn Styles,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, area: Rect, styles: &'a dyn Styles) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, styles }
    }

    pub const fn width(&self) -> usize {
        self.area.width as usize
    }

    pub const fn height(&self) -> usize {
        self.area.height as usize
    }

    /// Puts one character; wide ones that would stick out are left out.
    pub fn put(&mut self, x: usize, y: usize, c: char, role: Role) {
        if x + words::cells(c).max(1) > self.width() || y >= self.height() {
            return;
        }
        let style = self.styles.style(role);
        let (left, top) = (self.area.x + x as u16, self.area.y + y as u16);
        if let Some(cell) = self.buffer.cell_mut((left, top)) {
            cell.set_char(c).set_style(style);
        }
        if words::cells(c) > 1
            && let Some(cell) = self.buffer.cell_mut((left + 1, top))
        {
            cell.reset();
            cell.set_style(style);
        }
    }

    /// Empties all of it.
    pub fn clear(&mut self) {
        for y in 0..self.height() {
            for x in 0..self.width() {
                self.put(x, y, ' ', Role::Text);
            }
        }
    }

    /// Puts a character where nothing stands yet.
    pub fn fill(&mut self, x: usize, y: usize, c: char, role: Role) {
        if self.is_blank(x, y) {
            self.put(x, y, c, role);
        }
    }

    /// True for a cell inside on which nothing stands.
    pub fn is_blank(&self, x: usize, y: usize) -> bool {
        x < self.width()
            && y < self.height()
            && self
                .buffer
                .cell((self.area.x + x as u16, self.area.y + y as u16))
                .is_some_and(|cell| cell.symbol().trim().is_empty())
    }

    /// Writes inert words from a column on, never past `right`; tells where they end.
    pub fn write(&mut self, x: usize, y: usize, right: usize, text: &str, role: Role) -> usize {
        let right = right.min(self.width());
        let mut x = x;
        for c in words::visible(text).chars() {
            let cells = words::cells(c);
            if x + cells > right {
                break;
            }
            self.put(x, y, c, role);
            x += cells;
        }
        x
    }

    /// Lays a style under a cell and keeps its character.
    pub fn tint(&mut self, x: usize, y: usize, role: Role) {
        if x < self.width() && y < self.height() {
            let style: Style = self.styles.style(role);
            if let Some(cell) = self
                .buffer
                .cell_mut((self.area.x + x as u16, self.area.y + y as u16))
            {
                cell.set_style(style);
            }
        }
    }
}
