//! The mitigation plan as a checklist with commands to copy. Nothing here is ever run by the program: it can only look
//! again, in an investigation of its own, whether the symptom is gone.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, confirm::Confirm, last_row, sheet};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        effects::Effect,
        keymap::Context,
        rich::{Rich, shown},
        state::State,
        theme::Role,
    },
    engine::opening::Opening,
    journal::views::{Investigation, Listed, report},
    model::{MitigationPlan, MitigationStep, SourceSpec, Start, Text, Window},
};

/// Stretch of time that a look after the mitigation covers, up to now.
const LOOK: SignedDuration = SignedDuration::from_mins(15);

/// The mitigation plan. What is ticked off is kept by the state, for this sitting.
#[derive(Debug, Clone, Default)]
pub struct MitigationView {
    selected: usize,
}

struct Row {
    step: Option<usize>,
    line: Rich,
}

/// A part of the plan that has steps: its title, the number of its first step, its steps.
struct Part<'p> {
    title: &'static str,
    first: usize,
    steps: &'p [MitigationStep],
}

impl Part<'_> {
    fn holds(&self, step: usize) -> bool {
        (self.first..self.first + self.steps.len()).contains(&step)
    }

    fn done(&self, ticks: &BTreeSet<usize>) -> usize {
        ticks.iter().filter(|step| self.holds(**step)).count()
    }
}

fn parts(plan: &MitigationPlan) -> Vec<Part<'_>> {
    let mut first = 0;
    let mut parts = Vec::new();
    for (title, steps) in plan.parts() {
        if !steps.is_empty() {
            parts.push(Part { title, first, steps });
        }
        first += steps.len();
    }
    parts
}

impl MitigationView {
    /// Takes a key.
    pub fn key(mut self, state: &mut State, key: KeyEvent) -> Next {
        let Some(plan) = state.investigation().and_then(|inv| inv.mitigation.clone()) else {
            return Next::close();
        };
        let last = plan.steps().saturating_sub(1);
        if key.code == KeyCode::Char(' ') || key.code == KeyCode::Enter {
            self.tick(state, last);
            return Next::stay(Overlay::Mitigation(self));
        }
        let contexts = [Context::Mitigation, Context::List, Context::Global];
        let mut effects = Vec::new();
        match state.keymap.action(&contexts, &key) {
            Some(Action::Up) => self.selected = self.selected.saturating_sub(1),
            Some(Action::Down) => self.selected = (self.selected + 1).min(last),
            Some(Action::Top | Action::PageUp) => self.selected = 0,
            Some(Action::Bottom | Action::PageDown) => self.selected = last,
            Some(Action::Back) => return Next::close(),
            Some(Action::Copy) => {
                let mut steps = plan.parts().into_iter().flat_map(|(_, steps)| steps);
                let step = steps.nth(self.selected);
                let words = step.map(|step| step.shell().unwrap_or_else(|| step.text.plain()));
                effects.extend(words.map(Effect::Copy));
            }
            Some(Action::CopyPart) => effects.extend(self.copy_part(state, &plan)),
            Some(Action::CopyInstructions) => {
                let told = state.investigation().and_then(report::instructions);
                effects.push(Effect::Copy(told.unwrap_or_default()));
            }
            Some(Action::LookNow) => look_now(state),
            _ => {}
        }
        Next::stay_and(Overlay::Mitigation(self), effects)
    }

    fn tick(&mut self, state: &mut State, last: usize) {
        let Some(stream) = state.selected.clone() else {
            return;
        };
        let ticks = state.ticks.entry(stream).or_default();
        if !ticks.remove(&self.selected) {
            ticks.insert(self.selected);
            self.selected = (self.selected + 1).min(last);
        }
    }

