//! The prevention pane: what would keep incidents from coming back, to be accepted or rejected.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use crate::{
    console::{
        action::Action,
        canvas::{Canvas, bar},
        effects::Effect,
        filter::Filter,
        glyph::Glyphs,
        layout::Pane,
        overlay::{Overlay, recommendation::Detail, reject::Reject},
        pane,
        rich::Rich,
        state::State,
        theme::Role,
        words,
    },
    journal::{
        Body, StreamId,
        body::{Choice, Decision},
        views::{RecommendationState, Recommended},
    },
    model::{RecommendationCategory, Text},
};

/// What the pane remembers.
#[derive(Debug, Clone, Default)]
pub struct PreventionPane {
    /// Id of the selected recommendation.
    pub selected: String,
    /// First row that is shown.
    pub top: usize,
    /// What is looked for.
    pub filter: Filter,
    /// Ids in the order of the list, as of the last update.
    pub items: Vec<String>,
}

/// Rows of one recommendation.
pub(super) const ROWS: usize = 2;

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let pane = &mut state.prevention;
    let last = pane.items.len().saturating_sub(1);
    let at = pane.index().unwrap_or(0);
    let to = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => (at + 1).min(last),
        Action::PageUp => at.saturating_sub(5),
        Action::PageDown => (at + 5).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        Action::Filter => {
            pane.filter.editing = true;
            return Some(Vec::new());
        }
        Action::Back if pane.filter.is_on() => {
            pane.filter.clear();
            return Some(Vec::new());
        }
        Action::Accept => return Some(decide(state, Choice::Accepted, Text::new())),
        Action::Reject => {
            let recommended = state.space.recommendations.get(&state.prevention.selected)?;
            let reject = Reject::of(recommended);
            state.overlays.push(Overlay::Reject(Box::new(reject)));
            return Some(Vec::new());
        }
        Action::Open => {
            let recommended = state.space.recommendations.get(&state.prevention.selected)?;
            let detail = Detail::of(&recommended.proposed.id);
            state.overlays.push(Overlay::Recommendation(detail));
            return Some(Vec::new());
        }
        Action::Copy => {
            let recommended = state.space.recommendations.get(&state.prevention.selected)?;
            let of = &recommended.proposed.recommendation;
            return Some(vec![Effect::Copy(format!(
                "{}\n\n{}",
                of.title.plain(),
                of.detail.plain()
            ))]);
        }
        _ => return None,
    };
    pane.selected = pane.items.get(to).cloned().unwrap_or_default();
    Some(Vec::new())
}

/// Writes a decision on the selected recommendation.
pub fn decide(state: &mut State, decision: Choice, reason: Text) -> Vec<Effect> {
    let id = state.prevention.selected.clone();
    let Some(recommended) = state.space.recommendations.get(&id) else {
        return Vec::new();
    };
    let now = match decision {
        Choice::Accepted => RecommendationState::Accepted,
        Choice::Rejected => RecommendationState::Rejected,
    };
    if recommended.state == now && reason.is_empty() {
        state.say(format!("it is {} already", now.as_str()));
        return Vec::new();
    }
    vec![Effect::Append {
        stream: StreamId::space(),
        body: Box::new(Body::Decision(Decision {
            recommendation: id,
            decision,
            reason,
        })),
        or_else: None,
    }]
}

impl PreventionPane {
    fn index(&self) -> Option<usize> {
        self.items.iter().position(|id| *id == self.selected)
    }
}

/// Lists again, and keeps the selection in view: undecided ones first, those that more incidents informed first.
pub fn settle(state: &mut State) {
    let filter = &state.prevention.filter;
    let mut items: Vec<&Recommended> = state
        .space
        .recommendations
        .values()
        .filter(|recommended| {
            let of = &recommended.proposed.recommendation;
            filter.keeps(&format!(
                "{} {} {}",
                of.title.plain(),
                of.category.words(),
                recommended.state.as_str()
            ))
        })
        .collect();
    items.sort_by(|a, b| {
        let informed = |r: &Recommended| std::cmp::Reverse(r.proposed.informed_by.len());
        (a.state, informed(a), a.proposed_at, &a.proposed.id).cmp(&(
            b.state,
            informed(b),
            b.proposed_at,
            &b.proposed.id,
        ))
    });
    let items: Vec<String> = items.into_iter().map(|r| r.proposed.id.clone()).collect();
    let inside = state.layout().inside(Pane::Prevention);
    let pane = &mut state.prevention;
    pane.items = items;
    if pane.index().is_none() {
        pane.selected = pane.items.first().cloned().unwrap_or_default();
    }
    let fits = (usize::from(inside.height).saturating_sub(BARS + 1) / ROWS).max(1);
    let at = pane.index().unwrap_or(0);
    pane.top = pane.top.min(at).max((at + 1).saturating_sub(fits));
}

