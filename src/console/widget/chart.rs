//! Metrics over time: one panel a series, stacked on one time axis.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{
    Role, Styles,
    canvas::Canvas,
    plot::Plot,
    scale::{self, quantity},
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
    /// What an alarm compares with.
    pub threshold: Option<f64>,
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
    /// ASCII characters only.
    pub ascii: bool,
    /// Styles of the roles.
    pub styles: &'a dyn Styles,
}

/// Rows below the last panel: the axis and its labels.
const AXIS: usize = 2;
/// Rows that a panel needs to be worth drawing.
const LEAST: usize = 3;

/// A panel's place.
#[derive(Clone, Copy)]
struct Panel {
    /// Column of the vertical axis.
    axis: usize,
    top: usize,
    rows: usize,
    least: f64,
    most: f64,
}

impl Panel {
    /// Row of a value, if it lies inside.
    fn row(&self, value: f64) -> Option<usize> {
        let share = (self.most - value) / (self.most - self.least);
        let row = (share * (self.rows.saturating_sub(1)) as f64).round();
        (0.0..self.rows as f64)
            .contains(&row)
            .then(|| self.top + row as usize)
    }
}

impl Widget for Chart<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut canvas = Canvas::new(buffer, area, self.styles);
        let (width, height) = (canvas.width(), canvas.height());
        if width < 8 || height < LEAST + AXIS || self.traces.is_empty() || self.to <= self.from {
            self.brief(&mut canvas);
            return;
        }
        let shown = (height - AXIS)
            .checked_div(LEAST)
            .unwrap_or(0)
            .min(self.traces.len())
            .max(1);
        let bounds: Vec<(f64, f64)> = self.traces[..shown]
            .iter()
            .map(|trace| self.bounds(trace))
            .collect();
        let gutter = self.traces[..shown]
            .iter()
            .zip(&bounds)
            .flat_map(|(trace, bounds)| [quantity(bounds.0, trace.unit), quantity(bounds.1, trace.unit)])
            .map(|label| words::width(&label))
            .max()
            .unwrap_or(0)
            .min(width / 3);
        let mut top = 0;
        for (at, (trace, (least, most))) in self.traces[..shown].iter().zip(&bounds).enumerate() {
            let rows = (height - AXIS - top) / (shown - at);
            let panel = Panel {
                axis: gutter + 1,
                top: top + 1,
                rows: rows - 1,
                least: *least,
                most: *most,
            };
            self.header(&mut canvas, trace, at, top, self.traces.len() - shown);
            self.panel(&mut canvas, trace, at, panel);
            top += rows;
        }
        self.axis(&mut canvas, gutter + 1, height - AXIS);
        self.shade(&mut canvas, gutter + 2, height - AXIS);
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

    fn visible<'t>(&self, trace: &'t Trace<'_>) -> impl Iterator<Item = Point> + 't {
        let (from, to) = (self.from, self.to);
        trace
            .points
            .iter()
            .copied()
            .filter(move |(at, value)| from <= *at && *at < to && value.is_finite())
    }

    /// Round bounds that hold the data, and what it is compared with unless that lies far away.
    fn bounds(&self, trace: &Trace<'_>) -> (f64, f64) {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for (_, value) in self.visible(trace) {
            least = least.min(value);
            most = most.max(value);
        }
        if least > most {
            (least, most) = trace.band.unwrap_or((0.0, 1.0));
        }
        // Zero belongs to it, unless that would flatten the line.
        if least > 0.0 && least < most * 0.7 {
            least = 0.0;
        }
        let span = (most - least).max(most.abs() * 0.1).max(f64::MIN_POSITIVE);
        let marks = trace
            .band
            .map(|(low, high)| [low, high])
            .into_iter()
            .flatten()
            .chain(trace.threshold);
        for mark in marks.filter(|mark| mark.is_finite()) {
            if mark > least - 2.0 * span && mark < most + 2.0 * span {
                least = least.min(mark);
                most = most.max(mark);
            }
        }
        let (least, most, _) = scale::rounded(least, most, 4);
        (least, most)
    }

    fn header(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, at: usize, y: usize, hidden: usize) {
        let right = canvas.width();
        let told = |word: &str, value: Option<f64>| {
            value.map(|value| format!("{word} {}", quantity(value, trace.unit)))
        };
        let most = self
            .visible(trace)
            .map(|(_, value)| value)
            .fold(None, |most: Option<f64>, value| {
                Some(most.map_or(value, |most| most.max(value)))
            });
        let last = self.visible(trace).last().map(|(_, value)| value);
        let mut facts: Vec<String> = [told("max", most), told("last", last)]
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

    fn panel(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, at: usize, panel: Panel) {
        let left = panel.axis + 1;
        let columns = canvas.width().saturating_sub(left);
        self.scale(canvas, trace, panel);
        self.line(canvas, trace, at, panel, columns);
        let rule = |canvas: &mut Canvas<'_>, value: f64, c: char, role: Role| {
            if let Some(y) = panel.row(value) {
                for x in left..left + columns {
                    canvas.fill(x, y, c, role);
                }
            }
        };
        if let Some(value) = trace.threshold {
            rule(canvas, value, if self.ascii { '=' } else { '╍' }, Role::Threshold);
        }
        if let Some((low, high)) = trace.band {
            for value in [low, high] {
                rule(canvas, value, if self.ascii { '~' } else { '┈' }, Role::Band);
            }
        }
        if let Some(x) = self.onset.and_then(|onset| self.column(onset, columns)) {
            for y in panel.top..panel.top + panel.rows {
                canvas.fill(left + x, y, if self.ascii { ':' } else { '┊' }, Role::Onset);
            }
        }
    }

    /// The vertical axis with its labels.
    fn scale(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, panel: Panel) {
        let (bar, tick) = if self.ascii { ('|', '+') } else { ('│', '┤') };
        for y in panel.top..panel.top + panel.rows {
            canvas.put(panel.axis, y, bar, Role::Axis);
        }
        let mut values = vec![panel.most, panel.least];
        if panel.rows >= 5 {
            values.push(f64::midpoint(panel.least, panel.most));
        }
        for value in values {
            let Some(y) = panel.row(value) else { continue };
            let label = quantity(value, trace.unit);
            let room = panel.axis.saturating_sub(1);
            let label = words::cut(&label, room, self.ascii);
            canvas.write(room - words::width(&label), y, room, &label, Role::Axis);
            canvas.put(panel.axis, y, tick, Role::Axis);
        }
    }

    fn line(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, at: usize, panel: Panel, columns: usize) {
        let mut plot = Plot::new(columns, panel.rows, self.ascii);
        let (across, down) = plot.size();
        if across == 0 || down == 0 {
            return;
        }
        let dot = |(moment, value): Point| {
            let x = self.share(moment) * across as f64;
            let share = (panel.most - value) / (panel.most - panel.least);
            let y = (share.clamp(0.0, 1.0) * (down - 1) as f64).round();
            ((x as usize).min(across - 1), y as usize)
        };
        let reach = i64::from(trace.period) * 3 / 2;
        let mut before: Option<Point> = None;
        for point in self.visible(trace) {
            let joined = before.filter(|before| reach == 0 || point.0.saturating_sub(before.0) <= reach);
            plot.line(dot(joined.unwrap_or(point)), dot(point));
            before = Some(point);
        }
        for (x, y, c) in plot.cells() {
            canvas.put(panel.axis + 1 + x, panel.top + y, c, Role::Data(at as u8));
        }
    }

    /// How far between the ends of the axis a moment lies, from 0 to 1.
    fn share(&self, at: i64) -> f64 {
        (at as f64 - self.from as f64) / (self.to as f64 - self.from as f64)
    }

    /// Column of a moment, counted from the vertical axis.
    fn column(&self, at: i64, columns: usize) -> Option<usize> {
        if at < self.from || at >= self.to || columns == 0 {
            return None;
        }
        Some(((self.share(at) * columns as f64) as usize).min(columns - 1))
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
