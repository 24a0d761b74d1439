//! `midwatch logs` as its users start it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn command(args: &[&str], files: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
    command
        .arg("logs")
        .args(args)
        .args(files)
        .env_clear()
        .stdin(Stdio::null());
    command
}

fn run(args: &[&str], files: &[&Path]) -> Output {
    command(args, files).output().unwrap()
}

fn json(files: &[&Path]) -> Value {
    serde_json::from_slice(&run(&["--json"], files).stdout).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A service's log of 300 lines with one thing in it that is worth reading, and a trace.
fn sample() -> String {
    let mut log = String::new();
    for i in 0..300 {
        let head = format!("2024-05-01 10:{:02}:{:02},000", i / 60, i % 60);
        log += &format!("{head} INFO [main] shop.Orders - placed order {i} for user{i}\n");
        if i == 200 {
            log += &format!(
                "{head} ERROR [main] shop.Disk - write failed\njava.io.IOException: no space left on device\n\tat \
                 shop.Disk.write(Disk.java:12)\n\nCaused by: x.Y: z\n"
            );
        }
    }
    log
}

#[test]
fn packed_or_not_from_a_file_or_a_pipe_the_answer_is_one() {
    let folder = Folder::new();
    let log = sample();
    let plain = folder.file("app.log", log.as_bytes());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(log.as_bytes()).unwrap();
    // The endings say nothing.
    let gz = folder.file("app.txt", &gz.finish().unwrap());
    let zst = folder.file("app.1", &zstd::encode_all(log.as_bytes(), 1).unwrap());
    let expected = json(&[&plain]);
    assert_eq!(expected["lines"], 305);
    assert_eq!(expected["bytes"], log.len());
    assert_eq!(expected["seconds"], 299.0);
    assert_eq!(json(&[&gz]), expected);
    assert_eq!(json(&[&zst]), expected);
    let crlf = folder.file("crlf.log", log.replace('\n', "\r\n").as_bytes());
    assert_eq!(json(&[&crlf])["templates"], expected["templates"]);
    let mut piped = command(&["--json", "-"], &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    piped.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let answer: Value = serde_json::from_slice(&piped.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(answer, expected);
}

#[test]
fn json_has_every_field_of_the_contract() {
    let folder = Folder::new();
    let found = json(&[&folder.file("a.log", sample().as_bytes())]);
    let finding = &found["findings"][0];
    assert!(
        finding["sample"].as_str().unwrap().contains("no space left"),
        "{found:#}"
    );
    assert_eq!(finding["lines"][0], 202);
    assert_eq!(finding["why"], "rare_error");
    let template = &found["templates"][0];
    assert_eq!(template["count"], 300);
    assert_eq!(template["template"], "shop.Orders: placed order <*> for user<*>");
    assert_eq!(template["first"], "2024-05-01T10:00:00");
    for field in [
        "id",
        "last",
        "first_line",
        "last_line",
        "severity",
        "burst",
        "rare",
        "sample",
    ] {
        assert!(!template[field].is_null(), "{field} is missing");
    }
    assert!(
        found["templates"]
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t["id"] == finding["template"])
    );
}

#[test]
fn assign_tells_every_line_once_and_in_order_over_all_files() {
    let folder = Folder::new();
    let one = folder.file("one.log", sample().as_bytes());
    let two = folder.file("two.log", b"\n\nplain line 1\nplain line 2\n  \nno end of line 3");
    let told = text(&run(&["--assign"], &[&one, &two]).stdout);
    let rows: Vec<(u32, usize)> = told
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(id, line)| (id.parse().unwrap(), line.parse().unwrap()))
        .collect();
    assert_eq!(rows.len(), 311);
    assert!(
        rows.iter()
            .enumerate()
            .all(|(index, (_, line))| *line == index + 1)
    );
    // The trace and the empty line in it belong to its head.
    assert!(rows[202..206].iter().all(|(id, _)| *id == rows[201].0) && rows[200].0 != rows[201].0);
    assert!(rows[307].0 == rows[308].0 && rows[309].0 == rows[308].0);
}

#[test]
fn json_lines_are_told_by_their_fields() {
    let folder = Folder::new();
    let mut log = String::new();
    for i in 0..200 {
        log += &format!(
            r#"{{"@timestamp":"2024-05-01T10:00:{:02}Z","level":"info","trace":"{i:032x}","msg":"served {i}"}}"#,
            i % 60
        );
        log.push('\n');
    }
    log += "{\"@timestamp\":\"2024-05-01T10:01:00Z\",\"level\":\"error\",\"msg\":\"queue is full\"}\n";
    let found = json(&[&folder.file("a.json", log.as_bytes())]);
    assert_eq!(found["templates"].as_array().unwrap().len(), 2);
    assert_eq!(found["templates"][1]["severity"], "error");
    assert_eq!(found["last"], "2024-05-01T10:01:00Z");
    assert_eq!(found["findings"][0]["line"], Value::Null);
    assert_eq!(found["findings"][0]["lines"][0], 201);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_mined() {
    let folder = Folder::new();
    let good = folder.file("good.log", sample().as_bytes());
    let missing = folder.0.path().join("missing.log");
    let broken = folder.file("broken.gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3]);
    let output = run(&[], &[&missing, &broken, folder.0.path(), &good]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(error.matches("error: ").count(), 3, "{error}");
    assert_eq!(error.matches("hint: ").count(), 3, "{error}");
    assert!(text(&output.stdout).contains("no space left"));
    let none = run(&[], &[&missing]);
    assert_eq!(none.status.code(), Some(1));
    assert!(none.stdout.is_empty());
    assert_eq!(run(&[], &[]).status.code(), Some(2));
}

#[test]
fn hostile_bytes_are_survived_and_shown_inert() {
    let folder = Folder::new();
    let mut bytes = b"2024-05-01 10:00:00 ERROR \x1b[31mred\x1b[0m \x07\xe2\x80\xae evil \xff\xfe\n".to_vec();
    bytes.extend((0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes.push(b'\n');
    bytes.extend(std::iter::repeat_n(b'x', 3_000_000));
    bytes.extend_from_slice(b"\nlast line\n");
    let path = folder.file("evil.log", &bytes);
    let output = run(&["--top", "100"], &[&path]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    assert!(!shown.contains('\u{202e}'));
    assert_eq!(json(&[&path])["bytes"], bytes.len());
}

#[test]
fn a_reader_that_goes_away_is_success_and_narrow_terminals_are_kept_to() {
    let folder = Folder::new();
    let path = folder.file("a.log", sample().repeat(200).as_bytes());
    let mut child = command(&["--assign"], &[&path])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(0), String::new())
    );
    let mut narrow = command(&[], &[&path]);
    let shown = text(&narrow.env("COLUMNS", "60").output().unwrap().stdout);
    let long = shown
        .lines()
        .find(|line| line.chars().count() > 60 && !line.contains("lines,"));
    assert_eq!(long, None);
}
