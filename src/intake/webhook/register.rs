//! Webhooks are made, listed, changed and removed. What opens one is shown once, and every change is a record in its space.

use jiff::{SignedDuration, Timestamp};

use super::{
    Failures, Scheme, WebhookKind,
    card::{Kept, PREFIX, Stored, Webhook},
    condition::Condition,
    seal::{Keeper, SealError, random},
};
use crate::{
    journal::{
        Actor, Body, Draft, Journal, StoreError, StreamId,
        body::{Access, AccessChange},
        canonical::sha256,
    },
    model::{Text, inert},
    redact::Secret,
};

/// Shortest secret that a sender may bring along, in bytes.
const SHORTEST: usize = 16;

/// What is wanted of a new webhook.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// What sends to it.
    pub kind: WebhookKind,
    /// How its requests are proved; none: the usual way of its kind.
    pub scheme: Option<Scheme>,
    /// Which events it takes.
    pub conditions: Vec<String>,
    /// The topic (SNS).
    pub topic: Option<String>,
    /// A secret that its sender has made; none: one is made here.
    pub secret: Option<Secret>,
    /// What its pipelines' failures do; none: as is usual for what they are.
    pub failures: Option<Failures>,
}

/// A webhook, and what opens it: shown now or never.
#[derive(Debug, Clone)]
pub struct Made {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret that was made for it; none where there is none, or its sender made it.
    pub secret: Option<Secret>,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The journal failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Secrets cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was asked for cannot be; a sentence with a hint.
    #[error("{0}")]
    Refused(String),
    /// Somebody else changed it at the same moment.
    #[error(
        "webhook {0} was changed by somebody else just now\nhint: midwatch webhook list shows how it stands"
    )]
    Raced(String),
}

/// The space's webhooks.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Oldest first, each with the version of its row.
    pub webhooks: Vec<(u64, Webhook)>,
    /// Rows that this version of the program does not understand, and why: those webhooks are closed, the others are not.
    pub unread: Vec<(String, String)>,
}

/// The space's webhooks, and what stands among them that is none.
///
/// # Errors
/// When the journal cannot be read.
pub async fn rows(journal: &Journal) -> Result<Rows, StoreError> {
    let mut rows = Rows::default();
    for (row, setting) in journal.settings(PREFIX).await? {
        match serde_json::from_str::<Webhook>(&setting.value) {
            Ok(webhook) => rows.webhooks.push((setting.version, webhook)),
            Err(error) => rows.unread.push((inert(&row), inert(&error.to_string()))),
        }
    }
    rows.webhooks
        .sort_by(|(_, one), (_, two)| (one.created, &one.id).cmp(&(two.created, &two.id)));
    Ok(rows)
}

/// The space's webhooks, oldest first, each with the version of its row. What this version does not understand is left out.
///
/// # Errors
/// When the journal cannot be read.
pub async fn list(journal: &Journal) -> Result<Vec<(u64, Webhook)>, StoreError> {
    Ok(rows(journal).await?.webhooks)
}

