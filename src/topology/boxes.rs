//! What is written in a box.

use super::{
    Health,
    picture::Role,
    scene::{Item, Kind, Member},
    words,
};

/// Words of one role.
pub(super) type Run = (String, Role);

/// A box's words, cut to size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    /// Stands in the upper border.
    pub title: String,
    /// Rows inside.
    pub rows: Vec<Vec<Run>>,
}

/// Members that a group's box names, if it does not name them all.
const NAMED: usize = 5;
/// Up to so many are all named.
const ALL: usize = 8;

impl Label {
    /// The words of an item, no row wider than `max` cells.
    pub fn new(item: &Item, max: usize, ascii: bool) -> Self {
        let max = max.max(4);
        let title = words::clip(&item.title, max, ascii);
        let rows = match item.kind {
            Kind::Resource => resource(item, max.max(words::width(&title)), ascii),
            Kind::Group => group(item, ascii),
            Kind::Container | Kind::System => place(item, ascii),
        };
        Self {
            title,
            rows: rows.into_iter().map(|row| cut(row, max, ascii)).collect(),
        }
    }

    /// Columns that the box takes, borders included; odd.
    pub fn width(&self) -> usize {
        let rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(|run| words::width(&run.0)).sum::<usize>() + 4);
        let width = rows.max().unwrap_or(0).max(words::width(&self.title) + 6);
        width | 1
    }

    /// Rows that the box takes, borders included.
    pub fn height(&self) -> usize {
        self.rows.len() + 2
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
    !matches!(member.mark.health, Health::Unknown | Health::Healthy)
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
