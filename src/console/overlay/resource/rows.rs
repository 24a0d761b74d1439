//! What the sheet on a resource says, row by row.

use crate::{
    console::{
        pane::topology::draw::{name_of, role, sentence},
        rich::{Rich, shown},
        state::State,
        theme::Role,
        words as say,
    },
    journal::body::Observed as Record,
    model::{Observed, RelationKind, ResourceId},
    topology::{self as graph, Node, Reach, words},
};

/// Where a row leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To another resource.
    Resource(ResourceId),
    /// To what these records tell.
    Records(Vec<u64>),
}

/// A row of the sheet.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// What it says.
    pub line: Rich,
    /// Where Enter leads.
    pub leads: Option<Leads>,
}

/// Column at which values stand.
const COLUMN: usize = 10;
/// Observations that are listed; the rest opens with all of them.
const LISTED: usize = 40;

/// The words that are copied: the ARN where there is one.
pub fn copied(state: &State, id: &ResourceId) -> String {
    let node = state.topology.graph.node(id);
    node.and_then(|node| node.resource.arn.clone())
        .unwrap_or_else(|| id.0.clone())
}

/// Those that stand in one box, loudest first.
pub fn of_box(state: &State, ids: &[ResourceId], width: usize) -> Vec<Row> {
    let mut ids = ids.to_vec();
    let health = |id: &ResourceId| state.topology.graph.health(id);
    ids.sort_by(|a, b| health(b).cmp(&health(a)).then_with(|| a.cmp(b)));
    ids.iter()
        .map(|id| Row {
            line: one(state, id, Rich::new()).fit(width, state.glyphs.more),
            leads: Some(Leads::Resource(id.clone())),
        })
        .collect()
}

/// Everything that is known of one resource.
pub fn of(state: &State, id: &ResourceId, width: usize) -> Vec<Row> {
    let mut rows = Rows {
        list: Vec::new(),
        width,
        more: state.glyphs.more,
    };
    let Some(node) = state.topology.graph.node(id) else {
        rows.put(Rich::of(Role::Dim, "Nothing is known of it."));
        return rows.list;
    };
    rows.put(one(state, id, Rich::new()));
    identity(&mut rows, node);
    let reach = Reach::of(&state.topology.graph, id);
    rows.field(
        "if it fails",
        Rich::of(Role::Text, sentence(reach.toll(&state.topology.graph), true)),
    );
    observed(&mut rows, state, id);
    relations(&mut rows, state, id);
    rows.list
}

struct Rows {
    list: Vec<Row>,
    width: usize,
    more: &'static str,
}

impl Rows {
    fn put(&mut self, line: Rich) {
        self.list.push(Row {
            line: line.fit(self.width, self.more),
            leads: None,
        });
    }

    fn lead(&mut self, line: Rich, leads: Leads) {
        self.list.push(Row {
            line: line.fit(self.width, self.more),
            leads: Some(leads),
        });
    }

    fn field(&mut self, name: &str, value: Rich) {
        let line = Rich::of(Role::Dim, name).pad(COLUMN + 2).join(value);
        let lines = line.wrap(self.width, COLUMN + 2);
        self.list
            .extend(lines.into_iter().map(|line| Row { line, leads: None }));
    }

    fn head(&mut self, words: String) {
        self.put(Rich::new());
        self.put(Rich::of(Role::Accent, words));
    }
}

/// Sign, name, type, health and note of one resource.
fn one(state: &State, id: &ResourceId, lead: Rich) -> Rich {
    let Some(node) = state.topology.graph.node(id) else {
        return lead.ext(id.as_str());
    };
    let health = node.mark.health;
    let sign = health.mark(state.glyphs.ascii);
    let dot = state.glyphs.dot;
    let mut line = lead;
    if !sign.is_empty() {
        line = line.add(role(graph::Role::Mark(health)), format!("{sign} "));
    }
    line = line
        .ext(&node.resource.name)
        .add(Role::Dim, format!("  {}", words::type_word(&node.resource.kind)));
    if health.is_loud() {
        line = line.add(Role::Dim, format!(" {dot} {}", health.as_str()));
    }
    if let Some(note) = &node.mark.note {
        line = line
            .add(Role::Dim, format!(" {dot} "))
            .add(Role::Text, shown(note));
    }
    line
}

