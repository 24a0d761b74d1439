//! A `.mwb` file: a bundle's folder as one zstd-compressed tar, from anybody, so nothing in it is trusted.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read},
    path::{Component, Path},
};

use tar::EntryType;

use super::{
    error::BundleError,
    files::{FILE_LIMIT, UNPACKED_LIMIT, decoder, reason, too_large},
};

/// Unpacks into memory, under limits. Only plain files with plain relative names may be inside.
pub(super) fn unpack(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let shown = path.display().to_string();
    let file =
        File::open(path).map_err(|error| BundleError::new(&shown, reason("cannot be opened", &error)))?;
    unpack_from(BufReader::new(file), &shown, UNPACKED_LIMIT)
}

fn unpack_from(
    packed: impl io::BufRead,
    shown: &str,
    limit: u64,
) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let damaged = |error: &io::Error| {
        if is_limit(error) {
            return too_large(shown);
        }
        BundleError::new(shown, reason("is not a .tar.zst that can be unpacked", error))
            .hint("it seems truncated or damaged; copy it again")
    };
    let mut files = BTreeMap::new();
    let unpacked = Limited {
        inner: decoder(packed).map_err(|error| damaged(&error))?,
        left: limit,
    };
    let mut archive = tar::Archive::new(unpacked);
    let mut entries = archive.entries().map_err(|error| damaged(&error))?;
    while let Some(entry) = entries.next().transpose().map_err(|error| damaged(&error))? {
        let name = plain_name(&entry.path_bytes(), shown)?;
        match entry.header().entry_type() {
            EntryType::Directory => continue,
            EntryType::Regular => {}
            EntryType::Link | EntryType::Symlink => {
                return Err(BundleError::new(shown, format!("holds a link: {name}"))
                    .hint("pack the file itself; a .mwb holds no links"));
            }
            _ => {
                return Err(BundleError::new(
                    shown,
                    format!("holds something that is no plain file: {name}"),
                )
                .hint("a .mwb holds plain files only"));
            }
        }
        if name.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        let mut bytes = Vec::new();
        // The tar header's size cannot be believed, so the limit of the whole stream guards the read.
        let mut entry = entry;
        entry.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if files.len() >= FILE_LIMIT {
            return Err(
                BundleError::new(shown, format!("holds more than {FILE_LIMIT} files"))
                    .hint("pack one bundle only"),
            );
        }
        if files.insert(name.clone(), bytes).is_some() {
            return Err(BundleError::new(shown, format!("holds the file {name} twice")).hint("pack it again"));
        }
    }
    Ok(without_top_folder(files))
}

/// An entry's name as a relative path with `/`, or the reason why it may not be one.
fn plain_name(bytes: &[u8], shown: &str) -> Result<String, BundleError> {
    let words = String::from_utf8_lossy(bytes).replace('\\', "/");
    let mut parts = Vec::new();
    let drive = words.as_bytes().get(1) == Some(&b':');
    for part in Path::new(&words).components() {
        match part {
            Component::Normal(part) if !drive => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => {
                return Err(BundleError::new(
                    shown,
                    format!("holds a file that would lie outside of it: {words}"),
                )
                .hint("pack it again; names in a .mwb have no '..'"));
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                return Err(
                    BundleError::new(shown, format!("holds a file with an absolute path: {words}"))
                        .hint("pack it again; names in a .mwb are relative"),
                );
            }
        }
    }
    Ok(parts.join("/"))
}

/// `tar -C incidents checkout` packs the folder's name too; then everything lies one level down.
fn without_top_folder(files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let Some((top, _)) = files.keys().next().and_then(|name| name.split_once('/')) else {
        return files;
    };
    let prefix = format!("{top}/");
    if files.contains_key("incident.toml") || !files.keys().all(|name| name.starts_with(&prefix)) {
        return files;
    }
    files
        .into_iter()
        .map(|(name, bytes)| (name.replacen(&prefix, "", 1), bytes))
        .collect()
}

/// Fails, instead of ending, after so many bytes.
struct Limited<R> {
    inner: R,
    left: u64,
}

const LIMIT_WORDS: &str = "unpacked size limit";

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, LIMIT_WORDS))?;
        Ok(read)
    }
}

/// The tar reader wraps errors, so the kind is looked for by its words.
fn is_limit(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge || error.to_string().contains(LIMIT_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, *bytes).unwrap();
        }
        zstd::encode_all(tar.into_inner().unwrap().as_slice(), 1).unwrap()
    }

    #[test]
    fn a_small_file_that_unpacks_to_a_huge_one_is_refused() {
        let bomb = packed(&[("logs.jsonl", &vec![b' '; 1 << 20])]);
        assert!(bomb.len() < 1 << 10);
        let error = unpack_from(bomb.as_slice(), "bomb.mwb", 1 << 16).unwrap_err();
        assert!(error.what.contains("unpacks to more than"), "{error}");
    }

    #[test]
    fn a_packed_folder_is_the_folder() {
        let files = unpack_from(
            packed(&[("case/incident.toml", b"a"), ("case/logs/a.jsonl", b"b")]).as_slice(),
            "case.mwb",
            1 << 20,
        );
        assert_eq!(
            files.unwrap().into_keys().collect::<Vec<_>>(),
            ["incident.toml", "logs/a.jsonl"]
        );
    }
}
