//! `midwatch recommendations`: what would prevent the next incident, and what was decided.

use std::io::{Write, stdout};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use super::Context;
use crate::{
    journal::{
        Body, Draft, Journal, StreamId,
        body::{Choice, Decision},
        views::{Recommended, Space},
    },
    model::{Text, inert},
};

/// What to do with recommendations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One line a recommendation (the default)
    List,
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
    match command.unwrap_or(Command::List) {
        Command::List => list(&space)?,
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
    let mut all: Vec<&Recommended> = space.recommendations.values().collect();
    all.sort_by(|a, b| {
        let count = |one: &Recommended| one.proposed.informed_by.len();
        a.state
            .cmp(&b.state)
            .then(count(b).cmp(&count(a)))
            .then_with(|| a.proposed.id.cmp(&b.proposed.id))
    });
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

async fn decide(
    context: &Context,
    journal: &Journal,
    space: &Space,
    id: String,
    choice: Choice,
    reason: Text,
) -> Result<()> {
    let Some(one) = space.recommendations.get(&id) else {
        bail!(
            "there is no recommendation '{}'\nhint: midwatch recommendations list",
            inert(&id)
        );
    };
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
    writeln!(stdout().lock(), "{word}: {}", one.proposed.recommendation.title)?;
    Ok(())
}
