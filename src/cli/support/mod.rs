//! `midwatch support`: asks AWS Support about an investigation, and talks to it. Everything that is sent is shown first, and
//! sent when an operator has said yes.

mod ask;
mod chat;
mod show;

use std::io::{Write, stdout};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use self::ask::asked;
use super::Context;
use crate::{
    engine::handle::support::{Order, Prepared, SUPPORT_CENTER, Standing, Support as _, name_of},
    journal::{StreamId, views::Space},
    model::inert,
    outlets::support::Desk,
};

/// What to do with AWS Support.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What the account's support plan offers, and what this identity may do
    #[command(after_help = "Example: midwatch support level")]
    Level {
        /// AWS account of the space; the primary one, when left out
        #[arg(long, value_name = "ID")]
        account: Option<String>,
    },
    /// Open a case about an investigation, its log attached: shows what is shared, and asks first
    #[command(
        after_help = "Example: midwatch support open inv-01h455vb4pex5vsknk084sn02q --severity high\n\nWhere the plan takes no cases \
                      from programs, it prints a text to paste into the Support Center instead."
    )]
    Open {
        /// The investigation
        investigation: StreamId,
        /// Severity, one that the plan offers; else one that fits the investigation's priority
        #[arg(long, value_name = "WORD")]
        severity: Option<String>,
        /// Open it without asking
        #[arg(long)]
        yes: bool,
        /// Open it though an earlier case about the investigation got no answer, and may be open
        #[arg(long)]
        again: bool,
    },
    /// One line a case, newest first (the default)
    #[command(after_help = "Example: midwatch support list")]
    List,
    /// A case and what was said in it; asks AWS Support what is new first
    #[command(after_help = "Example: midwatch support show 170000000042")]
    Show {
        /// Number or id of the case
        case: String,
        /// Tell what is written down, and ask nobody
        #[arg(long)]
        offline: bool,
    },
    /// Say something in a case
    #[command(after_help = "Example: midwatch support say 170000000042 'it has begun again at 04:10 UTC'")]
    Say {
        /// Number or id of the case
        case: String,
        /// The words; - reads them from stdin
        #[arg(value_name = "TEXT")]
        words: String,
        /// Send them without asking
        #[arg(long)]
        yes: bool,
    },
    /// Talk in a case, line by line, with what AWS Support answers in between
    #[command(after_help = "Example: midwatch support chat 170000000042")]
    Chat {
        /// Number or id of the case
        case: String,
    },
    /// Close a case
    #[command(after_help = "Example: midwatch support close 170000000042")]
    Close {
        /// Number or id of the case
        case: String,
        /// Close it without asking
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub async fn run(context: &Context, command: Option<Command>) -> Result<u8> {
    let journal = context.journal().await?;
    let desk = Desk::new(journal.clone(), &context.config);
    let who = name_of(&context.operator());
    match command.unwrap_or(Command::List) {
        Command::Level { account } => level(&desk, account.as_deref(), &mut stdout()).await,
        Command::Open {
            investigation,
            severity,
            yes,
            again,
        } => {
            let wish = Wish { severity, yes, again };
            open(&desk, &who, &investigation, wish).await
        }
        Command::List => {
            let space = Space::fold(&journal.read_all(&StreamId::space()).await?);
            show::list(&space, &mut stdout())?;
            Ok(0)
        }
        Command::Show { case, offline } => {
            let mut space = Space::fold(&journal.read_all(&StreamId::space()).await?);
            if !offline && space.cases.find(&case).is_some() {
                match desk.look(&case).await {
                    Ok(_) => space = Space::fold(&journal.read_all(&StreamId::space()).await?),
                    Err(trouble) => eprintln(&trouble.to_string())?,
                }
            }
            show::case(&space, &case, &mut stdout())?;
            Ok(0)
        }
        Command::Say { case, words, yes } => {
            let words = if words == "-" {
                std::io::read_to_string(std::io::stdin().lock())?
            } else {
                words
            };
            let question = format!(
                "Say this to AWS Support in case {}?\n\n{}\n\n",
                inert(&case),
                shown(&words)
            );
            let Some(confirmed) = asked(&question, &who, yes)? else {
                return left("nothing was said");
            };
            let sent = desk.say(&case, &words, &confirmed).await?;
            writeln!(stdout(), "said: {}", shown(&sent.words))?;
            if let Some(why) = sent.unwritten {
                eprintln(&why.to_string())?;
            }
            Ok(0)
        }
        Command::Chat { case } => chat::run(&desk, &journal, &who, &case).await,
        Command::Close { case, yes } => {
            let question = format!("Close case {}? AWS Support stops working on it.\n", inert(&case));
            let Some(confirmed) = asked(&question, &who, yes)? else {
                return left("the case stays open");
            };
            desk.resolve(&case, &confirmed).await?;
            writeln!(stdout(), "case {} is resolved", inert(&case))?;
            Ok(0)
        }
    }
}

async fn level(desk: &Desk, account: Option<&str>, out: &mut impl Write) -> Result<u8> {
    let level = desk.level(account).await?;
    match &level.account {
        Ok(account) => writeln!(out, "account {}", inert(account))?,
        Err(why) => writeln!(
            out,
            "which account asks is not known: {}\nhint: {}",
            why.what, why.hint
        )?,
    }
    writeln!(out, "{}", level.standing.sentence())?;
    for severity in level.standing.severities() {
        writeln!(out, "  {:<9} {}", inert(&severity.code), inert(&severity.name))?;
    }
    match level.denied {
        Ok(denied) if denied.is_empty() => writeln!(out, "this identity may do all that it takes")?,
        Ok(denied) => writeln!(
            out,
            "this identity may not: {}\nhint: midwatch iam policy --support prints the policy that allows it",
            denied.join(", ")
        )?,
        Err(trouble) => writeln!(
            out,
            "what this identity may do is not known: {}\nhint: {}",
            trouble.what, trouble.hint
        )?,
    }
    Ok(0)
}

/// What an operator wishes of a case.
struct Wish {
    severity: Option<String>,
    yes: bool,
    again: bool,
}

async fn open(desk: &Desk, who: &str, stream: &StreamId, wish: Wish) -> Result<u8> {
    eprintln("putting together what is shared, and asking AWS Support what the plan offers")?;
    match desk.existing(stream).await {
        Ok(Some(opened)) => {
            let name = inert(opened.name());
            bail!("case {name} is open for this investigation already\nhint: midwatch support show {name}");
        }
        Ok(None) => {}
        Err(why) => eprintln(&format!("whether there is a case already is not known: {why}"))?,
    }
    let prepared = desk.prepare(stream).await?;
    if let Some(sentence) = prepared.sentence_to_paste() {
        let mut out = stdout();
        writeln!(out, "{}\n", inert(&sentence))?;
        show::paste(&prepared.shared, stream, &mut out)?;
        return Ok(0);
    }
    let severity = preview(&prepared, wish.severity)?;
    if !prepared.unsettled.is_empty() && !wish.again {
        bail!(
            "an earlier case about this investigation got no answer, and may be open\nhint: look at {SUPPORT_CENTER} first; --again \
             opens another one"
        );
    }
    let question = format!("Open this case with the severity {severity}?\n");
    let Some(confirmed) = asked(&question, who, wish.yes)? else {
        return left("no case was opened, and nothing was sent");
    };
    eprintln("handing over the log, opening the case")?;
    let order = Order {
        severity,
        again: wish.again,
    };
    let opened = desk.open(&prepared, &order, &confirmed).await?;
    let name = inert(opened.name());
    writeln!(stdout(), "case {name} is open")?;
    match prepared.standing {
        Standing::Center(_) => eprintln(&format!(
            "answers stand in the Support Center: https://console.aws.amazon.com/support/home#/case/?displayId={name}"
        ))?,
        _ => eprintln(&format!("midwatch support chat {name} talks to AWS Support"))?,
    }
    Ok(0)
}

/// Shows what would be sent, and returns the severity with which: one that the plan offers.
fn preview(prepared: &Prepared, severity: Option<String>) -> Result<String> {
    let fitting = prepared.standing.fitting(prepared.priority);
    let severity = severity.or_else(|| fitting.map(|one| one.code.clone()));
    let Some(severity) = severity else {
        bail!("AWS Support offers no severity\nhint: midwatch support level asks again");
    };
    let mut out = Vec::new();
    show::preview(prepared, &severity, &mut out)?;
    stdout().write_all(&out)?;
    stdout().flush()?;
    let offered = prepared.standing.severities();
    if !offered.iter().any(|one| one.code == severity) {
        let codes: Vec<String> = offered.iter().map(|one| inert(&one.code)).collect();
        bail!(
            "the support plan does not offer the severity '{}'\nhint: --severity, one of: {}",
            inert(&severity),
            codes.join(", ")
        );
    }
    Ok(severity)
}

/// Nothing was done, as somebody wished.
fn left(words: &str) -> Result<u8> {
    eprintln(words)?;
    Ok(0)
}

/// Progress and remarks go to stderr; results alone to stdout.
fn eprintln(words: &str) -> Result<()> {
    writeln!(std::io::stderr().lock(), "{words}")?;
    Ok(())
}

/// Words of several lines, each made inert.
fn shown(words: &str) -> String {
    words.lines().map(inert).collect::<Vec<_>>().join("\n")
}
