//! Messages to other places that did not arrive: what is held up, what was given up, and what is to be done about it.

use std::collections::BTreeMap;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, last_row, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        effects::Effect,
        keymap::Context,
        rich::{Rich, shown},
        state::State,
        theme::Role,
    },
    journal::{
        StreamId,
        body::Delivered,
        views::{self, Dead},
    },
};

/// Columns at most.
const WIDTH: u16 = 100;
/// From more on it is said how all are dealt with at once.
const MANY: usize = 5;
/// Rows of one message.
const ROWS: usize = 2;

/// Messages that did not arrive. The list changes under its reader, so that a message is known by its record, never by its row.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    /// The selected message, by the record that says that it was given up; none: the first.
    selected: Option<u64>,
    /// What was decided on here and is not on record yet.
    decided: BTreeMap<u64, Delivered>,
}

impl Letters {
    /// The list with its first message selected.
    pub fn of(letters: &views::Letters) -> Self {
        Self {
            selected: letters.dead.keys().next().copied(),
            ..Self::default()
        }
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let contexts = [Context::Letters, Context::List, Context::Global];
        let seqs: Vec<u64> = state.space.letters.dead.keys().copied().collect();
        let last = seqs.len().saturating_sub(1);
        let at = self.at(&seqs);
        self.decided.retain(|seq, _| seqs.contains(seq));
        let to = match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => at.saturating_sub(1),
            Some(Action::Down) => (at + 1).min(last),
            Some(Action::PageUp | Action::Top) => 0,
            Some(Action::PageDown | Action::Bottom) => last,
            Some(Action::SendAgain) => return self.decide(state, &seqs, Delivered::Again),
            Some(Action::LetBe) => return self.decide(state, &seqs, Delivered::Dropped),
            Some(Action::Back | Action::Quit | Action::Letters) => return Next::close(),
            _ => at,
        };
        self.selected = seqs.get(to).copied();
        Next::stay(Overlay::Letters(self))
    }

    /// The row of the selected message; where it is gone, that of the next one.
    fn at(&self, seqs: &[u64]) -> usize {
        let selected = self.selected.unwrap_or(0);
        let next = seqs.partition_point(|seq| *seq < selected);
        next.min(seqs.len().saturating_sub(1))
    }

    /// Writes down what is wanted of the selected one, once. Where that is gone, nothing is decided on in its place.
    fn decide(mut self, state: &mut State, seqs: &[u64], wanted: Delivered) -> Next {
        let at = self.at(seqs);
        let Some(seq) = seqs.get(at).copied() else {
            return Next::stay(Overlay::Letters(self));
        };
        if self.selected.is_some_and(|selected| selected != seq) {
            self.selected = Some(seq);
            state.say("that message is not on the list any more; another is selected now");
            return Next::stay(Overlay::Letters(self));
        }
        let Some(dead) = state
            .space
            .letters
            .dead
            .get(&seq)
            .filter(|_| !self.decided.contains_key(&seq))
        else {
            return Next::stay(Overlay::Letters(self));
        };
        let effect = Effect::Append {
            stream: StreamId::space(),
            body: Box::new(dead.wanted(wanted.clone())),
            or_else: None,
        };
        state.say(match wanted {
            Delivered::Again => "it is sent once more by the midwatch serve that runs, or the next that does",
            _ => "it is let be",
        });
        self.decided.insert(seq, wanted);
        // On to the next that nothing was decided on, or back where that was the last one.
        let free = |seq: &&u64| !self.decided.contains_key(seq);
        let next = seqs.iter().skip(at).find(free);
        let next = next.or_else(|| seqs.iter().take(at).rev().find(free));
        self.selected = next.or(Some(&seq)).copied();
        Next::stay_and(Overlay::Letters(self), vec![effect])
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let letters = &state.space.letters;
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        let mut head: Vec<Rich> = Vec::new();
        for (channel, (at, why)) in &letters.held {
            let line = Rich::of(Role::Warn, format!("{} takes nothing since ", shown(channel)))
                .add(Role::Warn, state.clock().time(*at))
                .add(Role::Dim, ", its messages wait: ")
                .text(Role::Text, why);
            head.extend(line.wrap(width, 2).into_iter().take(3));
        }
        if !head.is_empty() {
            head.push(Rich::new());
        }
        let entries: Vec<[Rich; ROWS]> = letters
            .dead
            .iter()
            .map(|(seq, dead)| entry(state, *seq, dead, self.decided.get(seq)))
            .collect();
        let seqs: Vec<u64> = letters.dead.keys().copied().collect();
        let selected = self.at(&seqs);
        if entries.is_empty() {
            let words = match letters.held.is_empty() {
                true => "Everything that was sent has arrived.",
                false => "No message was given up.",
            };
            head.push(Rich::of(Role::Dim, words));
        }
        let rows = (head.len() + ROWS * entries.len()) as u16;
        let area = centred(state.size, WIDTH, rows.saturating_add(4).max(6));
        let title = Rich::of(Role::Focus, "Undelivered");
        let place = match entries.len() {
            0 => Rich::new(),
            n => Rich::of(Role::Dim, format!("{} of {n}", selected + 1)),
        };
        let inner = sheet(canvas, area, &title, &place);
        canvas.lines(inner, head.iter());
        let down = (head.len() as u16).min(inner.height);
        let body = Rect {
            y: inner.y + down,
            height: inner.height.saturating_sub(down + 2),
            ..inner
        };
        let fit = (usize::from(body.height) / ROWS).max(1);
        let top = (selected + 1).saturating_sub(fit);
        let mut y = body.y;
        for (at, lines) in entries.iter().enumerate().skip(top).take(fit) {
            for line in lines {
                let row = Rect { y, height: 1, ..body };
                if y >= body.bottom() {
                    break;
                }
                canvas.line(row, &line.clone().fit(width, canvas.glyphs.more));
                if at == selected {
                    let wide = with_air(row);
                    canvas.tint(wide, Role::Selected);
                }
                y += 1;
            }
        }
        let key = |action| state.keymap.key_from(Context::Letters, action);
        let mut keys = Rich::new();
        let can = !entries.is_empty();
        for (action, words) in [(Action::SendAgain, "send again"), (Action::LetBe, "let it be")] {
            if can {
                keys = keys
                    .add(Role::Key, key(action))
                    .add(Role::Dim, format!(" {words}   "));
            }
        }
        keys = keys.add(Role::Key, key(Action::Back)).add(Role::Dim, " close");
        if entries.len() > MANY {
            keys = keys.add(Role::Dim, "   all: midwatch outlet retry --all");
        }
        let last = last_row(inner);
        canvas.line(last, &keys);
    }
}

/// A message: when it was given up, for whom, what it told of, and why it was given up; or what was decided on it, until that is
/// on record.
fn entry(state: &State, seq: u64, dead: &Dead, decided: Option<&Delivered>) -> [Rich; ROWS] {
    let delivery = &dead.delivery;
    let (strong, plain, number) = match decided {
        None => (Role::Strong, Role::Text, Role::Number),
        Some(_) => (Role::Dim, Role::Dim, Role::Dim),
    };
    let mut what = Rich::of(Role::Faint, state.clock().time(dead.at))
        .add(plain, "  ")
        .add(strong, shown(&delivery.channel))
        .add(plain, "  ");
    what = match state.space.investigations.get(&delivery.stream) {
        Some(listed) => what
            .flat(plain, &listed.opened.title)
            .add(number, format!(" #{}", delivery.seq)),
        None => what.add(plain, format!("{} #{}", delivery.stream, delivery.seq)),
    };
    let why = Rich::of(Role::Dim, format!("#{seq}    "));
    let why = match decided {
        None => why.text(Role::Text, &dead.why),
        Some(Delivered::Again) => why.add(Role::Dim, "it is sent once more ..."),
        Some(_) => why.add(Role::Dim, "it is let be ..."),
    };
    [what, why]
}
