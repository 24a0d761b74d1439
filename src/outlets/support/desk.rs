//! The desk at which an operator asks AWS Support: the accounts in whose name it asks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::trouble::{split, trouble};
use crate::{
    aws::{
        Confirmation, Factory,
        support::{self, Caller},
    },
    config::{Account, Config, Space},
    engine::handle::support::{Opened, Order, Prepared, Sent, Severity, Standing, Support, Trouble},
    journal::{Actor, Journal, StreamId},
    model::inert,
    sources::aws::accounts::Accounts,
};

/// Time between two looks at a case that somebody watches.
const PACE: Duration = Duration::from_secs(15);
/// How long it is tried to write down what AWS Support has done.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks AWS Support for the accounts of one space.
pub struct Desk {
    pub(super) journal: Journal,
    way: Way,
    pace: Duration,
    pub(super) patience: Duration,
    /// Whose credentials are whose: by the account that was wanted, empty for the one at hand.
    callers: Mutex<BTreeMap<String, Caller>>,
}

/// How accounts are reached.
enum Way {
    /// As the space's configuration says.
    Space(Box<OfSpace>),
    /// One way for all.
    One(Box<Factory>),
}

struct OfSpace {
    accounts: Accounts,
    space: Space,
    region: Option<String>,
}

/// Credentials, and whose they are.
pub(super) struct Asking {
    /// What they send.
    pub aws: Factory,
    /// Their own answer; why there is none.
    pub caller: Result<Caller, Trouble>,
}

impl Asking {
    /// Their account, where it is known.
    pub fn account(&self) -> Option<&str> {
        self.caller.as_ref().ok().map(|caller| caller.account.as_str())
    }
}

/// What an account may ask of AWS Support.
#[derive(Debug)]
pub struct Level {
    /// The account, as its credentials' own answer says; why that is not known.
    pub account: Result<String, Trouble>,
    /// What its plan offers.
    pub standing: Standing,
    /// Actions that this identity may not do; why that is not known.
    pub denied: Result<Vec<String>, Trouble>,
}

impl Desk {
    /// The desk of the configuration's space.
    pub fn new(journal: Journal, config: &Config) -> Self {
        let of_space = OfSpace {
            accounts: Accounts::new(&config.space, config.net()),
            space: config.open_space(),
            region: config.region.clone(),
        };
        Self::by(journal, Way::Space(Box::new(of_space)))
    }

    /// A desk that asks with these credentials, whatever account an investigation is about.
    pub fn over(journal: Journal, aws: Factory) -> Self {
        Self::by(journal, Way::One(Box::new(aws)))
    }

    fn by(journal: Journal, way: Way) -> Self {
        Self {
            journal,
            way,
            pace: PACE,
            patience: PATIENCE,
            callers: Mutex::default(),
        }
    }

    /// The same with another time between two looks.
    #[must_use]
    pub const fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// The same with another time for which it is tried to write down what was done.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// What an account (the primary one, when none is named) may ask of AWS Support.
    ///
    /// # Errors
    /// When AWS Support cannot be asked at all.
    pub async fn level(&self, account: Option<&str>) -> Result<Level, Trouble> {
        let asking = self.asking(account).await?;
        let (standing, denied) = tokio::join!(standing(&asking.aws), denied(&asking));
        Ok(Level {
            account: asking.caller.map(|caller| caller.account),
            standing: standing?,
            denied,
        })
    }

    /// Credentials of an account where the space has it, else of the primary one, else those at hand; and whose they are.
    pub(super) async fn asking(&self, account: Option<&str>) -> Result<Asking, Trouble> {
        let (aws, wanted) = self.way(account).await?;
        self.whose(aws, wanted, None).await
    }

    /// The same, whose they are being known from before: a conversation does not ask it with every look.
    pub(super) async fn asking_as_before(&self, account: Option<&str>) -> Result<Asking, Trouble> {
        let (aws, wanted) = self.way(account).await?;
        let known = self.callers().get(&wanted).cloned();
        self.whose(aws, wanted, known).await
    }

