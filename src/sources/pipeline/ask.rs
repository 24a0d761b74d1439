//! One question to a vendor: which calls it took, what it could not look at.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::{
    Endpoint, Fault,
    api::{Api, Reply},
};
use crate::model::{Allowance, Gap, GapKind, Text};

/// Reads of one project that are under way at once: vendors ask programs to go easy.
const AT_ONCE: usize = 4;

/// One question to a vendor.
pub struct Ask<'a> {
    api: &'a Api,
    connection: &'a str,
    allowance: &'a Allowance,
    calls: AtomicU32,
    /// True once nothing else can come out better: the rest is not asked.
    hopeless: AtomicBool,
    gaps: Mutex<Vec<Gap>>,
}

impl<'a> Ask<'a> {
    /// A question to `api`, by the connection of that name, with so many calls.
    pub const fn new(api: &'a Api, connection: &'a str, allowance: &'a Allowance) -> Self {
        Self {
            api,
            connection,
            allowance,
            calls: AtomicU32::new(0),
            hopeless: AtomicBool::new(false),
            gaps: Mutex::new(Vec::new()),
        }
    }

    /// One read within the budget.
    pub async fn get(
        &self,
        endpoint: &Endpoint,
        values: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, Fault> {
        if !self.allowance.take() {
            return Err(Fault::Budget);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.api.get(endpoint, values, query).await
    }

    /// One read; what fails becomes a gap on `what`.
    pub async fn one(
        &self,
        endpoint: &Endpoint,
        values: &[&str],
        query: &[(&str, &str)],
        what: impl Fn() -> Text,
    ) -> Option<Value> {
        if self.hopeless.load(Ordering::Relaxed) {
            return None;
        }
        match self.get(endpoint, values, query).await {
            Ok(reply) if reply.value.is_object() => Some(reply.value),
            Ok(_) => {
                self.strange(what());
                None
            }
            Err(fault) => {
                self.failed(&fault, what(), endpoint);
                None
            }
        }
    }

    /// A list, page by page, for as long as `more` wants the next page and at most `pages` of them. `key` is where the list
    /// stands in the answer; empty for an answer that is a list.
    pub async fn list(&self, wanted: Wanted<'_>, what: impl Fn() -> Text) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        let mut next: Option<(String, String)> = None;
        for _ in 0..wanted.pages {
            if self.hopeless.load(Ordering::Relaxed) {
                return found;
            }
            let mut query = wanted.query.to_vec();
            if let Some((name, value)) = &next {
                query.push((name, value));
            }
            let reply = match self.get(wanted.endpoint, wanted.values, &query).await {
                Ok(reply) => reply,
                Err(fault) => {
                    self.failed(&fault, what(), wanted.endpoint);
                    return found;
                }
            };
            let Some(items) = reply.items(wanted.key) else {
                self.strange(what());
                return found;
            };
            found.extend(items.iter().cloned());
            next = reply.next;
            let passed = found.last().is_some_and(|last| !(wanted.more)(last));
            if next.is_none() || passed {
                return found;
            }
        }
        self.gap(Gap {
            kind: GapKind::Truncated,
            what: what(),
            resource: None,
            why: format!(
                "there are more than {} of them; the first of them are read",
                found.len()
            )
            .into(),
            hint: Some("look at a narrower window".into()),
        });
        found
    }

    /// What comes of reads, some at once, in their order.
    pub async fn each<F: Future>(&self, reads: Vec<F>) -> Vec<F::Output> {
        stream::iter(reads).buffered(AT_ONCE).collect().await
    }

    /// An answer of a shape that the vendor does not document.
    fn strange(&self, what: Text) {
        self.gap(Gap {
            kind: GapKind::Failed,
            what,
            resource: None,
            why: Text::from(self.api.vendor()).own(" answered in a shape that is not known"),
            hint: Some(
                format!(
                    "check the url of connection {}: midwatch connection test {}",
                    self.connection, self.connection
                )
                .into(),
            ),
        });
    }

    fn failed(&self, fault: &Fault, what: Text, endpoint: &Endpoint) {
        if fault.is_hopeless() {
            self.hopeless.store(true, Ordering::Relaxed);
        }
        self.gap(fault.gap(what, self.api.vendor(), self.connection, endpoint.permission));
    }

    /// Something that could not be looked at.
    pub fn gap(&self, gap: Gap) {
        let mut gaps = self
            .gaps
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
    }

    /// Calls made, and the gaps in an order that does not depend on which read came back first.
    pub fn done(self) -> (u32, Vec<Gap>) {
        let mut gaps = self
            .gaps
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        gaps.sort_by_cached_key(|gap| (gap.what.plain(), gap.why.plain()));
        (self.calls.into_inner(), gaps)
    }
}

/// A list that is read.
pub struct Wanted<'a> {
    /// The read.
    pub endpoint: &'a Endpoint,
    /// Values of the path's parameters.
    pub values: &'a [&'a str],
    /// The query, without the page.
    pub query: &'a [(&'a str, &'a str)],
    /// Where the list stands in the answer; empty for an answer that is a list.
    pub key: &'a str,
    /// Pages at most.
    pub pages: usize,
    /// False when what follows this item is not wanted any more.
    pub more: &'a (dyn Fn(&Value) -> bool + Send + Sync),
}
