//! Where what was found goes: people and systems that are not at the console.

pub mod support;
