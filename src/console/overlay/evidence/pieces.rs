//! One kind of evidence each, as lines.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    console::{
        glyph::Glyphs,
        names::short,
        rich::{Rich, shown},
        theme::Role,
        words,
    },
    journal::Body,
    model::{
        Alarm, Change, Configuration, Direction, Evidence, LogLine, Observation, Observed, ServiceEvent,
    },
};

/// Log lines that are shown at most; the burst is among them.
const LINES: usize = 400;
/// Log lines before the onset.
const BEFORE: usize = 5;
/// Rows of raw JSON at most.
const RAW: usize = 3_000;

/// Log lines; those of the template stand out, and what is shown begins a little before the onset.
pub fn logs(
    lines: &[LogLine],
    template: Option<&str>,
    onset: Option<Timestamp>,
    glyphs: &Glyphs,
) -> Vec<Rich> {
    let first = onset.map_or(0, |at| lines.partition_point(|line| line.at < at));
    let start = first.saturating_sub(BEFORE);
    let mut rows = Vec::new();
    if start > 0 {
        rows.push(Rich::of(Role::Faint, words::count(start as u64, "earlier lines")));
    }
    for line in lines.iter().skip(start).take(LINES) {
        let hit = template
            .is_some_and(|template| follows(&line.message, template) || says(&line.message, template));
        let (mark, role) = match hit {
            true => (glyphs.prompt, Role::Bad),
            false => (" ", Role::Faint),
        };
        let text = if hit { Role::External } else { Role::Dim };
        rows.push(
            Rich::of(role, format!("{mark} "))
                .add(Role::Faint, format!("{}  ", words::second(line.at)))
                .add(text, shown(line.message.trim_end())),
        );
    }
    let rest = lines.len().saturating_sub(start + LINES);
    if rest > 0 {
        rows.push(Rich::of(Role::Faint, words::count(rest as u64, "later lines")));
    }
    rows
}

/// True when every word of a template occurs: a template may name the error that a line holds as JSON.
fn says(message: &str, template: &str) -> bool {
    let mut words = template
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .peekable();
    words.peek().is_some() && words.all(|word| message.contains(word))
}

/// True when the fixed parts of a template (`<*>` for what varies) occur in order.
fn follows(message: &str, template: &str) -> bool {
    let mut rest = message;
    for part in template
        .split("<*>")
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    true
}

/// A change: who did what, and its detail; a diff in its colours.
pub fn change(change: &Change, glyphs: &Glyphs) -> Vec<Rich> {
    let mut rows = vec![
        Rich::of(Role::Faint, format!("{}  ", words::second(change.at)))
            .add(Role::Change, format!("{} ", glyphs.change))
            .add(Role::Strong, shown(&change.kind))
            .add(Role::Dim, "  by ")
            .ext(change.actor.as_deref().unwrap_or("nobody named"))
            .add(Role::Dim, format!("  {}", shown(&change.source))),
        Rich::of(Role::Text, "          ").ext(&change.summary),
    ];
    rows.extend(tree(&change.detail, None, glyphs));
    rows
}

/// Configuration, one property a line; the one that is meant stands out.
pub fn configuration(configuration: &Configuration, path: Option<&str>, glyphs: &Glyphs) -> Vec<Rich> {
    let mut rows = vec![
        Rich::of(Role::Dim, "configuration of ")
            .ext(configuration.resource.as_str())
            .add(Role::Dim, format!(", read from {}", shown(&configuration.origin))),
    ];
    rows.extend(tree(&configuration.properties, path, glyphs));
    rows
}

/// A JSON value as an indented tree.
fn tree(value: &Value, path: Option<&str>, glyphs: &Glyphs) -> Vec<Rich> {
    let mut rows = Vec::new();
    branch(value, "", 1, path, glyphs, &mut rows);
    rows.truncate(RAW);
    rows
}

