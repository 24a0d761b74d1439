//! Opens the accounts and regions of a space, one source a place, and keeps them: all investigations share credentials, rate
//! limits and what was learned of the stacks.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{AwsSource, Standing, label};
use crate::{
    aws::{Access, Factory, Limiter, Role, TokioClock, TransportError},
    config::{Account, Space},
    model::{Evidence, Gap, GapKind, Place, Query, Source as _},
    net::Net,
    sources::space::{Absent, At, Elsewhere, Member, Places},
};

/// Account and region, as far as they are named.
type Key = (Option<String>, Option<String>);

/// Opens the accounts and regions of a space.
pub struct Accounts {
    /// The space's name, which the sessions of roles bear.
    space: String,
    net: Net,
    limiter: Arc<Limiter>,
    factories: Mutex<BTreeMap<String, Factory>>,
    sources: Mutex<BTreeMap<Key, Arc<AwsSource>>>,
}

/// The accounts of a space, opened.
pub enum Opened {
    /// One account and region that needs no name.
    Alone(Arc<AwsSource>),
    /// Places that tell each other apart, the home first.
    Several(Vec<Arc<dyn Member>>),
}

impl Accounts {
    /// The accounts of a space of that name, reached over `net`.
    pub fn new(space: &str, net: Net) -> Self {
        Self {
            space: space.to_owned(),
            net,
            limiter: Arc::new(Limiter::new(TokioClock::new())),
            factories: Mutex::default(),
            sources: Mutex::default(),
        }
    }

    /// Accounts that were opened already, by id; of a space that names none, under no id.
    pub fn opened(space: &str, factories: BTreeMap<String, Factory>) -> Self {
        Self {
            factories: Mutex::new(factories),
            ..Self::new(space, Net::default())
        }
    }

    /// What `space` sees from `account` and `region`, or from its first ones. Asks AWS nothing, but for the account of the
    /// credentials at hand where the space names regions and no account.
    ///
    /// # Errors
    /// When the connection to AWS cannot be prepared.
    pub async fn open(
        &self,
        space: &Space,
        account: Option<&str>,
        region: Option<&str>,
    ) -> Result<Opened, TransportError> {
        if !space.accounts.is_empty() {
            let known = |wanted: &str| space.accounts.iter().find(|account| account.id == wanted);
            let home = account.and_then(known).or_else(|| space.accounts.first());
            if let Some(home) = home {
                return self.several(space, &space.accounts, home, region).await;
            }
        }
        let region = region.or_else(|| space.regions.first().map(String::as_str));
        let alone = self.alone(account, region).await?;
        if space.regions.iter().all(|other| other == alone.region()) {
            return Ok(Opened::Alone(alone));
        }
        // The regions are told apart by their account.
        let told = alone.answer(&Query::Identity).await;
        let Some(Evidence::Identity(identity)) = told.evidence else {
            return Ok(Opened::Several(vec![alone, Arc::new(unknown(space, told.gaps))]));
        };
        let at_hand = Account {
            id: identity.account.unwrap_or_default(),
            ..Account::default()
        };
        self.several(space, std::slice::from_ref(&at_hand), &at_hand, region)
            .await
    }

    async fn several(
        &self,
        space: &Space,
        accounts: &[Account],
        home: &Account,
        region: Option<&str>,
    ) -> Result<Opened, TransportError> {
        let own = regions(space, home).first();
        let home_region = match region.or(own.map(String::as_str)) {
            Some(region) => region.to_owned(),
            None => self.factory(home, None).await?.region().to_owned(),
        };
        let places = Arc::new(places(space, accounts, home, &home_region));
        let mut members: Vec<Arc<dyn Member>> = Vec::new();
        for place in places.all() {
            let Some(account) = accounts.iter().find(|account| account.id == place.account) else {
                continue;
            };
            let source = self.source(account, &place.region).await?;
            let at = At::new(source, place.clone(), label(account), Arc::clone(&places));
            members.push(Arc::new(at));
        }
        members.push(Arc::new(Elsewhere::new(places)));
        Ok(Opened::Several(members))
    }

    async fn source(&self, account: &Account, region: &str) -> Result<Arc<AwsSource>, TransportError> {
        let key = (Some(account.id.clone()), Some(region.to_owned()));
        let mut sources = self.sources.lock().await;
        if let Some(source) = sources.get(&key) {
            return Ok(Arc::clone(source));
        }
        let factory = self.factory(account, Some(region)).await?;
        let source = AwsSource::new(factory, Timestamp::now).standing(Standing::new(account, region));
        let source = Arc::new(source);
        sources.insert(key, Arc::clone(&source));
        Ok(source)
    }

