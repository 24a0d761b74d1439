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
    /// How long requests took, by route.
    times: BTreeMap<&'static str, Times>,
}

/// How many requests fell into each class of durations, and how long all took.
#[derive(Debug, Default)]
struct Times {
    classes: [u64; CLASSES.len()],
    count: u64,
    seconds: f64,
}

impl Times {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        for (class, end) in self.classes.iter_mut().zip(CLASSES) {
            *class += u64::from(seconds <= end);
        }
        self.count += 1;
        self.seconds += seconds;
    }
}

impl Metrics {
    /// A request was answered, and how long that took says nothing.
    pub fn answered(&self, route: &'static str, status: u16) {
        *self.counted().requests.entry((route, status)).or_default() += 1;
    }

    /// A request was answered, after so long.
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        self.answered(route, status);
        self.counted().times.entry(route).or_default().add(took);
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
            "How long requests took, by route.",
        );
        for (route, times) in &counted.times {
            for (class, end) in times.classes.iter().zip(CLASSES) {
                page.part("_bucket", &[("route", route), ("le", &end.to_string())], class);
            }
            page.part("_bucket", &[("route", route), ("le", "+Inf")], times.count);
            page.part("_sum", &[("route", route)], times.seconds);
            page.part("_count", &[("route", route)], times.count);
        }
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
        metrics.request("readyz", 200, Duration::from_millis(1));
        metrics.answered("healthz", 200);
        metrics.refused("wrong_signature");
        let mut page = Page::default();
        metrics.write(&mut page);
        page.family("x", "gauge", "X.");
        page.sample(&[("name", "a\"b\\c\nd")], 1);
        let text = page.finish();
        for line in [
            "midwatch_http_requests_total{route=\"webhook\",status=\"202\"} 2",
            "midwatch_http_requests_total{route=\"healthz\",status=\"200\"} 1",
            "midwatch_http_request_seconds_bucket{route=\"webhook\",le=\"0.001\"} 0",
            "midwatch_http_request_seconds_bucket{route=\"webhook\",le=\"0.0025\"} 1",
            "midwatch_http_request_seconds_bucket{route=\"webhook\",le=\"10\"} 1",
            "midwatch_http_request_seconds_bucket{route=\"webhook\",le=\"+Inf\"} 2",
            "midwatch_http_request_seconds_count{route=\"webhook\"} 2",
            "midwatch_http_request_seconds_count{route=\"readyz\"} 1",
            "midwatch_http_refused_total{code=\"wrong_signature\"} 1",
            "x{name=\"a\\\"b\\\\c\\nd\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("seconds_count{route=\"healthz\"}"), "{text}");
    }
}
