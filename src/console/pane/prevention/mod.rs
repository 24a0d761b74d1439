//! The prevention pane: what would keep incidents from coming back, to be accepted or rejected.
//!
//! - [`summary`]: where it stands, in two sentences, pure.
//! - [`update`]: keys, decisions, and the list made again; [`draw`]: cells.

pub mod draw;
pub mod summary;
pub mod update;

pub use self::update::{act, decide};

use crate::{console::filter::Filter, model::RecommendationCategory};

/// What the pane remembers.
#[derive(Debug, Clone)]
pub struct PreventionPane {
    /// Id of the selected recommendation.
    pub selected: String,
    /// First item that is shown.
    pub top: usize,
    /// What is looked for.
    pub filter: Filter,
    /// Only this category; none: all of them.
    pub category: Option<RecommendationCategory>,
    /// Ids in the order of the list, as of the last update.
    pub items: Vec<String>,
    /// What stands above the list, as of the last update.
    pub head: draw::Head,
}

impl Default for PreventionPane {
    fn default() -> Self {
        Self {
            selected: String::new(),
            top: 0,
            filter: Filter::of("words of title, category or state: proposed"),
            category: None,
            items: Vec::new(),
            head: draw::Head::default(),
        }
    }
}

impl PreventionPane {
    /// Place of the selected one.
    pub fn index(&self) -> Option<usize> {
        self.items.iter().position(|id| *id == self.selected)
    }
}
