//! The whole log of an investigation as files: its report as `journal export` writes it, and its records, one a line.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    aws::support::{LARGEST_ATTACHMENT, MOST_ATTACHMENTS},
    engine::handle::support::File,
    journal::{Record, StreamId, body::Attachment, canonical::sha256},
    redact::Redactor,
};

/// The files, and how many of the records are in them.
pub(super) struct Log {
    pub files: Vec<File>,
    pub records: usize,
}

/// The report and the records as files, redacted. Records that do not fit into the files that a case takes are left out from
/// the end.
pub(super) fn log(stream: &StreamId, report: &str, records: &[Record], redactor: &mut Redactor) -> Log {
    let report = redactor.text(report);
    let mut files = vec![file(format!("{stream}.md"), cut(&report).as_bytes())];
    let mut parts: Vec<String> = Vec::new();
    let mut kept = 0;
    for record in records {
        let line = line(record, redactor);
        let full = parts
            .last()
            .is_none_or(|part| part.len() + line.len() > LARGEST_ATTACHMENT);
        if full {
            if parts.len() + files.len() == MOST_ATTACHMENTS || line.len() > LARGEST_ATTACHMENT {
                break;
            }
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&line);
        }
        kept += 1;
    }
    let several = parts.len() > 1;
    files.extend(parts.into_iter().enumerate().map(|(index, part)| {
        let name = if several {
            format!("{stream}-{}.jsonl", index + 1)
        } else {
            format!("{stream}.jsonl")
        };
        file(name, part.as_bytes())
    }));
    Log { files, records: kept }
}

/// A record as an export writes it, redacted.
fn line(record: &Record, redactor: &mut Redactor) -> String {
    let mut value = serde_json::to_value(record).unwrap_or(Value::Null);
    redactor.value(&mut value);
    let line = serde_json::from_value::<Record>(value.clone())
        .ok()
        .and_then(|record| serde_json::to_string(&record).ok());
    line.unwrap_or_else(|| value.to_string()) + "\n"
}

fn file(name: String, bytes: &[u8]) -> File {
    File {
        attachment: Attachment {
            name,
            bytes: bytes.len() as u64,
            digest: sha256(bytes),
        },
        bytes: Arc::from(bytes),
    }
}

/// As much of a text as an attachment takes.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LARGEST_ATTACHMENT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Actor, Hash, Kind, Trust},
        redact::Scope,
    };

    fn record(seq: u64, words: usize) -> Record {
        Record {
            stream: StreamId::space(),
            seq,
            at: jiff::Timestamp::UNIX_EPOCH,
            actor: Actor::Agent,
            trust: Trust::Own,
            kind: Kind::Finding,
            body: serde_json::json!({"text": "word ".repeat(words)}),
            prev: Hash::zero(),
            hash: Hash::zero(),
        }
    }

    #[test]
    fn a_long_log_is_split_and_cut_at_whole_records() {
        let records: Vec<Record> = (1..=30).map(|seq| record(seq, 100_000)).collect();
        let mut redactor = Redactor::new(Scope::Personal);
        let log = log(&StreamId::space(), "# Report", &records, &mut redactor);
        assert_eq!(log.files.len(), MOST_ATTACHMENTS);
        assert_eq!(log.records, 20);
        let mut seqs = Vec::new();
        for file in &log.files[1..] {
            assert!(file.bytes.len() <= LARGEST_ATTACHMENT);
            let text = std::str::from_utf8(&file.bytes).unwrap();
            seqs.extend(text.lines().map(|line| {
                let record: Record = serde_json::from_str(line).unwrap();
                record.seq
            }));
        }
        assert_eq!(seqs, (1..=20).collect::<Vec<u64>>());
    }

    #[test]
    fn a_short_log_is_two_files() {
        let mut redactor = Redactor::new(Scope::Personal);
        let log = log(&StreamId::space(), "# Report", &[record(1, 3)], &mut redactor);
        let names: Vec<&str> = log
            .files
            .iter()
            .map(|file| file.attachment.name.as_str())
            .collect();
        assert_eq!(names, ["space.md", "space.jsonl"]);
        assert_eq!(log.files[0].attachment.digest, sha256(b"# Report"));
    }
}
