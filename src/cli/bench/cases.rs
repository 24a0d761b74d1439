//! Which bundles a path holds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use color_eyre::eyre::{Result, WrapErr, bail};

/// Levels of folders that are searched below a path.
const DEPTH: usize = 4;

/// The incidents at `path`, in order of name: itself, if it is one, else all in the folders below it. A folder without
/// `expected.toml` (a shared baseline) is none: there is nothing to score.
pub fn find(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    search(path, DEPTH, &mut found)?;
    if found.is_empty() {
        bail!(
            "{} holds no incident that says its truth\nhint: a bundle is a folder with incident.toml and expected.toml, or one .mwb file",
            path.display()
        );
    }
    Ok(found)
}

fn search(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        if path.extension().is_some_and(|ending| ending == "mwb") {
            found.push(path.to_owned());
        }
        return Ok(());
    }
    if path.join("incident.toml").exists() {
        if path.join("expected.toml").exists() {
            found.push(path.to_owned());
        }
        return Ok(());
    }
    if depth == 0 {
        return Ok(());
    }
    let entries = fs::read_dir(path).wrap_err_with(|| format!("{} cannot be read", path.display()))?;
    let mut below = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<PathBuf>>>()?;
    below.sort();
    below.iter().try_for_each(|path| search(path, depth - 1, found))
}