    /// All commands of the part in which the selected step stands, a line each; those that write say so above.
    fn copy_part(&self, state: &mut State, plan: &MitigationPlan) -> Option<Effect> {
        let parts = parts(plan);
        let part = parts.iter().find(|part| part.holds(self.selected))?;
        let commands: Vec<String> = part
            .steps
            .iter()
            .filter_map(|step| {
                let shell = step.shell()?;
                let mark = if step.writes { "# writes\n" } else { "" };
                Some(format!("{mark}{shell}\n"))
            })
            .collect();
        if commands.is_empty() {
            state.say(format!("{} has no commands", part.title));
            return None;
        }
        Some(Effect::Copy(commands.concat()))
    }

    fn rows(plan: &MitigationPlan, state: &State, width: usize) -> Vec<Row> {
        let g = &state.glyphs;
        let ticks = ticks(state);
        let mut rows = Vec::new();
        for part in parts(plan) {
            let done = part.done(&ticks);
            let heading = Rich::of(Role::Accent, part.title)
                .add(Role::Dim, format!("  {done} of {} done", part.steps.len()));
            let heading = if part.title == POST_VALIDATE {
                let key = state.keymap.key_of(Action::LookNow);
                heading
                    .add(Role::Text, "   ")
                    .add(Role::Key, key)
                    .add(Role::Dim, " looks whether the symptom is gone")
            } else {
                heading
            };
            rows.push(Row {
                step: None,
                line: heading.fit(width, g.more),
            });
            for (index, step) in (part.first..).zip(part.steps) {
                let row = |line| Row {
                    step: Some(index),
                    line,
                };
                let done = ticks.contains(&index);
                let tick = if done { g.done } else { " " };
                let role = if done { Role::Dim } else { Role::Text };
                let mut lead = Rich::of(if done { Role::Good } else { Role::Dim }, format!("[{tick}] "));
                if step.writes {
                    lead = lead.add(Role::Warn, format!("{} writes ", g.alarm));
                }
                rows.extend(lead.text(role, &step.text).wrap(width, 4).into_iter().map(row));
                if let Some(shell) = step.shell() {
                    let line = Rich::of(Role::Faint, "    $ ").add(Role::External, shown(&shell));
                    rows.extend(line.wrap(width, 6).into_iter().map(row));
                }
            }
            rows.push(Row {
                step: None,
                line: Rich::new(),
            });
        }
        rows.pop();
        rows
    }

    /// The parts in one line, with what is done of each; the one in which the selected step stands is marked.
    fn progress(&self, plan: &MitigationPlan, state: &State, width: usize) -> Rich {
        let ticks = ticks(state);
        let mut line = Rich::new();
        for part in parts(plan) {
            let (done, of) = (part.done(&ticks), part.steps.len());
            let here = part.holds(self.selected);
            let role = match (here, done == of) {
                (true, _) => Role::Focus,
                (_, true) => Role::Good,
                _ => Role::Dim,
            };
            let words = format!("{} {done}/{of}", part.title);
            let words = if here { format!("[{words}]") } else { words };
            let gap = if line.is_empty() { "" } else { "  " };
            line = line.add(Role::Text, gap).add(role, words);
        }
        line.fit(width, state.glyphs.more)
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let Some(plan) = state.investigation().and_then(|inv| inv.mitigation.as_ref()) else {
            return;
        };
        let width = WIDTH.min(state.size.width);
        let cells = usize::from(width.saturating_sub(4));
        let rows = Self::rows(plan, state, cells);
        let area = centred(state.size, width, rows.len() as u16 + 6);
        let done = ticks(state).len();
        let title = Rich::of(Role::Focus, "Mitigation plan")
            .add(Role::Text, format!("  {done} of {} done", plan.steps()));
        let right = Rich::of(Role::Dim, "you run it; midwatch never does");
        let inner = sheet(canvas, area, &title, &right);
        canvas.line(inner, &self.progress(plan, state, cells));
        let body = Rect {
            y: inner.y + 2,
            height: inner.height.saturating_sub(4),
            ..inner
        };
        let selected = |row: &Row| row.step == Some(self.selected);
        let height = usize::from(body.height);
        let end = rows.iter().rposition(selected).map_or(0, |at| at + 1);
        let start = rows.iter().position(selected).unwrap_or(0);
        let top = end
            .saturating_sub(height)
            .min(start)
            .min(rows.len().saturating_sub(height));
        for (area, row) in body.rows().zip(rows.iter().skip(top)) {
            canvas.line(area, &row.line);
            if selected(row) {
                let wide = with_air(area);
                canvas.tint(wide, Role::Selected);
            }
        }
        let frame = with_air(body);
        canvas.scrollbar(frame, top, rows.len());
        let last = last_row(inner);
        canvas.line(last, &keys(state, cells));
    }
}

