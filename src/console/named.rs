//! The names of enums in files: what serde calls them, so that a new variant has its name at once and in one place.

use std::fmt;

use serde::{
    Deserialize,
    de::{
        self,
        value::{Error as Other, StrDeserializer},
    },
};

/// The value that a word names.
pub fn named<'de, T: Deserialize<'de>>(word: &'de str) -> Option<T> {
    T::deserialize(StrDeserializer::<Other>::new(word)).ok()
}

/// Every name that `T` has, in the order of its variants.
pub fn names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    // No variant is called so, and what serde answers then lists those that there are.
    match T::deserialize(StrDeserializer::<Expected>::new("?")) {
        Ok(_) => &[],
        Err(Expected(names)) => names,
    }
}

/// Every value of `T`.
pub fn all<T: Deserialize<'static>>() -> impl Iterator<Item = T> {
    names::<T>().iter().copied().filter_map(named)
}

/// The name of a value.
pub fn name_of<T: Deserialize<'static> + PartialEq>(value: &T) -> &'static str {
    let names = names::<T>().iter().copied();
    names
        .into_iter()
        .find(|name| named::<T>(name).as_ref() == Some(value))
        .unwrap_or_default()
}

/// What serde says of a word that names nothing: the words that would.
#[derive(Debug)]
struct Expected(&'static [&'static str]);

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.join(", "))
    }
}

impl std::error::Error for Expected {}

impl de::Error for Expected {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}
