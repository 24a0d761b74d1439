//! What happened, on one line of time: the cause, what it broke, the alarm, and us.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{Role, Styles, canvas::Canvas, scale};
use crate::topology::{Health, words};

/// What kind of thing happened. The order is that in which room is given to labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// The root cause.
    Cause,
    /// The alarm went off.
    Alarm,
    /// A metric left its usual range.
    Shift,
    /// Log lines came in numbers.
    Burst,
    /// The investigation began.
    Started,
    /// Somebody or something changed configuration or code.
    Change,
}

impl EventKind {
    /// The sign before its label.
    pub const fn sign(self, ascii: bool) -> char {
        match (self, ascii) {
            (Self::Cause, false) => '●',
            (Self::Cause, true) => '*',
            (Self::Alarm, _) => '!',
            (Self::Shift | Self::Burst, false) => '▲',
            (Self::Shift | Self::Burst, true) => '^',
            (Self::Started, false) => '▷',
            (Self::Started, true) => '>',
            (Self::Change, _) => '~',
        }
    }

    pub(super) const fn role(self) -> Role {
        match self {
            Self::Cause => Role::Mark(Health::Cause),
            Self::Alarm => Role::Alarm,
            Self::Shift | Self::Burst => Role::Mark(Health::Symptom),
            Self::Started => Role::Text,
            Self::Change => Role::Mark(Health::Changed),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// When, in epoch seconds.
    pub at: i64,
    /// In a word or two.
    pub label: &'a str,
    /// What kind of thing it is.
    pub kind: EventKind,
}

/// A strip of events.
pub struct Strip<'a> {
    /// The events, in any order.
    pub events: &'a [Event<'a>],
    /// First moment shown, in epoch seconds.
    pub from: i64,
    /// Last moment shown, in epoch seconds.
    pub to: i64,
    /// Further events, to be counted alone.
    pub more: usize,
    /// ASCII characters only.
    pub ascii: bool,
    /// Styles of the roles.
    pub styles: &'a dyn Styles,
}

/// Below so many columns, or in one row, events are listed.
const NARROW: usize = 60;

struct Placed<'a> {
    event: &'a Event<'a>,
    tick: usize,
    row: usize,
    start: usize,
    text: String,
}

impl Widget for Strip<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut canvas = Canvas::new(buffer, area, self.styles);
        if canvas.height() == 0 || canvas.width() == 0 {
            return;
        }
        if canvas.height() < 2 || canvas.width() < NARROW || self.to <= self.from {
            self.list(&mut canvas);
        } else {
            self.axis(&mut canvas);
        }
    }
}

