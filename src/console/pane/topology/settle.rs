//! Graph, layout and picture made again, each only when what it is made from has changed. While records stream in,
//! marks come and go and nothing moves: a layout is made anew when resources, relations or the reader's choices change.

use std::{collections::BTreeMap, sync::Arc};

use ratatui::layout::Rect;

use super::{TopologyPane, marks, search};
use crate::{
    console::{
        layout::Pane,
        state::{Loaded, State},
    },
    journal::views::Investigation,
    model::{Evidence, Relation, Resource, ResourceId, discovery::Graph},
    topology::{self as graph, Diagram, Extent, Health, Look, Mark, Options, Picture, Shape, Topology, View},
};

/// What a layout is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Basis {
    size: (u16, u16),
    zoom: super::Zoom,
    shape: Shape,
    ascii: bool,
    pinned: Option<ResourceId>,
}

/// What a picture is made from, beside the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    cursor: Option<ResourceId>,
    reach: Option<ResourceId>,
}

/// Brings the pane up to date with the state.
pub fn settle(state: &mut State) {
    let inside = state.layout().inside(Pane::Topology);
    let focused = state.focus == Pane::Topology;
    let ascii = state.glyphs.ascii;
    let shows_space = state.shows_space();
    let mut pane = std::mem::take(&mut state.topology);
    let graph = state.stored.as_ref().and_then(|(_, graph)| graph.clone());
    if shows_space {
        if let Some(graph) = graph {
            show_space(&mut pane, &graph, inside, (focused, ascii));
        }
        state.topology = pane;
        return;
    }
    match state.investigation() {
        Some(inv) => {
            if pane.stream != inv.stream || pane.shown.is_some() {
                pane.leave();
                pane.stream.clone_from(&inv.stream);
            }
            update(&mut pane, state, inv, inside, (focused, ascii));
        }
        None => pane.leave(),
    }
    state.topology = pane;
}

fn update(
    pane: &mut TopologyPane,
    state: &State,
    inv: &Investigation,
    inside: Rect,
    (focused, ascii): (bool, bool),
) {
    pane.listings.follow(inv);
    let loaded = pane
        .listings
        .answers(inv)
        .filter(|seq| matches!(state.evidence(*seq), Some(Loaded::Ready(_))));
    let planned = inv.plan.as_ref().map_or(0, |plan| plan.resources.len());
    let sources = (loaded.count(), planned);
    let changed = pane.marks.follow(inv);
    let mut marked = !changed.is_empty();
    if pane.made_from == Some(sources) {
        for id in &changed {
            let mark = pane.marks.of(id);
            pane.graph.mark(id, mark);
        }
    } else {
        pane.graph = build(pane, state, inv);
        pane.homes = pane.graph.homes();
        pane.made_from = Some(sources);
        pane.made[0] += 1;
        pane.relay();
        pane.search.forget();
        marked = true;
    }
    show(pane, &marks::centre(inv), inside, (focused, ascii), marked);
}

/// Resources beyond which the whole space is first shown as its stacks.
const MANY: usize = 60;

/// The graph that discovery stored, with what may not be read marked in it.
fn show_space(pane: &mut TopologyPane, graph: &Arc<Graph>, inside: Rect, (focused, ascii): (bool, bool)) {
    let fresh = pane.shown.as_ref().is_none_or(|shown| !Arc::ptr_eq(shown, graph));
    if fresh {
        if pane.shown.is_none() {
            let of_space = pane.of_space;
            pane.leave();
            pane.of_space = of_space;
            if graph.resources.len() > MANY {
                pane.zoom = pane.zoom.max(super::Zoom::Stacks);
            }
        }
        let unreadable = graph.unreadable.iter().map(|(id, why)| {
            let mark = Mark {
                health: Health::Unreadable,
                note: Some(why.plain()),
            };
            (id, mark)
        });
        pane.graph = Topology::new(&graph.resources, &graph.relations).with_marks(unreadable);
        pane.homes = pane.graph.homes();
        pane.made[0] += 1;
        pane.shown = Some(Arc::clone(graph));
        pane.relay();
        pane.search.forget();
    }
    show(pane, &[], inside, (focused, ascii), fresh);
}

