//! The truth about a fault, the alarms that saw it, and how the investigation starts.

use std::fmt::Write as _;

use midwatch::model::{Comparison, MissingData};

use super::{
    super::{alarms::Watch, draft::Metric},
    World,
    flow::Flow,
};

/// A right answer.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// Any one of these.
    pub resources: Vec<String>,
    /// Category; empty: any.
    pub category: &'static str,
    /// Words of any good statement.
    pub says: &'static [&'static str],
    /// Words in the timeline, in order.
    pub timeline: &'static [&'static str],
}

/// How the investigation starts.
#[derive(Debug, Clone, Default)]
pub enum Begin {
    /// Nobody said.
    #[default]
    Unsaid,
    /// An alarm.
    Alarm(String),
    /// Resource, metric, statistic.
    Symptom(String, String, String),
    /// A sentence.
    Text(String),
}

/// The truth about one fault.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Title for a person.
    pub title: String,
    /// Right answers: any one of them.
    pub causes: Vec<Cause>,
    /// Wrong answers.
    pub forbid: Vec<String>,
    /// Who may be the herring: innocent, and near.
    pub innocents: Vec<String>,
    /// A telling metric of the faulty resource: id and metric.
    pub telling: Option<(String, String)>,
    /// The start.
    pub begin: Begin,
    /// Name of what suffers, for a sentence.
    pub suffers: String,
    /// The synchronous front: id and flow.
    pub entry: Option<(String, Flow)>,
}

impl Outcome {
    /// `[[cause]]` tables. As one table without category when `joined`.
    pub fn tables(&self, joined: bool) -> String {
        if joined && self.causes.len() > 1 {
            let resources = self
                .causes
                .iter()
                .flat_map(|cause| cause.resources.clone())
                .collect();
            return table(&Cause {
                resources,
                ..Cause::default()
            });
        }
        self.causes.iter().map(table).collect()
    }
}

fn table(cause: &Cause) -> String {
    let mut out = format!("\n[[cause]]\nresources = {:?}\n", cause.resources);
    // Writing to a string cannot fail.
    if !cause.category.is_empty() {
        let _ = writeln!(out, "category = {:?}", cause.category);
    }
    if !cause.says.is_empty() {
        let _ = writeln!(out, "says = {:?}", cause.says);
    }
    if !cause.timeline.is_empty() {
        let _ = writeln!(out, "timeline = {:?}", cause.timeline);
    }
    out
}

/// `> threshold`, with missing data as good.
pub const OVER: (Comparison, MissingData) = (Comparison::GreaterThanThreshold, MissingData::NotBreaching);
/// `< threshold`, with missing data as bad.
pub const BELOW: (Comparison, MissingData) = (Comparison::LessThanThreshold, MissingData::Breaching);

impl World {
    /// Adds an alarm on a series that was laid.
    pub fn alarm(
        &mut self,
        name: &str,
        (id, metric, stat): (&str, &str, &str),
        rule: (Comparison, MissingData),
        threshold: f64,
        periods: u32,
    ) {
        let Some(laid) = self.laid(id, metric, stat) else {
            return;
        };
        let dimensions: Vec<(&str, &str)> = laid
            .dimensions
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let side = if rule.0 == Comparison::LessThanThreshold {
            "below"
        } else {
            "above"
        };
        let description = format!("{metric} of {} {side} {threshold}", self.name_of(id));
        Watch {
            name,
            description: &description,
            of: Metric {
                resource: id,
                namespace: &laid.namespace,
                dimensions: &dimensions,
            },
            metric,
            stat,
            threshold,
            periods,
            created: None,
        }
        .add_as(&mut self.draft, &laid.wave, rule);
    }

    /// Adds an alarm `> threshold` over three minutes and starts with it. The threshold is lower where this variant's load
    /// is so small that its effect would only now and then cross it.
    pub fn starts_over(&mut self, name: &str, series: (&str, &str, &str), threshold: f64) {
        let threshold = self.within_reach(series, threshold);
        self.alarm(name, series, OVER, threshold, 3);
        self.out.begin = Begin::Alarm(name.to_owned());
    }

    fn within_reach(&mut self, series: (&str, &str, &str), threshold: f64) -> f64 {
        let Some(laid) = self.laid(series.0, series.1, series.2) else {
            return threshold;
        };
        let whole: Vec<f64> = laid
            .wave
            .iter()
            .filter(|(at, _)| self.effect(*at) > 0.99)
            .map(|(_, value)| value)
            .collect();
        let mean = whole.iter().sum::<f64>() / whole.len().max(1) as f64;
        if threshold < 0.4 * mean {
            return threshold;
        }
        let lower = 0.35 * mean;
        if lower >= 2.0 {
            lower.floor()
        } else {
            (lower * 10.0).floor() / 10.0
        }
    }

    /// Adds an alarm `< threshold` over three minutes and starts with it.
    pub fn starts_below(&mut self, name: &str, series: (&str, &str, &str), threshold: f64) {
        self.alarm(name, series, BELOW, threshold, 3);
        self.out.begin = Begin::Alarm(name.to_owned());
    }

    /// Starts with a metric that looks wrong.
    pub fn starts_symptom(&mut self, id: &str, metric: &str, stat: &str) {
        self.laid(id, metric, stat);
        self.out.begin = Begin::Symptom(id.to_owned(), metric.to_owned(), stat.to_owned());
    }

    /// Starts with a sentence.
    pub fn starts_text(&mut self, words: impl Into<String>) {
        self.out.begin = Begin::Text(words.into());
    }

    /// A right answer.
    pub fn cause(&mut self, resources: &[&str], category: &'static str, says: &'static [&'static str]) {
        self.out.causes.push(Cause {
            resources: resources.iter().map(|id| (*id).to_owned()).collect(),
            category,
            says,
            timeline: &[],
        });
    }

    /// Words that the timeline must hold for the cause that was said last.
    pub fn timeline(&mut self, words: &'static [&'static str]) {
        if let Some(cause) = self.out.causes.last_mut() {
            cause.timeline = words;
        }
    }

    /// Wrong answers.
    pub fn forbid(&mut self, resources: &[&str]) {
        self.out
            .forbid
            .extend(resources.iter().map(|id| (*id).to_owned()));
    }

    /// Who may be the herring.
    pub fn innocent(&mut self, resources: &[&str]) {
        self.out
            .innocents
            .extend(resources.iter().map(|id| (*id).to_owned()));
    }

    /// The faulty resource's telling metric.
    pub fn telling(&mut self, id: &str, metric: &str) {
        self.out.telling = Some((id.to_owned(), metric.to_owned()));
    }

    /// Title, and the name of what suffers.
    pub fn title(&mut self, title: impl Into<String>, suffers: &str) {
        self.out.title = title.into();
        suffers.clone_into(&mut self.out.suffers);
    }

    /// The synchronous front of this part.
    pub fn entry(&mut self, id: &str, flow: &Flow) {
        self.out.entry = Some((id.to_owned(), flow.clone()));
    }
}
