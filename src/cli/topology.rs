//! `midwatch topology`: the graph of resources as text, JSON, DOT or Mermaid.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;

use super::{Context, progress::Progress};
use crate::{
    engine::scheduler::Sources as _,
    journal::body::Found,
    model::{Evidence, Query, Resource, ResourceId, Source, SourceSpec, discovery::Graph, inert},
    sources::{
        bundle::{Bundle, BundleSource},
        discovery::{self, Run},
    },
    topology::{self, Health, Mark, Options, Shape, Topology, View},
};

/// Resources that are named of those that were added, removed or changed.
const NAMED: usize = 12;

/// Prints resources and how they act on one another.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Without a bundle or scenario: what was discovered in the space, which is done first when it never was.\n\n\
                  Examples:\n  midwatch topology --view system\n  midwatch topology --refresh --focus orders\n  \
                  midwatch topology --scenario ec2-cpu-stress --focus etl-node-7"
)]
pub struct TopologyArgs {
    /// Incident bundle to read: a folder or a .mwb file
    #[arg(long, value_name = "PATH", conflicts_with = "scenario")]
    pub bundle: Option<PathBuf>,
    /// Scenario that ships with midwatch
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Look again at what there is in the space, and say what has changed
    #[arg(long, conflicts_with_all = ["bundle", "scenario"])]
    pub refresh: bool,
    /// What a box stands for; without it, resources, or as text what holds them when they are too many for boxes
    #[arg(long, value_enum)]
    pub view: Option<ViewArg>,
    /// Show only this resource (id or name) and what stands around it
    #[arg(long, value_name = "RESOURCE")]
    pub focus: Option<String>,
    /// Relations to walk away from the focus
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub depth: u32,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatArg,
    /// Columns for text; 0 for as many as it takes
    #[arg(long, value_name = "COLUMNS", default_value_t = 100)]
    pub width: usize,
    /// At most so many boxes in text; the rest is drawn together
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub boxes: usize,
    /// A tree in place of boxes and lines
    #[arg(long)]
    pub tree: bool,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViewArg {
    /// Every resource
    Resource,
    /// Stacks, or what else contains resources
    Container,
    /// Accounts and regions
    System,
}

/// How the graph is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// Boxes and lines
    #[default]
    Text,
    /// One object with resources and relations
    Json,
    /// Graphviz
    Dot,
    /// Mermaid flowchart
    Mermaid,
}

/// Why the graph cannot be shown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TopologyError {
    /// No resource has this id or name.
    #[error("no resource is called `{0}`{1}")]
    Unknown(String, String),
    /// Several resources have this name.
    #[error("several resources are called `{0}`\nhint: give one of their ids: {1}")]
    Ambiguous(String, String),
}

/// Runs the command: the graph of a bundle, or of the space.
pub async fn run(context: &Context, args: &TopologyArgs) -> Result<u8> {
    let (graph, code) = match (&args.bundle, &args.scenario) {
        (Some(path), _) => (of_bundle(Bundle::open(path)?).await, 0),
        (None, Some(scenario)) => (of_bundle(Bundle::scenario(scenario)?).await, 0),
        (None, None) => of_space(context, args.refresh).await?,
    };
    let drawn = render(args, context.config.ascii, &graph)?;
    let mut out = std::io::stdout().lock();
    out.write_all(drawn.as_bytes())?;
    if !drawn.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(code)
}

async fn of_bundle(bundle: Bundle) -> Graph {
    let source = BundleSource::new(bundle);
    let mut graph = Graph::default();
    if let Some(Evidence::Inventory(resources)) = source.answer(&Query::Inventory).await.evidence {
        graph.resources = resources;
    }
    if let Some(Evidence::Relations(relations)) = source.answer(&Query::Relations).await.evidence {
        graph.relations = relations;
    }
    graph
}

