//! From the graph to a picture: choose what to show, how wide, boxes or tree.

use std::collections::BTreeSet;

use super::{
    Health, Topology, View,
    boxes::Label,
    collapse::{self, Alike},
    layout::{self, Arc, Block, Layout, Spacing},
    paint,
    picture::{Picture, Shape},
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
    /// At most so many boxes; what does not fit is drawn together.
    pub max: usize,
    /// A resource that is never drawn together with others, nor are its neighbours before anything else is.
    pub focus: Option<ResourceId>,
    /// ASCII characters only (names apart).
    pub ascii: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            view: View::Resource,
            shape: Shape::Auto,
            width: 0,
            max: 40,
            focus: None,
            ascii: false,
        }
    }
}

/// Below so many columns boxes cannot be read.
const NARROW: usize = 30;
/// Beyond so many crossings for each box lines cannot be followed.
const TANGLED: usize = 2;
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
        let whole = Scene::new(topology, options.view);
        let way = way(topology);
        let keep: BTreeSet<ResourceId> = way.iter().chain(&options.focus).cloned().collect();
        let mut diagram = Self {
            // A row of a tree takes less room than a box.
            scene: collapse::fit(&whole, options.max.saturating_mul(2), &keep),
            way,
            shape: Drawn::Tree,
            ascii: options.ascii,
            width: options.width,
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
                .map(|item| Label::new(item, attempt.label, options.ascii))
                .collect();
            let layout = lay(&scene, &labels, attempt, options.width);
            let fits = options.width == 0 || layout.width <= options.width;
            let tangled = layout.crossings > TANGLED * scene.items.len().max(4);
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

    /// Draws it, with a heavy border around the selected resource.
    pub fn draw(&self, selected: Option<&ResourceId>) -> Picture {
        match &self.shape {
            Drawn::Boxes { labels, layout } => {
                paint::paint(&self.scene, labels, layout, &self.way, selected, self.ascii)
            }
            Drawn::Tree => tree::tree(&self.scene, &self.way, selected, self.width, self.ascii),
        }
    }

    /// How many boxes there are.
    pub fn len(&self) -> usize {
        self.scene.items.len()
    }

    /// True when there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.scene.items.is_empty()
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
            width: label.width().max(2 * lines.min(6) + 3).max(lines + 5) | 1,
            height: label.height(),
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

/// The shortest way from a cause to a symptom, where the marks tell of both: through what is marked, if it leads there.
fn way(topology: &Topology) -> Vec<ResourceId> {
    let marked = |quietest: Health| {
        let nodes = topology.nodes().filter(move |node| node.mark.health >= quietest);
        nodes
            .map(|node| node.resource.id.clone())
            .collect::<BTreeSet<_>>()
    };
    let shortest = |graph: &Topology| {
        let with = |health| {
            let nodes = graph.nodes().filter(move |node| node.mark.health == health);
            nodes.map(|node| &node.resource.id)
        };
        let ways = with(Health::Cause).flat_map(|cause| {
            with(Health::Symptom).filter_map(move |symptom| graph.impact_path(cause, symptom))
        });
        ways.min_by_key(Vec::len)
    };
    let loud = topology.part(&marked(Health::Suffering));
    shortest(&loud).or_else(|| shortest(topology)).unwrap_or_default()
}
