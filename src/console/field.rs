//! A field that somebody types into: one line or several.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    widgets::Widget as _,
};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use super::{canvas::Canvas, rich::Rich, theme::Role};

/// Longest text that a field takes, in characters: a pasted log excerpt fits, a pasted file does not.
const LIMIT: usize = 20_000;

/// A field that somebody types into.
#[derive(Debug, Clone)]
pub struct Field {
    area: TextArea<'static>,
    several: bool,
    /// Shown while the field is empty.
    pub placeholder: String,
}

impl Field {
    /// A field of one line.
    pub fn line(placeholder: &str) -> Self {
        let mut area = TextArea::default();
        area.set_cursor_line_style(Style::new());
        area.set_cursor_style(Style::new());
        Self {
            area,
            several: false,
            placeholder: placeholder.to_owned(),
        }
    }

    /// A field of several lines.
    pub fn lines(placeholder: &str) -> Self {
        let mut field = Self::line(placeholder);
        field.several = true;
        field.area.set_wrap_mode(WrapMode::WordOrGlyph);
        field
    }

    /// With words in it already.
    pub fn with(mut self, words: &str) -> Self {
        self.set(words);
        self
    }

    /// The words.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// True when nothing but blanks was typed.
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Replaces the words; the cursor stands at their end.
    pub fn set(&mut self, words: &str) {
        self.area.select_all();
        self.area.cut();
        self.area.cancel_selection();
        self.paste(words);
    }

    /// Puts words in at the cursor. Terminals paste line ends as carriage returns; other control characters are dropped.
    pub fn paste(&mut self, words: &str) {
        let words = words.replace("\r\n", "\n").replace('\r', "\n");
        let room = LIMIT.saturating_sub(self.text().chars().count());
        let several = self.several;
        let clean: String = words
            .chars()
            .filter_map(|c| match c {
                '\n' if several => Some('\n'),
                '\n' | '\t' => Some(' '),
                c if c.is_control() => None,
                c => Some(c),
            })
            .take(room)
            .collect();
        self.area.insert_str(clean);
        self.area.move_cursor(CursorMove::Jump(u16::MAX, u16::MAX));
    }

    /// Takes a key; false when it means nothing to a field.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let plain = !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter if !self.several => false,
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Esc | KeyCode::F(_) => false,
            KeyCode::Up | KeyCode::Down if !self.several => false,
            KeyCode::Char(c) if plain => {
                if self.text().chars().count() < LIMIT {
                    self.area.insert_char(c);
                }
                true
            }
            _ => {
                self.area.input(key);
                true
            }
        }
    }

    /// Begins a new line, where there may be several.
    pub fn new_line(&mut self) {
        if self.several && self.text().chars().count() < LIMIT {
            self.area.insert_newline();
        }
    }

    /// Moves the cursor by one row.
    pub fn step(&mut self, code: KeyCode) {
        self.area.input(KeyEvent::new(code, KeyModifiers::NONE));
    }

    /// True when nothing stands behind the cursor.
    pub fn is_at_end(&self) -> bool {
        let at = self.area.cursor();
        let lines = self.area.lines();
        let last = lines.last().map_or(0, |line| line.chars().count());
        at.0 + 1 >= lines.len() && at.1 >= last
    }

    /// True when the cursor stands in the first row, as it was drawn last.
    pub fn is_on_first_row(&self) -> bool {
        self.area.screen_cursor().row == 0
    }

    /// True when the cursor stands in the last row at this width.
    pub fn is_on_last_row(&self, width: u16) -> bool {
        self.area.screen_cursor().row + 1 >= self.rows_at(width)
    }

    /// Rows at this width, long lines wrapped.
    pub fn rows_at(&self, width: u16) -> usize {
        if !self.several || self.area.is_empty() || width == 0 {
            return self.rows();
        }
        // Where lines are wrapped is known once they were drawn at that width.
        let mut area = self.area.clone();
        let one = Rect::new(0, 0, width, 1);
        (&area).render(one, &mut Buffer::empty(one));
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        area.screen_cursor().row + 1
    }

    /// Row of the cursor in the text.
    pub fn row(&self) -> usize {
        self.area.cursor().0
    }

    /// Rows in the text, before wrapping.
    pub fn rows(&self) -> usize {
        self.area.lines().len()
    }

    /// Draws the field; a focused one gets the terminal's cursor.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let blank = self.area.lines().iter().all(String::is_empty);
        if blank {
            let words = Rich::of(Role::Faint, self.placeholder.clone());
            canvas.line(area, &words.fit(usize::from(area.width), canvas.glyphs.more));
        } else {
            (&self.area).render(area, canvas.buf);
            canvas.tint(area, Role::Text);
        }
        if focused {
            let (top, left) = if blank { (0, 0) } else { self.area.scroll_offset() };
            let at = self.area.screen_cursor();
            let x = area.x + (at.col as u16).saturating_sub(left).min(area.width - 1);
            let y = area.y + (at.row as u16).saturating_sub(top).min(area.height - 1);
            canvas.cursor = Some(Position::new(x, y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pastes_carriage_returns_as_lines_and_drops_escapes() {
        let mut field = Field::lines("");
        field.paste("one\rtwo\r\nthree\u{1b}[2J");
        assert_eq!(field.text(), "one\ntwo\nthree[2J");
        let mut line = Field::line("");
        line.paste("one\rtwo");
        assert_eq!(line.text(), "one two");
        line.set("x");
        assert_eq!(line.text(), "x");
    }
}
