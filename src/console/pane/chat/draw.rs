//! Cells of the chat pane.

use ratatui::layout::Rect;

use super::{
    Menu, support,
    update::{self, input_height},
};
use crate::console::{
    action::Action, canvas::Canvas, keymap::Context, layout::Pane, pane, rich::Rich, state::State,
    theme::Role,
};

/// Lines of the list that are shown at most.
const MENU: usize = 8;

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Pane::Chat && state.overlays.is_empty();
    let with_support = support::is_shown(state);
    let title = pane::title(state, Pane::Chat);
    let (title, right) = if with_support {
        (title.join(support::title(state)), support::hint(state))
    } else {
        (title, hint(state))
    };
    let inner = pane::frame(state, canvas, area, Pane::Chat, title, right);
    if inner.height < 2 {
        return;
    }
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let height = input_height(state).min(inner.height - 1);
    let input = Rect {
        y: inner.bottom() - height,
        height,
        ..inner
    };
    let prompt = Rich::of(
        if focused { Role::Focus } else { Role::Dim },
        format!("{} ", canvas.glyphs.prompt),
    );
    canvas.line(input, &prompt);
    let typed = Rect {
        x: input.x + 2,
        width: input.width.saturating_sub(2),
        ..input
    };
    update::typed(state).draw(canvas, typed, focused);
    let above = Rect {
        height: inner.height - height,
        ..inner
    };
    if with_support {
        history(canvas, above, &state.chat.support.rows, state.chat.support.up);
        return;
    }
    if state.chat.rows.is_empty() {
        empty(state, canvas, above);
    } else {
        history(canvas, above, &state.chat.rows, state.chat.up);
    }
    if let Some(menu) = &state.chat.menu {
        draw_menu(canvas, above, menu);
    }
}

/// What is worth knowing here: that the end has come, or that there is more above.
fn hint(state: &State) -> Rich {
    if state.chat.menu.is_some() {
        return Rich::of(Role::Key, "Tab")
            .add(Role::Dim, " next  ")
            .add(Role::Key, "Enter")
            .add(Role::Dim, " takes it  ")
            .add(Role::Key, "Esc")
            .add(Role::Dim, " closes");
    }
    if !state.chat.cited.is_empty() && state.chat.field.is_blank() {
        let key = state.keymap.key_of(Action::Send);
        return Rich::of(Role::Key, key).add(Role::Dim, " shows what it cites");
    }
    if support::case(state).is_some() {
        let key = state.keymap.key_in(Context::Chat, Action::SupportTab);
        return Rich::of(Role::Key, key).add(Role::Dim, " AWS Support");
    }
    // Before its records were read nobody knows.
    if state.investigation().is_none_or(|inv| inv.end.is_none()) {
        return Rich::new();
    }
    let key = state.keymap.key_of(Action::Again);
    Rich::of(Role::Dim, format!("it has ended: ask, or look again with {key}"))
}

fn history(canvas: &mut Canvas<'_>, area: Rect, rows: &[Rich], up: usize) {
    let height = usize::from(area.height);
    let end = rows.len().saturating_sub(up);
    let start = end.saturating_sub(height);
    let shown = rows.get(start..end).unwrap_or_default();
    let down = (height - shown.len()) as u16;
    let body = Rect {
        y: area.y + down,
        height: area.height - down,
        ..area
    };
    canvas.lines(body, shown);
    let frame = Rect {
        width: area.width + 1,
        ..area
    };
    canvas.scrollbar(frame, start, rows.len());
}

/// The list, over the last rows of the history.
fn draw_menu(canvas: &mut Canvas<'_>, area: Rect, menu: &Menu) {
    let height = menu.items.len().min(MENU).min(usize::from(area.height));
    let top = (menu.selected + 1).saturating_sub(height);
    let list = Rect {
        y: area.bottom() - height as u16,
        height: height as u16,
        ..area
    };
    canvas.clear(list);
    for (row, (place, item)) in list.rows().zip(menu.items.iter().enumerate().skip(top)) {
        let room = usize::from(row.width).saturating_sub(item.about.len() + 4);
        let line = Rich::of(Role::Text, "  ").join(item.line.clone());
        canvas.line(row, &line.fit(room + 2, canvas.glyphs.more));
        canvas.line_right(row, &Rich::of(Role::Dim, item.about));
        if place == menu.selected {
            canvas.tint(row, Role::Selected);
        }
    }
}

fn empty(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let key = |action| format!("{:<10}", state.keymap.key_of(action));
    let line = |action, words: &'static str| Rich::of(Role::Key, key(action)).add(Role::Dim, words);
    let lines = [
        Rich::of(
            Role::Dim,
            "Say what you know, or ask: what is happening? why? what changed?",
        ),
        Rich::of(
            Role::Dim,
            "A sentence here steers the investigation; answers cite records.",
        ),
        Rich::new(),
        line(Action::NextPane, "completes what you begin to say, and names"),
        line(
            Action::Send,
            "sends; with nothing typed, shows what the answer cites",
        ),
        line(Action::NewLine, "begins a new line"),
        line(Action::Up, "brings back what you said before"),
    ];
    let width = usize::from(area.width);
    canvas.lines(area, &lines.map(|line| line.fit(width, canvas.glyphs.more)));
}
