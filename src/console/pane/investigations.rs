//! The investigations pane: what was opened, how it stands, how it ended. Newest first, the running ones above all.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        canvas::{Canvas, bar},
        effects::Effect,
        filter::Filter,
        glyph::Glyphs,
        layout::Pane,
        names::Names,
        overlay::{Overlay, again::Again},
        pane,
        rich::Rich,
        state::State,
        theme::Role,
        update, words,
    },
    journal::{
        StreamId,
        views::{Investigation, Listed},
    },
    model::{HypothesisState, Intent, Priority, RunState, Verdict},
};

/// What the pane remembers.
#[derive(Debug, Clone, Default)]
pub struct InvestigationsPane {
    /// First item that is shown.
    pub top: usize,
    /// What is looked for.
    pub filter: Filter,
    /// What is listed, as of the last update.
    pub items: Vec<StreamId>,
}

/// Rows of one item.
pub(super) const ROWS: u16 = 3;

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let page = page(state).saturating_sub(1).max(1);
    let items = &state.list.items;
    let last = items.len().saturating_sub(1);
    let at = index(state).unwrap_or(0);
    let to = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => (at + 1).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => (at + page).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        Action::Open => {
            state.selected.as_ref()?;
            state.focus = Pane::Journal;
            return Some(Vec::new());
        }
        Action::Filter => {
            state.list.filter.editing = true;
            return Some(Vec::new());
        }
        Action::Again => {
            let listed = state.listed()?;
            if state.investigation().is_none_or(|inv| inv.end.is_none()) {
                state.complain("it is still running\nhint: say what you know in the chat (3), it steers the investigation");
                return Some(Vec::new());
            }
            let again = Again::of(listed);
            state.overlays.push(Overlay::Again(Box::new(again)));
            return Some(Vec::new());
        }
        Action::RaisePriority | Action::LowerPriority => return Some(reprioritise(state, action)),
        Action::Copy => return Some(vec![Effect::Copy(state.selected.as_ref()?.to_string())]),
        Action::Back if state.list.filter.is_on() => {
            state.list.filter.clear();
            return Some(Vec::new());
        }
        _ => return None,
    };
    let target = items.get(to).cloned()?;
    Some(update::select(state, target))
}

fn reprioritise(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(inv) = state.investigation().filter(|inv| inv.end.is_none()) else {
        return Vec::new();
    };
    // `ALL` goes from the most urgent to the least.
    let at = Priority::ALL
        .iter()
        .position(|known| *known == inv.priority)
        .unwrap_or(0);
    let to = if action == Action::RaisePriority {
        at.checked_sub(1)
    } else {
        Some(at + 1)
    };
    match to.and_then(|to| Priority::ALL.get(to)) {
        Some(priority) => update::steer(state, Intent::Priority { priority: *priority }),
        None => Vec::new(),
    }
}

fn index(state: &State) -> Option<usize> {
    let selected = state.selected.as_ref()?;
    state.list.items.iter().position(|item| item == selected)
}

fn page(state: &State) -> usize {
    usize::from(list_area(state.layout().inside(Pane::Investigations)).height / ROWS)
}

fn list_area(inner: Rect) -> Rect {
    inner
}

/// Lists again, and keeps the selection in view.
pub fn settle(state: &mut State) {
    let mut items: Vec<(u8, Timestamp, StreamId)> = state
        .space
        .investigations
        .iter()
        .filter(|(stream, listed)| {
            state.list.filter.keeps(&listed.opened.title.plain())
                || state.list.filter.keeps(stream.as_str())
                || state.list.filter.keeps(verdict_word(listed))
        })
        .map(|(stream, listed)| {
            let open = listed.closed.is_none();
            let inv = state.investigations.get(stream);
            let running =
                inv.is_some_and(|inv| matches!(inv.state, Some(RunState::Running | RunState::Paused)));
            let rank = match (running, open) {
                (true, _) => 0,
                (_, true) => 1,
                _ => 2,
            };
            (rank, listed.opened_at, stream.clone())
        })
        .collect();
    items.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(b.2.cmp(&a.2)));
    state.list.items = items.into_iter().map(|(_, _, stream)| stream).collect();
    let page = page(state).max(1);
    if let Some(at) = index(state) {
        let top = &mut state.list.top;
        *top = (*top).min(at).max((at + 1).saturating_sub(page));
    } else {
        state.list.top = 0;
    }
}

