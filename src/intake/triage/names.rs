//! What resources are called, and when two words mean one thing.
//!
//! One sender writes an ARN, another the id that midwatch has (`db:orders-db`), a third the name alone (`orders-db`). A table, a
//! queue and a function often share one name, so a name alone means any of them, and two kinds of thing are never one.

use std::collections::BTreeSet;

use crate::{
    model::{Resource, ResourceId},
    sources::aws::naming,
};

/// The shortest name that means something by itself: `db` and `api` are everybody's.
const TELLING: usize = 4;

/// Names that are everybody's too: of stages, and of no thing in particular.
const EVERYBODYS: [&str; 16] = [
    "alarm",
    "cluster",
    "database",
    "default",
    "function",
    "instance",
    "latest",
    "live",
    "main",
    "prod",
    "production",
    "queue",
    "server",
    "service",
    "staging",
    "test",
];

/// What a few resources are called. All words are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Things of which the kind is known, a word each.
    things: BTreeSet<String>,
    /// What those are called without their kind.
    called: BTreeSet<String>,
    /// Names that came without a kind.
    bare: BTreeSet<String>,
}

impl Names {
    /// Of these words.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for word in words {
            names.add(word);
        }
        names
    }

    /// Of a resource in the topology.
    pub fn of_resource(resource: &Resource) -> Self {
        let arn = resource.arn.iter().map(String::as_str);
        let mut names = Self::of(
            [resource.id.as_str(), resource.name.as_str()]
                .into_iter()
                .chain(arn),
        );
        if resource.kind.starts_with("AWS::") {
            let name = naming::name_of(resource).to_lowercase();
            names.things.insert(thing(&resource.kind, "", &name));
        }
        names
    }

    fn add(&mut self, word: &str) {
        let Some(read) = Read::of(word) else { return };
        let telling = read.names.into_iter().filter(|name| is_telling(name));
        match read.thing {
            Some(thing) => {
                self.things.insert(thing);
                self.called.extend(telling);
            }
            None => self.bare.extend(telling),
        }
    }

    /// Takes the names of another list too, so many of each sort at most.
    pub fn join(&mut self, other: &Self, most: usize) {
        let some = |to: &mut BTreeSet<String>, from: &BTreeSet<String>| {
            let room = most.saturating_sub(to.len());
            to.extend(from.iter().take(room).cloned());
        };
        some(&mut self.things, &other.things);
        some(&mut self.called, &other.called);
        some(&mut self.bare, &other.bare);
    }

    /// A word for something that both mean.
    pub fn shared<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let both = |one: &'a BTreeSet<String>, other: &'a BTreeSet<String>| one.intersection(other).next();
        both(&self.things, &other.things)
            .or_else(|| both(&self.bare, &other.bare))
            .or_else(|| both(&self.bare, &other.called))
            .or_else(|| both(&self.called, &other.bare))
            .map(String::as_str)
    }

    /// All words that may stand for one thing: those of things, and names that came without a kind.
    pub fn meant(&self) -> impl Iterator<Item = &str> {
        self.things.iter().chain(&self.bare).map(String::as_str)
    }

    /// All words there are.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.meant().chain(self.called.iter().map(String::as_str))
    }
}

/// Every spelling of a resource by which an operator may name it, in lower case: as it came, as midwatch calls it, and its name
/// alone.
pub fn spellings(word: &str) -> Vec<String> {
    let mut all = vec![word.trim().to_lowercase()];
    if let Some(read) = Read::of(word) {
        all.extend(read.thing);
        all.extend(read.names);
    }
    all
}

/// What a word says.
struct Read {
    /// The thing, where the word says of what kind it is.
    thing: Option<String>,
    /// Its name without the kind, whole and by its last part.
    names: Vec<String>,
}

impl Read {
    fn of(word: &str) -> Option<Self> {
        let id = ResourceId::from(word.trim());
        let word = id.bare();
        if word.is_empty() {
            return None;
        }
        if word.starts_with("arn:") || word.starts_with("https://sqs.") {
            return Some(
                naming::from_word(whole(word))
                    .map_or_else(|| Self::of_unlisted(word), |found| Self::of_listed(&found)),
            );
        }
        let word = word.to_lowercase();
        Some(
            match word.split_once(':').filter(|(kind, name)| is_kind(kind, name)) {
                Some((_, name)) => Self {
                    names: parts(name),
                    thing: Some(word.clone()),
                },
                None => Self {
                    thing: None,
                    names: vec![word],
                },
            },
        )
    }

    fn of_listed(found: &Resource) -> Self {
        let name = naming::name_of(found).to_lowercase();
        let id = found.id.as_str().to_lowercase();
        let prefix = id.strip_suffix(name.as_str()).unwrap_or_default().to_owned();
        // What is only a part of the thing, or a state of it, is not in its name: a stage, a stream of a log, a consumer.
        let own = match found.kind.as_str() {
            "AWS::Logs::LogGroup" => name.split(':').next(),
            "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" | "AWS::Kinesis::Stream" => {
                name.split('/').next()
            }
            _ => None,
        };
        let name = own.unwrap_or(&name);
        Self {
            thing: Some(thing(&found.kind, &prefix, name)),
            names: parts(name),
        }
    }

