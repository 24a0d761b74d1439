//! Where a resource stands, when a space has more than one account or region.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Resource, ResourceId};

/// An AWS account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Twelve-digit account.
    pub account: String,
    /// Region.
    pub region: String,
}

impl Place {
    /// The place.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            region: region.into(),
        }
    }

    /// Where an ARN or the URL of a queue leads; none where it names no account or no region.
    pub fn of(word: &str) -> Option<Self> {
        let (account, region) = if let Some(queue) = word.strip_prefix("https://sqs.") {
            let (host, path) = queue.split_once('/')?;
            (path.split('/').next()?, host.split('.').next()?)
        } else {
            let mut parts = word.strip_prefix("arn:")?.splitn(5, ':');
            let region = parts.nth(2)?;
            (parts.next()?, region)
        };
        Self::parse(&format!("{account}/{region}"))
    }

    /// True for what looks like a region: `eu-west-1`, `us-gov-east-1`, lower-case words and a number. It may stand in the name
    /// of a host.
    pub fn is_region(region: &str) -> bool {
        let mut parts = region.split('-').rev();
        let number = parts.next().is_some_and(|last| {
            !last.is_empty() && last.len() <= 2 && last.bytes().all(|byte| byte.is_ascii_digit())
        });
        let words: Vec<&str> = parts.collect();
        let fine = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        number && (2..=4).contains(&words.len()) && words.iter().all(fine) && region.len() <= 24
    }

    /// `account/region`; none unless both look like what they are.
    fn parse(text: &str) -> Option<Self> {
        let (account, region) = text.split_once('/')?;
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (digits && Self::is_region(region)).then(|| Self::new(account, region))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// Ids of resources outside the place where an investigation is at home carry their place: `queue:mail@111122223333/eu-west-1`.
/// Two accounts may then have resources of one name, and a question finds its way.
impl ResourceId {
    /// The id without its place, and the place if it carries one.
    pub fn split(&self) -> (Self, Option<Place>) {
        match self.0.rsplit_once('@') {
            Some((id, place)) => match Place::parse(place) {
                Some(place) => (Self(id.to_owned()), Some(place)),
                None => (self.clone(), None),
            },
            None => (self.clone(), None),
        }
    }

    /// The id without its place, as the place itself knows it.
    pub fn bare(&self) -> &str {
        match self.0.rsplit_once('@') {
            Some((id, place)) if Place::parse(place).is_some() => id,
            _ => &self.0,
        }
    }

    /// The id with its place.
    pub fn at(&self, place: &Place) -> Self {
        Self(format!("{}@{place}", self.0))
    }
}

/// Where several places have a resource of one name, the name carries the place as well: `orders (111122223333/eu-west-1)`.
impl Resource {
    /// Adds the place that the id carries to the name.
    pub fn name_with_place(&mut self) {
        if let (_, Some(place)) = self.id.split() {
            self.name = format!("{} ({place})", self.plain_name());
        }
    }

    /// The name as the place itself knows it.
    pub fn plain_name(&self) -> &str {
        let (_, Some(place)) = self.id.split() else {
            return &self.name;
        };
        self.name
            .strip_suffix(&format!(" ({place})"))
            .unwrap_or(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_place_and_gives_it_back() {
        let place = Place::new("111122223333", "eu-west-1");
        let id = ResourceId::from("queue:mail");
        assert_eq!(id.at(&place).as_str(), "queue:mail@111122223333/eu-west-1");
        assert_eq!(id.at(&place).split(), (id.clone(), Some(place.clone())));
        assert_eq!(id.split(), (id.clone(), None));
        for other in ["a@b", "user@example.org", "x@111122223333/", "x@1111/eu-west-1"] {
            let other = ResourceId::from(other);
            assert_eq!(other.split(), (other.clone(), None));
            assert_eq!(other.bare(), other.as_str());
        }
        assert_eq!(id.at(&place).bare(), "queue:mail");
    }

    #[test]
    fn arns_and_queue_urls_name_their_place() {
        let place = Some(Place::new("111122223333", "eu-west-1"));
        for word in [
            "arn:aws:sqs:eu-west-1:111122223333:mail",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/mail",
        ] {
            assert_eq!(Place::of(word), place, "{word}");
        }
        for word in [
            "arn:aws:s3:::bucket",
            "arn:aws:iam::111122223333:role/x",
            "mail",
            "https://example.org/1/2",
        ] {
            assert_eq!(Place::of(word), None, "{word}");
        }
    }

    #[test]
    fn a_name_takes_the_place_and_gives_it_back() {
        let place = Place::new("111122223333", "eu-west-1");
        let mut resource = Resource::new(
            ResourceId::from("mail").at(&place),
            "AWS::Lambda::Function",
            "mail",
        );
        resource.name_with_place();
        assert_eq!(resource.name, "mail (111122223333/eu-west-1)");
        resource.name_with_place();
        assert_eq!(resource.name, "mail (111122223333/eu-west-1)");
        assert_eq!(resource.plain_name(), "mail");
    }

    #[test]
    fn regions_look_like_regions() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-5", "eusc-de-east-1"] {
            assert!(Place::is_region(region), "{region}");
        }
        for other in [
            "US East (N. Virginia)",
            "eu-west",
            "zone-1",
            "",
            "eu-west-1a",
            "-1",
        ] {
            assert!(!Place::is_region(other), "{other}");
        }
    }
}
