//! JSON as a tree that can be folded, and as indented text.

use serde_json::Value;

use super::page::{Ask, Line, Node};
use crate::{
    console::{rich::Rich, theme::Role, words},
    model::Configuration,
};

/// Rows of a tree or of raw JSON at most, on a screen.
pub const ROWS: usize = 3_000;
/// Nodes of a branch that is open from the beginning at most.
const SMALL: usize = 12;
/// Levels that are indented; what lies deeper stands below them.
const LEVELS: usize = 16;

/// What a tree shows from the beginning.
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// Name of the tree, so that two on one page fold apart.
    pub root: &'a str,
    /// The property that is meant: opened and marked.
    pub meant: Option<&'a str>,
    /// True when the top level is open.
    pub top: bool,
}

/// A JSON value as rows; branches that are folded tell what they hold.
pub fn tree(ask: &Ask<'_>, value: &Value, open: Open<'_>) -> Vec<Line> {
    let mut tree = Tree {
        ask,
        open,
        rows: Vec::new(),
        most: ask.most(ROWS),
        left_out: false,
    };
    tree.children(value, open.root, "", 1);
    if tree.left_out {
        let words = "more than is shown here: raw and the pager have it";
        tree.rows.push(Rich::of(Role::Faint, words).into());
    }
    tree.rows
}

/// Configuration as a tree; the property that is meant is opened and stands out.
pub fn configuration(ask: &Ask<'_>, configuration: &Configuration, path: Option<&str>) -> Vec<Line> {
    let mut rows: Vec<Line> = vec![
        Rich::of(Role::Dim, "configuration of ")
            .ext(configuration.resource.as_str())
            .add(
                Role::Dim,
                format!(", read from {}", ask.words(&configuration.origin)),
            )
            .into(),
    ];
    let open = Open {
        root: configuration.resource.as_str(),
        meant: path,
        top: true,
    };
    rows.extend(tree(ask, &configuration.properties, open));
    rows
}

struct Tree<'a> {
    ask: &'a Ask<'a>,
    open: Open<'a>,
    rows: Vec<Line>,
    most: usize,
    left_out: bool,
}

impl Tree<'_> {
    /// `at` names the place for folding, `here` as a path in the value.
    fn children(&mut self, value: &Value, at: &str, here: &str, depth: usize) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    self.child(name, value, at, here, depth);
                }
            }
            Value::Array(items) => {
                for (i, value) in items.iter().enumerate() {
                    self.child(&format!("{}", i + 1), value, at, here, depth);
                    if self.left_out {
                        break;
                    }
                }
            }
            Value::Null => {}
            other => self.child("value", other, at, here, depth),
        }
    }

    fn child(&mut self, name: &str, value: &Value, at: &str, here: &str, depth: usize) {
        if self.rows.len() >= self.most {
            self.left_out = true;
            return;
        }
        let here = if here.is_empty() {
            name.to_owned()
        } else {
            format!("{here}.{name}")
        };
        let path = format!("{at}/{name}");
        let meant = self
            .open
            .meant
            .is_some_and(|meant| here == meant || (name == meant && !meant.contains('.')));
        let glyphs = self.ask.glyphs();
        let (mark, role) = if meant {
            (glyphs.prompt, Role::Bad)
        } else {
            (" ", Role::Faint)
        };
        let indent = " ".repeat(depth.min(LEVELS) * 2 - 1);
        let lead = Rich::of(role, mark).add(Role::Text, indent);
        let name_role = if meant { Role::Strong } else { Role::Dim };
        let name = self.ask.words(name);
        let size = match value {
            Value::Object(map) => map.len(),
            Value::Array(items) => items.len(),
            _ => 0,
        };
        let text = match value {
            Value::String(text) if text.contains('\n') => Some(text.as_str()),
            _ => None,
        };
        let node = |branch| {
            Some(Node {
                path: path.clone(),
                branch,
            })
        };
        if size > 0 || text.is_some() {
            let begins_open = self.begins_open(value, &here, depth, meant);
            let opened = self.ask.all || self.ask.whole || (begins_open != self.ask.folds.contains(&path));
            let sign = if opened { glyphs.unfolded } else { glyphs.folded };
            // Bare, `-` would be read as a line that went.
            let sign = if glyphs.ascii {
                format!("[{sign}] ")
            } else {
                format!("{sign} ")
            };
            let mut words = lead.add(Role::Dim, sign).add(name_role, name);
            if !opened {
                let what = match (value, text) {
                    (_, Some(text)) => words::count(text.lines().count() as u64, "lines"),
                    (Value::Array(_), _) => words::count(size as u64, "items"),
                    _ => words::count(size as u64, "properties"),
                };
                let what = if what == "1 propertie" {
                    "1 property".to_owned()
                } else {
                    what
                };
                words = words.add(Role::Faint, format!("  {what}"));
            }
            self.rows.push(Line {
                node: node(true),
                rows: 1,
                ..Line::from(words)
            });
            if opened {
                match text {
                    Some(text) => self.text(text, depth + 1),
                    None => self.children(value, &path, &here, depth + 1),
                }
            }
            return;
        }
        let words = lead
            .add(Role::Text, if glyphs.ascii { "    " } else { "  " })
            .add(name_role, name)
            .add(Role::Dim, ": ");
        self.rows.push(Line {
            node: node(false),
            hang: depth.min(LEVELS) * 2 + 4,
            ..Line::from(words.join(scalar(self.ask, value)))
        });
    }

    /// Several lines in one string; a diff in its colours.
    fn text(&mut self, text: &str, depth: usize) {
        let indent = " ".repeat(depth.min(LEVELS) * 2 + 2);
        for line in text.lines() {
            if self.rows.len() >= self.most {
                self.left_out = true;
                return;
            }
            let words = Rich::of(Role::Text, indent.clone()).add(diff_role(line), self.ask.words(line));
            self.rows.push(Line::from(words));
        }
    }

    /// Open are the way to what is meant, what is small, and at the top what is asked for.
    fn begins_open(&self, value: &Value, here: &str, depth: usize, meant: bool) -> bool {
        if meant {
            return true;
        }
        let on_the_way = self
            .open
            .meant
            .is_some_and(|meant| meant.strip_prefix(here).is_some_and(|rest| rest.starts_with('.')));
        if on_the_way {
            return true;
        }
        (depth > 1 || self.open.top) && nodes(value, SMALL + 1) <= SMALL
    }
}

