//! Keys of the journal pane, and its rows made again where something changed.

use super::{
    Basis, JournalPane,
    head::head,
    ledger::What,
    note::{Note, Writer},
    view::{Top, View},
};
use crate::{
    console::{
        action::Action,
        effects::Effect,
        layout::Pane,
        overlay::{Overlay, evidence::EvidenceView, palette::Palette},
        reading,
        state::State,
    },
    journal::{Body, views::Investigation},
    model::Verdict,
};

/// Ways back that are remembered.
const BACK: usize = 50;

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let pane = &mut state.journal;
    let last = pane.list.len().saturating_sub(1);
    let at = pane.index().unwrap_or(last);
    match action {
        Action::Up => go(pane, at.saturating_sub(1)),
        Action::Down => go(pane, (at + 1).min(last)),
        Action::PageUp | Action::PageDown => {
            let to = with_view(state, |view| view.paged(at, action == Action::PageDown));
            go(&mut state.journal, to.unwrap_or(at));
        }
        Action::Top => go(pane, 0),
        Action::Bottom => {
            go(pane, last);
            pane.follow = true;
        }
        Action::Follow => pane.follow = !pane.follow,
        Action::Ages => pane.ages = !pane.ages,
        Action::Unfold => {
            pane.all = !pane.all;
            pane.otherwise.clear();
        }
        Action::Left | Action::Right => fold(pane, action == Action::Right),
        Action::NextMatch => go(pane, if at == last { 0 } else { at + 1 }),
        Action::PreviousMatch => go(pane, if at == 0 { last } else { at - 1 }),
        Action::Filter => pane.filter.editing = true,
        Action::GoTo => {
            let palette = Palette::records(state);
            state.overlays.push(Overlay::Palette(palette));
        }
        Action::Open => return Some(open(state)),
        Action::Copy => return Some(vec![Effect::Copy(selected_note(state)?.plain())]),
        Action::Back if pane.filter.is_on() => {
            pane.filter.clear();
            // What was found stays selected among everything.
            pane.follow = false;
        }
        Action::Back if !pane.back.is_empty() => {
            pane.follow = false;
            pane.selected = pane.back.pop().unwrap_or_default();
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// Selects the item that tells a record, and shows the pane. Esc leads back.
pub fn jump(state: &mut State, seq: u64) {
    state.focus = Pane::Journal;
    let pane = &mut state.journal;
    if pane.back.len() < BACK && pane.back.last() != Some(&pane.selected) {
        pane.back.push(pane.selected);
    }
    pane.wanted = Some(seq);
    pane.follow = false;
}

/// The selected note.
pub fn selected_note(state: &State) -> Option<Note> {
    let pane = &state.journal;
    let writer = writer(state)?;
    let item = pane.ledger.items.get(pane.selected)?;
    Some(writer.note(item, pane.is_open(item.stage)))
}

/// Notes of what matters, up to a number.
pub fn telling_notes(state: &State, most: usize) -> Vec<Note> {
    let Some(writer) = writer(state) else {
        return Vec::new();
    };
    let items = writer.ledger.items.iter();
    let telling = items.filter(|item| item.telling && item.what != What::Stage);
    telling.take(most).map(|item| writer.note(item, false)).collect()
}

/// What the notes of the selected investigation are made with.
pub fn writer(state: &State) -> Option<Writer<'_>> {
    Some(Writer {
        inv: state.investigation()?,
        ledger: &state.journal.ledger,
        names: &state.names,
        glyphs: &state.glyphs,
        keymap: &state.keymap,
    })
}

fn open(state: &mut State) -> Vec<Effect> {
    let item = state.journal.ledger.items.get(state.journal.selected).copied();
    if item.is_some_and(|item| item.what == What::Stage) {
        let pane = &mut state.journal;
        let unfolded = item.is_some_and(|item| pane.is_open(item.stage));
        fold(pane, !unfolded);
        return Vec::new();
    }
    let body = item.and_then(|item| state.investigation()?.entry(item.seq)?.body.clone());
    if matches!(body, Some(Body::MitigationPlan(_))) {
        return crate::console::update::perform(state, Action::Mitigation);
    }
    let Some(note) = selected_note(state) else {
        return Vec::new();
    };
    let items = if note.opens.is_empty() {
        vec![note.seq]
    } else {
        note.opens
    };
    EvidenceView::open(state, items);
    Vec::new()
}

/// Unfolds or folds the stage of the selected item.
fn fold(pane: &mut JournalPane, unfold: bool) {
    let Some(item) = pane.ledger.items.get(pane.selected).copied() else {
        return;
    };
    if pane.is_open(item.stage) == unfold {
        return;
    }
    if !pane.otherwise.remove(&item.stage) {
        pane.otherwise.insert(item.stage);
    }
    pane.follow = false;
    if !unfold && !item.telling {
        // The item goes away with its stage: its head is what is left of it.
        let head = pane
            .ledger
            .items
            .iter()
            .position(|other| other.stage == item.stage && other.telling);
        pane.selected = head.unwrap_or(pane.selected);
    }
}

fn go(pane: &mut JournalPane, at: usize) {
    if let Some(place) = pane.list.get(at) {
        pane.selected = *place;
    }
    pane.follow = at + 1 >= pane.list.len() && pane.follow;
}

/// Rows of the head with its rule; none where the notes would have no room.
pub fn head_height(pane: &JournalPane, height: usize) -> usize {
    if pane.head.is_empty() || height < pane.head.len() + 4 {
        return 0;
    }
    pane.head.len() + 1
}

/// Works with a view of the list as it stands.
fn with_view<T>(state: &State, work: impl FnOnce(&mut View<'_>) -> T) -> Option<T> {
    let inside = state.layout().inside(Pane::Journal);
    let pane = &state.journal;
    let height = usize::from(inside.height);
    let writer = writer(state)?;
    let open = |stage: usize| pane.is_open(stage);
    let size = (
        usize::from(inside.width).saturating_sub(2),
        height.saturating_sub(head_height(pane, height)),
    );
    let ages = pane.ages.then_some(state.now);
    let mut view = View::new(writer, &pane.list, &open, size, ages);
    Some(work(&mut view))
}

/// Makes list, head and rows again where something changed, and keeps the selection in view.
pub fn settle(state: &mut State) {
    let inside = state.layout().inside(Pane::Journal);
    let Some(stream) = state.selected.clone() else {
        state.journal.reset();
        return;
    };
    let Some(inv) = state.investigations.get(&stream) else {
        state.journal.rows.clear();
        return;
    };
    if inside.width == 0 {
        return;
    }
    let pane = &mut state.journal;
    let basis = Basis {
        stream,
        seq: inv.seq,
        width: inside.width,
        all: pane.all,
        otherwise: pane.otherwise.clone(),
        names: state.names.len(),
        ascii: state.glyphs.ascii,
    };
    if pane.made_from.as_ref() != Some(&basis) {
        pane.ledger.grow(inv);
        let width = usize::from(inside.width).saturating_sub(2);
        let writer = Writer {
            inv,
            ledger: &pane.ledger,
            names: &state.names,
            glyphs: &state.glyphs,
            keymap: &state.keymap,
        };
        pane.head = head(&writer, width);
        let folding = |basis: &Basis| (basis.all, basis.otherwise.clone());
        if pane
            .made_from
            .as_ref()
            .is_some_and(|before| folding(before) != folding(&basis))
        {
            pane.search.restart();
        }
        pane.unfolded = unfolded(pane, inv.end.is_some());
        pane.made_from = Some(basis);
    }
    if let Some(seq) = pane.wanted.take() {
        want(pane, inv, seq);
    }
    if pane.filter.needle().is_empty() {
        pane.list.clone_from(&pane.unfolded);
    } else {
        let writer = Writer {
            inv,
            ledger: &pane.ledger,
            names: &state.names,
            glyphs: &state.glyphs,
            keymap: &state.keymap,
        };
        pane.search.step(&pane.filter, &pane.unfolded, &writer);
        pane.list.clone_from(&pane.search.hits);
    }
    let over = inv.end.is_some();
    if pane.follow {
        // The newest note; once it is over, the verdict, so that Enter opens what it rests on.
        let verdict = over.then(|| verdict(inv)).flatten();
        let verdict = verdict.map(|seq| pane.ledger.place(seq));
        let shown = verdict.filter(|place| pane.list.binary_search(place).is_ok());
        pane.selected = shown.or(pane.list.last().copied()).unwrap_or(0);
    }
    let at = match pane.list.binary_search(&pane.selected) {
        Ok(at) => at,
        // What is not listed any more gives the selection to its neighbour.
        Err(at) => at.min(pane.list.len().saturating_sub(1)),
    };
    pane.selected = pane.list.get(at).copied().unwrap_or(pane.selected);
    let (top, live) = (pane.top, pane.follow && !over);
    let to_end = pane.follow && over;
    let made = with_view(state, |view| {
        let mut to = top;
        if to_end {
            to = view.reach(to, view.list.len().saturating_sub(1), false);
        }
        let to = if view.list.is_empty() {
            Top::default()
        } else {
            view.reach(to, at, live)
        };
        (to, view.rows(to))
    });
    if let Some((top, rows)) = made {
        state.journal.top = top;
        state.journal.rows = rows;
    }
}

/// Places of the items that are unfolded. A stage has a head where something was looked at in it, where it is unfolded, and
/// while it lasts; elsewhere what was found in it speaks for itself.
fn unfolded(pane: &JournalPane, over: bool) -> Vec<usize> {
    let last = pane.ledger.stages.len() - usize::from(!over);
    let has_head = |stage: usize| {
        let of = pane.ledger.stages.get(stage);
        of.is_some_and(|of| !of.gathered.is_empty()) || pane.is_open(stage) || stage >= last
    };
    let items = pane.ledger.items.iter().enumerate();
    let shown = items.filter(|(_, item)| match item.what {
        What::Stage => has_head(item.stage),
        _ => item.telling || pane.is_open(item.stage),
    });
    shown.map(|(place, _)| place).collect()
}

/// The record of the verdict.
fn verdict(inv: &Investigation) -> Option<u64> {
    let summary = inv.summary.as_ref()?;
    if summary.verdict == Verdict::Cause {
        return inv.causes.keys().next_back().copied();
    }
    let mut entries = inv.entries.iter().rev();
    entries
        .find(|(_, entry)| matches!(entry.body, Some(Body::InvestigationSummary(_))))
        .map(|(seq, _)| *seq)
}

/// Selects the item that tells a record: its own, or the finding that was made of it; what is folded away is unfolded.
fn want(pane: &mut JournalPane, inv: &Investigation, seq: u64) {
    let finding = inv
        .findings
        .iter()
        .find(|(_, finding)| finding.observation == seq)
        .map(|(own, _)| *own);
    let tells = [Some(seq), finding].into_iter().flatten();
    pane.filter.clear();
    for seq in tells {
        let place = pane.ledger.place(seq);
        let shown = pane.unfolded.binary_search(&place).is_ok();
        if shown && pane.ledger.items.get(place).is_some_and(|item| item.seq == seq) {
            pane.selected = place;
            return;
        }
    }
    let place = pane.ledger.place(seq);
    let Some(item) = pane.ledger.items.get(place).copied() else {
        return;
    };
    if !pane.is_open(item.stage) {
        pane.selected = place;
        fold(pane, true);
        pane.unfolded = unfolded(pane, inv.end.is_some());
        if let Some(basis) = &mut pane.made_from {
            basis.otherwise.clone_from(&pane.otherwise);
        }
    }
    pane.selected = place;
}

/// What the pane needs and has not got: records in view that were left out, and the rest of a search.
pub fn wanted(state: &mut State) -> Vec<Effect> {
    let pane = &state.journal;
    let seqs: Vec<u64> = pane
        .rows
        .iter()
        .filter_map(|row| pane.ledger.items.get(*pane.list.get(row.at)?))
        .map(|item| item.seq)
        .collect();
    let mut effects = reading::look_up(state, seqs);
    let pane = &mut state.journal;
    if pane.filter.needle().is_empty() {
        return effects;
    }
    if !pane.search.is_over(&pane.unfolded) {
        effects.push(Effect::GoOn);
    }
    let stream = state.selected.clone();
    if let Some(stream) = stream
        && let Some(inv) = state.investigations.get(&stream)
        && let Some(words) = pane.search.ask(&pane.filter, inv)
    {
        effects.push(Effect::Find { stream, words });
    }
    effects
}

/// Takes what the journal has found among the records that were left out.
pub fn found(state: &mut State, seqs: &[u64]) {
    let pane = &mut state.journal;
    if let Some(stream) = &state.selected
        && let Some(inv) = state.investigations.get(stream)
    {
        pane.search.found(seqs, &pane.unfolded, &pane.ledger, inv);
    }
}
