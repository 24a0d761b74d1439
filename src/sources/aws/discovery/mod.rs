//! One account and region, found part by part: stacks with what they declare, listings of what stands outside them, the
//! configuration of that, and who was seen to call whom.

pub mod actors;
mod configuration;
mod listing;
pub(super) mod observed;
mod stack;
mod tagged;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{AwsSource, ask::Ask, stacks, stacks::Stack};
use crate::model::{
    Allowance, GapKind,
    discovery::{Discovery, Finding, Part, Parts, Thing},
};

/// Pages of stacks that are read: a hundred stacks each.
const PAGES: usize = 100;

/// Parts by their names.
const STACK: &str = "stack ";
const TYPE: &str = "type ";
const CONFIGURATION: &str = "configuration ";
const TAGS: &str = "tags";
const EXPLORER: &str = "resource explorer";
const INSTANCES: &str = "instances";
const TRACES: &str = "traces";
const SIGNALS: &str = "application signals";

/// What is discovered of an account; nothing chosen: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// ARNs or names of stacks; the stacks that they hold are chosen with them.
    pub stacks: Vec<String>,
    /// Tags whose resources are discovered: key and values; no value: any.
    pub tags: BTreeMap<String, Vec<String>>,
}

impl Chosen {
    fn everything(&self) -> bool {
        self.stacks.is_empty() && self.tags.is_empty()
    }

    /// The chosen ones among all stacks, with those that they hold.
    fn among(&self, all: Vec<Stack>) -> Vec<Stack> {
        if self.everything() {
            return all;
        }
        let mut ids: BTreeSet<String> = all
            .iter()
            .filter(|stack| {
                self.stacks
                    .iter()
                    .any(|one| *one == stack.name || *one == stack.id)
            })
            .map(|stack| stack.id.clone())
            .collect();
        loop {
            let inner: Vec<String> = all
                .iter()
                .filter(|stack| !ids.contains(&stack.id))
                .filter(|stack| stack.parent.as_ref().is_some_and(|parent| ids.contains(parent)))
                .map(|stack| stack.id.clone())
                .collect();
            if inner.is_empty() {
                break;
            }
            ids.extend(inner);
        }
        all.into_iter().filter(|stack| ids.contains(&stack.id)).collect()
    }
}

/// Discovers one account and region.
pub struct AwsDiscovery {
    source: AwsSource,
    chosen: Chosen,
    /// The stacks as they were listed, by the names of their parts.
    stacks: Mutex<BTreeMap<String, Stack>>,
}

impl AwsDiscovery {
    /// Discovers what `source` answers for.
    pub fn new(source: AwsSource, chosen: Chosen) -> Self {
        Self {
            source,
            chosen,
            stacks: Mutex::default(),
        }
    }

    fn ask(&self) -> Ask<'_> {
        Ask::new(&self.source, &Allowance::unlimited())
    }
}

#[async_trait]
impl Discovery for AwsDiscovery {
    fn place(&self) -> String {
        self.source
            .place()
            .map_or_else(|| format!("aws {}", self.source.region()), ToString::to_string)
    }

    async fn parts(&self) -> Parts {
        let mut ask = self.ask();
        if let Some(standing) = &self.source.standing
            && let Err(gap) = standing.enter(&mut ask).await
        {
            return Parts {
                gaps: vec![gap],
                calls: ask.aws.calls(),
                ..Parts::default()
            };
        }
        let mut parts = Vec::new();
        let wants_stacks = self.chosen.everything() || !self.chosen.stacks.is_empty();
        if wants_stacks && let Some(all) = stacks::describe(&mut ask, PAGES).await {
            let mut known = self.stacks.lock().await;
            known.clear();
            for stack in self.chosen.among(all) {
                let mut part = Part::new(format!("{STACK}{}", stack.id));
                part.version = stack.changed.map(|at| at.to_string());
                known.insert(part.name.clone(), stack);
                parts.push(part);
            }
        }
        if self.chosen.everything() {
            parts.push(Part::new(TAGS));
            parts.push(Part::new(INSTANCES));
            parts.push(Part::new(EXPLORER));
            parts.extend(
                listing::TYPES
                    .iter()
                    .map(|kind| Part::new(format!("{TYPE}{kind}"))),
            );
        }
        for (key, values) in &self.chosen.tags {
            parts.push(Part::new(tagged::name(TAGS, key, None)));
            match values.as_slice() {
                [] => parts.push(Part::new(tagged::name(EXPLORER, key, None))),
                values => parts.extend(
                    values
                        .iter()
                        .map(|value| Part::new(tagged::name(EXPLORER, key, Some(value)))),
                ),
            }
        }
        parts.push(Part::new(TRACES));
        parts.push(Part::new(SIGNALS));
        Parts {
            parts,
            calls: ask.aws.calls(),
            gaps: ask.gaps,
        }
    }

    async fn read(&self, part: &Part) -> Finding {
        let mut ask = self.ask();
        let name = part.name.as_str();
        let mut finding = if name.starts_with(STACK) {
            self.stack(&mut ask, name).await
        } else if let Some(kind) = name.strip_prefix(TYPE) {
            listing::of_type(&mut ask, kind).await
        } else if name.starts_with(CONFIGURATION) {
            configuration::of(&mut ask, &part.of).await
        } else if name.starts_with(TAGS) {
            tagged::by_tag(&mut ask, part, &self.chosen).await
        } else if name.starts_with(EXPLORER) {
            tagged::by_search(&mut ask, part).await
        } else if name == INSTANCES {
            listing::instances(&mut ask).await
        } else if name == TRACES {
            Finding {
                seen: observed::traces(&mut ask).await,
                ..Finding::default()
            }
        } else {
            Finding {
                seen: observed::signals(&mut ask).await,
                ..Finding::default()
            }
        };
        for thing in &mut finding.things {
            let resource = &mut thing.resource;
            resource
                .region
                .get_or_insert_with(|| self.source.region().to_owned());
            if let Some(place) = self.source.place() {
                resource.account.get_or_insert_with(|| place.account.clone());
            }
        }
        // A part that failed for want of time or rights is read again the next time.
        finding.gaps = ask.gaps;
        finding.calls = ask.aws.calls();
        finding
    }

    fn further(&self, known: &[&Thing]) -> Parts {
        configuration::wanted(known)
    }
}

/// True for gaps that another try may mend: such a part is not taken for finished.
pub fn passing(kind: GapKind) -> bool {
    matches!(
        kind,
        GapKind::Throttled | GapKind::Credentials | GapKind::Unreachable | GapKind::Budget
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_stack_brings_those_that_it_holds() {
        let stack = |name: &str, parent: Option<&str>| Stack {
            name: name.to_owned(),
            id: format!("arn:{name}"),
            changed: None,
            parameters: BTreeMap::new(),
            exports: BTreeMap::new(),
            parent: parent.map(|parent| format!("arn:{parent}")),
            parts: Vec::new(),
        };
        let all = vec![
            stack("shop", None),
            stack("shop-data", Some("shop")),
            stack("shop-data-cache", Some("shop-data")),
            stack("blog", None),
        ];
        let chosen = Chosen {
            stacks: vec!["shop".to_owned()],
            tags: BTreeMap::new(),
        };
        let names: Vec<String> = chosen
            .among(all.clone())
            .into_iter()
            .map(|stack| stack.name)
            .collect();
        assert_eq!(names, ["shop", "shop-data", "shop-data-cache"]);
        assert_eq!(Chosen::default().among(all).len(), 4);
    }
}
