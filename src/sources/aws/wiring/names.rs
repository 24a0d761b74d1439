//! Which known thing a word means. A word that means two things means neither.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    mention::{self, Mention},
    rules,
    words::{SHORTEST_NAME, is_environment, stem},
};
use crate::{
    model::{Place, ResourceId, discovery::Thing},
    sources::aws::naming,
};

/// Shortest plain name that is taken for a mention where no rule expects one.
const SHORTEST: usize = 5;

/// Known things by what a configuration may call them.
pub(super) struct Names<'a> {
    things: BTreeMap<&'a ResourceId, &'a Thing>,
    /// By place and word: ARNs, physical ids, addresses, generated ids.
    exact: BTreeMap<(Option<Place>, &'a str), Option<&'a ResourceId>>,
    /// By place and short name.
    short: BTreeMap<(Option<Place>, String), BTreeSet<&'a ResourceId>>,
}

impl<'a> Names<'a> {
    pub fn of(things: &'a [Thing]) -> Self {
        let mut names = Self {
            things: BTreeMap::new(),
            exact: BTreeMap::new(),
            short: BTreeMap::new(),
        };
        for thing in things {
            let resource = &thing.resource;
            names.things.entry(&resource.id).or_insert(thing);
            let place = resource.id.split().1;
            let arn = resource.arn.as_deref();
            let is_exact = |word: &str| word.contains(':') || naming::is_generated(word);
            for word in [Some(thing.physical.as_str()), arn, Some(resource.id.as_str())]
                .into_iter()
                .flatten()
                .filter(|word| is_exact(word))
            {
                names
                    .exact
                    .entry((place.clone(), word))
                    .and_modify(|known| {
                        if *known != Some(&resource.id) {
                            *known = None;
                        }
                    })
                    .or_insert(Some(&resource.id));
            }
            for word in short_names(thing) {
                names
                    .short
                    .entry((place.clone(), word))
                    .or_default()
                    .insert(&resource.id);
            }
        }
        names
    }

