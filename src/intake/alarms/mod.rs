//! Watches CloudWatch's alarms by asking, for hosts that nothing can reach: one look after the other in each account and region
//! of the space, never two at once, each from where the last one came to. What changed becomes an event like any other.
//!
//! An alarm that is in ALARM begins an incident, OK ends it. One that another alarm keeps quiet is told once more when that ends. Where a composite alarm fires, the alarms in its rule and what
//! they measure are named with it, so that their own events find their way to the same investigation.

mod mark;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::mark::{Change, Holder, Mark};
use super::{
    Arrival, Looks, Receives, Repeats,
    reading::{self, CLOUDWATCH},
    wildcard::fits,
};
use crate::{
    aws::{AwsError, Factory, TransportError},
    config::{Account, Space},
    journal::{Clock, Journal, StoreError, canonical::sha256},
    model::{AlarmState, Evidence, Place, Query, Source as _},
    sources::aws::{
        AwsSource,
        accounts::{Accounts, regions},
        alarm_states::{self, StandingAlarm},
        naming,
    },
};

/// Changes that are handed on at once.
const AT_ONCE: usize = 200;
/// Longest wait after looks that fail.
const LONGEST: Duration = Duration::from_mins(15);
/// Alarms of target tracking: they go up and down by design, and nobody is called for them.
const BY_DESIGN: &str = "TargetTracking-";
/// How long a look is waited for that never ended: its worker is gone.
const HELD: SignedDuration = SignedDuration::from_mins(2);
/// Children of a composite alarm that are named.
const CHILDREN: usize = 100;

/// What a watch over alarms needs.
#[derive(Clone)]
pub struct AlarmWatch {
    /// The space whose accounts, regions and names of alarms are watched.
    pub space: Space,
    /// Opens its accounts.
    pub accounts: Arc<Accounts>,
    /// Holds how far the watch has come.
    pub journal: Journal,
    /// Where what changed goes.
    pub reception: Arc<dyn Receives>,
    /// How it is doing.
    pub looks: Looks,
    /// Tells the time.
    pub clock: Clock,
}

impl fmt::Debug for AlarmWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AlarmWatch")
    }
}

/// Why a look gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// AWS could not be asked.
    #[error("{}\nhint: {}", .0, .0.hint())]
    Aws(AwsError),
    /// The connection to AWS could not be prepared.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// What changed could not be written down, or how far the watch has come.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The credentials are those of another account.
    #[error(
        "the AWS credentials are of account {found}, not of account {wanted}\nhint: name the role or the profile of account {wanted} in the space"
    )]
    Another {
        /// The account that the space names.
        wanted: String,
        /// The account whose alarms were seen.
        found: String,
    },
    /// It is not known whose credentials are at hand.
    #[error("the account of the AWS credentials at hand is not known: {0}")]
    Nobody(String),
}

impl From<AwsError> for LookError {
    fn from(error: AwsError) -> Self {
        Self::Aws(error)
    }
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// So many changes were handed on.
    Told(usize),
    /// Another worker looks there.
    Elsewhere,
}

/// Watches until it is dropped. Each account and region is watched by itself: what one denies keeps no other waiting.
pub async fn run(watch: AlarmWatch) {
    let places = loop {
        match watch.places().await {
            Ok(places) => break places,
            Err(error) => {
                let failures = watch.looks.failed("alarms", error.to_string());
                tokio::time::sleep(wait(watch.space.watch.every, failures)).await;
            }
        }
    };
    watch.looks.forget("alarms");
    let name = ulid::Ulid::generate().to_string();
    join_all(places.iter().map(|place| watch.stand(place, &name))).await;
}

/// How long to wait for the next look.
fn wait(every: Duration, failures: u32) -> Duration {
    every
        .saturating_mul(2_u32.saturating_pow(failures.min(16)))
        .min(LONGEST.max(every))
}

/// An account and region that is watched.
#[derive(Debug, Clone)]
pub struct Post {
    account: Account,
    place: Place,
}

impl Post {
    /// Account and region.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The way that its events come.
    pub fn via(&self) -> String {
        format!("alarms/{}", self.place)
    }
}

impl AlarmWatch {
    /// Every account and region of the space. Asks AWS only where the space names no account.
    ///
    /// # Errors
    /// When the connection to AWS cannot be prepared, or nobody knows whose credentials are at hand.
    pub async fn places(&self) -> Result<Vec<Post>, LookError> {
        let mut accounts = self.space.accounts.clone();
        if accounts.is_empty() {
            accounts.push(Account::default());
        }
        let mut posts = Vec::new();
        for account in accounts {
            let mut named: Vec<Option<String>> =
                regions(&self.space, &account).iter().cloned().map(Some).collect();
            if named.is_empty() {
                named.push(None);
            }
            for region in named {
                let aws = self.accounts.factory(&account, region.as_deref()).await?;
                let id = if account.id.is_empty() {
                    at_hand(&aws).await?
                } else {
                    account.id.clone()
                };
                posts.push(Post {
                    account: account.clone(),
                    place: Place::new(id, aws.region()),
                });
            }
        }
        Ok(posts)
    }

