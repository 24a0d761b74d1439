//! `midwatch maintenance`: what is planned, so that nobody is woken for it.

use std::io::Write;

use clap::Subcommand;
use color_eyre::eyre::{Report, Result, bail, eyre};
use jiff::{SignedDuration, Timestamp};

use super::Context;
use crate::{
    journal::{
        Body, Draft, Journal, Kind, StreamId,
        body::{Maintenance, Triage},
        views::Events,
    },
    model::{Text, when},
};

/// What to do with planned maintenance.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is planned or under way (the default)
    List,
    /// Plan it: events about it start nothing meanwhile
    #[command(
        after_help = "Example: midwatch maintenance add 'new engine version' --for 90m --of 'orders-db*' --of ledger"
    )]
    Add {
        /// What is done, in a few words
        why: String,
        /// From when on: now, 22:30 (the next time), 2026-11-26T22:30Z
        #[arg(long, value_name = "TIME", default_value = "now")]
        from: String,
        /// How long: 90m, 2h
        #[arg(
            long = "for",
            value_name = "DURATION",
            required_unless_present = "to",
            conflicts_with = "to"
        )]
        long: Option<String>,
        /// Until when, as --from
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        /// Resource, service, alarm or account that it touches, `*` for any run of characters; once for each; everything,
        /// when left out
        #[arg(long, value_name = "NAME")]
        of: Vec<String>,
    },
    /// End it before its time, or call it off
    #[command(after_help = "Example: midwatch maintenance end 17")]
    End {
        /// Its number in the list
        number: u64,
    },
}

/// Runs the command.
pub async fn run(context: &Context, command: Option<Command>, out: &mut (dyn Write + Send)) -> Result<u8> {
    let journal = context.journal().await?;
    let now = Timestamp::now();
    match command.unwrap_or(Command::List) {
        Command::List => list(&events(&journal).await?, now, out)?,
        Command::Add {
            why,
            from,
            long,
            to,
            of,
        } => {
            let from = coming(&from, now)?;
            let to = match (long, to) {
                (Some(long), _) => from.checked_add(duration(&long)?).map_err(|_| too_long(&long))?,
                (None, to) => coming(&to.unwrap_or_default(), now)?,
            };
            if to <= from || to <= now {
                bail!(
                    "it would be over at {} UTC already\nhint: give --for, or a later --to",
                    minute(to)
                );
            }
            let why = Text::new().ext(why);
            let planned = Maintenance { from, to, of, why };
            let number = write(context, &journal, Triage::Maintenance(planned.clone())).await?;
            writeln!(out, "maintenance #{number}: {}", line(&planned))?;
        }
        Command::End { number } => {
            let events = events(&journal).await?;
            let planned = events.maintenance.get(&number).filter(|planned| !planned.over);
            let Some(planned) = planned.filter(|planned| planned.maintenance.to > now) else {
                bail!("no maintenance #{number} is planned or under way\nhint: midwatch maintenance list");
            };
            write(context, &journal, Triage::MaintenanceOver { maintenance: number }).await?;
            writeln!(out, "ended: {}", planned.maintenance.why)?;
        }
    }
    Ok(0)
}

async fn events(journal: &Journal) -> Result<Events> {
    let records = journal
        .read_kinds(&StreamId::space(), &[Kind::Triage], 0, u32::MAX)
        .await?;
    Ok(Events::fold(&records))
}

async fn write(context: &Context, journal: &Journal, triage: Triage) -> Result<u64> {
    let draft = Draft::new(context.operator(), &Body::Triage(triage));
    let records = journal
        .append(&StreamId::space(), None, None, vec![draft])
        .await?;
    Ok(records.first().map_or(0, |record| record.seq))
}

fn list(events: &Events, now: Timestamp, out: &mut (dyn Write + Send)) -> Result<()> {
    let coming = events
        .maintenance
        .iter()
        .filter(|(_, planned)| !planned.over && planned.maintenance.to > now);
    let coming: Vec<_> = coming.collect();
    if coming.is_empty() {
        writeln!(
            out,
            "no maintenance is planned\nhint: midwatch maintenance add 'what is done' --for 1h --of NAME"
        )?;
    }
    for (number, planned) in coming {
        let standing = if planned.maintenance.from <= now {
            "under way"
        } else {
            "planned"
        };
        let (what, by) = (line(&planned.maintenance), &planned.by);
        writeln!(out, "#{number:<6} {standing:<9} {what}  by {by}")?;
    }
    Ok(())
}

fn line(planned: &Maintenance) -> String {
    let of = if planned.of.is_empty() {
        "everything".to_owned()
    } else {
        crate::model::inert(&planned.of.join(", "))
    };
    format!(
        "{} to {} UTC, {of}: {}",
        minute(planned.from),
        minute(planned.to),
        planned.why
    )
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn too_long(long: &str) -> Report {
    eyre!(
        "'{}' is longer than there are years to come\nhint: write 90m or 2h",
        crate::model::inert(long)
    )
}

/// A time to come: a bare `22:30` is the next time that the clock says so.
fn coming(text: &str, now: Timestamp) -> Result<Timestamp> {
    let at = when::parse(text, now).map_err(|error| eyre!(error))?;
    let bare = text.trim().len() <= "22:30".len() && text.contains(':');
    let next = at.checked_add(SignedDuration::from_hours(24)).ok();
    Ok(next.filter(|_| bare && at < now).unwrap_or(at))
}

fn duration(text: &str) -> Result<SignedDuration> {
    let long = text
        .trim()
        .parse::<SignedDuration>()
        .ok()
        .filter(SignedDuration::is_positive);
    long.ok_or_else(|| {
        eyre!(
            "'{}' is no stretch of time\nhint: write 90m or 2h",
            crate::model::inert(text)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_clock_time_is_the_next_one() {
        let now: Timestamp = "2026-11-26T23:00:00Z".parse().unwrap();
        let read = |text| coming(text, now).unwrap().to_string();
        assert_eq!(read("22:30"), "2026-11-27T22:30:00Z");
        assert_eq!(read("23:30"), "2026-11-26T23:30:00Z");
        assert_eq!(read("2026-11-26T22:30Z"), "2026-11-26T22:30:00Z");
        assert_eq!(read("now"), now.to_string());
        assert_eq!(duration("90m").unwrap(), SignedDuration::from_mins(90));
        assert!(duration("-2h").is_err() && duration("soon").is_err());
        let end: Timestamp = "9999-12-30T00:00:00Z".parse().unwrap();
        assert!(end.checked_add(duration("999999999h").unwrap()).is_err());
    }
}
