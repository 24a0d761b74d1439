//! What triage goes by, folded from `space`: what is open, what came lately, what is planned.
//!
//! The maps are persistent ones: a copy costs nothing, so that a batch is judged on a copy and the copy thrown away when
//! somebody else wrote first.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rpds::{HashTrieMapSync, QueueSync, RedBlackTreeMapSync};

use super::ties;
use crate::{
    intake::Repeats,
    journal::{
        Body, Hash, Kind, Record, StreamId,
        body::{Closed, Course, Event, Judged, Maintenance, Opened, Tie, Triage},
        canonical::sha256,
    },
    model::{Alert, AlertAction, Place, Priority, Start, Text},
};

/// The stretch in which beginnings of one incident are counted, and in which two events are near enough in time to have one
/// cause: alarms evaluate within minutes, and their effects reach others within minutes.
pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How long a verdict is young enough to be the answer to the same incident's next event.
const YOUNG: SignedDuration = SignedDuration::from_mins(30);

/// How close together the beginnings of a storm lie.
pub(super) const STORM: SignedDuration = SignedDuration::from_mins(10);

/// How long an incident, an event and a planned maintenance are remembered after the last word on them.
const MEMORY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Incidents, and events, that are remembered at most: a week of a busy space, in some tens of megabytes.
const MOST: usize = 100_000;

/// Names that an investigation is known by, of each kind, at most: one that has more is about everything.
const NAMES: usize = 500;

/// Words after which what is too old is forgotten.
const SWEEP: u32 = 4096;

/// The kinds of record in `space` that triage goes by.
pub const KINDS: [Kind; 4] = [Kind::Event, Kind::Triage, Kind::Opened, Kind::Closed];

/// What an event is about, as far as events are held against each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// CloudWatch alarms by name.
    pub alarms: BTreeSet<String>,
    /// Resources, in the forms of [`ties::forms`].
    pub resources: BTreeSet<String>,
    /// Services, in lower case.
    pub services: BTreeSet<String>,
    /// Accounts and regions.
    pub places: BTreeSet<Place>,
}

impl About {
    /// What an alert is about.
    pub fn of(alert: &Alert) -> Self {
        Self {
            alarms: alert.alarm.iter().cloned().collect(),
            resources: alert
                .resources
                .iter()
                .flat_map(|name| ties::forms(name))
                .collect(),
            services: alert.service.iter().map(|name| name.to_lowercase()).collect(),
            places: alert.place().into_iter().collect(),
        }
    }

    fn of_start(start: &Start) -> Self {
        let mut about = Self::default();
        match start {
            Start::Alarm { alarm } => drop(about.alarms.insert(alarm.clone())),
            Start::Symptom { resource, .. } => about.resources.extend(ties::forms(&resource.0)),
            Start::Text { .. } | Start::Event { .. } | Start::Preset { .. } => {}
        }
        about
    }

    fn add(&mut self, other: &Self) {
        fn some<T: Ord + Clone>(to: &mut BTreeSet<T>, from: &BTreeSet<T>) {
            let room = NAMES.saturating_sub(to.len());
            to.extend(from.iter().take(room).cloned());
        }
        some(&mut self.alarms, &other.alarms);
        some(&mut self.resources, &other.resources);
        some(&mut self.services, &other.services);
        some(&mut self.places, &other.places);
    }
}

/// An investigation, as far as triage knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// When the last event came that belongs to it.
    pub last: Timestamp,
    /// Place in the queue.
    pub priority: Priority,
    /// What it and the events that belong to it are about.
    pub about: About,
    /// Where an event began it (see [`scope`]); none: a person did.
    pub scope: Option<String>,
}

impl Case {
    /// True while it is at work, or its verdict is young enough to be the answer to the next event of the same incident.
    pub fn answers(&self, now: Timestamp) -> bool {
        self.closed_at
            .is_none_or(|closed| now.duration_since(closed) <= YOUNG)
    }

    /// True when an event that comes now may have the cause that it looks for.
    pub fn overlaps(&self, now: Timestamp) -> bool {
        self.answers(now) && now.duration_since(self.last) <= HOUR
    }
}

/// An incident, by its sender's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The investigation that looks at it, or did.
    pub stream: Option<StreamId>,
    /// True when its sender called it over.
    pub over: bool,
    /// When it began, and began again, within the last hour before `last`.
    pub beginnings: Vec<Timestamp>,
    /// When its last event came.
    pub last: Timestamp,
}

impl Incident {
    /// How often it began since then.
    pub fn beginnings_since(&self, since: Timestamp) -> usize {
        self.beginnings.iter().filter(|at| **at >= since).count()
    }
}

/// An event that came, for judgements that follow it.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    at: Timestamp,
    message: Hash,
    incident: Option<Hash>,
    about: About,
    scope: String,
}

/// A message that may come once more.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// When it came.
    pub at: Timestamp,
    /// Its record.
    pub event: u64,
    /// What is done about it, and why.
    pub judged: Option<(Course, Text)>,
    once: bool,
}

