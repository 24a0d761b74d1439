//! From the graph to a picture: choose what to show, how wide, boxes or tree.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Detail, Topology, View,
    boxes::Label,
    collapse::{self, Alike},
    layout::{self, Arc, Block, Layout, Spacing},
    paint,
    picture::{Look, Picture, Shape},
    reach::way,
    scene::Scene,
    tree,
};
use crate::model::ResourceId;

/// How a graph is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What a box stands for.
    pub view: View,
    /// Boxes or tree.
    pub shape: Shape,
    /// Columns at hand; 0 for as many as it takes. Boxes may still be wider where names or lines need it.
    pub width: usize,
    /// Rows at hand; 0 for as many as it takes. Boxes that take several screens are no help: a tree is shorter.
    pub height: usize,
    /// At most so many boxes; what does not fit is drawn together.
    pub max: usize,
    /// A resource that is never drawn together with others, nor are its neighbours before anything else is.
    pub focus: Option<ResourceId>,
    /// ASCII characters only (names apart).
    pub ascii: bool,
    /// Boxes of a size that marks do not change, so that the picture stands still while they come: for live pictures.
    pub steady: bool,
    /// How much a box says; less than everything makes it steady too.
    pub detail: Detail,
    /// Resources that are drawn in the box of their home: its name by their ids.
    pub folded: BTreeMap<ResourceId, String>,
    /// More resources that are never drawn together with others.
    pub apart: BTreeSet<ResourceId>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            view: View::Resource,
            shape: Shape::Auto,
            width: 0,
            height: 0,
            max: 40,
            focus: None,
            ascii: false,
            steady: false,
            detail: Detail::Full,
            folded: BTreeMap::new(),
            apart: BTreeSet::new(),
        }
    }
}

/// Below so many columns boxes cannot be read.
const NARROW: usize = 30;
/// Beyond so many crossings for each box lines cannot be followed.
const TANGLED: usize = 2;
/// Beyond so many screens nobody follows a line.
const SCREENS: usize = 3;
/// Beyond so many lines for each box there is no use in trying.
const DENSE: usize = 3;

/// A graph that has been laid out. Drawing it is cheap, so that a cursor can move over it.
#[derive(Debug, Clone)]
pub struct Diagram {
    scene: Scene,
    way: Vec<ResourceId>,
    shape: Drawn,
    ascii: bool,
    width: usize,
    view: View,
    folded: BTreeSet<ResourceId>,
}

#[derive(Debug, Clone)]
enum Drawn {
    Boxes { labels: Vec<Label>, layout: Layout },
    Tree,
}

/// One way to make the picture fit.
struct Try {
    label: usize,
    gap: usize,
    twins: Alike,
    /// Percent of the width that a layer may fill with boxes; the rest is for lines that pass by.
    wrap: Option<usize>,
    /// Percent of the boxes.
    boxes: usize,
}

impl Try {
    const fn new(label: usize, gap: usize, twins: Alike, wrap: Option<usize>, boxes: usize) -> Self {
        Self {
            label,
            gap,
            twins,
            wrap,
            boxes,
        }
    }
}

/// From the roomiest to the tightest.
const TRIES: [Try; 9] = [
    Try::new(26, 3, Alike::Never, None, 100),
    Try::new(26, 3, Alike::Type, None, 100),
    Try::new(20, 2, Alike::Type, None, 100),
    Try::new(26, 3, Alike::Place, None, 100),
    Try::new(20, 2, Alike::Place, None, 100),
    Try::new(16, 2, Alike::Place, None, 100),
    Try::new(16, 2, Alike::Place, Some(90), 100),
    Try::new(16, 1, Alike::Place, Some(70), 100),
    Try::new(14, 1, Alike::Place, Some(60), 75),
];

