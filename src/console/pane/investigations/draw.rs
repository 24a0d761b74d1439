//! Cells of the investigations pane.

use ratatui::layout::Rect;

use super::{
    list::{Look, Row},
    standing::Standing,
    update::{ITEM, index, tall},
    wanted::{TERMS, closed_word},
};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, bar},
        glyph::Glyphs,
        layout::Pane,
        names::Names,
        pane,
        rich::Rich,
        state::State,
        theme::Role,
        words,
    },
    journal::views::{Investigation, Listed},
    model::{HypothesisState, Priority},
};

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let list = &state.list;
    let all = state.space.investigations.len();
    let mut title = pane::title(state, Pane::Investigations);
    let mut right = Rich::new();
    if list.filter.is_on() {
        // The count stands in the title, which is there at every width: a list that hides something says so.
        title = title.add(Role::Accent, format!(" {} of {all}", list.items.len()));
        right = Rich::of(Role::Accent, format!("/{}", list.filter.field.text()));
    } else if all > 1 {
        title = title.add(Role::Dim, format!(" {}", list.sort.words()));
        right = Rich::of(Role::Dim, words::grouped(all as u64));
    }
    let inner = pane::frame(state, canvas, area, Pane::Investigations, title, right);
    if all == 0 {
        return empty(state, canvas, inner);
    }
    if list.items.is_empty() {
        return nothing_found(state, canvas, inner);
    }
    let selected = index(state);
    let width = usize::from(inner.width).saturating_sub(2);
    let mut y = inner.y;
    for row in list.rows.iter().skip(list.top) {
        if y >= inner.bottom() {
            break;
        }
        let line = Rect {
            x: inner.x + 1,
            y,
            width: width as u16,
            height: 1,
        };
        y += tall(*row) as u16;
        let place = match *row {
            Row::Heading(standing, count) => {
                canvas.line(line, &heading(standing, count, width, canvas.glyphs));
                continue;
            }
            Row::Item(place) => place,
        };
        let stream = list.items.get(place);
        let Some((stream, listed)) =
            stream.and_then(|stream| Some((stream, state.space.investigations.get(stream)?)))
        else {
            continue;
        };
        let inv = state.investigations.get(stream);
        let look = list.looks.get(stream).copied();
        let lines = item(listed, inv, look, state, width, canvas.glyphs);
        let height = (lines.len() as u16).min(inner.bottom() - line.y);
        canvas.lines(Rect { height, ..line }, &lines);
        if selected == Some(place) {
            let both = Rect {
                x: inner.x,
                y: line.y,
                width: inner.width,
                height,
            };
            pane::select(state, canvas, both, Pane::Investigations);
        }
    }
    scrollbar(state, canvas, inner);
}

fn scrollbar(state: &State, canvas: &mut Canvas<'_>, inner: Rect) {
    let rows = &state.list.rows;
    let headings = |upto: usize| {
        let above = rows.iter().take(upto);
        above.filter(|row| matches!(row, Row::Heading(..))).count()
    };
    let cells = |upto: usize| (upto - headings(upto)) * ITEM + headings(upto);
    canvas.scrollbar(inner, cells(state.list.top), cells(rows.len()).saturating_sub(1));
}

fn heading(standing: Standing, count: usize, width: usize, glyphs: &Glyphs) -> Rich {
    let [_, _, _, _, rule, ..] = glyphs.frame;
    let line = Rich::of(Role::Accent, standing.title()).add(Role::Dim, format!(" {count} "));
    let rest = width.saturating_sub(line.width());
    line.add(Role::Faint, rule.repeat(rest))
}

