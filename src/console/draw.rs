//! The whole screen, from the state alone.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Color,
};

use super::{
    action::Action,
    canvas::{Canvas, asciify},
    keymap::{Context, Shown},
    layout::{Layout, Pane, SMALLEST},
    overlay, pane,
    rich::{Rich, shown},
    state::{Integrity, State},
    strip,
    theme::Role,
    update, words,
};
use crate::model::RunState;

/// Draws a frame; returns where the cursor stands, when somebody types.
pub fn draw(state: &State) -> (Buffer, Option<Position>) {
    let area = Rect::from((Position::ORIGIN, state.size));
    let mut buf = Buffer::empty(area);
    let mut canvas = Canvas {
        buf: &mut buf,
        theme: &state.theme,
        glyphs: &state.glyphs,
        cursor: None,
    };
    canvas.clear(area);
    if state.size.width < SMALLEST.width || state.size.height < SMALLEST.height {
        canvas.line(area, &Rich::of(Role::Warn, "make the window larger"));
    } else {
        parts(state, &mut canvas);
    }
    let cursor = canvas.cursor;
    if let Some(ground) = state.theme.ground {
        for cell in &mut buf.content {
            if cell.bg == Color::Reset {
                cell.bg = ground;
            }
        }
    }
    if state.glyphs.ascii {
        asciify(&mut buf);
    }
    (buf, cursor)
}

fn parts(state: &State, canvas: &mut Canvas<'_>) {
    let layout = state.layout();
    title(state, canvas, layout.title);
    if let Some(area) = layout.tabs {
        tabs(state, canvas, area);
    }
    for (pane, area) in &layout.panes {
        pane::draw(state, canvas, *pane, *area);
    }
    strip::draw(state, canvas, layout.strip);
    footer(state, canvas, &layout);
    filter_line(state, canvas, &layout);
    overlay::draw(state, canvas);
    toast(state, canvas, &layout);
}

/// Where am I: space, account, region; how it stands: engine, journal, gaps, clock.
fn title(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let width = usize::from(area.width);
    let roomy = width >= 110;
    let dot = format!(" {} ", canvas.glyphs.dot);
    let place = &state.place;
    let mut left = Rich::of(Role::Text, " ");
    if roomy {
        left = left.add(Role::Focus, "midwatch").add(Role::Text, "  ");
    }
    let mut parts = Vec::new();
    if !place.title.is_empty() {
        parts.push((Role::Accent, place.title.as_str()));
    }
    parts.push((Role::Strong, place.space.as_str()));
    let created = state.investigation().and_then(|inv| inv.created.as_ref());
    let account = created
        .and_then(|created| created.account.as_ref())
        .or(place.account.as_ref());
    let region = created
        .and_then(|created| created.region.as_ref())
        .or(place.region.as_ref());
    parts.extend(account.map(|account| (Role::Text, account.as_str())));
    parts.extend(region.map(|region| (Role::Text, region.as_str())));
    for (i, (role, words)) in parts.into_iter().enumerate() {
        if i > 0 {
            left = left.add(Role::Faint, if roomy { dot.as_str() } else { " " });
        }
        left = left.add(role, shown(words));
    }
    let mut right = engine(state);
    if state.slow {
        right = Rich::of(Role::Warn, "slow link")
            .add(Role::Text, "  ")
            .join(right);
    }
    let gap = if roomy { "   " } else { "  " };
    let gaps = state.investigation().map_or(0, |inv| inv.gaps.len());
    if gaps > 0 {
        right = right
            .add(Role::Text, gap)
            .add(Role::Warn, words::count(gaps as u64, "gaps"));
    }
    if let Some(words) = undelivered(state) {
        right = right.add(Role::Text, gap).add(Role::Warn, words);
    }
    let (role, word) = match &state.integrity {
        Integrity::Checking => (Role::Dim, "journal checking"),
        Integrity::Sound => (Role::Good, "journal ok"),
        Integrity::Fault(_) => (Role::Critical, "journal FAULT"),
        Integrity::Unknown(_) => (Role::Warn, "journal not verified"),
    };
    right = right.add(Role::Text, gap).add(role, word);
    let clock = state.clock();
    let (time, mark) = (clock.time(state.now), clock.mark(state.now));
    let clock = if roomy || state.local {
        format!("{time} {mark} ")
    } else {
        format!("{time}Z ")
    };
    right = right.add(Role::Text, gap).add(Role::Dim, clock);
    let room = width.saturating_sub(right.width() + 2);
    canvas.line(area, &left.fit(room, canvas.glyphs.more));
    canvas.line_right(area, &right);
}

/// What goes out and does not arrive, with the key that shows it.
fn undelivered(state: &State) -> Option<String> {
    let letters = &state.space.letters;
    let key = state.keymap.key_of(Action::Letters);
    let words = match (letters.dead.len(), letters.held.len()) {
        (0, 0) => return None,
        (0, 1) => "1 channel held".to_owned(),
        (0, n) => format!("{n} channels held"),
        (n, _) => format!("{n} undelivered"),
    };
    Some(match key.is_empty() {
        true => words,
        false => format!("{words} [{key}]"),
    })
}

