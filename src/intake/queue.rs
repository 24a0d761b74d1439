//! Takes events from a queue of SQS that EventBridge or SNS feeds, for hosts that nothing can reach. A message is deleted once
//! what it says is durable, and not before; one that nobody can read is kept as an event that says so, and deleted too, so
//! that it is no poison to those behind it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Arrival, Looks, Receives, Repeats, alarms::LookError, reading};
use crate::{
    aws::{
        Factory, hosts,
        operations::{DELETE_MESSAGE, RECEIVE_MESSAGE},
        services,
    },
    config::{Account, Queue, Space},
    journal::{Clock, canonical::sha256},
    sources::aws::accounts::Accounts,
};

/// How long SQS waits for a message before it says that there is none, in seconds: the longest that it takes.
const WAIT: u64 = 20;
/// How long such an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages that are taken at once: the most that SQS gives.
const AT_ONCE: u64 = 10;
/// First and longest wait after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(5));
/// An empty answer that comes sooner was not waited for: some emulators do not. Then the wait is ours.
const SOON: Duration = Duration::from_secs(1);

/// What a watch over a queue needs.
#[derive(Clone)]
pub struct QueueWatch {
    /// The queue.
    pub queue: Queue,
    /// The space whose account's role opens it.
    pub space: Space,
    /// Opens its accounts.
    pub accounts: Arc<Accounts>,
    /// Where what the messages say goes.
    pub reception: Arc<dyn Receives>,
    /// How it is doing.
    pub looks: Looks,
    /// Tells the time.
    pub clock: Clock,
}

impl fmt::Debug for QueueWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueWatch")
    }
}

/// Takes messages until it is dropped. What was taken and not written down by then comes back by itself.
pub async fn run(watch: QueueWatch) {
    loop {
        let begun = Instant::now();
        match watch.take().await {
            Ok(0) if begun.elapsed() < SOON => tokio::time::sleep(SOON).await,
            Ok(_) => {}
            Err(error) => {
                let failures = watch.looks.failed(&watch.via(), error.to_string());
                let wait = BACKOFF.0.saturating_mul(2_u32.saturating_pow(failures.min(16)));
                tokio::time::sleep(wait.min(BACKOFF.1)).await;
            }
        }
    }
}

impl QueueWatch {
    /// The way that its events come.
    pub fn via(&self) -> String {
        format!("queue/{}", self.queue.name)
    }

    /// Takes messages once, waiting for some; returns how many were handed on.
    ///
    /// # Errors
    /// When the queue cannot be asked, or the journal does not take what it says: such messages come back.
    pub async fn take(&self) -> Result<usize, LookError> {
        let place = &self.queue.place;
        // A queue of an account that the space does not name is opened with the credentials at hand, as its policy allows.
        let known = self
            .space
            .accounts
            .iter()
            .find(|account| account.id == place.account);
        let account = known.cloned().unwrap_or_else(Account::default);
        let aws = self.accounts.factory(&account, Some(&place.region)).await?;
        aws.ready().await?;
        let url = self.url();
        let asked = json!({
            "QueueUrl": url,
            "MaxNumberOfMessages": AT_ONCE,
            "WaitTimeSeconds": WAIT,
        });
        let answer = services::json_within(&aws, RECEIVE_MESSAGE, &asked, PATIENCE).await?;
        let messages = answer
            .get("Messages")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let arrivals = messages.iter().map(|message| self.arrival(message));
        let receipts = join_all(arrivals.map(|arrival| self.reception.receive(arrival))).await;
        let mut told = 0;
        let mut failed = None;
        for (message, receipt) in messages.iter().zip(receipts) {
            match receipt {
                Ok(_) => {
                    self.delete(&aws, &url, message).await?;
                    told += 1;
                }
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.looks.answered(&self.via(), (self.clock)(), told, None);
        Ok(told)
    }

    async fn delete(&self, aws: &Factory, url: &str, message: &Value) -> Result<(), LookError> {
        let Some(handle) = message.get("ReceiptHandle").and_then(Value::as_str) else {
            return Ok(());
        };
        let asked = json!({"QueueUrl": url, "ReceiptHandle": handle});
        services::json(aws, DELETE_MESSAGE, &asked).await?;
        Ok(())
    }

    fn url(&self) -> String {
        self.queue.url.clone().unwrap_or_else(|| {
            let place = &self.queue.place;
            let host = hosts::host(RECEIVE_MESSAGE.service, &place.region).unwrap_or_default();
            format!("https://{host}/{}/{}", place.account, self.queue.name)
        })
    }

    fn arrival(&self, message: &Value) -> Arrival {
        let text = message.get("Body").and_then(Value::as_str).unwrap_or_default();
        let (body, whole) = Arrival::body(text.as_bytes());
        // SQS gives a message more than once now and then, and so do EventBridge and SNS give an event: a body that names
        // its own message is known by itself, any other by the message that it came in.
        let named = body.get("id").is_some() && body.get("detail-type").is_some()
            || body.get("MessageId").is_some() && body.get("TopicArn").is_some();
        let id = message
            .get("MessageId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let digest = if named || id.is_empty() {
            whole
        } else {
            sha256(format!("{id}\n{text}").as_bytes())
        };
        let (sender, alert) = reading::read_any(&body);
        Arrival {
            sender,
            via: self.via(),
            digest,
            alert,
            body,
            repeats: Repeats::Fortnight,
        }
    }
}
