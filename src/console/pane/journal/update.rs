//! Keys of the journal pane, and its rows made again when something changed.

use super::{Basis, JournalPane, Row, head::head, notes};
use crate::console::{
    action::Action,
    effects::Effect,
    layout::Pane,
    overlay::{Overlay, evidence::EvidenceView, palette::Palette},
    rich::Rich,
    state::State,
    theme::Role,
    words,
};

/// Cells before the text: time, margin word.
pub const MARGIN: usize = 23;

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let height = notes_height(state);
    let pane = &mut state.journal;
    let last = pane.notes.len().saturating_sub(1);
    let at = pane.index().unwrap_or(last);
    match action {
        Action::Up => go(pane, at.saturating_sub(1)),
        Action::Down => go(pane, (at + 1).min(last)),
        Action::PageUp => {
            let row = first_row(pane, at).saturating_sub(height.max(2) - 1);
            let note = pane.rows.get(row).map_or(0, |row| row.note);
            go(pane, note.min(at.saturating_sub(1)));
        }
        Action::PageDown => {
            let row = (first_row(pane, at) + height.max(2) - 1).min(pane.rows.len().saturating_sub(1));
            let note = pane.rows.get(row).map_or(last, |row| row.note);
            go(pane, note.max(at + 1).min(last));
        }
        Action::Top => go(pane, 0),
        Action::Bottom => {
            go(pane, last);
            pane.follow = true;
        }
        Action::Follow => pane.follow = !pane.follow,
        Action::Unfold => pane.all = !pane.all,
        Action::NextMatch => go(pane, if at == last { 0 } else { at + 1 }),
        Action::PreviousMatch => go(pane, if at == 0 { last } else { at - 1 }),
        Action::Filter => pane.filter.editing = true,
        Action::GoTo => {
            let palette = Palette::records(state);
            state.overlays.push(Overlay::Palette(palette));
        }
        Action::Open => return Some(open(state)),
        Action::Copy => {
            let words = pane.note().map(notes::Note::plain)?;
            return Some(vec![Effect::Copy(words)]);
        }
        Action::Back if pane.filter.is_on() => pane.filter.clear(),
        _ => return None,
    }
    Some(Vec::new())
}

/// Selects the note that tells a record, and shows the pane.
pub fn jump(state: &mut State, seq: u64) {
    state.focus = Pane::Journal;
    let known = state.journal.notes.iter().any(|note| note.tells(seq));
    if !known {
        // What is folded away is shown with everything.
        state.journal.all = true;
        state.journal.filter.clear();
    }
    state.journal.follow = false;
    state.journal.selected = seq;
}

fn open(state: &mut State) -> Vec<Effect> {
    let Some(note) = state.journal.note() else {
        return Vec::new();
    };
    if note.label == "plan" && note.opens.is_empty() {
        return crate::console::update::perform(state, Action::Mitigation);
    }
    let opens = note.opens.clone();
    let seq = note.seq;
    let items = if opens.is_empty() { vec![seq] } else { opens };
    EvidenceView::open(state, items)
}

fn go(pane: &mut JournalPane, note: usize) {
    if let Some(note) = pane.notes.get(note) {
        pane.selected = note.seq;
    }
    pane.follow = note + 1 >= pane.notes.len() && pane.follow;
}

fn first_row(pane: &JournalPane, note: usize) -> usize {
    pane.rows.partition_point(|row| row.note < note)
}

/// Rows for notes, under the head.
fn notes_height(state: &State) -> usize {
    let inside = state.layout().inside(Pane::Journal);
    usize::from(inside.height).saturating_sub(head_height(&state.journal, usize::from(inside.height)))
}

/// Rows of the head with its rule; none where the notes would have no room.
pub fn head_height(pane: &JournalPane, height: usize) -> usize {
    if pane.head.is_empty() || height < pane.head.len() + 4 {
        return 0;
    }
    pane.head.len() + 1
}

