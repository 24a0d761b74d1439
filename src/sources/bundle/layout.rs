//! Which files make a bundle.

use super::{error::BundleError, files::Files, suggest::nearest};

/// The start, the window and the baseline.
pub(super) const INCIDENT: &str = "incident.toml";
/// The truth.
pub(super) const EXPECTED: &str = "expected.toml";
/// Resources.
pub(super) const RESOURCES: &str = "resources.jsonl";
/// Relations between resources.
pub(super) const RELATIONS: &str = "relations.jsonl";
/// Alarms with their transitions.
pub(super) const ALARMS: &str = "alarms.jsonl";
/// Series.
pub(super) const METRICS: &str = "metrics.jsonl";
/// Log lines.
pub(super) const LOGS: &str = "logs.jsonl";
/// Log lines, compressed.
pub(super) const LOGS_ZST: &str = "logs.jsonl.zst";
/// Acts on configuration or code.
pub(super) const CHANGES: &str = "changes.jsonl";
/// What services say of themselves.
pub(super) const EVENTS: &str = "events.jsonl";
/// What the capture could not get.
pub(super) const GAPS: &str = "gaps.jsonl";

const KNOWN: [&str; 11] = [
    INCIDENT, EXPECTED, RESOURCES, RELATIONS, ALARMS, METRICS, LOGS, LOGS_ZST, CHANGES, EVENTS, GAPS,
];
const FOLDERS: [&str; 3] = ["logs", "knowledge", "tools"];

/// True for a file of log lines.
pub(super) fn is_log(name: &str) -> bool {
    name == LOGS || name == LOGS_ZST || name.strip_prefix("logs/").is_some_and(is_lines)
}

/// True for a file of what tools said. They stand in a folder because whoever does not know it passes folders by: a program
/// that is older than they are reads the rest of the bundle.
pub(super) fn is_tools(name: &str) -> bool {
    name.strip_prefix("tools/").is_some_and(is_lines)
}

/// `NAME.jsonl`, also compressed.
fn is_lines(name: &str) -> bool {
    !name.contains('/') && has_ending(name.strip_suffix(".zst").unwrap_or(name), "jsonl")
}

/// True for a runbook.
pub(super) fn is_knowledge(name: &str) -> bool {
    name.strip_prefix("knowledge/")
        .is_some_and(|name| !name.contains('/') && has_ending(name, "md"))
}

/// Refuses files that look like a misspelt part of a bundle, which would otherwise be passed over in silence.
///
/// Files that look like data (`.jsonl`, `.toml`, `.zst`) must be known. Others may lie beside them, unless their name is
/// nearly that of a known file (`metrics.json`, `incident.tml`). Notes, pictures and dot files always may.
pub(super) fn check(files: &Files) -> Result<(), BundleError> {
    for name in files.names() {
        let file = name.rsplit('/').next().unwrap_or(name);
        let known = KNOWN.contains(&name.as_str()) || is_log(name) || is_tools(name) || is_knowledge(name);
        if known || is_aside(file) {
            continue;
        }
        let near = near(name);
        let is_data = ["jsonl", "toml", "zst", "ndjson"]
            .iter()
            .any(|ending| has_ending(file, ending));
        let is_data = name.starts_with("logs/") || (is_data && !name.contains('/'));
        if let Some(near) = near {
            return Err(
                BundleError::new(files.path_of(name), "is not a file that a bundle knows")
                    .hint(format!("did you mean '{near}'?")),
            );
        }
        if is_data {
            return Err(
                BundleError::new(files.path_of(name), "is not a file that a bundle knows").hint(format!(
                    "rename or remove it; a bundle's files are {}, logs/*.jsonl[.zst], knowledge/*.md",
                    KNOWN.join(", ")
                )),
            );
        }
    }
    Ok(())
}

/// Notes, pictures, backups and dot files.
fn is_aside(file: &str) -> bool {
    const ENDINGS: [&str; 10] = [
        "md", "txt", "html", "pdf", "png", "svg", "jpg", "bak", "orig", "license",
    ];
    file.starts_with('.') || ENDINGS.iter().any(|ending| has_ending(file, ending))
}

/// The known name that a file's name nearly is.
fn near(name: &str) -> Option<String> {
    match name.split_once('/') {
        Some((folder, rest)) if !FOLDERS.contains(&folder) => {
            nearest(folder, FOLDERS).map(|folder| format!("{folder}/{rest}"))
        }
        Some(_) => None,
        None => {
            let stem = name.split('.').next().unwrap_or(name);
            let stems = KNOWN.iter().filter(|known| known.split('.').next() == Some(stem));
            stems
                .copied()
                .next()
                .or_else(|| nearest(name, KNOWN))
                .map(str::to_owned)
        }
    }
}

/// True when a file's name ends in `.ending`.
pub(super) fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case(ending))
}