    async fn stand(&self, post: &Post, name: &str) {
        loop {
            let failures = match self.look_in_turn(post, name).await {
                Ok(_) => 0,
                Err(error) => self.looks.failed(&post.via(), error.to_string()),
            };
            tokio::time::sleep(wait(self.space.watch.every, failures)).await;
        }
    }

    /// A look, unless another worker has just had one: several of them ask no more often than one.
    async fn look_in_turn(&self, post: &Post, name: &str) -> Result<Looked, LookError> {
        let (mark, _) = self.mark(&post.via()).await?;
        let lately = SignedDuration::try_from(self.space.watch.every / 2).unwrap_or_default();
        let now = (self.clock)();
        let seen = mark
            .seen
            .filter(|seen| *seen <= now && now.duration_since(*seen) < lately);
        if let Some(seen) = seen {
            // Another one has had an answer: what failed here before is over.
            self.looks.answered(&post.via(), seen, 0, None);
            return Ok(Looked::Elsewhere);
        }
        self.look(post, name).await
    }

    /// One look, as the worker of that name. What it hands on is durable before the mark moves: after a crash in between, the
    /// same changes are told in the same words, and known as repeats.
    ///
    /// # Errors
    /// When AWS does not answer, or the journal does not take what changed. The mark stays where it was.
    pub async fn look(&self, post: &Post, name: &str) -> Result<Looked, LookError> {
        let via = post.via();
        let now = (self.clock)();
        let (mut mark, seen) = self.mark(&via).await?;
        if mark.is_held(name, now) {
            return Ok(Looked::Elsewhere);
        }
        mark.holder = Some(Holder {
            name: name.to_owned(),
            until: now + HELD,
        });
        if !self.keep(&via, seen, &mark).await? {
            return Ok(Looked::Elsewhere);
        }
        let aws = self
            .accounts
            .factory(&post.account, Some(&post.place.region))
            .await?;
        aws.ready().await?;
        let mut standing = alarm_states::standing(&aws).await?;
        of_its_own(&standing, &post.place)?;
        let all = standing.clone();
        standing.retain(|_, alarm| self.is_watched(&alarm.name));
        let (history, trouble) = match mark.since(now) {
            None => Default::default(),
            // Without its history an alarm still says how it stands.
            Some(from) => match alarm_states::history(&aws, from, now).await {
                Ok((history, true)) => (history, None),
                Ok((history, false)) => (
                    history,
                    Some(
                        "there were more changes of state than are read\nhint: watch fewer alarms by names"
                            .to_owned(),
                    ),
                ),
                Err(error) => (
                    BTreeMap::new(),
                    Some(format!(
                        "{error}: alarms that came and went between two looks are missed\nhint: {}",
                        error.hint()
                    )),
                ),
            },
        };
        let (changes, mut next) = mark.news(&standing, &history, now);
        let alarms: Vec<&StandingAlarm> = all.values().collect();
        let arrivals: Vec<Arrival> = changes
            .iter()
            .filter_map(|change| Some(arrival(post, all.get(&change.arn)?, &alarms, change)))
            .collect();
        let told = arrivals.len();
        let mut arrivals = arrivals.into_iter();
        loop {
            let some: Vec<_> = arrivals.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let receipts = join_all(some.into_iter().map(|arrival| self.reception.receive(arrival))).await;
            receipts.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        next.holder = None;
        let (_, version) = self.mark(&via).await?;
        if !self.keep(&via, version, &next).await? {
            return Ok(Looked::Elsewhere);
        }
        self.looks.answered(&via, now, told, trouble);
        Ok(Looked::Told(told))
    }

    /// How far the watch has come, and the version of that.
    async fn mark(&self, via: &str) -> Result<(Mark, u64), StoreError> {
        let setting = self.journal.settings(via).await?.remove(via);
        let version = setting.as_ref().map_or(0, |setting| setting.version);
        let mark = setting.and_then(|setting| serde_json::from_str(&setting.value).ok());
        Ok((mark.unwrap_or_default(), version))
    }

    async fn keep(&self, via: &str, seen: u64, mark: &Mark) -> Result<bool, StoreError> {
        let value = serde_json::to_string(mark)
            .map_err(|error| StoreError::Damaged(format!("the mark of {via} has no JSON form: {error}")))?;
        Ok(self.journal.set(via, seen, Some(&value)).await?.is_some())
    }

    /// True for an alarm that the configuration chooses.
    fn is_watched(&self, name: &str) -> bool {
        let names = &self.space.watch.names;
        let left_alone = names.iter().filter_map(|pattern| pattern.strip_prefix('!'));
        if left_alone.into_iter().any(|pattern| fits(pattern, name)) {
            return false;
        }
        let mut chosen = names
            .iter()
            .filter(|pattern| !pattern.starts_with('!'))
            .peekable();
        if chosen.peek().is_none() {
            return !name.starts_with(BY_DESIGN);
        }
        chosen.any(|pattern| fits(pattern, name))
    }
}

/// Credentials at hand that belong to another account than the one that the space names would show that one's alarms.
fn of_its_own(alarms: &BTreeMap<String, StandingAlarm>, place: &Place) -> Result<(), LookError> {
    let strange = alarms
        .keys()
        .filter_map(|arn| Place::of(arn))
        .find(|other| other.account != place.account);
    strange.map_or(Ok(()), |other| {
        Err(LookError::Another {
            wanted: place.account.clone(),
            found: other.account,
        })
    })
}

/// The account of the credentials at hand.
async fn at_hand(aws: &Factory) -> Result<String, LookError> {
    let told = AwsSource::new(aws.clone(), Timestamp::now)
        .answer(&Query::Identity)
        .await;
    if let Some(Evidence::Identity(identity)) = told.evidence
        && let Some(account) = identity.account
    {
        return Ok(account);
    }
    let why = told.gaps.first().map_or_else(
        || "AWS does not say".to_owned(),
        |gap| {
            let hint = gap.hint.as_ref().map(|hint| format!("\nhint: {hint}"));
            format!("{}{}", gap.why, hint.unwrap_or_default())
        },
    );
    Err(LookError::Nobody(why))
}

/// A change of state as an event, in the words of EventBridge: it is read as any other.
fn arrival(post: &Post, alarm: &StandingAlarm, all: &[&StandingAlarm], change: &Change) -> Arrival {
    let body = json!({
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": post.place.account,
        "region": post.place.region,
        "time": change.at.to_string(),
        "resources": [alarm.arn],
        "detail": {
            "alarmName": alarm.name,
            "previousState": {"value": change.from.as_str()},
            "state": {
                "value": change.to.as_str(),
                "reason": change.reason,
                "timestamp": change.at.to_string(),
                "actionsSuppressedBy": if alarm.suppressed { json!("Alarm") } else { Value::Null },
            },
            "configuration": {
                "description": alarm.description,
                "metrics": alarm.metrics,
                "alarmRule": alarm.rule,
                "children": children(alarm, all, change.to),
            },
        },
    });
    let (_, alert) = reading::read_any(&body);
    let words = format!(
        "{}\n{}\n{}",
        change.arn,
        change.to.as_str(),
        change.at.as_millisecond()
    );
    Arrival {
        sender: CLOUDWATCH,
        via: post.via(),
        digest: sha256(words.as_bytes()),
        alert,
        body,
        // One change of state is one event, however often somebody looks.
        repeats: Repeats::Fortnight,
    }
}

/// The alarms in the rule of a composite alarm, down to those with metrics, and what these measure. Of one that fires, those
/// that are in alarm themselves, where any is.
fn children(alarm: &StandingAlarm, all: &[&StandingAlarm], to: AlarmState) -> Vec<String> {
    let mut found: Vec<&StandingAlarm> = Vec::new();
    let mut seen = BTreeSet::from([alarm.name.as_str()]);
    let mut next: Vec<&str> = alarm.children.iter().map(String::as_str).collect();
    while let Some(name) = next.pop() {
        if found.len() >= CHILDREN || !seen.insert(name) {
            continue;
        }
        if let Some(child) = all.iter().find(|other| other.name == name) {
            found.push(child);
            next.extend(child.children.iter().map(String::as_str));
        }
    }
    let firing = |child: &&StandingAlarm| child.state == AlarmState::Alarm;
    if to == AlarmState::Alarm && found.iter().any(firing) {
        found.retain(firing);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let name = |child: &&StandingAlarm| {
        naming::resource("AWS::CloudWatch::Alarm", &child.name)
            .id
            .to_string()
    };
    let mut named: Vec<String> = found.iter().map(name).collect();
    for resource in found.iter().flat_map(|child| &child.resources) {
        let resource = resource.to_string();
        if !named.contains(&resource) {
            named.push(resource);
        }
    }
    named
}
