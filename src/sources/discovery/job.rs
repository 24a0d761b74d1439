//! A run of discovery: parts are read several at a time and written down as they come, so that a run which is cut off goes on
//! where it was, and the next one reads only what may have changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{Whole, assemble, compare};
use crate::{
    journal::{
        Actor, Body, Draft, Hash, Journal, Kind, StoreError, StreamId,
        body::{Found, PartRead, Topology},
        views::Discovered,
    },
    model::{
        Gap, Source,
        discovery::{Discovery, Finding, Graph, Part, Thing},
    },
    sources::aws::discovery::passing,
};

/// Parts that are read at the same time; the rate limits of each service hold all the same.
const AT_ONCE: usize = 8;
/// Parts that are written down together.
const TOGETHER: usize = 8;
/// How long a run that was cut off may be taken up again.
const STILL_GOOD: SignedDuration = SignedDuration::from_hours(6);
/// Records that are read at once.
const PAGE: u32 = 1_000;

/// By place and name.
type Key = (String, String);

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Run {
    /// In whose name it is written down.
    pub actor: Actor,
    /// The present moment.
    pub now: Timestamp,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What was read last.
    pub part: String,
    /// Parts that are done, kept ones included.
    pub done: usize,
    /// Parts that are known so far.
    pub of: usize,
    /// Parts that were taken from an earlier run.
    pub kept: usize,
    /// Resources found so far.
    pub resources: usize,
    /// Calls made so far.
    pub calls: u64,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The record.
    pub record: u64,
    /// What stands in it.
    pub found: Found,
    /// The graph.
    pub graph: Graph,
}

/// The newest graph of a space, with the record that tells of it; none before the first discovery.
///
/// # Errors
/// When the journal cannot be read.
pub async fn load(journal: &Journal) -> Result<Option<(Found, Timestamp, Graph)>, StoreError> {
    let Some((_, at, found)) = folded(journal).await?.newest else {
        return Ok(None);
    };
    let graph = journal.value(&found.graph).await?;
    Ok(Some((found, at, graph)))
}

async fn folded(journal: &Journal) -> Result<Discovered, StoreError> {
    let mut view = Discovered::default();
    let mut after = 0;
    loop {
        let page = journal
            .read_kinds(&StreamId::space(), &[Kind::Topology], after, PAGE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(view);
        };
        after = last.seq;
        for record in &page {
            view.apply(record);
        }
    }
}

/// Discovers everything that `source` has, and stores it. Dropping the future leaves what was read so far, and the next run
/// goes on from there.
///
/// # Errors
/// When the journal cannot be read or written.
pub async fn discover(
    source: &Arc<dyn Source>,
    journal: &Journal,
    run: &Run,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Outcome, StoreError> {
    let mut discoveries = source.discoveries();
    if discoveries.is_empty() {
        discoveries.push(Arc::new(Whole::of(Arc::clone(source))));
    }
    let mut job = Job::begin(journal, run, &discoveries).await?;
    let mut queue = Vec::new();
    for (at, discovery) in discoveries.iter().enumerate() {
        job.tell(progress, format!("what there is in {}", discovery.place()));
        let parts = discovery.parts().await;
        job.calls += u64::from(parts.calls);
        if !parts.gaps.is_empty() {
            let listed: BTreeSet<&str> = parts.parts.iter().map(|part| part.name.as_str()).collect();
            job.carry(&discovery.place(), &listed).await?;
        }
        job.say(parts.gaps);
        queue.extend(parts.parts.into_iter().map(|part| (at, part)));
    }
    job.read(&discoveries, queue, progress).await?;
    let mut queue = Vec::new();
    for (at, discovery) in discoveries.iter().enumerate() {
        let place = discovery.place();
        let known = job.known(&place);
        let parts = discovery.further(&known.iter().collect::<Vec<_>>());
        job.say(parts.gaps);
        queue.extend(parts.parts.into_iter().map(|part| (at, part)));
    }
    job.read(&discoveries, queue, progress).await?;
    job.tell(progress, "relations".to_owned());
    job.finish().await
}

struct Job<'a> {
    journal: &'a Journal,
    run: &'a Run,
    /// The record with which the run began.
    number: u64,
    places: Vec<String>,
    view: Discovered,
    /// What was found, of this run and of parts that were kept.
    found: BTreeMap<Key, Finding>,
    /// Blobs that were read already.
    blobs: BTreeMap<Hash, BTreeMap<String, Finding>>,
    waiting: Vec<(PartRead, Option<Finding>)>,
    /// Parts that failed, and of which the run before knew more; written down when the run is over.
    fallen_back: Vec<PartRead>,
    gaps: Vec<Gap>,
    calls: u64,
    read: usize,
    kept: usize,
    of: usize,
    resources: BTreeSet<crate::model::ResourceId>,
}

