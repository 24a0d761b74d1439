//! What came in from outside: each event, what is done about it and why, and a way to overrule that.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, confirm::Confirm, last_row, scrolled, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        effects::Effect,
        keymap::Context,
        layout::Pane,
        rich::Rich,
        state::State,
        theme::Role,
        update, words,
    },
    engine::overrule::Wish,
    journal::{
        Actor,
        body::{Course, Skipped},
        views::Arrived,
    },
};

/// Columns at most.
const WIDTH: u16 = 120;

/// Rows below the list: a rule, what is said of the selected event, and the keys.
const BELOW: u16 = 5;

/// What came in from outside, newest first.
#[derive(Debug, Clone, Default)]
pub struct EventList {
    /// Record of the selected event; 0: the newest.
    selected: u64,
    top: usize,
}

impl EventList {
    /// Lays it over the panes; says so where nothing came in.
    pub fn open(state: &mut State) {
        if state.space.events.events.is_empty() {
            state.say(
                "nothing came in from outside; midwatch serve listens, midwatch webhook makes an address",
            );
            return;
        }
        state.overlays.push(Overlay::Events(Self::default()));
    }

    fn height(state: &State) -> usize {
        usize::from(state.size.height.saturating_sub(4 + BELOW)).max(1)
    }

    fn place(&self, all: &[&Arrived]) -> usize {
        all.iter()
            .position(|event| event.seq == self.selected)
            .unwrap_or(0)
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let action = state
            .keymap
            .action(&[Context::Investigations, Context::List, Context::Global], &key);
        let height = Self::height(state);
        let all = newest_first(state);
        let (at, last) = (self.place(&all), all.len().saturating_sub(1));
        let to = match action {
            Some(Action::Up) => at.saturating_sub(1),
            Some(Action::Down) => (at + 1).min(last),
            Some(Action::PageUp) => at.saturating_sub(height),
            Some(Action::PageDown) => (at + height).min(last),
            Some(Action::Top) => 0,
            Some(Action::Bottom) => last,
            _ => at,
        };
        let (count, chosen) = (all.len(), all.get(to).map(|event| (*event).clone()));
        let Some(chosen) = chosen else {
            return Next::close();
        };
        self.selected = chosen.seq;
        self.top = self.top.min(to).max((to + 1).saturating_sub(height));
        self.top = scrolled(self.top, 0, count, height);
        match action {
            Some(Action::Back | Action::Quit | Action::Events) => return Next::close(),
            Some(Action::Open) => match chosen.stream().cloned() {
                Some(stream) if state.space.investigations.contains_key(&stream) => {
                    state.focus = Pane::Journal;
                    return Next::done(update::select(state, stream));
                }
                Some(_) => state.complain("this journal does not hold that investigation"),
                None => {
                    let key = state.keymap.key_of(Action::New);
                    state.say(format!("nothing was started for it; {key} investigates it"));
                }
            },
            Some(Action::New) => investigate(state, &chosen),
            _ => {}
        }
        Next::stay(Overlay::Events(self))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let all = newest_first(state);
        let at = self.place(&all);
        let area = centred(state.size, WIDTH, (all.len() as u16).saturating_add(2 + BELOW));
        let title = Rich::of(Role::Focus, "Events").add(Role::Dim, tally(&all));
        let place = Rich::of(Role::Dim, format!("{} of {}", at + 1, all.len()));
        let inner = sheet(canvas, area, &title, &place);
        let list = Rect {
            height: inner.height.saturating_sub(BELOW),
            ..inner
        };
        for (row, (nth, event)) in list.rows().zip(all.iter().enumerate().skip(self.top)) {
            let word = Rich::of(role(event), event.word());
            let room = usize::from(row.width).saturating_sub(word.width() + 2);
            canvas.line(row, &line(state, event).fit(room, canvas.glyphs.more));
            canvas.line_right(row, &word);
            if nth == at {
                canvas.tint(with_air(row), Role::Selected);
            }
        }
        canvas.scrollbar(with_air(list), self.top, all.len());
        if let Some(event) = all.get(at) {
            let about = Rect {
                y: list.bottom() + 1,
                height: inner.bottom().saturating_sub(list.bottom() + 2),
                ..inner
            };
            canvas.lines(about, &said(state, event, usize::from(about.width)));
        }
        let key = |action| state.keymap.key_of(action);
        let keys = Rich::of(Role::Key, key(Action::Open))
            .add(Role::Dim, " its investigation   ")
            .add(Role::Key, key(Action::New))
            .add(Role::Dim, " investigate it by itself   ")
            .add(Role::Key, key(Action::Back))
            .add(Role::Dim, " close");
        canvas.line(last_row(inner), &keys);
    }
}

