//! Cells of the prevention pane.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::summary;
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        glyph::Glyphs,
        layout::Pane,
        pane,
        rich::Rich,
        state::State,
        theme::Role,
        words,
    },
    journal::views::{RecommendationState, Recommended},
    model::RecommendationCategory,
};

/// Rows of one recommendation.
pub const ROWS: usize = 2;

/// Rows of the category bars.
const BARS: usize = RecommendationCategory::ALL.len();

/// What stands above the list: where it stands in two sentences, and the bars; each only where the list keeps room.
#[derive(Debug, Clone, Default)]
pub struct Head {
    told: Vec<Rich>,
    bars: bool,
}

impl Head {
    /// Made for a pane of this size inside its frame.
    pub fn of(state: &State, inside: Rect) -> Self {
        let told = summary::sentences(&state.space).wrap(usize::from(inside.width.saturating_sub(2)), 0);
        let left = usize::from(inside.height).saturating_sub(2 * ROWS + 1);
        if told.len() + BARS <= left {
            Self { told, bars: true }
        } else {
            Self {
                told: Vec::new(),
                bars: BARS <= left,
            }
        }
    }

    /// Its rows, with an empty one below it.
    pub fn height(&self) -> u16 {
        let rows = self.told.len() as u16 + if self.bars { BARS as u16 } else { 0 };
        rows + u16::from(rows > 0)
    }
}

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let pane = &state.prevention;
    let all = &state.space.recommendations;
    let open = all
        .values()
        .filter(|r| r.state == RecommendationState::Proposed)
        .count();
    let mut title = pane::title(state, Pane::Prevention);
    if let Some(category) = pane.category {
        title = title.add(Role::Accent, format!(" {}", category.words()));
    }
    let shown = format!("{} of {}", pane.items.len(), all.len());
    let right = match (pane.filter.is_on(), all.is_empty()) {
        (true, _) => Rich::of(Role::Accent, format!("/{}", pane.filter.field.text()))
            .add(Role::Dim, format!(" {shown}")),
        (_, true) => Rich::new(),
        _ if pane.category.is_some() => Rich::of(Role::Dim, shown),
        _ => Rich::of(Role::Dim, format!("{open} to decide")),
    };
    let inner = pane::frame(state, canvas, area, Pane::Prevention, title, right);
    if all.is_empty() {
        return empty(state, canvas, inner);
    }
    let Head { told, bars } = &pane.head;
    let down = pane.head.height();
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let width = usize::from(inner.width);
    canvas.lines(inner, told);
    if *bars {
        let rows = category_bars(
            &summary::counts(&state.space),
            pane.category,
            width,
            canvas.glyphs,
        );
        let y = inner.y + told.len() as u16;
        canvas.lines(Rect { y, ..inner }, &rows);
    }
    let body = Rect {
        y: inner.y + down,
        height: inner.height.saturating_sub(down),
        ..inner
    };
    if pane.items.is_empty() {
        let key = state.keymap.key_of(Action::Back);
        let line = Rich::of(Role::Dim, "No measure is like that. ")
            .add(Role::Key, key)
            .add(Role::Dim, " shows all again.");
        return canvas.line(body, &line);
    }
    let selected = pane.index();
    for (i, id) in pane.items.iter().enumerate().skip(pane.top) {
        let y = body.y + ((i - pane.top) * ROWS) as u16;
        if y >= body.bottom() {
            break;
        }
        let Some(recommended) = all.get(id) else { continue };
        let height = (ROWS as u16).min(body.bottom() - y);
        let rows = Rect { y, height, ..body };
        canvas.lines(rows, &item(recommended, state, width, canvas.glyphs));
        if selected == Some(i) {
            let whole = with_air(rows);
            pane::select(state, canvas, whole, Pane::Prevention);
        }
    }
    let frame = with_air(body);
    canvas.scrollbar(frame, pane.top * ROWS, pane.items.len() * ROWS);
}

fn empty(state: &State, canvas: &mut Canvas<'_>, inner: Rect) {
    let key = |action, words: &'static str| {
        Rich::of(Role::Key, format!("{}  ", state.keymap.key_of(action))).add(Role::Dim, words)
    };
    let lines = [
        Rich::of(
            Role::Dim,
            "What would have kept an incident from happening stands here, once an investigation has found a cause.",
        ),
        Rich::new(),
        key(Action::Accept, "accepts one"),
        key(Action::Reject, "rejects one, with a reason"),
        key(Action::Copy, "copies one as a ticket"),
    ];
    pane::teach(canvas, inner, &lines);
}

fn category_bars(
    counts: &BTreeMap<RecommendationCategory, usize>,
    only: Option<RecommendationCategory>,
    width: usize,
    glyphs: &Glyphs,
) -> Vec<Rich> {
    let most = counts.values().copied().max().unwrap_or(0).max(1);
    let room = width.saturating_sub(20).min(24);
    RecommendationCategory::ALL
        .iter()
        .map(|category| {
            let count = counts.get(category).copied().unwrap_or(0);
            let cells = (count * room).div_ceil(most);
            let name = match only {
                Some(only) if only == *category => Role::Focus,
                _ => Role::Dim,
            };
            Rich::of(name, category.words())
                .pad(15)
                .add(Role::Bar, glyphs.bar.repeat(cells))
                .add(
                    Role::Text,
                    if count == 0 { String::new() } else { " ".to_owned() },
                )
                .add(
                    if count == 0 { Role::Faint } else { Role::Text },
                    count.to_string(),
                )
        })
        .collect()
}

fn item(recommended: &Recommended, state: &State, width: usize, glyphs: &Glyphs) -> [Rich; 2] {
    let (sign, role) = match recommended.state {
        RecommendationState::Proposed => (glyphs.queued, Role::Accent),
        RecommendationState::Accepted => (glyphs.done, Role::Good),
        RecommendationState::Rejected => (glyphs.failed, Role::Dim),
    };
    let of = &recommended.proposed.recommendation;
    let text = if recommended.state == RecommendationState::Rejected {
        Role::Dim
    } else {
        Role::Text
    };
    let first = Rich::of(role, sign).add(Role::Text, " ").flat(text, &of.title);
    let informed = recommended.proposed.informed_by.len() as u64;
    let second = Rich::of(Role::Dim, format!("  {}  ", of.category.words()))
        .add(role, recommended.state.as_str())
        .add(
            Role::Dim,
            format!("  from {}", words::count(informed, "incidents")),
        );
    let age = words::age(recommended.proposed_at, state.now);
    let second = second.add(Role::Dim, format!("  {age}"));
    let second = match recommended.reason.is_empty() {
        true => second,
        false => second.add(Role::Dim, ": ").flat(Role::Dim, &recommended.reason),
    };
    [first.fit(width, glyphs.more), second.fit(width, glyphs.more)]
}
