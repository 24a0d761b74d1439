//! AWS Support from the console: what is done there, and what came of it. What was said comes back through the journal.

use std::sync::Arc;

use super::{
    effects::Effect,
    keymap::Context,
    layout::Pane,
    overlay::{Overlay, support::SupportView},
    pane::{self, chat::support::is_shown},
    rich::shown,
    state::State,
};
use crate::{
    aws::Confirmation,
    engine::handle::support::{Opened, Order, Outcome, Prepared, Sent, Standing, Support, Trouble, name_of},
    journal::StreamId,
};

/// A case that somebody watches, and which stretch of watching it is: one that was broken off goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The case.
    pub case: String,
    /// Which stretch.
    pub turn: u64,
}

/// Something to do at AWS Support.
#[derive(Debug, Clone)]
pub enum CaseEffect {
    /// Put together what would be shared of an investigation.
    Prepare(StreamId),
    /// Open the case that was shown.
    Open {
        /// What was shown.
        prepared: Arc<Prepared>,
        /// What is wanted of it.
        order: Order,
        /// Who said yes.
        confirmed: Confirmation,
    },
    /// Wait until it is time to look at a case again.
    Wait(Watch),
    /// Ask what was said in a case.
    Look(Watch),
    /// Say something in a case.
    Say {
        /// The case.
        case: String,
        /// The words.
        words: String,
        /// Who sent them.
        confirmed: Confirmation,
    },
    /// Close a case.
    Resolve {
        /// The case.
        case: String,
        /// Who said yes.
        confirmed: Confirmation,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum CaseOutcome {
    /// What would be shared.
    Prepared(StreamId, Result<Arc<Prepared>, Trouble>),
    /// There is an open case already: its opening had got no answer.
    Found(StreamId, Opened),
    /// The case was opened.
    Opened {
        /// What was shown.
        prepared: Arc<Prepared>,
        /// The case.
        result: Result<Opened, Trouble>,
    },
    /// It is time to look at a case again.
    Due(Watch),
    /// What is new in a case is in the journal.
    Looked(Watch, Result<usize, Trouble>),
    /// Words were sent.
    Said {
        /// The words as they were typed.
        words: String,
        /// The words as they were sent.
        result: Result<Sent, Trouble>,
    },
    /// The case was closed.
    Resolved(Result<(), Trouble>),
}

impl CaseEffect {
    /// Does it.
    pub async fn perform(self, support: Option<&dyn Support>) -> CaseOutcome {
        let nobody = || {
            Trouble::new(
                "this console cannot ask AWS Support",
                "midwatch without a demo does, and midwatch support works without a console",
            )
        };
        match self {
            Self::Prepare(stream) => {
                let Some(support) = support else {
                    return CaseOutcome::Prepared(stream, Err(nobody()));
                };
                // Where nobody can be asked what became of an earlier case, the preview says so.
                if let Ok(Some(opened)) = support.existing(&stream).await {
                    return CaseOutcome::Found(stream, opened);
                }
                let prepared = support.prepare(&stream).await;
                CaseOutcome::Prepared(stream, prepared)
            }
            Self::Open {
                prepared,
                order,
                confirmed,
            } => {
                let result = match support {
                    Some(support) => support.open(&prepared, &order, &confirmed).await,
                    None => Err(nobody()),
                };
                CaseOutcome::Opened { prepared, result }
            }
            Self::Wait(watch) => {
                match support {
                    Some(support) => tokio::time::sleep(support.pace()).await,
                    None => std::future::pending().await,
                }
                CaseOutcome::Due(watch)
            }
            Self::Look(watch) => {
                let looked = match support {
                    Some(support) => support.look(&watch.case).await,
                    None => Err(nobody()),
                };
                CaseOutcome::Looked(watch, looked)
            }
            Self::Say {
                case,
                words,
                confirmed,
            } => {
                let result = match support {
                    Some(support) => support.say(&case, &words, &confirmed).await,
                    None => Err(nobody()),
                };
                CaseOutcome::Said { words, result }
            }
            Self::Resolve { case, confirmed } => CaseOutcome::Resolved(match support {
                Some(support) => support.resolve(&case, &confirmed).await,
                None => Err(nobody()),
            }),
        }
    }
}

/// The operator's name, for a confirmation.
pub fn who(state: &State) -> String {
    name_of(&state.place.actor)
}

/// Asks AWS Support about the selected investigation: to its open case, or to a new one.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let Some(stream) = state.selected.clone() else {
        let new = state.keymap.key_of(super::action::Action::New);
        state.complain(format!(
            "there is no investigation to ask about\nhint: {new} starts one"
        ));
        return Vec::new();
    };
    let case = state.space.cases.of(&stream);
    if case.is_some_and(crate::journal::views::Case::is_open) {
        state.chat.support.open = true;
        pane::chat::focus(state, Pane::Chat);
        return Vec::new();
    }
    let view = SupportView::asking(stream.clone());
    state.overlays.push(Overlay::Support(Box::new(view)));
    vec![Effect::Case(CaseEffect::Prepare(stream))]
}

/// To the conversation with AWS Support, or back to the one with midwatch.
pub fn switch(state: &mut State) -> Vec<Effect> {
    if is_shown(state) {
        state.chat.support.open = false;
    } else if pane::chat::support::case(state).is_some() {
        state.chat.support.open = true;
        pane::chat::focus(state, Pane::Chat);
    } else {
        let key = state.keymap.key_of(super::action::Action::AskSupport);
        let back = state.keymap.key_in(Context::Chat, super::action::Action::Back);
        state.say(format!(
            "there is no case about this investigation; {back}, then {key} opens one"
        ));
    }
    Vec::new()
}

