//! `midwatch outlet`: where messages go, what would be sent, and what did not arrive.

use std::io::Write;

use clap::Subcommand;
use color_eyre::eyre::{Result, bail, eyre};
use serde_json::json;

use super::{Context, connection::columns};
use crate::{
    config::Notice,
    journal::{
        Draft, Journal, StreamId,
        body::Delivered,
        views::{Dead, Space},
    },
    model::inert,
    outlets::{Outlet, of_space, preview::Preview, wire::Call},
};

/// What to do with outlets.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List where this space's messages go, which, and how it stands
    #[command(after_help = "Example: midwatch outlet list --space shop-prod")]
    List {
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Show exactly what would be sent, by an example from the newest investigation; send it only with --send
    #[command(after_help = "Examples:
  midwatch outlet test chat
  midwatch outlet test chat --kind mitigation_summary
  midwatch outlet test tickets --to 46e18c0fa9fe19810066a0083f76bd56 --send")]
    Test {
        /// Name of the connection
        name: String,
        /// Sort of message; else the most telling that the channel is sent
        #[arg(long, value_name = "KIND", value_parser = notice)]
        kind: Option<Notice>,
        /// Channel, ticket or project that it goes to; else the one that it would go to
        #[arg(long, value_name = "TARGET")]
        to: Option<String>,
        /// Send it, marked as a test
        #[arg(long)]
        send: bool,
    },
    /// List messages that were given up
    #[command(after_help = "Example: midwatch outlet dead")]
    Dead {
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Have messages sent once more that were given up; the running `midwatch serve` does it
    #[command(after_help = "Examples:\n  midwatch outlet retry 118\n  midwatch outlet retry --all")]
    Retry(Which),
    /// Let messages be that were given up
    #[command(after_help = "Example: midwatch outlet drop 118")]
    Drop(Which),
}

/// Which messages.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Numbers of the records that say that they were given up: `midwatch outlet dead` lists them
    #[arg(value_name = "SEQ", required_unless_present = "all")]
    seqs: Vec<u64>,
    /// All of them
    #[arg(long, conflicts_with = "seqs")]
    all: bool,
}

fn notice(word: &str) -> Result<Notice, String> {
    let found = Notice::ALL.into_iter().find(|notice| notice.as_str() == word);
    found.ok_or_else(|| format!("there are {}", Notice::list(&Notice::ALL)))
}

/// Runs the command.
pub async fn run(context: &Context, command: Command, out: &mut dyn Write) -> Result<u8> {
    let journal = context.journal().await?;
    match command {
        Command::List { format } => list(context, &space(&journal).await?, format == "json", out)?,
        Command::Test { name, kind, to, send } => {
            let outlet = known(context, &name)?;
            test(&journal, &outlet, (kind, to), send, out).await?;
        }
        Command::Dead { format } => dead(&space(&journal).await?, format == "json", out)?,
        Command::Retry(which) => {
            let many = decide(context, &journal, &which, &Delivered::Again).await?;
            writeln!(out, "{many} to be sent once more, as soon as midwatch serve runs")?;
        }
        Command::Drop(which) => {
            let many = decide(context, &journal, &which, &Delivered::Dropped).await?;
            writeln!(out, "{many} let be")?;
        }
    }
    Ok(0)
}

async fn space(journal: &Journal) -> Result<Space> {
    Ok(Space::fold(&journal.read_all(&StreamId::space()).await?))
}

fn list(context: &Context, space: &Space, json: bool, out: &mut dyn Write) -> Result<()> {
    let (outlets, broken) = of_space(&context.config);
    let dead = |name: &str| {
        let dead = space.letters.dead.values();
        dead.filter(|dead| dead.delivery.channel == name).count()
    };
    let held = |name: &str| space.letters.held.get(name).map(|(at, why)| (at, why.plain()));
    if json {
        for outlet in &outlets {
            let line = json!({"name": outlet.name, "kind": outlet.kind.as_str(), "to": place(outlet),
                "sends": outlet.sending.notices.iter().map(|notice| notice.as_str()).collect::<Vec<_>>(),
                "demos": outlet.sending.demos, "dead": dead(&outlet.name),
                "held": held(&outlet.name).map(|(at, why)| json!({"since": at, "why": why}))});
            writeln!(out, "{line}")?;
        }
        for (name, why) in &broken {
            writeln!(out, "{}", json!({"name": name, "broken": why.plain()}))?;
        }
        return Ok(());
    }
    if outlets.is_empty() && broken.is_empty() {
        writeln!(
            out,
            "space {} sends nothing: midwatch connection add slack, servicenow, pagerduty, webhook or eventbridge, then midwatch \
             connection associate",
            context.config.space
        )?;
        return Ok(());
    }
    let mut rows = vec![["NAME", "KIND", "TO", "SENDS", "STATE"].map(str::to_owned)];
    for outlet in &outlets {
        let mut state = match dead(&outlet.name) {
            0 => "ok".to_owned(),
            n => format!("{n} given up: midwatch outlet dead"),
        };
        if let Some((at, why)) = held(&outlet.name) {
            state = format!("takes nothing since {}: {why}", at.strftime("%Y-%m-%d %H:%M"));
        }
        let all = outlet.sending.notices == Notice::ALL;
        rows.push([
            outlet.name.clone(),
            outlet.kind.as_str().to_owned(),
            inert(&place(outlet)),
            if all {
                "all".to_owned()
            } else {
                Notice::list(&outlet.sending.notices)
            },
            state,
        ]);
    }
    for (name, why) in &broken {
        let why = why.plain().replace("\nhint:", "; hint:");
        rows.push([name.clone(), String::new(), String::new(), String::new(), why]);
    }
    columns(&rows, out)
}