impl Diagram {
    /// Lays out a graph.
    pub fn new(topology: &Topology, options: &Options) -> Self {
        let mut whole = Scene::new(topology, options.view);
        if options.view == View::Resource {
            whole = whole.folded(&options.folded);
        }
        let way = way(topology);
        let kept = way.iter().chain(&options.focus).chain(&options.apart);
        let keep: BTreeSet<ResourceId> = kept.cloned().collect();
        let mut diagram = Self {
            // A row of a tree takes less room than a box.
            scene: collapse::fit(&whole, options.max.saturating_mul(2), &keep),
            way,
            shape: Drawn::Tree,
            ascii: options.ascii,
            width: options.width,
            view: options.view,
            folded: options.folded.keys().cloned().collect(),
        };
        let narrow = options.width > 0 && options.width < NARROW;
        if options.shape == Shape::Tree || (options.shape == Shape::Auto && narrow) {
            return diagram;
        }
        for attempt in &TRIES {
            let scene = collapse::twins(&whole, attempt.twins, &keep);
            let scene = collapse::fit(&scene, options.max * attempt.boxes / 100, &keep);
            if scene.lines.len() > DENSE * scene.items.len() + 10 {
                continue;
            }
            let labels: Vec<_> = scene
                .items
                .iter()
                .map(|item| {
                    if options.steady || options.detail == Detail::Names {
                        Label::steady(item, attempt.label, options.detail, options.ascii)
                    } else {
                        Label::new(item, attempt.label, options.ascii)
                    }
                })
                .collect();
            let layout = lay(&scene, &labels, attempt, options.width);
            let fits = options.width == 0 || layout.width <= options.width;
            let tangled = layout.crossings > TANGLED * scene.items.len().max(4);
            let tall = options.height > 0 && layout.height > SCREENS * options.height;
            if tall && options.shape == Shape::Auto {
                // What follows after that only wraps layers, which makes it taller.
                if attempt.twins == Alike::Place {
                    break;
                }
                continue;
            }
            if (fits && !tangled) || options.shape == Shape::Boxes {
                diagram.scene = scene;
                diagram.shape = Drawn::Boxes { labels, layout };
            }
            if fits {
                break;
            }
        }
        diagram
    }

    /// Takes the marks anew, and the way from cause to symptom; nothing moves. False when the picture can no longer tell
    /// them, because a resource on the way is drawn together with others or not at all: then it has to be laid out anew.
    /// For steady pictures.
    pub fn remark(&mut self, topology: &Topology, way: Vec<ResourceId>) -> bool {
        self.scene.remark(topology);
        if let Drawn::Boxes { labels, .. } = &mut self.shape {
            for (label, item) in labels.iter_mut().zip(&self.scene.items) {
                label.fill(item, None, self.ascii);
            }
        }
        let fresh = way != self.way;
        self.way = way;
        !fresh || self.view != View::Resource || self.way.iter().all(|id| self.is_alone(id))
    }

    /// True when a resource has a box of its own, or its home was folded.
    fn is_alone(&self, id: &ResourceId) -> bool {
        let item = self.scene.items.iter().find(|item| item.holds(id));
        item.is_some_and(|item| item.members.len() == 1 || self.folded.contains(id))
    }

    /// Draws it, with a heavy border around the selected resource.
    pub fn draw(&self, selected: Option<&ResourceId>) -> Picture {
        self.draw_as(Look {
            selected,
            reach: None,
        })
    }

    /// Draws it as it is looked at: with a cursor, with the blast radius of a resource.
    pub fn draw_as(&self, look: Look<'_>) -> Picture {
        match &self.shape {
            Drawn::Boxes { labels, layout } => {
                paint::paint(&self.scene, labels, layout, &self.way, look, self.ascii)
            }
            Drawn::Tree => tree::tree(&self.scene, &self.way, look, self.width, self.ascii),
        }
    }
}

fn lay(scene: &Scene, labels: &[Label], attempt: &Try, width: usize) -> Layout {
    // A box has room for its lines side by side.
    let mut lines = vec![0; scene.items.len()];
    for line in &scene.lines {
        lines[line.from] += 1;
        lines[line.to] += 1;
    }
    let blocks: Vec<_> = labels
        .iter()
        .zip(lines)
        .map(|(label, lines): (_, usize)| Block {
            width: label.width.max(2 * lines.min(6) + 3).max(lines + 5) | 1,
            height: label.height,
        })
        .collect();
    let arcs: Vec<_> = scene
        .lines
        .iter()
        .map(|line| Arc {
            from: line.from,
            to: line.to,
            soft: line.is_soft(),
            both: line.both,
        })
        .collect();
    let spacing = Spacing {
        gap: attempt.gap,
        // Parts of the graph stand side by side as far as they fit, whether layers are wrapped or not.
        shelf: width,
        width: attempt.wrap.map_or(0, |percent| width * percent / 100),
    };
    layout::layout(&blocks, &arcs, spacing)
}
