//! The rows of the list. Pure: ten thousand investigations are listed within a few milliseconds, and only when what the
//! list is made from has changed.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{order::Sort, standing::Standing, wanted::Wanted};
use crate::{
    journal::{
        StreamId,
        views::{Investigation, Listed, Space},
    },
    model::Priority,
};

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The heading of a group, and how many stand under it.
    Heading(Standing, usize),
    /// An item, by its place in the list.
    Item(usize),
}

/// The place of an investigation among those that look at the same thing again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The first look is 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// What the list was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Last record of `space`.
    seq: u64,
    /// State and priority of every investigation that was read.
    standing: u64,
    needle: String,
    sort: Sort,
    grouped: bool,
}

impl Basis {
    /// The basis of a list that would be made now.
    pub fn of(
        space: &Space,
        read: &BTreeMap<StreamId, Investigation>,
        needle: String,
        sort: Sort,
        grouped: bool,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        for (stream, inv) in read {
            stream.as_str().hash(&mut hasher);
            (inv.state, inv.end.is_some(), inv.priority.as_str()).hash(&mut hasher);
        }
        Self {
            seq: space.seq,
            standing: hasher.finish(),
            needle,
            sort,
            grouped,
        }
    }
}

/// A list.
#[derive(Debug, Default)]
pub struct Listing {
    /// What is listed, in order.
    pub items: Vec<StreamId>,
    /// The items with their headings.
    pub rows: Vec<Row>,
    /// Those that were looked at more than once.
    pub looks: BTreeMap<StreamId, Look>,
}

struct Entry<'a> {
    stream: &'a StreamId,
    listed: &'a Listed,
    standing: Standing,
    priority: Priority,
    title: String,
}

/// Makes the list.
pub fn arrange(
    space: &Space,
    read: &BTreeMap<StreamId, Investigation>,
    wanted: &Wanted,
    sort: Sort,
    grouped: bool,
) -> Listing {
    let looks = looks(space);
    let mut entries: Vec<Entry<'_>> = space
        .investigations
        .iter()
        .filter_map(|(stream, listed)| {
            let inv = read.get(stream);
            let standing = Standing::of(listed, inv);
            let priority = listed.priority(inv);
            let linked = looks.contains_key(stream);
            let entry = || Entry {
                stream,
                listed,
                standing,
                priority,
                title: match sort {
                    Sort::Title => listed.opened.title.plain().to_lowercase(),
                    _ => String::new(),
                },
            };
            wanted.keeps(listed, standing, priority, linked).then(entry)
        })
        .collect();
    entries.sort_by(|a, b| {
        let group = |entry: &Entry<'_>| grouped.then_some(entry.standing);
        let by = match sort {
            Sort::Newest => rank(a.standing).cmp(&rank(b.standing)),
            Sort::Priority => b.priority.cmp(&a.priority),
            Sort::State => a.standing.cmp(&b.standing),
            Sort::Title => a.title.cmp(&b.title),
        };
        group(a)
            .cmp(&group(b))
            .then(by)
            .then(b.listed.opened_at.cmp(&a.listed.opened_at))
            .then_with(|| b.stream.cmp(a.stream))
    });
    let rows = rows(&entries, grouped);
    let items = entries.into_iter().map(|entry| entry.stream.clone()).collect();
    Listing { items, rows, looks }
}

/// What is at work stands above what waits, and that above what has ended.
const fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::Running | Standing::Paused => 0,
        Standing::Queued => 1,
        _ => 2,
    }
}

fn rows(entries: &[Entry<'_>], grouped: bool) -> Vec<Row> {
    if !grouped {
        return (0..entries.len()).map(Row::Item).collect();
    }
    let mut rows = Vec::with_capacity(entries.len() + 8);
    let mut place = 0;
    for group in entries.chunk_by(|a, b| a.standing == b.standing) {
        if let Some(first) = group.first() {
            rows.push(Row::Heading(first.standing, group.len()));
        }
        rows.extend((place..place + group.len()).map(Row::Item));
        place += group.len();
    }
    rows
}

/// Whoever looks again names its parent; all looks at one thing are a family, counted in order of opening.
fn looks(space: &Space) -> BTreeMap<StreamId, Look> {
    let parent = |stream: &StreamId| {
        let listed = space.investigations.get(stream)?;
        listed.opened.parent.as_ref()
    };
    let mut families: BTreeMap<&StreamId, Vec<&StreamId>> = BTreeMap::new();
    for (stream, listed) in &space.investigations {
        if listed.opened.parent.is_none() {
            continue;
        }
        let mut root = stream;
        // A chain that is longer than the list runs in a circle.
        for _ in 0..space.investigations.len() {
            let Some(above) = parent(root) else { break };
            root = above;
        }
        families.entry(root).or_default().push(stream);
    }
    let mut looks = BTreeMap::new();
    for (root, mut family) in families {
        family.sort_by_key(|stream| space.investigations.get(*stream).map(|listed| listed.opened_at));
        let of = family.len() + 1;
        looks.insert(root.clone(), Look { number: 1, of });
        for (i, stream) in family.into_iter().enumerate() {
            looks.insert(stream.clone(), Look { number: i + 2, of });
        }
    }
    looks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::body::Opened,
        model::{SourceSpec, Text},
    };

    fn stream(number: usize) -> StreamId {
        StreamId::investigation(&format!("01h{number:023}"))
    }

    fn space(parents: &[Option<usize>]) -> Space {
        let mut space = Space::default();
        for (number, parent) in parents.iter().enumerate() {
            let listed = Listed {
                opened: Opened {
                    stream: stream(number),
                    title: Text::new().ext(format!("incident {number}")),
                    priority: Priority::ALL[number % 5],
                    source: SourceSpec::Scenario { name: "x".into() },
                    parent: parent.map(stream),
                    event: None,
                },
                priority: Priority::ALL[number % 5],
                events: 0,
                opened_at: jiff::Timestamp::from_second(number as i64).unwrap(),
                closed: None,
                closed_at: None,
            };
            space.investigations.insert(stream(number), listed);
        }
        space
    }

    #[test]
    fn whoever_looks_again_is_counted_in_its_family() {
        // 1 and 3 look at 0 again, 2 looks again at what 1 found; 4 stands alone; 5 and 6 name each other.
        let space = space(&[None, Some(0), Some(1), Some(0), None, Some(6), Some(5)]);
        let looks = looks(&space);
        let number = |n: usize| looks.get(&stream(n)).map(|look| (look.number, look.of));
        assert_eq!(
            [0, 1, 2, 3, 4].map(number),
            [Some((1, 4)), Some((2, 4)), Some((3, 4)), Some((4, 4)), None]
        );
        assert!(number(5).is_some() && number(6).is_some());
    }

    #[test]
    fn the_newer_of_two_equals_stands_above() {
        let space = space(&[None; 12]);
        let order = |sort| {
            let listing = arrange(&space, &BTreeMap::new(), &Wanted::default(), sort, false);
            listing.items.into_iter().take(3).collect::<Vec<_>>()
        };
        assert_eq!(order(Sort::Newest), [11, 10, 9].map(stream));
        assert_eq!(order(Sort::Priority), [10, 5, 0].map(stream));
        assert_eq!(order(Sort::State), [11, 10, 9].map(stream));
        assert_eq!(order(Sort::Title), [0, 1, 10].map(stream));
    }
}
