//! The picture of the topology on the screen, as far as it fits.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{Role, Styles, canvas::Canvas};
use crate::{
    model::ResourceId,
    topology::{Picture, WIDE},
};

/// A picture of the topology. The selected box is drawn by [`crate::topology::Diagram::draw`].
pub struct Graph<'a> {
    /// The picture.
    pub picture: &'a Picture,
    /// Columns and rows of the picture to the left of and above what is shown.
    pub pan: (usize, usize),
    /// ASCII characters only.
    pub ascii: bool,
    /// Styles of the roles.
    pub styles: &'a dyn Styles,
}

impl Widget for Graph<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut canvas = Canvas::new(buffer, area, self.styles);
        let (width, height) = (canvas.width(), canvas.height());
        let (left, top) = clamped(self.picture, (width, height), self.pan);
        // What is smaller than the room stands in the middle of it; a tree starts at the left.
        let middle = if self.picture.tree {
            0
        } else {
            width.saturating_sub(self.picture.width) / 2
        };
        for y in 0..height.min(self.picture.height) {
            for x in 0..width.min(self.picture.width) {
                let cell = self.picture.cell(left + x, top + y);
                let cut_off = cell.ch == WIDE && x == 0;
                if cell.ch != WIDE && cell.ch != ' ' {
                    canvas.put(middle + x, y, cell.ch, cell.role.into());
                } else if cut_off {
                    canvas.put(x, y, ' ', Role::Text);
                }
            }
        }
        self.hints(&mut canvas, (left, top), (width, height));
    }
}

impl Graph<'_> {
    /// Arrows at the edges beyond which there is more.
    fn hints(&self, canvas: &mut Canvas<'_>, (left, top): (usize, usize), (width, height): (usize, usize)) {
        if width < 3 || height < 3 {
            return;
        }
        let signs = if self.ascii {
            ['<', '>', '^', 'v']
        } else {
            ['‹', '›', '˄', '˅']
        };
        let more = [
            (left > 0, 0, height / 2),
            (left + width < self.picture.width, width - 1, height / 2),
            (top > 0, width / 2, 0),
            (top + height < self.picture.height, width / 2, height - 1),
        ];
        for ((is_more, x, y), sign) in more.into_iter().zip(signs) {
            if is_more {
                canvas.put(x, y, sign, Role::Focus);
            }
        }
    }
}

/// The pan that shows `room` columns and rows of the picture and nothing beyond it.
fn clamped(picture: &Picture, room: (usize, usize), pan: (usize, usize)) -> (usize, usize) {
    (
        pan.0.min(picture.width.saturating_sub(room.0)),
        pan.1.min(picture.height.saturating_sub(room.1)),
    )
}

/// The pan nearest to the present one that shows all of a resource's box, with a cell or two around it; the present one,
/// kept within the picture, when the resource is not in it.
pub fn follow(
    picture: &Picture,
    room: (usize, usize),
    pan: (usize, usize),
    id: &ResourceId,
) -> (usize, usize) {
    const MARGIN: usize = 2;
    let Some(place) = picture.place(id) else {
        return clamped(picture, room, pan);
    };
    let rect = place.rect;
    let near = |from: usize, length: usize, pan: usize, room: usize| {
        let first = from.saturating_sub(MARGIN);
        let last = (from + length + MARGIN).saturating_sub(room);
        // Where the box is larger than the room its beginning is shown.
        pan.max(last).min(first)
    };
    let width = if picture.tree { 0 } else { rect.width };
    let pan = (
        near(rect.x, width, pan.0, room.0),
        near(rect.y, rect.height, pan.1, room.1),
    );
    clamped(picture, room, pan)
}
