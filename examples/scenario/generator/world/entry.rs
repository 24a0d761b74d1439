//! The front: APIs and balancers with their access logs.

use serde_json::{Value, json};

use super::{
    super::{
        draft::within,
        rng::Rng,
        wave::{Wave, time_ms},
    },
    World,
    flow::{Flow, usual},
    kinds,
    lay::Own,
};

/// What an access log says of a request that failed.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// Status.
    pub status: u16,
    /// Status of the integration.
    pub inner: u16,
    /// The gateway's own word for the error.
    pub message: &'a str,
}

/// A request that failed behind the API.
pub const BEHIND: Refused<'static> = Refused {
    status: 502,
    inner: 200,
    message: "Internal server error",
};

impl World {
    /// A REST API in front of `flow`, with its access log; a failure there is a 5XX here.
    pub fn api(
        &mut self,
        name: &str,
        route: (&str, &str),
        flow: &Flow,
        refused: Refused<'_>,
        own: Own<'_>,
    ) -> String {
        let inner = flow.millis.map(|_, millis| millis * 0.95);
        let mut rng = self.rng(&format!("p99 {name}"));
        // No request takes longer than the gateway waits.
        let tail = flow
            .millis
            .map(|_, millis| (millis * rng.range(1.9, 2.7)).min(29_010.0));
        let none = self.none();
        let (client, server) = if refused.status < 500 {
            (&flow.bad, &none)
        } else {
            (&none, &flow.bad)
        };
        let routine = self.counts(&format!("4xx {name}"), &flow.count.map(|_, count| count * 0.006));
        let client = client.with(&routine, |a, b| a + b).with(&flow.count, f64::min);
        // An API that nobody calls has no data, not zeros.
        let seen = |wave: &Wave| {
            wave.with(
                &flow.count,
                |value, count| if count > 0.0 { value } else { f64::NAN },
            )
        };
        let (count, client, server) = (seen(&flow.count), seen(&client), seen(server));
        let (millis, inner, tail) = (seen(&flow.millis), seen(&inner), seen(&tail));
        let mut all = own.to_vec();
        all.extend([
            ("Count", &count),
            ("4XXError", &client),
            ("5XXError", &server),
            ("Latency p99", &tail),
            ("Latency", &millis),
            ("IntegrationLatency", &inner),
        ]);
        let id = self.add(&kinds::API, name, json!({}), &all);
        self.access(&id, name, route, flow, refused);
        id
    }

    /// Some lines of an API's access log.
    fn access(&mut self, id: &str, name: &str, route: (&str, &str), flow: &Flow, refused: Refused<'_>) {
        let mut rng = self.rng(&format!("access {name}"));
        let group = format!("/apigateway/{name}/access");
        for (minute, count, bad, millis) in sampled(&mut rng, flow, 1.0, 3.0) {
            for index in 0..count + bad {
                let at = within(&mut rng, minute);
                let fails = index >= count;
                let (status, inner) = if fails {
                    (refused.status, refused.inner)
                } else {
                    (200, 200)
                };
                let mut line = json!({
                    "requestId": rng.uuid(), "ip": rng.address(), "httpMethod": route.0, "resourcePath": route.1,
                    "requestTime": time_ms(at).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                    "status": status.to_string(), "integrationStatus": if inner == 0 { "-".to_owned() } else { inner.to_string() },
                    "responseLatency": (rng.duration(millis)).round().to_string(),
                });
                if let (Some(line), true) = (line.as_object_mut(), fails) {
                    line.insert("errorMessage".to_owned(), json!(refused.message));
                }
                self.draft.log(at, &group, "prod", Some(id), line.to_string());
            }
        }
    }

    /// A balancer with one target group in front of `flow`; gives back both ids.
    pub fn balancer(
        &mut self,
        name: &str,
        flow: &Flow,
        own: Own<'_>,
        hosts: (&Wave, &Wave),
        group: Value,
    ) -> (String, String) {
        let good = flow.count.with(&flow.bad, |all, bad| (all - bad).max(0.0));
        let seconds = flow.millis.map(|_, millis| millis / 1000.0);
        let mut all = own.to_vec();
        all.extend([
            ("RequestCount", &flow.count),
            ("HTTPCode_Target_2XX_Count", &good),
            ("HTTPCode_Target_5XX_Count", &flow.bad),
            ("TargetResponseTime", &seconds),
        ]);
        let balancer = self.add(&kinds::BALANCER, name, json!({}), &all);
        let targets = self.place(&kinds::TARGETS, &format!("{name}-tg"), group);
        let tail = |id: &str, word: &str| {
            id.split_once(word)
                .map_or(String::new(), |(_, tail)| tail.to_owned())
        };
        let dimensions = [
            (
                "TargetGroup".to_owned(),
                format!("targetgroup/{}", tail(&targets, "targetgroup/")),
            ),
            ("LoadBalancer".to_owned(), tail(&balancer, "loadbalancer/")),
        ];
        let hosts = [("HealthyHostCount", hosts.0), ("UnHealthyHostCount", hosts.1)];
        self.measure(&kinds::TARGETS, &targets, &dimensions, &hosts);
        self.routes(&balancer, &targets);
        (balancer, targets)
    }
}

/// Minute, kept good requests, kept bad ones, milliseconds: about `good` lines a minute, up to `most` bad ones.
pub fn sampled(rng: &mut Rng, flow: &Flow, good: f64, most: f64) -> Vec<(i64, i64, i64, f64)> {
    let usual = usual(&flow.count);
    let kept = (good / usual).min(1.0);
    flow.count
        .iter()
        .zip(flow.bad.iter())
        .zip(flow.millis.iter())
        .map(|(((at, count), (_, bad)), (_, millis))| {
            let good = rng.count((count - bad).max(0.0) * kept) as i64;
            (at, good, bad.min(most) as i64, millis)
        })
        .collect()
}
