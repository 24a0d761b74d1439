//! Where things are.

use std::path::PathBuf;

use directories::ProjectDirs;

/// There is no home to keep anything in.
#[derive(Debug, thiserror::Error)]
#[error("there is no home folder to keep {what} in\nhint: set HOME, or {variable} to a folder")]
pub struct NoHome {
    what: &'static str,
    variable: &'static str,
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "midwatch")
}

/// The configuration file: `MIDWATCH_CONFIG`, else `config.toml` in the usual folder of the system.
pub fn config_file() -> Option<PathBuf> {
    let given = std::env::var_os("MIDWATCH_CONFIG").map(PathBuf::from);
    given.or_else(|| project().map(|dirs| dirs.config_dir().join("config.toml")))
}

/// The folder of the user's own themes.
pub fn themes() -> Option<PathBuf> {
    project().map(|dirs| dirs.config_dir().join("themes"))
}

/// The folder that holds everything: `MIDWATCH_DATA`, else the usual one of the system.
pub fn data() -> Result<PathBuf, NoHome> {
    let given = std::env::var_os("MIDWATCH_DATA").map(PathBuf::from);
    given
        .or_else(|| project().map(|dirs| dirs.data_dir().to_owned()))
        .ok_or(NoHome {
            what: "journals",
            variable: "MIDWATCH_DATA",
        })
}

/// The journal of a space.
pub fn journal(space: &str) -> Result<PathBuf, NoHome> {
    Ok(data()?.join("spaces").join(space).join("journal.sqlite"))
}

/// The key that signs this host's checkpoints in a space's store on a server: where that of its file would stand.
pub fn key(space: &str) -> Result<PathBuf, NoHome> {
    Ok(journal(space)?.with_extension("key"))
}

/// The program's own log.
pub fn log() -> Result<PathBuf, NoHome> {
    Ok(data()?.join("midwatch.log"))
}

/// A path as a person writes it: `~` for the home folder.
pub fn short(path: &std::path::Path) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match home.and_then(|home| Some(path.strip_prefix(home).ok()?.to_owned())) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// Makes a folder, and those above it, that only their owner can enter.
pub fn private_folder(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Opens a file for appending that only its owner can read.
pub fn private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}
