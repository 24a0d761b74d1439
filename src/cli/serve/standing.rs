//! How the whole server stands: ready or not and why, and what is counted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;

use super::{tasks::Board, watch::Watch};
use crate::{
    intake::{
        http::{Metrics, metrics::Page},
        webhook::{Directory, Door, Listing, Readiness, Standing},
    },
    journal::StreamId,
};

/// How long a journal may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The whole server.
pub struct Server {
    /// The spaces on watch.
    pub spaces: Vec<Arc<Watch>>,
    /// Its tasks.
    pub board: Board,
    /// The webhooks.
    pub directory: Arc<Directory>,
    /// The door.
    pub door: Arc<Door>,
    /// What the door counts.
    pub metrics: Arc<Metrics>,
}

#[async_trait]
impl Standing for Server {
    async fn readiness(&self) -> Readiness {
        let mut said = Readiness::default();
        if self.door.is_draining() {
            said.troubles.push("this server is going down".to_owned());
        }
        for (name, state) in self.board.all() {
            if !state.up {
                let why = state.trouble.unwrap_or_default();
                said.troubles.push(format!("{name}: {}", first_line(&why)));
            }
        }
        let journals = join_all(self.spaces.iter().map(journal));
        let (journals, webhooks) = tokio::join!(journals, self.directory.all());
        said.troubles.extend(journals.into_iter().flatten());
        for space in &self.spaces {
            if !space.receives_events() {
                said.troubles
                    .push(format!("reception {}: it reads the journal", space.name()));
            }
            engine(space, &mut said);
            noted(space, &mut said.notes);
        }
        of_webhooks(webhooks, &mut said);
        said
    }

    async fn metrics(&self) -> String {
        let mut page = Page::default();
        page.family("midwatch_build_info", "gauge", "The program that answers.");
        page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        self.spaces_counted(&mut page);
        let mut by_kind: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for live in self.directory.all().await.webhooks {
            let kind = live.webhook.kind.as_str();
            *by_kind.entry((live.space.name.clone(), kind)).or_default() += 1;
        }
        page.family("midwatch_webhooks", "gauge", "Webhooks, by space and kind.");
        for ((space, kind), count) in &by_kind {
            page.sample(&[("space", space), ("kind", kind)], count);
        }
        let tasks = self.board.all();
        page.family("midwatch_task_up", "gauge", "1 while a task works.");
        for (name, state) in &tasks {
            page.sample(&[("task", name)], u8::from(state.up));
        }
        page.family(
            "midwatch_task_restarts_total",
            "counter",
            "How often a task failed and was begun again.",
        );
        for (name, state) in &tasks {
            page.sample(&[("task", name)], state.restarts);
        }
        self.metrics.write(&mut page);
        page.finish()
    }
}

impl Server {
    fn spaces_counted(&self, page: &mut Page) {
        page.family(
            "midwatch_events_total",
            "counter",
            "Events since the start, by space, sender and what was done about them.",
        );
        for space in &self.spaces {
            for ((sender, word), count) in space.counted() {
                page.sample(
                    &[("space", space.name()), ("sender", &sender), ("triage", word)],
                    count,
                );
            }
        }
        page.family(
            "midwatch_looks_failed",
            "gauge",
            "Looks at alarms or a queue that failed since the last answer.",
        );
        for space in &self.spaces {
            for (via, look) in space.looks.all() {
                page.sample(&[("space", space.name()), ("via", &via)], look.failures);
            }
        }
        page.family(
            "midwatch_look_last_timestamp_seconds",
            "gauge",
            "When alarms or a queue last answered, in seconds since 1970.",
        );
        for space in &self.spaces {
            for (via, look) in space.looks.all() {
                if let Some(last) = look.last {
                    page.sample(&[("space", space.name()), ("via", &via)], last.as_second());
                }
            }
        }
        page.family(
            "midwatch_look_events_total",
            "counter",
            "Events since the start that looks at alarms or a queue have handed on.",
        );
        for space in &self.spaces {
            for (via, look) in space.looks.all() {
                page.sample(&[("space", space.name()), ("via", &via)], look.told);
            }
        }
        self.channels_counted(page);
        let engines: Vec<_> = self
            .spaces
            .iter()
            .filter_map(|space| Some((space.name(), space.engine()?)))
            .collect();
        page.family(
            "midwatch_investigations_running",
            "gauge",
            "Investigations at work in this process.",
        );
        for (space, status) in &engines {
            page.sample(&[("space", space)], status.running);
        }
        page.family(
            "midwatch_investigations_queued",
            "gauge",
            "Investigations that wait for a place.",
        );
        for (space, status) in &engines {
            page.sample(&[("space", space)], status.queued);
        }
        page.family(
            "midwatch_engine_trouble",
            "gauge",
            "1 while something stops all investigations of a space.",
        );
        for (space, status) in &engines {
            let trouble = status.trouble.is_some() || !status.awake;
            page.sample(&[("space", space)], u8::from(trouble));
        }
    }

