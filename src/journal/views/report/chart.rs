//! A series as text: columns of blocks over a time axis, with the onset, the incident and the usual level marked. For
//! wikis and terminals alike, so blocks (one cell wide in every font) and no Braille.

use jiff::Timestamp;

use super::{exhibits::Chart, wrap};
use crate::model::{Direction, measured};

/// Eighths of a cell.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Thirds of a cell.
const THIRDS: [char; 3] = ['_', '-', '#'];

/// Columns for the labels of the vertical axis.
const GUTTER: usize = 8;

/// Signs of one character set.
struct Signs {
    levels: &'static [char],
    usual: char,
    limit: char,
    bar: char,
    tick: char,
    corner: char,
    level: char,
    incident: char,
    onset: char,
    noticed: char,
}

const UNICODE: Signs = Signs {
    levels: &BLOCKS,
    usual: '┈',
    limit: '╌',
    bar: '│',
    tick: '┤',
    corner: '└',
    level: '─',
    incident: '━',
    onset: '▲',
    noticed: '◆',
};
const ASCII: Signs = Signs {
    levels: &THIRDS,
    usual: '.',
    limit: '~',
    bar: '|',
    tick: '+',
    corner: '+',
    level: '-',
    incident: '=',
    onset: '^',
    noticed: '!',
};

const fn signs(ascii: bool) -> &'static Signs {
    if ascii { &ASCII } else { &UNICODE }
}

/// The vertical axis: from the lowest to the highest value that is shown.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn of(chart: &Chart, columns: &[Option<f64>]) -> Self {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let levels = columns.iter().copied().flatten().chain(chart.usual);
        for value in levels.filter(|value| value.is_finite()) {
            least = least.min(value);
            most = most.max(value);
        }
        if least > most {
            (least, most) = (0.0, 1.0);
        }
        // What it is held against belongs to it, unless that would flatten everything else.
        if let Some((limit, _)) = chart.limit
            && limit.is_finite()
            && limit <= most * 2.0
        {
            (least, most) = (least.min(limit), most.max(limit));
        }
        if least > 0.0 && (least < most * 0.7 || chart.series.key.stat == "Sum") {
            least = 0.0;
        }
        if most <= least {
            (least, most) = if least > 0.0 {
                (0.0, most)
            } else {
                (least, least + 1.0)
            };
        }
        Self { least, most }
    }

    /// Height of a value in `steps` steps; what is there at all has the least height.
    fn height(&self, value: f64, steps: usize) -> usize {
        let share = ((value - self.least) / (self.most - self.least)).clamp(0.0, 1.0);
        ((share * steps as f64).round() as usize).max(1)
    }

    /// Row of a level, from the top; none where it lies outside.
    fn row(&self, value: f64, rows: usize) -> Option<usize> {
        let inside = value.is_finite() && (self.least..=self.most).contains(&value);
        inside.then(|| rows - self.height(value, rows))
    }
}

/// Columns for the labels and for the data: the same for every chart of one width, so that their times stand in line.
fn sides(width: usize) -> (usize, usize) {
    let gutter = GUTTER.min(width / 4);
    (gutter, width.saturating_sub(gutter + 2).max(8))
}

