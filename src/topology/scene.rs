//! What stands in the picture: the graph seen as resources, as stacks or as accounts and regions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Health, Mark, Topology, words};
use crate::model::{RelationKind, Resource, ResourceId};

/// How the graph is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Every resource.
    #[default]
    Resource,
    /// One box a stack, or what else contains resources.
    Container,
    /// One box an account and region.
    System,
}

impl View {
    /// The word for it, as the command line and JSON write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Container => "container",
            Self::System => "system",
        }
    }
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One resource.
    Resource,
    /// Several resources, drawn as one to save room.
    Group,
    /// A stack or another container.
    Container,
    /// An account and region.
    System,
}

/// A resource that a box stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The resource.
    pub id: ResourceId,
    /// Its short name.
    pub name: String,
    /// Its type in words.
    pub word: String,
    /// How it fares.
    pub mark: Mark,
    /// The stack that owns it.
    pub stack: Option<String>,
}

/// A box to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it stands for.
    pub kind: Kind,
    /// Its name.
    pub title: String,
    /// What it is, in words.
    pub word: String,
    /// The loudest mark among its members.
    pub mark: Mark,
    /// The resources that it stands for, in order of id; never empty.
    pub members: Vec<Member>,
}

impl Item {
    /// True when it stands for this resource.
    pub fn holds(&self, id: &ResourceId) -> bool {
        self.members.iter().any(|member| member.id == *id)
    }
}

/// A line between two boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it comes from (index of the item).
    pub from: usize,
    /// Where it goes to (index of the item).
    pub to: usize,
    /// The ways in which the one acts on the other.
    pub kinds: BTreeSet<RelationKind>,
    /// True when each acts on the other.
    pub both: bool,
}

impl Line {
    /// True when no failure travels along it.
    pub fn is_soft(&self) -> bool {
        !self.kinds.iter().any(|kind| kind.carries_failure())
    }
}

/// Boxes and lines before they have a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// The boxes to be.
    pub items: Vec<Item>,
    /// The lines between them; at most one between any two.
    pub lines: Vec<Line>,
}

/// A stack whose lines to what it contains would bury the picture.
const MANY_PARTS: usize = 5;

impl Scene {
    /// The graph in one of its views.
    pub fn new(topology: &Topology, view: View) -> Self {
        match view {
            View::Resource => Self::of_resources(topology),
            View::Container => Self::grouped(topology, Kind::Container, &containers(topology)),
            View::System => {
                let places = topology
                    .nodes()
                    .map(|node| (node.resource.id.clone(), place(&node.resource)))
                    .collect();
                Self::grouped(topology, Kind::System, &places)
            }
        }
    }

