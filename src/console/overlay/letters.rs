//! Messages to other places that did not arrive: what is held up, what was given up, and what is to be done about it.

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
    journal::{StreamId, body::Delivered, views::Dead},
};

/// Columns at most.
const WIDTH: u16 = 100;
/// Rows of one message.
const ROWS: usize = 2;

/// Messages that did not arrive.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    selected: usize,
}

impl Letters {
    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let contexts = [Context::Letters, Context::List, Context::Global];
        let last = state.space.letters.dead.len().saturating_sub(1);
        self.selected = self.selected.min(last);
        match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Some(Action::Down) => self.selected = (self.selected + 1).min(last),
            Some(Action::PageUp | Action::Top) => self.selected = 0,
            Some(Action::PageDown | Action::Bottom) => self.selected = last,
            Some(Action::SendAgain) => return self.decide(state, &Delivered::Again),
            Some(Action::LetBe) => return self.decide(state, &Delivered::Dropped),
            Some(Action::Back | Action::Quit | Action::Letters) => return Next::close(),
            _ => {}
        }
        Next::stay(Overlay::Letters(self))
    }

    /// Writes down what is wanted of the selected one.
    fn decide(self, state: &mut State, wanted: &Delivered) -> Next {
        let Some(dead) = state.space.letters.dead.values().nth(self.selected) else {
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
            .map(|(seq, dead)| entry(state, *seq, dead))
            .collect();
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
            n => Rich::of(Role::Dim, format!("{} of {n}", self.selected.min(n - 1) + 1)),
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
        let selected = self.selected.min(entries.len().saturating_sub(1));
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
        let last = last_row(inner);
        canvas.line(last, &keys);
    }
}

/// A message: when it was given up, for whom, what it told of, and why it was given up.
fn entry(state: &State, seq: u64, dead: &Dead) -> [Rich; ROWS] {
    let delivery = &dead.delivery;
    let mut what = Rich::of(Role::Faint, state.clock().time(dead.at))
        .add(Role::Text, "  ")
        .add(Role::Strong, shown(&delivery.channel))
        .add(Role::Text, "  ");
    what = match state.space.investigations.get(&delivery.stream) {
        Some(listed) => what
            .flat(Role::Text, &listed.opened.title)
            .add(Role::Number, format!(" #{}", delivery.seq)),
        None => what.add(Role::Text, format!("{} #{}", delivery.stream, delivery.seq)),
    };
    let why = Rich::of(Role::Dim, format!("#{seq}    ")).text(Role::Text, &dead.why);
    [what, why]
}
