//! The investigations pane: what was opened, how it stands, how it ended.
//!
//! - [`standing`]: how one stands, which is also the group that it is listed under.
//! - [`wanted`]: what is looked for; [`order`]: in which order; [`list`]: the rows that come of both, pure.
//! - [`update`]: keys, and the list made again when something changed; [`draw`]: cells.

pub mod draw;
pub mod list;
pub mod order;
pub mod standing;
pub mod update;
pub mod wanted;

use std::collections::BTreeMap;

use self::{
    list::{Basis, Look, Row},
    order::Sort,
};
use crate::{console::filter::Filter, journal::StreamId};

/// What the pane remembers.
#[derive(Debug, Clone)]
pub struct InvestigationsPane {
    /// First row that is shown.
    pub top: usize,
    /// What is looked for.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Under headings, by how they stand.
    pub grouped: bool,
    /// What is listed, as of the last update.
    pub items: Vec<StreamId>,
    /// The items with their headings.
    pub rows: Vec<Row>,
    /// Those that were looked at more than once.
    pub looks: BTreeMap<StreamId, Look>,
    /// What all this was made from; made again when it changes.
    pub made_from: Option<Basis>,
}

impl Default for InvestigationsPane {
    fn default() -> Self {
        Self {
            top: 0,
            filter: Filter::of(wanted::PLACEHOLDER),
            sort: Sort::default(),
            grouped: false,
            items: Vec::new(),
            rows: Vec::new(),
            looks: BTreeMap::new(),
            made_from: None,
        }
    }
}
