//! Where a resource stands, when a space has more than one account or region.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ResourceId;

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

    /// `account/region`; none unless both look like what they are.
    fn parse(text: &str) -> Option<Self> {
        let (account, region) = text.split_once('/')?;
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let regional = region.contains('-') && region.bytes().all(fine);
        (digits && regional).then(|| Self::new(account, region))
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

    /// The id with its place.
    pub fn at(&self, place: &Place) -> Self {
        Self(format!("{}@{place}", self.0))
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
        assert_eq!(id.at(&place).split(), (id.clone(), Some(place)));
        assert_eq!(id.split(), (id.clone(), None));
        for other in ["a@b", "user@example.org", "x@111122223333/", "x@1111/eu-west-1"] {
            let other = ResourceId::from(other);
            assert_eq!(other.split(), (other.clone(), None));
        }
    }
}
