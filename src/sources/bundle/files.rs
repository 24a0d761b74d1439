//! A bundle's files, wherever they lie, read-only.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use include_dir::Dir;

use super::{archive, embedded, error::BundleError, layout};

/// Most bytes that one file, or one `.mwb`, may unpack to.
pub(super) const UNPACKED_LIMIT: u64 = 512 * 1024 * 1024;
/// Most files in one bundle.
pub(super) const FILE_LIMIT: usize = 10_000;

/// The named files of one bundle: a folder on disk, an unpacked `.mwb`, or a folder embedded in the binary.
///
/// It is the only way to a bundle's bytes and remembers what was read through it.
#[derive(Debug)]
pub struct Files {
    shown: String,
    root: Root,
    names: BTreeSet<String>,
    read: BTreeSet<String>,
}

#[derive(Debug)]
enum Root {
    Folder(PathBuf),
    Archive(BTreeMap<String, Vec<u8>>),
    Embedded(&'static Dir<'static>),
}

impl Files {
    /// Opens a folder or a `.mwb` file. Nothing but names (of a folder) is read yet.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let shown = path.display().to_string();
        let meta = fs::metadata(path).map_err(|error| {
            let hint = if error.kind() == io::ErrorKind::NotFound {
                "give the folder of a bundle, or a .mwb file"
            } else {
                "check the permissions"
            };
            BundleError::new(&shown, reason("cannot be opened", &error)).hint(hint)
        })?;
        if meta.is_dir() {
            let names = list(path, &shown)?;
            return Ok(Self::new(shown, Root::Folder(path.to_owned()), names));
        }
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if !meta.is_file() || !(layout::has_ending(name, "mwb") || name.ends_with(".tar.zst")) {
            return Err(BundleError::new(shown, "is not a bundle")
                .hint("give the folder that holds incident.toml, or a .mwb file"));
        }
        let files = archive::unpack(path)?;
        let names = files.keys().cloned().collect();
        Ok(Self::new(shown, Root::Archive(files), names))
    }

    /// Opens a scenario that is embedded in the binary.
    pub fn scenario(name: &str) -> Result<Self, BundleError> {
        let folder = embedded::folder(name)?;
        let root = folder.path();
        let mut names = BTreeSet::new();
        let mut open = vec![folder];
        while let Some(dir) = open.pop() {
            open.extend(dir.dirs());
            names.extend(
                dir.files()
                    .filter_map(|file| file.path().strip_prefix(root).ok())
                    .map(slashed),
            );
        }
        Ok(Self::new(
            format!("scenario {name}"),
            Root::Embedded(folder),
            names,
        ))
    }

    const fn new(shown: String, root: Root, names: BTreeSet<String>) -> Self {
        Self {
            shown,
            root,
            names,
            read: BTreeSet::new(),
        }
    }

    /// The bundle as a person names it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Names of all files, folders divided by `/`, in order.
    pub const fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Names of the files that were read so far, in order.
    pub const fn read_names(&self) -> &BTreeSet<String> {
        &self.read
    }

    /// The folder on disk, which is what `extends` is relative to; none for a `.mwb` or an embedded bundle.
    pub fn folder(&self) -> Option<&Path> {
        match &self.root {
            Root::Folder(path) => Some(path),
            Root::Archive(_) | Root::Embedded(_) => None,
        }
    }

    /// A file as a person names it.
    pub fn path_of(&self, name: &str) -> String {
        match &self.root {
            Root::Folder(path) => path.join(name).display().to_string(),
            Root::Archive(_) | Root::Embedded(_) => format!("{}: {name}", self.shown),
        }
    }

    /// The bytes of a file, unpacked when its name ends in `.zst`; none when the bundle does not have it.
    pub fn read(&mut self, name: &str) -> Result<Option<Cow<'_, [u8]>>, BundleError> {
        if !self.names.contains(name) {
            return Ok(None);
        }
        self.read.insert(name.to_owned());
        let path = self.path_of(name);
        let bytes = match &self.root {
            Root::Folder(root) => Some(Cow::Owned(read_file(&root.join(name), &path)?)),
            Root::Archive(files) => files.get(name).map(|bytes| Cow::Borrowed(bytes.as_slice())),
            Root::Embedded(dir) => dir
                .get_file(dir.path().join(name))
                .map(|file| Cow::Borrowed(file.contents())),
        };
        match bytes {
            Some(bytes) if layout::has_ending(name, "zst") => {
                decompress(&bytes, &path).map(|bytes| Some(Cow::Owned(bytes)))
            }
            bytes => Ok(bytes),
        }
    }

    /// The words of a file; none when the bundle does not have it.
    pub fn read_text(&mut self, name: &str) -> Result<Option<String>, BundleError> {
        let path = self.path_of(name);
        let Some(bytes) = self.read(name)? else {
            return Ok(None);
        };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).to_vec();
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = error
                .as_bytes()
                .iter()
                .take(good)
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            BundleError::new(path, "is not UTF-8 text")
                .on_line(line)
                .hint("save the file as UTF-8")
        })?;
        Ok(Some(text))
    }

    /// True when the bundle has a file of that name.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// True when it is a bundle by itself and not only one that others extend.
    pub fn has_incident(&self) -> bool {
        self.has(layout::INCIDENT)
    }
}

