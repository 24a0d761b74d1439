//! One write a frame: what changed between two buffers, inside synchronized output, written at once.
//!
//! Drawing the same frame twice writes nothing.

use std::io::{self, Write};

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

/// The terminal's cells as they stand, and where to write what changes.
pub struct Screen<W: Write> {
    out: W,
    shown: Buffer,
    cursor: Option<Position>,
    /// Everything has to be painted again: the terminal's content is unknown.
    stale: bool,
}

impl<W: Write> Screen<W> {
    /// A screen of unknown content.
    pub fn new(out: W, size: Size) -> Self {
        Self {
            out,
            shown: Buffer::empty(Rect::from((Position::ORIGIN, size))),
            cursor: None,
            stale: true,
        }
    }

    /// Its size in cells.
    pub fn size(&self) -> Size {
        self.shown.area.as_size()
    }

    /// The terminal has another size now, or was used by somebody else: paint everything with the next frame.
    pub fn forget(&mut self, size: Size) {
        self.shown = Buffer::empty(Rect::from((Position::ORIGIN, size)));
        self.stale = true;
    }

    /// Shows a frame.
    pub fn show(&mut self, next: Buffer, cursor: Option<Position>) -> io::Result<()> {
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
            return Ok(());
        }
        let mut frame = Vec::with_capacity(bytes.len() + 16);
        queue!(frame, BeginSynchronizedUpdate)?;
        frame.append(&mut bytes);
        queue!(frame, EndSynchronizedUpdate)?;
        self.write(&frame)
    }

    /// Writes bytes that change no cell (OSC 52), at once.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    #[derive(Default)]
    struct Counted {
        writes: Vec<Vec<u8>>,
    }

    impl Write for &mut Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.push(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn one_write_a_frame_and_none_for_the_same() {
        let mut out = Counted::default();
        let size = Size::new(20, 3);
        let mut frame = Buffer::empty(Rect::new(0, 0, 20, 3));
        frame.set_string(0, 0, "calm", ratatui::style::Style::new());
        let mut screen = Screen::new(&mut out, size);
        screen.show(frame.clone(), Some(Position::new(4, 0))).unwrap();
        screen.show(frame.clone(), Some(Position::new(4, 0))).unwrap();
        let mut parser = vt100::Parser::new(NonZero::new(3).unwrap(), NonZero::new(20).unwrap(), 0);
        assert_eq!(out.writes.len(), 1);
        let bytes = out.writes.concat();
        assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
        parser.process(&bytes);
        assert_eq!(parser.screen().contents(), "calm");
        assert_eq!(parser.screen().cursor_position(), (0, 4));
    }
}
