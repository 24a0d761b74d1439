//! What triage goes by, folded from `space`: what is open, what came lately, what is planned, what was left alone.
//!
//! The maps are persistent ones: a copy costs nothing, so that a batch is judged on a copy and the copy thrown away when
//! somebody else wrote first.

mod case;
mod incident;
mod sweep;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rpds::{HashTrieMapSync, QueueSync, RedBlackTreeMapSync, RedBlackTreeSetSync};

pub use self::{
    case::{Case, Tally},
    incident::{Incident, Left},
};
use super::names::Names;
use crate::{
    intake::Repeats,
    journal::{
        Body, Hash, Kind, Record, StreamId,
        body::{Closed, Course, Event, Judged, Maintenance, Opened, Skipped, Tie, Triage},
        canonical::sha256,
    },
    model::{Alert, AlertAction, Place, Priority, Start, Text},
};

/// The stretch in which beginnings of one incident are counted, and in which two events are near enough in time to have one
/// cause: alarms evaluate within minutes, and their effects reach others within minutes.
pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How close together the beginnings of a storm lie.
pub(super) const STORM: SignedDuration = SignedDuration::from_mins(10);

/// How long what comes and goes has to stay before it is looked at after all: longer than it usually does.
pub const STEADY: SignedDuration = SignedDuration::from_mins(10);

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
    /// Resources.
    pub resources: Names,
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
            resources: Names::of(alert.resources.iter().map(String::as_str)),
            services: alert.service.iter().map(|name| name.to_lowercase()).collect(),
            places: alert.place().into_iter().collect(),
        }
    }

    fn of_start(start: &Start) -> Self {
        let mut about = Self::default();
        match start {
            Start::Alarm { alarm } => drop(about.alarms.insert(alarm.clone())),
            Start::Symptom { resource, .. } => about.resources = Names::of([resource.as_str()]),
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
        self.resources.join(&other.resources, NAMES);
        some(&mut self.services, &other.services);
        some(&mut self.places, &other.places);
    }
}

/// An event that came, for judgements that follow it.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    at: Timestamp,
    message: Hash,
    incident: Option<Hash>,
    /// True when it says that its incident began.
    begins: bool,
    priority: Option<Priority>,
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
    /// What is done about it, and why, while that is remembered.
    pub judged: Option<(Course, Option<Text>)>,
    /// How long it is remembered.
    repeats: Repeats,
}

