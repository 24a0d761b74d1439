//! From the graph to a picture: choose what to show, how wide, boxes or tree.

use std::collections::BTreeSet;

use super::{
    Health, Topology, View,
    boxes::Label,
    collapse,
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
const TANGLED: usize = 3;

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
    twins: bool,
    wrap: bool,
    /// Parts of `max`, in quarters.
    quarters: usize,
}

/// From the roomiest to the tightest.
const TRIES: [Try; 6] = [
    Try {
        label: 26,
        gap: 3,
        twins: false,
        wrap: false,
        quarters: 4,
    },
    Try {
        label: 26,
        gap: 3,
        twins: true,
        wrap: false,
        quarters: 4,
    },
    Try {
        label: 20,
        gap: 2,
        twins: true,
        wrap: false,
        quarters: 4,
    },
    Try {
        label: 20,
        gap: 2,
        twins: true,
        wrap: true,
        quarters: 4,
    },
    Try {
        label: 16,
        gap: 1,
        twins: true,
        wrap: true,
        quarters: 3,
    },
    Try {
        label: 14,
        gap: 1,
        twins: true,
        wrap: true,
        quarters: 2,
    },
];

impl Diagram {
    /// Lays out a graph.
    pub fn new(topology: &Topology, options: &Options) -> Self {
        let whole = Scene::new(topology, options.view);
        let way = way(topology);
        let keep: BTreeSet<ResourceId> = way.iter().chain(&options.focus).cloned().collect();
        let mut diagram = Self {
            scene: collapse::fit(&whole, options.max, &keep),
            way,
            shape: Drawn::Tree,
            ascii: options.ascii,
            width: options.width,
        };
        let narrow = options.width > 0 && options.width < NARROW;
        if options.shape == Shape::Tree || (options.shape == Shape::Auto && narrow) {
            return diagram;
        }
        for (at, attempt) in TRIES.iter().enumerate() {
            let scene = collapse::fit(&whole, options.max * attempt.quarters / 4, &keep);
            let scene = if attempt.twins {
                collapse::twins(&scene, 3, &keep)
            } else {
                scene
            };
            let labels: Vec<_> = scene
                .items
                .iter()
                .map(|item| Label::new(item, attempt.label, options.ascii))
                .collect();
            let layout = lay(&scene, &labels, attempt, options.width);
            let fits = options.width == 0 || layout.width <= options.width;
            if fits || at + 1 == TRIES.len() {
                let tangled = layout.crossings > TANGLED * scene.items.len().max(4);
                if options.shape == Shape::Boxes || !tangled {
                    diagram.scene = scene;
                    diagram.shape = Drawn::Boxes { labels, layout };
                }
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
            width: label.width().max((2 * lines.min(6) + 3) | 1),
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
        width: if attempt.wrap { width } else { 0 },
    };
    layout::layout(&blocks, &arcs, spacing)
}

/// The way from the first cause to the nearest symptom, where the marks tell one.
fn way(topology: &Topology) -> Vec<ResourceId> {
    let marked = |health| {
        topology
            .nodes()
            .filter(move |node| node.mark.health == health)
            .map(|node| &node.resource.id)
    };
    let ways = marked(Health::Cause).flat_map(|cause| {
        marked(Health::Symptom).filter_map(move |symptom| topology.impact_path(cause, symptom))
    });
    ways.min_by_key(Vec::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Relation, RelationKind, RelationOrigin, Resource};

    #[test]
    #[ignore]
    fn look() {
        let rel = |from: &str, to: &str| Relation {
            from: from.into(),
            to: to.into(),
            kind: RelationKind::Calls,
            origin: RelationOrigin::Trace,
        };
        let show = |name: &str, t: &Topology, o: Options| {
            println!("== {name} width {}", o.width);
            let d = Diagram::new(t, &o);
            for l in d.draw(None).lines() {
                println!("{l}");
            }
        };
        let lam = |id: &str| Resource::new(id, "AWS::Lambda::Function", id);
        let tab = |id: &str| Resource::new(id, "AWS::DynamoDB::Table", id);
        let mut shop = Topology::new(
            &[
                Resource::new("client", "client", "client"),
                Resource::new("gateway", "AWS::ApiGateway::RestApi", "gateway"),
                lam("order-intake"),
                lam("search"),
                lam("payments"),
                tab("orders-table"),
                tab("stock-table"),
                Resource::new("queue", "AWS::SQS::Queue", "queue"),
                lam("worker"),
                lam("mailer"),
                Resource::new("bucket", "AWS::S3::Bucket", "bucket"),
                Resource::new("cache", "AWS::ElastiCache::CacheCluster", "cache"),
            ],
            &[
                rel("client", "gateway"),
                rel("gateway", "order-intake"),
                rel("gateway", "search"),
                rel("gateway", "payments"),
                rel("order-intake", "orders-table"),
                rel("order-intake", "stock-table"),
                rel("order-intake", "queue"),
                rel("queue", "worker"),
                rel("worker", "mailer"),
                rel("worker", "orders-table"),
                rel("search", "cache"),
                rel("search", "stock-table"),
                rel("payments", "orders-table"),
                rel("mailer", "bucket"),
                rel("gateway", "cache"),
                rel("client", "bucket"),
            ],
        );
        shop.mark(
            &"orders-table".into(),
            Mark {
                health: Health::Cause,
                note: Some("throttled".into()),
            },
        );
        shop.mark(&"order-intake".into(), Health::Suffering);
        shop.mark(
            &"gateway".into(),
            Mark {
                health: Health::Symptom,
                note: Some("5XXError".into()),
            },
        );
        shop.mark(&"cache".into(), Health::Healthy);
        show("shop", &shop, Options::default());
        show(
            "shop",
            &shop,
            Options {
                width: 60,
                ..Default::default()
            },
        );
        show(
            "shop",
            &shop,
            Options {
                width: 36,
                ascii: true,
                ..Default::default()
            },
        );
        show(
            "shop",
            &shop,
            Options {
                width: 28,
                ..Default::default()
            },
        );
        let diamond = Topology::new(
            &[lam("api"), lam("orders"), lam("stock"), tab("database")],
            &[
                rel("api", "orders"),
                rel("api", "stock"),
                rel("orders", "database"),
                rel("stock", "database"),
            ],
        );
        show("diamond", &diamond, Options::default());
        let mut f = vec![Resource::new("hub", "service", "hub")];
        let mut r = vec![];
        for i in 0..12 {
            f.push(lam(&format!("svc-{i:02}")));
            r.push(rel("hub", &format!("svc-{i:02}")));
        }
        let fan = Topology::new(&f, &r);
        show("fan", &fan, Options::default());
        show(
            "fan",
            &fan,
            Options {
                width: 80,
                ..Default::default()
            },
        );
        let cyc = Topology::new(
            &[lam("a"), lam("b"), lam("c"), lam("d")],
            &[rel("a", "b"), rel("b", "c"), rel("c", "a"), rel("c", "d")],
        );
        show("cycle", &cyc, Options::default());
        let base = std::path::Path::new("/work/shared/data/petshop-low/baseline");
        let res: Vec<Resource> = std::fs::read_to_string(base.join("resources.jsonl"))
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        let rels: Vec<Relation> = std::fs::read_to_string(base.join("relations.jsonl"))
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        let pet = Topology::new(&res, &rels);
        show("pet", &pet, Options::default());
        show(
            "pet",
            &pet,
            Options {
                width: 120,
                ..Default::default()
            },
        );
        show(
            "pet",
            &pet,
            Options {
                width: 70,
                ..Default::default()
            },
        );
        show(
            "pet",
            &pet,
            Options {
                width: 100,
                shape: Shape::Tree,
                ..Default::default()
            },
        );
    }
    use super::super::Mark;
}