/// What triage goes by.
#[derive(Debug, Clone, Default)]
pub struct Known {
    cases: RedBlackTreeMapSync<StreamId, Case>,
    incidents: HashTrieMapSync<Hash, Incident>,
    said: RedBlackTreeMapSync<u64, Said>,
    heard: HashTrieMapSync<Hash, Heard>,
    maintenance: RedBlackTreeMapSync<u64, Maintenance>,
    /// Investigations that events began, oldest first, by place.
    begun: HashTrieMapSync<String, QueueSync<StreamId>>,
    words: u32,
}

impl Known {
    /// Folds a record of `space`.
    pub fn apply(&mut self, record: &Record) {
        if let Some(body) = record.typed() {
            self.take(record.seq, record.at, &body);
        }
    }

    /// Folds what a record of `space` says.
    pub fn take(&mut self, seq: u64, at: Timestamp, body: &Body) {
        match body {
            Body::Event(event) => self.hear(seq, at, event),
            Body::Opened(opened) => self.open(at, opened),
            Body::Closed(Closed { stream, .. }) => {
                if let Some(case) = self.cases.get_mut(stream) {
                    case.closed_at = Some(at);
                }
            }
            Body::Triage(Triage::Judged(judged)) => self.judged(judged),
            Body::Triage(Triage::Maintenance(planned)) => {
                self.maintenance.insert_mut(seq, planned.clone());
            }
            Body::Triage(Triage::MaintenanceOver { maintenance }) => {
                self.maintenance.remove_mut(maintenance);
            }
            _ => return,
        }
        self.words += 1;
        if self.words >= SWEEP {
            self.words = 0;
            self.sweep(at);
        }
    }

    /// What an investigation that a person began starts from; `space` does not say.
    pub fn started(&mut self, stream: &StreamId, start: &Start, account: Option<&str>, region: Option<&str>) {
        if let Some(case) = self.cases.get_mut(stream) {
            let mut about = About::of_start(start);
            if let (Some(account), Some(region)) = (account, region) {
                about.places.insert(Place::new(account, region));
            }
            case.about.add(&about);
        }
    }

    fn hear(&mut self, seq: u64, at: Timestamp, event: &Event) {
        let message = message(&event.via, &event.digest);
        let heard = Heard {
            at,
            event: seq,
            judged: None,
            once: event.once,
        };
        self.heard.insert_mut(message.clone(), heard);
        let alert = event.alert.as_ref();
        let said = Said {
            at,
            message,
            incident: event.incident.clone(),
            about: alert.map(About::of).unwrap_or_default(),
            scope: scope(event),
        };
        self.said.insert_mut(seq, said);
        let (Some(alert), Some(id)) = (alert.filter(|alert| !alert.news), event.incident.clone()) else {
            return;
        };
        let mut incident = self.incidents.get(&id).cloned().unwrap_or(Incident {
            stream: None,
            over: true,
            beginnings: Vec::new(),
            last: at,
        });
        incident.last = at;
        // Told once more without having ended, it has not begun again.
        if alert.action == AlertAction::Created && incident.over {
            incident
                .beginnings
                .retain(|begun| at.duration_since(*begun) <= HOUR);
            incident.beginnings.push(at);
        }
        incident.over = alert.action.is_over();
        self.incidents.insert_mut(id, incident);
    }

    fn open(&mut self, at: Timestamp, opened: &Opened) {
        let said = opened.event.and_then(|event| self.said.get(&event));
        let case = Case {
            opened_at: at,
            closed_at: None,
            last: at,
            priority: opened.priority,
            about: said.map(|said| said.about.clone()).unwrap_or_default(),
            scope: said.map(|said| said.scope.clone()),
        };
        if let Some(scope) = &case.scope {
            let queue = self.begun.get(scope).cloned().unwrap_or_default();
            self.begun
                .insert_mut(scope.clone(), queue.enqueue(opened.stream.clone()));
        }
        self.cases.insert_mut(opened.stream.clone(), case);
    }

    fn judged(&mut self, judged: &Judged) {
        let Some(said) = self.said.get(&judged.event).cloned() else {
            return;
        };
        if let Some(heard) = self.heard.get_mut(&said.message) {
            heard.judged = Some((judged.course.clone(), judged.why.clone()));
        }
        let stream = judged.course.stream();
        if let Some(stream) = stream
            && let Some(case) = self.cases.get_mut(stream)
        {
            case.last = case.last.max(said.at);
            // What only came at the same time tells nothing about it.
            if !matches!(judged.course, Course::Link { by: Tie::Storm, .. }) {
                case.about.add(&said.about);
            }
            case.priority = judged.course.priority().unwrap_or(case.priority);
        }
        if let (Some(stream), Some(id)) = (stream, &said.incident)
            && let Some(incident) = self.incidents.get_mut(id)
        {
            incident.stream = Some(stream.clone());
        }
    }