/// What triage goes by.
#[derive(Debug, Clone, Default)]
pub struct Known {
    cases: RedBlackTreeMapSync<StreamId, Case>,
    /// Those of them that are open.
    open: RedBlackTreeSetSync<StreamId>,
    incidents: HashTrieMapSync<Hash, Incident>,
    /// Incidents that were left alone for a reason that ends.
    left: HashTrieMapSync<Hash, Left>,
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
            Body::Closed(closed) => self.close(at, closed),
            Body::Triage(Triage::Judged(judged)) => self.judged(at, judged),
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
        if let Some(case) = self.cases.get_mut(stream).filter(|case| case.is_open()) {
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
            repeats: Repeats::of(event),
        };
        self.heard.insert_mut(message.clone(), heard);
        let alert = event.alert.as_ref();
        let said = Said {
            at,
            message,
            incident: event.incident.clone(),
            begins: alert.is_some_and(|alert| alert.action == AlertAction::Created),
            priority: alert.and_then(|alert| alert.priority),
            about: alert.map(About::of).unwrap_or_default(),
            scope: scope(event),
        };
        self.said.insert_mut(seq, said);
        if let (Some(alert), Some(id)) = (alert.filter(|alert| !alert.news), &event.incident) {
            let before = self.incidents.get(id);
            let after = Incident::after(before, alert, at);
            if after.over {
                self.left.remove_mut(id);
            }
            self.set(id, after);
        }
    }

    /// An incident as it is from now on; its investigation counts it.
    fn set(&mut self, id: &Hash, after: Incident) {
        if let Some(before) = self.incidents.get(id).cloned() {
            self.count(&before, Tally::take);
        }
        self.count(&after, Tally::add);
        self.incidents.insert_mut(id.clone(), after);
    }

    fn count(&mut self, incident: &Incident, how: fn(&mut Tally, Priority)) {
        if let Some(stream) = incident.stream.as_ref().filter(|_| !incident.over)
            && let Some(case) = self.cases.get_mut(stream)
        {
            how(&mut case.open, incident.urgency());
        }
    }

    fn open(&mut self, at: Timestamp, opened: &Opened) {
        let said = opened.event.and_then(|event| self.said.get(&event));
        // What no incident holds up is held up by who wanted it.
        let own = said.is_some_and(|said| said.incident.is_some());
        let case = Case {
            opened_at: at,
            ended: None,
            last: at,
            priority: opened.priority,
            floor: Some(opened.priority).filter(|_| !own),
            about: said.map(|said| said.about.clone()).unwrap_or_default(),
            scope: said.map(|said| said.scope.clone()),
            open: Tally::default(),
        };
        if let Some(scope) = &case.scope {
            let queue = self.begun.get(scope).cloned().unwrap_or_default();
            self.begun
                .insert_mut(scope.clone(), queue.enqueue(opened.stream.clone()));
        }
        self.cases.insert_mut(opened.stream.clone(), case);
        self.open.insert_mut(opened.stream.clone());
    }

    fn close(&mut self, at: Timestamp, closed: &Closed) {
        self.open.remove_mut(&closed.stream);
        if let Some(case) = self.cases.get_mut(&closed.stream) {
            case.ended = Some((at, closed.state));
            // Nothing is tied to it any more.
            case.about = About::default();
        }
    }

    fn judged(&mut self, at: Timestamp, judged: &Judged) {
        let said = self.said.get(&judged.event).cloned();
        if let Some(said) = &said
            && let Some(heard) = self.heard.get_mut(&said.message)
        {
            heard.judged = Some((judged.course.clone(), Some(judged.why.clone())));
        }
        let id = match &said {
            Some(said) => said.incident.clone(),
            // Judged anew after so long that the event itself is forgotten.
            None => self.left_by(judged.event),
        };
        if let (Course::Skip { because }, Some(id)) = (&judged.course, &id) {
            self.leave(
                id,
                judged.event,
                *because,
                said.as_ref().map_or(at, |said| said.at),
            );
        }
        let Some(stream) = judged.course.stream() else {
            return;
        };
        if let Some(case) = self.cases.get_mut(stream) {
            case.last = case.last.max(at);
            case.priority = judged.course.priority().unwrap_or(case.priority);
            if let Some(said) = said {
                // What only came at the same time tells nothing about it.
                if case.is_open() && !matches!(judged.course, Course::Link { by: Tie::Storm, .. }) {
                    case.about.add(&said.about);
                }
                if said.incident.is_none() {
                    case.floor = case.floor.max(said.priority);
                }
            }
        }
        let Some(id) = id else { return };
        let Some(incident) = self.incidents.get(&id).cloned() else {
            return;
        };
        let told = matches!(judged.course, Course::Update { .. });
        if !told {
            self.left.remove_mut(&id);
        }
        self.set(
            &id,
            Incident {
                stream: Some(stream.clone()),
                unseen: incident.unseen && told,
                ..incident
            },
        );
    }

    /// Nothing is done about an incident: for now, or for good.
    fn leave(&mut self, id: &Hash, event: u64, because: Skipped, at: Timestamp) {
        match because {
            Skipped::Maintenance | Skipped::Flapping => {
                if self.incidents.get(id).is_none_or(|incident| incident.over) {
                    return;
                }
                let before = self.left.get(id).filter(|left| left.because == because);
                let begins = self.said.get(&event).is_some_and(|said| said.begins);
                let left = Left {
                    // What says that it began says more than what is said of it later.
                    event: before.map_or(event, |left| if begins { event } else { left.event }),
                    because,
                    since: before.map_or(at, |left| left.since),
                };
                self.left.insert_mut(id.clone(), left);
            }
            Skipped::Operator => drop(self.left.remove_mut(id)),
            Skipped::Unread | Skipped::Over | Skipped::News => {}
        }
    }

    fn left_by(&self, event: u64) -> Option<Hash> {
        let mut left = self.left.iter();
        left.find_map(|(id, left)| (left.event == event).then(|| id.clone()))
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

    /// The investigations that are open, oldest first.
    pub fn open_cases(&self) -> impl Iterator<Item = (&StreamId, &Case)> {
        self.open
            .iter()
            .filter_map(|stream| Some((stream, self.cases.get(stream)?)))
    }

    /// Why an incident is left alone, where that ends.
    pub fn left(&self, id: &Hash) -> Option<&Left> {
        self.left.get(id)
    }

    /// All incidents that are left alone for a reason that ends.
    pub fn all_left(&self) -> impl Iterator<Item = (&Hash, &Left)> {
        self.left.iter()
    }

    /// What is planned, by its record.
    pub fn maintenance(&self) -> impl Iterator<Item = (u64, &Maintenance)> {
        self.maintenance.iter().map(|(seq, planned)| (*seq, planned))
    }

    /// Investigations that events have begun in a place within [`STORM`], whatever became of them.
    pub fn begun(&self, scope: &str, now: Timestamp) -> impl Iterator<Item = (&StreamId, &Case)> {
        let queue = self.begun.get(scope).into_iter().flat_map(QueueSync::iter);
        let cases = queue.filter_map(|stream| Some((stream, self.cases.get(stream)?)));
        cases.filter(move |(_, case)| now.duration_since(case.opened_at) <= STORM)
    }
}

/// Where a storm rages: the account and region of an alert, and of one that names none, the way that it came.
pub(super) fn scope(event: &Event) -> String {
    let place = event.alert.as_ref().and_then(Alert::place);
    place.map_or_else(|| event.via.clone(), |place| place.to_string())
}

/// Names a message: the same body, the same way.
fn message(via: &str, digest: &Hash) -> Hash {
    sha256(format!("{via}\n{digest}").as_bytes())
}