impl<'a> Job<'a> {
    async fn begin(
        journal: &'a Journal,
        run: &'a Run,
        discoveries: &[Arc<dyn Discovery>],
    ) -> Result<Self, StoreError> {
        let places: Vec<String> = discoveries.iter().map(|discovery| discovery.place()).collect();
        let mut view = folded(journal).await?;
        let still_good = |at: Timestamp| run.now.duration_since(at) < STILL_GOOD;
        let number = match &view.running {
            Some(running) if running.places == places && still_good(running.at) => running.run,
            _ => {
                let begun = Topology::Begun {
                    places: places.clone(),
                };
                let records = append(journal, run, begun).await?;
                view.running = None;
                records
            }
        };
        Ok(Self {
            journal,
            run,
            number,
            places,
            view,
            found: BTreeMap::new(),
            blobs: BTreeMap::new(),
            waiting: Vec::new(),
            fallen_back: Vec::new(),
            gaps: Vec::new(),
            calls: 0,
            read: 0,
            kept: 0,
            of: 0,
            resources: BTreeSet::new(),
        })
    }

    fn say(&mut self, gaps: Vec<Gap>) {
        for gap in gaps {
            if !self.gaps.contains(&gap) {
                self.gaps.push(gap);
            }
        }
    }

    fn tell(&self, progress: &mut (dyn FnMut(&Progress) + Send), part: String) {
        progress(&Progress {
            part,
            done: self.read + self.kept,
            of: self.of,
            kept: self.kept,
            resources: self.resources.len(),
            calls: self.calls,
        });
    }

    /// Everything that is known of a place.
    fn known(&self, place: &str) -> Vec<Thing> {
        let mut known: BTreeMap<_, Thing> = BTreeMap::new();
        for thing in self
            .found
            .iter()
            .filter(|((there, _), _)| there == place)
            .flat_map(|(_, finding)| &finding.things)
        {
            // What is declared or was read already is the better witness.
            let better = known
                .get(&thing.resource.id)
                .is_none_or(|other| other.print.is_empty() && !thing.print.is_empty());
            if better {
                known.insert(thing.resource.id.clone(), thing.clone());
            }
        }
        known.into_values().collect()
    }

