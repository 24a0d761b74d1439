//! `midwatch iam`: what AWS has to allow, generated from the closed list of operations.

use std::io::Write;

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use super::Context;
use crate::{
    aws::{self, Operation},
    model::inert,
    sources::secrets::kept,
};

/// What to print.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The read-only IAM policy
    #[command(
        after_help = "Examples:\n  midwatch iam policy > midwatch-read-only.json\n  midwatch iam policy --support > midwatch-support.json"
    )]
    Policy {
        /// For the identity that midwatch runs as: it also takes the roles of the space's accounts, and reads the secrets of
        /// connections that AWS keeps
        #[arg(long)]
        primary: bool,
        /// With leave to ask AWS Support: cases are opened and answered when an operator has confirmed it
        #[arg(long)]
        support: bool,
    },
    /// The trust policy of a role that midwatch takes in another account
    #[command(
        after_help = "Example: midwatch iam trust --account 111122223333 --external-id shop > midwatch-trust.json"
    )]
    Trust {
        /// Account that midwatch's own credentials belong to
        #[arg(long, value_name = "ID")]
        account: String,
        /// External id that has to be given with the role
        #[arg(long, value_name = "ID")]
        external_id: Option<String>,
        /// Who may take the role; whoever that account lets, when left out
        #[arg(long, value_name = "ARN")]
        principal: Option<String>,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: Command, out: &mut impl Write) -> Result<u8> {
    let policy = match command {
        Command::Policy { primary, support } => {
            let accounts = context.config.open_space().accounts;
            let roles: Vec<String> = accounts.into_iter().filter_map(|account| account.role).collect();
            let policy = if primary {
                aws::primary_policy(&roles)
            } else {
                aws::read_only_policy()
            };
            let policy = if support {
                aws::with_support(policy)
            } else {
                policy
            };
            // Without roles, the identity that midwatch runs as is the one that reads.
            let own = primary || roles.is_empty();
            let policy = if own {
                aws::with_secrets(policy, &secrets(context))
            } else {
                policy
            };
            aws::with_queues(policy, &queues(context, own))
        }
        Command::Trust {
            account,
            external_id,
            principal,
        } => {
            let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if !digits {
                bail!(
                    "'{}' is no AWS account\nhint: an account has twelve digits; aws sts get-caller-identity tells yours",
                    inert(&account)
                );
            }
            let principal = principal.unwrap_or_else(|| format!("arn:aws:iam::{account}:root"));
            aws::trust_policy(&principal, external_id.as_deref())
        }
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&policy)?)?;
    Ok(0)
}

/// The ARN of the space's queue, for whoever takes from it: the role of its account, or else the identity that midwatch runs
/// as (`own`).
fn queues(context: &Context, own: bool) -> Vec<String> {
    let space = context.config.open_space();
    let mine = space.watch.queue.into_iter().filter(|queue| {
        let account = space
            .accounts
            .iter()
            .find(|account| account.id == queue.place.account);
        let has_role = account.is_some_and(|account| account.role.is_some());
        has_role != own
    });
    mine.map(|queue| queue.arn()).collect()
}

/// What reads each secret that the configuration names and AWS keeps, and its ARN.
fn secrets(context: &Context) -> Vec<(&'static Operation, String)> {
    let config = &context.config;
    let region = context.secrets_region();
    let primary = config.open_space().accounts.into_iter().next();
    // With a role, its account is not that of the credentials which take it.
    let account = primary.filter(|account| account.role.is_none());
    let account = account.as_ref().map(|account| account.id.as_str());
    config
        .secrets()
        .filter_map(kept)
        .flat_map(|kept| {
            let region = kept.region().unwrap_or(&region).to_owned();
            let resources = kept.resources(&region, account);
            let operation = kept.operation();
            resources.into_iter().map(move |resource| (operation, resource))
        })
        .collect()
}
