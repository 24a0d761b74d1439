//! `midwatch journal show STREAM --record N`: one record, with all that it says and the data behind it.

use std::io::Write;

use color_eyre::eyre::{Result, eyre};

use super::journal::Format;
use crate::{
    journal::{Body, Journal, Record, body::Payload, views::line},
    model::inert,
};

/// Writes one record: its line, its body as JSON, and for an answer the evidence that it holds.
pub async fn show(
    journal: &Journal,
    records: &[Record],
    number: u64,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let at = records.binary_search_by_key(&number, |record| record.seq).ok();
    let record = at.and_then(|at| records.get(at)).ok_or_else(|| {
        let last = records.last().map_or(0, |record| record.seq);
        eyre!("there is no record #{number}\nhint: the records of this stream are #1 to #{last}")
    })?;
    if format == Format::Json {
        writeln!(out, "{}", serde_json::to_string(record)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "#{} {} by {}, {}\n{}\n",
        record.seq,
        record.kind,
        record.actor,
        record.at.strftime("%Y-%m-%d %H:%M:%S%.3f UTC"),
        line(record)
    )?;
    json(out, &record.body)?;
    match record.typed() {
        Some(Body::Evidence(answered)) if matches!(answered.data, Payload::Blob(_)) => {
            if let Some(evidence) = journal.evidence(&answered.data).await? {
                writeln!(out, "what was found:")?;
                json(out, &serde_json::to_value(evidence)?)?;
            }
        }
        Some(Body::Event(event)) => {
            if let Payload::Blob(blob) = &event.body {
                writeln!(out, "what its sender said:")?;
                json(out, &journal.value(blob).await?)?;
            }
        }
        Some(Body::Observation(observed)) => {
            let mut numbers = observed.evidence.clone();
            numbers.sort_unstable();
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            writeln!(
                out,
                "read from: midwatch journal show {} --record {}",
                record.stream,
                numbers.join(",")
            )?;
        }
        _ => {}
    }
    writeln!(out, "hash {}\n", record.hash)?;
    Ok(())
}

/// JSON over several lines, inert: serde escapes control characters, not those that turn the direction of writing.
pub fn json(out: &mut (dyn Write + Send), value: &serde_json::Value) -> Result<()> {
    for line in serde_json::to_string_pretty(value)?.lines() {
        writeln!(out, "{}", inert(line))?;
    }
    Ok(())
}
