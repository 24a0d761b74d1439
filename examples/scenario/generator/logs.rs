//! Log lines in the formats that AWS and common servers write.

use serde_json::json;

use super::{
    draft::{Draft, within},
    rng::Rng,
    wave::{Wave, iso_ms, time_ms},
};

/// A function's runs, minute by minute.
pub struct Runs<'a> {
    /// The function's name, which is its id.
    pub function: &'a str,
    /// Its version at a moment (epoch seconds).
    pub version: &'a dyn Fn(i64) -> &'a str,
    /// Memory, MB.
    pub memory: u32,
    /// How often it runs.
    pub invocations: &'a Wave,
    /// How many of these fail.
    pub errors: &'a Wave,
    /// True: the platform's lines are JSON, and only the report is written.
    pub json: bool,
}

/// One run.
pub struct Run<'a> {
    /// When it begins, epoch milliseconds.
    pub at: i64,
    /// Request id.
    pub id: &'a str,
    /// True when it is one that fails.
    pub fails: bool,
    /// Numbers for what it says.
    pub rng: &'a mut Rng,
}

/// What a run writes.
pub struct Said {
    /// How long it takes, milliseconds.
    pub milliseconds: f64,
    /// Its own lines.
    pub lines: Vec<String>,
}

impl Runs<'_> {
    /// Adds the lines of every run; `say` gives the function's own.
    pub fn add(&self, draft: &mut Draft, mut say: impl FnMut(Run<'_>) -> Said) {
        let mut rng = draft.rng(&format!("logs {}", self.function));
        let group = format!("/aws/lambda/{}", self.function);
        let tails: Vec<String> = (0..3).map(|_| rng.hex(32)).collect();
        let errors: Vec<f64> = self.errors.iter().map(|(_, value)| value).collect();
        for ((minute, count), errors) in self.invocations.iter().zip(errors) {
            for index in 0..count as i64 {
                let at = within(&mut rng, minute);
                let id = rng.uuid();
                let said = say(Run {
                    at,
                    id: &id,
                    fails: (index as f64) < errors,
                    rng: &mut rng,
                });
                let version = (self.version)(minute);
                let day = time_ms(at).strftime("%Y/%m/%d").to_string();
                let stream = format!("{day}/[{version}]{}", tails[(at % 3) as usize]);
                self.write(draft, &mut rng, (&group, &stream, version), at, &id, &said);
            }
        }
    }

    fn write(
        &self,
        draft: &mut Draft,
        rng: &mut Rng,
        place: (&str, &str, &str),
        at: i64,
        id: &str,
        said: &Said,
    ) {
        let (group, stream, version) = place;
        let took = (said.milliseconds * 100.0).round() / 100.0;
        let end = at + took.ceil() as i64;
        let used = f64::from(self.memory) * rng.range(0.38, 0.52);
        let mut log = |at: i64, line: String| draft.log(at, group, stream, Some(self.function), line);
        if !self.json {
            log(at, format!("START RequestId: {id} Version: {version}"));
        }
        let steps = said.lines.len() as i64 + 1;
        for (index, line) in said.lines.iter().enumerate() {
            log(at + 1 + (end - at) * (index as i64) / steps, line.clone());
        }
        if self.json {
            let record = json!({"requestId": id, "metrics": {"durationMs": took, "billedDurationMs": took.ceil(), "memorySizeMB": self.memory, "maxMemoryUsedMB": used.round()}, "status": "success"});
            log(
                end,
                json!({"time": iso_ms(end), "type": "platform.report", "record": record}).to_string(),
            );
            return;
        }
        log(end, format!("END RequestId: {id}"));
        let init = if rng.chance(0.01) {
            format!("\tInit Duration: {:.2} ms", rng.range(180.0, 420.0))
        } else {
            String::new()
        };
        log(
            end,
            format!(
                "REPORT RequestId: {id}\tDuration: {took:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB{init}",
                took.ceil() as i64,
                self.memory,
                used as i64
            ),
        );
    }
}

/// A Node.js application's line: `time <tab> request id <tab> level <tab> words`.
pub fn node(at: i64, id: &str, level: &str, words: &str) -> String {
    format!("{}\t{id}\t{level}\t{words}", iso_ms(at))
}

