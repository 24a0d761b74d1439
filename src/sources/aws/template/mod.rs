//! CloudFormation templates: text to resources with properties, properties with references resolved, references to
//! relations. Pure.

mod parse;
mod references;
mod resolve;
mod wiring;

use std::collections::BTreeMap;

use serde_json::Value;

pub use super::wiring::is_glue;
pub use parse::parse;
pub use wiring::{relations, thing, things};

/// A template, as far as an investigation reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    /// Resources by logical id.
    pub resources: BTreeMap<String, Declared>,
    /// Default values of the parameters that have one.
    pub defaults: BTreeMap<String, Value>,
    /// The `Mappings` section.
    pub mappings: Value,
}

/// One resource as the template declares it. References keep their long form (`{"Ref": "X"}`).
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Type (`AWS::Lambda::Function`).
    pub kind: String,
    /// Properties, or null.
    pub properties: Value,
}

/// What is known of a deployed stack: turns references into the things they stand for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deployed {
    /// Name of the stack.
    pub stack: String,
    /// Region of the stack.
    pub region: String,
    /// Account of the stack.
    pub account: String,
    /// Physical ids by logical id.
    pub physical: BTreeMap<String, String>,
    /// Values of the parameters.
    pub parameters: BTreeMap<String, String>,
    /// What the account's stacks export, by export name.
    pub exports: BTreeMap<String, String>,
}

impl Template {
    /// Properties of the resource of that logical id with every reference resolved that can be.
    pub fn properties(&self, logical: &str, deployed: &Deployed) -> Option<Value> {
        let declared = self.resources.get(logical)?;
        Some(resolve::resolve(&declared.properties, self, deployed))
    }
}

/// The template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Neither JSON nor YAML.
    #[error("the template is neither JSON nor YAML: {0}")]
    Syntax(String),
    /// Readable, but without resources.
    #[error("the template has no Resources section")]
    NoResources,
}
