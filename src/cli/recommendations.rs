//! `midwatch recommendations`: what would prevent the next incident, and what was decided.

use std::io::{Write, stdout};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use super::Context;
use crate::{
    journal::{
        Body, Draft, Journal, StreamId,
        body::{Choice, Decision},
        views::{Recommended, Space, report},
    },
    model::{Text, inert},
};

/// What to do with recommendations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One line a recommendation (the default), or one of them as a ticket
    #[command(after_help = "Example: midwatch recommendations list --ticket rec-0a1b2c3d4e5f")]
    List {
        /// Print this one as a ticket in Markdown: why, what to do, acceptance criteria
        #[arg(long, value_name = "ID")]
        ticket: Option<String>,
    },
    /// It will be done
    #[command(after_help = "Example: midwatch recommendations accept rec-0a1b2c3d4e5f")]
    Accept {
        /// Id of the recommendation
        id: String,
    },
    /// It will not be done
    #[command(
        after_help = "Example: midwatch recommendations reject rec-0a1b2c3d4e5f --reason 'replaced next month'"
    )]
    Reject {
        /// Id of the recommendation
        id: String,
        /// Why not
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command.
pub async fn run(context: &Context, command: Option<Command>) -> Result<u8> {
    let journal = context.journal().await?;
    let space = Space::fold(&journal.read_all(&StreamId::space()).await?);
    match command.unwrap_or(Command::List { ticket: None }) {
        Command::List { ticket: None } => list(&space)?,
        Command::List { ticket: Some(id) } => {
            let ticket = report::ticket(known(&space, &id)?, &space);
            write!(stdout().lock(), "{}", ticket.markdown())?;
        }
        Command::Accept { id } => {
            decide(context, &journal, &space, id, Choice::Accepted, Text::new()).await?;
        }
        Command::Reject { id, reason } => {
            if reason.trim().is_empty() {
                bail!("a rejection needs a reason\nhint: --reason 'why not'");
            }
            decide(context, &journal, &space, id, Choice::Rejected, reason.into()).await?;
        }
    }
    Ok(0)
}

fn list(space: &Space) -> Result<()> {
    let mut out = stdout().lock();
    let all = space.recommended();
    if all.is_empty() {
        writeln!(
            out,
            "no recommendations yet: they come with finished investigations"
        )?;
    }
    for one in all {
        let incidents = one.proposed.informed_by.len();
        let plural = if incidents == 1 { "" } else { "s" };
        let measure = &one.proposed.recommendation;
        writeln!(
            out,
            "{}  {:<9} {:<15} {}  ({incidents} incident{plural})",
            one.proposed.id,
            one.state.as_str(),
            measure.category.words(),
            measure.title
        )?;
    }
    Ok(())
}

fn known<'s>(space: &'s Space, id: &str) -> Result<&'s Recommended> {
    let Some(one) = space.recommendations.get(id) else {
        bail!(
            "there is no recommendation '{}'\nhint: midwatch recommendations list",
            inert(id)
        );
    };
    Ok(one)
}

async fn decide(
    context: &Context,
    journal: &Journal,
    space: &Space,
    id: String,
    choice: Choice,
    reason: Text,
) -> Result<()> {
    let one = known(space, &id)?;
    let title = one.proposed.recommendation.title.clone();
    let decision = Body::Decision(Decision {
        recommendation: id,
        decision: choice,
        reason,
    });
    let draft = Draft::new(context.operator(), &decision);
    journal
        .append(&StreamId::space(), None, None, vec![draft])
        .await?;
    let word = match choice {
        Choice::Accepted => "accepted",
        Choice::Rejected => "rejected",
    };
    writeln!(stdout().lock(), "{word}: {title}")?;
    Ok(())
}
