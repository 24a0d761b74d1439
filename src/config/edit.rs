//! How commands change the configuration file: comments and order stay, the outcome is checked before it is written, and a
//! crash leaves the old file or the new one.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use toml_edit::{DocumentMut, Item, Table};

use super::{Config, ConfigError};

/// The configuration file, being changed.
#[derive(Debug)]
pub struct Edit {
    path: PathBuf,
    /// There is no such file yet.
    new: bool,
    /// All of a file that says nothing: comments, which stay in front.
    head: String,
    document: DocumentMut,
}

/// A change that did not happen; the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file, or what it would become, is not a configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file cannot be read or written.
    #[error("{} cannot be changed: {source}\nhint: check the folder and its permissions; nothing was changed", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{} cannot be changed: {why}\nhint: mend it by hand; nothing was changed", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl Edit {
    /// Opens the file; one that is not there yet is empty.
    pub fn open(path: &Path) -> Result<Self, EditError> {
        let (text, new) = match fs::read_to_string(path) {
            Ok(text) => (text, false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), true),
            Err(source) => {
                return Err(EditError::Io {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let mut document = text.parse::<DocumentMut>().map_err(|error| EditError::Syntax {
            path: path.to_owned(),
            why: error.message().to_owned(),
        })?;
        let head = if document.is_empty() { text } else { String::new() };
        if document.is_empty() {
            document = DocumentMut::new();
        }
        Ok(Self {
            path: path.to_owned(),
            new,
            head,
            document,
        })
    }

    /// The file, when saving makes it.
    pub fn makes(&self) -> Option<PathBuf> {
        self.new.then(|| self.path.clone())
    }

    /// The table at `steps`, made if it is not there; none where something else stands in its place.
    pub fn table(&mut self, steps: &[&str]) -> Option<&mut Table> {
        let mut table = self.document.as_table_mut();
        for step in steps {
            let next = table.entry(step).or_insert_with(|| {
                let mut made = Table::new();
                // `[spaces.shop]` stands for `[spaces]` too.
                made.set_implicit(true);
                Item::Table(made)
            });
            table = next.as_table_mut()?;
        }
        Some(table)
    }

    /// Removes what is called `name` in the table at `steps`. False when there was nothing.
    pub fn remove(&mut self, steps: &[&str], name: &str) -> bool {
        let mut table = self.document.as_table_mut();
        for step in steps {
            match table.get_mut(step).and_then(Item::as_table_mut) {
                Some(next) => table = next,
                None => return false,
            }
        }
        table.remove(name).is_some()
    }

    /// What the configuration would become.
    ///
    /// # Errors
    /// When it would be none that can be used.
    pub fn outcome(&self) -> Result<Config, EditError> {
        Ok(Config::parse(&self.path.display().to_string(), &self.text())?)
    }

    fn text(&self) -> String {
        let between = if self.head.is_empty() || self.head.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        format!("{}{between}{}", self.head, self.document)
    }

    /// Checks the outcome and writes it, 0600.
    ///
    /// # Errors
    /// When it would be no configuration that can be used, or cannot be written: nothing is changed then.
    pub fn save(self) -> Result<Config, EditError> {
        let text = self.text();
        let config = self.outcome()?;
        self.write(&text).map_err(|source| EditError::Io {
            path: self.path.clone(),
            source,
        })?;
        Ok(config)
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        // A configuration that is kept elsewhere and linked here stays linked.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut beside = path.clone().into_os_string();
        beside.push(format!(".{}", std::process::id()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_comments_keeps_them_in_front() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "# mine").unwrap();
        let mut edit = Edit::open(&path).unwrap();
        edit.table(&["connections", "hub"]).unwrap()["kind"] = toml_edit::value("github");
        edit.save().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# mine\n[connections.hub]\nkind = \"github\"\n");
    }

    #[test]
    fn comments_stay_and_a_bad_outcome_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/config.toml");
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(&path, "# mine\nspace = \"shop\" # here\n").unwrap();

        let mut edit = Edit::open(&path).unwrap();
        let table = edit.table(&["connections", "hub"]).unwrap();
        table["kind"] = toml_edit::value("github");
        let config = edit.save().unwrap();
        assert!(config.connections.contains_key("hub"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "# mine\nspace = \"shop\" # here\n\n[connections.hub]\nkind = \"github\"\n"
        );

        let mut edit = Edit::open(&path).unwrap();
        edit.table(&["connections", "hub"]).unwrap()["kind"] = toml_edit::value("gitbub");
        assert!(edit.save().unwrap_err().to_string().contains("gitbub"));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);

        let mut edit = Edit::open(&path).unwrap();
        assert!(edit.remove(&["connections"], "hub"));
        assert!(!edit.remove(&["connections"], "hub"));
        assert!(edit.save().unwrap().connections.is_empty());
    }
}
