//! What keys do in the topology pane.

use super::{TopologyPane, Zoom, draw::name_of, search, settle};
use crate::{
    console::{
        action::Action,
        effects::Effect,
        layout::Pane,
        overlay::{Overlay, resource::ResourceSheet},
        state::State,
    },
    topology::{Picture, Reach, Shape, Step},
};

/// Columns and rows of one push at the picture.
const PUSH: (isize, isize) = (8, 4);
/// Boxes that a page leads on.
const PAGE: usize = 4;

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let inside = state.layout().inside(Pane::Topology);
    let pane = &mut state.topology;
    let mut said = None;
    match action {
        Action::Up => walk(pane, Step::Up, 1),
        Action::Down => walk(pane, Step::Down, 1),
        Action::Left => walk(pane, Step::Left, 1),
        Action::Right => walk(pane, Step::Right, 1),
        Action::PageUp => walk(pane, Step::Up, PAGE),
        Action::PageDown => walk(pane, Step::Down, PAGE),
        Action::Top => {
            pane.pinned = None;
            pane.cursor = None;
            pane.moved = false;
            pane.free = false;
        }
        Action::PanLeft | Action::PanRight | Action::PanUp | Action::PanDown => {
            let (dx, dy) = match action {
                Action::PanLeft => (-PUSH.0, 0),
                Action::PanRight => (PUSH.0, 0),
                Action::PanUp => (0, -PUSH.1),
                _ => (0, PUSH.1),
            };
            if !settle::move_by(pane, inside, dx, dy) {
                said = Some("the whole picture is in view".to_owned());
            }
        }
        Action::Centre => {
            if !pane.extent.whole && pane.cursor.is_some() {
                pane.pinned.clone_from(&pane.cursor);
            }
            settle::centre(pane, inside);
        }
        Action::Closer | Action::Farther => {
            let by = if action == Action::Closer { -1 } else { 1 };
            match pane.zoom.step(by) {
                Some(zoom) => set_zoom(pane, zoom),
                None if by < 0 => {
                    said = Some("this is as close as it gets; Enter tells all of it".to_owned());
                }
                None => said = Some("this is as far as it gets: every account and region".to_owned()),
            }
        }
        Action::View => {
            let zoom = match pane.zoom {
                Zoom::Near | Zoom::Boxes | Zoom::Names => Zoom::Stacks,
                Zoom::Stacks => Zoom::Systems,
                Zoom::Systems => Zoom::Boxes,
            };
            set_zoom(pane, zoom);
        }
        Action::Shape => {
            pane.shape = match pane.shape {
                Shape::Auto | Shape::Boxes if !pane.picture.tree => Shape::Tree,
                _ => Shape::Boxes,
            };
        }
        Action::Blast => said = blast(pane),
        Action::Fold => said = fold(pane),
        Action::FoldAll => said = Some(fold_all(pane)),
        Action::Filter => pane.filter.editing = true,
        Action::NextMatch | Action::PreviousMatch => {
            let by = if action == Action::NextMatch { 1 } else { -1 };
            said = search::step(pane, by);
        }
        Action::Back if pane.filter.is_on() => pane.filter.clear(),
        Action::Back if pane.reach.is_some() => pane.reach = None,
        Action::Back if pane.pinned.is_some() => pane.pinned = None,
        Action::Open => open(state),
        Action::Copy => {
            let id = pane.cursor.clone()?;
            return Some(vec![Effect::Copy(id.0)]);
        }
        _ => return None,
    }
    if let Some(said) = said {
        state.say(said);
    }
    Some(Vec::new())
}

fn walk(pane: &mut TopologyPane, step: Step, times: usize) {
    for _ in 0..times {
        if let Some(to) = pane.picture.walk(pane.cursor.as_ref(), step).cloned() {
            pane.cursor = Some(to);
        }
    }
    pane.free = false;
    pane.moved = true;
}

fn set_zoom(pane: &mut TopologyPane, zoom: Zoom) {
    // Close is about what the reader points at, for as long as it is close.
    if zoom == Zoom::Near {
        pane.pinned.clone_from(&pane.cursor);
    } else if pane.zoom == Zoom::Near {
        pane.pinned = None;
    }
    pane.zoom = zoom;
    pane.free = false;
}

/// Shows what depends on the resource under the cursor; on the same resource once more: no longer.
fn blast(pane: &mut TopologyPane) -> Option<String> {
    let id = pane.cursor.clone()?;
    if pane.reach.as_ref().is_some_and(|reach| reach.root == id) {
        pane.reach = None;
        return None;
    }
    let reach = Reach::of(&pane.graph, &id);
    let nothing = reach.hits.is_empty();
    pane.reach = Some(reach);
    nothing.then(|| format!("nothing that is known depends on {}", name_of(pane, &id)))
}

/// Folds the stack of the resource under the cursor into one box; unfolds a box of several.
fn fold(pane: &mut TopologyPane) -> Option<String> {
    let id = pane.cursor.clone()?;
    if pane.zoom.view() != crate::topology::View::Resource {
        set_zoom(pane, Zoom::Boxes);
        return None;
    }
    let home = pane.homes.get(&id).cloned();
    let together = pane
        .picture
        .place(&id)
        .filter(|place| place.ids.len() > 1)
        .map(|place| place.ids.clone());
    let said = match (home, together) {
        (Some(home), _) if pane.folded.remove(&home) => None,
        (_, Some(ids)) => {
            pane.apart.extend(ids);
            None
        }
        (Some(home), None) => {
            let inside = pane
                .homes
                .iter()
                .filter(|(_, other)| **other == home)
                .map(|(id, _)| id.clone());
            let inside: Vec<_> = inside.collect();
            pane.apart.retain(|id| !inside.contains(id));
            pane.folded.insert(home);
            None
        }
        (None, None) => Some(format!("{} stands in no stack", name_of(pane, &id))),
    };
    pane.relay();
    said
}

/// Folds every stack, or unfolds everything that is folded.
fn fold_all(pane: &mut TopologyPane) -> String {
    let every = pane
        .homes
        .values()
        .cloned()
        .collect::<std::collections::BTreeSet<_>>();
    pane.relay();
    if !pane.folded.is_empty() {
        pane.folded.clear();
        return "every stack is unfolded".to_owned();
    }
    if every.is_empty() {
        return "no resource here stands in a stack".to_owned();
    }
    pane.apart.clear();
    pane.folded = every;
    "every stack is one box; again unfolds them".to_owned()
}

/// Everything that is known of the resource under the cursor, or of those in its box.
fn open(state: &mut State) {
    let pane = &state.topology;
    let Some(id) = pane.cursor.clone() else { return };
    let inside = members(&pane.picture, &id);
    let sheet = if inside.len() > 1 {
        ResourceSheet::of_box(inside)
    } else {
        ResourceSheet::of(id)
    };
    state.overlays.push(Overlay::Resource(sheet));
}

fn members(picture: &Picture, id: &crate::model::ResourceId) -> Vec<crate::model::ResourceId> {
    picture.place(id).map_or_else(Vec::new, |place| place.ids.clone())
}