    pub fn kind(&self, id: &ResourceId) -> Option<&'a str> {
        self.things.get(id).map(|thing| thing.resource.kind.as_str())
    }

    /// The things that a word of a property of `thing` means.
    pub fn meant(&self, thing: &Thing, path: &str, word: &str) -> Option<(ResourceId, Option<String>)> {
        let place = thing.resource.id.split().1;
        let found = match mention::read(word)? {
            Mention::Arn { arn, account, region } => self.by_arn(thing, &arn, &account, &region, path)?,
            Mention::Named(kinds, name) => (self.named(place.as_ref(), kinds, &name)?, None),
            Mention::Word(word) => (self.by_word(thing, place.as_ref(), path, &word)?, None),
        };
        (found.0 != thing.resource.id).then_some(found)
    }

    /// The thing that the name in an ARN means, beside the one that goes by the ARN itself.
    pub fn twin(&self, thing: &Thing, arn: &str) -> Option<(ResourceId, Option<String>)> {
        let place = thing.resource.id.split().1;
        self.by_head(place.as_ref(), arn, Some(&thing.resource.id))
            .map(|id| (id, None))
    }

    /// What an ARN names: a known thing, or (where a rule or a variable tells that it is of account) one that is not listed,
    /// with its type.
    fn by_arn(
        &self,
        thing: &Thing,
        arn: &str,
        account: &str,
        region: &str,
        path: &str,
    ) -> Option<(ResourceId, Option<String>)> {
        let own = thing.resource.id.split().1;
        let same =
            |known: Option<&String>, said: &str| said.is_empty() || known.is_none_or(|known| known == said);
        let near = same(thing.resource.account.as_ref(), account)
            && (same(thing.resource.region.as_ref(), region)
                || thing.resource.kind.starts_with("AWS::IAM::"));
        let place = if near {
            own
        } else if account.is_empty() || region.is_empty() {
            None
        } else {
            // Known under the place of its own, or else as part of the place where the space is at home.
            let other = Place::new(account, region);
            let home = |known: &&Thing| {
                same(known.resource.account.as_ref(), account) && same(known.resource.region.as_ref(), region)
            };
            let known = mention::id_of(arn).and_then(|found| self.things.get(&found.id).copied());
            known.filter(home).map_or(Some(other), |_| None)
        };
        let known = self.exact.get(&(place.clone(), arn)).copied().flatten();
        if let Some(id) = known {
            return Some((id.clone(), None));
        }
        if let Some(found) = mention::id_of(arn) {
            let id = place
                .as_ref()
                .map_or_else(|| found.id.clone(), |place| found.id.at(place));
            if self.things.contains_key(&id) {
                return Some((id, None));
            }
            let telling = is_environment(path)
                || rules::rule(&thing.resource.kind, path).is_some()
                || rules::is_glue(&thing.resource.kind);
            return (telling && !rules::is_glue(&found.kind)).then_some((id, Some(found.kind)));
        }
        self.by_head(place.as_ref(), arn, None).map(|id| (id, None))
    }

    /// `arn:...:events:...:event-bus/orders` is the thing of a type `EventBus` that is called `orders`.
    fn by_head(&self, place: Option<&Place>, arn: &str, but: Option<&ResourceId>) -> Option<ResourceId> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let service = parts.next()?;
        let last = parts.nth(2)?;
        let (head, name) = last.split_once(['/', ':'])?;
        let head = head.replace('-', "").to_lowercase();
        let named = self.short.get(&(place.cloned(), name.to_owned()))?;
        let mut fitting = named.iter().filter(|id| Some(**id) != but).filter(|id| {
            let kind = self.kind(id).unwrap_or_default();
            let word = kind.rsplit("::").next().unwrap_or_default().to_lowercase();
            kind.split("::")
                .nth(1)
                .is_some_and(|own| own.to_lowercase().starts_with(service))
                && word == head
        });
        let only = fitting.next()?;
        fitting.next().is_none().then(|| (*only).clone())
    }

    /// The one thing of these types that has this name; elsewhere, when it is not here.
    fn named(&self, place: Option<&Place>, kinds: &[&str], name: &str) -> Option<ResourceId> {
        let fitting = |ids: &BTreeSet<&'a ResourceId>| -> Vec<&'a ResourceId> {
            let of = |id: &&'a ResourceId| self.kind(id).is_some_and(|kind| kinds.contains(&kind));
            ids.iter().copied().filter(of).collect()
        };
        let here = self.short.get(&(place.cloned(), name.to_owned())).map(fitting);
        let found = here.filter(|found| !found.is_empty()).unwrap_or_else(|| {
            let everywhere = self.short.iter().filter(|((_, word), _)| word == name);
            everywhere.flat_map(|(_, ids)| fitting(ids)).collect()
        });
        match found.as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        }
    }

    /// A word by itself: an id that AWS made up, an address, or a name where one is to be expected.
    fn by_word(&self, thing: &Thing, place: Option<&Place>, path: &str, word: &str) -> Option<ResourceId> {
        if let Some(known) = self.exact.get(&(place.cloned(), word)) {
            return known.cloned();
        }
        let named = self.short.get(&(place.cloned(), word.to_owned()))?;
        let others: Vec<&ResourceId> = named
            .iter()
            .copied()
            .filter(|id| **id != thing.resource.id)
            .collect();
        let kind = &thing.resource.kind;
        let expected = rules::rule(kind, path).is_some_and(|rule| rule.way != rules::Way::Silent)
            || rules::belongs_by(kind).is_some_and(|property| rules::below(path, property))
            || rules::joints(kind)
                .any(|joint| rules::below(path, joint.from) || rules::below(path, joint.to));
        // The property itself says of which type the thing is: `TableName`, `Cluster`, `FunctionName`.
        let last = path.rsplit('.').next().unwrap_or(path);
        let typed: Vec<&&ResourceId> = others
            .iter()
            .filter(|id| {
                let word = self
                    .kind(id)
                    .and_then(|kind| kind.rsplit("::").next())
                    .unwrap_or_default();
                let fits = |stem: &str| {
                    word.eq_ignore_ascii_case(stem) || word.to_lowercase().ends_with(&stem.to_lowercase())
                };
                stem(path).is_some_and(fits) || fits(last)
            })
            .collect();
        if let [only] = typed.as_slice() {
            return Some((**only).clone());
        }
        let roles =
            rules::acts_as(kind, path) || (rules::is_glue(kind) && matches!(path, "Roles" | "RoleName"));
        if roles {
            let role = |id: &&&ResourceId| self.kind(id) == Some("AWS::IAM::Role");
            return others.iter().find(role).map(|id| (**id).clone());
        }
        let free = is_environment(path) && word.len() >= SHORTEST;
        match others.as_slice() {
            [only] if expected || free => {
                let glue = self.kind(only).is_some_and(rules::is_glue);
                (expected || !glue).then(|| (*only).clone())
            }
            _ => None,
        }
    }
}

/// What a thing is called by those who know its type: its name, and the name inside a longer id.
fn short_names(thing: &Thing) -> BTreeSet<String> {
    let resource = &thing.resource;
    let mut names = BTreeSet::from([naming::name_of(resource)]);
    if !thing.physical.is_empty() {
        names.insert(naming::short_name(&resource.kind, &thing.physical));
        if !thing.physical.contains(':') {
            names.insert(thing.physical.clone());
        }
    }
    let inner: Vec<String> = names
        .iter()
        .filter_map(|name| match resource.kind.as_str() {
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => name.split('/').nth(1),
            "AWS::ECS::Service" => name.rsplit('/').next(),
            "AWS::ECS::TaskDefinition" => name.rsplit('/').next()?.split(':').next(),
            // Ids in ARNs of types that the table of names does not have.
            _ if name.starts_with("arn:") => name.rsplit(['/', ':']).next(),
            _ => None,
        })
        .map(ToOwned::to_owned)
        .collect();
    names.extend(inner);
    names.retain(|name| name.len() >= SHORTEST_NAME);
    names
}