impl Strip<'_> {
    fn text(&self, event: &Event<'_>) -> String {
        format!("{} {}", event.kind.sign(self.ascii), words::visible(event.label))
    }

    /// Events in the order in which they get room.
    fn ranked(&self) -> Vec<&Event<'_>> {
        let mut ranked: Vec<_> = self.events.iter().collect();
        ranked.sort_by_key(|event| (event.kind, event.at));
        ranked
    }

    /// Events in the order in which a list takes them up: what the story cannot do without (the cause, the first symptom,
    /// the alarm) comes first; the number says how many that are.
    fn needed(&self) -> (Vec<&Event<'_>>, usize) {
        let mut ranked = self.ranked();
        let symptom = |event: &&Event<'_>| matches!(event.kind, EventKind::Shift | EventKind::Burst);
        let first_symptom = ranked
            .iter()
            .copied()
            .filter(symptom)
            .min_by_key(|event| event.at);
        let cause = ranked
            .first()
            .copied()
            .filter(|event| event.kind == EventKind::Cause);
        let alarm = ranked
            .iter()
            .copied()
            .find(|event| event.kind == EventKind::Alarm);
        let needed: Vec<_> = [cause, first_symptom, alarm].into_iter().flatten().collect();
        ranked.retain(|event| !needed.iter().any(|needed| std::ptr::eq(*needed, *event)));
        let count = needed.len();
        (needed.into_iter().chain(ranked).collect(), count)
    }

    /// The strip as a list: `● deploy 02:56  ▲ errors 02:57  +4`, over as many rows as there are. Labels of what must be
    /// there are cut before anything of it is left out.
    fn list(&self, canvas: &mut Canvas<'_>) {
        let (width, rows) = (canvas.width(), canvas.height());
        let (events, needed) = self.needed();
        let told = |event: &Event<'_>, most: usize| {
            let clock = scale::clock(event.at, 60);
            let room = width.saturating_sub(clock.len() + 1).min(most);
            if room < 4 {
                return format!("{} {clock}", event.kind.sign(self.ascii));
            }
            format!("{} {clock}", words::cut(&self.text(event), room, self.ascii))
        };
        let fit = |kept: &[(&Event<'_>, String)]| {
            let mut texts: Vec<usize> = kept.iter().map(|(_, text)| words::width(text)).collect();
            match events.len() - kept.len() + self.more {
                0 => {}
                hidden => texts.push(format!("+{hidden}").len()),
            }
            flow(&texts, width).last().is_none_or(|(row, _)| *row < rows)
        };
        let mut kept: Vec<(&Event<'_>, String)> = Vec::new();
        let ways = (1..=needed)
            .rev()
            .flat_map(|count| [28, 20, 14, 10, 6, 1].map(|most| (count, most)));
        for (count, most) in ways {
            kept = events
                .iter()
                .take(count)
                .map(|event| (*event, told(event, most)))
                .collect();
            if fit(&kept) {
                break;
            }
        }
        for event in events.iter().skip(needed) {
            let mut with = kept.clone();
            with.push((event, told(event, 28)));
            if fit(&with) {
                kept = with;
            }
        }
        // A metric's datum bears the start of its period: within one minute the cause comes first.
        kept.sort_by_key(|(event, _)| (event.at.div_euclid(60), event.kind, event.at));
        let hidden = events.len() - kept.len() + self.more;
        let mut texts: Vec<(String, Role)> = kept
            .into_iter()
            .map(|(event, text)| (text, event.kind.role()))
            .collect();
        if hidden > 0 {
            texts.push((format!("+{hidden}"), Role::Dim));
        }
        let widths: Vec<usize> = texts.iter().map(|(text, _)| words::width(text)).collect();
        for ((text, role), (y, x)) in texts.iter().zip(flow(&widths, width)) {
            canvas.write(x, y, width, text, *role);
        }
    }

    fn axis(&self, canvas: &mut Canvas<'_>) {
        let (width, rows) = (canvas.width(), canvas.height());
        let step = if self.to.saturating_sub(self.from) < 600 {
            1
        } else {
            60
        };
        let (first, last) = (scale::clock(self.from, step), scale::clock(self.to, step));
        let left = first.len() + 1;
        let right = width.saturating_sub(last.len() + 1);
        canvas.write(0, 0, width, &first, Role::Axis);
        canvas.write(right + 1, 0, width, &last, Role::Axis);
        for x in left..right {
            canvas.put(x, 0, if self.ascii { '-' } else { '─' }, Role::Axis);
        }
        let (placed, hidden) = self.place(left, right, width, rows);
        let (events, needed) = self.needed();
        let told = |event: &&Event<'_>| placed.iter().any(|label| std::ptr::eq(label.event, *event));
        if !events.iter().take(needed).all(told) {
            // A list has room for what must be there.
            canvas.clear();
            return self.list(canvas);
        }
        for label in &placed {
            // A stem leads down to labels that stand further below.
            for y in 1..label.row {
                canvas.fill(label.tick, y, if self.ascii { '|' } else { '│' }, Role::Axis);
            }
        }
        for event in self.ranked().into_iter().rev() {
            if let Some(x) = self.tick(event.at, left, right) {
                canvas.put(x, 0, if self.ascii { '+' } else { '┬' }, event.kind.role());
            }
        }
        for label in &placed {
            canvas.write(
                label.start,
                label.row,
                width,
                &label.text,
                label.event.kind.role(),
            );
        }
        if hidden > 0 {
            let more = format!("+{hidden}");
            let start = width.saturating_sub(more.len());
            let free = |row: &usize| (start.saturating_sub(1)..width).all(|x| canvas.is_blank(x, *row));
            if let Some(row) = (1..rows).rev().find(free) {
                canvas.write(start, row, width, &more, Role::Dim);
            }
        }
    }

    fn tick(&self, at: i64, left: usize, right: usize) -> Option<usize> {
        if at < self.from || at > self.to || right <= left {
            return None;
        }
        let share = at.saturating_sub(self.from) as f64 / self.to.saturating_sub(self.from) as f64;
        Some((left + (share * (right - left) as f64) as usize).min(right - 1))
    }

    /// Gives labels their places, and counts those that found none. A label stands to the right or to the left of its
    /// tick; of all the ways to choose that for the first few, the one that shows most is taken, and of those the one that
    /// reads in the order of events.
    fn place(&self, left: usize, right: usize, width: usize, rows: usize) -> (Vec<Placed<'_>>, usize) {
        const CHOSEN: usize = 6;
        let ranked = self.ranked();
        let ways = 1_u32 << ranked.len().min(CHOSEN);
        let best = (0..ways)
            .map(|way| self.place_one_way(&ranked, way, (left, right), width, rows))
            .min_by_key(|(placed, missed)| {
                let disorder = disorder(placed);
                let lowest = placed.iter().map(|label| label.row).max().unwrap_or(0);
                let shifted: usize = placed
                    .iter()
                    .map(|label| label.tick - label.start.min(label.tick))
                    .sum();
                (*missed, disorder, lowest, shifted)
            });
        let (placed, _) = best.unwrap_or_default();
        let hidden = ranked.len() - placed.len() + self.more;
        (placed, hidden)
    }

    /// One way to place labels: bit n of `way` sends the n-th to the left. Tells also the weight of what found no place.
    fn place_one_way<'e>(
        &self,
        ranked: &[&'e Event<'e>],
        way: u32,
        (left, right): (usize, usize),
        width: usize,
        rows: usize,
    ) -> (Vec<Placed<'e>>, u32) {
        let mut placed: Vec<Placed<'_>> = Vec::new();
        let mut missed = 0;
        for (at, &event) in ranked.iter().enumerate() {
            // Whatever is ranked higher outweighs all that is ranked lower.
            let weight = 1 << 16_usize.saturating_sub(at);
            let Some(tick) = self.tick(event.at, left, right) else {
                missed += weight;
                continue;
            };
            let text = words::cut(&self.text(event), 28, self.ascii);
            let length = words::width(&text);
            // Where two share a tick, one stands to its left and leaves it to the other.
            let shared = ranked
                .iter()
                .any(|other| !std::ptr::eq(*other, event) && self.tick(other.at, left, right) == Some(tick));
            let to_left = tick.saturating_sub(if shared {
                length + 1
            } else {
                length.saturating_sub(1)
            });
            let leftwards = way.checked_shr(at as u32).unwrap_or(0) & 1 == 1;
            let start = if leftwards { to_left } else { tick }.min(width.saturating_sub(length));
            match (1..rows).find(|row| fits(&placed, *row, (start, length), tick)) {
                Some(row) => placed.push(Placed {
                    event,
                    tick,
                    row,
                    start,
                    text,
                }),
                None => missed += weight,
            }
        }
        (placed, missed)
    }
}

