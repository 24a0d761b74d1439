//! Cells of asking AWS Support.

use ratatui::layout::Rect;

use super::{Draft, Stage, SupportView};
use crate::{
    console::{
        action::Action,
        canvas::{Canvas, with_air},
        overlay::{centred, confirm::Confirm, last_row, sheet},
        rich::{Rich, shown},
        state::State,
        theme::Role,
    },
    engine::handle::support::{Outcome, Prepared},
};

const WIDTH: u16 = 104;

impl SupportView {
    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        match &self.stage {
            Stage::Asking => note(
                state,
                canvas,
                "Ask AWS Support",
                &[Rich::of(
                    Role::Running,
                    "putting together what is shared, and asking what the support plan offers",
                )],
            ),
            Stage::Shown(draft) => draft.draw(state, canvas),
            Stage::Sure(draft) => {
                draft.draw(state, canvas);
                draft.question().draw(state, canvas);
            }
            Stage::Opening(_) => note(
                state,
                canvas,
                "Ask AWS Support",
                &[
                    Rich::of(Role::Running, "handing over the log, opening the case"),
                    Rich::of(
                        Role::Dim,
                        "Esc goes on without waiting; it is told when it is done",
                    ),
                ],
            ),
            Stage::Failed(trouble, draft) => {
                let mut lines = vec![
                    Rich::of(Role::Warn, canvas.glyphs.alarm)
                        .add(Role::Text, " ")
                        .add(Role::Strong, shown(&trouble.what)),
                    Rich::of(Role::Dim, format!("hint: {}", shown(&trouble.hint))),
                ];
                if draft.is_some() {
                    let copy = state.keymap.key_of(Action::Copy);
                    lines.push(Rich::new());
                    lines.push(
                        Rich::of(Role::Key, "Enter")
                            .add(Role::Dim, " back to what is shared   ")
                            .add(Role::Key, copy)
                            .add(Role::Dim, " copies its text   ")
                            .add(Role::Key, "Esc")
                            .add(Role::Dim, " closes"),
                    );
                }
                let title = match (trouble.outcome, draft) {
                    (Outcome::Unknown, _) => "It is not known whether the case is open",
                    (Outcome::Done, _) => "The case is open",
                    (Outcome::Nothing, Some(_)) => "The case was not opened",
                    (Outcome::Nothing, None) => "AWS Support was not asked",
                };
                note(state, canvas, title, &lines);
            }
            Stage::SureToClose { name, .. } => Confirm {
                question: Rich::of(Role::Text, "Close case ")
                    .add(Role::Strong, shown(name))
                    .add(Role::Text, "? AWS Support stops working on it."),
                yes: "close it",
                effects: Vec::new(),
            }
            .draw(state, canvas),
            Stage::Closing { name } => note(
                state,
                canvas,
                "AWS Support",
                &[Rich::of(Role::Running, format!("closing case {}", shown(name)))],
            ),
        }
    }
}

impl Draft {
    /// What would be shared, the severities, and the keys.
    fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let prepared = &self.prepared;
        let pasted = prepared.to_paste().is_some();
        let area = centred(state.size, WIDTH, state.size.height);
        let (title, right) = if pasted {
            ("Ask AWS Support yourself", "a text to paste")
        } else {
            ("Ask AWS Support", "exactly this is sent")
        };
        let inner = sheet(
            canvas,
            area,
            &Rich::of(Role::Focus, title),
            &Rich::of(Role::Dim, right),
        );
        let body = body(state);
        let rows = rows(prepared, usize::from(body.width));
        canvas.lines(body, rows.iter().skip(self.top));
        let frame = with_air(body);
        canvas.scrollbar(frame, self.top, rows.len());
        let last = last_row(inner);
        if !pasted {
            let above = Rect {
                y: last.y.saturating_sub(1),
                ..last
            };
            canvas.line(above, &self.severities());
        }
        canvas.line(last, &keys(state, pasted));
    }

    /// The severities that are offered, the chosen one in brackets.
    fn severities(&self) -> Rich {
        let mut line = Rich::of(Role::Strong, "severity ");
        for (place, severity) in self.prepared.standing.severities().iter().enumerate() {
            let word = shown(&severity.code);
            line = if place == self.severity {
                line.add(Role::Focus, format!("[{word}]"))
            } else {
                line.add(Role::Dim, format!(" {word} "))
            };
        }
        line
    }

    fn question(&self) -> Confirm {
        let files = self.prepared.shared.files.len();
        let of = match &self.prepared.asks {
            Ok(account) => format!(" in the name of account {}", shown(account)),
            Err(_) => " in the name of an account that is not known".to_owned(),
        };
        let again = if self.prepared.unsettled.is_empty() {
            ""
        } else {
            " An earlier case about this got no answer: then there may be two."
        };
        Confirm {
            question: Rich::of(Role::Text, "Open a case at AWS Support with the severity ")
                .add(Role::Strong, shown(self.severity().unwrap_or("-")))
                .add(
                    Role::Text,
                    format!("? The text and {files} files go to AWS{of}, and cannot be taken back.{again}"),
                ),
            yes: "open it",
            effects: Vec::new(),
        }
    }
}

