//! The graph as text, JSON, DOT and Mermaid. Names come from outside: inert in all of them, and escaped as each asks for.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    Diagram, Health, Options, Topology, View,
    scene::{Item, Kind, Scene},
    words,
};
use crate::model::{RelationKind, Resource, ResourceId, inert};

/// The picture with a line that counts what it shows and tells what its marks mean.
pub fn text(topology: &Topology, options: &Options) -> String {
    if topology.is_empty() {
        return "no resources\n".to_owned();
    }
    let mut text = String::new();
    for line in Diagram::new(topology, options).draw(None).lines() {
        text.push_str(&line);
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "\n{}, {}",
        counted(topology.len(), "resource"),
        counted(topology.relations_len(), "relation")
    );
    let marks: Vec<String> = Health::ALL
        .iter()
        .rev()
        .filter(|health| health.is_loud())
        .filter(|health| topology.nodes().any(|node| node.mark.health == **health))
        .map(|health| format!("{} {}", health.mark(options.ascii), health.as_str()))
        .collect();
    if !marks.is_empty() {
        let _ = writeln!(text, "{}", marks.join("   "));
    }
    text
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {}", words::plural(word))
    }
}

/// The whole graph, never collapsed, as one JSON object. In the resource view: `resources` and `relations` as a bundle
/// spells them, with `health`; in the others `boxes` with their `members`, and `relations` between boxes by `name`. In all
/// of them `impact`: what suffers, near or far, when the resource asked about fails, or each cause where none is asked
/// about; with the relations between the two as `distance`. The `whole` graph is asked, of which `topology` may be a part.
pub fn json(topology: &Topology, view: View, whole: &Topology, about: Option<&ResourceId>) -> String {
    let mut value = if view == View::Resource {
        let resources: Vec<Value> = topology
            .nodes()
            .map(|node| resource(&node.resource, node.mark.health, node.mark.note.as_deref()))
            .collect();
        let relations: Vec<Value> = topology
            .links()
            .map(|(from, to, link)| {
                json!({"from": from.as_str(), "to": to.as_str(), "kind": link.kind, "origins": link.origins})
            })
            .collect();
        json!({"view": "resource", "resources": resources, "relations": relations})
    } else {
        let scene = Scene::new(topology, view);
        let boxes: Vec<Value> = scene
            .items
            .iter()
            .map(|item| {
                let members: Vec<&str> = item.members.iter().map(|member| member.id.as_str()).collect();
                json!({"name": item.title, "health": item.mark.health.as_str(), "members": members})
            })
            .collect();
        let relations: Vec<Value> = scene
            .lines
            .iter()
            .map(|line| {
                json!({
                    "from": scene.items[line.from].title,
                    "to": scene.items[line.to].title,
                    "kinds": line.kinds,
                    "both": line.both,
                })
            })
            .collect();
        json!({"view": view.as_str(), "boxes": boxes, "relations": relations})
    };
    value["impact"] = impact(whole, about);
    let mut text = String::new();
    // Ids must come out as they are, and yet not act on a terminal: what JSON leaves alone is escaped too.
    for c in format!("{value:#}").chars() {
        if c != '\n' && inert(c.encode_utf8(&mut [0; 4])) != c.to_string() {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

fn impact(topology: &Topology, about: Option<&ResourceId>) -> Value {
    let causes = topology.nodes().filter(|node| node.mark.health == Health::Cause);
    let failing: Vec<&ResourceId> = match about {
        Some(id) => vec![id],
        None => causes.map(|node| &node.resource.id).collect(),
    };
    let hits = failing.into_iter().flat_map(|failing| {
        topology.blast_radius(failing).into_iter().map(|hit| {
            json!({
                "resource": hit.id.as_str(),
                "of": failing.as_str(),
                "distance": hit.distance,
                "health": topology.health(&hit.id).as_str(),
            })
        })
    });
    hits.collect()
}

fn resource(resource: &Resource, health: Health, note: Option<&str>) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), Value::from(value));
        }
    };
    put("id", Some(resource.id.as_str()));
    put("type", Some(&resource.kind));
    put("name", Some(&resource.name));
    put("arn", resource.arn.as_deref());
    put("account", resource.account.as_deref());
    put("region", resource.region.as_deref());
    put("stack", resource.stack.as_deref());
    put("health", Some(health.as_str()));
    put("note", note);
    Value::Object(map)
}

