//! `midwatch event`: what came in from outside, what is done about it, and how to overrule that.

use std::io::Write;

use clap::Subcommand;
use color_eyre::eyre::{Result, bail, eyre};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Context, journal::Format};
use crate::{
    engine::overrule::{Wish, overrule},
    intake::Home,
    journal::{
        Body, Journal, Kind, Record, StreamId,
        body::{Payload, Triage},
        views::{Arrived, Events, Space},
    },
    model::{Text, inert},
};

/// What to do with events.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One line an event, newest first (the default)
    #[command(after_help = "Example: midwatch event list --skipped")]
    List {
        /// Only events that started nothing
        #[arg(long)]
        skipped: bool,
        /// Only the newest so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// text, or json: one object a line
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// One event with all that its sender said
    #[command(after_help = "Example: midwatch event show 12")]
    Show {
        /// Number of the event
        event: u64,
    },
    /// Investigate an event that started nothing, or that was taken for part of another incident
    #[command(after_help = "Example: midwatch event investigate 12 --why 'not part of the storm'")]
    Investigate {
        /// Number of the event
        event: u64,
        /// Why, for the journal
        #[arg(long, default_value = "an operator wants it looked at")]
        why: String,
    },
    /// Say that an event belongs to an investigation
    #[command(after_help = "Example: midwatch event link 12 inv-01kaq8zj4v3m9x0w5t6r7y8e2a")]
    Link {
        /// Number of the event
        event: u64,
        /// The investigation
        stream: StreamId,
        /// Why, for the journal
        #[arg(long, default_value = "an operator says so")]
        why: String,
    },
    /// Say that nothing is to be done about an event; what it opened goes on until it is cancelled
    #[command(after_help = "Example: midwatch event skip 12 --why 'a drill'")]
    Skip {
        /// Number of the event
        event: u64,
        /// Why, for the journal
        #[arg(long)]
        why: String,
    },
}

/// Runs the command.
pub async fn run(context: &Context, command: Option<Command>, out: &mut (dyn Write + Send)) -> Result<u8> {
    let journal = context.journal().await?;
    let command = command.unwrap_or(Command::List {
        skipped: false,
        limit: 50,
        format: Format::Text,
    });
    match command {
        Command::List {
            skipped,
            limit,
            format,
        } => list(&journal, skipped, limit, format, out).await?,
        Command::Show { event } => show(&journal, event, out).await?,
        Command::Investigate { event, why } => {
            let (arrived, record) = known(&journal, event).await?;
            let alert = arrived.alert.ok_or_else(|| {
                eyre!(
                    "event #{event} could not be read: {}\nhint: midwatch event show {event}, then midwatch investigate \
                     'what it says'",
                    inert(&arrived.unread)
                )
            })?;
            let opening = Home::of(&context.config).opening(&alert, record.at);
            let wish = Wish::Investigate(Box::new(opening));
            let stream = overrule(&journal, context.operator(), event, wish, why.into()).await?;
            let stream = stream.map(|stream| stream.to_string()).unwrap_or_default();
            writeln!(out, "queued {stream}: {}", inert(&alert.title))?;
        }
        Command::Link { event, stream, why } => {
            known(&journal, event).await?;
            let space = Space::fold(&opened(&journal).await?);
            if !space.investigations.contains_key(&stream) {
                bail!("there is no investigation {stream}\nhint: midwatch journal list shows all of them");
            }
            let wish = Wish::Link(stream.clone());
            overrule(&journal, context.operator(), event, wish, why.into()).await?;
            writeln!(out, "event #{event} belongs to {stream}")?;
        }
        Command::Skip { event, why } => {
            let (arrived, _) = known(&journal, event).await?;
            overrule(&journal, context.operator(), event, Wish::Skip, Text::from(why)).await?;
            writeln!(out, "nothing is done about event #{event}")?;
            if let Some(stream) = arrived.stream() {
                writeln!(out, "hint: {stream} goes on; x in the console cancels it")?;
            }
        }
    }
    Ok(0)
}

/// The kinds of record that events are told by.
const KINDS: [Kind; 2] = [Kind::Event, Kind::Triage];

/// Records that are read at once, from the end.
const PAGE: u64 = 1000;

/// The newest events that are wanted, newest first: no more of the journal is read than they take.
async fn newest(journal: &Journal, limit: usize, wanted: impl Fn(&Arrived) -> bool) -> Result<Vec<Arrived>> {
    let space = StreamId::space();
    let mut found = Vec::new();
    // What was made of events that were not read yet.
    let mut judgements: Vec<Record> = Vec::new();
    let mut end = journal.head(&space).await?.seq;
    while found.len() < limit && end > 0 {
        let after = end.saturating_sub(PAGE);
        let mut records = journal.read_kinds(&space, &KINDS, after, PAGE as u32).await?;
        records.retain(|record| record.seq <= end);
        records.append(&mut judgements);
        let events = Events::fold(&records).events;
        found.extend(events.into_values().rev().filter(&wanted));
        judgements = records;
        judgements.retain(|record| is_about_an_earlier(record, after));
        end = after;
    }
    found.truncate(limit);
    Ok(found)
}

fn is_about_an_earlier(record: &Record, after: u64) -> bool {
    match record.typed() {
        Some(Body::Triage(Triage::Judged(judged))) => judged.event <= after,
        _ => false,
    }
}

async fn opened(journal: &Journal) -> Result<Vec<Record>> {
    Ok(journal
        .read_kinds(&StreamId::space(), &[Kind::Opened], 0, u32::MAX)
        .await?)
}

