//! A service that a vendor names and an AWS resource of the very same name are one.
//!
//! Vendors know services by their names alone (`service:orders`); AWS knows what runs them. They are joined only where there
//! is no doubt: the names are equal letter by letter, and exactly one resource that runs code has that name.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Evidence, Relation, Resource, ResourceId};

/// Types that run code of one's own, and so appear as services at a vendor's.
const RUNS_CODE: [&str; 8] = [
    "AWS::Lambda::Function",
    "AWS::ECS::Service",
    "AWS::AppRunner::Service",
    "AWS::ElasticBeanstalk::Environment",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::EC2::Instance",
    "AWS::StepFunctions::StateMachine",
    "AWS::EKS::Cluster",
];
/// How the id of a service begins that only a name is known of.
const SERVICE: &str = "service:";

/// AWS resources by the name under which a vendor may know them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joins(BTreeMap<String, ResourceId>);

impl Joins {
    /// Those among these resources that run code and share their name with no other that does.
    pub fn of(resources: &[Resource]) -> Self {
        let mut by_name: BTreeMap<&str, BTreeSet<&ResourceId>> = BTreeMap::new();
        for resource in resources
            .iter()
            .filter(|one| RUNS_CODE.contains(&one.kind.as_str()))
        {
            by_name.entry(&resource.name).or_default().insert(&resource.id);
        }
        let only = by_name.into_iter().filter(|(_, ids)| ids.len() == 1);
        Self(
            only.filter_map(|(name, ids)| Some((name.to_owned(), (*ids.first()?).clone())))
                .collect(),
        )
    }

    /// The resource that a service is.
    fn is(&self, id: &ResourceId) -> Option<&ResourceId> {
        self.0.get(id.as_str().strip_prefix(SERVICE)?)
    }

    fn settle(&self, id: &mut ResourceId) {
        if let Some(other) = self.is(id) {
            *id = other.clone();
        }
    }

    /// The evidence with each joined service as the resource that it is.
    pub fn settled(&self, mut evidence: Evidence) -> Evidence {
        match &mut evidence {
            Evidence::Inventory(resources) => resources.retain(|one| self.is(&one.id).is_none()),
            Evidence::Relations(relations) => {
                for relation in relations.iter_mut() {
                    self.settle(&mut relation.from);
                    self.settle(&mut relation.to);
                }
                let all: BTreeSet<Relation> = std::mem::take(relations).into_iter().collect();
                relations.extend(all.into_iter().filter(|relation| relation.from != relation.to));
            }
            Evidence::Changes(changes) => {
                let owners = changes.iter_mut().filter_map(|one| one.resource.as_mut());
                owners.for_each(|id| self.settle(id));
            }
            Evidence::Events(events) => {
                let owners = events.iter_mut().filter_map(|one| one.resource.as_mut());
                owners.for_each(|id| self.settle(id));
            }
            Evidence::Logs(page) => {
                let owners = page.lines.iter_mut().filter_map(|one| one.resource.as_mut());
                owners.for_each(|id| self.settle(id));
            }
            _ => {}
        }
        evidence
    }
}

/// True when an answer names a service by its name alone: only then does it matter what is joined.
pub(super) fn names_services(evidence: &Evidence) -> bool {
    let service = |id: &ResourceId| id.as_str().starts_with(SERVICE);
    let of = |id: &Option<ResourceId>| id.as_ref().is_some_and(service);
    match evidence {
        Evidence::Relations(all) => all.iter().any(|one| service(&one.from) || service(&one.to)),
        Evidence::Changes(all) => all.iter().any(|one| of(&one.resource)),
        Evidence::Events(all) => all.iter().any(|one| of(&one.resource)),
        Evidence::Logs(page) => page.lines.iter().any(|one| of(&one.resource)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RelationKind, RelationOrigin};

    fn service(name: &str) -> Resource {
        Resource::new(format!("service:{name}"), "service", name)
    }

    fn calls(from: &str, to: &str) -> Relation {
        Relation {
            from: from.into(),
            to: to.into(),
            kind: RelationKind::Calls,
            origin: RelationOrigin::Trace,
        }
    }

    #[test]
    fn only_the_same_name_without_doubt_is_joined() {
        let function = |id: &str, name: &str| Resource::new(id, "AWS::Lambda::Function", name);
        let resources = [
            function("orders", "orders"),
            Resource::new("table:orders", "AWS::DynamoDB::Table", "orders"),
            service("orders"),
            service("Orders"),
            service("ledger"),
            function("mail-a", "mail"),
            Resource::new("mail-b", "AWS::ECS::Service", "mail"),
            service("mail"),
        ];
        let joins = Joins::of(&resources);
        assert_eq!(
            joins,
            Joins([("orders".to_owned(), "orders".into())].into_iter().collect())
        );
        let Evidence::Inventory(left) = joins.settled(Evidence::Inventory(resources.to_vec())) else {
            panic!("another answer")
        };
        assert_eq!(left.len(), resources.len() - 1);
        let relations = vec![
            calls("service:orders", "service:ledger"),
            calls("orders", "service:orders"),
        ];
        assert_eq!(
            joins.settled(Evidence::Relations(relations)),
            Evidence::Relations(vec![calls("orders", "service:ledger")])
        );
    }
}
