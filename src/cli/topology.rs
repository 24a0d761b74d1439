//! `midwatch topology`: the graph of resources as text, JSON, DOT or Mermaid.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    model::{Evidence, Query, Relation, Resource, ResourceId, Source, inert},
    sources::bundle::{Bundle, BundleSource},
    topology::{self, Options, Shape, Topology, View},
};

/// Prints resources and how they act on one another.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  midwatch topology --scenario ec2-cpu-stress --focus etl-node-7")]
pub struct TopologyArgs {
    /// Incident bundle to read: a folder or a .mwb file
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with = "scenario",
        required_unless_present = "scenario"
    )]
    pub bundle: Option<PathBuf>,
    /// Scenario that ships with midwatch
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// What a box stands for
    #[arg(long, value_enum, default_value_t)]
    pub view: ViewArg,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ViewArg {
    /// Every resource
    #[default]
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

/// Runs the command: reads the bundle, writes its graph.
pub async fn run(args: &TopologyArgs, ascii: bool) -> color_eyre::eyre::Result<u8> {
    use std::io::Write as _;
    let bundle = match (&args.bundle, &args.scenario) {
        (Some(path), _) => Bundle::open(path)?,
        (_, scenario) => Bundle::scenario(scenario.as_deref().unwrap_or_default())?,
    };
    let source = BundleSource::new(bundle);
    let resources = match source.answer(&Query::Inventory).await.evidence {
        Some(Evidence::Inventory(resources)) => resources,
        _ => Vec::new(),
    };
    let relations = match source.answer(&Query::Relations).await.evidence {
        Some(Evidence::Relations(relations)) => relations,
        _ => Vec::new(),
    };
    let drawn = render(args, ascii, &resources, &relations)?;
    let mut out = std::io::stdout().lock();
    out.write_all(drawn.as_bytes())?;
    if !drawn.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(0)
}

/// Writes the graph of `resources` and `relations` as `args` ask for, in ASCII alone if need be.
pub fn render(
    args: &TopologyArgs,
    ascii: bool,
    resources: &[Resource],
    relations: &[Relation],
) -> Result<String, TopologyError> {
    let mut topology = Topology::new(resources, relations);
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
    let view = match args.view {
        ViewArg::Resource => View::Resource,
        ViewArg::Container => View::Container,
        ViewArg::System => View::System,
    };
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
            topology::text(&topology, &options)
        }
        FormatArg::Json => topology::json(&topology, view, &whole, focus.as_ref()),
        FormatArg::Dot => topology::dot(&topology, view),
        FormatArg::Mermaid => topology::mermaid(&topology, view),
    })
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
    use crate::model::{RelationKind, RelationOrigin};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TopologyArgs,
    }

    fn args(words: &[&str]) -> TopologyArgs {
        Line::parse_from(["topology", "--bundle", "b"].iter().chain(words)).args
    }

    fn graph() -> (Vec<Resource>, Vec<Relation>) {
        let resources = ["api", "intake", "orders", "mailer"]
            .map(|name| Resource::new(format!("id-{name}"), "AWS::Lambda::Function", name));
        let relations =
            [("api", "intake"), ("intake", "orders"), ("orders", "mailer")].map(|(from, to)| Relation {
                from: format!("id-{from}").into(),
                to: format!("id-{to}").into(),
                kind: RelationKind::Calls,
                origin: RelationOrigin::Trace,
            });
        (resources.to_vec(), relations.to_vec())
    }

    #[test]
    fn arguments_are_sound() {
        Line::command().debug_assert();
        assert!(Line::try_parse_from(["topology"]).is_err());
        assert!(Line::try_parse_from(["topology", "--bundle", "b", "--scenario", "s"]).is_err());
    }

    #[test]
    fn focus_is_found_by_name_and_shows_its_neighbourhood() {
        let (resources, relations) = graph();
        let text = render(
            &args(&["--focus", "API", "--depth", "1"]),
            false,
            &resources,
            &relations,
        )
        .unwrap();
        assert!(
            text.contains(" api ") && text.contains(" intake ") && !text.contains("orders"),
            "{text}"
        );
        let unknown = render(&args(&["--focus", "int"]), false, &resources, &relations).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "no resource is called `int`\nhint: did you mean intake?"
        );
    }

    #[test]
    fn every_format_names_every_resource() {
        let (resources, relations) = graph();
        for format in ["text", "json", "dot", "mermaid"] {
            let text = render(&args(&["--format", format]), false, &resources, &relations).unwrap();
            for resource in &resources {
                assert!(text.contains(&resource.name), "{format}: {text}");
            }
        }
    }
}
