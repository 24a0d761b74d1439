//! What is looked for: counted over the whole graph, and found wherever it stands.

use super::TopologyPane;
use crate::model::ResourceId;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Resources that match, best first.
    pub found: Vec<ResourceId>,
    needle: String,
    stale: bool,
    typing: bool,
}

impl Search {
    /// The graph is another: what was found counts no longer.
    pub fn forget(&mut self) {
        self.stale = true;
    }
}

/// Looks again where words or graph have changed. While somebody types, the cursor goes to the best match.
pub(super) fn follow(pane: &mut TopologyPane) {
    let needle = pane.filter.needle();
    let fresh = needle != pane.search.needle;
    if fresh || pane.search.stale {
        pane.search.found = find(pane, &needle);
        pane.search.needle = needle;
        pane.search.stale = false;
        if fresh && let Some(first) = pane.search.found.first().cloned() {
            pane.go(first);
        }
    }
    // Once the words are settled, the match is taken out of the box in which it is folded.
    if pane.search.typing && !pane.filter.editing && !pane.search.found.is_empty() {
        reveal(pane);
    }
    pane.search.typing = pane.filter.editing;
}

/// Moves to the next match, or the one before; words where there is none.
pub(super) fn step(pane: &mut TopologyPane, by: isize) -> Option<String> {
    let found = &pane.search.found;
    if found.is_empty() {
        let said = if pane.filter.needle().is_empty() {
            "nothing is looked for; / searches"
        } else {
            "nothing here has these words"
        };
        return Some(said.to_owned());
    }
    let at = pane
        .cursor
        .as_ref()
        .and_then(|id| found.iter().position(|other| other == id));
    let next = match (at, by > 0) {
        (Some(at), true) => (at + 1) % found.len(),
        (Some(at), false) => at.checked_sub(1).unwrap_or(found.len() - 1),
        (None, _) => 0,
    };
    let id = found.get(next).cloned()?;
    pane.go(id);
    reveal(pane);
    None
}

/// Opens the box of several in which the resource under the cursor stands.
fn reveal(pane: &mut TopologyPane) {
    let Some(id) = pane.cursor.clone() else { return };
    if pane.zoom.view() != crate::topology::View::Resource {
        return;
    }
    let unfolded = pane.homes.get(&id).is_some_and(|home| pane.folded.remove(home));
    let together = pane.picture.place(&id).is_some_and(|place| place.ids.len() > 1);
    if together && !unfolded {
        pane.apart.insert(id);
    }
    if unfolded || together {
        pane.relay();
    }
}

fn find(pane: &TopologyPane, needle: &str) -> Vec<ResourceId> {
    if needle.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(u8, &ResourceId)> = pane
        .graph
        .nodes()
        .filter_map(|node| {
            let of = &node.resource;
            let name = of.name.to_lowercase();
            let rank = if name == needle {
                0
            } else if name.starts_with(needle) {
                1
            } else if name.contains(needle) {
                2
            } else {
                let stack = of.stack.as_deref().unwrap_or_default();
                let all = format!("{name} {} {} {stack}", of.id.as_str(), of.kind);
                if !pane.filter.keeps(&all) {
                    return None;
                }
                3
            };
            Some((rank, &of.id))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, id)| id.clone()).collect()
}
