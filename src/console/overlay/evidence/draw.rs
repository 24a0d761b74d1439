//! Cells of the evidence overlay. Everything is drawn on a sheet as long as it takes; the screen shows a part of it.

use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
    widgets::Widget as _,
};

use super::{
    EvidenceView,
    page::{Block, Chart, Page, page},
    pieces,
};
use crate::{
    console::{
        canvas::Canvas,
        overlay::{centred, sheet},
        rich::Rich,
        state::State,
        styles::Themed,
        theme::Role,
        widget::{self, Trace},
    },
    model::inert,
};

/// Columns at most: lines longer than this are hard to read.
const WIDTH: u16 = 150;

fn area(size: Size) -> Rect {
    centred(size, size.width.min(WIDTH), size.height)
}

/// Rows for what is shown, without frame and keys.
pub fn height(state: &State) -> usize {
    usize::from(area(state.size).height.saturating_sub(3))
}

fn width(state: &State) -> usize {
    usize::from(area(state.size).width.saturating_sub(4))
}

/// Rows of a chart, so that the numbers under it stay on the screen.
fn chart_height(state: &State) -> usize {
    (height(state) * 2 / 3).clamp(8, 28)
}

/// Rows of everything.
pub fn rows(view: &EvidenceView, state: &State) -> usize {
    let Some(inv) = state.investigation() else {
        return 0;
    };
    let page = page(inv, view.item(), state, view.raw);
    laid(&page, width(state), chart_height(state))
        .iter()
        .map(Piece::height)
        .sum()
}

/// Everything as plain text.
pub fn plain(view: &EvidenceView, state: &State) -> String {
    let Some(inv) = state.investigation() else {
        return String::new();
    };
    let page = page(inv, view.item(), state, view.raw);
    let mut out = String::new();
    let mut take = |lines: &[Rich]| {
        for line in lines {
            out.push_str(line.plain().trim_end());
            out.push('\n');
        }
    };
    take(&page.head);
    for block in &page.blocks {
        match block {
            Block::Lines(lines) => take(lines),
            Block::Chart(chart) => {
                let points = chart.series.points.iter().map(|(at, value)| {
                    let at = jiff::Timestamp::from_second(*at)
                        .map_or_else(|_| at.to_string(), |at| at.to_string());
                    Rich::of(Role::Text, format!("{at}\t{value}"))
                });
                take(&points.collect::<Vec<_>>());
            }
        }
    }
    out
}

enum Piece<'a> {
    Line(Rich),
    Chart(&'a Chart, usize),
}

impl Piece<'_> {
    const fn height(&self) -> usize {
        match self {
            Self::Line(_) => 1,
            Self::Chart(_, height) => *height,
        }
    }
}

fn laid(page: &Page, width: usize, chart: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let lines = |pieces: &mut Vec<Piece<'_>>, lines: &[Rich]| {
        for line in lines {
            let lead = line
                .0
                .first()
                .map_or(0, |(_, words)| words.len() - words.trim_start().len());
            pieces.extend(line.wrap(width, lead + 2).into_iter().map(Piece::Line));
        }
    };
    for line in &page.head {
        pieces.extend(line.wrap(width, 0).into_iter().map(Piece::Line));
    }
    for block in &page.blocks {
        pieces.push(Piece::Line(Rich::new()));
        match block {
            Block::Lines(block) => lines(&mut pieces, block),
            Block::Chart(block) => {
                pieces.push(Piece::Line(caption(block)));
                pieces.push(Piece::Chart(block, chart));
            }
        }
    }
    pieces
}

fn caption(chart: &Chart) -> Rich {
    let key = &chart.series.key;
    let mut line = Rich::new()
        .ext(&key.metric)
        .add(Role::Dim, format!(" {}", inert(&key.stat)));
    if let Some(unit) = &key.unit {
        line = line.add(Role::Dim, format!(", {}", inert(unit)));
    }
    line = line.add(Role::Dim, format!(", every {} s", key.period));
    if let Some(id) = &key.resource {
        line = line.add(Role::Dim, "  ").ext(id.as_str());
    }
    if let Some(usual) = chart.usual {
        line = line.add(Role::Dim, format!("   usually {}", pieces::number(usual)));
    }
    if let Some(limit) = chart.limit {
        line = line.add(Role::Warn, format!("   limit {}", pieces::number(limit)));
    }
    line
}

