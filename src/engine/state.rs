//! The state of one investigation, folded from its stream and the evidence that it refers to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    journal::{
        Actor, Body, Record,
        body::{Created, Named, Observed, Plan, Steering},
        views::Investigation,
    },
    model::{
        Evidence, GapKind, Identity, Intent, Occasion, Origin, Place, Query, Relation, RelationKind,
        RelationOrigin, Resource, ResourceId, Spent, Window,
    },
    topology::Topology,
};

/// The state of one investigation: all that the next step depends on.
#[derive(Debug, Default)]
pub struct State {
    /// The journal's fold.
    pub view: Investigation,
    /// What was found, by the record number of the question.
    pub evidence: BTreeMap<u64, Evidence>,
    /// Record number of the last `usage`: every answer before it has been observed.
    observed_up_to: u64,
    /// Record number of the last message or wish that the engine has dealt with.
    answered_up_to: u64,
    /// Observations up to this record are of another window.
    stale_up_to: u64,
    /// The occasion that the source was recorded for.
    pub occasion: Option<Occasion>,
    /// What operators have asked for so far.
    pub wishes: Wishes,
    /// Resources and relations as far as they are known.
    pub known: Known,
}

/// What operators have asked for so far.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Wishes {
    /// Resources to weigh as subjects.
    pub focus: Vec<ResourceId>,
    /// Resources whose hypotheses are set aside.
    pub ignore: Vec<ResourceId>,
    /// Kinds of evidence left out of account.
    pub skip: Vec<Origin>,
    /// Another stretch of time.
    pub window: Option<Window>,
    /// Kinds of evidence to fetch of a resource.
    pub show: Vec<(Origin, ResourceId)>,
    /// Tools of connections to be asked.
    pub call: Vec<Query>,
}

/// Resources and relations as far as they are known.
#[derive(Debug, Default)]
pub struct Known {
    /// Resources by id.
    pub resources: BTreeMap<ResourceId, Resource>,
    /// Relations.
    pub relations: Vec<Relation>,
    /// Both as a graph.
    pub topology: Topology,
}

/// A message or wish of an operator that the engine has not dealt with.
#[derive(Debug, Clone, PartialEq)]
pub enum Pending {
    /// Words, to be understood.
    Words {
        /// The record.
        seq: u64,
        /// What was said.
        text: String,
    },
    /// A wish, understood already (a key in the console).
    Wish {
        /// The record.
        seq: u64,
        /// What is wanted.
        intent: Intent,
    },
}

impl State {
    /// Folds one more record; `evidence` is what an `evidence` record refers to.
    pub fn apply(&mut self, record: &Record, evidence: Option<Evidence>) {
        let body = record.typed();
        if let Some(Body::Plan(plan)) = &body {
            self.known.take_in(&plan.named);
        }
        match &body {
            Some(Body::Usage(_)) => self.observed_up_to = record.seq,
            Some(Body::Plan(plan)) if self.plan().is_some_and(|old| old.window != plan.window) => {
                self.stale_up_to = record.seq;
            }
            Some(Body::Evidence(answered)) => {
                if let Some(evidence) = evidence {
                    self.known.learn(&evidence);
                    self.evidence.insert(answered.query, evidence);
                }
            }
            Some(Body::Steering(steering)) if record.actor == Actor::Agent => self.follow(steering),
            Some(Body::Message(message)) if record.actor == Actor::Agent => {
                self.answered_up_to = self.answered_up_to.max(message.answers.unwrap_or_default());
            }
            _ => {}
        }
        self.view.apply(record);
    }

    fn follow(&mut self, steering: &Steering) {
        self.answered_up_to = self.answered_up_to.max(steering.message.unwrap_or_default());
        let wishes = &mut self.wishes;
        match &steering.intent {
            Intent::Focus { resource } => {
                wishes.ignore.retain(|ignored| ignored != resource);
                push_new(&mut wishes.focus, resource.clone());
            }
            Intent::Ignore { resource } => {
                wishes.focus.retain(|focused| focused != resource);
                push_new(&mut wishes.ignore, resource.clone());
            }
            Intent::Window { window } => wishes.window = Some(*window),
            Intent::Skip { origin } => push_new(&mut wishes.skip, *origin),
            Intent::Include { origin } => wishes.skip.retain(|skipped| skipped != origin),
            Intent::Show { origin, resource } => push_new(&mut wishes.show, (*origin, resource.clone())),
            Intent::Call {
                connection,
                tool,
                arguments,
            } => {
                let call = Query::Tool {
                    connection: connection.clone(),
                    tool: tool.clone(),
                    arguments: arguments.clone(),
                };
                push_new(&mut wishes.call, call);
            }
            Intent::Pause
            | Intent::Resume
            | Intent::Cancel
            | Intent::Priority { .. }
            | Intent::Investigate { .. }
            | Intent::Ask
            | Intent::Unknown => {}
        }
    }

