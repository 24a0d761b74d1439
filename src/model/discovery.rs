//! What there is in a place, found part by part: so that a run which is cut off goes on where it was, and a later one reads
//! only what has changed.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Gap, Place, Relation, RelationKind, Resource, ResourceId, Text};

/// A part of what there is: a stack, a listing, a batch of configurations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Name, the same in every run.
    pub name: String,
    /// Changes when the part does; none: it has to be read to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What is to be read, where the part is a choice of resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<Thing>,
    /// Where a listing goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Part {
    /// The part of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: None,
            of: Vec::new(),
            after: None,
        }
    }
}

/// What there is to read, before any of it is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// The parts.
    pub parts: Vec<Part>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
    /// Calls made to the outside.
    pub calls: u32,
}

/// What was found in a part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Resources, and configuration that connects them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub things: Vec<Thing>,
    /// Relations that are known as such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// Who was seen to act on whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
    /// What could not be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Calls made to the outside.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub calls: u32,
    /// Where the listing goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Part>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks in this way")]
const fn is_nought(calls: &u32) -> bool {
    *calls == 0
}

/// One thing as it was found: a resource, or what connects resources (an alias, a subscription, a policy).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thing {
    /// What it is.
    pub resource: Resource,
    /// What it is called elsewhere: its physical id, where that is not its id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub physical: String,
    /// Where its configuration refers to another thing of known id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refers: Vec<Refers>,
    /// Words of its configuration that may name other things, by property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, BTreeSet<String>>,
    /// What its policies allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Stands for its configuration, to tell whether it has changed; empty: that was not read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub print: String,
    /// Why its configuration cannot be read, where it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Text>,
}

impl Thing {
    /// A thing of whose configuration nothing is known.
    pub const fn new(resource: Resource) -> Self {
        Self {
            resource,
            physical: String::new(),
            refers: Vec::new(),
            words: BTreeMap::new(),
            grants: Vec::new(),
            print: String::new(),
            unreadable: None,
        }
    }
}

/// A reference to another thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refers {
    /// The property, without list positions (`Environment.Variables.TABLE`).
    pub at: String,
    /// The thing.
    pub to: ResourceId,
}

/// What a policy statement allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// In what way.
    pub how: RelationKind,
    /// To things of known id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub to: BTreeSet<ResourceId>,
    /// To what these words name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub words: BTreeSet<String>,
}

/// One was seen to act on another, in traces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seen {
    /// Who acts.
    pub from: Actor,
    /// On whom.
    pub to: Actor,
}

/// Somebody in a trace, as the tracer names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Actor {
    /// Type, as CloudFormation spells it where the tracer knows it, or a plain word (`client`, `remote`, `service`).
    pub kind: String,
    /// Name, ARN or host.
    pub name: String,
}

/// Everything that is known of a space's resources, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// The resources, in order of id.
    pub resources: Vec<Resource>,
    /// The relations, sorted.
    pub relations: Vec<Relation>,
    /// Resources that were seen and whose configuration cannot be read, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<ResourceId, Text>,
    /// What stands for the configuration of each, as far as it was read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prints: BTreeMap<ResourceId, String>,
}

/// A source that can be discovered part by part.
#[async_trait]
pub trait Discovery: Send + Sync {
    /// Where it looks, in words that stay the same: an account and region, or a source's name.
    fn place(&self) -> String;

    /// What there is to read, and which parts have changed.
    async fn parts(&self) -> Parts;

    /// Reads one part. Never fails: what cannot be read is a gap.
    async fn read(&self, part: &Part) -> Finding;

    /// What is worth reading now that this is known.
    fn further(&self, known: &[&Thing]) -> Parts {
        let _ = known;
        Parts::default()
    }
}

impl Finding {
    /// The same with every id given to the place: for what stands outside the place where the space is at home. Ids that
    /// carry a place already keep it.
    pub fn at(mut self, place: &Place) -> Self {
        let moved = |id: &mut ResourceId| {
            if id.split().1.is_none() {
                *id = id.at(place);
            }
        };
        for thing in &mut self.things {
            moved(&mut thing.resource.id);
            thing.refers.iter_mut().for_each(|refers| moved(&mut refers.to));
            for grant in &mut thing.grants {
                grant.to = std::mem::take(&mut grant.to)
                    .into_iter()
                    .map(|mut id| {
                        moved(&mut id);
                        id
                    })
                    .collect();
            }
        }
        for relation in &mut self.relations {
            moved(&mut relation.from);
            moved(&mut relation.to);
        }
        for gap in &mut self.gaps {
            gap.resource.iter_mut().for_each(moved);
        }
        self
    }
}