impl EvidenceView {
    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let Some(inv) = state.investigation() else { return };
        let number = inv
            .entry(self.item())
            .and_then(|entry| match &entry.body {
                Some(crate::journal::Body::Finding(finding)) => Some(finding.observation),
                _ => None,
            })
            .unwrap_or(self.item());
        let title = Rich::of(Role::Focus, format!("Evidence #{number}"));
        let right = match self.items.len() {
            1 => Rich::new(),
            n => Rich::of(Role::Dim, format!("{} of {n}", self.at + 1)),
        };
        let inner = sheet(canvas, area(state.size), &title, &right);
        let body = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let page = page(inv, self.item(), state, self.raw);
        let pieces = laid(&page, usize::from(body.width), chart_height(state));
        let total: usize = pieces.iter().map(Piece::height).sum();
        let end = self.top + usize::from(body.height);
        let mut y = 0;
        for piece in &pieces {
            let height = piece.height();
            if y + height > self.top && y < end {
                match piece {
                    Piece::Line(line) => {
                        let row = Rect {
                            y: body.y + (y - self.top) as u16,
                            height: 1,
                            ..body
                        };
                        canvas.line(row, line);
                    }
                    Piece::Chart(chart, _) => part(canvas, body, chart, height, y, self.top),
                }
            }
            y += height;
        }
        let frame = Rect {
            x: body.x.saturating_sub(1),
            width: body.width + 2,
            ..body
        };
        canvas.scrollbar(frame, self.top, total);
        let last = Rect {
            y: inner.bottom().saturating_sub(1),
            height: 1,
            ..inner
        };
        canvas.line(last, &keys(self));
    }
}

fn keys(view: &EvidenceView) -> Rich {
    let mut keys = Rich::new();
    let mut add = |key: &str, words: &str| {
        keys = std::mem::take(&mut keys)
            .add(Role::Key, key)
            .add(Role::Dim, format!(" {words}   "));
    };
    if view.items.len() > 1 {
        add("Left/Right", "previous, next");
    }
    add("r", if view.raw { "as it reads" } else { "raw" });
    add("y", "copy");
    add("Esc", "close");
    keys
}

/// The part of a chart that is in view: drawn beside the screen, then copied.
fn part(canvas: &mut Canvas<'_>, body: Rect, chart: &Chart, height: usize, y: usize, top: usize) {
    let whole = Rect::new(0, 0, body.width, height as u16);
    let mut buf = Buffer::empty(whole);
    let mut aside = Canvas {
        buf: &mut buf,
        theme: canvas.theme,
        glyphs: canvas.glyphs,
        cursor: None,
    };
    draw_chart(&mut aside, whole, chart);
    for row in 0..height {
        let Some(at) = (y + row)
            .checked_sub(top)
            .filter(|at| *at < usize::from(body.height))
        else {
            continue;
        };
        for x in 0..body.width {
            if let (Some(from), Some(to)) = (
                buf.cell((x, row as u16)),
                canvas.buf.cell_mut((body.x + x, body.y + at as u16)),
            ) {
                *to = from.clone();
            }
        }
    }
}

fn draw_chart(canvas: &mut Canvas<'_>, area: Rect, chart: &Chart) {
    let points = match &chart.span {
        Some(span) => chart.series.within(span),
        None => &chart.series.points,
    };
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        canvas.line(area, &Rich::of(Role::Dim, "no data in this stretch of time"));
        return;
    };
    let (from, to) = match &chart.span {
        Some(span) => (span.from.as_second(), span.to.as_second()),
        None => (*first, *last + i64::from(chart.series.key.period)),
    };
    let onset = chart.onset.map(jiff::Timestamp::as_second);
    let label = inert(&chart.series.key.metric);
    let trace = Trace {
        label: &label,
        unit: chart.series.key.unit.as_deref(),
        period: chart.series.key.period,
        points,
        band: chart.band,
        threshold: chart.limit,
        threshold_name: "",
        bars: chart.series.key.stat == "Sum",
    };
    let picture = widget::Chart {
        traces: &[trace],
        from,
        to,
        incident: onset.map(|onset| (onset, to)),
        onset,
        marks: &[],
        ascii: canvas.glyphs.ascii,
        styles: &Themed(canvas.theme),
    };
    picture.render(area, canvas.buf);
}
