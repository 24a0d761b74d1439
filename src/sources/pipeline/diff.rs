//! Diffs, shortened: what a person needs to recognise the fault, not the whole change.

use serde_json::{Map, Value, json};

/// Bytes that are kept of one file's diff.
const OF_FILE: usize = 4 * 1024;
/// Bytes of diffs that are kept of one change.
const OF_CHANGE: usize = 16 * 1024;
/// Characters of a file's path.
const PATH: usize = 300;
/// Files that are named of one change.
const FILES: usize = 50;

/// One file of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Where it stood before, when it was moved.
    pub before: Option<String>,
    /// `added`, `modified`, `removed`, `renamed`.
    pub status: String,
    /// The unified diff of it, hunks alone; empty for what is not text or too large for the vendor.
    pub diff: String,
}

/// Writes the files into a change's detail: all their paths up to a limit, and of the diffs as much as there is room for,
/// the code that runs before tests, documents and locks.
pub fn into_detail(mut files: Vec<File>, detail: &mut Map<String, Value>) {
    if files.is_empty() {
        return;
    }
    let all = files.len();
    files.sort_by_key(|file| standing(&file.path));
    let mut room = OF_CHANGE;
    let told: Vec<Value> = files
        .iter()
        .take(FILES)
        .map(|file| {
            let diff = shortened(&file.diff, room.min(OF_FILE));
            room = room.saturating_sub(diff.len());
            let (added, removed) = counted(&file.diff);
            let mut told =
                json!({"path": path(&file.path), "status": path(&file.status), "added": added, "removed": removed});
            if let (Some(before), Some(told)) = (&file.before, told.as_object_mut()) {
                told.insert("before".to_owned(), path(before).into());
            }
            if let (false, Some(told)) = (diff.is_empty(), told.as_object_mut()) {
                told.insert("diff".to_owned(), diff.into());
            }
            told
        })
        .collect();
    detail.insert("files".to_owned(), Value::Array(told));
    if all > FILES {
        detail.insert("files_in_all".to_owned(), all.into());
    }
}

fn path(path: &str) -> String {
    path.chars().take(PATH).collect()
}

/// Lines that a diff adds and removes.
fn counted(diff: &str) -> (usize, usize) {
    let count = |sign: char| diff.lines().filter(|line| line.starts_with(sign)).count();
    (count('+'), count('-'))
}

/// At most `room` bytes of whole lines; says how many lines are left out. Context goes first: where all of it is too
/// long, only the heads of hunks and the changed lines are kept.
pub fn shortened(diff: &str, room: usize) -> String {
    let diff = diff.trim_end();
    if diff.len() <= room {
        return diff.to_owned();
    }
    let bare: Vec<&str> = diff
        .lines()
        .filter(|line| line.starts_with(['+', '-', '@']))
        .collect();
    let mut kept = String::new();
    let mut left = 0;
    for line in &bare {
        // Room for the note on what is left out.
        if left == 0 && kept.len() + line.len() + 1 + NOTE <= room {
            kept.push_str(line);
            kept.push('\n');
        } else {
            left += 1;
        }
    }
    if kept.is_empty() {
        return String::new();
    }
    if left > 0 {
        kept.push_str(&format!("({left} lines left out)"));
    }
    kept.trim_end().to_owned()
}

/// Length of the note on lines that are left out, at most.
const NOTE: usize = 32;

/// Code and configuration first; tests, documents, locks and pictures tell little about a fault.
fn standing(path: &str) -> u8 {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[
        ".lock",
        "-lock.json",
        "-lock.yaml",
        "go.sum",
        ".snap",
        ".min.js",
        ".map",
        ".svg",
        ".png",
    ]) {
        3
    } else if ends(&[".md", ".rst", ".txt", ".adoc"]) || path.starts_with("docs/") {
        2
    } else {
        u8::from(
            path.split(['/', '.', '_', '-'])
                .any(|word| matches!(word, "test" | "tests" | "spec" | "specs")),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn context_goes_first_and_what_is_left_out_is_said() {
        let diff =
            "@@ -1,4 +1,4 @@\n context context context context\n-old\n+new\n more context more context";
        assert_eq!(shortened(diff, 1000), diff);
        assert_eq!(shortened(diff, 64), "@@ -1,4 +1,4 @@\n-old\n+new");
        let long = (0..200)
            .map(|n| format!("+line {n}"))
            .collect::<Vec<_>>()
            .join("\n");
        let short = shortened(&long, 100);
        assert!(
            short.starts_with("+line 0\n") && short.ends_with("lines left out)"),
            "{short}"
        );
    }

    #[test]
    fn code_is_shown_before_locks_and_tests() {
        let file = |path: &str, size: usize| File {
            path: path.to_owned(),
            status: "modified".to_owned(),
            diff: format!("@@ -1 +1 @@\n+{}", "x\n+".repeat(size)),
            ..File::default()
        };
        let mut files: Vec<File> = (0..8)
            .map(|n| file(&format!("package-{n}.lock"), 2_000))
            .collect();
        files.push(file("tests/handler.py", 10));
        files.push(file("src/handler.py", 10));
        let mut detail = Map::new();
        into_detail(files, &mut detail);
        let told = detail["files"].as_array().unwrap();
        assert_eq!(told[0]["path"], "src/handler.py");
        assert!(told[0]["diff"].is_string());
        assert_eq!(told[1]["path"], "tests/handler.py");
        let sum: usize = told
            .iter()
            .filter_map(|file| Some(file["diff"].as_str()?.len()))
            .sum();
        assert!(sum <= OF_CHANGE, "{sum}");
    }

    proptest! {
        #[test]
        fn a_shortened_diff_fits_and_holds_only_lines_of_the_diff(diff in "([+ @-][a-z ]{0,40}\n){0,60}", room in 0_usize..900) {
            let short = shortened(&diff, room);
            prop_assert!(short.len() <= room);
            for line in short.lines().filter(|line| !line.starts_with('(')) {
                prop_assert!(diff.lines().any(|known| known.trim_end() == line.trim_end()));
            }
        }
    }
}
