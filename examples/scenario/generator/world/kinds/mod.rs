//! What each type of resource measures, and how it looks when it is well.

pub mod compute;
pub mod plain;
pub mod serverless;

use Calm::Rare;
pub use compute::*;
pub use plain::*;
pub use serverless::*;

/// How a metric looks when all is well.
#[derive(Debug, Clone, Copy)]
pub enum Calm {
    /// Around a level, with noise relative to it.
    Level(f64, f64),
    /// A load that follows the day.
    Load(f64),
    /// Counts that follow the day.
    Count(f64),
    /// Counts of something rare, with this mean.
    Rare(f64),
    /// Always the same.
    Fixed(f64),
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Namespace.
    pub namespace: &'static str,
    /// Metric.
    pub metric: &'static str,
    /// Statistic.
    pub stat: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// How it looks when all is well.
    pub calm: Calm,
    /// True: there is a datum only where it is not zero.
    pub sparse: bool,
}

/// How a resource is identified.
#[derive(Debug, Clone, Copy)]
pub enum Id {
    /// By its name.
    Name,
    /// By its ARN.
    Arn,
    /// By a prefix and hexadecimal digits.
    Hex(&'static str, usize),
    /// By ten letters and digits.
    Letters,
}

/// A type of resource.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// As CloudFormation spells it, or a plain word.
    pub cloudformation: &'static str,
    /// How it is identified.
    pub id: Id,
    /// Service and rest of its ARN; `{name}`, `{id}`, `{stack}`, `{hex}` are filled in. Empty: it has none.
    pub arn: &'static str,
    /// Dimensions of its metrics, filled in likewise; `{full}` is the tail of a balancer's ARN.
    pub dimensions: &'static [(&'static str, &'static str)],
    /// Its metrics.
    pub metrics: &'static [Spec],
}

const fn spec(
    namespace: &'static str,
    metric: &'static str,
    stat: &'static str,
    unit: &'static str,
    calm: Calm,
) -> Spec {
    Spec {
        namespace,
        metric,
        stat,
        unit,
        calm,
        sparse: false,
    }
}

const fn sparse(namespace: &'static str, metric: &'static str, mean: f64) -> Spec {
    Spec {
        namespace,
        metric,
        stat: "Sum",
        unit: "Count",
        calm: Rare(mean),
        sparse: true,
    }
}