/// The role of a line of a unified diff.
pub fn diff_role(line: &str) -> Role {
    match line.as_bytes().first() {
        Some(b'+') => Role::Good,
        Some(b'-') => Role::Bad,
        Some(b'@') => Role::Dim,
        _ => Role::External,
    }
}

/// How many nodes a value has, counted no further than `most`.
fn nodes(value: &Value, most: usize) -> usize {
    let inner: &mut dyn Iterator<Item = &Value> = match value {
        Value::Object(map) => &mut map.values(),
        Value::Array(items) => &mut items.iter(),
        Value::String(text) => return text.lines().take(most).count().max(1),
        _ => return 1,
    };
    let mut count = 1;
    for value in inner {
        if count >= most {
            break;
        }
        count += nodes(value, most - count);
    }
    count
}

/// A value without parts.
pub fn scalar(ask: &Ask<'_>, value: &Value) -> Rich {
    match value {
        Value::String(text) if text.is_empty() => Rich::of(Role::Faint, "(empty)"),
        Value::String(text) => Rich::of(Role::External, ask.words(text)),
        Value::Number(number) => Rich::of(Role::Text, number.to_string()),
        Value::Bool(yes) => Rich::of(Role::Accent, yes.to_string()),
        Value::Null => Rich::of(Role::Faint, "null"),
        Value::Array(items) => Rich::of(Role::Faint, if items.is_empty() { "[]" } else { "[...]" }),
        Value::Object(map) => Rich::of(Role::Faint, if map.is_empty() { "{}" } else { "{...}" }),
    }
}

/// A JSON value as indented text, names and kinds of values in their roles.
pub fn pretty(ask: &Ask<'_>, value: &Value, most: usize) -> Vec<Rich> {
    let mut out = Pretty {
        ask,
        rows: Vec::new(),
        most,
    };
    out.value(Rich::new(), value, 0, "");
    if out.rows.len() > most {
        out.rows.truncate(most);
        out.rows.push(Rich::of(Role::Faint, "..."));
    }
    out.rows
}

struct Pretty<'a> {
    ask: &'a Ask<'a>,
    rows: Vec<Rich>,
    most: usize,
}

impl Pretty<'_> {
    fn value(&mut self, lead: Rich, value: &Value, depth: usize, end: &str) {
        if self.rows.len() > self.most {
            return;
        }
        let indent = |depth: usize| Rich::of(Role::Text, " ".repeat(depth.min(LEVELS) * 2));
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.rows.push(lead.add(Role::Faint, "{"));
                let last = map.len() - 1;
                for (i, (name, value)) in map.iter().enumerate() {
                    let name = serde_json::to_string(name).unwrap_or_default();
                    let lead = indent(depth + 1)
                        .add(Role::Dim, self.ask.words(&name))
                        .add(Role::Faint, ": ");
                    self.value(lead, value, depth + 1, if i == last { "" } else { "," });
                }
                self.rows.push(indent(depth).add(Role::Faint, format!("}}{end}")));
            }
            Value::Array(items) if !items.is_empty() => {
                self.rows.push(lead.add(Role::Faint, "["));
                let last = items.len() - 1;
                for (i, value) in items.iter().enumerate() {
                    if self.rows.len() > self.most {
                        return;
                    }
                    self.value(
                        indent(depth + 1),
                        value,
                        depth + 1,
                        if i == last { "" } else { "," },
                    );
                }
                self.rows.push(indent(depth).add(Role::Faint, format!("]{end}")));
            }
            other => {
                let role = match other {
                    Value::String(_) => Role::External,
                    Value::Number(_) => Role::Text,
                    Value::Bool(_) => Role::Accent,
                    _ => Role::Faint,
                };
                let text = serde_json::to_string(other).unwrap_or_default();
                self.rows
                    .push(lead.add(role, self.ask.words(&text)).add(Role::Faint, end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nodes_are_counted_no_further_than_needed() {
        assert_eq!(nodes(&json!({"a": [1, 2], "b": {}}), 100), 5);
        assert_eq!(nodes(&json!([1, 2, 3, 4, 5]), 3), 3);
        let mut deep = json!(1);
        for _ in 0..200 {
            deep = json!([deep]);
        }
        assert_eq!(nodes(&deep, 13), 13);
    }
}
