//! One place of several: a source that knows one account and region, as the space sees it from where it is at home.
//!
//! A question is asked as the place itself knows things, and every id in its answer is carried to the view of the home: a
//! resource at home has its plain id, one elsewhere has its place behind it.

use std::sync::Arc;

use async_trait::async_trait;

use super::Member;
use crate::{
    model::{
        Allowance, Answer, Evidence, Gap, GapKind, Identity, Occasion, Place, Query, Resource, ResourceId,
        SeriesKey, Source, Text, discovery::Discovery,
    },
    sources::discovery::Placed,
};

/// The places of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places(Vec<Place>);

impl Places {
    /// The home, and all other places.
    pub fn new(home: Place, others: impl IntoIterator<Item = Place>) -> Self {
        let mut all = vec![home];
        for place in others {
            if !all.contains(&place) {
                all.push(place);
            }
        }
        Self(all)
    }

    /// Every place, the home first.
    pub fn all(&self) -> &[Place] {
        &self.0
    }

    fn home(&self) -> Option<&Place> {
        self.0.first()
    }

    /// What stands at `from` is called so at home; an id with a place of its own stands there.
    fn seen_from_home(&self, from: &Place, id: &ResourceId) -> ResourceId {
        let (bare, place) = id.split();
        let place = place.unwrap_or_else(|| from.clone());
        if self.home() == Some(&place) {
            bare
        } else {
            bare.at(&place)
        }
    }

    /// Where the resource of that id stands.
    fn of_id(&self, id: &ResourceId) -> Option<Place> {
        id.split().1.or_else(|| self.home().cloned())
    }
}

/// One place of a space.
pub struct At {
    inner: Arc<dyn Source>,
    own: Place,
    /// What gaps are about that concern the account as a whole.
    account: Text,
    places: Arc<Places>,
}

impl At {
    /// `inner` answers for `own`; its gaps that are about `account` concern all regions alike.
    pub fn new(inner: Arc<dyn Source>, own: Place, account: Text, places: Arc<Places>) -> Self {
        Self {
            inner,
            own,
            account,
            places,
        }
    }

    fn is_home(&self) -> bool {
        self.places.home() == Some(&self.own)
    }

    fn is_here(&self, resource: &Resource) -> bool {
        self.places.of_id(&resource.id).as_ref() == Some(&self.own)
    }

    /// The answer as the space sees it.
    fn carried(&self, query: &Query, mut answer: Answer) -> Answer {
        let mut carry = |id: &mut ResourceId| *id = self.places.seen_from_home(&self.own, id);
        for gap in &mut answer.gaps {
            gap.each_id(&mut carry);
            if !self.is_home() && gap.what != self.account {
                gap.what = gap.what.clone().own(format!(" in {}", self.own));
            }
        }
        if let Some(evidence) = &mut answer.evidence {
            evidence.each_id(&mut carry);
        }
        match &mut answer.evidence {
            Some(Evidence::Inventory(resources)) => {
                for resource in resources {
                    if self.is_here(resource) {
                        resource.account.get_or_insert_with(|| self.own.account.clone());
                        resource.region.get_or_insert_with(|| self.own.region.clone());
                    }
                }
            }
            Some(Evidence::Identity(identity)) => self.places.all().clone_into(&mut identity.places),
            // The space knows where it is at home, whoever lets it in there.
            None if matches!(query, Query::Identity) => {
                answer.evidence = Some(Evidence::Identity(Identity {
                    account: Some(self.own.account.clone()),
                    region: Some(self.own.region.clone()),
                    arn: None,
                    places: self.places.all().to_owned(),
                }));
            }
            _ => {}
        }
        answer
    }
}

/// A resource as its own place knows it.
fn bare(resource: &Resource) -> Resource {
    Resource {
        id: resource.id.split().0,
        name: match resource.id.split() {
            // What is known by its id alone is called by that.
            (id, Some(_)) if resource.name == resource.id.as_str() => id.0,
            _ => resource.plain_name().to_owned(),
        },
        ..resource.clone()
    }
}

