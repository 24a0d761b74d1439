//! Requests, failures and latency, and how they travel up the call graph.

use super::{super::wave::Wave, World};

/// What a part of the system does, minute by minute.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Requests.
    pub count: Wave,
    /// Those that fail.
    pub bad: Wave,
    /// Mean time of one, milliseconds.
    pub millis: Wave,
}

impl World {
    /// A flow that is well: so many requests a minute, so many milliseconds each.
    pub fn calm(&self, name: &str, level: f64, millis: f64) -> Flow {
        let count = self.counts(name, &self.load(name, level));
        self.around(name, count, millis)
    }

    /// A flow whose requests grow to `factor` times the usual.
    pub fn surge(&self, name: &str, level: f64, millis: f64, factor: f64) -> Flow {
        let load = self
            .load(name, level)
            .with(&self.rise(1.0, factor), |load, factor| load * factor);
        self.around(name, self.counts(name, &load), millis)
    }

    /// A flow with these requests, few of which fail.
    pub fn around(&self, name: &str, count: Wave, millis: f64) -> Flow {
        let mut rng = self.rng(&format!("failures {name}"));
        let share = if self.shape.chatter { 0.003 } else { 0.0006 };
        let bad = count.map(|_, count| rng.count(count * share).min(count));
        let millis = self.wobble(&format!("millis {name}"), &Wave::flat(self.grid(), millis), 0.06);
        Flow { count, bad, millis }
    }

    /// The same flow, of which this share fails when the effect is whole.
    pub fn failing(&self, name: &str, flow: &Flow, share: f64) -> Flow {
        let mut rng = self.rng(&format!("failing {name}"));
        let hit = flow.count.with(&self.rise(0.0, share), |count, share| {
            if share >= 0.999 {
                count
            } else {
                rng.count(count * share).min(count)
            }
        });
        Flow {
            bad: flow.bad.with(&hit, f64::max).with(&flow.count, f64::min),
            ..flow.clone()
        }
    }

    /// The same flow, each request so many milliseconds slower when the effect is whole.
    pub fn slower(&self, name: &str, flow: &Flow, extra: f64) -> Flow {
        let extra = self.measured(&format!("slower {name}"), 0.0, extra, 0.06);
        Flow {
            millis: flow.millis.with(&extra, |millis, extra| millis + extra),
            ..flow.clone()
        }
    }

    /// What calls it: as many requests, the same failures, some milliseconds of its own.
    pub fn caller(&self, name: &str, flow: &Flow, own: f64) -> Flow {
        let own = self.wobble(&format!("caller {name}"), &Wave::flat(self.grid(), own), 0.08);
        Flow {
            millis: flow.millis.with(&own, |millis, own| millis + own),
            ..flow.clone()
        }
    }

    /// What grows by `rate` a minute while the effect lasts, from `base` on.
    pub fn growing(&self, name: &str, base: f64, rate: f64) -> Wave {
        let mut sum = 0.0;
        let wave = Wave::flat(self.grid(), 0.0).map(|at, _| {
            sum += rate * self.effect(at);
            sum
        });
        let mut rng = self.rng(&format!("growing {name}"));
        self.wobble(name, &wave, 0.02)
            .map(|_, value| (value + rng.count(base)).round())
    }

    /// Requests that find room (`room` a minute), and those that are refused.
    pub fn limited(&self, name: &str, asked: &Wave, room: &Wave) -> (Wave, Wave) {
        let mut rng = self.rng(&format!("limited {name}"));
        let ran = asked.with(room, |asked, room| {
            if asked > room {
                (room * (1.0 + 0.02 * rng.normal())).round().clamp(0.0, asked)
            } else {
                asked
            }
        });
        let refused = asked.with(&ran, |asked, ran| asked - ran);
        (ran, refused)
    }

    /// A queue whose messages wait: so many more a minute, and as old as the trouble when nothing gets through (`stuck` 1).
    pub fn backed_up(&mut self, name: &str, rate: f64, stuck: f64) -> String {
        let waiting = self.growing(&format!("{name} waiting"), 0.7, rate);
        let age = self.growing(&format!("{name} age"), 1.0, 60.0 * stuck);
        let own = [
            ("ApproximateNumberOfMessagesVisible", &waiting),
            ("ApproximateAgeOfOldestMessage", &age),
        ];
        self.add(&super::kinds::QUEUE, name, serde_json::json!({}), &own)
    }
}

/// The usual value of a wave: its mean over the first hundred minutes, or its highest value when it was almost nothing then.
pub fn usual(wave: &Wave) -> f64 {
    let mean = wave.iter().take(100).map(|(_, value)| value).sum::<f64>() / 100.0;
    let most = wave.iter().map(|(_, value)| value).fold(0.0, f64::max);
    if mean < most / 50.0 { most } else { mean }.max(0.01)
}
