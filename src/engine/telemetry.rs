//! The sources that this program has: AWS, bundles, shipped scenarios.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::scheduler::Sources;
use crate::{
    aws::{Access, Factory, Limiter, TokioClock},
    model::{Source, SourceSpec, Text},
    sources::{
        aws::AwsSource,
        bundle::{Bundle, BundleSource},
    },
};

/// Account and region, as far as they were named.
type Place = (Option<String>, Option<String>);

/// Opens sources, and keeps those of AWS, so that all investigations of one account and region share their rate limits.
pub struct Telemetry {
    limiter: Arc<Limiter>,
    aws: Mutex<BTreeMap<Place, Arc<AwsSource>>>,
    region: Option<String>,
}

impl Telemetry {
    /// Sources with the region of the configuration, where that names one.
    pub fn new(region: Option<String>) -> Self {
        Self {
            limiter: Arc::new(Limiter::new(TokioClock::new())),
            aws: Mutex::new(BTreeMap::new()),
            region,
        }
    }

    async fn aws(&self, account: Option<String>, region: Option<String>) -> Result<Arc<dyn Source>, Text> {
        let region = region.or_else(|| self.region.clone());
        let mut known = self.aws.lock().await;
        let key = (account.clone(), region.clone());
        if let Some(source) = known.get(&key) {
            return Ok(Arc::clone(source) as Arc<dyn Source>);
        }
        let access = Access {
            profile: None,
            region,
            account,
        };
        let factory = Factory::connect(&access, Arc::clone(&self.limiter))
            .await
            .map_err(|error| Text::from(error.to_string()))?;
        let source = Arc::new(AwsSource::new(factory, Timestamp::now));
        known.insert(key, Arc::clone(&source));
        Ok(source)
    }
}

#[async_trait]
impl Sources for Telemetry {
    async fn open(&self, spec: &SourceSpec) -> Result<Arc<dyn Source>, Text> {
        let bundle = match spec {
            SourceSpec::Aws { account, region } => return self.aws(account.clone(), region.clone()).await,
            SourceSpec::Bundle { path } => Bundle::open(Path::new(path)),
            SourceSpec::Scenario { name } => Bundle::scenario(name),
        };
        match bundle {
            Ok(bundle) => Ok(Arc::new(BundleSource::new(bundle))),
            Err(error) => Err(Text::new().ext(error.to_string())),
        }
    }
}
