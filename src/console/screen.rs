//! Frames as bytes: what changed between two buffers, inside synchronized output, to be written at once.
//!
//! The same frame twice is no bytes.

use std::io;

use crossterm::{
    cursor::{Hide, MoveTo, Show},
    queue,
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate},
};
use ratatui::{
    backend::{Backend as _, CrosstermBackend},
    buffer::Buffer,
    layout::{Position, Rect, Size},
};

/// The terminal's cells as they stand, or will once what was drawn has been written.
pub struct Screen {
    shown: Buffer,
    cursor: Option<Position>,
    /// Everything has to be painted again: the terminal's content is unknown.
    stale: bool,
}

impl Screen {
    /// A screen of unknown content.
    pub fn new(size: Size) -> Self {
        Self {
            shown: Buffer::empty(Rect::from((Position::ORIGIN, size))),
            cursor: None,
            stale: true,
        }
    }

    /// The terminal has another size now, or was used by somebody else: paint everything with the next frame.
    pub fn forget(&mut self, size: Size) {
        self.shown = Buffer::empty(Rect::from((Position::ORIGIN, size)));
        self.stale = true;
    }

    /// The bytes that make the terminal show a frame; none when it does already.
    pub fn frame(&mut self, next: Buffer, cursor: Option<Position>) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        if self.stale {
            queue!(bytes, Hide, Clear(ClearType::All))?;
            self.shown = Buffer::empty(next.area);
            self.cursor = None;
        }
        let changes = self.shown.diff(&next);
        let painted = !changes.is_empty();
        if painted {
            CrosstermBackend::new(&mut bytes).draw(changes.into_iter())?;
        }
        match cursor {
            Some(at) if painted || self.cursor != cursor => {
                queue!(bytes, MoveTo(at.x, at.y))?;
                if self.cursor.is_none() {
                    queue!(bytes, Show)?;
                }
            }
            None if self.cursor.is_some() => queue!(bytes, Hide)?,
            _ => {}
        }
        self.cursor = cursor;
        self.shown = next;
        self.stale = false;
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut frame = Vec::with_capacity(bytes.len() + 16);
        queue!(frame, BeginSynchronizedUpdate)?;
        frame.append(&mut bytes);
        queue!(frame, EndSynchronizedUpdate)?;
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    #[test]
    fn the_same_frame_twice_is_no_bytes() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 20, 3));
        frame.set_string(0, 0, "calm", ratatui::style::Style::new());
        let mut screen = Screen::new(Size::new(20, 3));
        let cursor = Some(Position::new(4, 0));
        let bytes = screen.frame(frame.clone(), cursor).unwrap().unwrap();
        assert!(screen.frame(frame, cursor).unwrap().is_none());
        let mut parser = vt100::Parser::new(NonZero::new(3).unwrap(), NonZero::new(20).unwrap(), 0);
        assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
        parser.process(&bytes);
        assert_eq!(parser.screen().contents(), "calm");
        assert_eq!(parser.screen().cursor_position(), (0, 4));
    }
}