/// A chart of `rows` rows of data and four more: title, axis, times, legend. No line is wider than `width`.
pub fn draw(chart: &Chart, rows: usize, width: usize, ascii: bool) -> Vec<String> {
    let signs = signs(ascii);
    let unit = chart.series.key.unit.as_deref();
    let value = |value: f64| measured(value, unit);
    let rows = rows.max(2);
    let usual = chart.usual.map(value);
    let (gutter, across) = sides(width);
    let columns = columns(chart, across);
    let scale = Scale::of(chart, &columns);
    let mut lines = vec![title(chart, width, ascii)];
    let usual_row = chart.usual.and_then(|usual| scale.row(usual, rows));
    let limit_row = chart.limit.and_then(|(limit, _)| scale.row(limit, rows));
    for row in 0..rows {
        let label = match row {
            0 => value(scale.most),
            row if row == rows - 1 => value(scale.least),
            row if Some(row) == usual_row => usual.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let blank = if Some(row) == usual_row {
            signs.usual
        } else if Some(row) == limit_row {
            signs.limit
        } else {
            ' '
        };
        let cell = |height: &Option<f64>| {
            let steps = signs.levels.len();
            let Some(height) = height else { return blank };
            let height = scale.height(*height, rows * steps);
            let below = (rows - 1 - row) * steps;
            match height.saturating_sub(below) {
                0 => blank,
                part => signs.levels.get(part.min(steps) - 1).copied().unwrap_or(blank),
            }
        };
        let data: String = columns.iter().map(cell).collect();
        let bar = if label.is_empty() { signs.bar } else { signs.tick };
        let label = wrap::cut(&label, gutter, ascii);
        let pad = " ".repeat(gutter - wrap::width(&label));
        lines.push(format!("{pad}{label} {bar}{data}").trim_end().to_owned());
    }
    let lead = " ".repeat(gutter + 1);
    lines.push(format!("{lead}{}{}", signs.corner, axis(chart, across, signs)));
    lines.push(format!("{lead} {}", times(chart, across)).trim_end().to_owned());
    lines.push(legend(chart, width, ascii));
    lines
}

/// A chart in two rows, the data in line with those of [`draw`].
pub fn spark(chart: &Chart, width: usize, ascii: bool) -> Vec<String> {
    let signs = signs(ascii);
    let (gutter, across) = sides(width);
    let columns = columns(chart, across);
    let scale = Scale::of(chart, &columns);
    let steps = signs.levels.len();
    let data: String = columns
        .iter()
        .map(|value| {
            let level = value.map(|value| scale.height(value, steps) - 1);
            level
                .and_then(|level| signs.levels.get(level))
                .copied()
                .unwrap_or(' ')
        })
        .collect();
    let usual = chart
        .usual
        .map(|usual| measured(usual, chart.series.key.unit.as_deref()));
    let label = wrap::cut(&usual.unwrap_or_default(), gutter, ascii);
    let pad = " ".repeat(gutter - wrap::width(&label));
    vec![
        title(chart, width, ascii),
        format!("{pad}{label} {}{data}", signs.bar).trim_end().to_owned(),
    ]
}

/// The most telling value of each column; none where there are no data.
fn columns(chart: &Chart, across: usize) -> Vec<Option<f64>> {
    let mut columns: Vec<Option<f64>> = vec![None; across];
    let period = i64::from(chart.series.key.period).max(1);
    for (at, value) in chart.series.within(&chart.span) {
        if !value.is_finite() {
            continue;
        }
        let first = column(chart, *at, across);
        let last = column(chart, at.saturating_add(period - 1), across).max(first);
        for cell in columns.iter_mut().take(last + 1).skip(first) {
            *cell = Some(match (*cell, chart.direction) {
                (None, _) => *value,
                (Some(known), Direction::Up) => known.max(*value),
                (Some(known), Direction::Down) => known.min(*value),
            });
        }
    }
    columns
}

fn column(chart: &Chart, at: i64, across: usize) -> usize {
    let from = chart.span.from.as_second();
    let length = chart.span.seconds().max(1);
    let share = at.saturating_sub(from).clamp(0, length) as f64 / length as f64;
    ((share * across as f64) as usize).min(across.saturating_sub(1))
}

fn moment(chart: &Chart, at: Option<Timestamp>, across: usize) -> Option<usize> {
    let at = at.filter(|at| chart.span.contains(*at))?;
    Some(column(chart, at.as_second(), across))
}

fn title(chart: &Chart, width: usize, ascii: bool) -> String {
    let key = &chart.series.key;
    let record = format!("#{}", chart.record);
    let unit = key.unit.as_deref().filter(|unit| *unit != "None");
    let unit = unit.map_or_else(String::new, |unit| format!(", {}", crate::model::inert(unit)));
    let name = format!(
        "{} ({} every {} s{unit})",
        chart.title.plain(),
        crate::model::inert(&key.stat),
        key.period
    );
    let room = width.saturating_sub(record.len() + 2);
    let name = wrap::cut(&name, room, ascii);
    let pad = " ".repeat(room - wrap::width(&name) + 2);
    format!("{name}{pad}{record}")
}

fn axis(chart: &Chart, across: usize, signs: &Signs) -> String {
    let mut cells = vec![signs.level; across];
    if let Some((from, to)) = chart.incident
        && let Some(first) = moment(chart, Some(from.max(chart.span.from)), across)
    {
        let last = moment(chart, to, across).unwrap_or(across - 1);
        for cell in cells.iter_mut().take(last + 1).skip(first) {
            *cell = signs.incident;
        }
    }
    let mark = match chart.onset {
        Some(onset) => (moment(chart, Some(onset), across), signs.onset),
        None => (moment(chart, chart.noticed, across), signs.noticed),
    };
    if let Some(cell) = mark.0.and_then(|at| cells.get_mut(at)) {
        *cell = mark.1;
    }
    cells.into_iter().collect()
}

/// Seconds between two times on the axis.
const STEPS: [i64; 13] = [
    60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

fn times(chart: &Chart, across: usize) -> String {
    let (from, length) = (chart.span.from.as_second(), chart.span.seconds());
    let most = (across / 12).max(1) as i64;
    let step = STEPS.into_iter().find(|step| length / step <= most);
    let step = step.unwrap_or_else(|| (length / most).max(1));
    let mut line = String::new();
    let mut at = from.div_euclid(step) * step;
    if at < from {
        at = at.saturating_add(step);
    }
    while at < from.saturating_add(length) {
        let pattern = if step < 86_400 { "%H:%M" } else { "%m-%d" };
        let label =
            Timestamp::from_second(at).map_or_else(|_| String::new(), |at| at.strftime(pattern).to_string());
        let start = column(chart, at, across);
        if start >= line.len() + usize::from(!line.is_empty()) && start + label.len() + 4 <= across {
            line.push_str(&" ".repeat(start - line.len()));
            line.push_str(&label);
        }
        at = at.saturating_add(step);
    }
    let pad = across.saturating_sub(line.len() + 3);
    format!("{line}{}UTC", " ".repeat(pad))
}

/// The most extreme value, and when.
fn peak(chart: &Chart) -> Option<(i64, f64)> {
    let points = chart.series.within(&chart.span).iter().copied();
    let points = points.filter(|(_, value)| value.is_finite());
    match chart.direction {
        Direction::Up => points.reduce(|most, next| if next.1 > most.1 { next } else { most }),
        Direction::Down => points.reduce(|least, next| if next.1 < least.1 { next } else { least }),
    }
}

fn legend(chart: &Chart, width: usize, ascii: bool) -> String {
    let signs = signs(ascii);
    let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
    let value = |value: f64| measured(value, chart.series.key.unit.as_deref());
    let mut parts = Vec::new();
    if let Some(usual) = chart.usual {
        parts.push(format!("{} usual {}", signs.usual, value(usual)));
    }
    if let Some((limit, name)) = chart.limit {
        parts.push(format!("{} {name} {}", signs.limit, value(limit)));
    }
    match (chart.onset, chart.noticed) {
        (Some(onset), _) => parts.push(format!("{} since {}", signs.onset, clock(onset))),
        (None, Some(noticed)) => parts.push(format!("{} noticed {}", signs.noticed, clock(noticed))),
        (None, None) => {}
    }
    match chart.incident {
        Some((_, Some(until))) => parts.push(format!("{} until {}", signs.incident, clock(until))),
        Some(_) => parts.push(format!("{} incident", signs.incident)),
        None => {}
    }
    if let Some((at, most)) = peak(chart) {
        let at = Timestamp::from_second(at).map_or_else(|_| String::new(), |at| format!(" at {}", clock(at)));
        let word = match chart.direction {
            Direction::Up => "peak",
            Direction::Down => "lowest",
        };
        parts.push(format!("{word} {}{at}", value(most)));
    }
    while parts.len() > 1 && wrap::width(&parts.join("  ")) + 2 > width {
        parts.pop();
    }
    wrap::cut(&format!("  {}", parts.join("  ")), width, ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Series, SeriesKey, Text, Window};

    fn chart(points: Vec<(i64, f64)>, period: u32) -> Chart {
        let at = |second| Timestamp::from_second(second).unwrap();
        Chart {
            record: 12,
            title: Text::new().ext("Errors").own(" of ").ext("order-intake"),
            series: Series {
                key: SeriesKey {
                    resource: Some("order-intake".into()),
                    namespace: "AWS/Lambda".to_owned(),
                    metric: "Errors".to_owned(),
                    dimensions: std::collections::BTreeMap::new(),
                    stat: "Sum".to_owned(),
                    unit: Some("Count".to_owned()),
                    period,
                },
                points,
            },
            span: Window::new(at(0), at(3600)),
            onset: Some(at(1800)),
            incident: Some((at(1800), None)),
            noticed: Some(at(1900)),
            usual: Some(4.0),
            limit: Some((20.0, "alarm at")),
            direction: Direction::Up,
        }
    }

    #[test]
    fn no_line_is_too_wide_and_ascii_is_ascii() {
        let data: Vec<(i64, f64)> = (0..60)
            .map(|i| (i * 60, if i < 30 { 4.0 } else { 40.0 }))
            .collect();
        for width in 24..=100 {
            for ascii in [true, false] {
                let chart = chart(data.clone(), 60);
                let lines = draw(&chart, 4, width, ascii);
                assert_eq!(lines.len(), 8);
                for line in lines.iter().chain(&spark(&chart, width, ascii)) {
                    assert!(wrap::width(line) <= width, "{width}: {line}");
                    assert!(!ascii || line.is_ascii(), "{line}");
                }
            }
        }
    }

    #[test]
    fn odd_series_are_drawn_too() {
        for points in [
            Vec::new(),
            vec![(0, f64::NAN)],
            vec![(60, 0.0)],
            vec![(0, -5.0), (600, f64::INFINITY), (1200, 1e300)],
            vec![(i64::MIN, 1.0), (i64::MAX, 2.0)],
        ] {
            let mut odd = chart(points, 0);
            odd.usual = Some(f64::NAN);
            assert_eq!(draw(&odd, 3, 72, true).len(), 7);
            odd.usual = None;
            odd.limit = Some((f64::INFINITY, "limit"));
            odd.direction = Direction::Down;
            assert!(!spark(&odd, 72, false).is_empty());
        }
    }
}
