//! Instances with a web server's log.

use serde_json::{Value, json};

use super::{
    super::{
        draft::within,
        wave::{Wave, time_ms},
    },
    World,
    entry::sampled,
    flow::Flow,
    kinds,
    lay::Own,
};

impl World {
    /// An instance that serves a share of `flow`, with its access log (status 500, or `status`, for failures).
    pub fn server(&mut self, name: &str, flow: &Flow, status: u16, config: Value, own: Own<'_>) -> String {
        let id = self.add(&kinds::INSTANCE, name, config, own);
        let mut rng = self.rng(&format!("server {name}"));
        let group = format!("/{}/nginx/access", self.word);
        for (minute, good, bad, millis) in sampled(&mut rng, flow, 1.1, 2.0) {
            for index in 0..good + bad {
                let at = within(&mut rng, minute);
                let status = if index >= good {
                    status
                } else if rng.chance(0.02) {
                    404
                } else {
                    200
                };
                let line = format!(
                    "{} - - [{}] \"GET {} HTTP/1.1\" {status} {} \"-\" \"{}\" {:.3}",
                    rng.address(),
                    time_ms(at).strftime("%d/%b/%Y:%H:%M:%S +0000"),
                    rng.pick(&[
                        "/",
                        "/search?q=lamp",
                        "/item/4711",
                        "/cart",
                        "/static/app.js",
                        "/api/v1/me"
                    ]),
                    rng.whole(180, 32_000),
                    rng.pick(&[
                        "Mozilla/5.0 (X11; Linux x86_64; rv:131.0)",
                        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)",
                        "okhttp/4.12.0"
                    ]),
                    rng.duration(millis) / 1000.0,
                );
                self.draft.log(at, &group, &id, Some(&id), line);
            }
        }
        id
    }

    /// Lines that repeat while the effect lasts: about `per_minute` of `say` in a group.
    pub fn lines(
        &mut self,
        group: &str,
        resource: &str,
        per_minute: f64,
        say: &dyn Fn(&mut super::super::rng::Rng, i64) -> String,
    ) {
        let mut rng = self.rng(&format!("repeated {group} {resource}"));
        let minutes: Vec<i64> = self.grid().minutes().collect();
        for minute in minutes {
            for _ in 0..rng.count(per_minute * self.effect(minute)) as i64 {
                let at = within(&mut rng, minute);
                let line = say(&mut rng, at);
                self.draft.log(at, group, resource, Some(resource), line);
            }
        }
    }

    /// Routine lines all the time: about `per_minute` of `words` in a group.
    pub fn routine(&mut self, group: &str, resource: &str, per_minute: f64, words: &[&str]) {
        let mut rng = self.rng(&format!("routine {group} {resource}"));
        let minutes: Vec<i64> = self.grid().minutes().collect();
        for minute in minutes {
            for _ in 0..rng.count(per_minute) as i64 {
                let at = within(&mut rng, minute);
                let line = format!(
                    "{} {}",
                    time_ms(at).strftime("%Y-%m-%d %H:%M:%S UTC"),
                    rng.pick(words)
                );
                self.draft.log(at, group, resource, Some(resource), line);
            }
        }
    }

    /// A line said once.
    pub fn line(&mut self, at: i64, group: &str, resource: &str, words: impl Into<String>) {
        self.draft.log(at * 1000, group, resource, Some(resource), words);
    }

    /// A client outside who calls `entry`.
    pub fn client(&mut self, name: &str, entry: &str) -> String {
        let id = self.place(&kinds::CLIENT, name, json!({}));
        self.calls(&id, entry);
        id
    }

    /// A balancer in front of `count` instances that share `flow`, and `more` that are laid by the caller; `own` are series
    /// of each instance. Gives back balancer, target group and instances.
    pub fn fleet(
        &mut self,
        name: &str,
        flow: &Flow,
        (count, more): (usize, usize),
        config: &Value,
        own: Own<'_>,
        unhealthy: f64,
    ) -> (String, String, Vec<String>) {
        let bad = self.rise(0.0, unhealthy).map(|_, value| value.round());
        let good = bad.map(|_, bad| (count + more) as f64 - bad);
        let front = self.caller(&format!("{name} balancer"), flow, 2.0);
        let group = json!({"TargetType": "instance", "Port": 80});
        // What a dead host does not answer is the balancer's own failure, not the target's.
        let none = self.none();
        let dead = [
            ("HTTPCode_Target_5XX_Count", &none),
            ("HTTPCode_ELB_5XX_Count", &flow.bad),
        ];
        let dead: Own<'_> = if unhealthy > 0.0 { &dead } else { &[] };
        let (balancer, targets) = self.balancer(&format!("{name}-alb"), &front, dead, (&good, &bad), group);
        let served = Flow {
            bad: if unhealthy > 0.0 {
                none.clone()
            } else {
                flow.bad.clone()
            },
            ..flow.clone()
        };
        let mut ids = Vec::new();
        for number in 1..=count {
            let own: Vec<(&str, Wave)> = own
                .iter()
                .map(|(metric, wave)| {
                    let wave = self.wobble(&format!("{name} {number} {metric}"), wave, 0.012);
                    let most = if metric.contains("CPU") { 99.97 } else { f64::MAX };
                    (*metric, wave.map(|_, value| value.min(most)))
                })
                .collect();
            let own: Vec<(&str, &Wave)> = own.iter().map(|(metric, wave)| (*metric, wave)).collect();
            let id = self.server(&format!("{name}-{number}"), &served, 500, config.clone(), &own);
            self.routes(&targets, &id);
            ids.push(id);
        }
        (balancer, targets, ids)
    }
}

/// `app/name/0123...` or `targetgroup/name/0123...`: a balancer's or target group's name in dimensions.
pub fn tail(id: &str) -> &str {
    id.split_once("loadbalancer/")
        .or_else(|| {
            id.split_once("elasticloadbalancing:")
                .and_then(|(_, rest)| rest.rsplit_once(':'))
        })
        .map_or(id, |(_, tail)| tail)
}
