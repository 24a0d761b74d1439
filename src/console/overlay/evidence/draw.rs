//! Cells of the evidence overlay: the rows that are in view, and nothing else.

use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
    widgets::Widget as _,
};

use super::{EvidenceView, Focus, TOGETHER, meant, page::Picture, sheet::Row};
use crate::console::{
    action::Action,
    canvas::{Canvas, with_air},
    keymap::Context,
    overlay::{centred, last_row, sheet},
    rich::Rich,
    state::State,
    styles::Themed,
    theme::Role,
    widget::{self, Event, Trace},
};

/// Columns at most: lines longer than this are hard to read.
const WIDTH: u16 = 150;
/// Columns at most for several charts on one axis: an axis may be long.
const WIDE: u16 = 200;
/// The sign of what was cut; its ASCII twin is set where all others are.
pub const MORE: &str = "…";

fn area(size: Size) -> Rect {
    centred(
        size,
        size.width.min(if size.width >= 190 { WIDE } else { WIDTH }),
        size.height,
    )
}

/// Rows for what is shown, without frame and keys.
pub fn height(state: &State) -> usize {
    usize::from(area(state.size).height.saturating_sub(3))
}

/// Columns for what is shown.
pub fn width(state: &State) -> usize {
    usize::from(area(state.size).width.saturating_sub(4))
}

impl EvidenceView {
    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let Some(inv) = state.investigation() else { return };
        let number = meant(inv, self.item());
        let title = match number {
            TOGETHER => "Evidence, all together".to_owned(),
            number => format!("Evidence #{number}"),
        };
        let right = match self.items.len() {
            1 => Rich::new(),
            n => Rich::of(Role::Dim, format!("{} of {n}", self.at + 1)),
        };
        let inner = sheet(canvas, area(state.size), &Rich::of(Role::Focus, title), &right);
        let body = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        self.rows(canvas, body);
        let frame = with_air(body);
        canvas.scrollbar(frame, self.top, self.sheet().rows.len());
        let last = last_row(inner);
        canvas.line(last, &keys(self, state, usize::from(last.width)));
    }

    fn rows(&self, canvas: &mut Canvas<'_>, body: Rect) {
        let sheet = self.sheet();
        let mut drawn: Option<(usize, Buffer)> = None;
        for (row, area) in body.rows().enumerate().map(|(at, area)| (self.top + at, area)) {
            match sheet.rows.get(row) {
                Some(Row::Words(words, _)) => canvas.line(area, words),
                Some(Row::Picture(index, part)) => {
                    if drawn.as_ref().is_none_or(|(known, _)| known != index)
                        && let Some((picture, height)) = sheet.pictures.get(*index)
                    {
                        let whole = Rect::new(0, 0, body.width, *height);
                        drawn = Some((*index, paint(canvas, whole, picture)));
                    }
                    if let Some((_, from)) = &drawn {
                        copy(from, *part, canvas.buf, area);
                    }
                }
                None => break,
            }
        }
        let tint = |canvas: &mut Canvas<'_>, row: usize, x: u16, width: u16| {
            if let Some(at) = row
                .checked_sub(self.top)
                .filter(|at| *at < usize::from(body.height))
            {
                let area = Rect::new(body.x + x, body.y + at as u16, width, 1).intersection(body);
                canvas.tint(area, Role::Selected);
            }
        };
        match self.focus {
            Some(Focus::Link(at)) => {
                if let Some(link) = sheet.links.get(at) {
                    tint(canvas, link.row, link.column, link.width);
                }
            }
            Some(Focus::Row(row)) => tint(canvas, row, 0, body.width),
            None => {}
        }
    }
}

/// What can be done here, the most useful first; what does not fit is in the help.
fn keys(view: &EvidenceView, state: &State, width: usize) -> Rich {
    let mut wanted: Vec<(String, &str)> = Vec::new();
    let key = |action| state.keymap.key_in(Context::Evidence, action);
    let back = if view.came_from() { "back" } else { "close" };
    let close = (key(Action::Back), back);
    if view.items.len() > 1 {
        wanted.push((format!("{} {}", key(Action::Left), key(Action::Right)), "turn"));
    }
    if view
        .sheet()
        .rows
        .iter()
        .any(|row| matches!(row, Row::Words(_, Some(_))))
    {
        wanted.push((key(Action::Open), "fold"));
    } else if !view.sheet().links.is_empty() {
        wanted.push((key(Action::NextPane), "follow #"));
    }
    wanted.push((key(Action::Together), "together"));
    wanted.push((key(Action::Pager), "pager"));
    wanted.push((key(Action::Unfold), if view.all { "less" } else { "all" }));
    wanted.push((key(Action::Raw), if view.raw { "as it reads" } else { "raw" }));
    wanted.push((key(Action::Copy), "copy"));
    let cells = |keys: &[(String, &str)]| {
        keys.iter()
            .map(|(key, words)| key.len() + words.len() + 3)
            .sum::<usize>()
    };
    let own = close.0.len() + close.1.len() + 1;
    while cells(&wanted) + own > width && !wanted.is_empty() {
        wanted.pop();
    }
    wanted.push(close);
    let mut line = Rich::new();
    for (key, words) in wanted {
        line = line.add(Role::Key, key).add(Role::Dim, format!(" {words}  "));
    }
    line
}

/// A picture, drawn beside the screen.
fn paint(canvas: &Canvas<'_>, area: Rect, picture: &Picture) -> Buffer {
    let mut buf = Buffer::empty(area);
    let traces: Vec<Trace<'_>> = picture
        .panels
        .iter()
        .map(|panel| Trace {
            label: &panel.label,
            unit: panel.unit.as_deref(),
            period: panel.period,
            points: &panel.points,
            band: panel.band,
            threshold: panel.limit,
            threshold_name: &panel.limit_name,
            bars: panel.bars,
        })
        .collect();
    let marks: Vec<Event<'_>> = picture
        .marks
        .iter()
        .map(|(at, label, kind)| Event {
            at: *at,
            label,
            kind: *kind,
        })
        .collect();
    let chart = widget::Chart {
        traces: &traces,
        from: picture.from,
        to: picture.to,
        incident: picture
            .onset
            .map(|onset| (onset, picture.over.unwrap_or(picture.to))),
        onset: picture.onset,
        marks: &marks,
        ascii: canvas.glyphs.ascii,
        styles: &Themed(canvas.theme),
    };
    chart.render(area, &mut buf);
    buf
}

/// Copies one row of a picture to where it is in view.
fn copy(from: &Buffer, row: u16, to: &mut Buffer, area: Rect) {
    for x in 0..area.width {
        if let (Some(from), Some(to)) = (from.cell((x, row)), to.cell_mut((area.x + x, area.y))) {
            *to = from.clone();
        }
    }
}
