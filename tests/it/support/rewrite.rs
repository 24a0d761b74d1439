//! Bundles with other words: copies whose texts were changed.

use std::{fs, path::Path};

/// Copies a bundle; `change` is given each file's name and text (unpacked), and gives back its new text.
pub fn rewritten(from: &Path, to: &Path, change: impl Fn(&str, String) -> String) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        let packed = path.extension().is_some_and(|ending| ending == "zst");
        let text = String::from_utf8(if packed {
            zstd::decode_all(bytes.as_slice()).unwrap()
        } else {
            bytes
        })
        .unwrap();
        let changed = change(name.trim_end_matches(".zst"), text).into_bytes();
        let bytes = if packed {
            zstd::encode_all(changed.as_slice(), 1).unwrap()
        } else {
            changed
        };
        fs::write(to.join(name), bytes).unwrap();
    }
}

/// The lines in another order, the same on every run.
pub fn shuffled(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..lines.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        lines.swap(at, (state >> 33) as usize % (at + 1));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
