//! The two things that are fetched from SNS: the certificate that a message is signed with, and the address that confirms a
//! subscription. Addresses are looked at before they come here.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    intake::http::limit::{Bucket, Rate},
    net::Net,
};

/// How long SNS may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer, in bytes.
const LARGEST: usize = 64 * 1024;
/// Certificates that are remembered, and for how long.
const CERTIFICATES: usize = 16;
const REMEMBERED: Duration = Duration::from_hours(6);
/// SNS is asked for certificates no more often: messages that nobody has signed yet name them.
const ASKING: Rate = Rate {
    burst: 8.0,
    per_second: 0.2,
};

/// Fetches from SNS.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// What stands at this address; else why not, in a sentence.
    async fn get(&self, url: &Url) -> Result<Vec<u8>, String>;
}

#[async_trait]
impl Fetch for Net {
    async fn get(&self, url: &Url) -> Result<Vec<u8>, String> {
        let client = self
            .client(url.as_str(), PATIENCE)
            .map_err(|error| error.to_string())?;
        let told = |error: reqwest::Error| error.without_url().to_string();
        let mut answer = client.get(url.clone()).send().await.map_err(told)?;
        if !answer.status().is_success() {
            return Err(format!("it answered {}", answer.status().as_u16()));
        }
        let mut whole = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(told)? {
            if whole.len() + chunk.len() > LARGEST {
                return Err(format!("it answered more than {} KiB", LARGEST / 1024));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}

/// A certificate, and when it was fetched.
type Known = (Instant, Arc<Vec<u8>>);

/// Certificates by address.
pub struct Certificates {
    fetch: Arc<dyn Fetch>,
    asking: Bucket,
    known: Mutex<BTreeMap<Url, Known>>,
}

impl Certificates {
    /// None is known yet.
    pub fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self {
            fetch,
            asking: Bucket::new(ASKING),
            known: Mutex::default(),
        }
    }

    /// The certificate at this address.
    ///
    /// # Errors
    /// When SNS does not give it.
    pub async fn get(&self, url: &Url) -> Result<Arc<Vec<u8>>, String> {
        // Held while SNS is asked: many messages with one certificate ask once.
        let mut known = self.known.lock().await;
        if let Some((at, certificate)) = known.get(url)
            && at.elapsed() < REMEMBERED
        {
            return Ok(Arc::clone(certificate));
        }
        self.asking
            .take(Instant::now())
            .map_err(|seconds| format!("SNS was asked too often; again in {seconds} s"))?;
        let certificate = Arc::new(self.fetch.get(url).await?);
        if known.len() >= CERTIFICATES {
            known.clear();
        }
        known.insert(url.clone(), (Instant::now(), Arc::clone(&certificate)));
        Ok(certificate)
    }

    /// Confirms a subscription at this address.
    ///
    /// # Errors
    /// When SNS does not take it.
    pub async fn confirm(&self, url: &Url) -> Result<(), String> {
        self.fetch.get(url).await.map(drop)
    }
}