    fn channels_counted(&self, page: &mut Page) {
        page.family(
            "midwatch_channel_broken",
            "gauge",
            "1 for a channel that is set up wrongly: nothing goes out to it.",
        );
        for space in &self.spaces {
            for (channel, _) in space.broken_channels() {
                page.sample(&[("space", space.name()), ("channel", &channel)], 1);
            }
        }
        page.family(
            "midwatch_channel_held",
            "gauge",
            "1 for a channel that takes nothing now.",
        );
        for space in &self.spaces {
            for channel in space.letters().held.keys() {
                page.sample(&[("space", space.name()), ("channel", channel)], 1);
            }
        }
        page.family(
            "midwatch_dead_letters",
            "gauge",
            "Messages that were given up and wait for a person.",
        );
        for space in &self.spaces {
            page.sample(&[("space", space.name())], space.letters().dead.len());
        }
    }
}

/// Why a journal takes nothing, in two seconds at most.
async fn journal(space: &Arc<Watch>) -> Option<String> {
    let stream = StreamId::space();
    let why = match tokio::time::timeout(PATIENCE, space.journal.head(&stream)).await {
        Ok(Ok(_)) => return None,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it does not answer".to_owned(),
    };
    Some(format!("journal {}: {}", space.name(), first_line(&why)))
}

/// Investigations wait for an engine that does not run; trouble with sources is theirs to tell, and they go on around it.
fn engine(space: &Watch, said: &mut Readiness) {
    let name = space.name();
    match space.engine() {
        None => said.troubles.push(format!("engine {name}: it does not run")),
        Some(status) if !status.awake => said.troubles.push(format!("engine {name}: it rests")),
        Some(status) => {
            let trouble = status.trouble.map(|trouble| trouble.plain());
            said.notes
                .extend(trouble.map(|why| format!("engine {name}: {}", told(&why))));
        }
    }
}

/// What somebody should see to while the space goes on.
fn noted(space: &Watch, notes: &mut Vec<String>) {
    for (via, look) in space.looks.all() {
        let failed = match look.failures {
            0 => String::new(),
            1 => " (1 look failed)".to_owned(),
            n => format!(" ({n} looks failed)"),
        };
        notes.extend(look.trouble.map(|why| format!("{via}: {}{failed}", told(&why))));
    }
    for (channel, why) in space.broken_channels() {
        notes.push(format!(
            "channel {channel}: nothing goes out to it: {}",
            told(&why)
        ));
    }
    let letters = space.letters();
    for (channel, (since, why)) in &letters.held {
        notes.push(format!(
            "channel {channel}: it takes nothing since {since}: {}",
            told(&why.plain())
        ));
    }
    match letters.dead.len() {
        0 => {}
        n => notes.push(format!(
            "channels of {}: messages given up: {n}; midwatch outlet dead lists them",
            space.name()
        )),
    }
}

fn of_webhooks(listing: Listing, said: &mut Readiness) {
    for (space, why) in listing.broken {
        said.troubles.push(format!("webhooks of {space}: {why}"));
    }
    for live in listing.webhooks {
        if let Some(why) = &live.trouble {
            said.notes
                .push(format!("webhook {}: {}", live.webhook.name, told(why)));
        }
    }
    for (space, row, why) in listing.unread {
        said.notes.push(format!(
            "{row} of {space}: this version does not understand it, and it stays closed: {why}"
        ));
    }
}

/// What is the matter and what to do about it, in one line.
fn told(why: &str) -> String {
    why.lines().collect::<Vec<_>>().join("; ")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
