//! `midwatch iam`: what AWS has to allow, generated from the closed list of operations.

use std::io::Write;

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use super::Context;
use crate::{aws, model::inert};

/// What to print.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The read-only IAM policy
    #[command(after_help = "Example: midwatch iam policy > midwatch-read-only.json")]
    Policy {
        /// For the identity that midwatch runs as: it also takes the roles of the space's accounts
        #[arg(long)]
        primary: bool,
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
        Command::Policy { primary: false } => aws::read_only_policy(),
        Command::Policy { primary: true } => {
            let accounts = context.config.open_space().accounts;
            let roles: Vec<String> = accounts.into_iter().filter_map(|account| account.role).collect();
            aws::primary_policy(&roles)
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
