//! Metrics over time: one panel a series, stacked on one time axis.

use std::collections::BTreeSet;

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    Role, Styles,
    canvas::Canvas,
    panel::{Panel, Span, as_bars, bounds, ticks},
    scale::{self, quantity},
    strip::Event,
};
use crate::{model::Point, topology::words};

/// One series and what it is compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace<'a> {
    /// What it measures.
    pub label: &'a str,
    /// Its unit, as CloudWatch spells it.
    pub unit: Option<&'a str>,
    /// Seconds between two points; a longer distance is a gap in the line. 0: no distance is.
    pub period: u32,
    /// The data, oldest first.
    pub points: &'a [Point],
    /// The range of what is usual.
    pub band: Option<(f64, f64)>,
    /// What an alarm compares with, or a limit.
    pub threshold: Option<f64>,
    /// What that is called; empty: a limit.
    pub threshold_name: &'a str,
    /// A count over its period, drawn as bars; otherwise a line.
    pub bars: bool,
}

/// A chart of one or more series.
pub struct Chart<'a> {
    /// The series, from the top down.
    pub traces: &'a [Trace<'a>],
    /// First moment shown, in epoch seconds.
    pub from: i64,
    /// First moment not shown, in epoch seconds.
    pub to: i64,
    /// The incident, in epoch seconds: marked on the axis and behind the lines.
    pub incident: Option<(i64, i64)>,
    /// When it began, in epoch seconds.
    pub onset: Option<i64>,
    /// What happened meanwhile: lines through all panels, named above them.
    pub marks: &'a [Event<'a>],
    /// ASCII characters only.
    pub ascii: bool,
    /// Styles of the roles.
    pub styles: &'a dyn Styles,
}

/// Rows below the last panel: the axis and its labels.
const AXIS: usize = 2;
/// Rows that a panel needs to be worth drawing.
const LEAST: usize = 3;

impl Widget for Chart<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut canvas = Canvas::new(buffer, area, self.styles);
        let (width, height) = (canvas.width(), canvas.height());
        if width < 8 || height < LEAST + AXIS || self.traces.is_empty() || self.to <= self.from {
            self.brief(&mut canvas);
            return;
        }
        // Names of what is marked stand in a row of their own above the panels.
        let above = usize::from(!self.marks.is_empty() && height > LEAST + AXIS);
        let shown = (height - AXIS - above)
            .checked_div(LEAST)
            .unwrap_or(0)
            .min(self.traces.len())
            .max(1);
        let window = self.window();
        let traces = self.traces.get(..shown).unwrap_or_default();
        let scales: Vec<(f64, f64)> = traces.iter().map(|trace| bounds(trace, window)).collect();
        let gutter = traces
            .iter()
            .zip(&scales)
            .flat_map(|(trace, scale)| {
                let values = ticks(trace, as_bars(trace, window), *scale, height);
                values.map(|value| quantity(value, trace.unit))
            })
            .map(|label| words::width(&label))
            .max()
            .unwrap_or(0)
            .min(width / 3);
        let left = gutter + 2;
        let marked = self.marked(width.saturating_sub(left));
        if above > 0 {
            self.signs(&mut canvas, left, &marked);
        }
        let mut top = above;
        let mut heads = Vec::new();
        for (at, (trace, (least, most))) in traces.iter().zip(&scales).enumerate() {
            let rows = (height - AXIS - top) / (shown - at);
            let panel = Panel {
                axis: gutter + 1,
                top: top + 1,
                rows: rows - 1,
                least: *least,
                most: *most,
                bars: as_bars(trace, window),
                span: window,
                ascii: self.ascii,
            };
            self.header(&mut canvas, trace, at, top, self.traces.len() - shown);
            heads.push(top);
            panel.draw(&mut canvas, trace, Role::Data(at as u8));
            top += rows;
        }
        self.lines(&mut canvas, left, (above, height - AXIS), &heads, &marked);
        self.axis(&mut canvas, gutter + 1, height - AXIS);
        for (x, mark) in marked.iter().rev() {
            canvas.put(
                left + x,
                height - AXIS,
                mark.kind.sign(self.ascii),
                mark.kind.role(),
            );
        }
        self.shade(&mut canvas, left, height - AXIS);
    }
}

