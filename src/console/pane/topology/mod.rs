//! The topology pane: resources and relations of the selected investigation, with what is known of their health.
//!
//! - [`marks`]: how each resource fares, from what was observed; pure.

pub mod marks;

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        canvas::Canvas,
        effects::Effect,
        filter::Filter,
        layout::Pane,
        overlay::evidence::EvidenceView,
        pane,
        rich::{Rich, shown},
        state::{Loaded, State},
        theme::Role,
    },
    journal::{StreamId, views::Investigation},
    model::{Evidence, Query, Relation, Resource, ResourceId},
    topology::{self as graph, Diagram, Health, Options, Picture, Shape, Step, Topology, View},
};

/// Boxes that are drawn at most; what does not fit is drawn together.
const BOXES: usize = 40;

/// What the pane remembers.
#[derive(Debug, Clone, Default)]
pub struct TopologyPane {
    /// The resource under the cursor.
    pub cursor: Option<ResourceId>,
    /// What a box stands for.
    pub view: View,
    /// Boxes or tree.
    pub shape: Shape,
    /// What is looked for.
    pub filter: Filter,
    /// Column and row of the picture at the pane's upper left corner.
    pub offset: (usize, usize),
    /// All resources, as of the last update.
    pub graph: Topology,
    diagram: Option<Diagram>,
    picture: Picture,
    drawn_for: Option<(Option<ResourceId>, bool)>,
    made_from: Option<Basis>,
}

#[derive(Debug, Clone, PartialEq)]
struct Basis {
    stream: StreamId,
    seq: u64,
    loaded: usize,
    width: u16,
    view: View,
    shape: Shape,
    ascii: bool,
}

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let pane = &mut state.topology;
    let step = match action {
        Action::Up => Step::Up,
        Action::Down => Step::Down,
        Action::Left => Step::Left,
        Action::Right => Step::Right,
        Action::View => {
            pane.view = match pane.view {
                View::Resource => View::Container,
                View::Container => View::System,
                View::System => View::Resource,
            };
            return Some(Vec::new());
        }
        Action::Shape => {
            pane.shape = match pane.shape {
                Shape::Auto | Shape::Boxes if !pane.picture.tree => Shape::Tree,
                _ => Shape::Boxes,
            };
            return Some(Vec::new());
        }
        Action::Filter => {
            pane.filter.editing = true;
            return Some(Vec::new());
        }
        Action::Back if pane.filter.is_on() => {
            pane.filter.clear();
            return Some(Vec::new());
        }
        Action::Open => return Some(open(state)),
        Action::Copy => {
            let id = pane.cursor.clone()?;
            return Some(vec![Effect::Copy(id.0)]);
        }
        Action::PageUp | Action::PageDown => {
            let step = if action == Action::PageUp {
                Step::Up
            } else {
                Step::Down
            };
            for _ in 0..4 {
                if let Some(to) = pane.picture.walk(pane.cursor.as_ref(), step).cloned() {
                    pane.cursor = Some(to);
                }
            }
            return Some(Vec::new());
        }
        _ => return None,
    };
    if let Some(to) = pane.picture.walk(pane.cursor.as_ref(), step) {
        pane.cursor = Some(to.clone());
    }
    Some(Vec::new())
}

/// What is known of the resource under the cursor.
fn open(state: &mut State) -> Vec<Effect> {
    let Some(id) = state.topology.cursor.clone() else {
        return Vec::new();
    };
    let Some(inv) = state.investigation() else {
        return Vec::new();
    };
    let mut items: Vec<u64> = inv
        .observations
        .iter()
        .filter(|(_, observed)| observed.observation.resource.as_ref() == Some(&id))
        .map(|(seq, _)| *seq)
        .collect();
    items.sort_by_key(|seq| {
        let notable = inv
            .observations
            .get(seq)
            .is_some_and(|observed| observed.observation.notable);
        (!notable, *seq)
    });
    if items.is_empty() {
        state.say(format!("nothing was read of {id} so far"));
        return Vec::new();
    }
    EvidenceView::open(state, items)
}

/// Every resource that is known, for the palette.
pub fn resources(state: &State) -> Vec<ResourceId> {
    let nodes = state.topology.graph.nodes();
    nodes.map(|node| node.resource.id.clone()).collect()
}

/// Answers that hold resources and relations: record and answer.
pub fn answers(inv: &Investigation) -> impl Iterator<Item = u64> + '_ {
    inv.answers
        .iter()
        .filter(|(query, _)| {
            let asked = inv.queries.get(query);
            asked.is_some_and(|asked| matches!(asked.query, Query::Inventory | Query::Relations))
        })
        .map(|(_, (seq, _))| *seq)
}