/// Makes notes and rows again where something changed, and keeps the selection in view.
pub fn settle(state: &mut State) {
    let inside = state.layout().inside(Pane::Journal);
    let Some(stream) = state.selected.clone() else {
        state.journal.notes.clear();
        state.journal.rows.clear();
        state.journal.head.clear();
        return;
    };
    let Some(inv) = state.investigations.get(&stream) else {
        return;
    };
    let basis = Basis {
        stream,
        seq: inv.seq,
        width: inside.width,
        all: state.journal.all,
        needle: state.journal.filter.needle(),
        ascii: state.glyphs.ascii,
        names: state.names.version(),
    };
    let pane = &mut state.journal;
    let width = usize::from(inside.width).saturating_sub(2);
    if pane.made_from.as_ref() != Some(&basis) && inside.width > 0 {
        let mut notes = notes::notes(inv, basis.all, &state.names, &state.glyphs);
        pane.total = notes.len();
        if !basis.needle.is_empty() {
            notes.retain(|note| pane.filter.keeps(&note.plain()));
        }
        pane.rows = rows(&notes, width);
        pane.notes = notes;
        pane.head = head(inv, width, &state.names, &state.glyphs);
        pane.made_from = Some(basis);
    }
    if pane.follow || pane.index().is_none() {
        pane.selected = pane.notes.last().map_or(0, |note| note.seq);
    }
    let height = usize::from(inside.height).saturating_sub(head_height(pane, usize::from(inside.height)));
    scroll(pane, height);
}

/// Keeps the selected note in view. While following, the pane fills and then jumps half a page, because every scrolled
/// row costs a repaint of the whole pane.
fn scroll(pane: &mut JournalPane, height: usize) {
    let total = pane.rows.len();
    let Some(at) = pane.index().filter(|_| height > 0) else {
        pane.top = 0;
        return;
    };
    let first = first_row(pane, at);
    let end = pane.rows.partition_point(|row| row.note <= at);
    let running = pane.follow;
    if first < pane.top {
        pane.top = first;
    } else if end > pane.top + height {
        pane.top = if running && end - first < height / 2 {
            end.saturating_sub(height - height / 2)
        } else {
            end.saturating_sub(height).min(first)
        };
    }
    pane.top = pane.top.min(total.saturating_sub(1));
    if !running {
        pane.top = pane.top.min(total.saturating_sub(height));
    }
    if total <= height {
        pane.top = 0;
    }
}

fn rows(notes: &[notes::Note], width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before = String::new();
    let narrow = width < 56;
    let margin = if narrow { MARGIN - 9 } else { MARGIN };
    for (index, note) in notes.iter().enumerate() {
        let second = words::second(note.at);
        let time = if second == before {
            " ".repeat(8)
        } else {
            second.clone()
        };
        before = second;
        let badge = matches!(note.role, Role::BadgeCause | Role::BadgeClear | Role::BadgeUnsure);
        let label = if badge {
            format!(" {} ", note.label)
        } else {
            note.label.clone()
        };
        let mut lead = if narrow {
            Rich::new()
        } else {
            Rich::of(Role::Faint, time).add(Role::Text, " ")
        };
        if !badge && !narrow {
            lead = lead.add(Role::Text, " ");
        }
        let lead = lead.add(note.role, label).pad(margin);
        let lead = match note.number {
            Some(number) => lead.add(Role::Number, format!("#{number}")).pad(margin + 4),
            None => lead,
        };
        let indent = lead.width();
        let mut first = true;
        for line in &note.lines {
            let whole = if first {
                lead.clone().join(line.clone())
            } else {
                Rich::of(Role::Text, " ".repeat(indent)).join(line.clone())
            };
            for line in whole.wrap(width, indent) {
                rows.push(Row {
                    note: index,
                    first,
                    line,
                });
                first = false;
            }
        }
        if first {
            rows.push(Row {
                note: index,
                first,
                line: lead,
            });
        }
    }
    rows
}
