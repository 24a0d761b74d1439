//! A webhook, ready for requests.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    auth::Proof,
    card::{Stored, Webhook},
    condition::Condition,
    keys::Keys,
};
use crate::{
    intake::{
        Receives,
        http::limit::{Bucket, Rate},
    },
    journal::Journal,
};

/// A space that events may come into.
#[derive(Clone)]
pub struct SpaceDoor {
    /// Its name.
    pub name: String,
    /// Its journal, where its webhooks stand.
    pub journal: Journal,
    /// Who takes its events.
    pub reception: Arc<dyn Receives>,
}

/// A webhook, ready for requests.
pub struct Live {
    /// Its space.
    pub space: SpaceDoor,
    /// The webhook.
    pub webhook: Webhook,
    /// Which events it takes; all, when there are none.
    pub conditions: Vec<Condition>,
    /// How often it may be called.
    pub bucket: Arc<Bucket>,
    /// Why it cannot be used; none when it can.
    pub trouble: Option<String>,
    version: u64,
    proofs: Vec<(Proof, Option<Timestamp>)>,
}

impl Live {
    /// Ready for requests, as far as it can be. What has not changed since `before` is taken over; whatever was in trouble is
    /// tried again.
    pub(super) async fn of(
        space: &SpaceDoor,
        (version, webhook): (u64, Webhook),
        before: Option<&Arc<Self>>,
        (keys, rate): (&Keys, Rate),
    ) -> Arc<Self> {
        if let Some(live) = before
            && live.version == version
            && live.webhook == webhook
            && live.trouble.is_none()
        {
            return Arc::clone(live);
        }
        let mut trouble = None;
        let proofs = proofs(keys, &webhook).await.unwrap_or_else(|why| {
            trouble = Some(why);
            Vec::new()
        });
        let conditions: Result<Vec<Condition>, String> = webhook
            .conditions
            .iter()
            .map(|text| Condition::parse(text))
            .collect();
        let conditions = conditions.unwrap_or_else(|why| {
            trouble = Some(why);
            Vec::new()
        });
        if let Some(why) = &trouble
            && before.is_none_or(|live| live.trouble.as_ref() != Some(why))
        {
            tracing::error!(space = %space.name, webhook = %webhook.name, %why, "a webhook cannot be used");
        }
        let bucket = before.map_or_else(|| Arc::new(Bucket::new(rate)), |live| Arc::clone(&live.bucket));
        Arc::new(Self {
            space: space.clone(),
            webhook,
            conditions,
            bucket,
            trouble,
            version,
            proofs,
        })
    }

    /// The proofs that hold now.
    pub fn proofs(&self, now: Timestamp) -> Vec<&Proof> {
        self.proofs
            .iter()
            .filter(|(_, until)| until.is_none_or(|until| until > now))
            .map(|(proof, _)| proof)
            .collect()
    }
}

async fn proofs(keys: &Keys, webhook: &Webhook) -> Result<Vec<(Proof, Option<Timestamp>)>, String> {
    let mut proofs = Vec::new();
    for kept in &webhook.proofs {
        let proof = match &kept.what {
            Stored::Digest(digest) => Proof::Token(digest.clone()),
            Stored::Sealed(sealed) => Proof::key(&keys.open(&webhook.id, sealed).await?),
        };
        proofs.push((proof, kept.until));
    }
    Ok(proofs)
}
