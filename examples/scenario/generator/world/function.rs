//! A function with its series and the lines of some of its runs.

use serde_json::{Value, json};

use super::{
    super::{
        changes,
        draft::within,
        logs, metrics,
        wave::{Wave, time_ms},
    },
    World,
    flow::{Flow, usual},
    kinds, properties,
    words::{self, Ended, Failing},
};

/// How a run fails.
pub type Fault<'a> = &'a dyn Fn(&mut Failing<'_>) -> Ended;

/// A function.
pub struct Lambda<'a> {
    name: &'a str,
    runtime: &'a str,
    flow: &'a Flow,
    says: &'a [&'a str],
    config: Value,
    own: Vec<(&'a str, &'a Wave)>,
    fault: Option<Fault<'a>>,
    deployed: Option<i64>,
    silent: bool,
    init: Option<&'a Wave>,
}

impl<'a> Lambda<'a> {
    /// A function that says these words.
    pub fn new(name: &'a str, runtime: &'a str, flow: &'a Flow, says: &'a [&'a str]) -> Self {
        Self {
            name,
            runtime,
            flow,
            says,
            config: json!({}),
            own: Vec::new(),
            fault: None,
            deployed: None,
            silent: false,
            init: None,
        }
    }

    /// With these properties.
    pub fn config(mut self, config: Value) -> Self {
        properties::merge(&mut self.config, config);
        self
    }

    /// With these series instead of the usual ones.
    pub fn own(mut self, own: &[(&'a str, &'a Wave)]) -> Self {
        self.own.extend_from_slice(own);
        self
    }

    /// Its runs fail like this from the onset on.
    pub fn fault(mut self, fault: Fault<'a>) -> Self {
        self.fault = Some(fault);
        self
    }

    /// New code at this time.
    pub fn deployed(mut self, at: i64) -> Self {
        self.deployed = Some(at);
        self
    }

    /// Failures are caught: they do not count as the function's errors.
    pub fn caught(mut self) -> Self {
        self.silent = true;
        self
    }

    /// So many milliseconds of initialisation, in this share of the runs (by minute).
    pub fn starts(mut self, share: &'a Wave) -> Self {
        self.init = Some(share);
        self
    }

    /// Adds it, and gives back its id, which is its name.
    pub fn lay(mut self, world: &mut World) -> String {
        properties::merge(&mut self.config, json!({"Runtime": self.runtime}));
        let flow = self.flow;
        let busy = metrics::concurrency(&flow.count, &flow.millis);
        let most = self.config["Timeout"].as_f64().unwrap_or(30.0) * 1_000.0;
        let mut rng = world.rng(&format!("p99 {}", self.name));
        // No run takes longer than it may.
        let tail = flow
            .millis
            .map(|_, millis| (millis * rng.range(1.9, 2.7)).min(most.max(millis)));
        let none = world.none();
        let errors = if self.silent { &none } else { &flow.bad };
        // A function that does not run has no data, not zeros.
        let seen = |wave: &Wave| {
            wave.with(
                &flow.count,
                |value, count| if count > 0.0 { value } else { f64::NAN },
            )
        };
        let (runs, errors, took, busy, tail) = (
            seen(&flow.count),
            seen(errors),
            seen(&flow.millis),
            seen(&busy),
            seen(&tail),
        );
        let mut own = self.own.clone();
        own.extend([
            ("Invocations", &runs),
            ("Errors", &errors),
            ("Duration p99", &tail),
            ("Duration", &took),
            ("ConcurrentExecutions", &busy),
        ]);
        let id = world.add(&kinds::FUNCTION, self.name, self.config.clone(), &own);
        let version = world.rng(&format!("version {}", self.name)).whole(11, 160) as u32;
        if let Some(at) = self.deployed {
            world.ship(self.name, at, version + 1);
        }
        self.runs(world, version);
        id
    }

    fn runs(&self, world: &mut World, version: u32) {
        let mut rng = world.rng(&format!("runs {}", self.name));
        let group = format!("/aws/lambda/{}", self.name);
        let tails = [rng.hex(32), rng.hex(32)];
        let shape = world.shape;
        let usual = usual(&self.flow.count);
        let kept = (0.45 / usual).min(1.0);
        let memory = self.config["MemorySize"].as_i64().unwrap_or(256);
        let flow = self.flow;
        let rows: Vec<(i64, f64, f64, f64)> = flow
            .count
            .iter()
            .zip(flow.bad.iter())
            .zip(flow.millis.iter())
            .map(|(((at, count), (_, bad)), (_, millis))| (at, count, bad, millis))
            .collect();
        let starts: Vec<f64> = self
            .init
            .map_or_else(Vec::new, |wave| wave.iter().map(|(_, share)| share).collect());
        for (row, (minute, count, bad, millis)) in rows.into_iter().enumerate() {
            let good = rng.count((count - bad).max(0.0) * kept) as i64;
            let failed = (bad.min(3.0)) as i64;
            for index in 0..good + failed {
                let at = within(&mut rng, minute);
                let id = rng.uuid();
                let mut ended = if index < good {
                    self.well(&mut rng, at, &id, shape.chatter)
                } else if let (Some(fault), true) = (self.fault, minute + 60 > shape.onset) {
                    fault(&mut Failing {
                        at,
                        id: &id,
                        runtime: self.runtime,
                        rng: &mut rng,
                    })
                } else {
                    Ended {
                        lines: vec![words::raised(
                            self.runtime,
                            at,
                            &id,
                            "Error",
                            "socket hang up",
                            if self.runtime.starts_with("python") {
                                "client.py:88"
                            } else {
                                "client.js:88"
                            },
                        )],
                        ..Ended::default()
                    }
                };
                let version = match self.deployed {
                    Some(deployed) if at / 1000 >= deployed + 14 => version + 1,
                    _ => version,
                };
                let day = time_ms(at).strftime("%Y/%m/%d").to_string();
                let stream = format!("{day}/[{version}]{}", tails[(at % 2) as usize]);
                let took = ended.millis.unwrap_or_else(|| {
                    let share = if index < good {
                        rng.duration(1.0)
                    } else {
                        rng.range(0.5, 0.9)
                    };
                    millis * share
                });
                let took = (took * 100.0).round() / 100.0;
                let end = at + took.ceil() as i64;
                let mut log = |at: i64, line: String| {
                    world.draft.log(at, &group, &stream, Some(self.name), line);
                };
                log(at, format!("START RequestId: {id} Version: {version}"));
                let steps = ended.lines.len() as i64 + 1;
                for (index, line) in ended.lines.drain(..).enumerate() {
                    log(at + 1 + (end - at - 1).max(0) * (index as i64 + 1) / steps, line);
                }
                log(end, format!("END RequestId: {id}"));
                let cold = starts.get(row).is_some_and(|share| rng.chance(*share));
                let init = match (cold, rng.chance(0.01)) {
                    (true, _) => format!("\tInit Duration: {:.2} ms", rng.range(5_100.0, 7_400.0)),
                    (false, true) => format!("\tInit Duration: {:.2} ms", rng.range(180.0, 420.0)),
                    _ => String::new(),
                };
                let used = ended
                    .used
                    .map_or_else(|| (memory as f64 * rng.range(0.38, 0.52)) as i64, i64::from);
                let report = ended.report;
                log(
                    end,
                    format!(
                        "REPORT RequestId: {id}\tDuration: {took:.2} ms\tBilled Duration: {} ms\tMemory Size: {memory} MB\tMax Memory Used: {used} MB{init}{report}",
                        took.ceil() as i64
                    ),
                );
            }
        }
    }

    fn well(&self, rng: &mut super::super::rng::Rng, at: i64, id: &str, chatter: bool) -> Ended {
        let item = rng.whole(10_000, 99_999);
        let line = |rng: &mut super::super::rng::Rng, level: &str, words: &str| {
            if self.runtime.starts_with("nodejs") {
                logs::node(at + rng.whole(1, 30), id, level, &format!("{words} item={item}"))
            } else if self.runtime.starts_with("python") {
                format!(
                    "[{level}]\t{}\t{id}\t{words} item={item}",
                    super::super::wave::iso_ms(at)
                )
            } else {
                logs::app(level, self.name, words, &json!({"item": item, "requestId": id}))
            }
        };
        let words = *rng.pick(&self.says.iter().collect::<Vec<_>>());
        let mut lines = vec![line(rng, "INFO", words)];
        if rng.chance(if chatter { 0.2 } else { 0.015 }) {
            let (level, words) = if chatter {
                words::chatter(rng)
            } else {
                ("WARN", "slow response, trying again")
            };
            lines.push(line(rng, level, words));
        }
        Ended {
            lines,
            ..Ended::default()
        }
    }
}

impl World {
    /// New code of a function, as a pipeline ships it.
    pub fn ship(&mut self, function: &str, at: i64, version: u32) {
        let build = self.rng(&format!("build {function}")).whole(300, 4_900);
        changes::deploy(
            &mut self.draft,
            at,
            function,
            version,
            &format!("deploy/ci-{build}"),
            &format!("{function}/{version}.zip"),
        );
    }

    /// A function that does what it always does; gives back its flow.
    pub fn calm_function(
        &mut self,
        name: &str,
        runtime: &str,
        level: f64,
        millis: f64,
        says: &[&str],
    ) -> Flow {
        let flow = self.calm(name, level, millis);
        Lambda::new(name, runtime, &flow, says).lay(self);
        flow
    }
}