/// What was discovered in the space, looked at anew when that is wanted or found nothing before; and the exit code: an error
/// when nothing could be looked at.
async fn of_space(context: &Context, refresh: bool) -> Result<(Graph, u8)> {
    let journal = context.journal().await?;
    let mut progress = Progress::new();
    let stored = discovery::load(&journal).await?;
    let stored = stored.filter(|(found, ..)| !refresh && found.resources > 0);
    if let Some((found, at, graph)) = stored {
        progress.say(&format!(
            "as discovered {}: {}; --refresh looks again",
            at.strftime("%F %H:%M UTC"),
            found.sentence()
        ));
        return Ok((graph, 0));
    }
    let spec = SourceSpec::Aws {
        account: None,
        region: None,
    };
    let source = context
        .telemetry(&journal)
        .open(&spec)
        .await
        .map_err(|why| eyre!("{why}"))?;
    let run = Run {
        actor: context.operator(),
        now: Timestamp::now(),
    };
    let mut tell = |at: &discovery::Progress| {
        progress.line(&format!(
            "discovery · {} of {} parts · {} resources · {} calls · {}",
            at.done,
            at.of,
            at.resources,
            at.calls,
            inert(&at.part)
        ));
    };
    let outcome = discovery::discover(&source, &journal, &run, &mut tell).await?;
    progress.clear();
    told(&outcome.found, &mut progress);
    let blind = outcome.found.resources == 0 && !outcome.found.gaps.is_empty();
    Ok((outcome.graph, u8::from(blind)))
}

/// What a run came to: what has changed, and what could not be looked at.
fn told(found: &Found, progress: &mut Progress) {
    progress.say(&format!("discovered: {}", found.sentence()));
    if let Some(changed) = &found.changed {
        for (word, listed) in [
            ("added", &changed.added),
            ("removed", &changed.removed),
            ("changed", &changed.changed),
        ] {
            let named: Vec<String> = listed.first.iter().take(NAMED).map(ToString::to_string).collect();
            if named.is_empty() {
                continue;
            }
            let more = match listed.count.saturating_sub(named.len() as u64) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            progress.say(&format!("{word}: {}{more}", named.join(", ")));
        }
    }
    for gap in &found.gaps {
        progress.say(&format!("not seen: {}: {}", gap.what, gap.why));
        if let Some(hint) = &gap.hint {
            progress.say(&format!("  hint: {hint}"));
        }
    }
}

/// Writes a graph as `args` ask for, in ASCII alone if need be.
pub fn render(args: &TopologyArgs, ascii: bool, graph: &Graph) -> Result<String, TopologyError> {
    let unreadable = |why: &crate::model::Text| Mark {
        health: Health::Unreadable,
        note: Some(why.to_string()),
    };
    let marks = graph.unreadable.iter().map(|(id, why)| (id, unreadable(why)));
    let mut topology = Topology::new(&graph.resources, &graph.relations).with_marks(marks);
    let focus = args
        .focus
        .as_deref()
        .map(|wanted| find(&topology, wanted))
        .transpose()?;
    let whole = topology.clone();
    if let Some(focus) = &focus {
        let near = topology.around(std::slice::from_ref(focus), args.depth, usize::MAX);
        topology = topology.part(&near.into_iter().map(|near| near.id).collect());
    }
    let view = view(args, &topology);
    Ok(match args.format {
        FormatArg::Text => {
            let options = Options {
                view,
                shape: if args.tree { Shape::Tree } else { Shape::Auto },
                width: args.width,
                max: args.boxes,
                focus,
                ascii,
                ..Options::default()
            };
            let text = topology::text(&topology, &options);
            if args.view.is_none() && view != View::Resource {
                format!("{text}drawn by what holds them; --focus NAME shows what stands around one\n")
            } else {
                text
            }
        }
        FormatArg::Json => topology::json(&topology, view, &whole, focus.as_ref()),
        FormatArg::Dot => topology::dot(&topology, view),
        FormatArg::Mermaid => topology::mermaid(&topology, view),
    })
}

/// The view that is asked for. A large graph without a focus is read by its containers: of thousands of boxes most would be drawn
/// together anyway.
fn view(args: &TopologyArgs, topology: &Topology) -> View {
    match args.view {
        Some(ViewArg::Resource) => View::Resource,
        Some(ViewArg::Container) => View::Container,
        Some(ViewArg::System) => View::System,
        None if args.format == FormatArg::Text && args.focus.is_none() && topology.len() > args.boxes => {
            View::Container
        }
        None => View::Resource,
    }
}

