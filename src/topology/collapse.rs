//! Fewer boxes than resources: what nobody needs to see alone is drawn together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Health,
    scene::{Kind, Scene},
    words,
};
use crate::model::ResourceId;

/// Draws as one the resources of one type that act on the same others and are acted on by the same others, when there
/// are `least` of them or more. Marked resources and those in `keep` always stand alone.
pub fn twins(scene: &Scene, least: usize, keep: &BTreeSet<ResourceId>) -> Scene {
    let mut around: Vec<(BTreeSet<usize>, BTreeSet<usize>)> = vec![Default::default(); scene.items.len()];
    for line in &scene.lines {
        around[line.from].1.insert(line.to);
        around[line.to].0.insert(line.from);
        if line.both {
            around[line.from].0.insert(line.to);
            around[line.to].1.insert(line.from);
        }
    }
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, item) in scene.items.iter().enumerate() {
        if item.kind == Kind::Resource && !stands_alone(scene, at, keep) {
            alike.entry((&item.word, &around[at])).or_default().push(at);
        }
    }
    let mut groups: Vec<_> = alike
        .into_iter()
        .filter(|(_, items)| items.len() >= least.max(2))
        .map(|((word, _), items)| (format!("{} {}", items.len(), words::plural(word)), items))
        .collect();
    groups.sort_by(|a, b| a.1.cmp(&b.1));
    scene.merged(&groups)
}

/// Draws at most `max` boxes: the loudest, those in `keep`, and what stands nearest to them, one by one; the rest by
/// stack, or by type where there is no stack; what is still too much as one box.
pub fn fit(scene: &Scene, max: usize, keep: &BTreeSet<ResourceId>) -> Scene {
    let max = max.max(2);
    if scene.items.len() <= max {
        return scene.clone();
    }
    let order = by_interest(scene, keep);
    let alone = max * 2 / 3;
    let (shown, rest) = order.split_at(alone.min(order.len()));
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for &at in rest {
        groups.entry(home(scene, at)).or_default().push(at);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    let room = max.saturating_sub(shown.len()).max(1);
    if groups.len() > room {
        let last: Vec<usize> = groups
            .split_off(room - 1)
            .into_iter()
            .flat_map(|(_, items)| items)
            .collect();
        groups.push((String::new(), last));
    }
    groups.retain(|(_, items)| items.len() > 1);
    for (title, items) in &mut groups {
        items.sort_unstable();
        let count: usize = items.iter().map(|at| scene.items[*at].members.len()).sum();
        *title = if title.is_empty() {
            format!("+{count} more")
        } else {
            format!("{title} +{count} more")
        };
    }
    scene.merged(&groups)
}

fn home(scene: &Scene, at: usize) -> String {
    let item = &scene.items[at];
    item.members
        .first()
        .and_then(|member| member.stack.clone())
        .unwrap_or_else(|| words::plural(item.members.first().map_or("", |member| &member.word)))
}

fn stands_alone(scene: &Scene, at: usize, keep: &BTreeSet<ResourceId>) -> bool {
    let item = &scene.items[at];
    !matches!(item.mark.health, Health::Unknown | Health::Healthy)
        || item.members.iter().any(|member| keep.contains(&member.id))
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
