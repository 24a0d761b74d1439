//! The command palette: one fuzzy list over actions, investigations, resources and records.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        field::Field,
        keymap::Context,
        layout::Pane,
        pane,
        rich::{Rich, shown},
        state::State,
        theme::Role,
        update,
    },
    journal::StreamId,
    model::ResourceId,
};

/// One fuzzy list.
#[derive(Debug, Clone)]
pub struct Palette {
    field: Field,
    title: &'static str,
    items: Vec<Item>,
    /// Places in `items`, best first.
    found: Vec<usize>,
    selected: usize,
    /// Records there are, where a number means one of them; 0 elsewhere.
    records: u64,
}

/// Records that are offered by their words; any other is reached by its number.
const RECORDS: usize = 1_000;

#[derive(Debug, Clone)]
struct Item {
    words: String,
    kind: &'static str,
    key: String,
    target: Target,
}

#[derive(Debug, Clone)]
enum Target {
    Act(Action),
    Investigation(StreamId),
    Resource(ResourceId),
    Record(u64),
}

impl Palette {
    /// Everything that can be done or gone to.
    pub fn everything(state: &State) -> Self {
        let mut items = Vec::new();
        let mut seen = Vec::new();
        for context in Context::ALL {
            for binding in state.keymap.in_context(context) {
                let action = binding.action;
                let elsewhere = matches!(
                    context,
                    Context::Evidence
                        | Context::Mitigation
                        | Context::Letters
                        | Context::Chat
                        | Context::Welcome
                );
                if action.is_movement() || elsewhere || seen.contains(&action) {
                    continue;
                }
                seen.push(action);
                items.push(Item {
                    words: action.describe().to_owned(),
                    kind: "",
                    key: state.keymap.key_of(action),
                    target: Target::Act(action),
                });
            }
        }
        let case = state
            .selected
            .as_ref()
            .and_then(|stream| state.space.cases.of(stream));
        let case = case.map(|_| [Action::SupportTab, Action::ResolveCase]);
        let stored = state.space.discovered.as_ref().map(|_| Action::SpaceTopology);
        for action in [Action::ReadReport, Action::Verify, Action::Messages]
            .into_iter()
            .chain(stored)
            .chain(case.into_iter().flatten())
        {
            if seen.contains(&action) {
                continue;
            }
            items.push(Item {
                words: action.describe().to_owned(),
                kind: "",
                key: String::new(),
                target: Target::Act(action),
            });
        }
        for stream in &state.list.items {
            if let Some(listed) = state.space.investigations.get(stream) {
                items.push(Item {
                    words: shown(&listed.opened.title.plain()),
                    kind: "investigation",
                    key: String::new(),
                    target: Target::Investigation(stream.clone()),
                });
            }
        }
        for id in pane::topology::resources(state) {
            items.push(Item {
                words: shown(id.as_str()),
                kind: "resource",
                key: String::new(),
                target: Target::Resource(id),
            });
        }
        Self::of("Command", "what to do, or where to go", items)
    }

    /// The records of the selected investigation.
    pub fn records(state: &State) -> Self {
        let notes = pane::journal::update::telling_notes(state, RECORDS);
        let items = notes.into_iter().map(|note| {
            let seq = note.number.unwrap_or(note.seq);
            let first = note.lines.first().map_or_else(String::new, Rich::plain);
            Item {
                words: format!("#{seq} {} {first}", note.label),
                kind: "",
                key: String::new(),
                target: Target::Record(seq),
            }
        });
        let mut palette = Self::of("Go to a record", "its number, or words of it", items.collect());
        palette.records = state.investigation().map_or(0, |inv| inv.seq);
        palette
    }

    fn of(title: &'static str, placeholder: &str, items: Vec<Item>) -> Self {
        let mut palette = Self {
            field: Field::line(placeholder),
            title,
            items,
            found: Vec::new(),
            selected: 0,
            records: 0,
        };
        palette.search();
        palette
    }