fn engine(state: &State) -> Rich {
    let engine = &state.engine;
    if !engine.awake && engine.slots > 0 {
        return Rich::of(Role::Warn, "engine rests");
    }
    let mut paused = 0;
    for inv in state.investigations.values() {
        paused += usize::from(inv.state == Some(RunState::Paused));
    }
    if engine.slots == 0 {
        return Rich::of(Role::Dim, "no engine here");
    }
    let mut line = match engine.running {
        0 => Rich::of(Role::Dim, "idle"),
        n => Rich::of(Role::Running, format!("{n} running")),
    };
    if engine.trouble.is_some() {
        let trouble = Rich::of(Role::Critical, "engine in trouble");
        line = if engine.running == 0 {
            trouble
        } else {
            trouble.add(Role::Text, "  ").join(line)
        };
    }
    if engine.queued > 0 {
        line = line.add(Role::Text, format!(" {} queued", engine.queued));
    }
    if paused > 0 {
        line = line.add(Role::Warn, format!(" {paused} paused"));
    }
    line
}

fn tabs(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let mut line = Rich::of(Role::Text, " ");
    for (pane, words) in tab_words(state, area.width) {
        let role = if pane == state.focus {
            Role::Focus
        } else {
            Role::Dim
        };
        line = line.add(role, words).add(Role::Text, " ");
    }
    canvas.line(area, &line);
}

/// The tabs, all ASCII; the focused one stands in brackets.
pub fn tab_words(state: &State, width: u16) -> [(Pane, String); 5] {
    Pane::ALL.map(|pane| {
        let title = pane.title();
        let short = title.get(..4).unwrap_or_default();
        let name = if width < 76 { short } else { title };
        let number = pane.number();
        let words = if pane == state.focus {
            format!("[{number} {name}]")
        } else {
            format!(" {number} {name} ")
        };
        (pane, words)
    })
}

/// The keys that matter here, and every way to find the others.
fn footer(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let area = layout.footer;
    let width = usize::from(area.width);
    if !state.overlays.is_empty() {
        // An overlay has its keys in itself; those of the pane below would do nothing now.
        return canvas.line(area, &Rich::of(Role::Key, " Esc").add(Role::Dim, " back"));
    }
    let mut line = Rich::of(Role::Text, " ");
    for shown in footer_keys(state, width) {
        line = line
            .add(Role::Key, shown.key)
            .add(Role::Dim, format!(" {}  ", shown.word));
    }
    canvas.line(area, &line.fit(width, canvas.glyphs.more));
}

/// The keys that the footer has room for, from the left; each is followed by a space, its word and two spaces.
pub fn footer_keys(state: &State, width: usize) -> Vec<Shown> {
    let mut keys = Vec::new();
    let contexts = update::contexts(state);
    let panes = state.keymap.pane_keys();
    if state.focus != Pane::Chat && !panes.is_empty() {
        keys.push(Shown {
            key: panes,
            word: "pane",
            action: None,
        });
    }
    let own = contexts
        .iter()
        .copied()
        .filter(|context| *context != Context::Global)
        .collect::<Vec<_>>();
    keys.extend(state.keymap.footer(&own));
    if contexts.contains(&Context::Global) {
        keys.extend(state.keymap.footer(&[Context::Global]));
    }
    // What does not fit is left out from the middle: help and quit are always there.
    let cells = |keys: &[Shown]| keys.iter().map(Shown::cells).sum::<usize>() + 1;
    while cells(&keys) > width && keys.len() > 3 {
        keys.remove(keys.len() - 3);
    }
    keys
}

/// Where a filter is typed: instead of the footer.
fn filter_line(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let filter = match state.focus {
        Pane::Investigations => &state.list.filter,
        Pane::Journal => &state.journal.filter,
        Pane::Topology => &state.topology.filter,
        Pane::Prevention => &state.prevention.filter,
        Pane::Chat => return,
    };
    if !filter.editing {
        return;
    }
    let area = layout.footer;
    canvas.clear(area);
    canvas.line(area, &Rich::of(Role::Focus, " /"));
    let typed = Rect {
        x: area.x + 2,
        width: area
            .width
            .saturating_sub(26)
            .max(10)
            .min(area.width.saturating_sub(2)),
        ..area
    };
    filter.field.draw(canvas, typed, true);
    let keys = Rich::of(Role::Key, "Enter")
        .add(Role::Dim, " keep  ")
        .add(Role::Key, "Esc")
        .add(Role::Dim, " drop ");
    canvas.line_right(area, &keys);
}

/// What happened, on the line above the keys; trouble says what to do.
fn toast(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    let Some(toast) = &state.toast else { return };
    let width = usize::from(layout.footer.width);
    let (role, sign) = if toast.trouble {
        (Role::Warn, canvas.glyphs.alarm)
    } else {
        (Role::Good, canvas.glyphs.done)
    };
    let mut line = Rich::of(role, format!(" {sign} ")).add(Role::Strong, toast.text.clone());
    let mut rows = Vec::new();
    if let Some(hint) = &toast.hint {
        let words = Rich::of(Role::Dim, format!("hint: {hint}"));
        if line.width() + words.width() + 2 <= width {
            line = line.add(Role::Text, "  ").join(words);
        } else {
            let lines = words.wrap(width.saturating_sub(4), 6).into_iter().take(2);
            rows.extend(lines.map(|line| Rich::of(Role::Text, "   ").join(line)));
        }
    }
    rows.insert(0, line);
    for (i, row) in rows.iter().enumerate() {
        let up = (rows.len() - i) as u16;
        let area = Rect {
            y: layout.footer.y.saturating_sub(up),
            ..layout.footer
        };
        canvas.clear(area);
        canvas.line(area, &row.clone().fit(width, canvas.glyphs.more));
    }
}
