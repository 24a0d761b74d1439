//! One series in its panel: a line for what is measured, bars for what is counted, and what it is compared with.

use super::{
    Role,
    canvas::Canvas,
    chart::Trace,
    plot::Plot,
    scale::{self, quantity},
};
use crate::{model::Point, topology::words};

/// A stretch of time over columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub from: i64,
    pub to: i64,
}

impl Span {
    /// How far between the ends of the axis a moment lies, from 0 to 1.
    pub fn share(self, at: i64) -> f64 {
        (at as f64 - self.from as f64) / (self.to as f64 - self.from as f64)
    }

    /// Column of a moment.
    pub fn column(self, at: i64, columns: usize) -> Option<usize> {
        if at < self.from || at >= self.to || columns == 0 {
            return None;
        }
        Some(((self.share(at) * columns as f64) as usize).min(columns - 1))
    }

    /// The points of a series that lie inside and are numbers.
    pub fn visible<'t>(self, trace: &'t Trace<'_>) -> impl Iterator<Item = Point> + 't {
        trace
            .points
            .iter()
            .copied()
            .filter(move |(at, value)| self.from <= *at && *at < self.to && value.is_finite())
    }
}

/// A panel's place and scale.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    /// Column of the vertical axis.
    pub axis: usize,
    pub top: usize,
    pub rows: usize,
    pub least: f64,
    pub most: f64,
    /// True when the series is drawn as bars, which stand on the bottom.
    pub bars: bool,
    pub span: Span,
    pub ascii: bool,
}

/// True when a series is drawn as bars: it is counted, and nothing in it lies below zero.
pub(super) fn as_bars(trace: &Trace<'_>, span: Span) -> bool {
    trace.bars && span.visible(trace).all(|(_, value)| value >= 0.0)
}

/// Round bounds that hold the data, and what it is compared with unless that lies far away.
pub(super) fn bounds(trace: &Trace<'_>, span: Span) -> (f64, f64) {
    let bars = as_bars(trace, span);
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, value) in span.visible(trace) {
        least = least.min(value);
        most = most.max(value);
    }
    if least > most {
        (least, most) = trace.band.unwrap_or((0.0, 1.0));
    }
    // Zero belongs to it, unless that would flatten the line.
    if bars || (least > 0.0 && least < most * 0.7) {
        least = least.min(0.0);
    }
    let wide = (most - least).max(most.abs() * 0.1).max(f64::MIN_POSITIVE);
    let marks = trace
        .band
        .map(|(low, high)| [low, high])
        .into_iter()
        .flatten()
        .chain(trace.threshold);
    for mark in marks.filter(|mark| mark.is_finite() && (!bars || *mark >= 0.0)) {
        if mark > least - 2.0 * wide && mark < most + 2.0 * wide {
            least = least.min(mark);
            most = most.max(mark);
        }
    }
    let (least, most, _) = scale::rounded(least, most, 4);
    (least, most)
}

/// Values that the vertical axis names.
pub(super) fn ticks(
    trace: &Trace<'_>,
    bars: bool,
    (least, most): (f64, f64),
    rows: usize,
) -> impl Iterator<Item = f64> {
    let middle = f64::midpoint(least, most);
    // There is no half of a thing that is counted.
    let whole = !bars || middle.fract() == 0.0 || !matches!(trace.unit, None | Some("Count" | "None"));
    [Some(most), Some(least), (rows >= 5 && whole).then_some(middle)]
        .into_iter()
        .flatten()
}

impl Panel {
    /// Row of a value, if it lies inside.
    pub fn row(&self, value: f64) -> Option<usize> {
        let share = (self.most - value) / (self.most - self.least);
        if self.bars {
            // The row in which a bar of this value ends.
            let row = (share * self.rows as f64)
                .floor()
                .min(self.rows.saturating_sub(1) as f64);
            return (0.0..=1.0).contains(&share).then(|| self.top + row as usize);
        }
        let row = (share * (self.rows.saturating_sub(1)) as f64).round();
        (0.0..self.rows as f64)
            .contains(&row)
            .then(|| self.top + row as usize)
    }

