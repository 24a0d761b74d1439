//! A page as plain text: for the clipboard, and whole for a pager or an editor.

use super::{
    EvidenceView,
    page::{Ask, Block, Panel},
    record,
};
use crate::console::{rich::Rich, state::State, theme::Role};

/// The page as text; `whole`: with everything that the screen leaves out.
pub fn page(view: &EvidenceView, state: &State, whole: bool) -> String {
    let Some(inv) = state.investigation() else {
        return String::new();
    };
    let ask = Ask {
        whole,
        ..view.ask(state, inv)
    };
    let page = record::page(&ask, view.item());
    let mut out = String::new();
    let mut take = |line: &Rich| {
        out.push_str(line.plain().trim_end());
        out.push('\n');
    };
    page.head.iter().for_each(&mut take);
    for block in &page.blocks {
        if let Block::Lines(lines) = block {
            take(&Rich::new());
            for line in lines {
                take(&line.words);
            }
        }
    }
    // Words before numbers: what a picture shows is a long table.
    for block in &page.blocks {
        if let Block::Picture(picture) = block {
            for panel in &picture.panels {
                take(&Rich::new());
                rows(panel).iter().for_each(&mut take);
            }
        }
    }
    out
}

/// A series as rows of moment and value.
fn rows(panel: &Panel) -> Vec<Rich> {
    let mut rows = vec![Rich::of(Role::Text, panel.label.clone())];
    rows.extend(panel.points.iter().map(|(at, value)| {
        let at = jiff::Timestamp::from_second(*at).map_or_else(|_| at.to_string(), |at| at.to_string());
        Rich::of(Role::Text, format!("{at}\t{value}"))
    }));
    rows
}