/// Asks whether the case of the selected investigation is to be closed.
pub fn resolve(state: &mut State) -> Vec<Effect> {
    let case = pane::chat::support::case(state).filter(|case| case.is_open());
    let Some((id, name)) = case.and_then(|case| Some((case.id.clone()?, case.name().to_owned()))) else {
        state.say("there is no open case about this investigation");
        return Vec::new();
    };
    let view = SupportView::closing(id, &name);
    state.overlays.push(Overlay::Support(Box::new(view)));
    Vec::new()
}

/// Looks at the case while somebody watches the conversation: now when nobody has looked yet, then at its pace.
pub fn watch(state: &mut State) -> Option<Effect> {
    let case = watched(state)?;
    let tab = &mut state.chat.support;
    if tab.watching.as_ref().is_some_and(|watch| watch.case == case) {
        return None;
    }
    tab.turns += 1;
    let watch = Watch {
        case,
        turn: tab.turns,
    };
    tab.watching = Some(watch.clone());
    Some(Effect::Case(CaseEffect::Look(watch)))
}

/// The open case whose conversation is on the screen.
fn watched(state: &State) -> Option<String> {
    let seen = is_shown(state) && state.layout().pane(Pane::Chat).is_some();
    let case = pane::chat::support::case(state).filter(|case| seen && case.is_open())?;
    case.id.clone()
}

/// Takes what came of it.
pub fn take(state: &mut State, outcome: CaseOutcome) -> Vec<Effect> {
    match outcome {
        CaseOutcome::Prepared(stream, result) => {
            for overlay in &mut state.overlays {
                if let Overlay::Support(view) = overlay {
                    view.prepared(&stream, &result);
                }
            }
        }
        CaseOutcome::Found(stream, found) => {
            let asked =
                |overlay: &Overlay| matches!(overlay, Overlay::Support(view) if view.is_asking(&stream));
            if let Some(place) = state.overlays.iter().position(asked) {
                state.overlays.remove(place);
                to_the_case(state, &stream);
                let name = shown(found.name());
                state.say(format!("case {name}, of which nothing was known, is open"));
            }
        }
        CaseOutcome::Opened { prepared, result } => opened(state, &prepared, result),
        CaseOutcome::Due(watch) => {
            if state.chat.support.watching.as_ref() != Some(&watch) {
                return Vec::new();
            }
            if watched(state).as_ref() == Some(&watch.case) {
                return vec![Effect::Case(CaseEffect::Look(watch))];
            }
            // Nobody watches it any more; whoever comes back looks at once.
            state.chat.support.watching = None;
        }
        CaseOutcome::Looked(watch, result) => {
            if state.chat.support.watching.as_ref() == Some(&watch) {
                state.chat.support.trouble = result.err();
                return vec![Effect::Case(CaseEffect::Wait(watch))];
            }
        }
        CaseOutcome::Said { words, result } => {
            let tab = &mut state.chat.support;
            tab.sending = None;
            match result {
                Ok(Sent {
                    unwritten: Some(why), ..
                }) => state.complain(why.to_string()),
                Ok(sent) if sent.words != words => {
                    state.say("sent; secrets and personal data were taken out of it");
                }
                Ok(_) => {}
                Err(trouble) => {
                    // What was typed is not lost.
                    let typed = tab.field.text();
                    let gap = if typed.trim().is_empty() { "" } else { "\n" };
                    tab.field.set(&format!("{words}{gap}{typed}"));
                    tab.unsent = Some(trouble);
                }
            }
        }
        CaseOutcome::Resolved(result) => {
            state.overlays.retain(|overlay| match overlay {
                Overlay::Support(view) => !view.is_closing(),
                _ => true,
            });
            match result {
                Ok(()) => state.say("the case is resolved"),
                Err(trouble) => {
                    let lead = match trouble.outcome {
                        Outcome::Nothing => "the case was not closed: ",
                        Outcome::Unknown => "it is not known whether the case was closed: ",
                        Outcome::Done => "",
                    };
                    state.complain(format!("{lead}{trouble}"));
                }
            }
        }
    }
    Vec::new()
}

fn opened(state: &mut State, prepared: &Arc<Prepared>, result: Result<Opened, Trouble>) {
    let sits = state
        .overlays
        .iter()
        .position(|overlay| matches!(overlay, Overlay::Support(view) if view.is_opening(&prepared.stream)));
    match result {
        Ok(opened) => {
            if let Some(place) = sits {
                state.overlays.remove(place);
            }
            to_the_case(state, &prepared.stream);
            let name = shown(opened.name());
            state.say(match prepared.standing {
                Standing::Center(_) => {
                    format!("case {name} is open; answers are written in the Support Center")
                }
                _ => format!("case {name} is open"),
            });
        }
        Err(trouble) => {
            if let Some(Overlay::Support(view)) = sits.and_then(|place| state.overlays.get_mut(place)) {
                view.failed(trouble);
                return;
            }
            let lead = match trouble.outcome {
                Outcome::Nothing => "the case was not opened: ",
                Outcome::Unknown => "it is not known whether the case was opened: ",
                Outcome::Done => "",
            };
            state.complain(format!("{lead}{trouble}"));
        }
    }
}

/// Shows the conversation about an investigation, where it is the selected one.
fn to_the_case(state: &mut State, stream: &StreamId) {
    if state.selected.as_ref() == Some(stream) {
        state.chat.support.open = true;
        pane::chat::focus(state, Pane::Chat);
    }
}