    /// How the investigation was opened.
    pub fn created(&self) -> Option<&Created> {
        self.view.created.as_ref()
    }

    /// What is looked at, once that is settled.
    pub fn plan(&self) -> Option<&Plan> {
        self.view.plan.as_ref()
    }

    /// When the incident was noticed: as given, else as recorded, else when the investigation was opened.
    pub fn noticed(&self) -> Timestamp {
        let opened = self.view.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
        let created_at = self.occasion.map_or(opened, |occasion| occasion.at);
        self.created()
            .and_then(|created| created.at)
            .unwrap_or(created_at)
    }

    /// Questions without an answer, in order.
    pub fn open_questions(&self) -> Vec<(u64, &Query)> {
        let unanswered = |seq: &u64| !self.view.answers.contains_key(seq);
        self.view
            .queries
            .iter()
            .filter(|(seq, _)| unanswered(seq))
            .map(|(seq, asked)| (*seq, &asked.query))
            .collect()
    }

    /// Questions whose answers have not been turned into observations, in order.
    pub fn fresh(&self) -> Vec<u64> {
        self.view
            .answers
            .iter()
            .filter(|(_, (seq, _))| *seq > self.observed_up_to)
            .map(|(query, _)| *query)
            .collect()
    }

    /// True when this very question was asked already.
    pub fn was_asked(&self, query: &Query) -> bool {
        self.view.queries.values().any(|asked| asked.query == *query)
    }

    /// Evidence with the record number of its answer, for the questions that `wanted` picks, in order.
    pub fn found<'a>(
        &'a self,
        wanted: impl Fn(&Query) -> bool + 'a,
    ) -> impl Iterator<Item = (u64, &'a Query, &'a Evidence)> {
        self.view.queries.iter().filter_map(move |(seq, asked)| {
            let (answer, _) = self.view.answers.get(seq)?;
            let evidence = self.evidence.get(seq)?;
            wanted(&asked.query).then_some((*answer, &asked.query, evidence))
        })
    }

    /// Observations that count, with their record numbers, in order: those of a kind left out of account are not there, nor
    /// those of another window (configuration has none).
    pub fn observations(&self) -> impl Iterator<Item = (u64, &Observed)> {
        self.view
            .observations
            .iter()
            .filter(|(_, observed)| !self.wishes.skip.contains(&observed.observation.origin))
            .filter(|(seq, observed)| {
                **seq > self.stale_up_to || observed.observation.origin == Origin::Configuration
            })
            .map(|(seq, observed)| (*seq, observed.as_ref()))
    }

    /// Whose credentials ask, as far as that was told.
    fn identity(&self) -> Option<&Identity> {
        let mut told = self.found(|query| matches!(query, Query::Identity));
        told.find_map(|(_, _, evidence)| match evidence {
            Evidence::Identity(identity) => Some(identity),
            _ => None,
        })
    }

    /// The account and region where the investigation is at home, where it looks at several; none where it looks at one. A
    /// recording tells it by its own account and region.
    pub fn home(&self) -> Option<Place> {
        let identity = self.identity()?;
        let recorded = || {
            let elsewhere = self.known.resources.keys().any(|id| id.split().1.is_some());
            let (account, region) = (identity.account.as_ref()?, identity.region.as_ref()?);
            elsewhere.then(|| Place::new(account, region))
        };
        identity.places.first().cloned().or_else(recorded)
    }

    /// The accounts that are looked at, as far as that was told.
    pub fn accounts(&self) -> BTreeSet<String> {
        let Some(identity) = self.identity() else {
            return BTreeSet::new();
        };
        let places = identity.places.iter().map(|place| place.account.clone());
        let recorded = self
            .known
            .resources
            .keys()
            .filter_map(|id| Some(id.split().1?.account));
        places.chain(identity.account.clone()).chain(recorded).collect()
    }

    /// What has been spent so far.
    pub fn spent(&self) -> Spent {
        self.view.spent()
    }

    /// True when the budget is spent: nothing more may be asked.
    pub fn is_spent(&self) -> bool {
        self.view
            .gaps
            .values()
            .any(|found| found.gap.kind == GapKind::Budget)
    }

    /// Messages and wishes of operators that the engine has not dealt with, in order.
    pub fn pending(&self) -> Vec<Pending> {
        let entries = self
            .view
            .entries
            .values()
            .skip_while(|entry| entry.seq <= self.answered_up_to);
        entries
            .filter(|entry| matches!(entry.actor, Actor::Operator(_)))
            .filter_map(|entry| match &entry.body {
                Some(Body::Message(message)) => Some(Pending::Words {
                    seq: entry.seq,
                    text: message.text.plain(),
                }),
                Some(Body::Steering(steering)) => Some(Pending::Wish {
                    seq: entry.seq,
                    intent: steering.intent.clone(),
                }),
                _ => None,
            })
            .collect()
    }
}