    /// Of a kind that has no row in the table of names: the ARN without its revision.
    fn of_unlisted(arn: &str) -> Self {
        let arn = arn.to_lowercase();
        let kept = match arn.rsplit_once(':') {
            Some((whole, last)) if is_number(last) && whole.split(':').count() > 5 => whole,
            _ => &arn,
        };
        let own = kept.splitn(6, ':').nth(5).unwrap_or_default();
        Self {
            names: own
                .rsplit([':', '/'])
                .next()
                .map(str::to_owned)
                .into_iter()
                .collect(),
            thing: Some(kept.to_owned()),
        }
    }
}

/// The thing that an ARN is part of: the bucket of a key, the table of an index.
fn whole(arn: &str) -> &str {
    let mut slashes = arn.match_indices('/').map(|(at, _)| at);
    let end = if arn.contains(":s3:::") {
        slashes.next()
    } else if arn.contains(":dynamodb:") {
        slashes.nth(1)
    } else {
        None
    };
    end.map_or(arn, |end| &arn[..end])
}

/// A word for a thing of a known kind: the id that midwatch has for it, and where that is the name alone, with its kind.
fn thing(kind: &str, prefix: &str, name: &str) -> String {
    if !prefix.is_empty() {
        return format!("{prefix}{name}");
    }
    let kind = kind.rsplit("::").next().unwrap_or(kind).to_lowercase();
    format!("{kind}:{name}")
}

/// A name, and the part of it by which people know it: the service without its cluster, the load balancer without its sort and
/// number.
fn parts(name: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    let steps: Vec<&str> = name.split('/').collect();
    match steps[..] {
        ["app" | "net" | "gwy", balancer, _] => names.push(balancer.to_owned()),
        [.., last] if steps.len() > 1 => names.push(last.to_owned()),
        _ => {}
    }
    names
}

/// `db` of `db:orders-db`; not a host before its port, nor what stands before a path.
fn is_kind(kind: &str, name: &str) -> bool {
    let word = kind
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    word && kind.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.is_empty()
        && !name.starts_with("//")
        && !is_number(name)
}

fn is_telling(name: &str) -> bool {
    name.chars().count() >= TELLING && !is_number(name) && !EVERYBODYS.contains(&name)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let (one, other) = (Names::of([one]), Names::of([other]));
        assert_eq!(one.shared(&other).is_some(), other.shared(&one).is_some());
        one.shared(&other).is_some()
    }

    #[test]
    fn one_thing_has_many_spellings() {
        let arn = |rest: &str| format!("arn:aws:{rest}");
        for (one, other) in [
            ("db:orders-db", arn("rds:eu-west-1:111122223333:db:orders-db")),
            ("Orders-DB", arn("rds:eu-west-1:111122223333:db:orders-db")),
            ("orders-db", "db:orders-db".to_owned()),
            ("db:orders-db@111122223333/eu-west-1", "db:orders-db".to_owned()),
            (
                "orders",
                arn("lambda:eu-west-1:111122223333:function:orders:prod"),
            ),
            (
                &arn("lambda:eu-west-1:111122223333:function:orders"),
                arn("lambda:eu-west-1:111122223333:function:orders:7"),
            ),
            (
                &arn("ecs:eu-west-1:111122223333:task-definition/basket:7"),
                arn("ecs:eu-west-1:111122223333:task-definition/basket:1234"),
            ),
            (
                &arn("apigateway:eu-west-1::/restapis/a1b2c3/stages/prod"),
                "api:a1b2c3".to_owned(),
            ),
            (
                "table:orders",
                arn("dynamodb:eu-west-1:111122223333:table/orders/index/by-date"),
            ),
            ("bucket:receipts", arn("s3:::receipts/2026/11.json")),
            (
                "queue:mail-out",
                "https://sqs.eu-west-1.amazonaws.com/111122223333/mail-out".to_owned(),
            ),
            ("basket", "service:shop/basket".to_owned()),
            ("front", "lb:app/front/50dc6c495c0c9188".to_owned()),
        ] {
            assert!(same(one, &other), "{one} {other}");
        }
    }

    #[test]
    fn different_things_are_not_one() {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:orders:prod";
        let other = "arn:aws:lambda:eu-west-1:111122223333:function:ledger:prod";
        for (one, another) in [
            (function, other),
            (function, "prod"),
            (
                "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod",
                "arn:aws:apigateway:eu-west-1::/restapis/d4e5f6/stages/prod",
            ),
            (
                "arn:aws:ecs:eu-west-1:111122223333:task-definition/basket:1234",
                "arn:aws:ecs:eu-west-1:111122223333:task-definition/ledger:1234",
            ),
            (
                "arn:aws:ecs:eu-west-1:111122223333:task-definition/basket:1234",
                "1234",
            ),
            // Everybody has one.
            ("db", "db"),
            ("db", "arn:aws:rds:eu-west-1:111122223333:db:db"),
            ("default", "default"),
            // Of one name, and of different kinds.
            ("table:orders", "queue:orders"),
            (function, "table:orders"),
            ("10.0.0.1:9100", "10.0.0.2:9100"),
            ("host-a:9100", "host-b:9100"),
            ("", ""),
        ] {
            assert!(!same(one, another), "{one} {another}");
        }
        assert!(same("db:db", "arn:aws:rds:eu-west-1:111122223333:db:db"));
    }
}
