//! Fewer boxes than resources: what nobody needs to see alone is drawn together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Health,
    scene::{Kind, Scene},
    words,
};
use crate::model::ResourceId;

/// Which resources are alike enough to be drawn as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// None.
    Never,
    /// Those of one type that act on the same others and are acted on by the same others.
    Type,
    /// Those that act on the same others and are acted on by the same others.
    Place,
}

/// Draws as one the resources that are alike, when there are three of them or more. Marked resources and those in `keep`
/// always stand alone.
pub fn twins(scene: &Scene, alike: Alike, keep: &BTreeSet<ResourceId>) -> Scene {
    if alike == Alike::Never {
        return scene.clone();
    }
    let mut around: Vec<(BTreeSet<usize>, BTreeSet<usize>)> = vec![Default::default(); scene.items.len()];
    for line in &scene.lines {
        around[line.from].1.insert(line.to);
        around[line.to].0.insert(line.from);
        if line.both {
            around[line.from].0.insert(line.to);
            around[line.to].1.insert(line.from);
        }
    }
    let mut same: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, item) in scene.items.iter().enumerate() {
        if item.kind == Kind::Resource && !stands_alone(scene, at, keep) {
            // What stands apart from everything is alike in nothing but its type.
            let lonely = around[at].0.is_empty() && around[at].1.is_empty();
            let word = if alike == Alike::Place && !lonely {
                ""
            } else {
                item.word.as_str()
            };
            same.entry((word, &around[at])).or_default().push(at);
        }
    }
    let mut groups: Vec<_> = same
        .into_iter()
        .filter(|(_, items)| items.len() >= FEW)
        .map(|(_, items)| (title(scene, &items), items))
        .collect();
    groups.sort_by(|a, b| a.1.cmp(&b.1));
    scene.merged(&groups)
}

/// So many stand alone all the same.
const FEW: usize = 3;

fn title(scene: &Scene, items: &[usize]) -> String {
    let word = |at: &usize| scene.items[*at].word.as_str();
    let first = items.first().map_or("", word);
    if items.iter().all(|at| word(at) == first) {
        format!("{} {}", items.len(), words::plural(first))
    } else {
        format!("{} resources", items.len())
    }
}

/// Draws at most `max` boxes: the loudest, those in `keep`, and what stands nearest to them, one by one; the rest by
/// stack, or by type where there is no stack; what is still too much as one box.
pub fn fit(scene: &Scene, max: usize, keep: &BTreeSet<ResourceId>) -> Scene {
    let max = max.max(2);
    if scene.items.len() <= max {
        return scene.clone();
    }
    for alike in [Alike::Type, Alike::Place] {
        let fewer = twins(scene, alike, keep);
        if fewer.items.len() <= max {
            return fewer;
        }
    }
    let order = by_interest(scene, keep);
    // As many alone as leave room for the groups of the rest, but never so few that the neighbourhood is lost.
    let least = max / 2;
    let (alone, mut groups) = (least..max)
        .rev()
        .map(|alone| (alone, homes(scene, &order[alone..])))
        .find(|(alone, groups)| alone + groups.len() <= max || *alone == least)
        .unwrap_or((0, Vec::new()));
    // What is drawn together tells something where it touches what is drawn alone; the rest is only counted.
    let shown: BTreeSet<usize> = order[..alone].iter().copied().collect();
    let touching = touched(scene, &shown);
    let room = max.saturating_sub(alone).max(1);
    if groups.len() > room {
        let near = |items: &[usize]| shown.is_empty() || items.iter().any(|at| touching.contains(at));
        groups.sort_by_key(|(_, items)| !near(items));
        let kept = groups
            .iter()
            .take(room - 1)
            .take_while(|(_, items)| near(items))
            .count();
        let last: Vec<usize> = groups
            .split_off(kept)
            .into_iter()
            .flat_map(|(_, items)| items)
            .collect();
        groups.push((None, last));
    }
    groups.retain(|(_, items)| items.len() > 1);
    let groups: Vec<_> = groups
        .into_iter()
        .map(|(home, mut items)| {
            items.sort_unstable();
            let count: usize = items.iter().map(|at| scene.items[*at].members.len()).sum();
            let title = match home {
                Some(Home::Stack(stack)) => format!("{stack} +{count}"),
                Some(Home::Word(word)) => format!("+{count} {}", words::plural(&word)),
                None => format!("+{count} more"),
            };
            (title, items)
        })
        .collect();
    scene.merged(&groups)
}

/// Items with a line to one of these.
fn touched(scene: &Scene, shown: &BTreeSet<usize>) -> BTreeSet<usize> {
    let ends = scene
        .lines
        .iter()
        .flat_map(|line| [(line.from, line.to), (line.to, line.from)]);
    ends.filter(|(from, _)| shown.contains(from))
        .map(|(_, to)| to)
        .collect()
}

/// What keeps resources together when there is no room to show them alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Home {
    Stack(String),
    Word(String),
}

/// Items by their home, largest first.
fn homes(scene: &Scene, items: &[usize]) -> Vec<(Option<Home>, Vec<usize>)> {
    let mut groups: BTreeMap<Home, Vec<usize>> = BTreeMap::new();
    for &at in items {
        let Some(member) = scene.items[at].members.first() else {
            continue;
        };
        let home = member
            .stack
            .clone()
            .map_or_else(|| Home::Word(member.word.clone()), Home::Stack);
        groups.entry(home).or_default().push(at);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(home, items)| (Some(home), items))
        .collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    groups
}

fn stands_alone(scene: &Scene, at: usize, keep: &BTreeSet<ResourceId>) -> bool {
    let item = &scene.items[at];
    item.mark.health.is_loud() || item.members.iter().any(|member| keep.contains(&member.id))
}

/// Items in the order in which a reader wants to see them: kept ones, then by health, then by distance from these, then
/// by how many lines they have.
fn by_interest(scene: &Scene, keep: &BTreeSet<ResourceId>) -> Vec<usize> {
    let count = scene.items.len();
    let mut next: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    for line in &scene.lines {
        next[line.from].insert(line.to);
        next[line.to].insert(line.from);
    }
    let mut distance = vec![usize::MAX; count];
    let mut queue = VecDeque::new();
    for (at, distance) in distance.iter_mut().enumerate() {
        if stands_alone(scene, at, keep) {
            *distance = 0;
            queue.push_back(at);
        }
    }
    while let Some(at) = queue.pop_front() {
        for &other in &next[at] {
            if distance[other] == usize::MAX {
                distance[other] = distance[at] + 1;
                queue.push_back(other);
            }
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&at| {
        let item = &scene.items[at];
        let kept = item.members.iter().any(|member| keep.contains(&member.id));
        let loud = if distance[at] == 0 {
            item.mark.health
        } else {
            Health::Unknown
        };
        (
            !kept,
            std::cmp::Reverse(loud),
            distance[at],
            std::cmp::Reverse(next[at].len()),
            at,
        )
    });
    order
}