impl Known {
    fn learn(&mut self, evidence: &Evidence) {
        match evidence {
            Evidence::Inventory(resources) => {
                for resource in resources {
                    self.resources.insert(resource.id.clone(), resource.clone());
                }
            }
            Evidence::Relations(relations) => self.relations.extend(relations.iter().cloned()),
            _ => return,
        }
        self.rebuild();
    }

    /// Takes in what evidence names: who names it is taken to use it.
    fn take_in(&mut self, named: &[Named]) {
        if named.is_empty() {
            return;
        }
        for one in named {
            let id = one.resource.id.clone();
            self.resources
                .entry(id.clone())
                .or_insert_with(|| one.resource.clone());
            self.relations.push(Relation {
                from: one.by.clone(),
                to: id,
                kind: RelationKind::Uses,
                origin: RelationOrigin::Code,
            });
        }
        self.rebuild();
    }

    fn rebuild(&mut self) {
        self.find_buckets();
        let resources: Vec<Resource> = self.resources.values().cloned().collect();
        self.topology = Topology::new(&resources, &self.relations);
    }

    /// The ARN of a bucket names no account and no region, so that one elsewhere is taken to stand with whoever names it. The
    /// name is one in the world: where a single place has it, that is meant.
    fn find_buckets(&mut self) {
        let mut owners: BTreeMap<String, Option<ResourceId>> = BTreeMap::new();
        for id in self.resources.keys().filter(|id| is_bucket(id)) {
            let owner = owners.entry(id.bare().to_owned());
            owner
                .and_modify(|owner| *owner = None)
                .or_insert_with(|| Some(id.clone()));
        }
        if owners.is_empty() {
            return;
        }
        for relation in &mut self.relations {
            for end in [&mut relation.from, &mut relation.to] {
                if is_bucket(end)
                    && !self.resources.contains_key(end)
                    && let Some(Some(owner)) = owners.get(end.bare())
                {
                    *end = owner.clone();
                }
            }
        }
    }

    /// A resource by id; one that only relations, alarms or operators name is of unknown type.
    pub fn resource(&self, id: &ResourceId) -> Resource {
        let known = self.resources.get(id).cloned();
        known.unwrap_or_else(|| Resource::new(id.clone(), "unknown", id.as_str()))
    }
}

fn is_bucket(id: &ResourceId) -> bool {
    id.as_str().starts_with("bucket:")
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_that_another_place_has_is_that_one() {
        let place = Place::new("444455556666", "eu-west-1");
        let there = ResourceId::from("bucket:mail").at(&place);
        let relation = |to: &str| Relation {
            from: "orders".into(),
            to: to.into(),
            kind: RelationKind::Reads,
            origin: RelationOrigin::Config,
        };
        let mut known = Known::default();
        known.learn(&Evidence::Relations(vec![
            relation("bucket:mail"),
            relation("bucket:unknown"),
            relation("table:mail"),
        ]));
        known.learn(&Evidence::Inventory(vec![
            Resource::new(there.clone(), "AWS::S3::Bucket", "mail"),
            Resource::new(
                ResourceId::from("table:mail").at(&place),
                "AWS::DynamoDB::Table",
                "mail",
            ),
        ]));
        let ends: Vec<&str> = known
            .relations
            .iter()
            .map(|relation| relation.to.as_str())
            .collect();
        assert_eq!(ends, [there.as_str(), "bucket:unknown", "table:mail"]);
    }
}
