//! `midwatch account`: which AWS accounts a space reads.

mod standing;
mod written;

use std::{collections::BTreeMap, io::Write};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail, eyre};
use serde_json::json;

use self::standing::Tested;
use super::Context;
use crate::{
    config::{Account, edit::Edit, paths},
    model::inert,
    sources::aws::accounts::{Accounts, regions},
};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let the space read one more account; it is tried at once
    #[command(
        after_help = "Examples:\n  midwatch account add 111122223333 --primary --regions eu-west-1,us-east-1\n  midwatch account add 444455556666 --name payments --role arn:aws:iam::444455556666:role/midwatch --external-id shop"
    )]
    Add(Box<Add>),
    /// The accounts of the space, the primary one first
    #[command(after_help = "Example: midwatch account list --test")]
    List {
        /// Ask AWS whether each lets midwatch in
        #[arg(long)]
        test: bool,
        /// How the list is written
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Try the roles, and which reads they allow, in every region
    #[command(after_help = "Example: midwatch account test 444455556666")]
    Test {
        /// The account; every one, when left out
        id: Option<String>,
        /// How the outcome is written
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Let the space no longer read an account; its role stays in AWS
    #[command(after_help = "Example: midwatch account remove 444455556666")]
    Remove {
        /// The account
        id: String,
    },
}

/// Options of `midwatch account add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The account: twelve digits
    id: String,
    /// What people call it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Role to assume there; without it the credentials at hand (or the profile's) have to be the account's own
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// External id that the role's trust asks for
    #[arg(long, value_name = "ID", requires = "role")]
    external_id: Option<String>,
    /// Profile whose credentials are used, or assume the role
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Regions to read; the space's, when left out
    #[arg(long, value_name = "REGIONS", value_delimiter = ',')]
    regions: Vec<String>,
    /// Discover only the resources of this stack (name or ARN); may be given several times
    #[arg(long = "stack", value_name = "STACK")]
    stacks: Vec<String>,
    /// Discover only resources with this tag (KEY or KEY=VALUE); may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]")]
    tags: Vec<String>,
    /// Make it the primary account, where investigations are at home
    #[arg(long)]
    primary: bool,
    /// Keep the entry without trying it
    #[arg(long)]
    no_test: bool,
}

/// How accounts are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One array
    Json,
}

/// Runs the command.
pub async fn run(context: &Context, command: Command, out: &mut impl Write) -> Result<u8> {
    match command {
        Command::Add(add) => self::add(context, *add, out).await,
        Command::List { test, format } => {
            let all = context.config.open_space().accounts;
            list(context, &all, test, format, out).await?;
            Ok(0)
        }
        Command::Test { id, format } => {
            let space = context.config.open_space();
            let chosen: Vec<Account> = match &id {
                Some(id) => vec![known(context, id)?],
                None => space.accounts,
            };
            let fine = list(context, &chosen, true, format, out).await?;
            Ok(u8::from(!fine))
        }
        Command::Remove { id } => remove(context, &id, out),
    }
}

fn known(context: &Context, id: &str) -> Result<Account> {
    let accounts = context.config.open_space().accounts;
    let listed: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let hint = match listed.as_slice() {
        [] => "midwatch account add adds one".to_owned(),
        _ => format!("there are {}", listed.join(", ")),
    };
    let found = accounts.iter().find(|account| account.id == id).cloned();
    found.ok_or_else(|| {
        eyre!(
            "space {} has no account '{}'\nhint: {hint}",
            context.config.space,
            inert(id)
        )
    })
}

fn edit() -> Result<Edit> {
    let path = paths::config_file().ok_or_else(|| {
        eyre!("there is no home folder to keep the configuration in\nhint: set MIDWATCH_CONFIG to a file")
    })?;
    Ok(Edit::open(&path)?)
}

/// `KEY` or `KEY=VALUE` several times over.
fn tags(given: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tag in given {
        let (key, value) = tag
            .split_once('=')
            .map_or((tag.as_str(), None), |(key, value)| (key, Some(value)));
        let values = tags.entry(key.to_owned()).or_default();
        values.extend(value.map(ToOwned::to_owned));
    }
    tags
}

