//! Files and folders for their owner alone.

use std::{fs, io, io::Write, path::Path};

/// Makes a folder and its parents; those that are new are 0700.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes an empty file that is 0600, or tightens the one that is there. One that is there is not opened: closing it
/// would give up the locks that this process holds on it through the database (POSIX locks belong to the process).
pub(super) fn private_file(path: &Path) -> io::Result<()> {
    match open(fs::OpenOptions::new().write(true).create_new(true), path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tighten(path),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn tighten(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    let of_others = mode & 0o077;
    if of_others != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn tighten(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a 0600 file, durably.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open(
        fs::OpenOptions::new().write(true).create(true).truncate(true),
        path,
    )?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn open(options: &mut fs::OpenOptions, path: &Path) -> io::Result<fs::File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}
