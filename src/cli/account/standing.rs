//! How an account stands: whether it lets midwatch in, in each region, and which reads it denies.

use std::io::Write;

use color_eyre::eyre::Result;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    aws::{AwsError, TransportError},
    config::{Account, Space},
    model::inert,
    sources::aws::{
        accounts::{Accounts, regions},
        probe::{Access, probe},
    },
};

/// An account that was tried, region by region.
pub(super) struct Tested {
    account: String,
    regions: Vec<(String, Result<Access, AwsError>)>,
}

impl Tested {
    /// Tries `account` in every region that is read of it, all at once.
    pub async fn of(
        accounts: &Accounts,
        space: &Space,
        account: &Account,
        region: Option<&str>,
    ) -> Result<Self, TransportError> {
        let mut factories = Vec::new();
        for region in regions(space, account) {
            factories.push(accounts.factory(account, Some(region)).await?);
        }
        if factories.is_empty() {
            factories.push(accounts.factory(account, region).await?);
        }
        let tries = factories
            .iter()
            .map(|factory| async move { (factory.region().to_owned(), probe(factory).await) });
        Ok(Self {
            account: account.id.clone(),
            regions: join_all(tries).await,
        })
    }

    /// What keeps midwatch out, and what would let it in; none where it is let in.
    pub fn wrong(&self) -> Option<(String, String)> {
        self.regions.iter().find_map(|(_, outcome)| match outcome {
            Err(error) => Some((inert(&error.to_string()), error.hint())),
            Ok(access) if access.account != self.account => Some((
                format!("the AWS credentials are of account {}", inert(&access.account)),
                "give it a role with --role, or a profile whose credentials are its own with --profile"
                    .to_owned(),
            )),
            Ok(_) => None,
        })
    }

    /// One line a region; a fault that they share is said once.
    pub fn print(&self, out: &mut impl Write) -> Result<()> {
        if let Some((what, hint)) = self.wrong() {
            writeln!(out, "  {what}\n  hint: {hint}")?;
            return Ok(());
        }
        let mut denies = false;
        for (region, outcome) in &self.regions {
            let Ok(access) = outcome else { continue };
            write!(out, "  {region}  active as {}", inert(&access.caller))?;
            if !access.denied.is_empty() {
                denies = true;
                write!(out, "; denied: {}", access.denied.join(", "))?;
            }
            writeln!(out)?;
            for failed in &access.failed {
                writeln!(out, "  {region}  {}", inert(failed))?;
            }
        }
        if denies {
            writeln!(
                out,
                "  hint: what is denied becomes a gap; midwatch iam policy prints the whole read-only policy"
            )?;
        }
        Ok(())
    }

    /// For machines.
    pub fn json(&self) -> Value {
        let wrong = self.wrong();
        let regions: Vec<Value> = self
            .regions
            .iter()
            .map(|(region, outcome)| match outcome {
                Ok(access) => json!({
                    "region": region,
                    "caller": access.caller,
                    "denied": access.denied,
                    "failed": access.failed,
                }),
                Err(error) => json!({"region": region, "error": error.to_string(), "hint": error.hint()}),
            })
            .collect();
        json!({
            "status": if wrong.is_none() { "active" } else { "not active" },
            "why": wrong.as_ref().map(|(what, _)| what),
            "hint": wrong.as_ref().map(|(_, hint)| hint),
            "regions": regions,
        })
    }
}