fn known(state: &State, inv: &Investigation) -> (Vec<Resource>, Vec<Relation>, usize) {
    let mut resources = Vec::new();
    let mut relations = Vec::new();
    let mut loaded = 0;
    for seq in answers(inv) {
        let Some(Loaded::Ready(evidence)) = state.evidence(seq) else {
            continue;
        };
        loaded += 1;
        match evidence.as_ref() {
            Evidence::Inventory(found) => resources.extend(found.iter().cloned()),
            Evidence::Relations(found) => relations.extend(found.iter().cloned()),
            _ => {}
        }
    }
    (resources, relations, loaded)
}

/// Lays the graph out again where something changed, and keeps the cursor in view.
pub fn settle(state: &mut State) {
    let inside = state.layout().inside(Pane::Topology);
    let Some(inv) = state.investigation() else {
        state.topology.graph = Topology::default();
        state.topology.diagram = None;
        state.topology.picture = Picture::default();
        state.topology.made_from = None;
        return;
    };
    let Some(stream) = inv.stream.clone() else { return };
    let loaded = answers(inv)
        .filter(|seq| matches!(state.evidence(*seq), Some(Loaded::Ready(_))))
        .count();
    let basis = Basis {
        stream,
        seq: inv.seq,
        loaded,
        width: inside.width.saturating_sub(2),
        view: state.topology.view,
        shape: state.topology.shape,
        ascii: state.glyphs.ascii,
    };
    if inside.width > 0 && state.topology.made_from.as_ref() != Some(&basis) {
        let (resources, relations, _) = known(state, inv);
        let fresh = state
            .topology
            .made_from
            .as_ref()
            .is_none_or(|before| before.stream != basis.stream);
        let graph = build(inv, resources, &relations);
        let subjects = marks::centre(inv);
        let part = if graph.len() > BOXES {
            let near = graph.around(&subjects, 3, BOXES);
            let ids = near
                .into_iter()
                .map(|near| near.id)
                .chain(subjects.clone())
                .collect();
            graph.part(&ids)
        } else {
            graph.clone()
        };
        let options = Options {
            view: basis.view,
            shape: basis.shape,
            width: usize::from(basis.width),
            max: BOXES,
            focus: subjects.first().cloned(),
            ascii: basis.ascii,
        };
        let pane = &mut state.topology;
        pane.diagram = Some(Diagram::new(&part, &options));
        pane.graph = graph;
        if fresh || pane.cursor.as_ref().is_none_or(|id| !pane.graph.contains(id)) {
            pane.cursor = subjects.into_iter().find(|id| pane.graph.contains(id));
        }
        pane.made_from = Some(basis);
        pane.drawn_for = None;
    }
    search(&mut state.topology);
    let focused = state.focus == Pane::Topology;
    let pane = &mut state.topology;
    let wanted = (pane.cursor.clone(), focused);
    if pane.drawn_for.as_ref() != Some(&wanted) {
        if let Some(diagram) = &pane.diagram {
            pane.picture = diagram.draw(pane.cursor.as_ref().filter(|_| focused));
        }
        pane.drawn_for = Some(wanted);
    }
    pan(pane, inside);
}

fn build(inv: &Investigation, mut resources: Vec<Resource>, relations: &[Relation]) -> Topology {
    if resources.is_empty() && relations.is_empty() {
        // Before anything was listed, what the engine set out to look at is better than nothing.
        let ids = inv.plan.iter().flat_map(|plan| plan.resources.iter());
        resources.extend(ids.map(|id| Resource::new(id.clone(), graph::UNLISTED, id.0.clone())));
    }
    let marks = marks::marks(inv);
    Topology::new(&resources, relations).with_marks(marks.iter().map(|(id, mark)| (id, mark.clone())))
}

fn search(pane: &mut TopologyPane) {
    let needle = pane.filter.needle();
    if needle.is_empty() {
        return;
    }
    let found = pane.graph.nodes().find(|node| {
        pane.filter.keeps(&format!(
            "{} {} {}",
            node.resource.name,
            node.resource.id.as_str(),
            node.resource.kind
        ))
    });
    if let Some(id) = found.map(|node| node.resource.id.clone()) {
        pane.cursor = Some(id);
    }
}

/// Keeps the cursor's box in view; a picture that fits is not moved.
fn pan(pane: &mut TopologyPane, inside: Rect) {
    let width = usize::from(inside.width).saturating_sub(2);
    let height = usize::from(inside.height).saturating_sub(1);
    let place = pane.cursor.as_ref().and_then(|id| pane.picture.place(id));
    let keep = |at: usize, start: usize, size: usize, room: usize, total: usize| {
        let at = if start < at { start } else { at };
        let at = if start + size > at + room {
            (start + size).saturating_sub(room)
        } else {
            at
        };
        at.min(total.saturating_sub(room))
    };
    let (x, y) = pane.offset;
    pane.offset = match place {
        Some(place) => (
            keep(x, place.rect.x, place.rect.width, width, pane.picture.width),
            keep(y, place.rect.y, place.rect.height, height, pane.picture.height),
        ),
        None => (
            x.min(pane.picture.width.saturating_sub(width)),
            y.min(pane.picture.height.saturating_sub(height)),
        ),
    };
}