/// An event, and its record.
async fn known(journal: &Journal, event: u64) -> Result<(Arrived, Record)> {
    let unknown = || eyre!("there is no event #{event}\nhint: midwatch event list");
    let before = event.checked_sub(1).ok_or_else(unknown)?;
    let records = journal.read(&StreamId::space(), before, 1).await?;
    let record = records
        .into_iter()
        .find(|record| record.kind == Kind::Event)
        .ok_or_else(unknown)?;
    let mut told = journal
        .read_kinds(&StreamId::space(), &[Kind::Triage], event, u32::MAX)
        .await?;
    told.insert(0, record.clone());
    let arrived = Events::fold(&told).events.remove(&event);
    Ok((arrived.ok_or_else(unknown)?, record))
}

async fn list(
    journal: &Journal,
    skipped: bool,
    limit: usize,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let wanted = newest(journal, limit, |event| !skipped || event.stream().is_none()).await?;
    if wanted.is_empty() && format == Format::Text {
        let words = if skipped {
            "no event was skipped"
        } else {
            "nothing came in so far"
        };
        writeln!(out, "{words}\nhint: midwatch webhook create, midwatch serve")?;
    }
    for event in &wanted {
        match format {
            Format::Json => writeln!(out, "{}", listed(event))?,
            Format::Text => writeln!(
                out,
                "#{:<6} {}  {:<13} {:<12} {}{}\n        {}",
                event.seq,
                event.at.strftime("%Y-%m-%d %H:%M:%S"),
                event.sender,
                event.word(),
                event
                    .stream()
                    .map(|stream| format!("{stream}  "))
                    .unwrap_or_default(),
                event.title(),
                why(event),
            )?,
        }
    }
    Ok(())
}

fn why(event: &Arrived) -> Text {
    event
        .judged
        .as_ref()
        .map_or_else(Text::new, |(by, judged)| match by {
            crate::journal::Actor::System => judged.why.clone(),
            by => Text::from(format!("{by}: ")).join(&judged.why),
        })
}

fn listed(event: &Arrived) -> Value {
    json!({
        "event": event.seq,
        "at": event.at,
        "sender": event.sender,
        "via": event.via,
        "alert": event.alert,
        "unread": event.unread,
        "triage": event.word(),
        "course": event.course(),
        "why": why(event).plain(),
        "investigation": event.stream(),
    })
}

async fn show(journal: &Journal, event: u64, out: &mut (dyn Write + Send)) -> Result<()> {
    let (arrived, record) = known(journal, event).await?;
    writeln!(
        out,
        "event #{event} from {} by {}, {}\n{}\n{}: {}",
        arrived.sender,
        arrived.via,
        time(record.at),
        arrived.title(),
        arrived.word(),
        why(&arrived)
    )?;
    if let Some(stream) = arrived.stream() {
        writeln!(out, "midwatch journal show {stream}")?;
    }
    let Some(Body::Event(event)) = record.typed() else {
        return Ok(());
    };
    let said = match &event.body {
        Payload::None => Value::Null,
        Payload::Inline(value) => value.clone(),
        Payload::Blob(blob) => journal.value(blob).await?,
    };
    writeln!(out, "\nwhat the sender said (secrets taken out):")?;
    super::record::json(out, &said)
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        Actor, Draft, Hash,
        body::{Course, Event, Judged, Skipped},
    };

    fn event(n: usize) -> Body {
        Body::Event(Box::new(Event {
            sender: "generic".into(),
            via: format!("webhook/{n}"),
            digest: Hash::zero(),
            incident: None,
            alert: None,
            once: false,
            unread: String::new(),
            body: Payload::None,
        }))
    }

    fn skipped(event: u64, because: Skipped) -> Body {
        let course = Course::Skip { because };
        Body::Triage(Triage::Judged(Judged {
            event,
            course,
            why: Text::new(),
        }))
    }

    /// The newest are found from the end, whole: with what was made of them much later.
    #[tokio::test]
    async fn a_long_list_is_read_from_its_end() {
        let journal = Journal::in_memory().await.unwrap();
        let bodies = (0..1500).flat_map(|n| [event(n), skipped(n as u64 * 2 + 1, Skipped::News)]);
        let mut drafts: Vec<Draft> = bodies.map(|body| Draft::new(Actor::System, &body)).collect();
        // An operator says something of an old one.
        drafts.push(Draft::new(Actor::System, &skipped(101, Skipped::Operator)));
        journal
            .append(&StreamId::space(), None, None, drafts)
            .await
            .unwrap();
        let vias = |found: &[Arrived]| found.iter().map(|event| event.via.clone()).collect::<Vec<_>>();
        let found = newest(&journal, 2, |_| true).await.unwrap();
        assert_eq!(vias(&found), ["webhook/1499", "webhook/1498"]);
        assert!(found.iter().all(|event| event.judged.is_some()));
        let by_operator = |event: &Arrived| {
            event.course()
                == Some(&Course::Skip {
                    because: Skipped::Operator,
                })
        };
        let found = newest(&journal, 5, by_operator).await.unwrap();
        assert_eq!(vias(&found), ["webhook/50"]);
        assert_eq!(newest(&journal, 9999, |_| true).await.unwrap().len(), 1500);
        let (arrived, record) = known(&journal, 101).await.unwrap();
        assert!(by_operator(&arrived) && record.seq == 101);
        assert!(known(&journal, 102).await.is_err() && known(&journal, 0).await.is_err());
    }
}