/// Lays the graph out and draws it, each where it has changed.
fn show(
    pane: &mut TopologyPane,
    subjects: &[ResourceId],
    inside: Rect,
    (focused, ascii): (bool, bool),
    marked: bool,
) {
    let lost = pane.cursor.as_ref().is_none_or(|id| !pane.graph.contains(id));
    if lost || !pane.moved {
        pane.cursor = subjects.iter().find(|id| pane.graph.contains(id)).cloned();
    }
    search::follow(pane);
    if inside.width == 0 {
        return;
    }
    let size = (inside.width.saturating_sub(2), inside.height.saturating_sub(1));
    lay_out(pane, subjects, size, ascii, marked);
    if marked && let Some(reach) = &mut pane.reach {
        *reach = graph::Reach::of(&pane.graph, &reach.root);
    }
    let drawn = Drawn {
        cursor: pane.cursor.clone().filter(|_| focused),
        reach: pane.reach.as_ref().map(|reach| reach.root.clone()),
    };
    if marked || pane.drawn.as_ref() != Some(&drawn) {
        pane.picture = pane.diagram.as_ref().map_or_else(Picture::default, |diagram| {
            diagram.draw_as(Look {
                selected: drawn.cursor.as_ref(),
                reach: pane.reach.as_ref(),
            })
        });
        pane.drawn = Some(drawn);
        pane.made[2] += 1;
    }
    pan(pane, inside);
}

/// Lays out what is shown, where something but marks has changed.
fn lay_out(pane: &mut TopologyPane, subjects: &[ResourceId], size: (u16, u16), ascii: bool, marked: bool) {
    // Whoever searches, follows a relation or comes closer takes the picture along.
    if pane.laid.is_some() && outside(pane) {
        pane.pinned.clone_from(&pane.cursor);
    }
    let basis = Basis {
        size,
        zoom: pane.zoom,
        shape: pane.shape,
        ascii,
        pinned: pane.pinned.clone(),
    };
    let way = if marked || pane.laid.as_ref() != Some(&basis) {
        graph::way(&pane.graph)
    } else {
        Vec::new()
    };
    if pane.laid.as_ref() == Some(&basis) {
        let told = match &mut pane.diagram {
            _ if !marked => true,
            // A cause that is new has to be seen, and the way that leads from it.
            Some(diagram) => {
                let missing = |id: &ResourceId| pane.graph.contains(id) && !pane.extent.ids.contains(id);
                diagram.remark(&pane.graph, way.clone())
                    && (pane.zoom == super::Zoom::Near || !subjects.iter().any(missing))
            }
            None => false,
        };
        if told {
            return;
        }
    }
    pane.extent = extent(pane, subjects, &way);
    if outside(pane) {
        pane.pinned.clone_from(&pane.cursor);
        pane.extent = extent(pane, subjects, &way);
    }
    let part = if pane.extent.whole {
        pane.graph.clone()
    } else {
        pane.graph.part(&pane.extent.ids)
    };
    let always = pane.extent_always(subjects, &way);
    let options = Options {
        view: pane.zoom.view(),
        shape: pane.shape,
        width: usize::from(size.0),
        height: usize::from(size.1),
        max: pane.zoom.boxes(),
        focus: pane.middle.first().cloned(),
        ascii,
        steady: true,
        detail: pane.zoom.detail(),
        folded: folded(pane),
        apart: pane.apart.iter().chain(&always).cloned().collect(),
    };
    pane.diagram = Some(Diagram::new(&part, &options));
    pane.laid = Some(Basis {
        pinned: pane.pinned.clone(),
        ..basis
    });
    pane.drawn = None;
    pane.made[1] += 1;
}

/// True when the cursor stands on something that is not in the picture.
fn outside(pane: &TopologyPane) -> bool {
    let cursor = pane.cursor.as_ref().filter(|id| pane.graph.contains(id));
    pane.zoom.view() == View::Resource && cursor.is_some_and(|id| !pane.extent.ids.contains(id))
}

impl TopologyPane {
    /// What has a place however far it is.
    fn extent_always(&self, subjects: &[ResourceId], way: &[ResourceId]) -> Vec<ResourceId> {
        match self.zoom {
            super::Zoom::Near => Vec::new(),
            _ => subjects.iter().chain(way).cloned().collect(),
        }
    }
}

/// Chooses what stands in the picture, and settles its middle.
fn extent(pane: &mut TopologyPane, subjects: &[ResourceId], way: &[ResourceId]) -> Extent {
    let homes = folded(pane);
    let middle: Vec<ResourceId> = match &pane.pinned {
        Some(id) => vec![id.clone()],
        None => subjects.to_vec(),
    };
    let always = pane.extent_always(subjects, way);
    let middle = match (pane.zoom, &pane.cursor) {
        // Close means close to what the reader points at.
        (super::Zoom::Near, Some(id)) if pane.pinned.is_none() => vec![id.clone()],
        _ => middle,
    };
    let boxes = pane.zoom.boxes();
    pane.middle = middle;
    if pane.zoom.view() != View::Resource {
        return Extent::new(
            &pane.graph,
            &pane.middle,
            &[],
            u32::MAX,
            usize::MAX,
            &BTreeMap::new(),
        );
    }
    let whole = Extent::new(
        &pane.graph,
        &pane.middle,
        &always,
        pane.zoom.hops(),
        boxes,
        &homes,
    );
    if whole.whole || pane.zoom.hops() < u32::MAX {
        return whole;
    }
    Extent::new(&pane.graph, &pane.middle, &always, pane.zoom.far(), boxes, &homes)
}

