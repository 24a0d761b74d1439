//! What is written in a box.

use super::{
    Health,
    picture::Role,
    scene::{Item, Kind, Member},
    words,
};

/// Words of one role.
pub(super) type Run = (String, Role);

/// How much a box says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Name, type and note.
    #[default]
    Full,
    /// Name and mark alone.
    Names,
}

/// A box's words, cut to size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    /// Stands in the upper border.
    pub title: Vec<Run>,
    /// Rows inside.
    pub rows: Vec<Vec<Run>>,
    /// Columns that the box takes, borders included; odd.
    pub width: usize,
    /// Rows that the box takes, borders included.
    pub height: usize,
}

/// Members that a group's box names, if it does not name them all.
const NAMED: usize = 5;
/// Up to so many are all named.
const ALL: usize = 8;
/// Columns that a box keeps free for a mark which may come.
const MARK: usize = 12;

impl Label {
    /// The words of an item, no row wider than `max` cells; the box is as large as they are.
    pub fn new(item: &Item, max: usize, ascii: bool) -> Self {
        let max = max.max(4);
        let title = words::clip(&item.title, max, ascii);
        let rows = match item.kind {
            Kind::Resource => resource(item, max.max(words::width(&title)), ascii),
            Kind::Group => group(item, ascii),
            Kind::Container | Kind::System => place(item, ascii),
        };
        let rows: Vec<_> = rows.into_iter().map(|row| cut(row, max, ascii)).collect();
        let widest = rows.iter().map(|row| width(row) + 4).max().unwrap_or(0);
        Self {
            width: widest.max(words::width(&title) + 6) | 1,
            height: rows.len() + 2,
            title: vec![(title, Role::Name)],
            rows,
        }
    }

    /// A box whose size depends on names and types alone, so that it stands still when marks come and go.
    pub fn steady(item: &Item, max: usize, detail: Detail, ascii: bool) -> Self {
        let max = max.max(6);
        let title = words::width(&words::clip(&item.title, max, ascii));
        let (inner, rows) = match (detail, item.kind) {
            (Detail::Names, _) => (0, 0),
            (Detail::Full, Kind::Resource) => (words::width(&item.word) + 2 + MARK, 1),
            // What it holds, and the loudest of it.
            (Detail::Full, _) => (words::width(&item.word).max(MARK + 4), 2),
        };
        let mut label = Self {
            // A sign stands before the name where there is no row for it.
            width: (inner.min(max) + 4).max(title + 6 + if rows == 0 { 3 } else { 0 }) | 1,
            height: rows + 2,
            ..Self::default()
        };
        label.fill(item, None, ascii);
        label
    }

    /// Writes the words of an item into a box whose size is settled: how far the failure that is asked about travels to
    /// it comes first, where that is asked.
    pub fn fill(&mut self, item: &Item, reached: Option<u32>, ascii: bool) {
        let inner = self.width.saturating_sub(4);
        let room = self.height.saturating_sub(2);
        let sign = item.mark.health.mark(ascii);
        self.title.clear();
        let mut left = self.width.saturating_sub(6);
        if room == 0 {
            if let Some(distance) = reached {
                self.title
                    .push((format!("{} ", short_reach(distance, ascii)), Role::Reach));
            }
            if item.mark.health.is_loud() {
                self.title
                    .push((format!("{sign} "), Role::Mark(item.mark.health)));
            }
            left = left.saturating_sub(width(&self.title));
        }
        self.title
            .push((words::clip(&item.title, left.max(2), ascii), Role::Name));
        let mut rows = match item.kind {
            Kind::Resource => vec![one_row(item, inner, ascii)],
            _ => two_rows(item, ascii),
        };
        if let Some(distance) = reached {
            let mut row = vec![(long_reach(distance, ascii), Role::Reach)];
            if item.kind == Kind::Resource {
                row.push(("  ".to_owned(), Role::Blank));
                row.extend(mark(item.mark.health, item.mark.note.as_deref(), ascii));
                rows.clear();
            }
            rows.insert(0, row);
        }
        if rows.len() > room {
            rows.truncate(room.saturating_sub(1));
            if room > 0 {
                rows.push(vec![(if ascii { "..." } else { "…" }.to_owned(), Role::Type)]);
            }
        }
        self.rows = rows.into_iter().map(|row| cut(row, inner, ascii)).collect();
    }
}