    /// Reads the parts that neither this run nor an earlier one has read.
    async fn read(
        &mut self,
        discoveries: &[Arc<dyn Discovery>],
        queue: Vec<(usize, Part)>,
        progress: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<(), StoreError> {
        self.of += queue.len();
        let mut queue: std::collections::VecDeque<(usize, Part)> = queue.into();
        let mut reading = FuturesUnordered::new();
        loop {
            while reading.len() < AT_ONCE
                && let Some((at, part)) = queue.pop_front()
            {
                let Some(discovery) = discoveries.get(at).cloned() else {
                    continue;
                };
                let key = (discovery.place(), named(&part));
                if let Some(next) = self.keep(&key, &part).await? {
                    queue.extend(next.map(|next| {
                        self.of += 1;
                        (at, next)
                    }));
                    self.tell(progress, part.name);
                    continue;
                }
                reading.push(async move {
                    let finding = discovery.read(&part).await;
                    (at, key, part, finding)
                });
            }
            let Some((at, key, part, finding)) = reading.next().await else {
                break;
            };
            if let Some(next) = finding.next.clone() {
                self.of += 1;
                queue.push_back((at, next));
            }
            self.tell(progress, part.name.clone());
            self.take(key, &part, finding).await?;
            if self.waiting.len() >= TOGETHER {
                self.write().await?;
            }
        }
        self.write().await
    }

    /// Takes a part from this run as far as it came before it was cut off, or from the run before when it has not changed.
    /// Then tells what follows it.
    async fn keep(&mut self, key: &Key, part: &Part) -> Result<Option<Option<Part>>, StoreError> {
        let running = self.view.running.as_ref();
        let cut_off = running
            .and_then(|running| running.parts.get(key))
            .filter(|cut_off| cut_off.version == part.version);
        let before = self
            .view
            .parts
            .get(key)
            .filter(|before| part.version.is_some() && before.version == part.version);
        let (kept, written) = match (cut_off, before) {
            (Some(cut_off), _) => (cut_off.clone(), true),
            (None, Some(before)) => (before.clone(), false),
            (None, None) => return Ok(None),
        };
        let Some(finding) = self.stored(&kept).await? else {
            return Ok(None);
        };
        let next = finding.next.clone();
        self.resources
            .extend(finding.things.iter().map(|thing| thing.resource.id.clone()));
        self.say(finding.gaps.clone());
        self.found.insert(key.clone(), finding);
        self.kept += 1;
        if !written {
            self.waiting.push((kept, None));
        }
        Ok(Some(next))
    }

    /// Keeps what the run before knew of parts that could not be listed this time: they are not gone for that.
    async fn carry(&mut self, place: &str, listed: &BTreeSet<&str>) -> Result<(), StoreError> {
        let missing: Vec<(Key, PartRead)> = self
            .view
            .parts
            .iter()
            .filter(|((there, name), part)| {
                there == place && part.version.is_some() && !listed.contains(name.as_str())
            })
            .map(|(key, part)| (key.clone(), part.clone()))
            .collect();
        for (key, part) in missing {
            if let Some(finding) = self.stored(&part).await? {
                self.found.insert(key, finding);
                self.kept += 1;
                self.of += 1;
                self.waiting.push((part, None));
            }
        }
        Ok(())
    }

    async fn stored(&mut self, part: &PartRead) -> Result<Option<Finding>, StoreError> {
        if !self.blobs.contains_key(&part.data) {
            let blob = self.journal.value(&part.data).await?;
            self.blobs.insert(part.data.clone(), blob);
        }
        let blob = self.blobs.get_mut(&part.data);
        Ok(blob.and_then(|blob| blob.remove(&label(&part.place, &part.name))))
    }

    async fn take(&mut self, key: Key, part: &Part, mut finding: Finding) -> Result<(), StoreError> {
        self.read += 1;
        self.calls += u64::from(finding.calls);
        self.say(finding.gaps.clone());
        let failed = finding.gaps.iter().any(|gap| passing(gap.kind));
        let read = PartRead {
            place: key.0.clone(),
            name: key.1.clone(),
            version: part.version.clone(),
            data: Hash::zero(),
            next: finding.next.as_ref().and_then(|next| next.after.clone()),
        };
        // What was known of it is better than the half of it; either way it is read again the next time.
        if failed
            && let Some(before) = self.view.parts.get(&key).cloned()
            && let Some(known) = self.stored(&before).await?
        {
            finding = Finding {
                gaps: finding.gaps,
                ..known
            };
            self.fallen_back.push(before);
        }
        self.resources
            .extend(finding.things.iter().map(|thing| thing.resource.id.clone()));
        self.found.insert(key, finding.clone());
        // A part that failed is not written down now: a run that goes on tries it again.
        if !failed {
            self.waiting.push((read, Some(finding)));
        }
        Ok(())
    }

    /// Writes down what is waiting: findings in one blob, then the record that names them.
    async fn write(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let mut findings = Map::new();
        for (part, finding) in &waiting {
            if let Some(finding) = finding {
                let value = serde_json::to_value(finding).unwrap_or(Value::Null);
                findings.insert(label(&part.place, &part.name), value);
            }
        }
        let data = if findings.is_empty() {
            Hash::zero()
        } else {
            let value = Value::Object(findings);
            self.journal.keep_value(&StreamId::space(), value).await?.0
        };
        let parts = waiting
            .into_iter()
            .map(|(part, finding)| match finding {
                Some(_) => PartRead {
                    data: data.clone(),
                    ..part
                },
                None => part,
            })
            .collect();
        let read = Topology::Read {
            run: self.number,
            parts,
        };
        append(self.journal, self.run, read).await?;
        Ok(())
    }

    async fn finish(mut self) -> Result<Outcome, StoreError> {
        let fallen_back = std::mem::take(&mut self.fallen_back);
        self.waiting
            .extend(fallen_back.into_iter().map(|part| (part, None)));
        self.write().await?;
        let findings = self
            .found
            .iter()
            .map(|((place, name), finding)| ((place.as_str(), name.as_str()), finding));
        let graph = assemble(findings);
        let value = serde_json::to_value(&graph)
            .map_err(|error| StoreError::Damaged(format!("the graph has no JSON form: {error}")))?;
        let (blob, value) = self.journal.keep_value(&StreamId::space(), value).await?;
        let graph: Graph = serde_json::from_value(value)
            .map_err(|error| StoreError::Damaged(format!("the graph does not read back: {error}")))?;
        let changed = match &self.view.newest {
            Some((since, _, before)) if before.places == self.places => {
                let old: Graph = self.journal.value(&before.graph).await?;
                Some(compare(*since, &old, &graph))
            }
            _ => None,
        };
        let mut gaps = self.gaps;
        gaps.sort_by_cached_key(|gap| (gap.kind, gap.what.to_string(), gap.why.to_string()));
        let found = Found {
            run: self.number,
            places: self.places,
            graph: blob,
            resources: graph.resources.len() as u64,
            relations: graph.relations.len() as u64,
            unreadable: graph.unreadable.len() as u64,
            gaps,
            read: self.read as u64,
            kept: self.kept as u64,
            calls: self.calls,
            changed,
        };
        let record = append(self.journal, self.run, Topology::Found(Box::new(found.clone()))).await?;
        Ok(Outcome { record, found, graph })
    }
}

async fn append(journal: &Journal, run: &Run, topology: Topology) -> Result<u64, StoreError> {
    let draft = Draft::new(run.actor.clone(), &Body::Topology(Box::new(topology)));
    let records = journal
        .append(&StreamId::space(), None, None, vec![draft])
        .await?;
    Ok(records.last().map_or(0, |record| record.seq))
}

/// The name of a part, with where it goes on.
fn named(part: &Part) -> String {
    match &part.after {
        Some(after) => format!("{} after {after}", part.name),
        None => part.name.clone(),
    }
}

fn label(place: &str, name: &str) -> String {
    format!("{place}\n{name}")
}