/// Where the text stands.
pub(super) fn body(state: &State) -> Rect {
    let area = centred(state.size, WIDTH, state.size.height);
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(5),
    }
}

/// Everything that is sent, as rows.
pub(super) fn rows(prepared: &Prepared, width: usize) -> Vec<Rich> {
    let shared = &prepared.shared;
    let mut lines = Vec::new();
    if let Some(sentence) = prepared.sentence_to_paste() {
        lines.push(Rich::of(Role::Warn, shown(&sentence)));
        lines.push(Rich::new());
    }
    for warning in prepared.warnings() {
        lines.push(Rich::of(Role::Warn, "note      ").add(Role::Text, shown(&warning)));
    }
    let fact = |name: &str, words: String| Rich::of(Role::Dim, format!("{name:<10}")).add(Role::Text, words);
    lines.push(fact("account", shown(prepared.asks())));
    if let Some(filed) = &prepared.filed {
        lines.push(fact(
            "filed as",
            format!("{} ({})", shown(&filed.name), shown(&filed.category)),
        ));
    }
    for file in &shared.files {
        let attachment = &file.attachment;
        lines.push(fact(
            "attached",
            format!(
                "{}, {} bytes, {}",
                shown(&attachment.name),
                attachment.bytes,
                attachment.digest.short()
            ),
        ));
    }
    let taken = match shared.taken_out {
        0 => "no secret or personal data was found".to_owned(),
        1 => "1 secret or piece of personal data".to_owned(),
        n => format!("{n} secrets and pieces of personal data"),
    };
    lines.push(fact("taken out", taken));
    lines.push(fact("subject", String::new()).add(Role::Strong, shown(&shared.subject)));
    lines.push(Rich::new());
    for line in shared.body.lines() {
        let heading = !line.is_empty() && line.chars().all(|c| !c.is_lowercase()) && !line.starts_with('-');
        let role = if heading { Role::Accent } else { Role::Text };
        lines.push(Rich::of(role, shown(line)));
    }
    lines
        .into_iter()
        .flat_map(|line| {
            let indent = if line.plain().starts_with("- ") { 2 } else { 0 };
            line.wrap(width, indent)
        })
        .collect()
}

fn keys(state: &State, pasted: bool) -> Rich {
    let copy = state.keymap.key_of(Action::Copy);
    let line = if pasted {
        Rich::of(Role::Key, "Enter").add(Role::Dim, " copies the text   ")
    } else {
        let sides = if state.glyphs.ascii {
            "Left Right"
        } else {
            "←→"
        };
        Rich::of(Role::Key, sides)
            .add(Role::Dim, " severity   ")
            .add(Role::Key, "Enter")
            .add(Role::Dim, " open the case   ")
            .add(Role::Key, copy)
            .add(Role::Dim, " copy the text   ")
    };
    line.add(Role::Key, "Esc").add(Role::Dim, " back")
}

/// A few lines in a small sheet.
fn note(state: &State, canvas: &mut Canvas<'_>, title: &str, lines: &[Rich]) {
    let width = 76.min(state.size.width);
    let cells = usize::from(width.saturating_sub(4));
    let rows: Vec<Rich> = lines.iter().flat_map(|line| line.wrap(cells, 0)).collect();
    let area = centred(state.size, width, rows.len() as u16 + 2);
    let inner = sheet(canvas, area, &Rich::of(Role::Focus, title), &Rich::new());
    canvas.lines(inner, &rows);
}
