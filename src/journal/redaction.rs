//! Secrets stay out of the journal: one redactor a stream, whose numbers go on where the stream's left off.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::{Kind, Record, Store, StoreError, StreamId};
use crate::{
    model::{Configuration, Evidence, Identity, LogPage, ToolText},
    redact::{Redactor, Scope},
};

/// The redactors of all streams. They hold the secrets that were seen, in memory alone.
pub(super) struct Redaction {
    store: Arc<dyn Store>,
    redactors: Mutex<HashMap<StreamId, Arc<AsyncMutex<Redactor>>>>,
}

impl Redaction {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            redactors: Mutex::default(),
        }
    }

    /// Takes secrets out of values in place. Numbers of new secrets are reserved in the store before they are used, so
    /// that no two secrets of a stream share one: not after a restart, and not from two processes.
    pub(super) async fn values(
        &self,
        stream: &StreamId,
        values: impl Iterator<Item = &mut Value> + Send,
    ) -> Result<(), StoreError> {
        let mut redactor = self.redactor(stream).await;
        for value in values {
            if let Some(mut redacted) = redact(&mut redactor, value) {
                self.reserve(&mut redactor, stream, value, &mut redacted).await?;
                *value = redacted.value;
            }
        }
        Ok(())
    }

    /// Takes secrets out of evidence. What cannot be redacted is withheld, never let through; a number that cannot be
    /// reserved is only a doubtful number.
    pub(super) async fn evidence(&self, stream: &StreamId, evidence: Evidence) -> Evidence {
        let mut redactor = self.redactor(stream).await;
        let redacting = tokio::task::spawn_blocking(move || {
            let value = serde_json::to_value(&evidence);
            let redacted = value.as_ref().ok().map(|value| redact(&mut redactor, value));
            (redactor, evidence, value, redacted)
        });
        let Ok((mut redactor, evidence, value, redacted)) = redacting.await else {
            return Evidence::Logs(LogPage::default());
        };
        let (Ok(value), Some(redacted)) = (value, redacted) else {
            return withheld(&evidence);
        };
        let Some(mut redacted) = redacted else {
            return evidence;
        };
        if let Err(error) = self.reserve(&mut redactor, stream, &value, &mut redacted).await {
            tracing::warn!(%stream, %error, "placeholder numbers could not be reserved");
        }
        serde_json::from_value(redacted.value).unwrap_or_else(|error| {
            tracing::error!(%stream, %error, "evidence was withheld: it does not read back after redaction");
            withheld(&evidence)
        })
    }

    async fn reserve(
        &self,
        redactor: &mut Redactor,
        stream: &StreamId,
        original: &Value,
        redacted: &mut Redacted,
    ) -> Result<(), StoreError> {
        let (before, count) = (redacted.before, redactor.highest() - redacted.before);
        if count == 0 {
            return Ok(());
        }
        let reserved = self.store.reserve(stream, before, count).await?;
        if reserved != before {
            redactor.renumber(before, reserved);
            if let Some(again) = redact(redactor, original) {
                redacted.value = again.value;
            }
        }
        Ok(())
    }

    /// Forgets the secrets of streams that have ended.
    pub(super) fn forget_closed(&self, records: &[Record]) {
        let mut redactors = self.redactors.lock().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            if record.kind == Kind::End && record.stream.is_investigation() {
                redactors.remove(&record.stream);
            }
        }
    }

    async fn redactor(&self, stream: &StreamId) -> OwnedMutexGuard<Redactor> {
        let redactor = {
            let mut redactors = self.redactors.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                redactors
                    .entry(stream.clone())
                    .or_insert_with(|| Arc::new(AsyncMutex::new(Redactor::new(Scope::Secrets)))),
            )
        };
        redactor.lock_owned().await
    }
}

/// A value without its secrets.
struct Redacted {
    value: Value,
    /// The highest number before it was redacted.
    before: u64,
}

/// None when there was nothing to take out.
fn redact(redactor: &mut Redactor, value: &Value) -> Option<Redacted> {
    let before = redactor.highest();
    let mut value = value.clone();
    redactor.value(&mut value).then_some(Redacted { value, before })
}

/// Evidence of the same sort with nothing in it.
fn withheld(evidence: &Evidence) -> Evidence {
    match evidence {
        Evidence::Identity(_) => Evidence::Identity(Identity::default()),
        Evidence::Alarms(_) => Evidence::Alarms(Vec::new()),
        Evidence::Catalogue(_) => Evidence::Catalogue(Vec::new()),
        Evidence::Series(_) => Evidence::Series(Vec::new()),
        Evidence::Logs(_) => Evidence::Logs(LogPage::default()),
        Evidence::Changes(_) => Evidence::Changes(Vec::new()),
        Evidence::Events(_) => Evidence::Events(Vec::new()),
        Evidence::Configuration(configuration) => Evidence::Configuration(Configuration {
            resource: configuration.resource.clone(),
            properties: Value::Null,
            origin: configuration.origin.clone(),
        }),
        Evidence::Inventory(_) => Evidence::Inventory(Vec::new()),
        Evidence::Relations(_) => Evidence::Relations(Vec::new()),
        Evidence::Text(said) => Evidence::Text(ToolText {
            text: String::new(),
            ..said.clone()
        }),
    }
}