/// What is drawn at a cell inside the pane's frame.
pub(super) fn at(pane: &TopologyPane, x: usize, y: usize, width: usize) -> Option<ResourceId> {
    // As in `draw`: a cell of air on both sides, a small picture in the middle, a large one moved by its offset.
    let left = width.saturating_sub(2).saturating_sub(pane.picture.width) / 2;
    let x = (x + pane.offset.0).checked_sub(left + 1)?;
    let place = pane.picture.hit(x, y + pane.offset.1)?;
    place.ids.first().cloned()
}

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let pane = &state.topology;
    let view = match pane.view {
        View::Resource => "resources",
        View::Container => "containers",
        View::System => "systems",
    };
    let mut title = pane::title(state, Pane::Topology);
    let mut right = Rich::new();
    if pane.graph.is_empty() {
        title = title.join(Rich::new());
    } else {
        title = title
            .add(Role::Faint, format!(" {} ", canvas.glyphs.dot))
            .add(Role::Text, view);
        right = Rich::of(Role::Dim, format!("{} resources", pane.graph.len()));
    }
    if pane.filter.is_on() {
        right = Rich::of(Role::Accent, format!("/{}", pane.filter.field.text()));
    }
    let inner = pane::frame(state, canvas, area, Pane::Topology, title, right);
    if pane.graph.is_empty() {
        let words = if state.investigation().is_some() {
            "No resources are known yet."
        } else {
            "Resources and relations around an incident stand here, with what suffers and what is to blame."
        };
        return pane::teach(canvas, inner, &[Rich::of(Role::Dim, words)]);
    }
    let body = Rect {
        x: inner.x + 1.min(inner.width),
        width: inner.width.saturating_sub(2),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let left = usize::from(body.width).saturating_sub(pane.picture.width) / 2;
    let (dx, dy) = pane.offset;
    for y in 0..usize::from(body.height) {
        for x in 0..usize::from(body.width) {
            let Some(px) = (x + dx).checked_sub(left) else {
                continue;
            };
            let cell = pane.picture.cell(px, y + dy);
            if cell.ch == graph::WIDE || cell.ch == ' ' {
                continue;
            }
            let style = canvas.theme.style(role(cell.role));
            let mut bytes = [0; 4];
            let (cx, cy) = (body.x + x as u16, body.y + y as u16);
            canvas.sign(cx, cy, cell.ch.encode_utf8(&mut bytes), style);
        }
    }
    canvas.scrollbar(
        Rect {
            x: inner.x,
            width: inner.width,
            ..body
        },
        dy,
        pane.picture.height,
    );
    let last = Rect {
        y: inner.bottom().saturating_sub(1),
        height: u16::from(inner.height > 0),
        ..body
    };
    canvas.line(
        last,
        &about(state, canvas).fit(usize::from(last.width), canvas.glyphs.more),
    );
}

/// One line on the resource under the cursor.
fn about(state: &State, canvas: &Canvas<'_>) -> Rich {
    let pane = &state.topology;
    let Some(node) = pane.cursor.as_ref().and_then(|id| pane.graph.node(id)) else {
        return Rich::new();
    };
    let health = node.mark.health;
    let mut line = Rich::of(role(graph::Role::Mark(health)), health.mark(canvas.glyphs.ascii));
    if !line.is_empty() {
        line = line.add(Role::Text, " ");
    }
    line = line.ext(&node.resource.name).add(
        Role::Dim,
        format!(
            " {} {}",
            canvas.glyphs.dot,
            graph::words::type_word(&node.resource.kind)
        ),
    );
    if health != Health::Unknown {
        line = line.add(Role::Dim, format!(" {} {}", canvas.glyphs.dot, health.as_str()));
    }
    if let Some(note) = &node.mark.note {
        line = line
            .add(Role::Dim, format!(" {} ", canvas.glyphs.dot))
            .add(Role::Text, shown(note));
    }
    line
}

fn role(role: graph::Role) -> Role {
    match role {
        graph::Role::Mark(health) => match health {
            Health::Cause => Role::Critical,
            Health::Symptom => Role::Bad,
            Health::Suffering => Role::Warn,
            Health::Changed => Role::Change,
            Health::Healthy => Role::Good,
            Health::Unreadable | Health::Unknown => Role::Dim,
        },
        graph::Role::Focus => Role::Focus,
        graph::Role::Name => Role::Text,
        graph::Role::Path => Role::Bad,
        graph::Role::Edge | graph::Role::Type => Role::Dim,
        graph::Role::Border | graph::Role::Soft | graph::Role::Blank => Role::Faint,
    }
}