    /// Draws everything but the axes below.
    pub fn draw(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, role: Role) {
        let left = self.axis + 1;
        let columns = canvas.width().saturating_sub(left);
        self.scale(canvas, trace);
        if self.bars {
            self.bars(canvas, trace, columns, role);
        } else {
            self.line(canvas, trace, columns, role);
        }
        if let Some(value) = trace.threshold {
            let name = if trace.threshold_name.is_empty() {
                format!("limit {}", quantity(value, trace.unit))
            } else {
                words::visible(trace.threshold_name)
            };
            let c = if self.ascii { '=' } else { '╍' };
            self.rule(canvas, value, &name, c, Role::Threshold);
        }
        if let Some((low, high)) = trace.band {
            let c = if self.ascii { '~' } else { '┈' };
            self.rule(canvas, high, "usual", c, Role::Band);
            self.rule(canvas, low, "", c, Role::Band);
        }
    }

    /// A level line where nothing stands, with its name where there is room for it.
    fn rule(&self, canvas: &mut Canvas<'_>, value: f64, name: &str, c: char, role: Role) {
        let Some(y) = self.row(value) else { return };
        let (left, right) = (self.axis + 1, canvas.width());
        let length = words::width(name);
        let mut named = None;
        if length > 0 && length + 6 < right - left {
            let rows = [Some(y), y.checked_sub(1), Some(y + 1)];
            let places = rows
                .into_iter()
                .flatten()
                .filter(|row| (self.top..self.top + self.rows).contains(row))
                .flat_map(|row| {
                    // From the right end inwards, where the eye looks for it; the line goes on behind it.
                    (left + 1..right - length)
                        .rev()
                        .step_by(2)
                        .map(move |x| (x - 1, row))
                });
            let blank = |canvas: &Canvas<'_>, x: usize, y: usize| {
                (x.saturating_sub(1)..=x + length)
                    .all(|x| canvas.is_blank(x, y) || x + 1 == left || x == right)
            };
            if let Some((x, row)) = { places }.find(|(x, row)| blank(canvas, *x, *row)) {
                canvas.write(x, row, right, name, role);
                named = (row == y).then_some(x.saturating_sub(1)..x + length + 1);
            }
        }
        for x in (left..right).filter(|x| named.as_ref().is_none_or(|named| !named.contains(x))) {
            canvas.fill(x, y, c, role);
        }
    }

    /// The vertical axis with its labels.
    fn scale(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>) {
        let (bar, tick) = if self.ascii { ('|', '+') } else { ('│', '┤') };
        for y in self.top..self.top + self.rows {
            canvas.put(self.axis, y, bar, Role::Axis);
        }
        for value in ticks(trace, self.bars, (self.least, self.most), self.rows) {
            let Some(y) = self.row(value) else { continue };
            let label = quantity(value, trace.unit);
            let room = self.axis.saturating_sub(1);
            let label = words::cut(&label, room, self.ascii);
            canvas.write(room - words::width(&label), y, room, &label, Role::Axis);
            canvas.put(self.axis, y, tick, Role::Axis);
        }
    }

    /// What is measured: a line, broken where data is missing. Of all the points in one column of dots the first, the
    /// last, the least and the greatest are drawn, so that nothing is lost however many there are.
    fn line(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, columns: usize, role: Role) {
        let mut plot = Plot::new(columns, self.rows, self.ascii);
        let (across, down) = plot.size();
        if across == 0 || down == 0 {
            return;
        }
        let height = |value: f64| {
            let share = (self.most - value) / (self.most - self.least);
            (share.clamp(0.0, 1.0) * (down - 1) as f64).round() as usize
        };
        let reach = i64::from(trace.period) * 3 / 2;
        let mut lonely = Vec::new();
        let mut run: Option<Run> = None;
        for (moment, value) in self.span.visible(trace) {
            let x = ((self.span.share(moment) * across as f64) as usize).min(across - 1);
            let joined = run
                .as_ref()
                .is_some_and(|run| reach == 0 || moment.saturating_sub(run.moment) <= reach);
            match &mut run {
                Some(run) if joined && run.x == x => run.take(moment, value),
                _ => {
                    let before = run.take().map(|run| {
                        run.draw(&mut plot, height);
                        run.lonely(joined).then(|| lonely.push((run.x, height(run.last))));
                        (run.x, height(run.last))
                    });
                    if let Some(before) = before.filter(|_| joined) {
                        plot.line(before, (x, height(value)));
                    }
                    run = Some(Run::begin(x, moment, value, joined));
                }
            }
        }
        if let Some(run) = run {
            run.draw(&mut plot, height);
            run.lonely(false).then(|| lonely.push((run.x, height(run.last))));
        }
        for (x, y, c) in plot.cells() {
            canvas.put(self.axis + 1 + x, self.top + y, c, role);
        }
        // A point without neighbours would be a speck of dust.
        let (wide, high) = plot.grain();
        for (x, y) in lonely {
            let c = if self.ascii { 'o' } else { '•' };
            canvas.put(self.axis + 1 + x / wide, self.top + y / high, c, role);
        }
    }

    /// What is counted: a bar from zero over the whole period that was counted in. The greatest count of a column is
    /// shown; nothing at all is told apart from no data.
    fn bars(&self, canvas: &mut Canvas<'_>, trace: &Trace<'_>, columns: usize, role: Role) {
        const PARTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        const PLAIN: [char; 2] = ['.', '#'];
        let parts: &[char] = if self.ascii { &PLAIN } else { &PARTS };
        let mut most: Vec<Option<f64>> = vec![None; columns];
        for (at, value) in self.span.visible(trace) {
            let Some(first) = self.span.column(at, columns) else {
                continue;
            };
            let end = self.span.share(at.saturating_add(i64::from(trace.period))) * columns as f64;
            let end = (end as usize).clamp(first + 1, columns);
            for column in most.get_mut(first..end).unwrap_or_default() {
                *column = Some(column.map_or(value, |before| before.max(value)));
            }
        }
        for (x, value) in most.into_iter().enumerate() {
            let Some(value) = value else { continue };
            let share = ((value - self.least) / (self.most - self.least)).clamp(0.0, 1.0);
            let total = self.rows * parts.len();
            let level = ((share * total as f64).round() as usize).max(usize::from(value > 0.0));
            if level == 0 {
                canvas.put(self.axis + 1 + x, self.top + self.rows - 1, '_', Role::Dim);
            }
            for row in 0..level.div_ceil(parts.len()) {
                let part = (level - row * parts.len()).min(parts.len());
                if let Some(c) = parts.get(part - 1) {
                    canvas.put(self.axis + 1 + x, self.top + self.rows - 1 - row, *c, role);
                }
            }
        }
    }
}

/// Points that fall into one column of dots.
struct Run {
    x: usize,
    moment: i64,
    first: f64,
    last: f64,
    least: f64,
    most: f64,
    /// More than one point, or joined to the one before.
    company: bool,
}

impl Run {
    const fn begin(x: usize, moment: i64, value: f64, joined: bool) -> Self {
        Self {
            x,
            moment,
            first: value,
            last: value,
            least: value,
            most: value,
            company: joined,
        }
    }

    const fn take(&mut self, moment: i64, value: f64) {
        self.moment = moment;
        self.last = value;
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        self.company = true;
    }

    fn draw(&self, plot: &mut Plot, height: impl Fn(f64) -> usize) {
        let least = self.least.min(self.first);
        plot.line((self.x, height(self.most)), (self.x, height(least)));
    }

    const fn lonely(&self, joined_to_next: bool) -> bool {
        !self.company && !joined_to_next
    }
}
