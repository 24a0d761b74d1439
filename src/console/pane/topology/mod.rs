//! The topology pane: resources and relations of the selected investigation, with what is known of their health.
//!
//! - [`listings`] - which answers tell of resources and relations; folded forward with the journal.
//! - [`marks`] - how each resource fares, from what was observed; folded forward with the journal.
//! - [`settle`] - graph, layout and picture made again, each only when what it is made from changed.
//! - [`keys`] - what keys do.
//! - [`search`] - what is looked for, inside the picture and outside of it.
//! - [`draw`] - cells.

pub mod draw;
pub mod keys;
pub mod listings;
pub mod marks;
pub mod search;
pub mod settle;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use draw::draw;
pub use keys::act;
pub use settle::settle;

use self::{listings::Listings, marks::Marks, search::Search, settle::Basis};
use crate::{
    console::{filter::Filter, state::State},
    journal::StreamId,
    model::{ResourceId, discovery::Graph},
    topology::{Detail, Diagram, Extent, Picture, Reach, Shape, Topology, View},
};

/// How far away the reader stands: from one resource and its neighbours to the accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zoom {
    /// One resource and what is one relation away.
    Near,
    /// Boxes with type and note, some relations around the middle.
    #[default]
    Boxes,
    /// Names and marks alone, and twice as many of them.
    Names,
    /// One box a stack.
    Stacks,
    /// One box an account and region.
    Systems,
}

impl Zoom {
    const ALL: [Self; 5] = [Self::Near, Self::Boxes, Self::Names, Self::Stacks, Self::Systems];

    /// The word in the title.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Near => "close",
            Self::Boxes => "boxes",
            Self::Names => "names",
            Self::Stacks => "stacks",
            Self::Systems => "systems",
        }
    }

    /// What a box stands for.
    pub const fn view(self) -> View {
        match self {
            Self::Near | Self::Boxes | Self::Names => View::Resource,
            Self::Stacks => View::Container,
            Self::Systems => View::System,
        }
    }

    const fn detail(self) -> Detail {
        match self {
            Self::Names => Detail::Names,
            _ => Detail::Full,
        }
    }

    /// Boxes that are drawn at most; what does not fit is drawn together, or not at all.
    const fn boxes(self) -> usize {
        match self {
            Self::Names => 80,
            _ => 40,
        }
    }

    /// Relations away from the middle; no limit where the whole graph is welcome.
    const fn hops(self) -> u32 {
        match self {
            Self::Near => 1,
            _ => u32::MAX,
        }
    }

    /// Where the limit stands once the graph is too large to be shown whole.
    const fn far(self) -> u32 {
        match self {
            Self::Near => 1,
            Self::Boxes => 3,
            _ => 6,
        }
    }

    fn step(self, by: isize) -> Option<Self> {
        let at = Self::ALL.iter().position(|zoom| *zoom == self)?;
        Self::ALL.get(at.checked_add_signed(by)?).copied()
    }
}

/// What the pane remembers.
#[derive(Debug, Clone, Default)]
pub struct TopologyPane {
    /// The resource under the cursor.
    pub cursor: Option<ResourceId>,
    /// How far away the reader stands.
    pub zoom: Zoom,
    /// Boxes or tree.
    pub shape: Shape,
    /// What is looked for.
    pub filter: Filter,
    /// Column and row of the picture at the pane's upper left corner.
    pub offset: (usize, usize),
    /// True once the reader moved the picture by hand: it then stays where it is until the cursor moves.
    pub free: bool,
    /// True once the reader moved the cursor: before, it stands on what the incident is about.
    pub moved: bool,
    /// All resources, as of the last update.
    pub graph: Topology,
    /// Answers that tell of resources and relations.
    pub listings: Listings,
    /// The blast radius that is shown.
    pub reach: Option<Reach>,
    /// What was found of what is looked for.
    pub search: Search,
    /// What stands in the picture.
    pub extent: Extent,
    /// Stacks that are drawn as one box.
    folded: BTreeSet<String>,
    /// Resources that were taken out of a box of several.
    apart: BTreeSet<ResourceId>,
    /// The resource that the reader made the middle.
    pinned: Option<ResourceId>,
    /// The home of every resource that has one.
    homes: BTreeMap<ResourceId, String>,
    /// The middle of the picture as it was laid out.
    middle: Vec<ResourceId>,
    marks: Marks,
    diagram: Option<Diagram>,
    picture: Picture,
    stream: Option<StreamId>,
    made_from: Option<(usize, usize)>,
    laid: Option<Basis>,
    drawn: Option<settle::Drawn>,
    /// True when the whole space is wanted in place of the selected incident.
    pub of_space: bool,
    /// The stored graph that is shown.
    shown: Option<Arc<Graph>>,
    /// Counts what was made again: graphs, layouts, pictures. For tests.
    pub made: [usize; 3],
}

impl TopologyPane {
    /// Forgets what belongs to one investigation; another was selected.
    pub fn leave(&mut self) {
        *self = Self {
            zoom: self.zoom,
            shape: self.shape,
            made: self.made,
            ..Self::default()
        };
    }

    /// The picture as it is shown.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Forces the next update to lay out anew.
    fn relay(&mut self) {
        self.laid = None;
    }

    /// Moves the cursor to a resource, wherever it is.
    pub fn go(&mut self, id: ResourceId) {
        self.cursor = Some(id);
        self.free = false;
        self.moved = true;
    }
}

/// Every resource that is known, for the palette.
pub fn resources(state: &State) -> Vec<ResourceId> {
    let nodes = state.topology.graph.nodes();
    nodes.map(|node| node.resource.id.clone()).collect()
}
