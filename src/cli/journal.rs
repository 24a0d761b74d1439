//! `midwatch journal`: the record of everything, read and verified.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use color_eyre::eyre::{Result, bail, eyre};
use serde_json::{Value, json};

use super::{record, report};
use crate::{
    journal::{
        Journal, Part, Record, StreamId, VerifyOptions,
        checkpoint::PublicKey,
        views::{Investigation, Listed, Space, line},
    },
    model::RunState,
};

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// One line an investigation, newest first
    #[command(after_help = "Example: midwatch journal list --format json")]
    List {
        /// How it is written
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// The records of one stream, or some of them with all that they say
    #[command(
        after_help = "Examples:\n  midwatch journal show inv-01h455vb4pex5vsknk084sn02q\n  midwatch journal show inv-01h455vb4pex5vsknk084sn02q --record 44,58"
    )]
    Show {
        /// An investigation, or `space`
        stream: StreamId,
        /// Only these records, each with its body and the data behind it
        #[arg(long, value_name = "N", value_delimiter = ',', value_parser = record_number)]
        record: Vec<u64>,
        /// How it is written; json: one record a line
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Records as they are written, until interrupted
    #[command(after_help = "Example: midwatch journal follow --format json | jq .kind")]
    Follow {
        /// An investigation, or `space`; all streams when left out
        stream: Option<StreamId>,
        /// How it is written; json: one record a line
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Check that nothing was changed, cut off or left out; exit code 1 when something was
    #[command(
        after_help = "The key and the anchors prove something only when they come from elsewhere: a copy of the .pub file, a hash \
                      from a message that left this host.\n\nExample: midwatch journal verify --anchor 5b5e2ee8aaf0"
    )]
    Verify {
        /// File with a public key that signed checkpoints, once for each worker's; else those beside the data
        #[arg(long, value_name = "FILE")]
        key: Vec<PathBuf>,
        /// A hash (or its first twelve digits) that must be in the journal
        #[arg(long, value_name = "HASH")]
        anchor: Vec<String>,
        /// How it is written
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// The outcome of one investigation, as `investigate` prints it
    #[command(
        after_help = "Example: midwatch journal report inv-01h455vb4pex5vsknk084sn02q --format markdown > post-mortem.md"
    )]
    Report {
        /// The investigation
        stream: StreamId,
        /// How it is written
        #[arg(long, value_enum, default_value = "text")]
        format: report::Format,
    },
    /// One investigation as a post-mortem's first draft, or as JSON
    #[command(
        after_help = "Example: midwatch journal export inv-01h455vb4pex5vsknk084sn02q > post-mortem.md"
    )]
    Export {
        /// The investigation
        stream: StreamId,
        /// How it is written; text: Markdown
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Runs the command. Returns the exit code.
pub async fn run(
    command: JournalCommand,
    journal: &Journal,
    ascii: bool,
    out: &mut (dyn Write + Send),
) -> Result<u8> {
    match command {
        JournalCommand::List { format } => list(journal, format, out).await?,
        JournalCommand::Show {
            stream,
            record,
            format,
        } if record.is_empty() => {
            for record in &read(journal, &stream).await? {
                write_record(out, record, format)?;
            }
        }
        JournalCommand::Show {
            stream,
            record,
            format,
        } => {
            let records = read(journal, &stream).await?;
            for number in record {
                record::show(journal, &records, number, format, out).await?;
            }
        }
        JournalCommand::Follow { stream, format } => follow(journal, stream, format, out).await?,
        JournalCommand::Verify { key, anchor, format } => {
            return verify(journal, key, anchor, format, out).await;
        }
        JournalCommand::Report { stream, format } => outcome(journal, &stream, format, ascii, out).await?,
        JournalCommand::Export { stream, format } => {
            let format = match format {
                Format::Text => report::Format::Markdown,
                Format::Json => report::Format::Json,
            };
            outcome(journal, &stream, format, ascii, out).await?;
        }
    }
    Ok(0)
}

async fn list(journal: &Journal, format: Format, out: &mut (dyn Write + Send)) -> Result<()> {
    let space = Space::fold(&journal.read_all(&StreamId::space()).await?);
    if space.investigations.is_empty() && format == Format::Text {
        writeln!(
            out,
            "no investigations yet\nhint: midwatch investigate --scenario ec2-cpu-stress"
        )?;
    }
    for (stream, listed) in space.investigations.iter().rev() {
        let state = match &listed.closed {
            Some(closed) => closed.state,
            None => Investigation::fold(&journal.read_all(stream).await?)
                .state
                .unwrap_or(RunState::Queued),
        };
        let children: Vec<&StreamId> = space
            .children(stream)
            .iter()
            .map(|child| &child.opened.stream)
            .collect();
        match format {
            Format::Json => {
                writeln!(out, "{}", listed_json(stream, listed, state, &children))?;
            }
            Format::Text => {
                let verdict = listed.closed.as_ref().and_then(|closed| closed.verdict);
                writeln!(
                    out,
                    "{stream}  {}  {:<9} {:<11} {:<8} {}",
                    listed.opened_at.strftime("%Y-%m-%d %H:%M"),
                    state.as_str(),
                    verdict.map_or("", crate::model::Verdict::words),
                    listed.priority.as_str(),
                    listed.opened.title
                )?;
                for child in children {
                    writeln!(out, "  looked at again: {child}")?;
                }
            }
        }
    }
    Ok(())
}

fn listed_json(stream: &StreamId, listed: &Listed, state: RunState, children: &[&StreamId]) -> Value {
    json!({
        "stream": stream,
        "title": listed.opened.title.plain(),
        "state": state,
        "verdict": listed.closed.as_ref().and_then(|closed| closed.verdict),
        "priority": listed.priority,
        "source": listed.opened.source.text().plain(),
        "created": listed.opened_at,
        "parent": listed.opened.parent,
        "children": children,
        "event": listed.opened.event,
        "events": listed.events,
    })
}

fn write_record(out: &mut (dyn Write + Send), record: &Record, format: Format) -> Result<()> {
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string(record)?)?,
        Format::Text => writeln!(
            out,
            "{:>5}  {}  {:<21} {}",
            record.seq,
            record.at.strftime("%H:%M:%S%.3f"),
            record.kind.to_string(),
            line(record)
        )?,
    }
    Ok(())
}

