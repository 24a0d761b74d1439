//! Keys of the prevention pane, decisions, and its list made again.

use super::{
    PreventionPane,
    draw::{Head, ROWS},
};
use crate::{
    console::{
        action::Action,
        effects::Effect,
        layout::Pane,
        overlay::{Overlay, recommendation::Detail, reject::Reject, ticket::Preview},
        state::State,
    },
    journal::{
        Body, StreamId,
        body::{Choice, Decision},
        views::{RecommendationState, Recommended},
    },
    model::{RecommendationCategory, Text},
};

/// Does what a key asks; `None` when the pane does not know it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let page = fits(state).saturating_sub(1).max(1);
    let pane = &mut state.prevention;
    let last = pane.items.len().saturating_sub(1);
    let at = pane.index().unwrap_or(0);
    let to = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => (at + 1).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => (at + page).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        Action::Filter => {
            pane.filter.editing = true;
            return Some(Vec::new());
        }
        Action::Category => {
            next_category(pane);
            return Some(Vec::new());
        }
        Action::Back if pane.filter.is_on() => {
            pane.filter.clear();
            return Some(Vec::new());
        }
        Action::Back if pane.category.is_some() => {
            pane.category = None;
            return Some(Vec::new());
        }
        Action::Accept => return Some(decide(state, Choice::Accepted, Text::new())),
        Action::Reject => {
            let reject = Reject::of(selected(state)?);
            state.overlays.push(Overlay::Reject(Box::new(reject)));
            return Some(Vec::new());
        }
        Action::Open => {
            let detail = Detail::of(&selected(state)?.proposed.id);
            state.overlays.push(Overlay::Recommendation(detail));
            return Some(Vec::new());
        }
        Action::Copy => {
            let preview = Preview::of(selected(state)?, &state.space);
            state.overlays.push(Overlay::Ticket(preview));
            return Some(Vec::new());
        }
        _ => return None,
    };
    pane.selected = pane.items.get(to).cloned().unwrap_or_default();
    Some(Vec::new())
}

fn selected(state: &State) -> Option<&Recommended> {
    state.space.recommendations.get(&state.prevention.selected)
}

/// From all of them through the categories, and back to all.
fn next_category(pane: &mut PreventionPane) {
    let all = RecommendationCategory::ALL;
    let at = pane
        .category
        .and_then(|category| all.iter().position(|known| *known == category));
    pane.category = all.get(at.map_or(0, |at| at + 1)).copied();
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

/// Items that fit under the head.
fn fits(state: &State) -> usize {
    let inside = state.layout().inside(Pane::Prevention);
    (usize::from(inside.height.saturating_sub(state.prevention.head.height())) / ROWS).max(1)
}

/// Lists again, and keeps the selection in view. There are tens of measures where there are thousands of incidents.
pub fn settle(state: &mut State) {
    let pane = &state.prevention;
    let items: Vec<String> = state
        .space
        .recommended()
        .into_iter()
        .filter(|one| {
            let of = &one.proposed.recommendation;
            let category = pane.category.is_none_or(|category| category == of.category);
            category
                && pane.filter.keeps(&format!(
                    "{} {} {}",
                    of.title.plain(),
                    of.category.words(),
                    one.state.as_str()
                ))
        })
        .map(|one| one.proposed.id.clone())
        .collect();
    state.prevention.head = Head::of(state, state.layout().inside(Pane::Prevention));
    let fits = fits(state);
    let pane = &mut state.prevention;
    pane.items = items;
    if pane.index().is_none() {
        pane.selected = pane.items.first().cloned().unwrap_or_default();
    }
    let at = pane.index().unwrap_or(0);
    pane.top = pane.top.min(at).max((at + 1).saturating_sub(fits));
}
