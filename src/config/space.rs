//! Agent Spaces: which accounts and connections belong together.

use std::{collections::BTreeMap, time::Duration};

use crate::model::Place;

use super::Sending;

/// What one Agent Space may see. Without accounts, the AWS credentials at hand are its only account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Space {
    /// Accounts, the primary one first.
    pub accounts: Vec<Account>,
    /// Regions that are read in every account which names none of its own; empty: the one at hand.
    pub regions: Vec<String>,
    /// What this space may use of each connection, by the connection's name.
    pub connections: BTreeMap<String, Association>,
    /// What the standing watch looks at by itself.
    pub watch: Watch,
}

/// What the standing watch looks at by itself, on hosts that nothing can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// CloudWatch alarms of every account and region of the space.
    pub alarms: bool,
    /// How often.
    pub every: Duration,
    /// Names of alarms, `*` for any run of characters, `!` before those that are left alone; empty: all of them.
    pub names: Vec<String>,
    /// ARN or URL of an SQS queue that EventBridge or SNS feeds.
    pub queue: Option<Queue>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            alarms: false,
            every: Duration::from_mins(1),
            names: Vec::new(),
            queue: None,
        }
    }
}

/// A queue, by name and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Account and region.
    pub place: Place,
    /// Its URL, where it is written as such.
    pub url: Option<String>,
    /// Partition of its ARN.
    pub partition: String,
}

impl Queue {
    /// The queue of an ARN or of a URL as AWS writes them; none for anything else.
    pub fn of(word: &str) -> Option<Self> {
        let place = Place::of(word)?;
        let url = word.starts_with("https://").then(|| word.to_owned());
        let name = match &url {
            Some(url) => url.rsplit('/').next()?,
            None => word
                .splitn(6, ':')
                .nth(5)
                .filter(|_| word.split(':').nth(2) == Some("sqs"))?,
        };
        let stem = name.strip_suffix(".fifo").unwrap_or(name);
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if stem.is_empty() || name.len() > 80 || !stem.bytes().all(fine) {
            return None;
        }
        let partition = match (&url, place.region.split('-').next()) {
            (None, _) => word.split(':').nth(1)?.to_owned(),
            (Some(_), Some("cn")) => "aws-cn".to_owned(),
            (Some(_), _) if place.region.starts_with("us-gov-") => "aws-us-gov".to_owned(),
            _ => "aws".to_owned(),
        };
        Some(Self {
            name: name.to_owned(),
            place,
            url,
            partition,
        })
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        let Place { account, region } = &self.place;
        format!("arn:{}:sqs:{region}:{account}:{}", self.partition, self.name)
    }
}

/// An AWS account of a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// The role to assume there. None: the credentials at hand (or `profile`) are of this account themselves.
    pub role: Option<String>,
    /// The external id that the role's trust asks for; not a secret.
    pub external_id: Option<String>,
    /// Profile of the AWS configuration files whose credentials are used, or assume the role.
    pub profile: Option<String>,
    /// Regions that are read; empty: the space's.
    pub regions: Vec<String>,
    /// ARNs or names of the stacks that are discovered; with `tags` empty too: everything.
    pub stacks: Vec<String>,
    /// Tags whose resources are discovered: key and values; no value: any.
    pub tags: BTreeMap<String, Vec<String>>,
}

/// What one space may use of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Association {
    /// Tools that may be called beside those that say they only read. Empty: only the latter.
    pub tools: Vec<String>,
    /// True: only the listed tools, though others say they only read.
    pub only_listed: bool,
    /// Repositories or projects (`acme/orders`); empty: none.
    pub projects: Vec<String>,
    /// Kubernetes namespaces; empty: all that the credentials may read.
    pub namespaces: Vec<String>,
    /// Ids that narrow queries at a telemetry vendor: applications, entities, environments, policies, by kind.
    pub scope: BTreeMap<String, Vec<String>>,
    /// Which AWS resources a project puts in place.
    pub deploys: Vec<Mapping>,
    /// What is sent there.
    pub sending: Sending,
}

/// A project, and a resource that it puts in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Repository or project.
    pub project: String,
    /// ARN of a CloudFormation (or CDK) stack, an ECR repository, or the S3 object that holds a Terraform state.
    pub resource: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_known_by_its_arn_and_by_its_url() {
        let arn = "arn:aws:sqs:eu-west-1:111122223333:events.fifo";
        let queue = Queue::of(arn).unwrap();
        assert_eq!((queue.name.as_str(), queue.arn().as_str()), ("events.fifo", arn));
        let queue = Queue::of("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/events").unwrap();
        assert_eq!(queue.arn(), "arn:aws-cn:sqs:cn-north-1:111122223333:events");
        for other in [
            "events",
            "arn:aws:sns:eu-west-1:111122223333:events",
            "arn:aws:sqs:eu-west-1:111122223333:a b",
            "https://example.org/111122223333/events",
        ] {
            assert_eq!(Queue::of(other), None, "{other}");
        }
    }
}