/// Makes a webhook.
///
/// # Errors
/// When its kind does not allow what is wanted, its name is taken, or it cannot be kept.
pub async fn create(
    journal: &Journal,
    keeper: &Keeper,
    actor: Actor,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Made, RegisterError> {
    let scheme = scheme(wanted.kind, wanted.scheme)?;
    name(&wanted.name)?;
    topic(wanted.kind, wanted.topic.as_deref())?;
    for condition in &wanted.conditions {
        Condition::parse(condition).map_err(RegisterError::Refused)?;
    }
    if list(journal)
        .await?
        .iter()
        .any(|(_, there)| there.name == wanted.name)
    {
        return Err(RegisterError::Refused(format!(
            "there is a webhook '{}' already\nhint: another name, or midwatch webhook rotate {0}",
            wanted.name
        )));
    }
    let id = ulid::Ulid::from_bytes(random()?).to_string().to_lowercase();
    let mut webhook = Webhook {
        id,
        name: wanted.name,
        kind: wanted.kind,
        scheme,
        topic: wanted.topic,
        conditions: wanted.conditions,
        failures: failures(wanted.kind, wanted.failures)?,
        created: now,
        proofs: Vec::new(),
    };
    let (kept, secret) = proof(keeper, &webhook, wanted.secret).await?;
    webhook.proofs.extend(kept.map(|what| Kept { what, until: None }));
    write(journal, actor, &webhook, 0, AccessChange::Made).await?;
    Ok(Made { webhook, secret })
}

/// Gives a webhook another secret. The old one is refused at once, or after `keep_old`.
///
/// # Errors
/// When there is no such webhook, it has no secret, or it cannot be kept.
pub async fn rotate(
    journal: &Journal,
    keeper: &Keeper,
    actor: Actor,
    called: &str,
    given: Option<Secret>,
    keep_old: Option<SignedDuration>,
    now: Timestamp,
) -> Result<Made, RegisterError> {
    let (version, mut webhook) = find(journal, called).await?;
    if !webhook.scheme.has_secret() {
        return Err(RegisterError::Refused(format!(
            "webhook {} has no secret: SNS signs with a certificate of its own\nhint: midwatch webhook remove {0}, and make another",
            webhook.name
        )));
    }
    if let (None, Some(sender)) = (&given, webhook.scheme.secret_of()) {
        return Err(RegisterError::Refused(format!(
            "{sender} makes the secret\nhint: --secret-from stdin, with the secret that {sender} shows"
        )));
    }
    let (kept, secret) = proof(keeper, &webhook, given).await?;
    let until = keep_old.and_then(|keep| now.checked_add(keep).ok());
    webhook.proofs = match until {
        Some(until) => std::mem::take(&mut webhook.proofs)
            .into_iter()
            .map(|old| Kept {
                until: Some(old.until.map_or(until, |before| before.min(until))),
                ..old
            })
            .filter(|old| old.until.is_some_and(|until| until > now))
            .collect(),
        None => Vec::new(),
    };
    let new = kept.map(|what| Kept { what, until: None });
    webhook.proofs.splice(0..0, new);
    write(journal, actor, &webhook, version, AccessChange::Rotated).await?;
    Ok(Made { webhook, secret })
}

/// Closes a webhook for good.
///
/// # Errors
/// When there is no such webhook, or the journal failed.
pub async fn remove(journal: &Journal, actor: Actor, called: &str) -> Result<Webhook, RegisterError> {
    let (version, webhook) = find(journal, called).await?;
    // Closed first: better closed without a record than on record as closed and open.
    if journal.set(&webhook.row(), version, None).await?.is_none() {
        return Err(RegisterError::Raced(webhook.name));
    }
    record(journal, actor, &webhook, AccessChange::Removed).await?;
    Ok(webhook)
}

/// The webhook of this id or name.
///
/// # Errors
/// When there is none.
pub async fn find(journal: &Journal, called: &str) -> Result<(u64, Webhook), RegisterError> {
    let all = list(journal).await?;
    let known: Vec<String> = all.iter().map(|(_, webhook)| webhook.name.clone()).collect();
    let found = all
        .into_iter()
        .find(|(_, webhook)| webhook.id == called || webhook.name == called);
    found.ok_or_else(|| {
        let hint = if known.is_empty() {
            "midwatch webhook create makes one".to_owned()
        } else {
            format!("there are {}; --space names another space", known.join(", "))
        };
        RegisterError::Refused(format!("there is no webhook '{}'\nhint: {hint}", inert(called)))
    })
}

async fn write(
    journal: &Journal,
    actor: Actor,
    webhook: &Webhook,
    seen: u64,
    change: AccessChange,
) -> Result<(), RegisterError> {
    // On record first: nothing opens that nobody is named for.
    record(journal, actor, webhook, change).await?;
    let row = serde_json::to_string(webhook)
        .map_err(|error| StoreError::Damaged(format!("a webhook has no JSON form: {error}")))?;
    match journal.set(&webhook.row(), seen, Some(&row)).await? {
        Some(_) => Ok(()),
        None => Err(RegisterError::Raced(webhook.name.clone())),
    }
}

async fn record(
    journal: &Journal,
    actor: Actor,
    webhook: &Webhook,
    change: AccessChange,
) -> Result<(), StoreError> {
    let access = Body::Access(Access::Webhook {
        change,
        id: webhook.id.clone(),
        name: Text::new().ext(webhook.name.clone()),
        sender: webhook.kind.as_str().to_owned(),
        scheme: webhook.scheme.as_str().to_owned(),
    });
    let drafts = vec![Draft::new(actor, &access)];
    journal.append(&StreamId::space(), None, None, drafts).await?;
    Ok(())
}

/// What is kept of a secret, and the secret when it was made here.
async fn proof(
    keeper: &Keeper,
    webhook: &Webhook,
    given: Option<Secret>,
) -> Result<(Option<Stored>, Option<Secret>), RegisterError> {
    if !webhook.scheme.has_secret() {
        return match given {
            None => Ok((None, None)),
            Some(_) => Err(RegisterError::Refused(
                "SNS has no secret: it signs with a certificate of its own\nhint: leave --secret-from out"
                    .to_owned(),
            )),
        };
    }
    // Its sender makes the secret, some only when they are told the address: the webhook waits for it.
    if given.is_none() && webhook.scheme.secret_of().is_some() {
        return Ok((None, None));
    }
    if given
        .as_ref()
        .is_some_and(|secret| secret.expose().len() < SHORTEST)
    {
        return Err(RegisterError::Refused(format!(
            "the secret is too short to be one\nhint: at least {SHORTEST} characters, as openssl rand -hex 32 prints them"
        )));
    }
    let made = match &given {
        Some(_) => None,
        None => Some(Secret::new(digits(&random::<32>()?))),
    };
    let secret = given.as_ref().or(made.as_ref());
    let stored = match secret {
        None => None,
        Some(secret) if webhook.scheme.is_token() => Some(Stored::Digest(sha256(secret.expose().as_bytes()))),
        Some(secret) => {
            let key = keeper.key_or_new().await?;
            Some(Stored::Sealed(key.seal(&webhook.id, secret)?))
        }
    };
    Ok((stored, made))
}

/// Hexadecimal digits: no shell and no header reads anything else into them.
fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

fn scheme(kind: WebhookKind, wanted: Option<Scheme>) -> Result<Scheme, RegisterError> {
    let allowed = kind.schemes();
    let usual = allowed.first().copied().unwrap_or(Scheme::Timestamped);
    let scheme = wanted.unwrap_or(usual);
    if allowed.contains(&scheme) {
        return Ok(scheme);
    }
    let words: Vec<&str> = allowed.iter().map(|scheme| scheme.as_str()).collect();
    Err(RegisterError::Refused(format!(
        "a webhook of kind {} is not proved by {}\nhint: --scheme {}",
        kind.as_str(),
        scheme.as_str(),
        words.join(" or ")
    )))
}

fn failures(kind: WebhookKind, wanted: Option<Failures>) -> Result<Option<Failures>, RegisterError> {
    if wanted.is_none() || kind.has_pipelines() {
        return Ok(wanted);
    }
    Err(RegisterError::Refused(format!(
        "{} sends nothing about pipelines\nhint: leave --failures out; it is for github, gitlab, eventbridge and sns",
        kind.as_str()
    )))
}

fn name(name: &str) -> Result<(), RegisterError> {
    if crate::config::is_space_name(name) {
        return Ok(());
    }
    Err(RegisterError::Refused(format!(
        "'{}' cannot be the name of a webhook\nhint: letters, digits, - and _, at most 64",
        inert(name)
    )))
}

fn topic(kind: WebhookKind, topic: Option<&str>) -> Result<(), RegisterError> {
    let refused = |why: &str| Err(RegisterError::Refused(why.to_owned()));
    match (kind, topic) {
        (WebhookKind::Sns, None) => refused(
            "a webhook for SNS takes the messages of one topic\nhint: --topic arn:aws:sns:REGION:ACCOUNT:NAME",
        ),
        (WebhookKind::Sns, Some(arn)) => {
            let parts: Vec<&str> = arn.split(':').collect();
            let fine = matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
                if partition.starts_with("aws") && !region.is_empty() && account.len() == 12 && !name.is_empty());
            if fine {
                Ok(())
            } else {
                Err(RegisterError::Refused(format!(
                    "'{}' is no ARN of a topic\nhint: --topic arn:aws:sns:REGION:ACCOUNT:NAME",
                    inert(arn)
                )))
            }
        }
        (_, Some(_)) => refused("only a webhook for SNS has a topic\nhint: leave --topic out, or --kind sns"),
        (_, None) => Ok(()),
    }
}