/// Rows of the category bars.
const BARS: usize = RecommendationCategory::ALL.len();

/// Rows above the list: the bars and an empty one, where there is room.
pub(super) const fn rows_above(height: usize) -> usize {
    if height > BARS + 4 { BARS + 1 } else { 0 }
}

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let pane = &state.prevention;
    let all = &state.space.recommendations;
    let open = all
        .values()
        .filter(|r| r.state == RecommendationState::Proposed)
        .count();
    let right = match (pane.filter.is_on(), all.is_empty()) {
        (true, _) => Rich::of(Role::Accent, format!("/{}", pane.filter.field.text()))
            .add(Role::Dim, format!(" {} of {}", pane.items.len(), all.len())),
        (_, true) => Rich::new(),
        _ => Rich::of(Role::Dim, format!("{open} to decide")),
    };
    let title = pane::title(state, Pane::Prevention);
    let inner = pane::frame(state, canvas, area, Pane::Prevention, title, right);
    if all.is_empty() {
        let lines = [
            Rich::of(
                Role::Dim,
                "What would have kept an incident from happening stands here, once an investigation has found a cause.",
            ),
            Rich::new(),
            Rich::of(Role::Key, "a  ").add(Role::Dim, "accepts one"),
            Rich::of(Role::Key, "r  ").add(Role::Dim, "rejects one, with a reason"),
        ];
        return pane::teach(canvas, inner, &lines);
    }
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let width = usize::from(inner.width);
    let mut counts: BTreeMap<RecommendationCategory, usize> = BTreeMap::new();
    for recommended in all.values().filter(|r| r.state != RecommendationState::Rejected) {
        *counts
            .entry(recommended.proposed.recommendation.category)
            .or_default() += 1;
    }
    let down = rows_above(usize::from(inner.height)) as u16;
    if down > 0 {
        let rows = category_bars(&counts, width, canvas.glyphs);
        canvas.lines(inner, &rows);
    }
    let body = Rect {
        y: inner.y + down,
        height: inner.height - down,
        ..inner
    };
    let selected = pane.index();
    for (i, id) in pane.items.iter().enumerate().skip(pane.top) {
        let y = body.y + ((i - pane.top) * ROWS) as u16;
        if y >= body.bottom() {
            break;
        }
        let Some(recommended) = all.get(id) else { continue };
        let height = (ROWS as u16).min(body.bottom() - y);
        let rows = Rect { y, height, ..body };
        canvas.lines(rows, &item(recommended, width, canvas.glyphs));
        if selected == Some(i) {
            let whole = Rect {
                x: rows.x - 1,
                width: rows.width + 2,
                ..rows
            };
            pane::select(state, canvas, whole, Pane::Prevention);
        }
    }
    let frame = Rect {
        x: body.x - 1,
        width: body.width + 2,
        ..body
    };
    canvas.scrollbar(frame, pane.top * ROWS, pane.items.len() * ROWS);
}

fn category_bars(
    counts: &BTreeMap<RecommendationCategory, usize>,
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
            Rich::of(Role::Dim, category.words())
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

fn item(recommended: &Recommended, width: usize, glyphs: &Glyphs) -> [Rich; 2] {
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
    let second = match recommended.reason.is_empty() {
        true => second,
        false => second.add(Role::Dim, ": ").flat(Role::Dim, &recommended.reason),
    };
    [first.fit(width, glyphs.more), second.fit(width, glyphs.more)]
}

/// Bars for other places that count the same things.
pub fn share_bar(glyphs: &Glyphs, count: usize, most: usize, width: usize) -> Rich {
    bar(glyphs, count as f64 / most.max(1) as f64, width)
}