fn verdict_word(listed: &Listed) -> &'static str {
    match &listed.closed {
        Some(closed) => closed.verdict.map_or(closed.state.as_str(), Verdict::words),
        None => "open",
    }
}

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let list = &state.list;
    let mut right = Rich::new();
    if list.filter.is_on() {
        right = Rich::of(Role::Accent, format!("/{}", list.filter.field.text())).add(
            Role::Dim,
            format!(" {} of {}", list.items.len(), state.space.investigations.len()),
        );
    }
    let title = pane::title(state, Pane::Investigations);
    let inner = pane::frame(state, canvas, area, Pane::Investigations, title, right);
    if state.space.investigations.is_empty() {
        let lines = [
            Rich::of(Role::Dim, "Running and past investigations stand here."),
            Rich::new(),
            Rich::of(Role::Key, "n  ").add(Role::Dim, "starts one"),
        ];
        return pane::teach(canvas, inner, &lines);
    }
    let selected = index(state);
    let width = usize::from(inner.width).saturating_sub(2);
    for (i, stream) in list.items.iter().enumerate().skip(list.top) {
        let y = inner.y + (i - list.top) as u16 * ROWS;
        if y + 1 >= inner.bottom() {
            break;
        }
        let Some(listed) = state.space.investigations.get(stream) else {
            continue;
        };
        let inv = state.investigations.get(stream);
        let row = Rect {
            x: inner.x + 1,
            y,
            width: width as u16,
            height: 1,
        };
        let lines = item(listed, inv, state, width, canvas.glyphs);
        for (n, line) in lines.iter().enumerate() {
            let row = Rect {
                y: row.y + n as u16,
                ..row
            };
            if row.y < inner.bottom() {
                canvas.line(row, line);
            }
        }
        if selected == Some(i) {
            let height = (lines.len() as u16).min(inner.bottom() - y);
            let both = Rect {
                x: inner.x,
                y,
                width: inner.width,
                height,
            };
            pane::select(state, canvas, both, Pane::Investigations);
        }
    }
    canvas.scrollbar(
        inner,
        list.top * usize::from(ROWS),
        list.items.len() * usize::from(ROWS),
    );
}

/// Two lines of an investigation.
fn item(
    listed: &Listed,
    inv: Option<&Investigation>,
    state: &State,
    width: usize,
    glyphs: &Glyphs,
) -> [Rich; 2] {
    let (glyph, role, words) = standing(listed, inv, &state.names, glyphs);
    let age = words::age(listed.opened_at, state.now);
    let linked = listed.opened.parent.is_some();
    let mut first = Rich::of(role, glyph).add(Role::Text, " ");
    if linked {
        first = first.add(Role::Dim, format!("{} ", glyphs.linked));
    }
    let selected = state.selected.as_ref() == Some(&listed.opened.stream);
    let title = if selected { Role::Strong } else { Role::Text };
    let first = first.flat(title, &listed.opened.title);
    let first = first
        .fit(width.saturating_sub(age.len() + 1), glyphs.more)
        .pad(width - age.len())
        .add(Role::Dim, age);
    let priority = inv.map_or(listed.opened.priority, |inv| inv.priority);
    let word = match priority {
        Priority::Medium => "",
        priority => priority.as_str(),
    };
    let second = Rich::of(Role::Text, "  ").join(words);
    let second = second
        .fit(width.saturating_sub(word.len() + 1), glyphs.more)
        .pad(width - word.len());
    let role = match priority {
        Priority::Critical => Role::Critical,
        Priority::High => Role::Warn,
        _ => Role::Dim,
    };
    [first, second.add(role, word)]
}

/// Sign, role and words of how it stands.
fn standing(
    listed: &Listed,
    inv: Option<&Investigation>,
    names: &Names,
    glyphs: &Glyphs,
) -> (&'static str, Role, Rich) {
    if let Some(closed) = &listed.closed {
        let (glyph, role) = match (closed.state, closed.verdict) {
            (_, Some(Verdict::Cause)) => (glyphs.cause, Role::Bad),
            (_, Some(Verdict::NoFault)) => (glyphs.no_fault, Role::Good),
            (_, Some(Verdict::Inconclusive)) => (glyphs.unsure, Role::Warn),
            (RunState::Cancelled, None) => (glyphs.cancelled, Role::Dim),
            _ => (glyphs.failed, Role::Bad),
        };
        let word = closed.verdict.map_or(closed.state.as_str(), Verdict::words);
        let mut words = Rich::of(role, word);
        if let Some(confidence) = closed.confidence {
            words = words.add(Role::Text, format!(" {confidence:.2}"));
        }
        let cause = inv.and_then(|inv| inv.causes.values().next());
        words = match cause {
            Some(cause) => words.add(Role::Text, "  ").ext(&names.of(&cause.resource)),
            None => match closed.category {
                Some(category) => words.add(Role::Dim, format!("  {}", words::category(category))),
                None => words,
            },
        };
        return (glyph, role, words);
    }
    let Some(inv) = inv else {
        return (glyphs.queued, Role::Dim, Rich::of(Role::Dim, "open"));
    };
    match inv.state {
        Some(RunState::Running) => (glyphs.running, Role::Running, progress(inv, glyphs)),
        Some(RunState::Paused) => (glyphs.paused, Role::Warn, Rich::of(Role::Warn, "paused")),
        Some(state) if state.is_over() => (glyphs.cancelled, Role::Dim, Rich::of(Role::Dim, state.as_str())),
        _ => (glyphs.queued, Role::Dim, Rich::of(Role::Dim, "queued")),
    }
}

fn progress(inv: &Investigation, glyphs: &Glyphs) -> Rich {
    let at = inv
        .phase
        .and_then(|phase| words::PHASES.iter().position(|known| *known == phase));
    let done = at.map_or(0, |at| at + 1);
    let words = inv.phase.map_or("starting", words::doing);
    let line = bar(
        glyphs,
        done as f64 / words::PHASES.len() as f64,
        words::PHASES.len(),
    )
    .add(Role::Running, format!(" {words}"));
    let ranked = inv.ranked();
    let best = ranked
        .iter()
        .find(|(_, hypothesis)| hypothesis.state != HypothesisState::Refuted);
    match best {
        Some((_, best)) => line.add(Role::Dim, format!("  {:.2}", best.score)),
        None => line,
    }
}
