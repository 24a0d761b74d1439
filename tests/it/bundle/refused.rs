//! Mistakes: each folder below `invalid/` holds one, and gets one clear error.

use std::fs;

use midwatch::sources::bundle::Bundle;

use super::data;

/// Mistakes of a whole file or folder, which have no line.
const WITHOUT_LINE: [&str; 10] = [
    "folder-of-bundles",
    "misspelt-ending",
    "misspelt-file",
    "misspelt-folder",
    "misspelt-incident",
    "missing-incident",
    "truncated-zst",
    "unknown-file",
    "unknown-log-file",
    "empty",
];

#[test]
fn every_mistake_is_one_clear_error_with_its_place_and_a_hint() {
    let root = data("invalid");
    let mut names: Vec<String> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut all = String::new();
    for name in names {
        let error = Bundle::open(&root.join(&name)).expect_err(&name);
        assert!(error.hint.is_some(), "{name} gives no hint: {error}");
        assert_eq!(
            error.line.is_none(),
            WITHOUT_LINE.contains(&name.as_str()),
            "{name}: {error}"
        );
        let words = error.to_string();
        assert!(!words.contains('\u{1b}'), "{name}: {words:?}");
        assert_eq!(words.lines().count(), 2, "{name}: {words}");
        let place = format!("{}/", root.display());
        all.push_str(&words.replace(&place, ""));
        all.push_str("\n\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_empty_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Bundle::open(folder.path()).unwrap_err();
    assert!(
        error.what.contains("is empty: it holds no incident.toml"),
        "{error}"
    );
}

#[test]
fn a_place_that_is_not_there_is_refused() {
    let error = Bundle::open(&data("invalid/no-such-folder")).unwrap_err();
    assert!(
        error.what.starts_with("cannot be opened: no such file"),
        "{error}"
    );
    assert!(error.hint.is_some());
}

#[test]
fn a_file_that_is_no_bundle_is_refused() {
    let error = Bundle::open(&data("valid/whole/incident.toml")).unwrap_err();
    assert_eq!(
        error.hint.as_deref(),
        Some("give the folder that holds incident.toml, or a .mwb file")
    );
}