async fn add(context: &Context, add: Add, out: &mut impl Write) -> Result<u8> {
    let name = &context.config.space;
    let space = context.config.open_space();
    if space.accounts.iter().any(|account| account.id == add.id) {
        bail!(
            "account {} is in space {name} already\nhint: midwatch account remove {} first, to add it otherwise",
            add.id,
            add.id
        );
    }
    let account = Account {
        id: add.id,
        name: add.name,
        role: add.role,
        external_id: add.external_id,
        profile: add.profile,
        regions: add.regions,
        stacks: add.stacks,
        tags: tags(&add.tags),
    };
    let mut edit = edit()?;
    written::put(&mut edit, name, &account, add.primary)?;
    // A mistake in what was given is told before anybody is asked.
    edit.outcome()?;
    let mut tested = None;
    if !add.no_test {
        let found = Tested::of(
            &Accounts::new(name, context.config.net()),
            &space,
            &account,
            context.config.region.as_deref(),
        )
        .await?;
        if let Some((what, hint)) = found.wrong() {
            bail!(
                "account {} was not added: {what}\nhint: {hint}; --no-test adds it as it is",
                account.id
            );
        }
        tested = Some(found);
    }
    let made = edit.makes();
    edit.save()?;
    if let Some(path) = made {
        writeln!(out, "created: {}", paths::short(&path))?;
    }
    let place = match add.primary || space.accounts.is_empty() {
        true => "its primary account",
        false => "a secondary account",
    };
    writeln!(out, "{} is now {place} of space {name}.", called(&account))?;
    match &tested {
        Some(tested) => tested.print(out)?,
        None => writeln!(out, "It was not tried: midwatch account test {}", account.id)?,
    }
    Ok(0)
}

/// True when every account that was tried lets midwatch in.
async fn list(
    context: &Context,
    accounts: &[Account],
    test: bool,
    format: Format,
    out: &mut impl Write,
) -> Result<bool> {
    let name = &context.config.space;
    let space = context.config.open_space();
    let opened = Accounts::new(name, context.config.net());
    let region = context.config.region.as_deref();
    let tests = accounts.iter().map(|account| {
        let (opened, space) = (&opened, &space);
        async move {
            match test {
                true => Tested::of(opened, space, account, region).await.map(Some),
                false => Ok(None),
            }
        }
    });
    let tests = futures_util::future::try_join_all(tests).await?;
    let fine = tests.iter().flatten().all(|tested| tested.wrong().is_none());
    if format == Format::Json {
        let rows: Vec<_> = accounts
            .iter()
            .zip(&tests)
            .map(|(account, tested)| {
                json!({
                    "id": account.id,
                    "name": account.name,
                    "primary": space.accounts.first().is_some_and(|first| first.id == account.id),
                    "role": account.role,
                    "external_id": account.external_id,
                    "profile": account.profile,
                    "regions": regions(&space, account),
                    "stacks": account.stacks,
                    "tags": account.tags,
                    "test": tested.as_ref().map(Tested::json),
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        return Ok(fine);
    }
    if accounts.is_empty() {
        writeln!(
            out,
            "Space {name} names no account: it reads what the AWS credentials at hand read.\nhint: midwatch account add ID --role ARN"
        )?;
    }
    for (account, tested) in accounts.iter().zip(&tests) {
        let rank = match space.accounts.first() {
            Some(first) if first.id == account.id => "primary",
            _ => "secondary",
        };
        let status = match tested {
            Some(tested) if tested.wrong().is_none() => "active",
            Some(_) => "not active",
            None => "not tried",
        };
        let by = match (&account.role, &account.profile) {
            (Some(role), Some(profile)) => format!("{role} (profile {profile})"),
            (Some(role), None) => role.clone(),
            (None, Some(profile)) => format!("profile {profile}"),
            (None, None) => "the credentials at hand".to_owned(),
        };
        writeln!(out, "{}  {rank}  {status}  {}", called(account), inert(&by))?;
        match tested {
            Some(tested) => tested.print(out)?,
            None if regions(&space, account).is_empty() => {}
            None => writeln!(out, "  {}", regions(&space, account).join(", "))?,
        }
    }
    Ok(fine)
}

fn remove(context: &Context, id: &str, out: &mut impl Write) -> Result<u8> {
    let account = known(context, id)?;
    let name = &context.config.space;
    let mut edit = edit()?;
    written::take(&mut edit, name, id)?;
    edit.save()?;
    writeln!(out, "{} is no longer read by space {name}.", called(&account))?;
    if let Some(role) = &account.role {
        let short = role.rsplit('/').next().unwrap_or(role);
        writeln!(
            out,
            "Its role stays in AWS: {}\nhint: when nothing else takes it, remove its policies and then, in account {id}: aws iam delete-role --role-name {}",
            inert(role),
            inert(short)
        )?;
    }
    Ok(0)
}

/// `444455556666 (payments)`.
fn called(account: &Account) -> String {
    match &account.name {
        Some(name) => format!("{} ({})", account.id, inert(name)),
        None => account.id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn tags_are_keys_with_any_or_some_values() {
        let given = ["team", "env=prod", "env=stage"].map(str::to_owned);
        let tags = tags(&given);
        assert!(tags["team"].is_empty());
        assert_eq!(tags["env"], ["prod", "stage"]);
    }
}