/// True when a label touches no other, and neither's stem runs through the other.
fn fits(placed: &[Placed<'_>], row: usize, (start, length): (usize, usize), tick: usize) -> bool {
    placed.iter().all(|other| {
        let end = other.start + words::width(&other.text);
        let apart = other.row != row || start > end || start + length < other.start;
        let off_its_stem = other.row <= row || !(start..start + length).contains(&other.tick);
        let off_our_stem = row <= other.row || !(other.start..end).contains(&tick);
        apart && off_its_stem && off_our_stem
    })
}

/// Pairs of labels that stand in one row in another order than what they tell of.
fn disorder(placed: &[Placed<'_>]) -> usize {
    let order = |label: &Placed<'_>| (label.event.at, label.event.kind);
    let pairs = placed.iter().flat_map(|a| placed.iter().map(move |b| (a, b)));
    pairs
        .filter(|(a, b)| a.row == b.row && order(a) < order(b) && a.start > b.start)
        .count()
}

/// Row and column of texts set one after another, three cells apart.
fn flow(widths: &[usize], width: usize) -> Vec<(usize, usize)> {
    let (mut row, mut x) = (0, 0);
    widths
        .iter()
        .map(|&length| {
            if x > 0 && x + length > width {
                row += 1;
                x = 0;
            }
            let place = (row, x);
            x += length + 3;
            place
        })
        .collect()
}
