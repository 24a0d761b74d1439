//! The arrows between the parts run one way, and no part knows what is not its business.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Parts from the bottom up; a part may use those of lower levels, and itself.
const LEVELS: [&[&str]; 8] = [
    &["model"],
    &["redact", "net"],
    &["journal", "analysis", "topology", "config", "aws"],
    &["sources"],
    &["prevention"],
    &["engine"],
    &["intake", "outlets", "console"],
    &["cli"],
];

/// Crates that one part alone may use.
const OWNED: [(&str, &[&str]); 10] = [
    ("ratatui", &["console"]),
    ("crossterm", &["console"]),
    ("ratatui_textarea", &["console"]),
    ("sqlx", &["journal"]),
    ("aws_config", &["aws"]),
    ("aws_sigv4", &["aws"]),
    ("clap", &["cli"]),
    ("petgraph", &["topology"]),
    ("rmcp", &["sources"]),
    ("axum", &["intake"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// The part that a file belongs to; none for `lib.rs` and `main.rs`.
fn part(path: &Path) -> Option<String> {
    let inside = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let mut steps = inside.components();
    let first = steps.next()?.as_os_str().to_str()?.to_owned();
    steps.next().map(|_| first)
}

/// Code without its comments, line by line.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or(line)))
}

/// The parts that a file names, with the first line: `crate::part::...`, and the members of `use crate::{...}`.
fn named(text: &str) -> BTreeMap<String, usize> {
    let mut named = BTreeMap::new();
    let mut group: Option<i32> = None;
    for (number, line) in code(text) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let word: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if !word.is_empty() {
                named.entry(word).or_insert(number);
            }
        }
        if let Some(depth) = &mut group {
            let word: String = line
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if *depth == 1 && !word.is_empty() {
                named.entry(word).or_insert(number);
            }
            *depth += braces(line);
            if *depth <= 0 {
                group = None;
            }
        } else if line.trim_start().starts_with("use crate::{") && braces(line) > 0 {
            group = Some(1);
        }
    }
    named
}

fn braces(line: &str) -> i32 {
    line.matches('{').count() as i32 - line.matches('}').count() as i32
}

fn level(part: &str) -> Option<usize> {
    LEVELS.iter().position(|parts| parts.contains(&part))
}

#[test]
fn every_arrow_runs_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(own) = part(&path) else { continue };
        let own_level = level(&own).unwrap_or_else(|| panic!("{own} is no part of the code map"));
        for (other, line) in named(&text) {
            let Some(other_level) = level(&other) else {
                continue;
            };
            if other != own && other_level >= own_level {
                wrong.push(format!("{}:{line}: {own} uses {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn some_crates_belong_to_one_part() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = part(&path).unwrap_or_else(|| "cli".to_owned());
        for (number, line) in code(&text) {
            for (name, owners) in OWNED {
                let used = line.contains(&format!("{name}::")) || line.contains(&format!("use {name};"));
                if used && !owners.contains(&own.as_str()) {
                    wrong.push(format!("{}:{number}: {own} uses {name}", path.display()));
                }
            }
            if line.contains("aws_sdk_") && !["aws", "sources"].contains(&own.as_str()) {
                wrong.push(format!("{}:{number}: {own} uses an AWS SDK", path.display()));
            }
            if line.contains("aws_sdk_") && line.contains("Client::") && own != "aws" {
                wrong.push(format!(
                    "{}:{number}: an AWS client is made outside aws/",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_console_knows_the_engine_by_its_handle_alone() {
    for (path, text) in sources() {
        if part(&path).as_deref() != Some("console") {
            continue;
        }
        for (number, line) in code(&text) {
            let inner = line.split("engine::").nth(1);
            let fine = inner.is_none_or(|rest| {
                rest.starts_with("handle")
                    || rest.starts_with("opening")
                    || rest.starts_with("overrule")
                    || rest.starts_with('{')
                    || rest.starts_with(':')
            });
            assert!(fine, "{}:{number}: {line}", path.display());
        }
    }
}

/// Only where an operator answers is a confirmation made, and only the desk of AWS Support sends what it lets through.
#[test]
fn confirmations_are_made_where_operators_answer() {
    const ASKED: [&str; 3] = [
        "cli/support/ask.rs",
        "console/overlay/support/mod.rs",
        "console/pane/chat/support.rs",
    ];
    const WRITES: [&str; 4] = [
        "add_attachments(",
        "create_case(",
        "add_communication(",
        "resolve_case(",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut makers = Vec::new();
    for (path, text) in sources() {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        for (number, line) in code(&text) {
            if line.contains("Confirmation::by(") {
                makers.push(name.clone());
            }
            let writes = WRITES.iter().any(|call| line.contains(call));
            let may = [
                "aws/support.rs",
                "outlets/support/open.rs",
                "outlets/support/talk.rs",
            ]
            .contains(&name.as_str());
            assert!(!writes || may, "{name}:{number}: {line}");
        }
    }
    makers.sort_unstable();
    makers.dedup();
    assert_eq!(makers, ASKED);
}

#[test]
fn no_file_is_a_bag_of_everything() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 800)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
