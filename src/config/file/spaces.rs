//! `[spaces.NAME]`, as it is written.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::config::{
    Account, Association, ConfigError, Connection, ConnectionKind, Mapping, Notice, Queue, Space, Watch,
    outlet::WrittenSending,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    regions: Vec<String>,
    accounts: Vec<Spanned<WrittenAccount>>,
    connections: BTreeMap<Spanned<String>, WrittenAssociation>,
    watch: WrittenWatch,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenWatch {
    alarms: bool,
    every: Option<Spanned<u64>>,
    names: Vec<String>,
    queue: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAccount {
    id: String,
    name: Option<String>,
    role: Option<String>,
    external_id: Option<String>,
    profile: Option<String>,
    regions: Vec<String>,
    stacks: Vec<String>,
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAssociation {
    tools: Vec<String>,
    only_listed: bool,
    projects: Vec<String>,
    namespaces: Vec<String>,
    scope: BTreeMap<String, Vec<String>>,
    deploys: Vec<WrittenMapping>,
    send: Option<Vec<Notice>>,
    channel: Option<String>,
    issues: Option<String>,
    source: Option<String>,
    detail_type: Option<String>,
    demos: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMapping {
    project: String,
    resource: String,
}

impl Written {
    pub(super) fn validated(
        self,
        reader: &Reader<'_>,
        known: &BTreeMap<String, Connection>,
    ) -> Result<Space, ConfigError> {
        let mut accounts: Vec<Account> = Vec::new();
        for written in self.accounts {
            let line = written.span().start;
            let account = written.into_inner().validated(reader, line)?;
            if accounts.iter().any(|other| other.id == account.id) {
                let what = format!("account {} stands here twice", account.id);
                return Err(reader.wrong(Some(line), what, "keep one of the two"));
            }
            accounts.push(account);
        }
        let mut connections = BTreeMap::new();
        for (name, association) in self.connections {
            let line = name.span().start;
            let name = name.into_inner();
            let Some(connection) = known.get(&name) else {
                let what = format!("there is no connection '{}'", crate::model::inert(&name));
                let hint = if known.is_empty() {
                    "midwatch connection add registers one".to_owned()
                } else {
                    let names: Vec<&str> = known.keys().map(String::as_str).collect();
                    format!(
                        "there are {}; midwatch connection add registers another",
                        names.join(", ")
                    )
                };
                return Err(reader.wrong(Some(line), what, &hint));
            };
            let association = association
                .validated(connection.kind)
                .map_err(|(what, hint)| reader.wrong(Some(line), what, &hint))?;
            connections.insert(name, association);
        }
        Ok(Space {
            accounts,
            regions: self.regions,
            connections,
            watch: self.watch.validated(reader)?,
        })
    }
}

/// Seconds between two looks at the alarms: below, CloudWatch's quota would be spent on them; above, it is no watch.
const EVERY: std::ops::RangeInclusive<u64> = 10..=3_600;

impl WrittenWatch {
    fn validated(self, reader: &Reader<'_>) -> Result<Watch, ConfigError> {
        let defaults = Watch::default();
        let every = match self.every {
            None => defaults.every,
            Some(written) => {
                let seconds = *written.get_ref();
                if !EVERY.contains(&seconds) {
                    let what = format!("alarms cannot be looked at every {seconds} seconds");
                    return Err(reader.wrong(
                        Some(written.span().start),
                        what,
                        "every = 60 is usual; from 10 to 3600",
                    ));
                }
                Duration::from_secs(seconds)
            }
        };
        let queue = match self.queue {
            None => None,
            Some(written) => {
                let line = written.span().start;
                let word = written.into_inner();
                let queue = Queue::of(&word).ok_or_else(|| {
                    let what = format!("'{}' is no SQS queue", crate::model::inert(&word));
                    let hint = "queue = \"arn:aws:sqs:REGION:ACCOUNT:NAME\", or its URL";
                    reader.wrong(Some(line), what, hint)
                })?;
                Some(queue)
            }
        };
        Ok(Watch {
            alarms: self.alarms,
            every,
            names: self.names,
            queue,
        })
    }
}

impl WrittenAccount {
    fn validated(self, reader: &Reader<'_>, line: usize) -> Result<Account, ConfigError> {
        let digits = self.id.len() == 12 && self.id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            let what = format!("'{}' is no AWS account", crate::model::inert(&self.id));
            return Err(reader.wrong(Some(line), what, "id has twelve digits, in quotes"));
        }
        if let Some(role) = &self.role {
            let of = account_of_role(role);
            if of != Some(self.id.as_str()) {
                let what = match of {
                    Some(other) => format!("the role of account {} is one of account {other}", self.id),
                    None => format!("'{}' is no ARN of a role", crate::model::inert(role)),
                };
                let hint = format!("role = \"arn:aws:iam::{}:role/NAME\"", self.id);
                return Err(reader.wrong(Some(line), what, &hint));
            }
        }
        Ok(Account {
            id: self.id,
            name: self.name,
            role: self.role,
            external_id: self.external_id,
            profile: self.profile,
            regions: self.regions,
            stacks: self.stacks,
            tags: self.tags,
        })
    }
}

/// The account in `arn:PARTITION:iam::ACCOUNT:role/NAME`.
fn account_of_role(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let lead = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let account = parts.next()?;
    let name = parts.next()?.strip_prefix("role/")?;
    let fine = lead[0] == "arn" && lead[1].starts_with("aws") && lead[2] == "iam" && lead[3].is_empty();
    (fine && !name.is_empty()).then_some(account)
}

impl WrittenAssociation {
    /// What it means for a connection of this kind. The error is what is wrong, and what to write.
    fn validated(self, kind: ConnectionKind) -> Result<Association, (String, String)> {
        let sending = WrittenSending {
            send: self.send,
            channel: self.channel,
            issues: self.issues,
            source: self.source,
            detail_type: self.detail_type,
            demos: self.demos,
        };
        Ok(Association {
            sending: sending.validated(kind)?,
            tools: self.tools,
            only_listed: self.only_listed,
            projects: self.projects,
            namespaces: self.namespaces,
            scope: self.scope,
            deploys: self
                .deploys
                .into_iter()
                .map(|WrittenMapping { project, resource }| Mapping { project, resource })
                .collect(),
        })
    }
}