    fn search(&mut self) {
        let needle = self.field.text();
        self.selected = 0;
        if needle.trim().is_empty() {
            self.found = (0..self.items.len()).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&needle, CaseMatching::Ignore, Normalization::Smart);
        let mut chars = Vec::new();
        let mut found: Vec<(u32, usize)> = Vec::new();
        for (i, item) in self.items.iter().enumerate() {
            let score = pattern.score(Utf32Str::new(&item.words, &mut chars), &mut matcher);
            let by_kind = item.kind.starts_with(needle.trim()).then_some(1);
            if let Some(score) = score.or(by_kind) {
                found.push((score, i));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.found = found.into_iter().map(|(_, i)| i).collect();
    }

    /// The record that a number means.
    fn number(&self) -> Option<u64> {
        let words = self.field.text();
        let number = words.trim().trim_start_matches('#').parse().ok()?;
        (1..=self.records).contains(&number).then_some(number)
    }

    /// Takes pasted words.
    pub fn paste(&mut self, words: &str) {
        self.field.paste(words);
        self.search();
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let last = self.found.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return Next::close(),
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => self.selected = (self.selected + 1).min(last),
            KeyCode::Char('p' | 'k') if ctrl => self.selected = self.selected.saturating_sub(1),
            KeyCode::Char('n' | 'j') if ctrl => self.selected = (self.selected + 1).min(last),
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(8),
            KeyCode::PageDown => self.selected = (self.selected + 8).min(last),
            KeyCode::Enter => {
                if let Some(seq) = self.number() {
                    return Next::done(go(state, Target::Record(seq)));
                }
                let target = self.found.get(self.selected).and_then(|i| self.items.get(*i));
                let Some(target) = target.map(|item| item.target.clone()) else {
                    return Next::stay(Overlay::Palette(self));
                };
                return Next::done(go(state, target));
            }
            _ => {
                if self.field.key(key) {
                    self.search();
                }
            }
        }
        Next::stay(Overlay::Palette(self))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = centred(state.size, 72, 18);
        let count = Rich::of(Role::Dim, format!("{} of {}", self.found.len(), self.items.len()));
        let inner = sheet(canvas, area, &Rich::of(Role::Focus, self.title), &count);
        let prompt = Rich::of(Role::Focus, format!("{} ", canvas.glyphs.prompt));
        canvas.line(inner, &prompt);
        let typed = Rect {
            x: inner.x + 2,
            width: inner.width.saturating_sub(2),
            height: 1,
            ..inner
        };
        self.field.draw(canvas, typed, true);
        let body = Rect {
            y: inner.y + 2,
            height: inner.height.saturating_sub(2),
            ..inner
        };
        let height = usize::from(body.height);
        let top = (self.selected + 1).saturating_sub(height);
        for (row, at) in body.rows().zip(self.found.iter().enumerate().skip(top)) {
            let (place, index) = at;
            let Some(item) = self.items.get(*index) else {
                continue;
            };
            let tail = if item.key.is_empty() {
                item.kind
            } else {
                item.key.as_str()
            };
            let room = usize::from(row.width).saturating_sub(tail.len() + 2);
            let line = Rich::of(Role::Text, item.words.clone()).fit(room, canvas.glyphs.more);
            canvas.line(row, &line);
            let role = if item.key.is_empty() { Role::Dim } else { Role::Key };
            canvas.line_right(row, &Rich::of(role, tail));
            if place == self.selected {
                let wide = with_air(row);
                canvas.tint(wide, Role::Selected);
            }
        }
        if self.found.is_empty() {
            let words = match self.number() {
                Some(seq) => format!("Enter goes to #{seq}"),
                None => "nothing is called that".to_owned(),
            };
            canvas.line(body, &Rich::of(Role::Dim, words));
        }
    }
}

fn go(state: &mut State, target: Target) -> Vec<crate::console::effects::Effect> {
    match target {
        Target::Act(action) => update::perform(state, action),
        Target::Investigation(stream) => {
            state.focus = Pane::Journal;
            update::select(state, stream)
        }
        Target::Resource(id) => {
            state.focus = Pane::Topology;
            state.topology.go(id);
            Vec::new()
        }
        Target::Record(seq) => {
            pane::journal::update::jump(state, seq);
            Vec::new()
        }
    }
}
