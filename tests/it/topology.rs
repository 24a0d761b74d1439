//! The graph's picture: what it looks like, and what holds for any graph.

use std::collections::{BTreeMap, BTreeSet};

use midwatch::{
    cli::topology::{FormatArg, TopologyArgs, ViewArg, render},
    model::{Relation, RelationKind, RelationOrigin, Resource, ResourceId, discovery::Graph},
    topology::{
        Detail, Diagram, Extent, Health, Look, Mark, Options, Picture, Reach, Role, Shape, Step, Topology,
        View, text,
    },
};
use proptest::prelude::*;

fn relation(from: &str, kind: RelationKind, to: &str) -> Relation {
    Relation {
        from: from.into(),
        to: to.into(),
        kind,
        origin: RelationOrigin::Config,
    }
}

/// A graph of functions from `a>b c>d`.
fn calls(lines: &str) -> Topology {
    let relations: Vec<_> = lines
        .split_whitespace()
        .filter_map(|line| line.split_once('>'))
        .map(|(from, to)| relation(from, RelationKind::Calls, to))
        .collect();
    let ids: BTreeSet<_> = relations
        .iter()
        .flat_map(|relation| [&relation.from, &relation.to])
        .collect();
    let resources: Vec<_> = ids
        .into_iter()
        .map(|id| Resource::new(id.clone(), "AWS::Lambda::Function", id.as_str()))
        .collect();
    Topology::new(&resources, &relations)
}

/// A shop whose table is throttled.
pub(crate) fn shop() -> Topology {
    use RelationKind::{Calls, Deploys, Reads, Routes, Triggers, Writes};
    let resources = [
        ("client", "client"),
        ("gateway", "AWS::ApiGateway::RestApi"),
        ("intake", "AWS::Lambda::Function"),
        ("search", "AWS::Lambda::Function"),
        ("orders", "AWS::DynamoDB::Table"),
        ("events", "AWS::SQS::Queue"),
        ("worker", "AWS::Lambda::Function"),
        ("cache", "AWS::ElastiCache::CacheCluster"),
        ("pipeline", "AWS::CodePipeline::Pipeline"),
    ]
    .map(|(name, kind)| Resource::new(name, kind, name));
    let relations = [
        relation("client", Calls, "gateway"),
        relation("gateway", Routes, "intake"),
        relation("gateway", Routes, "search"),
        relation("intake", Writes, "orders"),
        relation("intake", Writes, "events"),
        relation("events", Triggers, "worker"),
        relation("worker", Writes, "orders"),
        relation("search", Reads, "cache"),
        relation("search", Reads, "orders"),
        relation("pipeline", Deploys, "intake"),
    ];
    let noted = |health, note: &str| Mark {
        health,
        note: Some(note.to_owned()),
    };
    let marks: [(ResourceId, Mark); 5] = [
        ("orders".into(), noted(Health::Cause, "throttled")),
        ("intake".into(), Health::Suffering.into()),
        ("gateway".into(), noted(Health::Symptom, "5XXError")),
        ("cache".into(), Health::Healthy.into()),
        ("pipeline".into(), Health::Changed.into()),
    ];
    Topology::new(&resources, &relations).with_marks(marks.iter().map(|(id, mark)| (id, mark.clone())))
}

/// Stacks of ten resources each, each stack calling up to three others.
pub(crate) fn stacked(count: usize) -> (Vec<Resource>, Vec<Relation>) {
    const PARTS: [(&str, &str); 10] = [
        ("api", "AWS::ApiGateway::RestApi"),
        ("read", "AWS::Lambda::Function"),
        ("write", "AWS::Lambda::Function"),
        ("list", "AWS::Lambda::Function"),
        ("orders", "AWS::DynamoDB::Table"),
        ("stock", "AWS::DynamoDB::Table"),
        ("events", "AWS::SQS::Queue"),
        ("worker", "AWS::Lambda::Function"),
        ("role", "AWS::IAM::Role"),
        ("files", "AWS::S3::Bucket"),
    ];
    const LINES: [(usize, usize); 11] = [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 4),
        (2, 4),
        (2, 5),
        (2, 6),
        (3, 4),
        (6, 7),
        (7, 9),
        (2, 8),
    ];
    let id = |stack: usize, part: usize| format!("s{stack}-{}", PARTS[part].0);
    let mut resources = Vec::new();
    let mut relations = Vec::new();
    for stack in 0..count {
        for (part, (_, kind)) in PARTS.iter().enumerate() {
            let mut resource = Resource::new(id(stack, part), *kind, id(stack, part));
            resource.stack = Some(format!("shop-{stack}"));
            resource.account = Some(format!("11112222333{}", stack % 2));
            resource.region = Some(if stack % 4 < 2 { "us-east-1" } else { "eu-west-1" }.to_owned());
            resources.push(resource);
        }
        relations
            .extend(LINES.map(|(from, to)| relation(&id(stack, from), RelationKind::Calls, &id(stack, to))));
        if stack > 0 {
            relations.push(relation(
                &id((stack - 1) / 3, 2),
                RelationKind::Calls,
                &id(stack, 0),
            ));
        }
    }
    (resources, relations)
}

