//! How an investigation starts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ResourceId, Text};

/// The starting point of an investigation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Start {
    /// An alarm, by name.
    Alarm {
        /// Name of the alarm.
        alarm: String,
    },
    /// One metric of one resource that looks wrong.
    Symptom {
        /// The resource.
        resource: ResourceId,
        /// Metric name.
        metric: String,
        /// Statistic.
        stat: String,
    },
    /// A sentence, a ticket, pasted log lines: data, never an instruction.
    Text {
        /// The words.
        text: String,
    },
    /// A webhook's body.
    Event {
        /// The body.
        event: Value,
    },
    /// A ready-made question.
    Preset {
        /// Which one.
        preset: Preset,
    },
}

impl Start {
    /// The starting point in a few words, for a title.
    pub fn text(&self) -> Text {
        match self {
            Self::Alarm { alarm } => Text::new().ext(alarm.clone()),
            Self::Symptom { resource, metric, .. } => Text::new()
                .ext(metric.clone())
                .own(" of ")
                .ext(resource.0.clone()),
            Self::Text { text } => {
                let line = text.lines().find(|line| !line.trim().is_empty());
                let short: String = line.unwrap_or("(no words)").chars().take(80).collect();
                Text::new().ext(short)
            }
            Self::Event { event } => {
                let title = event.get("title").and_then(Value::as_str);
                Text::new().ext(title.unwrap_or("event"))
            }
            Self::Preset { preset } => preset.title().into(),
        }
    }
}

/// A ready-made question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The alarm that fired last.
    LatestAlarm,
    /// The compute resource with the highest CPU.
    HighCpu,
    /// The resource whose errors rose most.
    ErrorSpike,
}

impl Preset {
    /// All of them, in the order of the start form.
    pub const ALL: [Self; 3] = [Self::LatestAlarm, Self::HighCpu, Self::ErrorSpike];

    /// The word for the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LatestAlarm => "latest-alarm",
            Self::HighCpu => "high-cpu",
            Self::ErrorSpike => "error-spike",
        }
    }

    /// A title for a person.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LatestAlarm => "Latest alarm",
            Self::HighCpu => "High CPU usage",
            Self::ErrorSpike => "Error rate spike",
        }
    }
}

/// Orders the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Priority {
    /// Whenever there is time.
    Minimal,
    /// Later.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Soon.
    High,
    /// First of all.
    Critical,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Minimal];

    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "MINIMAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

impl std::str::FromStr for Priority {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| {
                format!("no priority is called '{word}'\nhint: one of CRITICAL, HIGH, MEDIUM, LOW, MINIMAL")
            })
    }
}