impl Member for At {
    fn part(&self, query: &Query) -> Option<Query> {
        let here = |resource: &Option<Resource>| match resource {
            Some(resource) => self.is_here(resource).then(|| Some(bare(resource))),
            None => Some(None),
        };
        Some(match query {
            Query::Identity => self.is_home().then_some(Query::Identity)?,
            Query::Alarms { names, state, window } => {
                // An ARN says where the alarm is; a name may be one anywhere.
                let is_elsewhere = |name: &&String| Place::of(name).is_some_and(|place| place != self.own);
                let own: Vec<String> = names.iter().filter(|name| !is_elsewhere(name)).cloned().collect();
                if own.is_empty() && !names.is_empty() {
                    return None;
                }
                Query::Alarms {
                    names: own,
                    state: *state,
                    window: *window,
                }
            }
            Query::Catalogue {
                resource,
                namespace,
                metric,
            } => Query::Catalogue {
                resource: here(resource)?,
                namespace: namespace.clone(),
                metric: metric.clone(),
            },
            Query::Metrics { series, window } => {
                let here = |key: &&SeriesKey| match &key.resource {
                    Some(id) => self.places.of_id(id).as_ref() == Some(&self.own),
                    None => self.is_home(),
                };
                let mut own: Vec<SeriesKey> = series.iter().filter(here).cloned().collect();
                if own.is_empty() && !(series.is_empty() && self.is_home()) {
                    return None;
                }
                for key in &mut own {
                    key.each_id(&mut |id| *id = id.split().0);
                }
                Query::Metrics {
                    series: own,
                    window: *window,
                }
            }
            Query::Logs {
                resource,
                group,
                window,
                filter,
                limit,
            } => {
                if resource.is_none() && group.is_some() && !self.is_home() {
                    return None;
                }
                Query::Logs {
                    resource: here(resource)?,
                    group: group.clone(),
                    window: *window,
                    filter: filter.clone(),
                    limit: *limit,
                }
            }
            Query::Changes { resource, window } => Query::Changes {
                resource: here(resource)?,
                window: *window,
            },
            Query::Events { resource, window } => Query::Events {
                resource: here(resource)?,
                window: *window,
            },
            Query::Configuration { resource } => Query::Configuration {
                resource: self.is_here(resource).then(|| bare(resource))?,
            },
            Query::Inventory => Query::Inventory,
            Query::Relations => Query::Relations,
            Query::Tool { .. } => return None,
        })
    }
}

#[async_trait]
impl Source for At {
    fn name(&self) -> &str {
        // All places have one name: where something stands, its id says.
        self.inner.name()
    }

    fn discoveries(&self) -> Vec<Arc<dyn Discovery>> {
        let found = self.inner.discoveries();
        if self.is_home() {
            return found;
        }
        let placed = |inner| Arc::new(Placed::new(inner, self.own.clone())) as Arc<dyn Discovery>;
        found.into_iter().map(placed).collect()
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, allowance: &Allowance) -> Answer {
        let answer = self.inner.answer_within(query, allowance).await;
        self.carried(query, answer)
    }

    fn occasion(&self) -> Option<Occasion> {
        self.inner.occasion()
    }
}

/// Speaks for the places that the space does not have: whoever asks about a resource there learns what is missing.
pub struct Elsewhere {
    places: Arc<Places>,
}

impl Elsewhere {
    /// Everywhere but in `places`.
    pub const fn new(places: Arc<Places>) -> Self {
        Self { places }
    }

    fn gap(&self, place: &Place) -> Gap {
        let Place { account, region } = place;
        if self.places.all().iter().any(|known| known.account == *account) {
            return Gap {
                kind: GapKind::Unsupported,
                what: format!("account {account} in {region}").into(),
                resource: None,
                why: "what is looked at leads there, and this space does not read that region".into(),
                hint: Some(
                    format!("add {region} to the regions of account {account} in the configuration").into(),
                ),
            };
        }
        stranger(account, "what is looked at leads there")
    }
}

/// The gap of an account that the space does not have.
pub fn stranger(account: &str, why: &'static str) -> Gap {
    Gap {
        kind: GapKind::Unsupported,
        what: Text::from("account ").ext(account),
        resource: None,
        why: Text::from(why).own(", and this space does not have that account"),
        hint: Some(
            Text::from("midwatch account add ")
                .ext(account)
                .own(" --role ARN"),
        ),
    }
}

impl Member for Elsewhere {
    fn part(&self, query: &Query) -> Option<Query> {
        let place = query.resource()?.id.split().1?;
        (!self.places.all().contains(&place)).then(|| query.clone())
    }
}

#[async_trait]
impl Source for Elsewhere {
    fn name(&self) -> &'static str {
        "elsewhere"
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_within(query, &Allowance::unlimited()).await
    }

    async fn answer_within(&self, query: &Query, _: &Allowance) -> Answer {
        let asked = query.resource().map(|resource| &resource.id);
        let place = asked.and_then(|id| id.split().1);
        place.map_or_else(Answer::default, |place| {
            let gap = Gap {
                kind: GapKind::Denied,
                resource: asked.cloned(),
                ..self.gap(&place)
            };
            Answer::gap(gap, 0)
        })
    }
}