    /// Sends calls to `account`, in `region` or the one at hand. One set of credentials serves all regions.
    ///
    /// # Errors
    /// When the connection to AWS cannot be prepared.
    pub async fn factory(&self, account: &Account, region: Option<&str>) -> Result<Factory, TransportError> {
        let mut factories = self.factories.lock().await;
        let factory = if let Some(factory) = factories.get(&account.id) {
            factory.clone()
        } else {
            let role = account.role.as_ref();
            let access = Access {
                profile: account.profile.clone(),
                region: region.map(ToOwned::to_owned),
                account: Some(account.id.clone()),
                role: role.map(|arn| Role::new(arn, account.external_id.clone(), &self.space)),
                net: self.net.clone(),
            };
            let factory = Factory::connect(&access, Arc::clone(&self.limiter)).await?;
            factories.insert(account.id.clone(), factory.clone());
            factory
        };
        Ok(match region {
            Some(region) if region != factory.region() => factory.in_region(region),
            _ => factory,
        })
    }

    /// The credentials at hand, of whatever account they are.
    async fn alone(
        &self,
        account: Option<&str>,
        region: Option<&str>,
    ) -> Result<Arc<AwsSource>, TransportError> {
        let key = (account.map(ToOwned::to_owned), region.map(ToOwned::to_owned));
        let mut sources = self.sources.lock().await;
        if let Some(source) = sources.get(&key) {
            return Ok(Arc::clone(source));
        }
        let access = Access {
            profile: None,
            region: key.1.clone(),
            account: key.0.clone(),
            role: None,
            net: self.net.clone(),
        };
        let factory = Factory::connect(&access, Arc::clone(&self.limiter)).await?;
        let source = Arc::new(AwsSource::new(factory, Timestamp::now));
        sources.insert(key, Arc::clone(&source));
        Ok(source)
    }
}

/// The regions that are not read, since it is not known whose credentials are at hand.
fn unknown(space: &Space, gaps: Vec<Gap>) -> Absent {
    let gap = Gap {
        kind: GapKind::Credentials,
        what: format!("regions {}, but the first", space.regions.join(", ")).into(),
        resource: None,
        why: "the account of the credentials at hand is not known".into(),
        hint: gaps.into_iter().find_map(|gap| gap.hint),
    };
    Absent::new("regions", gap)
}

/// Regions that are read of an account; empty: the one at hand.
pub fn regions<'a>(space: &'a Space, account: &'a Account) -> &'a [String] {
    if account.regions.is_empty() {
        &space.regions
    } else {
        &account.regions
    }
}

/// Where the space is at home, as far as its configuration says.
pub fn home(space: &Space) -> Option<Place> {
    let first = space.accounts.first()?;
    Some(Place::new(&first.id, regions(space, first).first()?))
}

/// Every account in every region that is read of it, the home first.
fn places(space: &Space, accounts: &[Account], home: &Account, home_region: &str) -> Places {
    let others = accounts.iter().flat_map(|account| {
        let named = regions(space, account);
        let at_hand = named.is_empty().then_some(home_region);
        let regions = named.iter().map(String::as_str).chain(at_hand);
        regions.map(|region| Place::new(&account.id, region))
    });
    Places::new(Place::new(&home.id, home_region), others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_read_in_its_regions_and_the_home_comes_first() {
        let account = |id: &str, regions: &[&str]| Account {
            id: id.to_owned(),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            ..Account::default()
        };
        let told = |space: &Space, home: &Account, region: &str| -> Vec<String> {
            let places = places(space, &space.accounts, home, region);
            places.all().iter().map(ToString::to_string).collect()
        };
        let mut space = Space {
            accounts: vec![
                account("111122223333", &[]),
                account("444455556666", &["us-east-1"]),
            ],
            ..Space::default()
        };
        assert_eq!(
            told(&space, &space.accounts[0], "eu-west-1"),
            ["111122223333/eu-west-1", "444455556666/us-east-1"]
        );
        space.regions = vec!["eu-west-1".to_owned(), "eu-west-2".to_owned()];
        assert_eq!(
            told(&space, &space.accounts[1], "us-east-1"),
            [
                "444455556666/us-east-1",
                "111122223333/eu-west-1",
                "111122223333/eu-west-2"
            ]
        );
    }
}
