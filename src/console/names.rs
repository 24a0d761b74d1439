//! What resources are called: an id that only a machine reads is shown by the name that its owner knows.

use std::collections::BTreeMap;

use crate::model::{Resource, ResourceId};

/// Names by id, as far as they were read.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<ResourceId, String>);

impl Names {
    /// Takes the names of resources.
    pub fn learn(&mut self, resources: &[Resource]) {
        for resource in resources {
            if !resource.name.is_empty() && resource.name != resource.id.as_str() {
                self.0.insert(resource.id.clone(), resource.name.clone());
            }
        }
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True while none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a resource is called: its name, otherwise the telling part of its id.
    pub fn of(&self, id: &ResourceId) -> String {
        self.0.get(id).map_or_else(|| short(id.as_str()), Clone::clone)
    }
}

/// The part of an id that a person reads: what stands after the last `/` or `:` of an ARN.
pub fn short(id: &str) -> String {
    if id.starts_with("arn:") {
        let tail = id
            .rsplit([':', '/'])
            .find(|part| !part.is_empty() && *part != "*");
        return tail.unwrap_or(id).to_owned();
    }
    id.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_preferred_to_an_id_and_the_tail_to_an_arn() {
        let mut names = Names::default();
        names.learn(&[Resource::new(
            "rcwpx0wise",
            "AWS::ApiGateway::RestApi",
            "orders-api",
        )]);
        assert_eq!(names.of(&"rcwpx0wise".into()), "orders-api");
        assert_eq!(
            names.of(&"arn:aws:lambda:us-east-1:1:function:order-intake".into()),
            "order-intake"
        );
        assert_eq!(names.of(&"i-0abc".into()), "i-0abc");
    }
}
