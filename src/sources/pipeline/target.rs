//! What a project puts in place, by ARN: a CloudFormation or CDK stack, an image repository, a Terraform state in S3.

use serde_json::Value;

use crate::{
    model::{Place, Resource, ResourceId},
    sources::aws::naming,
};

/// Type of a Terraform state as a resource.
pub const STATE: &str = "terraform-state";

/// What a project puts in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    arn: String,
    account: String,
    region: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A stack, by name.
    Stack(String),
    /// A repository of images, by name.
    Images(String),
    /// A Terraform state: bucket and key.
    State(String, String),
    /// Some other resource, itself.
    One,
}

impl Target {
    /// The target that an ARN names; none for what is no ARN.
    pub fn of(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (_, service) = (parts.next()?, parts.next()?);
        let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let last = parts.next().filter(|last| !last.is_empty())?;
        let kind = match (service, last.split_once('/')) {
            // `stack/NAME/UNIQUE-ID`; the id changes when the stack is made anew, the name is what resources carry.
            ("cloudformation", Some(("stack", rest))) => {
                Kind::Stack(rest.split('/').next().unwrap_or(rest).to_owned())
            }
            ("ecr", Some(("repository", name))) => Kind::Images(name.to_owned()),
            ("s3", Some((bucket, key))) => Kind::State(bucket.to_owned(), key.to_owned()),
            _ => Kind::One,
        };
        Some(Self {
            arn: arn.to_owned(),
            account,
            region,
            kind,
        })
    }

    /// Its ARN, as it is written in the configuration.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// True for a stack.
    pub const fn is_stack(&self) -> bool {
        matches!(self.kind, Kind::Stack(_))
    }

    /// Bucket and key, for a Terraform state.
    pub fn state(&self) -> Option<(&str, &str)> {
        match &self.kind {
            Kind::State(bucket, key) => Some((bucket, key)),
            _ => None,
        }
    }

    /// The target as a resource.
    pub fn resource(&self) -> Resource {
        let mut resource = match &self.kind {
            Kind::Stack(name) => naming::resource("AWS::CloudFormation::Stack", name),
            Kind::Images(name) => naming::resource("AWS::ECR::Repository", name),
            Kind::State(_, key) => Resource::new(self.arn.as_str(), STATE, key.as_str()),
            Kind::One => naming::from_arn(&self.arn)
                .unwrap_or_else(|| Resource::new(self.arn.as_str(), "unknown", self.arn.as_str())),
        };
        let known = |word: &String| Some(word.clone()).filter(|word| !word.is_empty());
        resource.arn = Some(self.arn.clone());
        resource.account = resource.account.or_else(|| known(&self.account));
        resource.region = resource.region.or_else(|| known(&self.region));
        resource
    }

    /// Its id as a resource.
    pub fn id(&self) -> ResourceId {
        self.resource().id
    }

    /// Its id as it is known at `home`: with its place where it stands elsewhere.
    pub fn id_at(&self, home: Option<&Place>) -> ResourceId {
        let place = Place::new(&self.account, &self.region);
        match home {
            Some(home) if *home != place && !self.account.is_empty() && !self.region.is_empty() => {
                self.id().at(&place)
            }
            _ => self.id(),
        }
    }

    /// True when the target is the resource or puts it in place: the stack holds it, its image comes from the repository,
    /// a tag names the state. `config` is how the resource is set up, as far as that is known.
    pub fn holds(&self, resource: &Resource, config: &Value) -> bool {
        if resource.arn.as_deref() == Some(&self.arn) {
            return true;
        }
        if !self.is_in_place_of(resource) {
            return false;
        }
        if resource.id.split().0 == self.id() {
            return true;
        }
        match &self.kind {
            Kind::Stack(name) => {
                let tagged = || resource.tags.get("aws:cloudformation:stack-name");
                resource.stack.as_ref().or_else(tagged) == Some(name)
            }
            Kind::Images(name) => {
                strings(config).any(|text| self.is_image(text, name))
                    || resource.tags.values().any(|text| self.is_image(text, name))
            }
            Kind::State(bucket, key) => {
                let names = [
                    self.arn.clone(),
                    format!("s3://{bucket}/{key}"),
                    format!("{bucket}/{key}"),
                ];
                resource.tags.values().any(|value| names.contains(value))
            }
            Kind::One => false,
        }
    }

    /// False when the resource stands in another account or region than the target.
    fn is_in_place_of(&self, resource: &Resource) -> bool {
        let place = resource.id.split().1;
        let account = place
            .as_ref()
            .map(|place| &place.account)
            .or(resource.account.as_ref());
        let region = place
            .as_ref()
            .map(|place| &place.region)
            .or(resource.region.as_ref());
        let agrees =
            |own: &String, other: Option<&String>| own.is_empty() || other.is_none_or(|other| other == own);
        // An image may be pulled from another account and region.
        matches!(self.kind, Kind::Images(_)) || agrees(&self.account, account) && agrees(&self.region, region)
    }

    /// True for `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`, with a tag or digest behind it or without.
    fn is_image(&self, text: &str, name: &str) -> bool {
        let registry = format!("{}.dkr.ecr.{}.", self.account, self.region);
        let Some((_, path)) = text.strip_prefix(&registry).and_then(|rest| rest.split_once('/')) else {
            return false;
        };
        path.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
    }
}

