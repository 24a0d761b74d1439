//! The keys of a pattern, and what each takes.

use super::super::{Ask, Fact, Place};
use crate::model::{Category, Direction, RecommendationCategory};

/// One key of a table.
pub(super) struct Key {
    pub name: &'static str,
    pub sort: Sort,
    /// True when the table is nothing without it.
    pub needed: bool,
}

/// What a key takes.
pub(super) enum Sort {
    /// Words for a person.
    Text,
    /// Words for a person, with words to be filled in.
    Template,
    /// A regular expression.
    Expression,
    /// A number between two others.
    Number(f64, f64),
    /// A whole number from one up.
    Count,
    /// True or false.
    Flag,
    /// Names.
    Names,
    /// Resource types, at least one.
    Types,
    /// The words of a command; true when it may only read.
    Command(bool),
    /// One of these words.
    Choice(fn() -> Vec<&'static str>),
    /// A table.
    Table(&'static [Key]),
    /// Any number of tables; at least one when the key is needed.
    Tables(&'static [Key]),
}

impl Sort {
    /// How such a value is written.
    pub fn example(&self) -> String {
        match self {
            Self::Text | Self::Template => "\"words\"".to_owned(),
            Self::Expression => "'a regular expression'".to_owned(),
            Self::Number(least, most) if most.is_finite() => format!("a number from {least} to {most}"),
            Self::Number(..) => "a number".to_owned(),
            Self::Count => "a whole number from 1 up".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Names => "[\"name\", ...]".to_owned(),
            Self::Types => "[\"AWS::Service::Type\", ...]".to_owned(),
            Self::Command(_) => {
                "[\"aws\", \"service\", \"operation\", \"--option\", ...], a word each".to_owned()
            }
            Self::Choice(words) => format!("one of: {}", words().join(", ")),
            Self::Table(_) => "a table".to_owned(),
            Self::Tables(_) => "a list of tables".to_owned(),
        }
    }
}

const fn needed(name: &'static str, sort: Sort) -> Key {
    Key {
        name,
        sort,
        needed: true,
    }
}

const fn may(name: &'static str, sort: Sort) -> Key {
    Key {
        name,
        sort,
        needed: false,
    }
}

const ANY: f64 = f64::INFINITY;

/// A pattern.
pub(super) const PATTERN: &[Key] = &[
    needed("id", Sort::Text),
    needed("title", Sort::Text),
    needed("category", Sort::Choice(categories)),
    needed("types", Sort::Types),
    needed("when", Sort::Tables(CONDITION)),
    may("requires", Sort::Tables(CONDITION)),
    needed("supports", Sort::Tables(CONDITION)),
    may("refutes", Sort::Tables(CONDITION)),
    may("look", Sort::Tables(LOOK)),
    may("limit", Sort::Tables(LIMIT)),
    needed("statement", Sort::Template),
    may("mitigation", Sort::Table(MITIGATION)),
    may("prevention", Sort::Tables(PREVENTION)),
];

/// A condition. Which keys suit which fact stands in `fit`.
const CONDITION: &[Key] = &[
    needed("fact", Sort::Choice(facts)),
    may("on", Sort::Choice(places)),
    may("of", Sort::Types),
    may("resources", Sort::Count),
    may("metric", Sort::Names),
    may("at_least", Sort::Number(-ANY, ANY)),
    may("at_most", Sort::Number(-ANY, ANY)),
    may("direction", Sort::Choice(directions)),
    may("matches", Sort::Expression),
    may("path", Sort::Expression),
    may("named", Sort::Flag),
    may("strength", Sort::Number(0.0, 1.0)),
    may("weight", Sort::Number(0.0, 1.0)),
    may("before_symptom", Sort::Flag),
    needed("says", Sort::Text),
];

const LOOK: &[Key] = &[needed("ask", Sort::Choice(asks)), may("on", Sort::Choice(places))];

const LIMIT: &[Key] = &[
    needed("metric", Sort::Text),
    needed("stat", Sort::Text),
    may("path", Sort::Text),
    may("value", Sort::Number(-ANY, ANY)),
    may("scale", Sort::Number(-ANY, ANY)),
    may("per_second", Sort::Flag),
];

const MITIGATION: &[Key] = &[
    may("prepare", Sort::Tables(READS)),
    may("pre_validate", Sort::Tables(READS)),
    may("apply", Sort::Tables(WRITES)),
    may("post_validate", Sort::Tables(READS)),
    may("rollback", Sort::Tables(WRITES)),
];

/// A step that must not change anything.
const READS: &[Key] = &[
    needed("text", Sort::Template),
    may("command", Sort::Command(true)),
    may("types", Sort::Types),
];

/// A step that changes something.
const WRITES: &[Key] = &[
    needed("text", Sort::Template),
    may("command", Sort::Command(false)),
    may("types", Sort::Types),
];

const PREVENTION: &[Key] = &[
    needed("category", Sort::Choice(preventions)),
    needed("title", Sort::Template),
    needed("detail", Sort::Template),
];

fn categories() -> Vec<&'static str> {
    [
        Category::SystemChange,
        Category::InputAnomaly,
        Category::ResourceLimit,
        Category::ComponentFailure,
        Category::DependencyIssue,
    ]
    .map(Category::as_str)
    .to_vec()
}

fn facts() -> Vec<&'static str> {
    Fact::ALL.map(Fact::as_str).to_vec()
}

fn places() -> Vec<&'static str> {
    Place::ALL.map(Place::as_str).to_vec()
}

fn asks() -> Vec<&'static str> {
    Ask::ALL.map(Ask::as_str).to_vec()
}

fn directions() -> Vec<&'static str> {
    let word = |direction| match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    [Direction::Up, Direction::Down].map(word).to_vec()
}

fn preventions() -> Vec<&'static str> {
    let word = |category| match category {
        RecommendationCategory::CodeOptimization => "code_optimization",
        RecommendationCategory::Observability => "observability",
        RecommendationCategory::Infrastructure => "infrastructure",
        RecommendationCategory::Governance => "governance",
    };
    RecommendationCategory::ALL.map(word).to_vec()
}

#[cfg(test)]
mod tests {
    use serde::de::{DeserializeOwned, IntoDeserializer, value::Error};

    use super::*;

    fn reads<T: DeserializeOwned>(words: &[&'static str]) {
        for word in words {
            let read: Result<T, Error> = T::deserialize((*word).into_deserializer());
            assert!(read.is_ok(), "{word}");
        }
    }

    #[test]
    fn every_word_that_is_offered_is_read() {
        reads::<Category>(&categories());
        reads::<Fact>(&facts());
        reads::<Place>(&places());
        reads::<Ask>(&asks());
        reads::<Direction>(&directions());
        reads::<RecommendationCategory>(&preventions());
    }
}
