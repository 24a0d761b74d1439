//! One file a subcommand; this one holds what they share on the command line.

mod account;
pub mod bench;
mod capture;
mod connection;
mod console;
mod context;
mod demo;
mod doctor;
mod event;
mod iam;
mod investigate;
pub mod journal;
mod keys;
mod logs;
mod maintenance;
mod outlet;
mod patterns;
mod progress;
mod recommendations;
mod record;
mod report;
mod serve;
mod store;
mod support;
pub mod topology;
mod webhook;

use clap::{Parser, Subcommand};
use color_eyre::eyre::Result;
pub use context::Context;

/// A terminal console for on-call engineers, with an engine that investigates AWS incidents by itself.
#[derive(Debug, Parser)]
#[command(
    name = "midwatch",
    version,
    arg_required_else_help = false,
    after_help = "Without a command, the console opens on the default space.\n\nExample: midwatch demo"
)]
pub struct Cli {
    /// What to do; the console, when left out.
    #[command(subcommand)]
    command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Common {
    /// Agent Space to work in
    #[arg(long, global = true, env = "MIDWATCH_SPACE", value_name = "NAME")]
    pub space: Option<String>,
    /// AWS region; else the usual AWS environment decides
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Theme of the console: dark, light, high-contrast, colour-blind-safe, ansi16, mono, or one of your own
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Draw with ASCII alone
    #[arg(long, global = true)]
    pub ascii: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the console on an incident that ships with the program; needs nothing
    Demo(demo::Args),
    /// Investigate without a screen: result on stdout, progress on stderr
    Investigate(Box<investigate::Args>),
    /// Score incidents whose truth is known
    Bench(bench::Args),
    /// Mine a log file of any size: what is worth reading, templates, bursts, rare lines
    Logs(logs::Args),
    /// Draw resources and relations
    Topology(topology::TopologyArgs),
    /// Write what an investigation saw as one file that replays offline; or record a whole space before its evidence expires
    Capture(capture::Args),
    /// List, accept and reject recommendations
    Recommendations {
        #[command(subcommand)]
        command: Option<recommendations::Command>,
    },
    /// Read and verify the journal
    Journal {
        #[command(subcommand)]
        command: journal::JournalCommand,
    },
    /// Look after the place where journals are kept: set a server up, move to it, see how it stands
    Store {
        #[command(subcommand)]
        command: store::Command,
    },
    /// List and check incident patterns
    Patterns {
        #[command(subcommand)]
        command: patterns::Command,
    },
    /// List the console's keys, and what the configuration says of them
    Keys(keys::Args),
    /// Look at everything that could stand in the way; list the hosts that a firewall has to let through
    Doctor(doctor::Args),
    /// List, add, try and remove the AWS accounts of the space
    Account {
        #[command(subcommand)]
        command: account::Command,
    },
    /// Register third parties, and say what this space may use of them
    Connection {
        #[command(subcommand)]
        command: connection::Command,
    },
    /// What came in from outside, what is done about it, and how to overrule that
    Event {
        #[command(subcommand)]
        command: Option<event::Command>,
    },
    /// Say what is planned, so that nobody is woken for it
    Maintenance {
        #[command(subcommand)]
        command: Option<maintenance::Command>,
    },
    /// Stand the watch without a screen: webhooks, triage, investigations; ends cleanly on TERM
    Serve(serve::Args),
    /// Make, list, change and remove the addresses that outside systems send events to
    Webhook {
        #[command(subcommand)]
        command: webhook::Command,
    },
    /// Ask AWS Support about an investigation, and talk to it
    Support {
        #[command(subcommand)]
        command: Option<support::Command>,
    },
    /// Where messages go; what would be sent, and what did not arrive
    Outlet {
        #[command(subcommand)]
        command: outlet::Command,
    },
    /// Print what AWS has to allow
    Iam {
        #[command(subcommand)]
        command: iam::Command,
    },
}

impl Cli {
    /// True for a command that has its log on stderr.
    pub const fn logs_itself(&self) -> bool {
        matches!(self.command, Some(Command::Serve(_)))
    }
}

/// Runs the command. Returns the exit code.
pub async fn run(cli: Cli) -> Result<u8> {
    // Needs no configuration, so that a broken one does not stand between an engineer and a log.
    if let Some(Command::Logs(args)) = &cli.command {
        return logs::run(args);
    }
    let makes = matches!(
        &cli.command,
        Some(
            Command::Account {
                command: account::Command::Add(_)
            } | Command::Connection {
                command: connection::Command::Add { .. }
            }
        )
    );
    let only = cli.common.space.clone();
    let context = Context::new(cli.common, makes)?;
    match cli.command {
        None => console::run(&context).await,
        Some(Command::Demo(args)) => demo::run(&context, args).await,
        Some(Command::Investigate(args)) => investigate::run(&context, *args).await,
        Some(Command::Bench(args)) => bench::run(&context, args).await,
        Some(Command::Logs(args)) => logs::run(&args),
        Some(Command::Topology(args)) => topology::run(&context, &args).await,
        Some(Command::Capture(args)) => capture::run(&context, args).await,
        Some(Command::Recommendations { command }) => recommendations::run(&context, command).await,
        Some(Command::Journal { command }) => {
            let journal = context.journal().await?;
            journal::run(command, &journal, context.config.ascii, &mut std::io::stdout()).await
        }
        Some(Command::Store { command }) => store::run(&context, command, &mut std::io::stdout()).await,
        Some(Command::Patterns { command }) => patterns::run(&context, command),
        Some(Command::Keys(args)) => keys::run(&context, &args, &mut std::io::stdout()),
        Some(Command::Doctor(args)) => doctor::run(&context, only, &args, &mut std::io::stdout()).await,
        Some(Command::Account { command }) => account::run(&context, command, &mut std::io::stdout()).await,
        Some(Command::Connection { command }) => {
            connection::run(&context, command, &mut std::io::stdout()).await
        }
        Some(Command::Event { command }) => event::run(&context, command, &mut std::io::stdout()).await,
        Some(Command::Maintenance { command }) => {
            maintenance::run(&context, command, &mut std::io::stdout()).await
        }
        Some(Command::Serve(args)) => serve::run(context, only, args).await,
        Some(Command::Webhook { command }) => webhook::run(&context, command, &mut std::io::stdout()).await,
        Some(Command::Support { command }) => support::run(&context, command).await,
        Some(Command::Outlet { command }) => outlet::run(&context, command, &mut std::io::stdout()).await,
        Some(Command::Iam { command }) => iam::run(&context, command, &mut std::io::stdout()),
    }
}