/// The resource with this id, or else the only one with this name, whatever its case.
fn find(topology: &Topology, wanted: &str) -> Result<ResourceId, TopologyError> {
    let id = ResourceId::from(wanted);
    if topology.contains(&id) {
        return Ok(id);
    }
    let lower = wanted.to_lowercase();
    let named = |same: &dyn Fn(&str) -> bool| -> Vec<&Resource> {
        let resources = topology.nodes().map(|node| &node.resource);
        resources
            .filter(|resource| same(&resource.name.to_lowercase()))
            .collect()
    };
    match named(&|name| name == lower).as_slice() {
        [only] => Ok(only.id.clone()),
        [] => {
            let near: Vec<String> = named(&|name| name.contains(&lower))
                .iter()
                .take(5)
                .map(|near| inert(&near.name))
                .collect();
            let hint = if near.is_empty() {
                "\nhint: `midwatch topology --format json` lists every resource".to_owned()
            } else {
                format!("\nhint: did you mean {}?", near.join(", "))
            };
            Err(TopologyError::Unknown(inert(wanted), hint))
        }
        many => {
            let ids: Vec<String> = many.iter().take(5).map(|one| one.id.to_string()).collect();
            Err(TopologyError::Ambiguous(inert(wanted), ids.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::model::{Relation, RelationKind, RelationOrigin};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TopologyArgs,
    }

    fn args(words: &[&str]) -> TopologyArgs {
        Line::parse_from(["topology", "--bundle", "b"].iter().chain(words)).args
    }

    fn graph() -> Graph {
        let resources = ["api", "intake", "orders", "mailer"]
            .map(|name| Resource::new(format!("id-{name}"), "AWS::Lambda::Function", name));
        let relations =
            [("api", "intake"), ("intake", "orders"), ("orders", "mailer")].map(|(from, to)| Relation {
                from: format!("id-{from}").into(),
                to: format!("id-{to}").into(),
                kind: RelationKind::Calls,
                origin: RelationOrigin::Trace,
            });
        Graph {
            resources: resources.to_vec(),
            relations: relations.to_vec(),
            ..Graph::default()
        }
    }

    #[test]
    fn arguments_are_sound() {
        Line::command().debug_assert();
        assert!(Line::try_parse_from(["topology", "--refresh"]).is_ok());
        assert!(Line::try_parse_from(["topology", "--refresh", "--bundle", "b"]).is_err());
        assert!(Line::try_parse_from(["topology", "--bundle", "b", "--scenario", "s"]).is_err());
    }

    #[test]
    fn focus_is_found_by_name_and_shows_its_neighbourhood() {
        let graph = graph();
        let text = render(&args(&["--focus", "API", "--depth", "1"]), false, &graph).unwrap();
        assert!(
            text.contains(" api ") && text.contains(" intake ") && !text.contains("orders"),
            "{text}"
        );
        let unknown = render(&args(&["--focus", "int"]), false, &graph).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "no resource is called `int`\nhint: did you mean intake?"
        );
    }

    #[test]
    fn more_resources_than_boxes_are_drawn_by_what_holds_them() {
        let resources = (0..50).map(|at| Resource {
            stack: Some(format!("shop-{}", at % 2)),
            ..Resource::new(format!("id-{at}"), "AWS::SQS::Queue", format!("queue-{at}"))
        });
        let graph = Graph {
            resources: resources.collect(),
            ..Graph::default()
        };
        let text = render(&args(&[]), false, &graph).unwrap();
        assert!(
            text.contains("shop-1") && !text.contains("queue-1") && text.contains("--focus NAME"),
            "{text}"
        );
        let around = render(&args(&["--focus", "queue-1"]), false, &graph).unwrap();
        assert!(
            around.contains("queue-1") && !around.contains("--focus"),
            "{around}"
        );
        let said = render(&args(&["--view", "resource"]), false, &graph).unwrap();
        assert!(!said.contains("drawn by what holds them"), "{said}");
    }

    #[test]
    fn every_format_names_every_resource() {
        let graph = graph();
        for format in ["text", "json", "dot", "mermaid"] {
            let text = render(&args(&["--format", format]), false, &graph).unwrap();
            for resource in &graph.resources {
                assert!(text.contains(&resource.name), "{format}: {text}");
            }
        }
    }
}
