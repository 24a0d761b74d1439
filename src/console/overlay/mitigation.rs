//! The mitigation plan as a checklist with commands to copy. Nothing here is ever run by the program.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, sheet};
use crate::{
    console::{
        action::Action,
        canvas::Canvas,
        effects::Effect,
        keymap::Context,
        rich::{Rich, shown},
        state::State,
        theme::Role,
    },
    journal::views::report,
    model::{MitigationPlan, MitigationStep},
};

/// The mitigation plan.
#[derive(Debug, Clone, Default)]
pub struct MitigationView {
    selected: usize,
    /// Steps that the operator ticked; for this sitting only.
    done: BTreeSet<usize>,
}

struct Row {
    step: Option<usize>,
    line: Rich,
}

impl MitigationView {
    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let Some(plan) = state.investigation().and_then(|inv| inv.mitigation.clone()) else {
            return Next::close();
        };
        let last = plan.steps().saturating_sub(1);
        if key.code == KeyCode::Char(' ') || key.code == KeyCode::Enter {
            if !self.done.remove(&self.selected) {
                self.done.insert(self.selected);
                self.selected = (self.selected + 1).min(last);
            }
            return Next::stay(Overlay::Mitigation(self));
        }
        let contexts = [Context::Mitigation, Context::List, Context::Global];
        match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Some(Action::Down) => self.selected = (self.selected + 1).min(last),
            Some(Action::Top | Action::PageUp) => self.selected = 0,
            Some(Action::Bottom | Action::PageDown) => self.selected = last,
            Some(Action::Back) => return Next::close(),
            Some(Action::Copy) => {
                let step = steps(&plan).nth(self.selected);
                let words = step.map(|step| step.shell().unwrap_or_else(|| step.text.plain()));
                let effects = words.map(Effect::Copy).into_iter().collect();
                return Next::stay_and(Overlay::Mitigation(self), effects);
            }
            Some(Action::CopyInstructions) => {
                let told = state.investigation().and_then(report::instructions);
                let effect = Effect::Copy(told.unwrap_or_default());
                return Next::stay_and(Overlay::Mitigation(self), vec![effect]);
            }
            _ => {}
        }
        Next::stay(Overlay::Mitigation(self))
    }

    fn rows(&self, plan: &MitigationPlan, state: &State, width: usize) -> Vec<Row> {
        let g = &state.glyphs;
        let mut rows = Vec::new();
        let mut index = 0;
        for (title, steps) in plan.parts() {
            if steps.is_empty() {
                continue;
            }
            rows.push(Row {
                step: None,
                line: Rich::of(Role::Accent, title),
            });
            for step in steps {
                let done = self.done.contains(&index);
                let tick = if done { g.done } else { " " };
                let role = if done { Role::Dim } else { Role::Text };
                let lead = Rich::of(if done { Role::Good } else { Role::Dim }, format!("[{tick}] "));
                let lead = if step.writes {
                    lead.add(Role::Warn, "[writes] ")
                } else {
                    lead
                };
                for line in lead.text(role, &step.text).wrap(width, 4) {
                    rows.push(Row {
                        step: Some(index),
                        line,
                    });
                }
                if let Some(shell) = step.shell() {
                    let line = Rich::of(Role::Faint, "    $ ").add(Role::External, shown(&shell));
                    for line in line.wrap(width, 6) {
                        rows.push(Row {
                            step: Some(index),
                            line,
                        });
                    }
                }
                index += 1;
            }
            rows.push(Row {
                step: None,
                line: Rich::new(),
            });
        }
        rows
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let Some(plan) = state.investigation().and_then(|inv| inv.mitigation.as_ref()) else {
            return;
        };
        let width = WIDTH.min(state.size.width);
        let rows = self.rows(plan, state, usize::from(width.saturating_sub(4)));
        let area = centred(state.size, width, rows.len() as u16 + 3);
        let title = Rich::of(Role::Focus, "Mitigation plan");
        let right = Rich::of(Role::Dim, "you run it; midwatch never does");
        let inner = sheet(canvas, area, &title, &right);
        let body = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let height = usize::from(body.height);
        let end = rows
            .iter()
            .rposition(|row| row.step == Some(self.selected))
            .map_or(0, |at| at + 1);
        let start = rows
            .iter()
            .position(|row| row.step == Some(self.selected))
            .unwrap_or(0);
        let top = end
            .saturating_sub(height)
            .min(start)
            .min(rows.len().saturating_sub(height));
        for (area, row) in body.rows().zip(rows.iter().skip(top)) {
            canvas.line(area, &row.line);
            if row.step == Some(self.selected) {
                let wide = Rect {
                    x: area.x - 1,
                    width: area.width + 2,
                    ..area
                };
                canvas.tint(wide, Role::Selected);
            }
        }
        let frame = Rect {
            x: body.x - 1,
            width: body.width + 2,
            ..body
        };
        canvas.scrollbar(frame, top, rows.len());
        let mut keys = Rich::new();
        for (key, words) in [
            ("y", "copy command"),
            ("i", "copy for an agent"),
            ("Space", "tick"),
            ("Esc", "close"),
        ] {
            keys = keys.add(Role::Key, key).add(Role::Dim, format!(" {words}   "));
        }
        let last = Rect {
            y: inner.bottom().saturating_sub(1),
            height: 1,
            ..inner
        };
        canvas.line(last, &keys);
    }
}

const WIDTH: u16 = 104;

fn steps(plan: &MitigationPlan) -> impl Iterator<Item = &MitigationStep> {
    plan.parts().into_iter().flat_map(|(_, steps)| steps)
}