fn stacks(count: usize) -> Topology {
    let (resources, relations) = stacked(count);
    let mut topology = Topology::new(&resources, &relations);
    topology.mark(&"s1-orders".into(), Health::Cause);
    topology.mark(&"s1-api".into(), Health::Symptom);
    topology
}

fn options(width: usize, ascii: bool) -> Options {
    Options {
        width,
        ascii,
        ..Options::default()
    }
}

fn drawn(topology: &Topology, options: &Options) -> String {
    Diagram::new(topology, options)
        .draw(None)
        .lines()
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn small_graphs() {
    let graphs = [
        ("one", "alone"),
        ("chain", "client>api api>orders orders>table"),
        ("diamond", "api>orders api>stock orders>database stock>database"),
        ("cycle", "a>b b>c c>a c>d"),
        ("two_ways", "a>b b>a b>c"),
        ("skip", "a>b b>c c>d a>d"),
        ("funnel", "a>x b>x c>x d>x x>y x>z"),
        (
            "mesh",
            "lb>w1 lb>w2 lb>w3 w1>db w2>db w3>db w1>cache w2>cache w3>cache",
        ),
        ("parts", "a>b c>d"),
    ];
    for (name, lines) in graphs {
        let mut topology = calls(lines);
        if topology.is_empty() {
            topology = Topology::new(&[Resource::new("alone", "AWS::S3::Bucket", "alone")], &[]);
        }
        insta::assert_snapshot!(format!("graph_{name}"), drawn(&topology, &options(100, false)));
        insta::assert_snapshot!(
            format!("graph_{name}_ascii"),
            drawn(&topology, &options(100, true))
        );
    }
}

#[test]
fn fan_out_of_twelve_is_drawn_as_one_box_where_there_is_no_room() {
    let lines: Vec<String> = (0..12).map(|at| format!("hub>svc-{at:02}")).collect();
    let topology = calls(&lines.join(" "));
    insta::assert_snapshot!("fan_out_wide", drawn(&topology, &options(0, false)));
    insta::assert_snapshot!("fan_out", drawn(&topology, &options(80, false)));
    insta::assert_snapshot!("fan_out_ascii", drawn(&topology, &options(80, true)));
}

#[test]
fn an_incident_reads_without_colour() {
    let shop = shop();
    insta::assert_snapshot!("shop", text(&shop, &options(100, false)));
    insta::assert_snapshot!("shop_ascii", text(&shop, &options(100, true)));
    insta::assert_snapshot!("shop_narrow", text(&shop, &options(28, false)));
    insta::assert_snapshot!("shop_narrow_ascii", text(&shop, &options(28, true)));
    let selected = Diagram::new(&shop, &options(100, false)).draw(Some(&"worker".into()));
    insta::assert_snapshot!("shop_selected", selected.lines().collect::<Vec<_>>().join("\n"));
}

#[test]
fn forty_and_two_thousand_resources() {
    insta::assert_snapshot!("stacks_40", drawn(&stacks(4), &options(140, false)));
    insta::assert_snapshot!("stacks_40_ascii", drawn(&stacks(4), &options(140, true)));
    let many = stacks(200);
    let picture = Diagram::new(&many, &options(140, false)).draw(None);
    assert!(picture.places.len() <= 40, "{} boxes", picture.places.len());
    for id in ["s1-orders", "s1-api"] {
        assert_eq!(
            picture.place(&id.into()).map(|place| place.ids.len()),
            Some(1),
            "{id} stands alone"
        );
    }
    insta::assert_snapshot!("stacks_2000", picture.lines().collect::<Vec<_>>().join("\n"));
    insta::assert_snapshot!("stacks_2000_ascii", drawn(&many, &options(140, true)));
}

#[test]
fn views_show_each_stack_and_each_account_and_region_once() {
    let topology = stacks(12);
    let names = |view| {
        let whole = Options {
            view,
            ..options(0, false)
        };
        let picture = Diagram::new(&topology, &whole).draw(None);
        picture
            .places
            .into_iter()
            .map(|place| place.title)
            .collect::<Vec<_>>()
    };
    let mut stacks: Vec<String> = (0..12).map(|stack| format!("shop-{stack}")).collect();
    stacks.sort();
    assert_eq!(names(View::Container), stacks);
    let places = [
        "111122223330 eu-west-1",
        "111122223330 us-east-1",
        "111122223331 eu-west-1",
        "111122223331 us-east-1",
    ];
    assert_eq!(names(View::System), places);
    assert!(names(View::Resource).len() < 120, "resources are drawn together");
}

#[test]
fn too_many_lines_become_a_tree() {
    let lines: Vec<String> = (0..12)
        .flat_map(|a| {
            (0..12)
                .filter(move |b| a != *b)
                .map(move |b| format!("n{a}>n{b}"))
        })
        .collect();
    let picture = Diagram::new(&calls(&lines.join(" ")), &options(0, false)).draw(None);
    assert!(picture.tree);
    assert_eq!(picture.places.len(), 12);
}

#[test]
fn the_cursor_walks_along_lines() {
    let picture = Diagram::new(&shop(), &options(100, false)).draw(None);
    let step = |from: &str, step| {
        picture
            .walk(Some(&from.into()), step)
            .map(|id| id.as_str().to_owned())
    };
    assert_eq!(step("client", Step::Down).as_deref(), Some("gateway"));
    assert_eq!(step("gateway", Step::Up).as_deref(), Some("client"));
    assert_eq!(step("events", Step::Down).as_deref(), Some("worker"));
    assert_eq!(
        picture.walk(Some(&"nowhere".into()), Step::Down),
        picture.walk(None, Step::Up)
    );
}

/// Everything that can be reached with the cursor from nowhere.
fn reached(picture: &Picture) -> BTreeSet<ResourceId> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<ResourceId> = picture.walk(None, Step::Down).into_iter().cloned().collect();
    while let Some(id) = next.pop() {
        if reached.insert(id.clone()) {
            let steps = [Step::Up, Step::Down, Step::Left, Step::Right];
            next.extend(
                steps
                    .into_iter()
                    .filter_map(|step| picture.walk(Some(&id), step))
                    .cloned(),
            );
        }
    }
    reached
}