    /// The same scene with what has a common home drawn as one: the home of each resource by its id.
    pub fn folded(&self, homes: &BTreeMap<ResourceId, String>) -> Self {
        let mut groups: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            let home = item.members.first().and_then(|member| homes.get(&member.id));
            if let Some(home) = home {
                groups.entry(home).or_default().push(at);
            }
        }
        let groups: Vec<_> = groups
            .into_iter()
            .map(|(home, items)| (words::short_name(home), items))
            .collect();
        if groups.is_empty() {
            return self.clone();
        }
        self.merged(&groups)
    }

    /// Takes the marks anew from the graph.
    pub fn remark(&mut self, topology: &Topology) {
        for item in &mut self.items {
            for member in &mut item.members {
                if let Some(node) = topology.node(&member.id) {
                    member.mark = shown(&node.mark);
                }
            }
            item.mark = loudest(&item.members);
        }
    }

    fn of_resources(topology: &Topology) -> Self {
        let items: Vec<_> = topology
            .nodes()
            .map(|node| {
                let member = member(&node.resource, &node.mark);
                Item {
                    kind: Kind::Resource,
                    title: member.name.clone(),
                    word: member.word.clone(),
                    mark: member.mark.clone(),
                    members: vec![member],
                }
            })
            .collect();
        let at: BTreeMap<&ResourceId, usize> = topology
            .nodes()
            .enumerate()
            .map(|(at, node)| (&node.resource.id, at))
            .collect();
        let mut parts: BTreeMap<&ResourceId, usize> = BTreeMap::new();
        for (from, _, link) in topology.links() {
            if link.kind == RelationKind::Contains {
                *parts.entry(from).or_default() += 1;
            }
        }
        let drawn = topology.links().filter(|(from, _, link)| {
            link.kind != RelationKind::Contains || parts.get(from).is_none_or(|parts| *parts <= MANY_PARTS)
        });
        let lines = drawn.filter_map(|(from, to, link)| Some((*at.get(from)?, *at.get(to)?, link.kind)));
        let lines = joined(lines);
        Self { items, lines }
    }

    fn grouped(topology: &Topology, kind: Kind, names: &BTreeMap<ResourceId, String>) -> Self {
        let mut groups: BTreeMap<&str, Vec<Member>> = BTreeMap::new();
        for node in topology.nodes() {
            if let Some(name) = names.get(&node.resource.id) {
                groups
                    .entry(name)
                    .or_default()
                    .push(member(&node.resource, &node.mark));
            }
        }
        let at: BTreeMap<&str, usize> = groups.keys().enumerate().map(|(at, name)| (*name, at)).collect();
        let lines = topology
            .links()
            .filter(|(_, _, link)| link.kind.carries_failure())
            .filter_map(|(from, to, link)| {
                let end = |id| at.get(names.get(id)?.as_str()).copied();
                Some((end(from)?, end(to)?, link.kind))
            });
        let lines = joined(lines);
        let items = groups
            .into_iter()
            .map(|(name, members)| Item {
                kind,
                title: words::short_name(name),
                word: count(&members),
                mark: loudest(&members),
                members,
            })
            .collect();
        Self { items, lines }
    }

    /// The same scene with some items drawn as one. Each group is a title and the indices of its items; an index may
    /// stand in one group only. What is in no group stays as it is.
    pub fn merged(&self, groups: &[(String, Vec<usize>)]) -> Self {
        let mut home: Vec<Option<usize>> = vec![None; self.items.len()];
        for (group, (_, items)) in groups.iter().enumerate() {
            for &item in items {
                if let Some(home) = home.get_mut(item) {
                    *home = Some(group);
                }
            }
        }
        let mut scene = Self::default();
        let mut group_at: Vec<Option<usize>> = vec![None; groups.len()];
        let mut moved = Vec::with_capacity(self.items.len());
        for (item, home) in self.items.iter().zip(&home) {
            let Some(group) = *home else {
                moved.push(scene.items.len());
                scene.items.push(item.clone());
                continue;
            };
            if let Some(at) = group_at[group] {
                moved.push(at);
                scene.items[at].members.extend(item.members.iter().cloned());
            } else {
                group_at[group] = Some(scene.items.len());
                moved.push(scene.items.len());
                scene.items.push(Item {
                    kind: Kind::Group,
                    title: groups[group].0.clone(),
                    ..item.clone()
                });
            }
        }
        for item in scene.items.iter_mut().filter(|item| item.kind == Kind::Group) {
            item.members
                .sort_by(|a, b| b.mark.health.cmp(&a.mark.health).then_with(|| a.id.cmp(&b.id)));
            item.mark = loudest(&item.members);
            item.word = count(&item.members);
        }
        let mut lines: BTreeMap<(usize, usize), BTreeSet<RelationKind>> = BTreeMap::new();
        for line in &self.lines {
            let (from, to) = (moved[line.from], moved[line.to]);
            lines.entry((from, to)).or_default().extend(&line.kinds);
            if line.both {
                lines.entry((to, from)).or_default().extend(&line.kinds);
            }
        }
        scene.lines = joined(
            lines
                .into_iter()
                .flat_map(|((from, to), kinds)| kinds.into_iter().map(move |kind| (from, to, kind))),
        );
        scene
    }
}