async fn follow(
    journal: &Journal,
    stream: Option<StreamId>,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let mut follower = match stream {
        Some(stream) => journal.follow_only(BTreeMap::from([(stream, 0)])),
        None => journal.follow(BTreeMap::new()),
    };
    loop {
        for record in follower.next().await? {
            write_record(out, &record, format)?;
        }
        out.flush()?;
    }
}

async fn verify(
    journal: &Journal,
    key: Vec<PathBuf>,
    anchors: Vec<String>,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<u8> {
    let keys = key
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path)
                .map_err(|error| eyre!("{}: {error}\nhint: give the .pub file", path.display()))?;
            text.parse::<PublicKey>().map_err(|error| eyre!(error))
        })
        .collect::<Result<Vec<_>>>()?;
    let report = journal.verify(&VerifyOptions { keys, anchors }).await?;
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string(&report)?)?,
        Format::Text => {
            writeln!(
                out,
                "{} streams, {} records, {} blobs, {} checkpoints, {} anchors",
                report.streams, report.records, report.blobs, report.checkpoints, report.anchors
            )?;
            for part in Part::ALL {
                let faults = report.faults_of(part).count();
                let word = if faults == 0 {
                    "ok".to_owned()
                } else {
                    format!("FAULTY ({faults})")
                };
                writeln!(out, "{:<13} {word}", part.as_str())?;
            }
            for fault in &report.faults {
                writeln!(out, "fault: {fault}")?;
            }
            writeln!(out, "checkpoints held against key {}", report.key)?;
        }
    }
    Ok(u8::from(!report.is_ok()))
}

async fn outcome(
    journal: &Journal,
    stream: &StreamId,
    format: report::Format,
    ascii: bool,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    if !stream.is_investigation() {
        bail!("{stream} is no investigation\nhint: midwatch journal list shows all investigations");
    }
    let view = Investigation::fold(&read(journal, stream).await?);
    let text = report::written(journal, &view, format, report::layout(ascii)).await?;
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// All records of a stream that must be there.
async fn read(journal: &Journal, stream: &StreamId) -> Result<Vec<Record>> {
    let records = journal.read_all(stream).await?;
    if records.is_empty() {
        bail!("there is no stream {stream}\nhint: midwatch journal list shows all investigations");
    }
    Ok(records)
}

/// `44`, or `#44` as reports write it.
fn record_number(word: &str) -> Result<u64, String> {
    let digits = word.trim().trim_start_matches('#');
    digits
        .parse()
        .map_err(|_| "give the number of a record, or several with commas between".to_owned())
}