fn width(runs: &[Run]) -> usize {
    runs.iter().map(|run| words::width(&run.0)).sum()
}

/// Type and mark where both have room, otherwise what matters more.
fn one_row(item: &Item, max: usize, ascii: bool) -> Vec<Run> {
    let word = (item.word.clone(), Role::Type);
    let Some(mark) = mark(item.mark.health, item.mark.note.as_deref(), ascii) else {
        return vec![word];
    };
    if words::width(&word.0) + 2 + words::width(&mark.0) <= max {
        return vec![word, ("  ".to_owned(), Role::Blank), mark];
    }
    if item.mark.health.is_loud() {
        vec![mark]
    } else {
        vec![word]
    }
}

/// What a box of several holds, and the loudest of it; names where none is loud.
fn two_rows(item: &Item, ascii: bool) -> Vec<Vec<Run>> {
    let mut first = vec![(item.word.clone(), Role::Type)];
    if item.mark.health == Health::Healthy {
        first.push(("  ".to_owned(), Role::Blank));
        first.extend(mark(Health::Healthy, None, ascii));
    }
    let mut loud: Vec<_> = item.members.iter().filter(|member| is_loud(member)).collect();
    loud.sort_by(|a, b| b.mark.health.cmp(&a.mark.health).then_with(|| a.id.cmp(&b.id)));
    let second = if let Some((loudest, others)) = loud.split_first() {
        let health = loudest.mark.health;
        let mut row = vec![
            (format!("{} ", health.mark(ascii)), Role::Mark(health)),
            (loudest.name.clone(), Role::Name),
        ];
        if !others.is_empty() {
            row.push((format!(" +{}", others.len()), Role::Mark(health)));
        }
        row
    } else {
        let names = item.members.iter().take(NAMED).map(|member| member.name.as_str());
        vec![(names.collect::<Vec<_>>().join(", "), Role::Type)]
    };
    vec![first, second]
}

/// How far a failure travels to a box, in words: `« direct`, `« 3 hops`.
pub(super) fn long_reach(distance: u32, ascii: bool) -> String {
    let sign = if ascii { "<<" } else { "«" };
    match distance {
        0 => "if this fails".to_owned(),
        1 => format!("{sign} direct"),
        hops => format!("{sign} {hops} hops"),
    }
}

/// The same in few cells: `«3`.
pub(super) fn short_reach(distance: u32, ascii: bool) -> String {
    let sign = if ascii { "<" } else { "«" };
    match distance {
        0 => "X".to_owned(),
        hops => format!("{sign}{hops}"),
    }
}

/// The mark of a resource in words: `▲ Errors`, `ok`, `● cause`.
pub(super) fn mark(health: Health, note: Option<&str>, ascii: bool) -> Option<Run> {
    let sign = health.mark(ascii);
    let words = match (health, note) {
        (Health::Unknown, None) => return None,
        (Health::Unknown, Some(note)) => note.to_owned(),
        (Health::Healthy, None) => sign.to_owned(),
        (_, Some(note)) => format!("{sign} {note}"),
        (Health::Suffering, None) => format!("{sign} suffers"),
        (_, None) => format!("{sign} {}", health.as_str()),
    };
    Some((words, Role::Mark(health)))
}