/// Where an outlet's messages go, for a person.
fn place(outlet: &Outlet) -> String {
    match outlet.fixed_target() {
        Some(target) if target.is_empty() => outlet.host.clone(),
        Some(target) => outlet.place(&target),
        None => "the ticket that an investigation came from".to_owned(),
    }
}

fn known(context: &Context, name: &str) -> Result<Outlet> {
    let (outlets, broken) = of_space(&context.config);
    if let Some((_, why)) = broken.iter().find(|(other, _)| other == name) {
        bail!("{why}");
    }
    let names: Vec<String> = outlets.iter().map(|outlet| outlet.name.clone()).collect();
    outlets
        .into_iter()
        .find(|outlet| outlet.name == name)
        .ok_or_else(|| {
            let hint = match names.is_empty() {
                true => "midwatch connection associate lets a space send to one".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            eyre!(
                "space {} sends nothing to '{}'\nhint: {hint}",
                context.config.space,
                inert(name)
            )
        })
}

async fn test(
    journal: &Journal,
    outlet: &Outlet,
    (kind, to): (Option<Notice>, Option<String>),
    send: bool,
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(kind) = kind
        && !outlet.sending.notices.contains(&kind)
    {
        bail!(
            "{} is not sent {}\nhint: it is sent {}",
            outlet.name,
            kind.as_str(),
            Notice::list(&outlet.sending.notices)
        );
    }
    let preview = Preview::of(journal, outlet, kind, to).await?;
    let preview = if send { preview.as_test() } else { preview };
    let from = match preview.sample {
        true => "a sample: the journal holds nothing of its sort".to_owned(),
        false => format!("from {} #{}", preview.post.stream, preview.post.seq),
    };
    writeln!(out, "{}: {}, {from}", outlet.name, preview.post.notice.as_str())?;
    let call = preview.call(outlet).map_err(|failure| {
        eyre!(
            "{}: {}\nhint: --to names another ticket",
            outlet.name,
            failure.why()
        )
    })?;
    show(&call, out)?;
    if preview.target.is_none() {
        let missing = "no ticket of that kind is known: TICKET stands for its id";
        if send {
            bail!("{missing}\nhint: --to ID sends to one");
        }
        writeln!(out, "\n{missing}")?;
    }
    if !send {
        writeln!(out, "\nnothing was sent; --send sends it, marked as a test")?;
        return Ok(());
    }
    match preview.send(outlet).await {
        Ok(reference) if reference.is_empty() => writeln!(out, "\nsent")?,
        Ok(reference) => writeln!(out, "\nsent: {reference}")?,
        Err(failure) => bail!(
            "{} did not take it: {}\nhint: check the connection, and midwatch connection test {}",
            outlet.name,
            failure.why(),
            outlet.name
        ),
    }
    Ok(())
}

/// A call as it would be made, but for what proves who sends.
fn show(call: &Call, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n{} {}", call.method, call.url)?;
    for (name, value) in &call.headers {
        writeln!(out, "{name}: {}", inert(value))?;
    }
    if let Some(body) = &call.body {
        writeln!(out, "\n{}", serde_json::to_string_pretty(body)?)?;
    }
    Ok(())
}

fn dead(space: &Space, json: bool, out: &mut dyn Write) -> Result<()> {
    if json {
        for (seq, dead) in &space.letters.dead {
            let Dead { at, delivery, why } = dead;
            let line = json!({"seq": seq, "at": at, "channel": delivery.channel, "stream": delivery.stream,
                "record": delivery.seq, "key": delivery.key, "why": why.plain()});
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    for (name, (at, why)) in &space.letters.held {
        let since = at.strftime("%Y-%m-%d %H:%M");
        writeln!(
            out,
            "{name} takes nothing since {since}, its messages wait: {why}"
        )?;
    }
    if space.letters.dead.is_empty() {
        writeln!(out, "no message was given up")?;
        return Ok(());
    }
    let mut rows = vec![["SEQ", "GIVEN UP", "CHANNEL", "OF", "WHY"].map(str::to_owned)];
    for (seq, dead) in &space.letters.dead {
        rows.push([
            seq.to_string(),
            dead.at.strftime("%Y-%m-%d %H:%M").to_string(),
            inert(&dead.delivery.channel),
            format!("{} #{}", dead.delivery.stream, dead.delivery.seq),
            dead.why.plain(),
        ]);
    }
    columns(&rows, out)?;
    writeln!(
        out,
        "\nmidwatch outlet retry SEQ sends one once more, midwatch outlet drop SEQ lets it be"
    )?;
    Ok(())
}

/// Writes down what is wanted of messages that were given up; how many they are.
async fn decide(context: &Context, journal: &Journal, which: &Which, wanted: &Delivered) -> Result<usize> {
    let space = space(journal).await?;
    let dead = &space.letters.dead;
    if let Some(strange) = which.seqs.iter().find(|seq| !dead.contains_key(seq)) {
        bail!(
            "no message was given up in record {strange}\nhint: midwatch outlet dead lists those that were"
        );
    }
    let chosen = dead
        .iter()
        .filter(|(seq, _)| which.all || which.seqs.contains(seq));
    let drafts: Vec<Draft> = chosen
        .map(|(_, dead)| Draft::new(context.operator(), &dead.wanted(wanted.clone())))
        .collect();
    let many = drafts.len();
    if many > 0 {
        journal.append(&StreamId::space(), None, None, drafts).await?;
    }
    Ok(many)
}
