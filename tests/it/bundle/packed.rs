//! `.mwb` files: a bundle's folder as one zstd-compressed tar, from anybody.

use std::{fs, path::Path};

use midwatch::sources::bundle::Bundle;
use tar::{Builder, EntryType, Header};

use super::{answers, data, open, questions};

/// A tar under construction; names are written as they are, however bad.
struct Pack(Builder<Vec<u8>>);

impl Pack {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn entry(mut self, kind: EntryType, name: &str, link: &str, bytes: &[u8]) -> Self {
        let mut header = Header::new_old();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
        self
    }

    fn file(self, name: &str, bytes: &[u8]) -> Self {
        self.entry(EntryType::Regular, name, "", bytes)
    }

    fn write(self, folder: &Path) -> std::path::PathBuf {
        let path = folder.join("case.mwb");
        let tar = self.0.into_inner().unwrap();
        fs::write(&path, zstd::encode_all(tar.as_slice(), 3).unwrap()).unwrap();
        path
    }
}

fn incident() -> Vec<u8> {
    fs::read(data("valid/incident-only/incident.toml")).unwrap()
}

/// The one error of a pack that also holds a good `incident.toml`.
fn refusal(pack: Pack) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = pack.file("incident.toml", &incident()).write(folder.path());
    let error = Bundle::open(&path).unwrap_err();
    assert!(error.hint.is_some(), "{error}");
    error.to_string()
}

#[test]
fn a_packed_bundle_answers_as_its_folder_does() {
    let folder = tempfile::tempdir().unwrap();
    let whole = data("valid/whole");
    let mut pack = Pack::new().entry(EntryType::Directory, "./", "", b"");
    for name in [
        "incident.toml",
        "resources.jsonl",
        "relations.jsonl",
        "alarms.jsonl",
        "metrics.jsonl",
        "logs.jsonl",
        "changes.jsonl",
        "events.jsonl",
        "gaps.jsonl",
        "knowledge/restart.md",
    ] {
        pack = pack.file(&format!("./{name}"), &fs::read(whole.join(name)).unwrap());
    }
    let (packed, whole) = (open(&pack.write(folder.path())), open(&whole));
    let queries = questions(&whole);
    assert_eq!(answers(&packed, &queries), answers(&whole, &queries));
    assert_eq!(packed.bundle().knowledge(), whole.bundle().knowledge());
    assert_eq!(packed.bundle().incident(), whole.bundle().incident());
}

#[test]
fn links_are_refused() {
    for kind in [EntryType::Symlink, EntryType::Link] {
        let error = refusal(Pack::new().entry(kind, "metrics.jsonl", "/etc/passwd", b""));
        assert!(error.contains("holds a link: metrics.jsonl"), "{error}");
    }
}

#[test]
fn devices_and_pipes_are_refused() {
    let error = refusal(Pack::new().entry(EntryType::Fifo, "metrics.jsonl", "", b""));
    assert!(error.contains("holds something that is no plain file"), "{error}");
}

#[test]
fn names_that_lead_outside_are_refused() {
    let error = refusal(Pack::new().file("logs/../../metrics.jsonl", b"{}"));
    assert!(
        error.contains("would lie outside of it: logs/../../metrics.jsonl"),
        "{error}"
    );
    let error = refusal(Pack::new().file("/etc/metrics.jsonl", b"{}"));
    assert!(error.contains("absolute path: /etc/metrics.jsonl"), "{error}");
    let error = refusal(Pack::new().file("..\\metrics.jsonl", b"{}"));
    assert!(error.contains("would lie outside of it"), "{error}");
}

#[test]
fn a_file_may_be_there_only_once() {
    let error = refusal(Pack::new().file("gaps.jsonl", b"").file("./gaps.jsonl", b""));
    assert!(error.contains("holds the file gaps.jsonl twice"), "{error}");
}

#[test]
fn a_packed_bundle_extends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let words = String::from_utf8(incident())
        .unwrap()
        .replace("title", "extends = \"../whole\"\ntitle");
    let error = Bundle::open(
        &Pack::new()
            .file("incident.toml", words.as_bytes())
            .write(folder.path()),
    )
    .unwrap_err();
    assert_eq!(error.line, Some(2));
    assert!(
        error.what.contains("a packed bundle cannot extend another"),
        "{error}"
    );
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_fills_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.mwb");
    // One file of 600 MiB of blanks, compressed block by block; it never exists whole.
    let mut packer = zstd::Encoder::new(fs::File::create(&path).unwrap(), 1).unwrap();
    let size = 600 * 1024 * 1024;
    let mut header = Header::new_gnu();
    header.set_path("metrics.jsonl").unwrap();
    header.set_size(size);
    header.set_cksum();
    std::io::Write::write_all(&mut packer, header.as_bytes()).unwrap();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(b' '), size), &mut packer).unwrap();
    packer.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1024 * 1024);
    let error = Bundle::open(&path).unwrap_err();
    assert!(error.what.contains("unpacks to more than 512 MiB"), "{error}");
}

#[test]
fn a_cut_off_pack_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = Pack::new()
        .file("incident.toml", &incident())
        .write(folder.path());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = Bundle::open(&path).unwrap_err();
    assert!(
        error.what.contains("cannot be unpacked") || error.what.contains("can be unpacked"),
        "{error}"
    );
    fs::write(&path, b"not a pack at all").unwrap();
    assert!(Bundle::open(&path).is_err());
}