/// The keys that matter here, in the words of the keymap.
fn keys(state: &State, width: usize) -> Rich {
    let mut keys = Rich::of(Role::Key, "Space").add(Role::Dim, " tick  ");
    for shown in state.keymap.footer(&[Context::Mitigation]) {
        keys = keys
            .add(Role::Key, shown.key)
            .add(Role::Dim, format!(" {}  ", shown.word));
    }
    keys.fit(width, state.glyphs.more)
}

const WIDTH: u16 = 104;
const POST_VALIDATE: &str = "post-validate";

/// Steps that the operator ticked off.
fn ticks(state: &State) -> BTreeSet<usize> {
    let stream = state.selected.as_ref();
    let ticks = stream.and_then(|stream| state.ticks.get(stream));
    ticks.cloned().unwrap_or_default()
}

/// Asks whether to look, now, whether the symptom is gone.
fn look_now(state: &mut State) {
    let (Some(inv), Some(listed)) = (state.investigation(), state.listed()) else {
        return;
    };
    if inv.end.is_none() {
        state.complain("it is still running\nhint: looking again is for when it has ended");
        return;
    }
    if !matches!(listed.opened.source, SourceSpec::Aws { .. }) {
        state.complain("it looks at a recording, which ends with the incident\nhint: on AWS this looks at the last 15 minutes");
        return;
    }
    let Some(opening) = after(inv, listed, state.now) else {
        state.complain("the investigation cannot be read");
        return;
    };
    let symptom = inv.plan.as_ref().map(|plan| plan.symptom.clone());
    let question = Rich::of(Role::Text, "Look whether the symptom is gone: ")
        .flat(Role::Strong, &symptom.unwrap_or_else(|| inv.title()))
        .add(
            Role::Text,
            "? It opens a linked investigation of the last 15 minutes, which reads and changes nothing.",
        );
    let confirm = Confirm {
        question,
        yes: "look now",
        effects: vec![Effect::Open(Box::new(opening))],
    };
    state.overlays.push(Overlay::Confirm(confirm));
}

/// The investigation that looks whether the symptom is gone: the same symptom, the last minutes, and as what is usual the
/// stretch of time that the first look took for it, since just before now lies the incident itself.
fn after(inv: &Investigation, listed: &Listed, now: Timestamp) -> Option<Opening> {
    let mut created = inv.created.clone()?;
    if let (Start::Preset { .. }, Some(series)) = (&created.start, inv.plan.as_ref()?.series.as_ref())
        && let Some(resource) = &series.resource
    {
        // The preset would ask anew which alarm fired last, or what has the most errors.
        created.start = Start::Symptom {
            resource: resource.clone(),
            metric: series.metric.clone(),
            stat: series.stat.clone(),
        };
    }
    created.title = Text::from("after the mitigation: ").join(&inv.title());
    created.hint = "after the mitigation: is the symptom gone?".into();
    created.at = Some(now);
    created.window = Some(Window::new(now - LOOK, now));
    created.baseline = inv.plan.as_ref().map(|plan| plan.baseline).or(created.baseline);
    Some(Opening {
        created,
        source: listed.opened.source.clone(),
        parent: Some(listed.opened.stream.clone()),
    })
}