fn newest_first(state: &State) -> Vec<&Arrived> {
    state.space.events.events.values().rev().collect()
}

/// How many of them want a person.
fn tally(all: &[&Arrived]) -> String {
    match all.iter().filter(|event| event.wants_a_person()).count() {
        0 => String::new(),
        some => format!("  {some} not understood"),
    }
}

fn role(event: &Arrived) -> Role {
    match event.course() {
        Some(Course::Investigate { .. }) => Role::Accent,
        Some(Course::Link { .. } | Course::Update { .. }) => Role::Text,
        Some(Course::Skip {
            because: Skipped::Unread,
        })
        | None => Role::Warn,
        Some(Course::Skip { .. }) => Role::Dim,
    }
}

fn line(state: &State, event: &Arrived) -> Rich {
    let action = event.alert.as_ref().map(|alert| alert.action);
    let over = action.filter(|action| action.is_over());
    let line = Rich::of(Role::Faint, state.clock().second(event.at))
        .add(Role::Dim, format!("  {:<12} ", event.sender));
    let line = match over {
        Some(action) => line.add(Role::Good, action.as_str()).add(Role::Text, " "),
        None => line,
    };
    line.flat(Role::Text, &event.title())
}

/// What is done about an event and why, and where it leads.
fn said(state: &State, event: &Arrived, width: usize) -> Vec<Rich> {
    let mut why = Rich::of(role(event), event.word()).add(Role::Dim, ": ");
    if let Some((by, judged)) = &event.judged {
        why = why.flat(Role::Text, &judged.why);
        if let Actor::Operator(name) = by {
            why = why
                .add(Role::Dim, "  by ")
                .add(Role::You, crate::console::rich::shown(name));
        }
    }
    let mut lines = why.wrap(width, 0);
    lines.truncate(2);
    let mut from = Rich::of(Role::Dim, format!("#{} by ", event.seq)).add(Role::Dim, event.via.clone());
    if let Some(alert) = &event.alert {
        for word in alert.service.iter().chain(&alert.resources).take(3) {
            from = from.add(Role::Dim, "  ").ext(word);
        }
        if let Some(place) = alert.place() {
            from = from.add(Role::Dim, "  ").ext(&place.to_string());
        }
    }
    if let Some(listed) = event
        .stream()
        .and_then(|stream| state.space.investigations.get(stream))
    {
        from = from
            .add(Role::Dim, "  in ")
            .flat(Role::Dim, &listed.opened.title)
            .add(
                Role::Dim,
                format!(" ({})", words::age(listed.opened_at, state.now)),
            );
    }
    lines.push(from.fit(width, state.glyphs.more));
    lines
}

/// Asks whether an event is to have an investigation of its own, whatever triage thought.
fn investigate(state: &mut State, event: &Arrived) {
    let Some(alert) = &event.alert else {
        state.complain(format!(
            "it could not be read\nhint: midwatch event show {} says what was sent",
            event.seq
        ));
        return;
    };
    if matches!(event.course(), Some(Course::Investigate { .. })) {
        state.say("it has an investigation of its own; Enter goes there");
        return;
    }
    let opening = state.place.home.opening(alert, event.at);
    let question = Rich::of(Role::Text, "Investigate ")
        .ext(&alert.title)
        .add(Role::Text, " by itself? It was ")
        .add(Role::Text, event.word())
        .add(Role::Text, ".");
    let effects = vec![Effect::Overrule {
        event: event.seq,
        wish: Wish::Investigate(Box::new(opening)),
        why: "an operator wants it looked at by itself".into(),
    }];
    state.overlays.push(Overlay::Confirm(Confirm {
        question,
        yes: "investigate it",
        effects,
    }));
}