fn branch(value: &Value, at: &str, depth: usize, path: Option<&str>, glyphs: &Glyphs, rows: &mut Vec<Rich>) {
    if depth > 24 {
        return;
    }
    let child = |name: &str, value: &Value, rows: &mut Vec<Rich>| {
        let here = if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}.{name}")
        };
        let meant = path.is_some_and(|path| here == path || (name == path && !path.contains('.')));
        let (mark, role) = if meant {
            (glyphs.prompt, Role::Bad)
        } else {
            (" ", Role::Faint)
        };
        let lead = Rich::of(role, mark)
            .add(Role::Text, " ".repeat(depth * 2))
            .add(if meant { Role::Strong } else { Role::Dim }, shown(name));
        match value {
            Value::Object(map) if !map.is_empty() => {
                rows.push(lead);
                branch(value, &here, depth + 1, path, glyphs, rows);
            }
            Value::Array(items) if !items.is_empty() => {
                rows.push(lead);
                branch(value, &here, depth + 1, path, glyphs, rows);
            }
            Value::String(text) if text.contains('\n') => {
                rows.push(lead);
                for line in text.lines() {
                    let role = match line.as_bytes().first() {
                        Some(b'+') => Role::Good,
                        Some(b'-') => Role::Bad,
                        _ => Role::External,
                    };
                    rows.push(Rich::of(Role::Text, " ".repeat(depth * 2 + 3)).add(role, shown(line)));
                }
            }
            Value::String(text) => rows.push(lead.add(Role::Dim, ": ").ext(text)),
            other => rows.push(lead.add(Role::Dim, ": ").add(Role::Text, other.to_string())),
        }
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| child(name, value, rows)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| child(&format!("{}", i + 1), value, rows)),
        Value::Null => {}
        other => child("value", other, rows),
    }
}

/// An alarm with its transitions.
pub fn alarm(alarm: &Alarm, glyphs: &Glyphs) -> Vec<Rich> {
    let mut rows = vec![
        Rich::of(Role::Bad, format!("{} ", glyphs.alarm))
            .add(Role::External, shown(&alarm.name))
            .add(Role::Strong, format!("  {}", alarm.state().as_str())),
        Rich::of(Role::Dim, "  ").ext(&alarm.metric).add(
            Role::Dim,
            format!(
                " ({}) {} {} for {} x {} s",
                shown(&alarm.stat),
                alarm.comparison.sign(),
                alarm.threshold,
                alarm.evaluation_periods,
                alarm.period
            ),
        ),
    ];
    if let Some(description) = &alarm.description {
        rows.push(Rich::of(Role::Dim, "  ").ext(description));
    }
    for transition in &alarm.transitions {
        rows.push(
            Rich::of(Role::Faint, format!("  {}  ", words::second(transition.at)))
                .add(
                    Role::Text,
                    format!(
                        "{} {} {}  ",
                        transition.from.as_str(),
                        glyphs.arrow,
                        transition.to.as_str()
                    ),
                )
                .add(Role::Dim, shown(&transition.reason)),
        );
    }
    rows
}

/// What services say of themselves.
pub fn events(events: &[ServiceEvent]) -> Vec<Rich> {
    let line = |event: &ServiceEvent| {
        Rich::of(Role::Faint, format!("{}  ", words::second(event.at)))
            .add(Role::Accent, format!("{}  ", shown(&event.source)))
            .ext(&event.message)
    };
    events.iter().take(LINES).map(line).collect()
}

