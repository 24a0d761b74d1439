//! Puts a resource in place, with its series.

use midwatch::model::Resource;
use serde_json::Value;

use super::super::{
    draft::{ACCOUNT, Metric},
    resources,
    wave::Wave,
};
use super::{
    Laid, World,
    kinds::{Calm, Id, Kind, Spec},
    properties,
};

/// Series that differ from the calm ones, by metric (`Errors`) or metric and statistic (`Duration p99`).
pub type Own<'a> = &'a [(&'a str, &'a Wave)];

impl World {
    /// Adds a resource with all series of its kind, and gives back its id.
    pub fn add(&mut self, kind: &Kind, name: &str, config: Value, own: Own<'_>) -> String {
        let id = self.place(kind, name, config);
        let full = id
            .split_once("loadbalancer/")
            .map_or(id.as_str(), |(_, full)| full)
            .to_owned();
        let dimensions: Vec<(String, String)> = kind
            .dimensions
            .iter()
            .map(|(key, value)| {
                let value = value.replace("{name}", name).replace("{id}", &id);
                let value = value.replace("{stack}", &self.stack).replace("{full}", &full);
                ((*key).to_owned(), value)
            })
            .collect();
        self.measure(kind, &id, &dimensions, own);
        id
    }

    /// Adds a resource without series.
    pub fn place(&mut self, kind: &Kind, name: &str, config: Value) -> String {
        let mut rng = self.draft.rng(&format!("{} {name}", kind.cloudformation));
        let rest = kind
            .arn
            .replace("{name}", name)
            .replace("{stack}", &self.stack)
            .replace("{hex}", &rng.hex(16))
            .replace("{uuid}", &rng.uuid())
            .replace(
                "{six}",
                &rng.word("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789", 6),
            );
        let short = match kind.id {
            Id::Name | Id::Arn => name.to_owned(),
            Id::Hex(prefix, digits) => format!("{prefix}{}", rng.hex(digits)),
            Id::Letters if kind.cloudformation == "AWS::Route53::HostedZone" => {
                format!("Z0{}", rng.word("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 18))
            }
            Id::Letters => rng.word("abcdefghijklmnopqrstuvwxyz0123456789", 10),
        };
        let arn = rest.replace("{id}", &short);
        let arn = match arn.split_once(':') {
            Some((service @ "s3", rest)) => Some(format!("arn:aws:{service}:::{rest}")),
            Some((service @ "iam", rest)) => Some(format!("arn:aws:{service}::{ACCOUNT}:{rest}")),
            Some((service @ "route53", rest)) => Some(format!("arn:aws:{service}:::{rest}")),
            Some((service @ "apigateway", rest)) => {
                Some(format!("arn:aws:{service}:{}::{rest}", self.draft.region))
            }
            Some((service, rest)) => Some(resources::arn(&self.draft, service, rest)),
            None => None,
        };
        let id = if matches!(kind.id, Id::Arn) {
            arn.clone().unwrap_or(short)
        } else {
            short
        };
        if self.draft.resources.iter().any(|known| known.id.as_str() == id) {
            self.problems.push(format!("{id} is there twice"));
        }
        if !kind.cloudformation.starts_with("AWS::") {
            self.draft
                .resources
                .push(Resource::new(id.clone(), kind.cloudformation, name));
            return id;
        }
        let config = properties::of(kind.cloudformation, name, &self.draft, config);
        let stack = self.stack.clone();
        resources::add(
            &mut self.draft,
            &id,
            kind.cloudformation,
            name,
            arn,
            &stack,
            config,
        );
        if kind.cloudformation == "AWS::EC2::Instance" {
            resources::tag(&mut self.draft, &[("Name", name)]);
        }
        id
    }

    /// Adds the series of a kind to a resource.
    pub fn measure(&mut self, kind: &Kind, id: &str, dimensions: &[(String, String)], own: Own<'_>) {
        for spec in kind.metrics {
            let wave = self.wave_of(spec, id, own);
            let mut dimensions = dimensions.to_vec();
            if spec.metric == "SuccessfulRequestLatency" {
                dimensions.push(("Operation".to_owned(), "PutItem".to_owned()));
            }
            self.series(id, spec, &dimensions, &wave);
        }
    }

    /// Adds one series.
    pub fn series(&mut self, id: &str, spec: &Spec, dimensions: &[(String, String)], wave: &Wave) {
        let borrowed: Vec<(&str, &str)> = dimensions
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let of = Metric {
            resource: id,
            namespace: spec.namespace,
            dimensions: &borrowed,
        };
        if spec.sparse {
            self.draft.sparse(of, spec.metric, spec.stat, spec.unit, wave);
        } else {
            self.draft.series(of, spec.metric, spec.stat, spec.unit, wave);
        }
        let laid = Laid {
            namespace: spec.namespace.to_owned(),
            dimensions: dimensions.to_vec(),
            wave: wave.clone(),
        };
        let key = (id.to_owned(), spec.metric.to_owned(), spec.stat.to_owned());
        self.laid.insert(key, laid);
    }

    /// Adds one more series to a resource, with these dimensions.
    pub fn extra(
        &mut self,
        id: &str,
        (namespace, metric, stat, unit): (&'static str, &'static str, &'static str, &'static str),
        dimensions: &[(&str, &str)],
        wave: &Wave,
    ) {
        let dimensions: Vec<(String, String)> = dimensions
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let spec = Spec {
            namespace,
            metric,
            stat,
            unit,
            calm: Calm::Fixed(0.0),
            sparse: false,
        };
        self.series(id, &spec, &dimensions, wave);
    }

    /// A series that was laid.
    pub fn laid(&mut self, id: &str, metric: &str, stat: &str) -> Option<Laid> {
        let found = self
            .laid
            .get(&(id.to_owned(), metric.to_owned(), stat.to_owned()))
            .cloned();
        if found.is_none() {
            self.problems
                .push(format!("there is no series {metric} ({stat}) of {id}"));
        }
        found
    }

    fn wave_of(&self, spec: &Spec, id: &str, own: Own<'_>) -> Wave {
        let full = format!("{} {}", spec.metric, spec.stat);
        if let Some((_, wave)) = own.iter().find(|(name, _)| *name == full) {
            return (*wave).clone();
        }
        if let Some((_, wave)) = own.iter().find(|(name, _)| *name == spec.metric) {
            let mut rng = self.rng(&format!("tail {id} {}", spec.metric));
            return if spec.stat.starts_with('p') {
                wave.map(|_, mean| mean * rng.range(1.9, 2.7))
            } else {
                (*wave).clone()
            };
        }
        let name = format!("{id} {} {}", spec.metric, spec.stat);
        let size = self.rng(&format!("size {id}")).range(0.7, 1.4);
        match spec.calm {
            Calm::Level(level, share) => {
                let level = level
                    * if spec.unit == "Bytes" {
                        size
                    } else {
                        0.6 + 0.4 * size
                    };
                self.wobble(&name, &Wave::flat(self.grid(), level), share)
            }
            Calm::Load(level) => self.load(&name, level * size).map(|_, value| value.round()),
            Calm::Count(level) => {
                // The same load for all counts of one resource: what is sent is received.
                self.counts(&format!("{id} {level}"), &self.load(id, level * size))
            }
            Calm::Rare(mean) => self.counts(&name, &Wave::flat(self.grid(), mean)),
            Calm::Fixed(value) => Wave::flat(self.grid(), value),
        }
    }
}
