//! How the whole server stands: ready or not and why, and what is counted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{tasks::Board, watch::Watch};
use crate::{
    intake::{
        http::{Metrics, metrics::Page},
        webhook::{Directory, Door, Standing},
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
    async fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if self.door.is_draining() {
            troubles.push("this server is going down".to_owned());
        }
        for (name, state) in self.board.all() {
            if !state.up {
                let why = state.trouble.unwrap_or_default();
                troubles.push(format!("{name}: {}", first_line(&why)));
            }
        }
        for space in &self.spaces {
            let stream = StreamId::space();
            let head = space.journal.head(&stream);
            match tokio::time::timeout(PATIENCE, head).await {
                Err(_) => troubles.push(format!("journal {}: it does not answer", space.name())),
                Ok(Err(error)) => {
                    let why = error.to_string();
                    troubles.push(format!("journal {}: {}", space.name(), first_line(&why)));
                }
                Ok(Ok(_)) => {}
            }
            if !space.receives_events() {
                troubles.push(format!("reception {}: it reads the journal", space.name()));
            }
            for (via, look) in space.looks.all() {
                if let Some(why) = look.trouble.filter(|_| look.failures > 0) {
                    troubles.push(format!("{via}: {}", first_line(&why)));
                }
            }
            match space.engine() {
                None => troubles.push(format!("engine {}: it does not run", space.name())),
                Some(status) => {
                    if let Some(trouble) = status.trouble {
                        let why = trouble.plain();
                        troubles.push(format!("engine {}: {}", space.name(), first_line(&why)));
                    } else if !status.awake {
                        troubles.push(format!("engine {}: it rests", space.name()));
                    }
                }
            }
        }
        let (webhooks, broken) = self.directory.all().await;
        for (space, why) in broken {
            troubles.push(format!("webhooks of {space}: {why}"));
        }
        for live in webhooks {
            if let Some(why) = &live.trouble {
                troubles.push(format!("webhook {}: {}", live.webhook.name, first_line(why)));
            }
        }
        troubles
    }

    async fn metrics(&self) -> String {
        let mut page = Page::default();
        page.family("midwatch_build_info", "gauge", "The program that answers.");
        page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        self.spaces_counted(&mut page);
        let (webhooks, _) = self.directory.all().await;
        let mut by_kind: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for live in webhooks {
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
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