/// The homes of all resources whose home is folded.
fn folded(pane: &TopologyPane) -> BTreeMap<ResourceId, String> {
    if pane.folded.is_empty() {
        return BTreeMap::new();
    }
    let inside = pane.homes.iter().filter(|(_, home)| pane.folded.contains(*home));
    inside.map(|(id, home)| (id.clone(), home.clone())).collect()
}

fn build(pane: &TopologyPane, state: &State, inv: &Investigation) -> Topology {
    let mut resources: Vec<Resource> = Vec::new();
    let mut relations: Vec<Relation> = Vec::new();
    for seq in pane.listings.answers(inv) {
        let Some(Loaded::Ready(evidence)) = state.evidence(seq) else {
            continue;
        };
        match evidence.as_ref() {
            Evidence::Inventory(found) => resources.extend(found.iter().cloned()),
            Evidence::Relations(found) => relations.extend(found.iter().cloned()),
            _ => {}
        }
    }
    if resources.is_empty() && relations.is_empty() {
        // Before anything was listed, what the engine set out to look at is better than nothing.
        let ids = inv.plan.iter().flat_map(|plan| plan.resources.iter());
        resources.extend(ids.map(|id| Resource::new(id.clone(), graph::UNLISTED, id.0.clone())));
    }
    Topology::new(&resources, &relations).with_marks(pane.marks.all())
}

/// Rows below the picture: one on the resource under the cursor, one on the blast radius.
pub(super) fn foot(pane: &TopologyPane) -> u16 {
    1 + u16::from(pane.reach.is_some())
}

/// Columns and rows that the picture has.
pub(super) fn room(pane: &TopologyPane, inside: Rect) -> (usize, usize) {
    (
        usize::from(inside.width).saturating_sub(2),
        usize::from(inside.height.saturating_sub(foot(pane))),
    )
}

/// Keeps the cursor's box in view, unless the reader moved the picture; a picture that fits is not moved, and none is
/// moved beyond its edge.
fn pan(pane: &mut TopologyPane, inside: Rect) {
    let (width, height) = room(pane, inside);
    let keep = |at: usize, start: usize, size: usize, room: usize| {
        let at = at.min(start);
        if start + size > at + room {
            (start + size).saturating_sub(room)
        } else {
            at
        }
    };
    let (mut x, mut y) = pane.offset;
    let place = pane.cursor.as_ref().and_then(|id| pane.picture.place(id));
    if let Some(place) = place.filter(|_| !pane.free) {
        // In a tree the whole row is the place; its beginning is what has to be seen.
        x = if pane.picture.tree {
            0
        } else {
            keep(x, place.rect.x, place.rect.width, width)
        };
        // Some rows of a tree around it tell where it stands.
        let around = if pane.picture.tree { 3.min(height / 4) } else { 0 };
        let start = place.rect.y.saturating_sub(around);
        y = keep(y, start, place.rect.bottom() + around - start, height);
    }
    pane.offset = (
        x.min(pane.picture.width.saturating_sub(width)),
        y.min(pane.picture.height.saturating_sub(height)),
    );
}

/// Moves the picture by columns and rows; false where all of it is in view.
pub(super) fn move_by(pane: &mut TopologyPane, inside: Rect, dx: isize, dy: isize) -> bool {
    let (width, height) = room(pane, inside);
    let most = (
        pane.picture.width.saturating_sub(width),
        pane.picture.height.saturating_sub(height),
    );
    let (x, y) = pane.offset;
    pane.offset = (
        x.saturating_add_signed(dx).min(most.0),
        y.saturating_add_signed(dy).min(most.1),
    );
    pane.free = true;
    most != (0, 0)
}

/// Brings the cursor's box to the middle of the pane.
pub(super) fn centre(pane: &mut TopologyPane, inside: Rect) {
    let (width, height) = room(pane, inside);
    if let Some(place) = pane.cursor.as_ref().and_then(|id| pane.picture.place(id)) {
        pane.offset = (
            (place.rect.x + place.rect.width / 2).saturating_sub(width / 2),
            (place.rect.y + place.rect.height / 2).saturating_sub(height / 2),
        );
    }
    pane.free = false;
}
