//! An ECS service behind a balancer, with its logs.

use serde_json::{Value, json};

use super::{
    super::{draft::within, logs, rng::Rng, wave::Wave},
    World,
    entry::sampled,
    flow::Flow,
    kinds, properties, words,
};

/// The ids of a site.
#[derive(Debug, Clone)]
pub struct Ids {
    /// The balancer.
    pub balancer: String,
    /// The target group.
    pub targets: String,
    /// The ECS service.
    pub service: String,
}

/// What a service writes when it fails.
pub type Says<'a> = &'a dyn Fn(&mut Rng) -> String;

/// An ECS service, behind a balancer when laid with `lay`.
pub struct Site<'a> {
    name: &'a str,
    flow: &'a Flow,
    says: &'a [&'a str],
    config: Value,
    own: Vec<(&'a str, &'a Wave)>,
    front: Vec<(&'a str, &'a Wave)>,
    hosts: Option<(&'a Wave, &'a Wave)>,
    error: Option<Says<'a>>,
    warns: bool,
}

impl<'a> Site<'a> {
    /// A service that says these words.
    pub fn new(name: &'a str, flow: &'a Flow, says: &'a [&'a str]) -> Self {
        Self {
            name,
            flow,
            says,
            config: json!({}),
            own: Vec::new(),
            front: Vec::new(),
            hosts: None,
            error: None,
            warns: false,
        }
    }

    /// With these properties of the service.
    pub fn config(mut self, config: Value) -> Self {
        properties::merge(&mut self.config, config);
        self
    }

    /// With these series of the service.
    pub fn own(mut self, own: &[(&'a str, &'a Wave)]) -> Self {
        self.own.extend_from_slice(own);
        self
    }

    /// With these series of the balancer.
    pub fn front(mut self, own: &[(&'a str, &'a Wave)]) -> Self {
        self.front.extend_from_slice(own);
        self
    }

    /// With these numbers of healthy and unhealthy targets.
    pub fn hosts(mut self, healthy: &'a Wave, unhealthy: &'a Wave) -> Self {
        self.hosts = Some((healthy, unhealthy));
        self
    }

    /// It writes this for a request that fails from the onset on.
    pub fn error(mut self, error: Says<'a>) -> Self {
        self.error = Some(error);
        self
    }

    /// It writes that line also while requests only get slow.
    pub fn warns(mut self) -> Self {
        self.warns = true;
        self
    }

    /// Adds balancer, target group and service.
    pub fn lay(self, world: &mut World) -> Ids {
        let grid = world.grid();
        let (three, none) = (Wave::flat(grid, 3.0), Wave::flat(grid, 0.0));
        let front = world.caller(&format!("{} balancer", self.name), self.flow, 2.0);
        let (balancer, targets) = world.balancer(
            &format!("{}-alb", self.name),
            &front,
            &self.front,
            self.hosts.unwrap_or((&three, &none)),
            json!({}),
        );
        let service = self.alone(world);
        world.routes(&targets, &service);
        Ids {
            balancer,
            targets,
            service,
        }
    }

    /// Adds the service alone.
    pub fn alone(mut self, world: &mut World) -> String {
        let revision = world.rng(&format!("revision {}", self.name)).whole(20, 300);
        let mut config =
            json!({"Cluster": world.stack, "TaskDefinition": format!("{}:{revision}", self.name)});
        properties::merge(&mut config, std::mem::take(&mut self.config));
        let id = world.add(&kinds::SERVICE, self.name, config, &self.own);
        let mut rng = world.rng(&format!("lines {}", self.name));
        let group = format!("/ecs/{}", self.name);
        let tasks = [rng.hex(32), rng.hex(32), rng.hex(32)];
        let shape = world.shape;
        for (minute, good, bad, millis) in sampled(&mut rng, self.flow, 1.3, 3.0) {
            let extra = if self.warns && world.effect(minute) > 0.3 {
                rng.whole(1, 3)
            } else {
                0
            };
            for index in 0..good + bad + extra {
                let at = within(&mut rng, minute);
                let stream = format!("{}/app/{}", self.name, tasks[(at % 3) as usize]);
                let item = rng.whole(1_000, 99_999);
                let line = match self.error {
                    Some(error) if index >= good && minute + 60 > shape.onset => error(&mut rng),
                    _ if index >= good => logs::app(
                        "ERROR",
                        self.name,
                        "request failed: connection reset by peer",
                        &json!({"item": item}),
                    ),
                    _ if rng.chance(if shape.chatter { 0.16 } else { 0.012 }) => {
                        let (level, words) = words::chatter(&mut rng);
                        logs::app(level, self.name, words, &json!({"item": item}))
                    }
                    _ => {
                        let words = *rng.pick(&self.says.iter().collect::<Vec<_>>());
                        let ms = rng.duration(millis).round();
                        logs::app("INFO", self.name, words, &json!({"item": item, "ms": ms}))
                    }
                };
                world.draft.log(at, &group, &stream, Some(&id), line);
            }
        }
        id
    }
}
