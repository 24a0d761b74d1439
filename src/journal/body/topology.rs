//! What discovery writes down: its steps, and what it found.

use serde::{Deserialize, Serialize};

use crate::{
    journal::Hash,
    model::{Gap, ResourceId},
};

/// `topology` (in `space`): discovery, step by step, so that a run that was cut off goes on where it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Topology {
    /// A run begins.
    Begun {
        /// Where it looks.
        places: Vec<String>,
    },
    /// Parts were read, or kept because they have not changed.
    Read {
        /// Record with which the run began.
        run: u64,
        /// The parts.
        parts: Vec<PartRead>,
    },
    /// The run is over.
    Found(Box<Found>),
}

/// A part of what there is, and where what was found in it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRead {
    /// Where it stands.
    pub place: String,
    /// Its name, the same in every run.
    pub name: String,
    /// Changes when the part does; none: it is read again in every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Blob with the findings of several parts, by place and name.
    pub data: Hash,
    /// Where the listing goes on, when there is more than this part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a run of discovery came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Record with which the run began.
    pub run: u64,
    /// Where it looked.
    pub places: Vec<String>,
    /// Blob with the whole graph: a [`crate::model::discovery::Graph`].
    pub graph: Hash,
    /// Resources in it.
    pub resources: u64,
    /// Relations in it.
    pub relations: u64,
    /// Resources that were seen and cannot be read.
    pub unreadable: u64,
    /// What could not be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Parts that were read, and parts that were kept because they have not changed.
    pub read: u64,
    /// See `read`.
    pub kept: u64,
    /// Calls made to the outside.
    pub calls: u64,
    /// What has changed since the graph before; none for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<GraphChange>,
}

impl Found {
    /// What it came to, in a sentence.
    pub fn sentence(&self) -> String {
        let count = |count: u64, word: &str| match count {
            1 => format!("1 {word}"),
            many => format!("{many} {word}s"),
        };
        let mut text = format!(
            "{}, {}",
            count(self.resources, "resource"),
            count(self.relations, "relation")
        );
        if self.unreadable > 0 {
            text.push_str(&format!(", {} unreadable", self.unreadable));
        }
        match &self.changed {
            None => {}
            Some(changed) if changed.is_empty() => text.push_str("; nothing has changed"),
            Some(changed) => {
                let told = [
                    (changed.added.count, "added"),
                    (changed.removed.count, "removed"),
                    (changed.changed.count, "changed"),
                ];
                let told = told
                    .iter()
                    .filter(|(count, _)| *count > 0)
                    .map(|(count, word)| format!("{count} {word}"))
                    .collect::<Vec<_>>();
                text.push_str(&format!("; {}", told.join(", ")));
                let relations = (changed.relations_added, changed.relations_removed);
                if relations != (0, 0) {
                    let comma = if told.is_empty() { "" } else { ", " };
                    text.push_str(&format!("{comma}relations +{} -{}", relations.0, relations.1));
                }
            }
        }
        if !self.gaps.is_empty() {
            text.push_str(&format!("; {}", count(self.gaps.len() as u64, "gap")));
        }
        text
    }
}

/// How a graph differs from the one before it. Of long lists the beginning is here; the graphs hold the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphChange {
    /// Record of the run before.
    pub since: u64,
    /// Resources that are new.
    pub added: Listed,
    /// Resources that are gone.
    pub removed: Listed,
    /// Resources whose configuration, stack or tags are others.
    pub changed: Listed,
    /// Relations that are new.
    pub relations_added: u64,
    /// Relations that are gone.
    pub relations_removed: u64,
}

impl GraphChange {
    /// True when nothing has changed.
    pub const fn is_empty(&self) -> bool {
        self.added.count == 0
            && self.removed.count == 0
            && self.changed.count == 0
            && self.relations_added == 0
            && self.relations_removed == 0
    }
}

/// So many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// How many.
    pub count: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<ResourceId>,
}
