//! What the scheduler knows of each open investigation, folded from the journal.

use std::collections::BTreeMap;

use crate::{
    journal::{Actor, Body, Journal, Kind, Record, StoreError, StreamId, body::Triage},
    model::{Gap, GapKind, Intent, Priority, RunState, SourceSpec, Text},
};

/// One open investigation.
#[derive(Debug, Clone)]
pub struct Open {
    /// Place in the queue.
    pub priority: Priority,
    /// What an operator wanted it to be: events raise it above that, and never lower it.
    pub wished: Option<Priority>,
    /// Where its telemetry comes from.
    pub source: SourceSpec,
    /// Where it stands.
    pub state: RunState,
    /// True when its stream has its `end` record, and `space` does not know yet.
    pub ended: bool,
    /// True when an operator has said something since the engine last looked.
    pub spoken_to: bool,
}

/// All open investigations, folded from the journal.
#[derive(Debug, Default)]
pub struct Registry {
    open: BTreeMap<StreamId, Open>,
    /// Messages in `space` that wait for an answer: record number, stream, words.
    pub unanswered: BTreeMap<u64, (Option<StreamId>, String)>,
    /// Trouble that stops all work.
    pub trouble: Option<Text>,
}

/// What the scheduler has to know of an investigation that was opened before.
const TOLD: [Kind; 4] = [Kind::Status, Kind::Steering, Kind::Message, Kind::End];

impl Registry {
    /// What is open by now, and from where to follow: only what the scheduler has to know is read, however large the journal.
    pub async fn read(journal: &Journal) -> Result<(Self, BTreeMap<StreamId, u64>), StoreError> {
        let mut registry = Self::default();
        let heads = journal.heads().await?;
        let mut from: BTreeMap<StreamId, u64> = heads
            .into_iter()
            .map(|(stream, head)| (stream, head.seq))
            .collect();
        for record in journal.read_all(&StreamId::space()).await? {
            registry.apply(&record);
            from.insert(record.stream, record.seq);
        }
        let open: Vec<StreamId> = registry.open.keys().cloned().collect();
        for stream in open {
            let upto = from.get(&stream).copied().unwrap_or(0);
            let told = journal.read_kinds(&stream, &TOLD, 0, u32::MAX).await?;
            // What was written since the heads were read comes by itself.
            for record in told.iter().filter(|record| record.seq <= upto) {
                registry.apply(record);
            }
        }
        Ok((registry, from))
    }

    /// Folds one record of any stream.
    pub fn apply(&mut self, record: &Record) {
        let body = record.typed();
        if record.stream.is_investigation() {
            self.apply_to_investigation(record, body);
            return;
        }
        match body {
            Some(Body::Opened(opened)) => {
                self.open.entry(opened.stream).or_insert(Open {
                    priority: opened.priority,
                    wished: None,
                    source: opened.source,
                    state: RunState::Queued,
                    ended: false,
                    spoken_to: false,
                });
            }
            Some(Body::Closed(closed)) => drop(self.open.remove(&closed.stream)),
            Some(Body::Triage(Triage::Judged(judged))) => {
                let open = judged
                    .course
                    .stream()
                    .and_then(|stream| self.open.get_mut(stream));
                if let (Some(open), Some(priority)) = (open, judged.course.priority()) {
                    open.priority = open.wished.map_or(priority, |wished| wished.max(priority));
                }
            }
            Some(Body::Message(message)) => match message.answers {
                Some(answered) => drop(self.unanswered.remove(&answered)),
                None => {
                    self.unanswered
                        .insert(record.seq, (message.stream, message.text.plain()));
                }
            },
            _ => {}
        }
    }

    fn apply_to_investigation(&mut self, record: &Record, body: Option<Body>) {
        match &body {
            Some(Body::Gap(found)) => self.take_trouble(&found.gap),
            Some(Body::Evidence(answered)) if answered.calls > 0 && answered.count > 0 => self.trouble = None,
            _ => {}
        }
        let Some(open) = self.open.get_mut(&record.stream) else {
            return;
        };
        let by_operator = matches!(record.actor, Actor::Operator(_));
        match body {
            Some(Body::Status(status)) => open.state = status.state,
            Some(Body::End(end)) => {
                open.state = end.state;
                open.ended = true;
            }
            Some(Body::Steering(steering)) => {
                if let Intent::Priority { priority } = steering.intent {
                    open.priority = priority;
                    open.wished = Some(priority);
                }
                open.spoken_to |= by_operator;
            }
            Some(Body::Message(_)) => open.spoken_to |= by_operator,
            _ => {}
        }
    }

    fn take_trouble(&mut self, gap: &Gap) {
        if matches!(gap.kind, GapKind::Credentials | GapKind::Unreachable) {
            let hint = gap.hint.clone().unwrap_or_default();
            let joint = if hint.is_empty() { "" } else { "\nhint: " };
            self.trouble = Some(Text::new().join(&gap.why).own(joint).join(&hint));
        }
    }

    /// Every open investigation, most urgent first, then oldest first.
    pub fn queue(&self) -> Vec<(&StreamId, &Open)> {
        let mut queue: Vec<_> = self.open.iter().collect();
        queue.sort_by(|(a, x), (b, y)| y.priority.cmp(&x.priority).then_with(|| a.cmp(b)));
        queue
    }

    /// One open investigation.
    pub fn get_mut(&mut self, stream: &StreamId) -> Option<&mut Open> {
        self.open.get_mut(stream)
    }
}