/// The whole graph for Graphviz.
pub fn dot(topology: &Topology, view: View) -> String {
    let scene = Scene::new(topology, view);
    let quoted = |words: &str| format!("\"{}\"", words.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = String::from("digraph topology {\n  node [shape=box, fontname=\"monospace\"];\n");
    for (at, item) in scene.items.iter().enumerate() {
        // `\n` stands between the two lines of a label; the words are escaped before.
        let label = label(item);
        let lines: Vec<String> = label
            .iter()
            .map(|line| line.replace('\\', "\\\\").replace('"', "\\\""))
            .collect();
        let style = match item.mark.health {
            Health::Cause => ", style=filled, fillcolor=\"#f4b6b6\", penwidth=2",
            Health::Symptom => ", style=filled, fillcolor=\"#f6d9a8\"",
            Health::Suffering => ", style=filled, fillcolor=\"#fbeed5\"",
            Health::Changed => ", style=dashed",
            Health::Unreadable => ", style=dotted",
            Health::Healthy | Health::Unknown => "",
        };
        let _ = writeln!(text, "  n{at} [label=\"{}\"{style}];", lines.join("\\n"));
    }
    for line in &scene.lines {
        let style = if line.is_soft() { ", style=dashed" } else { "" };
        let both = if line.both { ", dir=both" } else { "" };
        let kinds = quoted(&kinds(line.kinds.iter()));
        let _ = writeln!(
            text,
            "  n{} -> n{} [label={kinds}{style}{both}];",
            line.from, line.to
        );
    }
    text.push_str("}\n");
    text
}

/// The whole graph as a Mermaid flowchart.
pub fn mermaid(topology: &Topology, view: View) -> String {
    let scene = Scene::new(topology, view);
    let mut text = String::from("flowchart TD\n");
    for (at, item) in scene.items.iter().enumerate() {
        let lines: Vec<String> = label(item).iter().map(|line| entities(line)).collect();
        let _ = writeln!(text, "  n{at}[\"{}\"]", lines.join("<br/>"));
    }
    for line in &scene.lines {
        let arrow = match (line.both, line.is_soft()) {
            (true, _) => "<-->",
            (false, true) => "-.->",
            (false, false) => "-->",
        };
        let _ = writeln!(
            text,
            "  n{} {arrow}|{}| n{}",
            line.from,
            kinds(line.kinds.iter()),
            line.to
        );
    }
    for health in [Health::Cause, Health::Symptom, Health::Suffering, Health::Changed] {
        let marked: Vec<String> = scene
            .items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.mark.health == health)
            .map(|(at, _)| format!("n{at}"))
            .collect();
        if !marked.is_empty() {
            let style = match health {
                Health::Cause => "fill:#f4b6b6,stroke-width:3px",
                Health::Symptom => "fill:#f6d9a8",
                Health::Suffering => "fill:#fbeed5",
                _ => "stroke-dasharray:4 4",
            };
            let _ = writeln!(text, "  classDef {} {style}", health.as_str());
            let _ = writeln!(text, "  class {} {}", marked.join(","), health.as_str());
        }
    }
    text
}

fn label(item: &Item) -> Vec<String> {
    let mut lines = vec![item.title.clone()];
    let mark = super::boxes::mark(item.mark.health, item.mark.note.as_deref(), false);
    let word = if item.kind == Kind::Resource || item.word != item.title {
        item.word.as_str()
    } else {
        ""
    };
    let second = [word, mark.as_ref().map_or("", |mark| mark.0.as_str())];
    let second: Vec<&str> = second.into_iter().filter(|words| !words.is_empty()).collect();
    if !second.is_empty() {
        lines.push(second.join("  "));
    }
    lines
}

fn kinds<'a>(kinds: impl Iterator<Item = &'a RelationKind>) -> String {
    kinds.map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

/// Words inside a quoted Mermaid label, where `#` begins an entity and markup is read as HTML.
fn entities(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '#' | '"' | '<' | '>' | '&' | '`' | '\\' | '[' | ']' | '{' | '}' | '|' => {
                let _ = write!(text, "#{};", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Relation, RelationOrigin};

    fn hostile() -> Topology {
        Topology::new(
            &[
                Resource::new("a", "AWS::Lambda::Function", "a\"];evil[\"\u{1b}[2J<b>&#\\"),
                Resource::new("b\u{9b}\u{202e}", "AWS::SQS::Queue", "b\nc|d"),
            ],
            &[Relation {
                from: "a".into(),
                to: "b\u{9b}\u{202e}".into(),
                kind: RelationKind::Writes,
                origin: RelationOrigin::Code,
            }],
        )
    }

    #[test]
    fn json_keeps_ids_and_hides_control_characters() {
        let text = json(&hostile(), View::Resource, &hostile(), None);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
        assert!(!text.contains('\u{202e}'));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["resources"][1]["id"], "b\u{9b}\u{202e}");
        assert_eq!(value["relations"][0]["kind"], "writes");
    }

    #[test]
    fn dot_and_mermaid_cannot_be_broken_out_of() {
        let text = dot(&hostile(), View::Resource);
        assert!(
            text.contains(r#"n0 [label="a\"];evil[\"�[2J<b>&#\\\nfunction"];"#),
            "{text}"
        );
        assert!(text.contains(r#"n0 -> n1 [label="writes"];"#), "{text}");
        let text = mermaid(&hostile(), View::Resource);
        assert!(
            text.contains("n0[\"a#34;#93;;evil#91;#34;\u{fffd}#91;2J#60;b#62;#38;#35;#92;<br/>function\"]"),
            "{text}"
        );
        assert!(text.contains("n1[\"b c#124;d<br/>queue\"]"), "{text}");
        assert!(text.contains("n0 -->|writes| n1"), "{text}");
    }

    #[test]
    fn an_empty_graph_says_so() {
        assert_eq!(text(&Topology::default(), &Options::default()), "no resources\n");
        assert_eq!(dot(&Topology::default(), View::System).lines().count(), 3);
    }
}
