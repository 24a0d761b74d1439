//! The engine in this process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{
    handle::{Engine, EngineStatus, Preview},
    reasoner::Reasoner,
    scheduler::{Order, Scheduler, Settings, Sources},
    wording,
};
use crate::{
    journal::{Journal, StoreError},
    model::{Alarm, AlarmState, Evidence, Preset, Query, Source, SourceSpec, Start, Text, Window},
};

/// Longest wait for the scheduler to come to rest.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// The engine in this process: a scheduler in a task.
pub struct Local {
    orders: mpsc::Sender<Order>,
    status: Mutex<watch::Receiver<EngineStatus>>,
    glance: watch::Receiver<EngineStatus>,
    sources: Arc<dyn Sources>,
}

impl Local {
    /// Starts the engine. The task ends, all leases given back, when the engine is dropped or the journal fails.
    pub fn start(
        journal: Journal,
        reasoner: Arc<dyn Reasoner>,
        sources: Arc<dyn Sources>,
        settings: Settings,
    ) -> (Arc<Self>, JoinHandle<Result<(), StoreError>>) {
        let (orders, received) = mpsc::channel(4);
        let (status, told) = watch::channel(EngineStatus {
            slots: settings.slots,
            awake: true,
            ..EngineStatus::default()
        });
        let scheduler = Scheduler {
            journal,
            reasoner,
            sources: Arc::clone(&sources),
            settings,
            status,
        };
        let task = tokio::spawn(scheduler.run(received));
        let engine = Self {
            orders,
            glance: told.clone(),
            status: Mutex::new(told),
            sources,
        };
        (Arc::new(engine), task)
    }
}

#[async_trait]
impl Engine for Local {
    fn status(&self) -> EngineStatus {
        self.glance.borrow().clone()
    }

    async fn changed(&self) {
        if self.status.lock().await.changed().await.is_err() {
            // The scheduler is gone: nothing will ever change.
            std::future::pending::<()>().await;
        }
    }

    async fn preview(&self, start: &Start, source: &SourceSpec, now: Timestamp) -> Preview {
        let source = match self.sources.open(source).await {
            Ok(source) => source,
            Err(why) => {
                return Preview {
                    lines: vec![why],
                    doubtful: true,
                };
            }
        };
        preview(source.as_ref(), start, now).await
    }

    async fn rest(&self) {
        let (done, told) = oneshot::channel();
        let rested = async {
            if self.orders.send(Order::Rest(done)).await.is_ok() {
                drop(told.await);
            }
        };
        // Nobody waits at the door for a database that is away: leases expire by themselves.
        drop(tokio::time::timeout(LONGEST_REST, rested).await);
    }

    async fn wake(&self) {
        drop(self.orders.send(Order::Wake).await);
    }
}

/// Looks at a starting point before an investigation is opened.
pub async fn preview(source: &dyn Source, start: &Start, now: Timestamp) -> Preview {
    let back = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
    let query = match start {
        Start::Alarm { alarm } => Query::Alarms {
            names: vec![alarm.clone()],
            state: None,
            window: Window::new(back(24), now),
        },
        Start::Preset {
            preset: Preset::LatestAlarm,
        } => Query::Alarms {
            names: Vec::new(),
            state: Some(AlarmState::Alarm),
            window: Window::new(back(24), now),
        },
        _ => return Preview::default(),
    };
    let answer = source.answer(&query).await;
    let mut lines: Vec<Text> = answer
        .gaps
        .iter()
        .map(|gap| {
            let hint = gap
                .hint
                .as_ref()
                .map(|hint| Text::from(" - ").join(hint))
                .unwrap_or_default();
            Text::new().join(&gap.what).own(": ").join(&gap.why).join(&hint)
        })
        .collect();
    let alarms = match answer.evidence {
        Some(Evidence::Alarms(alarms)) => alarms,
        _ => Vec::new(),
    };
    let newest = alarms
        .iter()
        .max_by_key(|alarm| alarm.transitions.last().map(|last| last.at));
    let Some(alarm) = newest else {
        if lines.is_empty() {
            lines.push(match start {
                Start::Alarm { alarm } => Text::from("there is no alarm called ").ext(alarm.clone()),
                _ => "no alarm is firing".into(),
            });
        }
        return Preview {
            lines,
            doubtful: true,
        };
    };
    let state = alarm.state_at(now);
    let since = alarm
        .transitions
        .iter()
        .rev()
        .find(|transition| transition.at <= now)
        .map(|transition| transition.at);
    let since = since
        .map(|at| format!(" since {}", wording::clock(at)))
        .unwrap_or_default();
    lines.push(
        Text::from("alarm ")
            .ext(alarm.name.clone())
            .own(format!(
                " is {}{since} ({} ",
                state.as_str(),
                alarm.comparison.sign()
            ))
            .own(format!("{})", wording::number(alarm.threshold))),
    );
    lines.push(newest_datum(source, alarm, now, back(3)).await);
    Preview {
        lines,
        doubtful: state != AlarmState::Alarm,
    }
}

async fn newest_datum(source: &dyn Source, alarm: &Alarm, now: Timestamp, from: Timestamp) -> Text {
    let query = Query::Metrics {
        series: vec![alarm.series()],
        window: Window::new(from, now),
    };
    let points = match source.answer(&query).await.evidence {
        Some(Evidence::Series(series)) => series.into_iter().flat_map(|series| series.points).collect(),
        _ => Vec::new(),
    };
    let Some((at, value)) = points.last() else {
        return Text::from("no datum of ")
            .ext(alarm.metric.clone())
            .own(" within three hours");
    };
    let age = (now.as_second() - at).max(0);
    let age = match age {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    };
    Text::from("newest datum of ")
        .ext(alarm.metric.clone())
        .own(format!(": {}, {age} old", wording::number(*value)))
}