/// What has neither time nor shape: one item a line.
pub fn list(evidence: &Evidence) -> Vec<Rich> {
    match evidence {
        Evidence::Identity(identity) => {
            let part = |name: &str, value: &Option<String>| {
                Rich::of(Role::Dim, format!("{name:<8}")).ext(value.as_deref().unwrap_or("unknown"))
            };
            vec![
                part("account", &identity.account),
                part("region", &identity.region),
                part("caller", &identity.arn),
            ]
        }
        Evidence::Catalogue(keys) => keys
            .iter()
            .take(LINES)
            .map(|key| {
                Rich::of(Role::Dim, format!("{} ", shown(&key.namespace)))
                    .ext(&key.to_string())
                    .add(Role::Dim, "  ")
                    .ext(key.resource.as_ref().map_or("", |id| id.as_str()))
            })
            .collect(),
        Evidence::Inventory(resources) => resources
            .iter()
            .take(LINES)
            .map(|resource| {
                Rich::new()
                    .ext(&resource.name)
                    .add(Role::Dim, format!("  {}", shown(&resource.kind)))
            })
            .collect(),
        Evidence::Relations(relations) => relations
            .iter()
            .take(LINES)
            .map(|relation| {
                Rich::new()
                    .ext(&short(relation.from.as_str()))
                    .add(Role::Dim, format!(" {} ", relation.kind.as_str()))
                    .ext(&short(relation.to.as_str()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The numbers of a metric's fact.
pub fn numbers(of: &Observation) -> Vec<Rich> {
    let pair = |name: &str, value: f64| {
        Rich::of(Role::Dim, format!("{name} ")).add(Role::Text, format!("{}   ", number(value)))
    };
    let line = match &of.fact {
        Observed::MetricShift {
            direction,
            before,
            after,
            peak,
            score,
            ..
        } => {
            let extreme = match direction {
                Direction::Up => "peak",
                Direction::Down => "lowest",
            };
            pair("before", *before)
                .join(pair("since", *after))
                .join(pair(extreme, *peak))
                .join(pair("score", *score))
        }
        Observed::MetricNormal {
            typical,
            coverage,
            compared,
            ..
        } => {
            let words = if *compared {
                "compared with a baseline"
            } else {
                "without a baseline"
            };
            pair("typical", *typical).add(
                Role::Dim,
                format!("{:.0}% of the data there   {words}", coverage * 100.0),
            )
        }
        Observed::LimitReached {
            value, limit, name, ..
        } => pair("value", *value)
            .join(pair("limit", *limit))
            .add(Role::Dim, shown(name)),
        _ => return Vec::new(),
    };
    vec![line]
}

/// A number as short as it can be read: `0`, `41`, `0.25`, `1,240`, `3.2M`.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 10_000_000.0 {
        return format!("{:.1}M", value / 1_000_000.0);
    }
    if size >= 1_000.0 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", words::grouped(size.round() as u64));
    }
    if size == 0.0 || (size.fract() == 0.0) {
        return format!("{value:.0}");
    }
    if size >= 10.0 {
        return format!("{value:.1}");
    }
    if size >= 0.01 {
        return format!("{value:.2}");
    }
    format!("{value:.1e}")
}

/// The record and its data as JSON.
pub fn raw(body: &Body, data: &[&Evidence]) -> Vec<Rich> {
    let mut rows = Vec::new();
    let (kind, value) = body.to_parts();
    let mut json = |title: String, value: &Value| {
        rows.push(Rich::of(Role::Accent, title));
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        let lines = text
            .lines()
            .take(RAW)
            .map(|line| Rich::of(Role::External, shown(line)));
        rows.extend(lines);
    };
    json(kind.to_string(), &value);
    for evidence in data {
        let value = serde_json::to_value(evidence).unwrap_or_default();
        json("evidence".to_owned(), &value);
    }
    rows.truncate(RAW);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_followed_part_by_part() {
        assert!(follows(
            "TypeError: cannot read 'sku' of undefined",
            "TypeError: cannot read <*> of <*>"
        ));
        assert!(!follows("of cannot read", "cannot read <*> of <*>"));
    }

    #[test]
    fn a_line_says_what_its_template_names() {
        let template = "Invoke Error  TypeError: Cannot read properties of undefined (reading 'sku')";
        let line = r#"ERROR Invoke Error {"errorMessage":"Cannot read properties of undefined (reading 'sku')","errorType":"TypeError"}"#;
        assert!(says(line, template));
        assert!(!says("INFO order o-1 stored", template));
        assert!(!says("anything", "<*>"));
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 41.0, 0.25, 99.93, 1240.0, 32_000_000.0, 0.0004].map(number);
        assert_eq!(shown, ["0", "41", "0.25", "99.9", "1,240", "32.0M", "4.0e-4"]);
    }
}