fn resource(item: &Item, max: usize, ascii: bool) -> Vec<Vec<Run>> {
    let word = (item.word.clone(), Role::Type);
    let Some(mark) = mark(item.mark.health, item.mark.note.as_deref(), ascii) else {
        return vec![vec![word]];
    };
    if words::width(&word.0) + 2 + words::width(&mark.0) <= max {
        return vec![vec![word, ("  ".to_owned(), Role::Blank), mark]];
    }
    vec![vec![word], vec![mark]]
}

fn group(item: &Item, ascii: bool) -> Vec<Vec<Run>> {
    let word = item.members.first().map(|first| &first.word);
    let alike = item.members.iter().all(|member| Some(&member.word) == word);
    let mut rows = loud(&item.members, ascii);
    if alike || item.members.len() <= ALL {
        let quiet: Vec<_> = item.members.iter().filter(|member| !is_loud(member)).collect();
        let shown = if item.members.len() <= ALL {
            quiet.len()
        } else {
            NAMED.saturating_sub(rows.len()).max(1).min(quiet.len())
        };
        rows.extend(
            quiet
                .iter()
                .take(shown)
                .map(|member| vec![(member.name.clone(), Role::Name)]),
        );
        if quiet.len() > shown {
            rows.push(vec![(format!("+{} more", quiet.len() - shown), Role::Type)]);
        }
    } else {
        let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for member in &item.members {
            *counts.entry(&member.word).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let shown = if counts.len() <= NAMED {
            counts.len()
        } else {
            NAMED - 1
        };
        rows.extend(counts.iter().take(shown).map(|(word, count)| {
            let word = if *count == 1 {
                (*word).to_owned()
            } else {
                words::plural(word)
            };
            vec![(format!("{count} {word}"), Role::Type)]
        }));
        let others: usize = counts.iter().skip(shown).map(|(_, count)| count).sum();
        if others > 0 {
            rows.push(vec![(format!("{others} others"), Role::Type)]);
        }
    }
    rows
}

fn place(item: &Item, ascii: bool) -> Vec<Vec<Run>> {
    let mut first = vec![(item.word.clone(), Role::Type)];
    let mut rows = Vec::new();
    if item.mark.health == Health::Healthy {
        first.push(("  ".to_owned(), Role::Blank));
        first.extend(mark(Health::Healthy, None, ascii));
    } else {
        rows = loud(&item.members, ascii);
    }
    rows.insert(0, first);
    rows
}

fn is_loud(member: &Member) -> bool {
    member.mark.health.is_loud()
}

/// The members that want to be seen, loudest first, at most so many.
fn loud(members: &[Member], ascii: bool) -> Vec<Vec<Run>> {
    let mut loud: Vec<_> = members.iter().filter(|member| is_loud(member)).collect();
    loud.sort_by(|a, b| b.mark.health.cmp(&a.mark.health).then_with(|| a.id.cmp(&b.id)));
    let shown = if loud.len() <= NAMED {
        loud.len()
    } else {
        NAMED - 1
    };
    let mut rows: Vec<Vec<Run>> = loud
        .iter()
        .take(shown)
        .map(|member| {
            let health = member.mark.health;
            vec![
                (format!("{} ", health.mark(ascii)), Role::Mark(health)),
                (member.name.clone(), Role::Name),
            ]
        })
        .collect();
    if loud.len() > shown {
        let loudest = loud
            .get(shown)
            .map_or(Health::Unknown, |member| member.mark.health);
        rows.push(vec![(
            format!("{} {} more", loudest.mark(ascii), loud.len() - shown),
            Role::Mark(loudest),
        )]);
    }
    rows
}

fn cut(row: Vec<Run>, max: usize, ascii: bool) -> Vec<Run> {
    let mut room = max;
    row.into_iter()
        .map(|(words, role)| {
            let words = if role == Role::Name {
                words::clip(&words, room, ascii)
            } else {
                words::cut(&words, room, ascii)
            };
            room = room.saturating_sub(words::width(&words));
            (words, role)
        })
        .filter(|(words, _)| !words.is_empty())
        .collect()
}