    async fn whose(&self, aws: Factory, wanted: String, known: Option<Caller>) -> Result<Asking, Trouble> {
        let caller = match known {
            Some(caller) => Ok(caller),
            None => support::caller(&aws).await.map_err(|error| trouble(&error)),
        };
        if let Ok(caller) = &caller {
            if !wanted.is_empty() && caller.account != wanted {
                return Err(Trouble::new(
                    format!(
                        "the space's credentials for account {} are of account {}",
                        inert(&wanted),
                        inert(&caller.account)
                    ),
                    "give the account its own role or profile: midwatch account test asks each",
                ));
            }
            self.callers().insert(wanted, caller.clone());
        }
        Ok(Asking { aws, caller })
    }

    /// The way to an account, and the account that it should lead to; empty for the credentials at hand.
    async fn way(&self, account: Option<&str>) -> Result<(Factory, String), Trouble> {
        let OfSpace {
            accounts,
            space,
            region,
        } = match &self.way {
            Way::Space(of_space) => of_space.as_ref(),
            Way::One(aws) => return Ok((aws.as_ref().clone(), String::new())),
        };
        let known = |id: &str| space.accounts.iter().find(|known| known.id == id);
        let at_hand = Account::default();
        let account = account.and_then(known).or_else(|| space.accounts.first());
        let account = account.unwrap_or(&at_hand);
        let aws = accounts.factory(account, region.as_deref()).await;
        let aws = aws.map_err(|error| split(&error.to_string()))?;
        Ok((aws, account.id.clone()))
    }

    fn callers(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Caller>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Support for Desk {
    async fn existing(&self, stream: &StreamId) -> Result<Option<Opened>, Trouble> {
        self.existing_case(stream).await
    }

    async fn prepare(&self, stream: &StreamId) -> Result<Arc<Prepared>, Trouble> {
        self.prepare_case(stream).await.map(Arc::new)
    }

    async fn open(
        &self,
        prepared: &Prepared,
        order: &Order,
        confirmed: &Confirmation,
    ) -> Result<Opened, Trouble> {
        self.open_case(prepared, order, confirmed).await
    }

    async fn look(&self, case: &str) -> Result<usize, Trouble> {
        self.look_at(case).await
    }

    async fn say(&self, case: &str, words: &str, confirmed: &Confirmation) -> Result<Sent, Trouble> {
        self.say_in(case, words, confirmed).await
    }

    async fn resolve(&self, case: &str, confirmed: &Confirmation) -> Result<(), Trouble> {
        self.close(case, confirmed).await
    }

    fn pace(&self) -> Duration {
        self.pace
    }
}

/// What the plan offers.
pub(super) async fn standing(aws: &Factory) -> Result<Standing, Trouble> {
    let levels = match support::severity_levels(aws).await {
        Ok(levels) => levels,
        Err(error) if support::plan_is_too_low(&error) => return Ok(Standing::TooLow),
        Err(error) => return Err(trouble(&error)),
    };
    let severities: Vec<Severity> = levels
        .into_iter()
        .map(|level| Severity {
            code: level.code,
            name: level.name,
        })
        .collect();
    let light = |one: &Severity| matches!(one.code.as_str(), "low" | "normal");
    Ok(if severities.iter().all(light) {
        Standing::Center(severities)
    } else {
        Standing::Full(severities)
    })
}

/// What this identity may not do, as far as IAM tells it.
pub(super) async fn denied(asking: &Asking) -> Result<Vec<String>, Trouble> {
    let caller = asking.caller.as_ref().map_err(Clone::clone)?;
    let denied = support::denied(&asking.aws, caller).await;
    denied.map_err(|error| trouble(&error))
}

pub(super) fn operator(confirmed: &Confirmation) -> Actor {
    Actor::Operator(confirmed.operator().to_owned())
}