    /// The same message, if it came before.
    pub fn heard(&self, via: &str, digest: &Hash) -> Option<&Heard> {
        self.heard.get(&message(via, digest))
    }

    /// An incident by its sender's id.
    pub fn incident(&self, id: &Hash) -> Option<&Incident> {
        self.incidents.get(id)
    }

    /// An investigation.
    pub fn case(&self, stream: &StreamId) -> Option<&Case> {
        self.cases.get(stream)
    }

    /// All investigations that triage remembers, oldest first.
    pub fn cases(&self) -> impl Iterator<Item = (&StreamId, &Case)> {
        self.cases.iter()
    }

    /// What is planned, by its record.
    pub fn maintenance(&self) -> impl Iterator<Item = (u64, &Maintenance)> {
        self.maintenance.iter().map(|(seq, planned)| (*seq, planned))
    }

    /// Investigations that events have begun in a place, while the storm goes on: each beginning, and each later event of such
    /// an investigation, no more than [`STORM`] before the next.
    pub fn begun(&self, scope: &str, now: Timestamp) -> Vec<(&StreamId, &Case)> {
        let Some(queue) = self.begun.get(scope) else {
            return Vec::new();
        };
        let mut cases: Vec<_> = queue
            .iter()
            .filter_map(|stream| Some((stream, self.cases.get(stream)?)))
            .filter(|(_, case)| now.duration_since(case.opened_at) <= HOUR)
            .collect();
        let still_on = cases
            .iter()
            .any(|(_, case)| now.duration_since(case.last) <= STORM);
        if !still_on {
            return Vec::new();
        }
        // Beginnings that lie far before the next do not belong to it.
        cases.sort_by_key(|(_, case)| case.opened_at);
        let gap = |pair: &[(&StreamId, &Case)]| {
            pair[1]
                .1
                .opened_at
                .duration_since(pair[0].1.opened_at.max(pair[0].1.last))
                > STORM
        };
        let from = cases.windows(2).rposition(gap).map_or(0, |gap| gap + 1);
        cases.split_off(from)
    }

    /// Forgets what is too old to matter, and of what is too much the oldest.
    fn sweep(&mut self, now: Timestamp) {
        let old = |at: Timestamp, keep: SignedDuration| now.duration_since(at) > keep;
        let cases = self.cases.iter().filter(|(_, case)| !case.answers(now));
        for stream in cases.map(|(stream, _)| stream.clone()).collect::<Vec<_>>() {
            self.cases.remove_mut(&stream);
        }
        let mut incidents: Vec<_> = self
            .incidents
            .iter()
            .map(|(id, one)| (one.last, id.clone()))
            .collect();
        incidents.sort_unstable();
        let excess = incidents.len().saturating_sub(MOST);
        for (at, (last, id)) in incidents.into_iter().enumerate() {
            if at < excess || old(last, MEMORY) {
                self.incidents.remove_mut(&id);
            }
        }
        let excess = self.said.size().saturating_sub(MOST);
        let said = self.said.iter().enumerate();
        let gone = said.filter(|(at, (_, said))| *at < excess || old(said.at, MEMORY));
        for seq in gone.map(|(_, (seq, _))| *seq).collect::<Vec<_>>() {
            self.said.remove_mut(&seq);
        }
        let again = Repeats::Soon
            .remembered()
            .and_then(|long| SignedDuration::try_from(long).ok());
        let heard = self.heard.iter().filter(|(_, heard)| !heard.once);
        let gone = heard.filter(|(_, heard)| again.is_some_and(|again| old(heard.at, again)));
        for message in gone.map(|(message, _)| message.clone()).collect::<Vec<_>>() {
            self.heard.remove_mut(&message);
        }
        let planned = self
            .maintenance
            .iter()
            .filter(|(_, planned)| old(planned.to, MEMORY));
        for seq in planned.map(|(seq, _)| *seq).collect::<Vec<_>>() {
            self.maintenance.remove_mut(&seq);
        }
        let begun: Vec<(String, QueueSync<StreamId>)> = self
            .begun
            .iter()
            .map(|(scope, queue)| {
                let recent = queue.iter().filter(|stream| {
                    let case = self.cases.get(*stream);
                    case.is_some_and(|case| !old(case.opened_at, HOUR))
                });
                (scope.clone(), recent.cloned().collect())
            })
            .collect();
        self.begun = begun.into_iter().filter(|(_, queue)| !queue.is_empty()).collect();
    }
}

/// Where a storm rages: the account and region of an alert, and of one that names none, its sender.
pub(super) fn scope(event: &Event) -> String {
    let place = event.alert.as_ref().and_then(Alert::place);
    place.map_or_else(|| event.sender.clone(), |place| place.to_string())
}

/// Names a message: the same body, the same way.
fn message(via: &str, digest: &Hash) -> Hash {
    sha256(format!("{via}\n{digest}").as_bytes())
}
