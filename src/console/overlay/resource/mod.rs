//! Everything that is known of one resource, or of those that stand in one box: what it is, on what it depends, what was
//! observed of it. Rows lead on: a relation to the other end, an observation to its evidence.
//!
//! - [`rows`] - what the sheet says; pure.

pub mod rows;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use self::rows::{Leads, Row};
use super::{Next, Overlay, centred, evidence::EvidenceView, last_row, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        effects::Effect,
        keymap::Context,
        rich::Rich,
        state::State,
        theme::Role,
    },
    model::ResourceId,
};

/// What a sheet is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One resource.
    One(ResourceId),
    /// Those in one box.
    Several(Vec<ResourceId>),
}

/// Everything that is known of a resource.
#[derive(Debug, Clone)]
pub struct ResourceSheet {
    about: About,
    /// Sheets that led here, with the row that did.
    trail: Vec<(About, usize)>,
    /// The row under the cursor.
    at: usize,
    /// True once somebody moved: before, the sheet is shown from its top.
    moved: bool,
}

const WIDTH: u16 = 100;

impl ResourceSheet {
    /// A sheet on one resource.
    pub fn of(id: ResourceId) -> Self {
        Self::about(About::One(id))
    }

    /// A sheet on those in one box.
    pub fn of_box(ids: Vec<ResourceId>) -> Self {
        Self::about(About::Several(ids))
    }

    fn about(about: About) -> Self {
        Self {
            about,
            trail: Vec::new(),
            at: 0,
            moved: false,
        }
    }

    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let rows = self.rows(state);
        let leading: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].leads.is_some()).collect();
        if !leading.contains(&self.at) {
            self.at = leading.first().copied().unwrap_or(0);
        }
        let place = leading.iter().position(|at| *at == self.at).unwrap_or(0);
        let last = leading.len().saturating_sub(1);
        let page = usize::from(height(state)).max(2) - 1;
        let here = self.at;
        let go = |sheet: &mut Self, place: usize| {
            sheet.at = leading.get(place.min(last)).copied().unwrap_or(0);
            sheet.moved = true;
        };
        if key.code == KeyCode::Backspace {
            return self.back(state);
        }
        let contexts = [Context::List, Context::Global, Context::Topology];
        match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => go(&mut self, place.saturating_sub(1)),
            Some(Action::Down) => go(&mut self, place + 1),
            Some(Action::PageUp) => go(
                &mut self,
                leading.iter().rposition(|at| at + page <= here).unwrap_or(0),
            ),
            Some(Action::PageDown) => go(
                &mut self,
                leading.iter().position(|at| *at >= here + page).unwrap_or(last),
            ),
            Some(Action::Top) => go(&mut self, 0),
            Some(Action::Bottom) => go(&mut self, last),
            Some(Action::Left) => return self.back(state),
            Some(Action::Back | Action::Quit) => return Next::close(),
            Some(Action::Copy) => {
                if let About::One(id) = &self.about {
                    let effects = vec![Effect::Copy(rows::copied(state, id))];
                    return Next::stay_and(Overlay::Resource(self), effects);
                }
            }
            Some(Action::Open | Action::Right) => {
                let leads = rows.into_iter().nth(self.at).and_then(|row| row.leads);
                return self.follow(state, leads);
            }
            _ => {}
        }
        Next::stay(Overlay::Resource(self))
    }

    fn follow(mut self, state: &mut State, leads: Option<Leads>) -> Next {
        match leads {
            Some(Leads::Resource(id)) => {
                self.trail.push((self.about, self.at));
                state.topology.go(id.clone());
                Next::stay(Overlay::Resource(Self {
                    about: About::One(id),
                    trail: self.trail,
                    at: 0,
                    moved: false,
                }))
            }
            Some(Leads::Records(items)) => {
                EvidenceView::open(state, items);
                Next::stay(Overlay::Resource(self))
            }
            None => Next::stay(Overlay::Resource(self)),
        }
    }

    /// To the sheet that led here.
    fn back(mut self, state: &mut State) -> Next {
        let Some((about, at)) = self.trail.pop() else {
            return Next::close();
        };
        if let About::One(id) = &about {
            state.topology.go(id.clone());
        }
        Next::stay(Overlay::Resource(Self {
            about,
            trail: self.trail,
            at,
            moved: true,
        }))
    }

    fn rows(&self, state: &State) -> Vec<Row> {
        let width = usize::from(WIDTH.min(state.size.width)).saturating_sub(4);
        match &self.about {
            About::One(id) => rows::of(state, id, width),
            About::Several(ids) => rows::of_box(state, ids, width),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let rows = self.rows(state);
        let area = centred(state.size, WIDTH, rows.len() as u16 + 3);
        let title = match &self.about {
            About::One(_) => Rich::of(Role::Focus, "Resource"),
            About::Several(ids) => Rich::of(Role::Focus, format!("{} resources in one box", ids.len())),
        };
        let right = match self.trail.len() {
            0 => Rich::new(),
            steps => {
                let left = state.keymap.key_in(Context::List, Action::Left);
                Rich::of(Role::Dim, format!("{left}: back ({steps})"))
            }
        };
        let inner = sheet(canvas, area, &title, &right);
        let body = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let tall = usize::from(body.height);
        let first = rows.iter().position(|row| row.leads.is_some());
        let at = if rows.get(self.at).is_some_and(|row| row.leads.is_some()) {
            Some(self.at)
        } else {
            first
        };
        let top = match at {
            Some(at) if self.moved || at >= tall => {
                // The last row that leads on shows the end as well.
                let end = rows.iter().rposition(|row| row.leads.is_some()) == Some(at);
                let wanted = if end { rows.len() } else { at + 3 };
                if Some(at) == first && at < tall {
                    0
                } else {
                    wanted.saturating_sub(tall).min(at)
                }
            }
            _ => 0,
        };
        for (at_row, (area, row)) in body.rows().zip(rows.iter().skip(top)).enumerate() {
            canvas.line(area, &row.line);
            if Some(top + at_row) == at {
                let wide = with_air(area);
                canvas.tint(wide, Role::Selected);
            }
        }
        let frame = with_air(body);
        canvas.scrollbar(frame, top, rows.len());
        let mut keys = Rich::new();
        for (context, action, words) in [
            (Context::Topology, Action::Open, "follow"),
            (Context::List, Action::Left, "back"),
            (Context::Global, Action::Copy, "copy the ARN or id"),
            (Context::Global, Action::Back, "close"),
        ] {
            let key = state.keymap.key_in(context, action);
            keys = keys.add(Role::Key, key).add(Role::Dim, format!(" {words}   "));
        }
        let last = last_row(inner);
        canvas.line(last, &keys);
    }
}

fn height(state: &State) -> u16 {
    state.size.height.saturating_sub(5)
}
