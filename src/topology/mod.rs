//! The graph of resources: who acts on whom, how failure travels, and its picture in cells.

mod graph;
mod health;

pub use graph::{Hit, Link, Near, Node, Side, Topology, UNLISTED};
pub use health::{Health, Mark};
