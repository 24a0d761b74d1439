//! The webhooks of all spaces as the server knows them: read again at most twice a second, so that what is made, changed or
//! removed by another process holds within a second.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{
    auth::Proof,
    card::{Stored, Webhook},
    condition::Condition,
    door::Receives,
    register,
    seal::{Keeper, Key},
};
use crate::{
    intake::http::limit::{Bucket, Rate},
    journal::{Journal, StoreError},
};

/// How long what was read holds.
const FRESH: Duration = Duration::from_millis(500);

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
    /// The proofs that hold now.
    pub fn proofs(&self, now: Timestamp) -> Vec<&Proof> {
        self.proofs
            .iter()
            .filter(|(_, until)| until.is_none_or(|until| until > now))
            .map(|(proof, _)| proof)
            .collect()
    }
}

/// The webhooks of all spaces.
pub struct Directory {
    spaces: Vec<SpaceDoor>,
    keeper: Keeper,
    rate: Rate,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    read: Option<Instant>,
    key: Option<Arc<Key>>,
    webhooks: HashMap<String, Arc<Live>>,
    /// Spaces whose webhooks could not be read, and why.
    broken: Vec<(String, String)>,
}

/// A webhook cannot be looked up: its space's journal does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable(pub String);

impl Directory {
    /// Of these spaces; each webhook may be called as often as `rate` says.
    pub fn new(spaces: Vec<SpaceDoor>, keeper: Keeper, rate: Rate) -> Self {
        Self {
            spaces,
            keeper,
            rate,
            known: Mutex::default(),
        }
    }

    /// The webhook of this id; none when there is none.
    ///
    /// # Errors
    /// When it cannot be told: a journal does not answer.
    pub async fn find(&self, id: &str) -> Result<Option<Arc<Live>>, Unreachable> {
        let mut known = self.known.lock().await;
        self.refresh(&mut known).await;
        let found = known.webhooks.get(id).cloned();
        // One that was read before may have been removed since.
        let broken = |name: &str| known.broken.iter().find(|(broken, _)| broken == name);
        match found {
            Some(live) => match broken(&live.space.name) {
                Some((_, why)) => Err(Unreachable(why.clone())),
                None => Ok(Some(live)),
            },
            None => match known.broken.first() {
                Some((_, why)) => Err(Unreachable(why.clone())),
                None => Ok(None),
            },
        }
    }

    /// All of them, and which spaces could not be read.
    pub async fn all(&self) -> (Vec<Arc<Live>>, Vec<(String, String)>) {
        let mut known = self.known.lock().await;
        self.refresh(&mut known).await;
        (known.webhooks.values().cloned().collect(), known.broken.clone())
    }

    async fn refresh(&self, known: &mut Known) {
        if known.read.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        let mut webhooks = HashMap::new();
        let mut broken = Vec::new();
        for space in &self.spaces {
            match register::list(&space.journal).await {
                Ok(all) => {
                    for (version, webhook) in all {
                        let live = self.live(known, space, version, webhook).await;
                        webhooks.insert(live.webhook.id.clone(), live);
                    }
                }
                Err(error) => {
                    broken.push((space.name.clone(), first_line(&error)));
                    let kept = known.webhooks.iter();
                    webhooks.extend(
                        kept.filter(|(_, live)| live.space.name == space.name)
                            .map(|(id, live)| (id.clone(), Arc::clone(live))),
                    );
                }
            }
        }
        known.webhooks = webhooks;
        known.broken = broken;
        known.read = Some(Instant::now());
    }

    /// The same as before when nothing has changed; whatever was in trouble is tried again.
    async fn live(&self, known: &mut Known, space: &SpaceDoor, version: u64, webhook: Webhook) -> Arc<Live> {
        let before = known.webhooks.get(&webhook.id).cloned();
        if let Some(live) = &before
            && live.version == version
            && live.webhook == webhook
            && live.trouble.is_none()
        {
            return Arc::clone(live);
        }
        let mut trouble = None;
        let proofs = match self.proofs(known, &webhook).await {
            Ok(proofs) => proofs,
            Err(why) => {
                trouble = Some(why);
                Vec::new()
            }
        };
        let conditions: Result<Vec<Condition>, String> = webhook
            .conditions
            .iter()
            .map(|text| Condition::parse(text))
            .collect();
        let conditions = conditions.unwrap_or_else(|why| {
            trouble = Some(why);
            Vec::new()
        });
        let bucket = before.map_or_else(
            || Arc::new(Bucket::new(self.rate)),
            |live| Arc::clone(&live.bucket),
        );
        Arc::new(Live {
            space: space.clone(),
            webhook,
            conditions,
            bucket,
            trouble,
            version,
            proofs,
        })
    }

    async fn proofs(
        &self,
        known: &mut Known,
        webhook: &Webhook,
    ) -> Result<Vec<(Proof, Option<Timestamp>)>, String> {
        let mut proofs = Vec::new();
        for kept in &webhook.proofs {
            let proof = match &kept.what {
                Stored::Digest(digest) => Proof::Token(digest.clone()),
                Stored::Sealed(sealed) => {
                    let key = self.key(known).await?;
                    match key.open(&webhook.id, sealed) {
                        Ok(secret) => Proof::key(&secret),
                        Err(error) => {
                            // Another key may have been put in its place.
                            known.key = None;
                            return Err(error.to_string());
                        }
                    }
                }
            };
            proofs.push((proof, kept.until));
        }
        Ok(proofs)
    }

    async fn key(&self, known: &mut Known) -> Result<Arc<Key>, String> {
        if let Some(key) = &known.key {
            return Ok(Arc::clone(key));
        }
        let key = self.keeper.key().await.map_err(|error| error.to_string())?;
        let key = Arc::new(key.ok_or_else(|| {
            "the key that webhooks' secrets are sealed with is gone\nhint: put intake.key back into the data folder, or midwatch webhook rotate each webhook"
                .to_owned()
        })?);
        known.key = Some(Arc::clone(&key));
        Ok(key)
    }
}

fn first_line(error: &StoreError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
