//! `midwatch connection`: third parties, registered once for every space, and what each space may use of them.

mod allow;
mod cluster;
mod forge;
mod given;
mod list;
mod login;
mod map;
mod probe;
mod remove;
mod sending;

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail, eyre};
use given::Given;
pub(super) use given::secret_ref;
pub use list::table as columns;
use toml_edit::value;

use super::{Context, webhook};
use crate::{
    config::{Association, Config, Connection, ConnectionKind, edit::Edit, paths},
    model::inert,
    sources::{mcp::Lines, secrets::Secrets},
};

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a third party for every space to associate
    #[command(after_help = "Examples:
  midwatch connection add mcp runbooks --url https://mcp.example.org/mcp --bearer env:RUNBOOKS_TOKEN
  midwatch connection add mcp vendor --url https://mcp.example.com/mcp --oauth
  midwatch connection add mcp robot --url https://mcp.example.com/mcp --client-id ID --client-secret file:~/secret
  midwatch connection add mcp local --command npx -y some-mcp-server
  midwatch connection add github hub --owner acme --bearer env:GITHUB_TOKEN
  midwatch connection add slack chat --bearer env:SLACK_BOT_TOKEN
  midwatch connection add servicenow tickets --url https://acme.service-now.com --client-id ID --client-secret file:~/secret
  midwatch connection add pagerduty pager --api-key env:PAGERDUTY_KEY --from oncall@example.org
  midwatch connection add webhook hook --url https://hooks.example.org/x --hmac env:HOOK_SECRET")]
    Add {
        /// What it is: mcp, datadog, newrelic, splunk, dynatrace, grafana, github, gitlab, eks, slack, servicenow, pagerduty,
        /// webhook or eventbridge
        #[arg(value_parser = kind)]
        kind: ConnectionKind,
        /// What it is called here
        name: String,
        /// Let this space use it, and make the webhook that its vendor sends events to; its secret is shown once
        #[arg(long)]
        webhook: bool,
        #[command(flatten)]
        given: Box<Given>,
    },
    /// Change what was registered; what is not given stays
    #[command(after_help = "Example: midwatch connection edit runbooks --bearer file:/etc/midwatch/token")]
    Edit {
        /// Name of the connection
        name: String,
        #[command(flatten)]
        given: Box<Given>,
    },
    /// List what is registered, how each is told who asks, which spaces use it, and when it was last used
    #[command(after_help = "Example: midwatch connection list --format json")]
    List {
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Try a connection: one line, with the cause and what mends it when it fails
    #[command(after_help = "Example: midwatch connection test runbooks")]
    Test {
        /// Name of the connection
        name: String,
    },
    /// List the projects that a connection to GitHub or GitLab reaches: what `allow` takes
    #[command(after_help = "Example: midwatch connection resources hub orders")]
    Resources {
        /// Name of the connection
        name: String,
        /// Only those that hold this word
        words: Option<String>,
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// List the tools of an MCP server: which only read, which this space may call, which have changed
    #[command(after_help = "Example: midwatch connection tools runbooks --space shop-prod")]
    Tools {
        /// Name of the connection
        name: String,
        /// text or json
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Let this space use tools, projects or namespaces of a connection; approves tools as they look now
    #[command(after_help = "Examples:
  midwatch connection allow runbooks search_runbooks --space shop-prod
  midwatch connection allow hub acme/orders
  midwatch connection allow runbooks search_runbooks --remove")]
    Allow(allow::Args),
    /// Let this space use a connection: of an MCP server, the tools that only read; or send to it
    #[command(after_help = "Examples:
  midwatch connection associate runbooks --space shop-prod
  midwatch connection associate metrics --space shop-prod --webhook
  midwatch connection associate chat --channel C0123456789
  midwatch connection associate tickets --send status,cause,mitigation_summary
  midwatch connection associate hub --issues acme/orders")]
    Associate {
        /// Name of the connection
        name: String,
        /// Make the webhook that its vendor sends events to; its secret is shown once
        #[arg(long)]
        webhook: bool,
        #[command(flatten)]
        sending: Box<sending::Given>,
    },
    /// Take a connection from this space
    #[command(after_help = "Example: midwatch connection dissociate runbooks --space shop-prod")]
    Dissociate {
        /// Name of the connection
        name: String,
    },
    /// Say which AWS resource a project puts in place
    #[command(
        after_help = "Example: midwatch connection map hub acme/orders arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/1"
    )]
    Map(map::Args),
    /// Log in with OAuth: prints an address to open; on a jump host, paste the address that the browser was sent to
    #[command(after_help = "Example: midwatch connection login vendor")]
    Login(login::Args),
    /// Forget a connection that no space uses
    #[command(after_help = "Example: midwatch connection remove runbooks")]
    Remove {
        /// Name of the connection
        name: String,
    },
}

