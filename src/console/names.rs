//! What resources are called: ids such as `rcwpx0wise` say nothing at three in the morning.

use std::collections::BTreeMap;

use crate::model::{Evidence, Resource, ResourceId};

/// Names by id, from the inventories that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    known: BTreeMap<ResourceId, String>,
    /// Grows with every inventory that taught something.
    version: u64,
}

impl Names {
    /// Learns from evidence, where it lists resources.
    pub fn learn(&mut self, evidence: &Evidence) {
        let Evidence::Inventory(resources) = evidence else {
            return;
        };
        let mut news = false;
        for Resource { id, name, .. } in resources.iter().filter(|resource| !resource.name.is_empty()) {
            news |= self.known.insert(id.clone(), name.clone()).as_ref() != Some(name);
        }
        self.version += u64::from(news);
    }

    /// Changes whenever a name does.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The name of a resource; the readable part of its id while nobody has said its name.
    pub fn of(&self, id: &ResourceId) -> String {
        short(self.known.get(id).map_or(id.as_str(), String::as_str))
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
    fn a_name_is_shown_once_it_is_known() {
        let mut names = Names::default();
        let (api, queue): (ResourceId, ResourceId) =
            ("rcwpx0wise".into(), "arn:aws:sqs:eu-west-1:1:jobs".into());
        assert_eq!(names.of(&api), "rcwpx0wise");
        names.learn(&Evidence::Inventory(vec![Resource::new(
            api.clone(),
            "AWS::ApiGateway::RestApi",
            "orders-api",
        )]));
        assert_eq!(names.of(&api), "orders-api");
        assert_eq!(names.of(&queue), "jobs");
        assert_eq!(names.version(), 1);
    }
}