/// An application's JSON line.
pub fn app(level: &str, service: &str, words: &str, more: &serde_json::Value) -> String {
    let mut line = json!({"level": level, "service": service, "msg": words});
    if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
        line.extend(more.clone());
    }
    line.to_string()
}

/// The requests to one method of an API, as its access log (JSON format) tells them.
pub struct Requests<'a> {
    /// Id and name of the API.
    pub api: (&'a str, &'a str),
    /// Method and path.
    pub route: (&'a str, &'a str),
    /// Requests.
    pub count: &'a Wave,
    /// How many of them fail.
    pub failures: &'a Wave,
    /// Status of success, status of failure, and the integration's own when it fails.
    pub status: (u16, u16, u16),
}

impl Requests<'_> {
    /// Adds a line for each request.
    pub fn add(&self, draft: &mut Draft) {
        let (id, name) = self.api;
        let mut rng = draft.rng(&format!("requests {name}"));
        let group = format!("/apigateway/{name}/access");
        let failures: Vec<f64> = self.failures.iter().map(|(_, value)| value).collect();
        for ((minute, count), failures) in self.count.iter().zip(failures) {
            for index in 0..count as i64 {
                let at = within(&mut rng, minute);
                let (good, bad, inner) = self.status;
                let (status, inner) = if (index as f64) < failures {
                    (bad, inner)
                } else {
                    (good, 200)
                };
                let message = json!({
                    "requestId": rng.uuid(),
                    "ip": rng.address(),
                    "requestTime": time_ms(at).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                    "httpMethod": self.route.0,
                    "resourcePath": self.route.1,
                    "status": status.to_string(),
                    "integrationStatus": inner.to_string(),
                    "protocol": "HTTP/1.1",
                    "responseLength": rng.whole(90, 2400).to_string(),
                });
                draft.log(at, &group, "prod", Some(id), message.to_string());
            }
        }
    }
}

/// A few requests a minute in a web server's combined log format.
pub fn web_server(draft: &mut Draft, group: &str, instance: &str, per_minute: f64) {
    let mut rng = draft.rng(&format!("web server {instance}"));
    let paths = [
        "/",
        "/search?q=lamp",
        "/item/4711",
        "/cart",
        "/static/app.js",
        "/health",
        "/robots.txt",
    ];
    let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:131.0)",
        "curl/8.9.1",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)",
    ];
    let minutes: Vec<i64> = draft.grid.minutes().collect();
    for minute in minutes {
        for _ in 0..rng.count(per_minute) as i64 {
            let at = within(&mut rng, minute);
            let status = if rng.chance(0.02) { 404 } else { 200 };
            let line = format!(
                "{} - - [{}] \"GET {} HTTP/1.1\" {status} {} \"-\" \"{}\" {:.3}",
                rng.address(),
                time_ms(at).strftime("%d/%b/%Y:%H:%M:%S +0000"),
                rng.pick(&paths),
                rng.whole(180, 32_000),
                rng.pick(&agents),
                rng.duration(0.06),
            );
            draft.log(at, group, instance, Some(instance), line);
        }
    }
}

/// The lines of a function that does what it always does: `words` are what its runs say.
pub fn calm_function(draft: &mut Draft, name: &str, invocations: &Wave, milliseconds: f64, words: &[&str]) {
    let none = Wave::flat(draft.grid, 0.0);
    let runs = Runs {
        function: name,
        version: &|_| "$LATEST",
        memory: 256,
        invocations,
        errors: &none,
        json: false,
    };
    runs.add(draft, |run| {
        let item = run.rng.whole(10_000, 99_999);
        let mut lines = vec![app("INFO", name, run.rng.pick(words), &json!({"item": item}))];
        if run.rng.chance(0.015) {
            let wait = run.rng.whole(40, 160);
            lines.push(app(
                "WARN",
                name,
                "slow response, trying again",
                &json!({"item": item, "waited_ms": wait}),
            ));
        }
        Said {
            milliseconds: run.rng.duration(milliseconds),
            lines,
        }
    });
}
