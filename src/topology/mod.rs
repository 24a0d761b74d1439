//! The graph of resources: who acts on whom, how failure travels, and its picture in cells.
//!
//! ```text
//! Resource, Relation -> Topology -> Scene (a view, collapsed to what can be read) -> layout -> Picture (cells)
//! ```

mod boxes;
mod collapse;
mod diagram;
mod export;
mod extent;
mod glyphs;
mod graph;
mod health;
mod layout;
mod paint;
mod picture;
mod reach;
mod scene;
mod travel;
mod tree;
pub mod words;

pub use boxes::Detail;
pub use diagram::{Diagram, Options};
pub use export::{dot, json, mermaid, text};
pub use extent::Extent;
pub use graph::{Link, Node, Topology, UNLISTED};
pub use health::{Health, Mark};
pub use layout::Rect;
pub use picture::{Cell, Look, Picture, Place, Role, Shape, Step, WIDE};
pub use reach::{Reach, Toll, way};
pub use scene::{Kind, View};
pub use travel::{Hit, Near, Side};