fn kind(word: &str) -> Result<ConnectionKind, String> {
    let found = ConnectionKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    found.ok_or_else(|| {
        let all: Vec<&str> = ConnectionKind::ALL
            .into_iter()
            .map(ConnectionKind::as_str)
            .collect();
        format!("there are {}", all.join(", "))
    })
}

/// Runs the command.
pub async fn run(context: &Context, command: Command, out: &mut dyn Write) -> Result<u8> {
    match command {
        Command::Add {
            kind,
            name,
            webhook: wanted,
            given,
        } => {
            if wanted && webhook::of_connection(kind).is_none() {
                bail!(
                    "{} sends no events by itself\nhint: leave --webhook out; midwatch webhook create NAME --kind generic takes those of anything",
                    kind.as_str()
                );
            }
            add(context, kind, &name, &given, out)?;
            if wanted {
                associate(context, &name, kind, &sending::Given::default(), true, out).await?;
            }
        }
        Command::Edit { name, given } => {
            known(&context.config, &name)?;
            let mut edit = open()?;
            given.write(table(&mut edit, &["connections", &name])?)?;
            edit.save()?;
            writeln!(out, "changed: {name}\ntry it: midwatch connection test {name}")?;
        }
        Command::List { format } => list::run(&context.config, format == "json", out)?,
        Command::Test { name } if is_forge(context, &name)? => forge::test(context, &name, out).await?,
        Command::Test { name } if known(&context.config, &name)?.kind == ConnectionKind::Eks => {
            cluster::test(context, &name, out).await?;
        }
        Command::Test { name } if known(&context.config, &name)?.kind.only_sends() => {
            sending::test(context, &name, out).await?;
        }
        Command::Test { name } => probe::test(context, &name, out).await?,
        Command::Resources { name, words, format } => {
            if !is_forge(context, &name)? {
                bail!("connection {name} has no projects\nhint: midwatch connection tools {name}");
            }
            forge::resources(context, &name, words.as_deref(), format == "json", out).await?;
        }
        Command::Tools { name, format } => probe::tools(context, &name, format == "json", out).await?,
        Command::Allow(args) => allow::run(context, &args, out).await?,
        Command::Associate {
            name,
            webhook: wanted,
            sending,
        } => {
            let kind = known(&context.config, &name)?.kind;
            associate(context, &name, kind, &sending, wanted, out).await?;
        }
        Command::Dissociate { name } => {
            let mut edit = open()?;
            let space = context.config.space.as_str();
            if !edit.remove(&["spaces", space, "connections"], &name) {
                bail!(
                    "space {space} does not use '{}'\nhint: midwatch connection list says which spaces do",
                    inert(&name)
                );
            }
            edit.save()?;
            writeln!(out, "space {space} no longer uses {name}")?;
        }
        Command::Map(args) => map::run(context, &args, out)?,
        Command::Login(args) => login::run(context, &args, out).await?,
        Command::Remove { name } => remove::run(&context.config, &name, out)?,
    }
    Ok(0)
}