impl Chart<'_> {
    /// What fits into next to no room: the last value of each series.
    fn brief(&self, canvas: &mut Canvas<'_>) {
        for (y, trace) in self.traces.iter().enumerate().take(canvas.height()) {
            let last = trace
                .points
                .last()
                .map_or_else(|| "no data".to_owned(), |(_, value)| quantity(*value, trace.unit));
            let right = canvas.width();
            let label = words::clip(
                &words::visible(trace.label),
                right.saturating_sub(words::width(&last) + 1),
                self.ascii,
            );
            let x = canvas.write(0, y, right, &label, Role::Text);
            canvas.write(
                if x == 0 { 0 } else { x + 1 },
                y,
                right,
                &last,
                Role::Data(y as u8),
            );
        }
    }

    fn header(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, at: usize, y: usize, hidden: usize) {
        let right = canvas.width();
        let told = |word: &str, value: Option<f64>| {
            value.map(|value| format!("{word} {}", quantity(value, trace.unit)))
        };
        let most = self
            .window()
            .visible(trace)
            .map(|(_, value)| value)
            .fold(None, |most: Option<f64>, value| {
                Some(most.map_or(value, |most| most.max(value)))
            });
        let last = self.window().visible(trace).last().map(|(_, value)| value);
        let usual = trace.band.map(|(low, high)| {
            let (low, high) = (quantity(low, trace.unit), quantity(high, trace.unit));
            if low == high {
                format!("usual {low}")
            } else {
                format!("usual {low} to {high}")
            }
        });
        let mut facts: Vec<String> = [told("max", most), told("last", last), usual]
            .into_iter()
            .flatten()
            .collect();
        if most.is_none() {
            facts.push("no data".to_owned());
        }
        if at == 0 && hidden > 0 {
            facts.insert(0, format!("+{hidden} more"));
        }
        // The name of the series comes first; facts stand beside it as far as they fit, the last given up first.
        let name = words::visible(trace.label);
        let wanted = words::width(&name).min(right / 2);
        while !facts.is_empty() && wanted + 2 + words::width(&facts.join("  ")) > right {
            facts.pop();
        }
        let facts = facts.join("  ");
        let room = right.saturating_sub(if facts.is_empty() {
            0
        } else {
            words::width(&facts) + 2
        });
        canvas.write(
            0,
            y,
            room,
            &words::cut(&name, room, self.ascii),
            Role::Data(at as u8),
        );
        canvas.write(right - words::width(&facts), y, right, &facts, Role::Dim);
    }

    /// Vertical lines where nothing else stands: what is marked, and the onset.
    fn lines(
        &self,
        canvas: &mut Canvas<'_>,
        left: usize,
        (top, bottom): (usize, usize),
        heads: &[usize],
        marked: &[(usize, &Event<'_>)],
    ) {
        let c = if self.ascii { ':' } else { '┊' };
        let right = canvas.width();
        let columns = right.saturating_sub(left);
        let onset = self.onset.and_then(|onset| self.column(onset, columns));
        let marked = marked.iter().map(|(x, mark)| (*x, mark.kind.role()));
        for (x, role) in marked.chain(onset.map(|x| (x, Role::Onset))) {
            for y in top..bottom {
                // Between two words of a header it would be read as a part of them.
                let near = (left + x).saturating_sub(2)..left + x + 3;
                if !heads.contains(&y) || near.into_iter().all(|x| x >= right || canvas.is_blank(x, y)) {
                    canvas.fill(left + x, y, c, role);
                }
            }
        }
    }

    /// What is marked through all panels, the most telling first.
    fn marked(&self, columns: usize) -> Vec<(usize, &Event<'_>)> {
        let mut marked: Vec<_> = self
            .marks
            .iter()
            .filter_map(|mark| Some((self.window().column(mark.at, columns)?, mark)))
            .collect();
        marked.sort_by_key(|(_, mark)| (mark.kind, mark.at));
        marked
    }

    /// The row above the first panel: the signs of what is marked, and their names as far as there is room.
    fn signs(&self, canvas: &mut Canvas<'_>, left: usize, marked: &[(usize, &Event<'_>)]) {
        let right = canvas.width();
        for (x, mark) in marked.iter().rev() {
            canvas.put(left + x, 0, mark.kind.sign(self.ascii), mark.kind.role());
        }
        let mut named = BTreeSet::new();
        for (x, mark) in marked {
            // A sign bears the name of the most telling event in its column, cut if need be, and of no other.
            if !named.insert(*x) {
                continue;
            }
            let name = words::visible(mark.label);
            for most in [24, 16, 10] {
                let label = words::cut(&name, most, self.ascii);
                if let Some(start) = room_for(canvas, (left, right), left + x, words::width(&label)) {
                    canvas.write(start, 0, right, &label, mark.kind.role());
                    break;
                }
            }
        }
    }

    const fn window(&self) -> Span {
        Span {
            from: self.from,
            to: self.to,
        }
    }

    /// Column of a moment, counted from the vertical axis.
    fn column(&self, at: i64, columns: usize) -> Option<usize> {
        self.window().column(at, columns)
    }

    /// Columns of the incident, as far as it is shown.
    fn span(&self, columns: usize) -> Option<(usize, usize)> {
        let (from, to) = self.incident?;
        if to <= self.from || from >= self.to {
            return None;
        }
        Some((
            self.column(from.max(self.from), columns)?,
            self.column(to.min(self.to).saturating_sub(1), columns)?,
        ))
    }

    fn axis(&self, canvas: &mut Canvas<'_>, axis: usize, y: usize) {
        let left = axis + 1;
        let columns = canvas.width().saturating_sub(left);
        let (corner, level, tick, heavy) = if self.ascii {
            ('+', '-', '+', '=')
        } else {
            ('└', '─', '┬', '━')
        };
        canvas.put(axis, y, corner, Role::Axis);
        for x in 0..columns {
            canvas.put(left + x, y, level, Role::Axis);
        }
        let span = self.span(columns);
        if let Some((first, last)) = span {
            for x in first..=last {
                canvas.put(left + x, y, heavy, Role::Onset);
            }
        }
        let zone = if columns >= 24 { 4 } else { 0 };
        let mut free = 0;
        for (at, label) in scale::times(self.from, self.to, columns - zone) {
            let Some(x) = self.column(at, columns) else {
                continue;
            };
            let start = (left + x).saturating_sub(label.len() / 2);
            if start < free || start + label.len() > left + columns - zone {
                continue;
            }
            let within = span.is_some_and(|(first, last)| first <= x && x <= last);
            let heavy_tick = if self.ascii { '+' } else { '┯' };
            canvas.put(
                left + x,
                y,
                if within { heavy_tick } else { tick },
                if within { Role::Onset } else { Role::Axis },
            );
            free = canvas.write(start, y + 1, left + columns, &label, Role::Axis) + 1;
        }
        if zone > 0 {
            canvas.write(left + columns - 3, y + 1, left + columns, "UTC", Role::Dim);
        }
        if let Some(x) = self.onset.and_then(|onset| self.column(onset, columns)) {
            canvas.put(left + x, y, if self.ascii { '^' } else { '▲' }, Role::Onset);
        }
    }

    fn shade(&self, canvas: &mut Canvas<'_>, left: usize, bottom: usize) {
        if let Some((first, last)) = self.span(canvas.width().saturating_sub(left)) {
            for y in 0..bottom {
                for x in first..=last {
                    canvas.tint(left + x, y, Role::Incident);
                }
            }
        }
    }
}

/// Where a name of so many cells stands beside a sign in the upper row: to its right or to its left, a blank on both sides
/// but for the edges.
fn room_for(canvas: &Canvas<'_>, (left, right): (usize, usize), sign: usize, length: usize) -> Option<usize> {
    let free =
        |from: usize, to: usize| from >= left && to <= right && (from..to).all(|x| canvas.is_blank(x, 0));
    let after = sign + 1;
    if free(after, (after + length + 2).min(right)) && after + 1 + length <= right {
        return Some(after + 1);
    }
    let before = sign.checked_sub(length + 1)?;
    (before >= left && free(before.saturating_sub(1).max(left), before + length + 1)).then_some(before)
}
