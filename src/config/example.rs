//! The example that explains every option, and its way to the user's own file.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

/// Every option with its default.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The example with every option commented out, so that the file pins no default.
pub fn commented() -> String {
    let mut out = String::new();
    for line in EXAMPLE.lines() {
        let (marked, line) = match line.strip_prefix("#: ") {
            Some(option) => (true, option),
            None => (false, line),
        };
        // Titles stay: an option without its title would be one of the title above.
        let stays = line.is_empty() || line.starts_with(['#', '[']);
        out.push_str(if stays && !marked { "" } else { "#: " });
        out.push_str(line);
        out.push('\n');
    }
    out.replace(
        "# midwatch: every option, with its default. Lines that start with \"#: \" show options that have none.\n",
        "# midwatch: every option. Take the \"#: \" away from those that you want otherwise.\n",
    )
}

/// Writes the commented example where nothing is yet, for its owner alone.
pub fn write(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(commented().as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_written_changes_nothing_and_shows_everything() {
        let text = commented();
        assert_eq!(Config::parse("config.toml", &text).unwrap(), Config::default());
        assert!(text.contains("Take the \"#: \" away"), "{text}");
        // With the marks taken away it says what the example says.
        let open = text.replace("#: ", "");
        let whole = EXAMPLE.replace("#: ", "");
        let config = |text: &str| {
            let options = text.lines().filter(|line| !line.starts_with('#'));
            Config::parse("config.toml", &options.collect::<Vec<_>>().join("\n")).unwrap()
        };
        let (open, whole) = (config(&open), config(&whole));
        assert_eq!(open.theme, whole.theme);
        assert_eq!(open.keys.tables.len(), whole.keys.tables.len());
        assert!(!open.keys.tables.is_empty());
    }

    #[test]
    fn it_is_written_for_its_owner_alone_and_over_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/config.toml");
        write(&path).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        std::fs::write(&path, "space = \"mine\"\n").unwrap();
        assert_eq!(write(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "space = \"mine\"\n");
    }
}
