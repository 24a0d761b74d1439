//! The system of a benchmark case in the making.
//!
//! A [`World`] is a draft with memory: it knows every series that was laid, so that alarms, starts and the truth can name
//! them. `kinds` says what each type of resource measures when it is well; a family hands in only what differs. `flow`
//! carries requests, failures and latency up the call graph; `function`, `site`, `fleet` and `entry` put whole parts in
//! place with their logs.

pub mod acts;
pub mod calm;
pub mod entry;
pub mod fleet;
pub mod flow;
pub mod function;
pub mod kinds;
pub mod lay;
pub mod properties;
pub mod site;
pub mod truth;
pub mod words;

use std::collections::BTreeMap;

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::Value;

use super::{
    draft::Draft,
    rng::Rng,
    wave::{Grid, MINUTE, Wave, ramp},
};
pub use function::Lambda;
pub use kinds as kind;
pub use site::Site;
pub use truth::Outcome;

/// What tells one variant of a family from another.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// When the effect begins, epoch seconds.
    pub onset: i64,
    /// How long it takes until it is whole, seconds.
    pub ramp: i64,
    /// How much larger than usual the noise is.
    pub noise: f64,
    /// True: the logs hold warnings and errors that are always there.
    pub chatter: bool,
    /// How large the loads are.
    pub size: f64,
}

/// A series that was laid.
#[derive(Debug, Clone)]
pub struct Laid {
    /// Namespace.
    pub namespace: String,
    /// Dimensions.
    pub dimensions: Vec<(String, String)>,
    /// Its values.
    pub wave: Wave,
}

/// The system of a benchmark case in the making.
#[derive(Debug)]
pub struct World {
    /// What is written in the end.
    pub draft: Draft,
    /// The variant.
    pub shape: Shape,
    /// The word that the names of this part begin with.
    pub word: &'static str,
    /// The truth of the fault that is being laid.
    pub out: Outcome,
    /// What went wrong while laying it: a family's own mistake.
    pub problems: Vec<String>,
    stack: String,
    laid: BTreeMap<(String, String, String), Laid>,
}

impl World {
    /// An empty system.
    pub fn new(draft: Draft, shape: Shape, word: &'static str) -> Self {
        Self {
            draft,
            shape,
            word,
            out: Outcome::default(),
            problems: Vec::new(),
            stack: word.to_owned(),
            laid: BTreeMap::new(),
        }
    }

    /// The minutes.
    pub fn grid(&self) -> Grid {
        self.draft.grid
    }

    /// A stream of numbers.
    pub fn rng(&self, word: &str) -> Rng {
        self.draft.rng(&format!("{} {word}", self.word))
    }

    /// A name of this part: its word and `suffix`.
    pub fn n(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.word)
    }

    /// What follows belongs to this stack.
    pub fn stack(&mut self, name: &str) {
        name.clone_into(&mut self.stack);
    }

    /// When the act that causes it happens: some seconds before the first effect.
    pub fn act(&self) -> i64 {
        self.shape.onset - self.rng("act").whole(18, 75)
    }

    /// How far the effect has come in the minute from `at` on: 0 to 1.
    pub fn effect(&self, at: i64) -> f64 {
        ramp(at + MINUTE / 2, self.shape.onset, self.shape.ramp)
    }

    /// `from` at first, `to` when the effect is whole.
    pub fn rise(&self, from: f64, to: f64) -> Wave {
        Wave::flat(self.grid(), from).map(|at, value| value + (to - value) * self.effect(at))
    }

    /// As `rise`, measured: with noise relative to the value.
    pub fn measured(&self, name: &str, from: f64, to: f64, share: f64) -> Wave {
        self.wobble(name, &self.rise(from, to), share)
    }

    /// A wave with noise relative to its values.
    pub fn wobble(&self, name: &str, wave: &Wave, share: f64) -> Wave {
        let mut rng = self.rng(&format!("wobble {name}"));
        wave.noisy(&mut rng, (share * self.shape.noise).min(0.22))
    }

    /// A load that follows the day; counted when `counted`.
    pub fn load(&self, name: &str, level: f64) -> Wave {
        let mut rng = self.rng(&format!("load {name}"));
        let wave = Wave::load(self.grid(), &mut rng, level * self.shape.size, 0.18);
        if self.shape.noise > 1.0 {
            wave.noisy(&mut rng, 0.05 * self.shape.noise)
        } else {
            wave
        }
    }

    /// Whole counts around a wave.
    pub fn counts(&self, name: &str, wave: &Wave) -> Wave {
        wave.counts(&mut self.rng(&format!("counts {name}")))
    }

    /// Zero everywhere.
    pub fn none(&self) -> Wave {
        Wave::flat(self.grid(), 0.0)
    }

    /// `from` acts on `to`.
    pub fn relate(&mut self, from: &str, kind: RelationKind, to: &str) {
        use RelationKind::{Calls, Reads, Writes};
        let origin = if matches!(kind, Calls | Reads | Writes) {
            RelationOrigin::Trace
        } else {
            RelationOrigin::Config
        };
        self.draft.relate(from, kind, to, origin);
    }

    /// Calls.
    pub fn calls(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Calls, to);
    }

    /// Reads.
    pub fn reads(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Reads, to);
    }

    /// Writes.
    pub fn writes(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Writes, to);
    }

    /// Uses.
    pub fn uses(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Uses, to);
    }

    /// Triggers.
    pub fn triggers(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Triggers, to);
    }

    /// Routes.
    pub fn routes(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Routes, to);
    }

    /// Contains.
    pub fn contains(&mut self, from: &str, to: &str) {
        self.relate(from, RelationKind::Contains, to);
    }

    /// The properties of a resource.
    pub fn config(&mut self, id: &str) -> Option<&mut Value> {
        let found = self
            .draft
            .resources
            .iter_mut()
            .find(|resource| resource.id.as_str() == id);
        found.map(|resource| &mut resource.config)
    }

    /// The name of a resource.
    pub fn name_of(&self, id: &str) -> String {
        let found = self
            .draft
            .resources
            .iter()
            .find(|resource| resource.id.as_str() == id);
        found.map_or_else(|| id.to_owned(), |resource| resource.name.clone())
    }

    /// The type of a resource.
    pub fn type_of(&self, id: &str) -> String {
        let found = self
            .draft
            .resources
            .iter()
            .find(|resource| resource.id.as_str() == id);
        found.map_or_else(String::new, |resource| resource.kind.clone())
    }
}
