//! What is counted, in the text form of Prometheus.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Upper ends of the classes of durations, in seconds.
const CLASSES: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// What the server counts.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// By route and status.
    requests: BTreeMap<(&'static str, u16), u64>,
    /// By sender: events that met none of a webhook's conditions.
    unmet: BTreeMap<&'static str, u64>,
    /// By the word of the refusal.
    refused: BTreeMap<&'static str, u64>,
    /// How many requests fell into each class of durations, and how long all took.
    classes: [u64; CLASSES.len()],
    count: u64,
    seconds: f64,
}

impl Metrics {
    /// A request was answered.
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        let mut counted = self.counted();
        *counted.requests.entry((route, status)).or_default() += 1;
        let seconds = took.as_secs_f64();
        for (class, end) in counted.classes.iter_mut().zip(CLASSES) {
            *class += u64::from(seconds <= end);
        }
        counted.count += 1;
        counted.seconds += seconds;
    }

    /// An event met none of its webhook's conditions.
    pub fn unmet(&self, sender: &'static str) {
        *self.counted().unmet.entry(sender).or_default() += 1;
    }

    /// A request was refused.
    pub fn refused(&self, code: &'static str) {
        *self.counted().refused.entry(code).or_default() += 1;
    }

    fn counted(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was counted.
    pub fn write(&self, page: &mut Page) {
        let counted = self.counted();
        page.family(
            "midwatch_http_requests_total",
            "counter",
            "Requests answered, by route and status.",
        );
        for ((route, status), count) in &counted.requests {
            page.sample(&[("route", route), ("status", &status.to_string())], count);
        }
        page.family(
            "midwatch_http_refused_total",
            "counter",
            "Requests refused, by the word of the error.",
        );
        for (code, count) in &counted.refused {
            page.sample(&[("code", code)], count);
        }
        page.family(
            "midwatch_events_unmet_total",
            "counter",
            "Events that met none of their webhook's conditions and were not kept.",
        );
        for (sender, count) in &counted.unmet {
            page.sample(&[("sender", sender)], count);
        }
        page.family(
            "midwatch_http_request_seconds",
            "histogram",
            "How long requests took.",
        );
        for (class, end) in counted.classes.iter().zip(CLASSES) {
            page.part("_bucket", &[("le", &end.to_string())], class);
        }
        page.part("_bucket", &[("le", "+Inf")], counted.count);
        page.part("_sum", &[], counted.seconds);
        page.part("_count", &[], counted.count);
    }
}

/// A page of metrics.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    name: &'static str,
}

impl Page {
    /// What follows belongs to this name.
    pub fn family(&mut self, name: &'static str, sort: &str, help: &str) {
        self.name = name;
        let _infallible = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {sort}\n");
    }

    /// A value under its labels.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.part("", labels, value);
    }

    /// A value of a part of the family (`_bucket`).
    pub fn part(&mut self, part: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(self.name);
        self.text.push_str(part);
        for (index, (name, said)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            let _infallible = write!(self.text, "{name}=\"{}\"", escaped(said));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _infallible = writeln!(self.text, " {value}");
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_add_up_and_labels_are_escaped() {
        let metrics = Metrics::default();
        metrics.request("webhook", 202, Duration::from_millis(2));
        metrics.request("webhook", 202, Duration::from_mins(1));
        metrics.refused("wrong_signature");
        let mut page = Page::default();
        metrics.write(&mut page);
        page.family("x", "gauge", "X.");
        page.sample(&[("name", "a\"b\\c\nd")], 1);
        let text = page.finish();
        for line in [
            "midwatch_http_requests_total{route=\"webhook\",status=\"202\"} 2",
            "midwatch_http_request_seconds_bucket{le=\"0.001\"} 0",
            "midwatch_http_request_seconds_bucket{le=\"0.0025\"} 1",
            "midwatch_http_request_seconds_bucket{le=\"10\"} 1",
            "midwatch_http_request_seconds_bucket{le=\"+Inf\"} 2",
            "midwatch_http_request_seconds_count 2",
            "midwatch_http_refused_total{code=\"wrong_signature\"} 1",
            "x{name=\"a\\\"b\\\\c\\nd\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