/// Lets the open space use a connection; its vendor's webhook is made when it is wanted, and offered otherwise.
async fn associate(
    context: &Context,
    name: &str,
    kind: ConnectionKind,
    sending: &sending::Given,
    wanted: bool,
    out: &mut dyn Write,
) -> Result<()> {
    let mut edit = open()?;
    sending.write(associated(context, &mut edit, name)?);
    let config = edit.save()?;
    writeln!(out, "space {} uses {name} now", context.config.space)?;
    sending::say(&config, &context.config.space, name, out)?;
    if wanted {
        return webhook::for_connection(context, name, kind, out).await;
    }
    if let Some(sender) = webhook::of_connection(kind) {
        writeln!(
            out,
            "let its alerts start investigations: midwatch webhook create {name} --kind {}",
            sender.as_str()
        )?;
    }
    Ok(())
}

fn add(
    context: &Context,
    kind: ConnectionKind,
    name: &str,
    given: &Given,
    out: &mut dyn Write,
) -> Result<()> {
    if context.config.connections.contains_key(name) {
        bail!(
            "there is a connection '{name}' already\nhint: midwatch connection edit {name}, or another name"
        );
    }
    let mut edit = open()?;
    let written = table(&mut edit, &["connections", name])?;
    written["kind"] = value(kind.as_str());
    given.write(written)?;
    let made = edit.makes();
    let config = edit.save()?;
    let connection = known(&config, name)?;
    if let Some(path) = made {
        writeln!(out, "created: {}", paths::short(&path))?;
    }
    writeln!(out, "added: {name} ({})", kind.as_str())?;
    if let crate::config::Auth::OAuth { .. } = connection.auth {
        writeln!(out, "log in: midwatch connection login {name}")?;
    }
    writeln!(
        out,
        "try it: midwatch connection test {name}\nlet a space use it: midwatch connection associate {name} --space SPACE"
    )?;
    Ok(())
}

/// The configuration file, to be changed.
fn open() -> Result<Edit> {
    let path: PathBuf = paths::config_file().ok_or_else(|| {
        eyre!("there is no home folder to keep the configuration in\nhint: set HOME or MIDWATCH_CONFIG")
    })?;
    Ok(Edit::open(&path)?)
}

fn table<'e>(edit: &'e mut Edit, steps: &[&str]) -> Result<&'e mut toml_edit::Table> {
    let place = steps.join(".");
    edit.table(steps).ok_or_else(|| {
        eyre!(
            "{place} in the configuration is no table of its own\nhint: write it as [{place}] and try again"
        )
    })
}

/// What the space of `context` says of a connection, there from now on.
fn associated<'e>(context: &Context, edit: &'e mut Edit, name: &str) -> Result<&'e mut toml_edit::Table> {
    let table = table(edit, &["spaces", &context.config.space, "connections", name])?;
    // Without a word in it, it would not be written at all.
    table.set_implicit(false);
    Ok(table)
}

fn known<'c>(config: &'c Config, name: &str) -> Result<&'c Connection> {
    config.connections.get(name).ok_or_else(|| {
        let names: Vec<&str> = config.connections.keys().map(String::as_str).collect();
        let hint = if names.is_empty() {
            "midwatch connection add registers one".to_owned()
        } else {
            format!("there are {}", names.join(", "))
        };
        eyre!("there is no connection '{}'\nhint: {hint}", inert(name))
    })
}

/// True for GitHub and GitLab.
fn is_forge(context: &Context, name: &str) -> Result<bool> {
    let kind = known(&context.config, name)?.kind;
    Ok(matches!(kind, ConnectionKind::Github | ConnectionKind::Gitlab))
}

/// What the open space may use of a connection; none when it does not use it.
fn association(context: &Context, name: &str) -> Option<Association> {
    let space = context.config.spaces.get(&context.config.space)?;
    space.connections.get(name).cloned()
}

/// Conversations with MCP servers, for one command.
fn lines(context: &Context) -> Result<Lines> {
    let config = &context.config;
    Ok(Lines::new(
        config.net(),
        Secrets::of(config),
        Some(paths::data()?),
    ))
}