/// What holds for every picture of a topology.
fn check(topology: &Topology, picture: &Picture) -> Result<(), TestCaseError> {
    let mut shown: BTreeMap<&ResourceId, usize> = BTreeMap::new();
    for (at, place) in picture.places.iter().enumerate() {
        prop_assert!(place.rect.right() <= picture.width && place.rect.bottom() <= picture.height);
        for other in &picture.places[at + 1..] {
            prop_assert!(!place.rect.overlaps(&other.rect), "{place:?} {other:?}");
        }
        for id in &place.ids {
            *shown.entry(id).or_default() += 1;
        }
        if !picture.tree {
            // Once `┌─╵name ──┐`: a line from below ended in the blank before the name.
            let border: Vec<char> = (place.rect.x..place.rect.right())
                .map(|x| picture.cell(x, place.rect.y).ch)
                .collect();
            prop_assert!(!border.iter().any(|sign| "╵╷┆".contains(*sign)), "{border:?}");
            for y in place.rect.y + 1..place.rect.bottom() - 1 {
                for x in place.rect.x..place.rect.right() {
                    let role = picture.cell(x, y).role;
                    prop_assert!(
                        !matches!(role, Role::Edge | Role::Soft | Role::Path),
                        "a line in {place:?}"
                    );
                }
            }
        }
    }
    for node in topology.nodes() {
        prop_assert_eq!(
            shown.get(&node.resource.id),
            Some(&1),
            "every resource stands somewhere, once"
        );
    }
    let firsts: BTreeSet<_> = picture.places.iter().map(|place| place.ids[0].clone()).collect();
    prop_assert_eq!(reached(picture), firsts, "the cursor gets everywhere");
    for line in picture.lines() {
        prop_assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    Ok(())
}

const NAMES: [&str; 12] = [
    "orders",
    "",
    "注文受付サービス",
    "e\u{301}\u{301}\u{301}",
    "\u{1b}[2J\u{7}",
    "a\nb\tc",
    "\u{202e}evil",
    "👩‍👩‍👧‍👦 family",
    "x-very-long-name-that-does-not-fit-into-any-box-at-all-00000001",
    "\u{200b}",
    "\"];",
    "arn:aws:sqs:::",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_can_be_drawn(
        nodes in prop::collection::vec((0_usize..NAMES.len(), 0_usize..7, 0_usize..4), 0..40),
        ends in prop::collection::vec((0_usize..40, 0_usize..40, 0_usize..8), 0..60),
        width in 0_usize..160,
        max in 0_usize..50,
        ascii in any::<bool>(),
        view in prop::sample::select(vec![View::Resource, View::Container, View::System]),
        shape in prop::sample::select(vec![Shape::Auto, Shape::Boxes, Shape::Tree]),
        focus in 0_usize..40,
        (steady, fold, detail) in (any::<bool>(), any::<bool>(), prop::sample::select(vec![Detail::Full, Detail::Names])),
    ) {
        use RelationKind::{Calls, Contains, Deploys, Reads, Routes, Triggers, Uses, Writes};
        let kinds = [Calls, Contains, Deploys, Reads, Routes, Triggers, Uses, Writes];
        let id = |at: usize| format!("{at}-{}", NAMES[at % NAMES.len()]);
        let resources: Vec<_> = nodes
            .iter()
            .enumerate()
            .map(|(at, (name, _, stack))| {
                let mut resource = Resource::new(id(at), "AWS::Lambda::Function", NAMES[*name]);
                resource.stack = (*stack > 0).then(|| NAMES[stack * 2].to_owned());
                resource.region = (*stack > 1).then(|| NAMES[*name].to_owned());
                resource
            })
            .collect();
        let relations: Vec<_> = ends
            .iter()
            .map(|(from, to, kind)| relation(&id(*from), kinds[*kind], &id(*to)))
            .collect();
        let mut topology = Topology::new(&resources, &relations);
        for (at, (_, health, _)) in nodes.iter().enumerate() {
            let note = (at % 5 == 0).then(|| NAMES[at % NAMES.len()].to_owned());
            topology.mark(&id(at).into(), Mark { health: Health::ALL[*health], note });
        }
        let focus: ResourceId = id(focus).into();
        let homes = topology.homes();
        let folded: BTreeMap<ResourceId, String> = homes.iter().filter(|(_, home)| fold && home.len() % 2 == 0).map(|(id, home)| (id.clone(), home.clone())).collect();
        let options = Options { view, shape, width, max, focus: Some(focus.clone()), ascii, steady, detail, folded, ..Options::default() };
        let diagram = Diagram::new(&topology, &options);
        check(&topology, &diagram.draw(None))?;
        let again = Diagram::new(&topology, &options).draw(Some(&focus));
        prop_assert_eq!(diagram.draw(Some(&focus)), again);
        let reach = Reach::of(&topology, &focus);
        let look = Look { selected: Some(&focus), reach: Some(&reach) };
        check(&topology, &diagram.draw_as(look))?;
        let extent = Extent::new(&topology, std::slice::from_ref(&focus), &[], 3, max, &options.folded);
        prop_assert!(extent.ids.len() <= topology.len());
        prop_assert!(!topology.contains(&focus) || extent.ids.contains(&focus), "the middle is always shown");
        for (id, home) in &options.folded {
            let fellows = options.folded.iter().filter(|(_, other)| *other == home).map(|(id, _)| id);
            prop_assert!(!extent.ids.contains(id) || fellows.clone().all(|id| extent.ids.contains(id)), "all of a fold or nothing");
        }
    }
}

#[test]
fn marks_move_nothing() {
    for (width, ascii) in [(140, false), (76, true)] {
        for detail in [Detail::Full, Detail::Names] {
            let (resources, relations) = stacked(4);
            let quiet = Topology::new(&resources, &relations);
            let options = Options {
                steady: true,
                detail,
                ..options(width, ascii)
            };
            let mut diagram = Diagram::new(&quiet, &options);
            let places = |diagram: &Diagram| {
                let picture = diagram.draw(None);
                let rects = picture.places.iter().map(|place| (place.ids.clone(), place.rect));
                rects.collect::<Vec<_>>()
            };
            let before = places(&diagram);
            let mut loud = quiet.clone();
            for (at, node) in quiet.nodes().enumerate() {
                let note = (at % 2 == 0).then(|| "a note that is longer than its box is wide".to_owned());
                let health = Health::ALL[2 + at % 3];
                loud.mark(&node.resource.id, Mark { health, note });
            }
            assert!(diagram.remark(&loud, Vec::new()));
            assert_eq!(places(&diagram), before);
            assert_ne!(
                diagram.draw(None),
                Diagram::new(&quiet, &options).draw(None),
                "and yet they show"
            );
        }
    }
}

#[test]
fn the_blast_radius_is_told_by_signs_and_words() {
    let shop = shop();
    let reach = Reach::of(&shop, &"orders".into());
    let toll = reach.toll(&shop);
    assert_eq!((toll.depend, toll.suffer, toll.unknown), (6, 2, 4), "{toll:?}");
    for (name, shape) in [("shop_blast", Shape::Boxes), ("shop_blast_tree", Shape::Tree)] {
        let options = Options {
            shape,
            steady: true,
            ..options(76, true)
        };
        let look = Look {
            selected: Some(&"orders".into()),
            reach: Some(&reach),
        };
        let picture = Diagram::new(&shop, &options).draw_as(look);
        insta::assert_snapshot!(name, picture.lines().collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn a_tree_names_what_is_hit_next_on_the_way_to_the_symptom() {
    let options = Options {
        shape: Shape::Tree,
        ..options(76, true)
    };
    let tree = drawn(&shop(), &options);
    for words in [
        "orders  throttled  #> hits intake",
        "intake  suffering  #> hits gateway",
    ] {
        assert!(tree.contains(words), "{tree}");
    }
}

/// The arguments of `midwatch topology` as they are without any.
fn command(view: ViewArg, format: FormatArg) -> TopologyArgs {
    TopologyArgs {
        bundle: None,
        scenario: None,
        refresh: false,
        view: Some(view),
        focus: None,
        depth: 2,
        format,
        width: 0,
        boxes: 40,
        tree: false,
    }
}

#[test]
fn the_command_shares_the_views() {
    let (resources, relations) = stacked(12);
    let graph = Graph {
        resources,
        relations,
        ..Graph::default()
    };
    let parsed = |args: &TopologyArgs| {
        let text = render(args, true, &graph).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let boxes = |view| {
        let value = parsed(&command(view, FormatArg::Json));
        let boxes = value["boxes"].as_array().unwrap().clone();
        let members: usize = boxes
            .iter()
            .map(|one| one["members"].as_array().unwrap().len())
            .sum();
        assert_eq!(members, 120, "each resource stands in one box");
        boxes.len()
    };
    assert_eq!(boxes(ViewArg::System), 4, "two accounts, two regions");
    assert_eq!(boxes(ViewArg::Container), 12, "every stack once");
    let all = parsed(&command(ViewArg::Resource, FormatArg::Json));
    assert_eq!(all["resources"].as_array().unwrap().len(), 120);
    assert_eq!(
        all["impact"].as_array().unwrap().len(),
        0,
        "nobody asked what fails"
    );
    for view in [ViewArg::Resource, ViewArg::Container, ViewArg::System] {
        let text = render(&command(view, FormatArg::Text), true, &graph).unwrap();
        assert!(text.contains("120 resources"), "{text}");
        // What is asked about is asked of the whole graph, however little of it is shown.
        let asked = TopologyArgs {
            focus: Some("s1-orders".to_owned()),
            depth: 1,
            ..command(view, FormatArg::Json)
        };
        let impact = parsed(&asked)["impact"].as_array().unwrap().clone();
        let hits: Vec<(&str, u64)> = impact
            .iter()
            .map(|hit| {
                (
                    hit["resource"].as_str().unwrap(),
                    hit["distance"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            hits,
            [
                ("s1-list", 1),
                ("s1-read", 1),
                ("s1-write", 1),
                ("s1-api", 2),
                ("s0-write", 3),
                ("s0-api", 4)
            ]
        );
    }
}