/// Every string in a value.
fn strings(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(items) => Box::new(items.iter().flat_map(strings)),
        Value::Object(map) => Box::new(map.values().flat_map(strings)),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STACK: &str =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/0a1b2c3d-aaaa-bbbb-cccc-000000000000";
    const IMAGES: &str = "arn:aws:ecr:eu-west-1:123456789012:repository/acme/orders";
    const TFSTATE: &str = "arn:aws:s3:::acme-state/orders/terraform.tfstate";
    const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:mail";

    fn function(stack: Option<&str>) -> Resource {
        let mut resource = naming::resource("AWS::Lambda::Function", "orders-intake");
        resource.stack = stack.map(ToOwned::to_owned);
        resource
    }

    fn tagged(key: &str, value: &str) -> Resource {
        let mut resource = function(None);
        resource.tags.insert(key.to_owned(), value.to_owned());
        resource
    }

    fn elsewhere(mut resource: Resource) -> Resource {
        resource.account = Some("999999999999".to_owned());
        resource
    }

    #[test]
    fn each_kind_of_target_holds_its_own_and_nothing_else() {
        let image = |image: &str| json!({"Code": {"ImageUri": image}});
        let none = Value::Null;
        let orders = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/orders";
        for (arn, resource, config, held) in [
            (STACK, function(Some("orders")), &none, true),
            (STACK, function(Some("orders-api")), &none, false),
            (STACK, function(None), &none, false),
            (STACK, elsewhere(function(Some("orders"))), &none, false),
            (
                STACK,
                tagged("aws:cloudformation:stack-name", "orders"),
                &none,
                true,
            ),
            (
                STACK,
                naming::resource("AWS::CloudFormation::Stack", "orders"),
                &none,
                true,
            ),
            (
                STACK,
                naming::resource("AWS::CloudFormation::Stack", STACK),
                &none,
                true,
            ),
            (IMAGES, function(None), &image(&format!("{orders}:v7")), true),
            (
                IMAGES,
                function(None),
                &image(&format!("{orders}@sha256:ab")),
                true,
            ),
            (IMAGES, elsewhere(function(None)), &image(orders), true),
            (IMAGES, function(None), &image(&format!("{orders}-web:v7")), false),
            (
                IMAGES,
                function(None),
                &image("999999999999.dkr.ecr.eu-west-1.amazonaws.com/acme/orders:v7"),
                false,
            ),
            (IMAGES, tagged("image", &format!("{orders}:v7")), &none, true),
            (IMAGES, function(None), &none, false),
            (
                TFSTATE,
                tagged("terraform", "acme-state/orders/terraform.tfstate"),
                &none,
                true,
            ),
            (
                TFSTATE,
                tagged("terraform", "s3://acme-state/orders/terraform.tfstate"),
                &none,
                true,
            ),
            (
                TFSTATE,
                tagged("terraform", "acme-state/shop/terraform.tfstate"),
                &none,
                false,
            ),
            (QUEUE, naming::resource("AWS::SQS::Queue", "mail"), &none, true),
            (
                QUEUE,
                naming::resource("AWS::SQS::Queue", "mail-dead"),
                &none,
                false,
            ),
        ] {
            let target = Target::of(arn).unwrap();
            assert_eq!(
                target.holds(&resource, config),
                held,
                "{arn} {resource:?} {config}"
            );
        }
    }

    #[test]
    fn a_target_elsewhere_carries_its_place() {
        let id = |arn: &str, home: Option<Place>| Target::of(arn).unwrap().id_at(home.as_ref()).0;
        let home = |region: &str| Some(Place::new("123456789012", region));
        assert_eq!(id(STACK, None), "stack:orders");
        assert_eq!(id(STACK, home("eu-west-1")), "stack:orders");
        assert_eq!(
            id(STACK, home("us-east-1")),
            "stack:orders@123456789012/eu-west-1"
        );
        // The ARN of an S3 object tells neither account nor region.
        assert_eq!(id(TFSTATE, home("us-east-1")), TFSTATE);
    }

    #[test]
    fn a_target_is_a_resource_of_its_own() {
        let told = |arn: &str| {
            let resource = Target::of(arn).unwrap().resource();
            (resource.id.0, resource.kind, resource.name)
        };
        let three = |id: &str, kind: &str, name: &str| (id.to_owned(), kind.to_owned(), name.to_owned());
        assert_eq!(
            told(STACK),
            three("stack:orders", "AWS::CloudFormation::Stack", "orders")
        );
        assert_eq!(
            told(IMAGES),
            three("repository:acme/orders", "AWS::ECR::Repository", "acme/orders")
        );
        assert_eq!(told(TFSTATE), three(TFSTATE, STATE, "orders/terraform.tfstate"));
        assert_eq!(told(QUEUE), three("queue:mail", "AWS::SQS::Queue", "mail"));
        for not in ["", "orders", "arn:aws:s3", "arn:aws:s3:::"] {
            assert_eq!(Target::of(not), None, "{not}");
        }
    }
}
