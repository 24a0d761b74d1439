//! Asking AWS Support: exactly what would be shared, the severities that the plan offers, and the question before it is sent.
//!
//! - `draw`: cells.

mod draw;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Next, Overlay, scrolled};
use crate::{
    aws::Confirmation,
    console::{
        action::Action,
        effects::Effect,
        keymap::Context,
        state::State,
        support::{CaseEffect, who},
    },
    engine::handle::support::{Order, Prepared, Trouble},
    journal::StreamId,
};

/// Asking AWS Support.
#[derive(Debug, Clone)]
pub struct SupportView {
    stream: Option<StreamId>,
    stage: Stage,
}

/// How far it has come.
#[derive(Debug, Clone)]
enum Stage {
    /// What is shared is put together, and AWS is asked what the plan offers.
    Asking,
    /// What would be shared, to be read; or to be pasted, where the plan takes no cases from programs.
    Shown(Draft),
    /// The question before it is sent.
    Sure(Draft),
    /// It is being sent.
    Opening(Draft),
    /// It could not be done; what would have been shared, where it is known.
    Failed(Trouble, Option<Draft>),
    /// The question before a case is closed.
    SureToClose { case: String, name: String },
    /// It is being closed.
    Closing { name: String },
}

/// A case, before it is confirmed.
#[derive(Debug, Clone)]
struct Draft {
    prepared: Arc<Prepared>,
    /// Place of the severity among those that are offered.
    severity: usize,
    top: usize,
}

impl Draft {
    fn of(prepared: Arc<Prepared>) -> Self {
        let offered = prepared.standing.severities();
        let fitting = prepared.standing.fitting(prepared.priority);
        let severity = offered.iter().position(|one| Some(one) == fitting);
        Self {
            severity: severity.unwrap_or(0),
            prepared,
            top: 0,
        }
    }

    fn severity(&self) -> Option<&str> {
        let offered = self.prepared.standing.severities();
        offered.get(self.severity).map(|one| one.code.as_str())
    }

    /// The text as it would be pasted.
    fn text(&self) -> String {
        let shared = &self.prepared.shared;
        format!("{}\n\n{}", shared.subject, shared.body)
    }
}

impl SupportView {
    /// While what would be shared is put together.
    pub const fn asking(stream: StreamId) -> Self {
        Self {
            stream: Some(stream),
            stage: Stage::Asking,
        }
    }

    /// The question before a case is closed.
    pub fn closing(case: String, name: &str) -> Self {
        Self {
            stream: None,
            stage: Stage::SureToClose {
                case,
                name: name.to_owned(),
            },
        }
    }

    /// Takes what would be shared.
    pub fn prepared(&mut self, stream: &StreamId, result: &Result<Arc<Prepared>, Trouble>) {
        if self.stream.as_ref() != Some(stream) || !matches!(self.stage, Stage::Asking) {
            return;
        }
        self.stage = match result {
            Ok(prepared) => Stage::Shown(Draft::of(Arc::clone(prepared))),
            Err(trouble) => Stage::Failed(trouble.clone(), None),
        };
    }

    /// Tells why it was not opened.
    pub fn failed(&mut self, trouble: Trouble) {
        let draft = match &self.stage {
            Stage::Opening(draft) => Some(draft.clone()),
            _ => None,
        };
        self.stage = Stage::Failed(trouble, draft);
    }

    /// True while it is put together what would be shared of this investigation.
    pub fn is_asking(&self, stream: &StreamId) -> bool {
        self.stream.as_ref() == Some(stream) && matches!(self.stage, Stage::Asking)
    }

    /// True while a case about this investigation is being opened.
    pub fn is_opening(&self, stream: &StreamId) -> bool {
        self.stream.as_ref() == Some(stream) && matches!(self.stage, Stage::Opening(_))
    }

    /// True while a case is being closed.
    pub const fn is_closing(&self) -> bool {
        matches!(self.stage, Stage::Closing { .. })
    }

    /// Takes a key.
    pub fn key(mut self: Box<Self>, state: &mut State, key: KeyEvent) -> Next {
        let action = state.keymap.action(&[Context::List, Context::Global], &key);
        if key.code == KeyCode::Esc {
            // What is being done is done to its end, and told in a message.
            return match self.stage {
                Stage::Sure(draft) => {
                    self.stage = Stage::Shown(draft);
                    Next::stay(Overlay::Support(self))
                }
                _ => Next::close(),
            };
        }
        let yes = matches!(key.code, KeyCode::Char('y' | 'Y'));
        let no = matches!(key.code, KeyCode::Char('n' | 'N' | 'q'));
        let mut effects = Vec::new();
        self.stage = match self.stage {
            Stage::Shown(draft) => match shown(draft, state, key, action, &mut effects) {
                Some(stage) => stage,
                None => return Next::done(effects),
            },
            Stage::Sure(draft) if yes => {
                effects.extend(draft.severity().map(|severity| {
                    Effect::Case(CaseEffect::Open {
                        prepared: Arc::clone(&draft.prepared),
                        order: Order {
                            severity: severity.to_owned(),
                            // The question has named those that got no answer.
                            again: !draft.prepared.unsettled.is_empty(),
                        },
                        confirmed: Confirmation::by(who(state)),
                    })
                }));
                Stage::Opening(draft)
            }
            Stage::Sure(draft) if no => Stage::Shown(draft),
            Stage::Failed(_, Some(draft)) if action == Some(Action::Copy) => {
                return Next::done(vec![Effect::Copy(draft.text())]);
            }
            Stage::Failed(_, Some(draft)) if key.code == KeyCode::Enter => Stage::Shown(draft),
            Stage::Failed(..) if no || key.code == KeyCode::Enter => return Next::close(),
            Stage::SureToClose { case, name } if yes => {
                effects.push(Effect::Case(CaseEffect::Resolve {
                    case,
                    confirmed: Confirmation::by(who(state)),
                }));
                Stage::Closing { name }
            }
            Stage::SureToClose { .. } if no => return Next::close(),
            stage => stage,
        };
        Next::stay_and(Overlay::Support(self), effects)
    }
}

/// A key while what would be shared is read; none when the view closes.
fn shown(
    mut draft: Draft,
    state: &State,
    key: KeyEvent,
    action: Option<Action>,
    effects: &mut Vec<Effect>,
) -> Option<Stage> {
    let offered = draft.prepared.standing.severities().len();
    let height = usize::from(draw::body(state).height);
    let page = height.max(2) as isize - 1;
    let pasted = draft.prepared.to_paste().is_some();
    let by = match action {
        _ if key.code == KeyCode::Enter && pasted => {
            effects.push(Effect::Copy(draft.text()));
            return None;
        }
        _ if key.code == KeyCode::Enter => return Some(Stage::Sure(draft)),
        Some(Action::Copy) => {
            effects.push(Effect::Copy(draft.text()));
            0
        }
        Some(Action::Left) => {
            draft.severity = draft.severity.saturating_sub(1);
            0
        }
        Some(Action::Right) => {
            draft.severity = (draft.severity + 1).min(offered.saturating_sub(1));
            0
        }
        Some(Action::Quit) => return None,
        Some(Action::Up) => -1,
        Some(Action::Down) => 1,
        Some(Action::PageUp) => -page,
        Some(Action::PageDown) => page,
        Some(Action::Top) => isize::MIN,
        Some(Action::Bottom) => isize::MAX,
        _ => 0,
    };
    let rows = draw::rows(&draft.prepared, usize::from(draw::body(state).width)).len();
    draft.top = scrolled(draft.top, by, rows, height);
    Some(Stage::Shown(draft))
}