fn empty(state: &State, canvas: &mut Canvas<'_>, inner: Rect) {
    let key = |action, words: &'static str| {
        Rich::of(Role::Key, format!("{}  ", state.keymap.key_of(action))).add(Role::Dim, words)
    };
    let lines = [
        Rich::of(
            Role::Dim,
            "Running and past investigations stand here: how far each has come, how it ended, how old it is.",
        ),
        Rich::new(),
        key(Action::New, "starts one"),
        key(Action::Sort, "another order"),
        key(Action::Group, "under headings, by state"),
        key(Action::Filter, "looks for some of them"),
    ];
    pane::teach(canvas, inner, &lines);
}

/// What can be looked for, where nothing was found.
fn nothing_found(state: &State, canvas: &mut Canvas<'_>, inner: Rect) {
    let key = state.keymap.key_of(Action::Back);
    let mut lines = vec![
        Rich::of(Role::Dim, "None of them is like that. ")
            .add(Role::Key, key)
            .add(Role::Dim, " shows all again."),
        Rich::new(),
    ];
    lines.extend(
        TERMS
            .iter()
            .map(|(term, words)| Rich::of(Role::Key, format!("{term:<15}")).add(Role::Dim, *words)),
    );
    pane::teach(canvas, inner, &lines);
}

/// Two lines of an investigation.
fn item(
    listed: &Listed,
    inv: Option<&Investigation>,
    look: Option<Look>,
    state: &State,
    width: usize,
    glyphs: &Glyphs,
) -> [Rich; 2] {
    let (glyph, role, words) = standing(listed, inv, &state.names, glyphs);
    let age = words::age(listed.opened_at, state.now);
    let mut first = Rich::of(role, glyph).add(Role::Text, " ");
    if look.is_some_and(|look| look.number > 1) {
        first = first.add(Role::Dim, format!("{} ", glyphs.linked));
    }
    let selected = state.selected.as_ref() == Some(&listed.opened.stream);
    let title = if selected { Role::Strong } else { Role::Text };
    let first = first.flat(title, &listed.opened.title);
    let first = first
        .fit(width.saturating_sub(age.len() + 1), glyphs.more)
        .pad(width - age.len())
        .add(Role::Dim, age);
    let priority = listed.priority(inv);
    let word = match priority {
        Priority::Medium => "",
        priority => priority.as_str(),
    };
    let mut second = Rich::of(Role::Text, "  ").join(words);
    if listed.events > 1 {
        second = second.add(Role::Dim, format!("  {} events", listed.events));
    }
    if let Some(look) = look {
        second = second.add(Role::Dim, format!("  look {} of {}", look.number, look.of));
    }
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
    let (glyph, role) = match Standing::of(listed, inv) {
        Standing::Running => (glyphs.running, Role::Running),
        Standing::Queued => (glyphs.queued, Role::Dim),
        Standing::Paused => (glyphs.paused, Role::Warn),
        Standing::Cause => (glyphs.cause, Role::Bad),
        Standing::NoFault => (glyphs.no_fault, Role::Good),
        Standing::CannotTell => (glyphs.unsure, Role::Warn),
        Standing::Failed => (glyphs.failed, Role::Bad),
        Standing::Cancelled => (glyphs.cancelled, Role::Dim),
    };
    let Some(word) = closed_word(listed) else {
        let words = match (Standing::of(listed, inv), inv) {
            (Standing::Running, Some(inv)) => progress(inv, glyphs),
            (standing, _) => Rich::of(role, standing.state().as_str()),
        };
        return (glyph, role, words);
    };
    let mut words = Rich::of(role, word);
    let closed = listed.closed.as_ref();
    if let Some(confidence) = closed.and_then(|closed| closed.confidence) {
        words = words.add(Role::Text, format!(" {confidence:.2}"));
    }
    let cause = inv.and_then(|inv| inv.causes.values().next());
    words = match (cause, closed.and_then(|closed| closed.category)) {
        (Some(cause), _) => words.add(Role::Text, "  ").ext(&names.of(&cause.resource)),
        (None, Some(category)) => words.add(Role::Dim, format!("  {}", category.words())),
        (None, None) => words,
    };
    (glyph, role, words)
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