/// Names below a folder, two levels deep: a bundle has no more.
fn list(root: &Path, shown: &str) -> Result<BTreeSet<String>, BundleError> {
    let fail = |error: &io::Error| {
        BundleError::new(shown, reason("cannot be listed", error)).hint("check the permissions")
    };
    let mut names = BTreeSet::new();
    let mut open = vec![(root.to_owned(), 0_u8)];
    while let Some((folder, depth)) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| fail(&error))? {
            let path = entry.map_err(|error| fail(&error))?.path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden {
                continue;
            }
            if path.is_dir() {
                if depth == 0 {
                    open.push((path, depth + 1));
                }
            } else if let Ok(name) = path.strip_prefix(root) {
                names.insert(slashed(name));
            }
            if names.len() > FILE_LIMIT {
                return Err(
                    BundleError::new(shown, format!("holds more than {FILE_LIMIT} files"))
                        .hint("give the folder of one bundle"),
                );
            }
        }
    }
    Ok(names)
}

fn read_file(path: &Path, shown: &str) -> Result<Vec<u8>, BundleError> {
    let fail = |error: &io::Error| {
        BundleError::new(shown, reason("cannot be read", error)).hint("check the permissions")
    };
    let meta = fs::metadata(path).map_err(|error| fail(&error))?;
    if !meta.is_file() {
        return Err(BundleError::new(shown, "is not a regular file").hint("a bundle holds plain files only"));
    }
    if meta.len() > UNPACKED_LIMIT {
        return Err(too_large(shown));
    }
    fs::read(path).map_err(|error| fail(&error))
}

/// Unpacks zstd up to the limit.
fn decompress(bytes: &[u8], shown: &str) -> Result<Vec<u8>, BundleError> {
    let damaged = |error: &io::Error| {
        BundleError::new(shown, reason("cannot be unpacked", error))
            .hint("it seems truncated or damaged; copy it again")
    };
    let decoder = decoder(bytes).map_err(|error| damaged(&error))?;
    let mut out = Vec::new();
    decoder
        .take(UNPACKED_LIMIT + 1)
        .read_to_end(&mut out)
        .map_err(|error| damaged(&error))?;
    if out.len() as u64 > UNPACKED_LIMIT {
        return Err(too_large(shown));
    }
    Ok(out)
}

/// A zstd decoder that refuses to reserve more than 128 MiB for its window.
pub(super) fn decoder<R: io::BufRead>(reader: R) -> io::Result<zstd::Decoder<'static, R>> {
    let mut decoder = zstd::Decoder::with_buffer(reader)?;
    decoder.window_log_max(27)?;
    Ok(decoder)
}

pub(super) fn too_large(shown: &str) -> BundleError {
    BundleError::new(
        shown,
        format!("unpacks to more than {} MiB", UNPACKED_LIMIT / (1024 * 1024)),
    )
    .hint("capture a shorter window, or fewer log groups")
}

/// A failure of the system in words, without its error number.
pub(super) fn reason(what: &str, error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or(&words);
    format!("{what}: {}", words.to_lowercase())
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(OsStr::to_string_lossy).collect();
    parts.join("/")
}