/// Lines between different items, one for each pair; failure-carrying ways hide the soft ones beside them.
fn joined(links: impl Iterator<Item = (usize, usize, RelationKind)>) -> Vec<Line> {
    let mut ways: BTreeMap<(usize, usize), BTreeSet<RelationKind>> = BTreeMap::new();
    for (from, to, kind) in links.filter(|(from, to, _)| from != to) {
        ways.entry((from, to)).or_default().insert(kind);
    }
    let hard = |kinds: &BTreeSet<RelationKind>| kinds.iter().any(|kind| kind.carries_failure());
    let mut lines = Vec::new();
    for (&(from, to), kinds) in &ways {
        match ways.get(&(to, from)) {
            Some(back) if hard(back) && !hard(kinds) => {}
            Some(back) if hard(back) == hard(kinds) && from > to => {}
            Some(back) if hard(back) == hard(kinds) => lines.push(Line {
                from,
                to,
                kinds: kinds.union(back).copied().collect(),
                both: true,
            }),
            _ => lines.push(Line {
                from,
                to,
                kinds: kinds.clone(),
                both: false,
            }),
        }
    }
    lines
}

fn member(resource: &Resource, mark: &Mark) -> Member {
    Member {
        id: resource.id.clone(),
        name: words::short_name(words::without_type(&resource.name, &resource.kind)),
        word: words::type_word(&resource.kind),
        mark: shown(mark),
        stack: resource.stack.as_deref().map(words::short_name),
    }
}

/// A mark whose note may stand in a picture.
fn shown(mark: &Mark) -> Mark {
    Mark {
        health: mark.health,
        note: mark.note.as_deref().map(words::visible),
    }
}

fn count(members: &[Member]) -> String {
    let same = members
        .first()
        .filter(|first| members.iter().all(|member| member.word == first.word));
    match (members.len(), same) {
        (1, Some(one)) => format!("1 {}", one.word),
        (many, Some(one)) if !one.word.is_empty() => format!("{many} {}", words::plural(&one.word)),
        (1, _) => "1 resource".to_owned(),
        (many, _) => format!("{many} resources"),
    }
}

fn loudest(members: &[Member]) -> Mark {
    let loudest = members.iter().max_by_key(|member| member.mark.health);
    match loudest {
        // A group is healthy only when all of it is known to be.
        Some(found) if found.mark.health == Health::Healthy => {
            let all = members.iter().all(|member| member.mark.health == Health::Healthy);
            if all { Health::Healthy } else { Health::Unknown }.into()
        }
        Some(found) => found.mark.clone(),
        None => Mark::default(),
    }
}

impl Topology {
    /// The stack of each resource that stands in one, or else the name of what contains it.
    pub fn homes(&self) -> BTreeMap<ResourceId, String> {
        let mut homes = containers(self);
        homes.retain(|_, home| !home.starts_with(HOMELESS));
        homes
    }
}

/// How the box of those begins that stand in nothing.
const HOMELESS: &str = "no stack: ";

/// The stack of each resource, or else what contains it, or else what it is.
fn containers(topology: &Topology) -> BTreeMap<ResourceId, String> {
    let mut inside: BTreeMap<&ResourceId, &ResourceId> = BTreeMap::new();
    let mut outer: BTreeSet<&ResourceId> = BTreeSet::new();
    for (from, to, link) in topology.links() {
        if link.kind == RelationKind::Contains {
            inside.entry(to).or_insert(from);
            outer.insert(from);
        }
    }
    topology
        .nodes()
        .map(|node| {
            let resource = &node.resource;
            let name = if let Some(stack) = &resource.stack {
                stack.clone()
            } else if outer.contains(&resource.id) {
                resource.name.clone()
            } else if let Some(outer) = inside.get(&resource.id).and_then(|id| topology.node(id)) {
                outer
                    .resource
                    .stack
                    .clone()
                    .unwrap_or_else(|| outer.resource.name.clone())
            } else {
                format!("{HOMELESS}{}", words::plural(&words::type_word(&resource.kind)))
            };
            (resource.id.clone(), name)
        })
        .collect()
}

fn place(resource: &Resource) -> String {
    match (&resource.account, &resource.region) {
        (Some(account), Some(region)) => format!("{account} {region}"),
        (Some(account), None) => format!("{account} no region"),
        (None, Some(region)) => region.clone(),
        (None, None) => "account unknown".to_owned(),
    }
}
