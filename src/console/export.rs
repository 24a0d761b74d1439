//! An investigation as files: a post-mortem in Markdown, and its records as JSON, one a line.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::journal::{Record, StreamId};

/// Writes both files into a folder, for the owner alone; never over a file that is there.
pub fn write(folder: &Path, stream: &StreamId, report: &str, records: &[Record]) -> io::Result<Vec<PathBuf>> {
    let name = stream.as_str();
    let mut lines = String::new();
    for record in records {
        lines.push_str(&serde_json::to_string(record)?);
        lines.push('\n');
    }
    let report = fresh(folder, name, "md", report.as_bytes())?;
    let journal = fresh(folder, name, "jsonl", lines.as_bytes())?;
    Ok(vec![report, journal])
}

fn fresh(folder: &Path, name: &str, ending: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    for n in 1..1_000 {
        let file = match n {
            1 => format!("{name}.{ending}"),
            n => format!("{name}-{n}.{ending}"),
        };
        let path = folder.join(file);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut out) => {
                out.write_all(bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("{name}.{ending} and 999 more like it are there already"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_the_owners_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let stream = StreamId::space();
        let first = write(folder.path(), &stream, "# Report", &[]).unwrap();
        let second = write(folder.path(), &stream, "# Report", &[]).unwrap();
        assert_ne!(first, second);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&first[0]).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
