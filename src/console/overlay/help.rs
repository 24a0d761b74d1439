//! Every key, generated from the keymap.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Next, Overlay, centred, scrolled, sheet};
use crate::console::{
    action::Action, canvas::Canvas, keymap::Context, rich::Rich, state::State, theme::Role,
};

/// Every key.
#[derive(Debug, Clone, Default)]
pub struct Help {
    top: usize,
}

impl Help {
    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let (rows, height) = {
            let area = centred(state.size, WIDTH, state.size.height);
            let inner = usize::from(area.height.saturating_sub(2));
            (
                lines(state, usize::from(area.width.saturating_sub(4))).len(),
                inner,
            )
        };
        let page = height.max(2) as isize - 1;
        let by = match state.keymap.action(&[Context::List, Context::Global], &key) {
            Some(Action::Up) => -1,
            Some(Action::Down) => 1,
            Some(Action::PageUp) => -page,
            Some(Action::PageDown) => page,
            Some(Action::Top) => isize::MIN,
            Some(Action::Bottom) => rows as isize,
            Some(Action::Back | Action::Help | Action::Quit) => return Next::close(),
            _ if key.code == KeyCode::Enter => return Next::close(),
            _ => 0,
        };
        self.top = scrolled(self.top, by, rows, height);
        Next::stay(Overlay::Help(self))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let width = WIDTH.min(state.size.width);
        let rows = lines(state, usize::from(width.saturating_sub(4)));
        let area = centred(state.size, WIDTH, rows.len() as u16 + 2);
        let right = if rows.len() + 2 > usize::from(area.height) {
            Rich::of(Role::Dim, "PgDn more")
        } else {
            Rich::of(Role::Dim, "Esc closes")
        };
        let inner = sheet(canvas, area, &Rich::of(Role::Focus, "Help"), &right);
        canvas.lines(inner, rows.iter().skip(self.top));
    }
}

const WIDTH: u16 = 96;

fn lines(state: &State, width: usize) -> Vec<Rich> {
    let two = width >= 88;
    let mut rows = Vec::new();
    // The welcome is seen once, and says its keys itself.
    for context in Context::ALL
        .into_iter()
        .filter(|context| *context != Context::Welcome)
    {
        let mut items = Vec::new();
        let mut seen = Vec::new();
        for binding in state.keymap.in_context(context) {
            if binding.chords.is_empty() || seen.contains(&binding.action) {
                continue;
            }
            seen.push(binding.action);
            let keys: Vec<String> = binding.chords.iter().take(2).map(|chord| chord.name()).collect();
            let words = match (context, binding.action) {
                (Context::Chat, Action::Up) => "what was sent before",
                (Context::Chat, Action::Down) => "what was sent after",
                (Context::Chat, Action::Send) => "send, or see what is cited",
                (Context::Chat, Action::NextPane) => "complete, or next pane",
                (Context::Evidence, Action::Left) => "previous piece",
                (Context::Evidence, Action::Right) => "next piece",
                (Context::Evidence, Action::NextPane) => "next number (#) in the text",
                (Context::Evidence, Action::PreviousPane) => "number before",
                (Context::Evidence, Action::Open) => "follow the number, fold the branch",
                (Context::Evidence, Action::Unfold) => "unfold everything, or what matters",
                (Context::Evidence, Action::Back) => "back the way you came",
                (Context::Topology, Action::Open) => "what is known of the resource",
                (Context::Topology, Action::Filter) => "search, wherever it stands",
                (Context::Journal, Action::Open) => "evidence behind the note",
                (Context::Investigations, Action::Filter) => "filter, see below",
                (Context::Prevention, Action::Copy) => "copy as a ticket",
                (_, action) => action.describe(),
            };
            let line = Rich::of(Role::Key, keys.join(" ")).pad(15).add(
                if binding.action.asks_first() {
                    Role::Warn
                } else {
                    Role::Text
                },
                words,
            );
            items.push(line);
        }
        rows.push(Rich::of(Role::Accent, context.title()));
        if two {
            let half = items.len().div_ceil(2);
            let column = width / 2;
            for i in 0..half {
                let mut line = items.get(i).cloned().unwrap_or_default().fit(column - 1, "");
                if let Some(right) = items.get(half + i) {
                    line = line.pad(column).join(right.clone());
                }
                rows.push(line);
            }
        } else {
            rows.extend(items);
        }
        rows.push(Rich::new());
    }
    rows.push(Rich::of(Role::Accent, "filter of the investigations"));
    for (term, words) in crate::console::pane::investigations::wanted::TERMS {
        rows.push(
            Rich::of(Role::Key, term)
                .pad(15)
                .add(Role::Text, words)
                .fit(width, state.glyphs.more),
        );
    }
    rows.push(Rich::new());
    rows.push(Rich::of(Role::Accent, "signs"));
    let g = &state.glyphs;
    let signs = [
        (g.running, "running"),
        (g.queued, "queued"),
        (g.paused, "paused"),
        (g.cause, "cause found"),
        (g.no_fault, "no fault"),
        (g.unsure, "cannot tell"),
        (g.failed, "failed"),
        (g.cancelled, "cancelled"),
        (g.linked, "looked at again"),
    ];
    let mut line = Rich::new();
    for (sign, word) in signs {
        let piece = Rich::of(Role::Key, sign).add(Role::Text, format!(" {word}"));
        if line.width() + piece.width() + 3 > width {
            rows.push(std::mem::take(&mut line));
        }
        line = line.join(piece).add(Role::Text, "   ");
    }
    rows.push(line);
    rows
}