fn identity(rows: &mut Rows, node: &Node) {
    let of = &node.resource;
    let text = |words: &str| Rich::new().ext(words);
    rows.field("type", text(&of.kind));
    match &of.arn {
        Some(arn) => rows.field("arn", text(arn)),
        None => rows.field("id", text(of.id.as_str())),
    }
    let place: Vec<String> = [&of.account, &of.region]
        .into_iter()
        .flatten()
        .map(|part| shown(part))
        .collect();
    let place = if place.is_empty() {
        "not known".to_owned()
    } else {
        place.join("  ")
    };
    rows.field("account", Rich::of(Role::Text, place));
    if let Some(stack) = &of.stack {
        rows.field("stack", text(stack));
    }
    if !of.tags.is_empty() {
        let tags: Vec<String> = of
            .tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        rows.field("tags", text(&tags.join("  ")));
    }
}

/// Relations in words, each to its other end.
fn relations(rows: &mut Rows, state: &State, id: &ResourceId) {
    let links = state.topology.graph.links_of(id);
    let needs = |acts: bool, kind: RelationKind| acts && kind.carries_failure();
    let groups: [(&str, Vec<_>); 3] = [
        (
            "it acts on",
            links
                .iter()
                .filter(|(acts, _, link)| needs(*acts, link.kind))
                .collect(),
        ),
        (
            "acted on by",
            links
                .iter()
                .filter(|(acts, _, link)| !acts && link.kind.carries_failure())
                .collect(),
        ),
        (
            "stands with",
            links
                .iter()
                .filter(|(_, _, link)| !link.kind.carries_failure())
                .collect(),
        ),
    ];
    for (title, links) in groups {
        if links.is_empty() {
            continue;
        }
        rows.head(format!("{title} ({})", links.len()));
        for (acts, other, link) in links {
            let kind = link.kind.as_str();
            let lead = if *acts {
                Rich::of(Role::Dim, format!("  {kind} "))
            } else {
                Rich::of(Role::Dim, format!("  {kind} it: "))
            };
            let line = one(state, other, lead.pad(COLUMN + 4));
            rows.lead(line, Leads::Resource((*other).clone()));
        }
    }
}

/// What was observed of it: changes apart, the notable before the rest.
fn observed(rows: &mut Rows, state: &State, id: &ResourceId) {
    let Some(inv) = state.investigation() else { return };
    let own: Vec<(u64, &Record)> = inv
        .observations
        .iter()
        .filter(|(_, observed)| observed.observation.resource.as_ref() == Some(id))
        .map(|(seq, observed)| (*seq, observed.as_ref()))
        .collect();
    if own.is_empty() {
        rows.head("observed".to_owned());
        let name = name_of(&state.topology, id);
        let words = if inv.left_out > 0 {
            // Of a large investigation only what is notable is kept at hand.
            format!("  nothing notable was read of {name} so far")
        } else {
            format!("  nothing was read of {name} so far")
        };
        return rows.put(Rich::of(Role::Dim, words));
    }
    let change = |observed: &Record| matches!(observed.observation.fact, Observed::Changed { .. });
    let (mut changes, mut others): (Vec<_>, Vec<_>) = own.iter().partition::<Vec<_>, _>(|(_, of)| change(of));
    others.sort_by_key(|(seq, of)| (!of.observation.notable, *seq));
    // The newest change is the one to ask about.
    changes.sort_by_key(|(seq, of)| (std::cmp::Reverse(of.observation.at), *seq));
    for (title, list) in [("observed", others), ("changes", changes)] {
        if list.is_empty() {
            continue;
        }
        rows.head(format!("{title} ({})", list.len()));
        let every: Vec<u64> = list.iter().map(|(seq, _)| *seq).collect();
        for (at, (seq, of)) in list.iter().take(LISTED).enumerate() {
            let time = of.observation.at.map_or_else(|| "     ".to_owned(), say::time);
            let role = if of.observation.notable {
                Role::Text
            } else {
                Role::Dim
            };
            let line = Rich::of(Role::Number, format!("  #{seq}"))
                .pad(COLUMN - 2)
                .add(Role::Faint, format!("{time}  "))
                .flat(role, &of.observation.text);
            // From one piece of evidence the next ones are a key away.
            let mut items = every.clone();
            items.rotate_left(at);
            rows.lead(line, Leads::Records(items));
        }
        if list.len() > LISTED {
            let line = Rich::of(Role::Dim, format!("  {} more", list.len() - LISTED));
            rows.lead(line, Leads::Records(every.into_iter().skip(LISTED).collect()));
        }
    }
}
