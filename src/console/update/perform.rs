//! What an action does, in the focused pane or everywhere.

use crate::{
    console::{
        action::Action,
        effects::Effect,
        layout::Pane,
        overlay::{
            Overlay, confirm::Confirm, events::EventList, evidence::EvidenceView, help::Help,
            letters::Letters, messages::Messages, mitigation::MitigationView, palette::Palette,
            start_form::StartForm, timeline::Timeline,
        },
        pane,
        rich::Rich,
        state::{Integrity, State},
        support,
        theme::{Depth, Role},
    },
    journal::{Body, body::Steering, views::Investigation},
    model::{Intent, RunState, Text},
};

/// Does what an action says, in the focused pane or everywhere.
pub fn perform(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(effects) = pane::act(state, state.focus, action) {
        return effects;
    }
    match action {
        Action::Quit => vec![Effect::Quit],
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::Verify => {
            state.integrity = Integrity::Checking;
            vec![Effect::Verify]
        }
        Action::Help => open(state, Overlay::Help(Help::default())),
        Action::Palette => {
            let palette = Palette::everything(state);
            open(state, Overlay::Palette(palette))
        }
        Action::Messages => open(state, Overlay::Messages(Messages::default())),
        Action::Letters => {
            let letters = Letters::of(&state.space.letters);
            open(state, Overlay::Letters(letters))
        }
        Action::Theme => {
            state.theme = state.themes.after(&state.theme, state.depth);
            let name = &state.theme.name;
            let words = match state.depth {
                Depth::Mono => format!("theme {name}: NO_COLOR or TERM says that there are no colours"),
                _ => format!("theme {name}"),
            };
            state.say(words);
            Vec::new()
        }
        Action::Clock => {
            state.local = !state.local;
            let clock = state.clock();
            let words = match (state.local, clock.mark(state.now).as_str()) {
                (true, "UTC") => "clock: the local zone is UTC as well".to_owned(),
                (_, mark) => format!("clock: {mark}"),
            };
            state.say(words);
            Vec::new()
        }
        Action::FocusInvestigations => focus(state, Pane::Investigations),
        Action::FocusJournal => focus(state, Pane::Journal),
        Action::FocusChat => focus(state, Pane::Chat),
        Action::FocusTopology => focus(state, Pane::Topology),
        Action::FocusPrevention => focus(state, Pane::Prevention),
        Action::NextPane => {
            let next = state.focus.step(1);
            focus(state, next)
        }
        Action::PreviousPane => {
            let previous = state.focus.step(Pane::ALL.len() - 1);
            focus(state, previous)
        }
        Action::Zoom => {
            state.zoom = !state.zoom;
            Vec::new()
        }
        Action::Back => back(state),
        Action::New => {
            let form = StartForm::new(&state.place);
            open(state, Overlay::StartForm(Box::new(form)))
        }
        Action::Again | Action::RaisePriority | Action::LowerPriority => {
            pane::investigations::update::act(state, action).unwrap_or_default()
        }
        Action::Sort | Action::Group => {
            state.focus = Pane::Investigations;
            pane::investigations::update::act(state, action).unwrap_or_default()
        }
        Action::Pause => pause(state),
        Action::Cancel => cancel(state),
        Action::Mitigation => {
            if state.investigation().is_some_and(|inv| inv.mitigation.is_some()) {
                return open(state, Overlay::Mitigation(MitigationView::default()));
            }
            state.say("there is no plan yet: it comes with a root cause");
            Vec::new()
        }
        Action::AskSupport => support::ask(state),
        Action::SupportTab => support::switch(state),
        Action::ResolveCase => support::resolve(state),
        Action::Evidence => {
            if !EvidenceView::everything(state) {
                state.say("nothing was found yet; Enter on a note opens what is behind it");
            }
            Vec::new()
        }
        Action::Events => {
            EventList::open(state);
            Vec::new()
        }
        Action::Timeline => {
            Timeline::open(state);
            Vec::new()
        }
        Action::SpaceTopology => {
            state.topology.of_space = !state.topology.of_space;
            state.focus = Pane::Topology;
            Vec::new()
        }
        Action::ReadReport => match state.investigation() {
            Some(inv) => vec![Effect::Report(Box::new(inv.clone()))],
            None => Vec::new(),
        },
        Action::Export => match state.investigation() {
            Some(inv) => vec![Effect::Export(Box::new(inv.clone()))],
            None => Vec::new(),
        },
        Action::Unfold
        | Action::GoTo
        | Action::Follow
        | Action::Ages
        | Action::NextMatch
        | Action::PreviousMatch => {
            state.focus = Pane::Journal;
            pane::journal::update::act(state, action).unwrap_or_default()
        }
        Action::Accept | Action::Reject | Action::Category => {
            state.focus = Pane::Prevention;
            pane::prevention::act(state, action).unwrap_or_default()
        }
        Action::View
        | Action::Shape
        | Action::Closer
        | Action::Farther
        | Action::Centre
        | Action::Blast
        | Action::Fold
        | Action::FoldAll => {
            state.focus = Pane::Topology;
            pane::topology::act(state, action).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn open(state: &mut State, overlay: Overlay) -> Vec<Effect> {
    state.overlays.push(overlay);
    Vec::new()
}

fn focus(state: &mut State, pane: Pane) -> Vec<Effect> {
    pane::chat::focus(state, pane);
    Vec::new()
}

fn back(state: &mut State) -> Vec<Effect> {
    if state.toast.take().is_some() {
        return Vec::new();
    }
    if state.chat.away {
        state.focus = Pane::Chat;
    } else if state.zoom {
        state.zoom = false;
    } else if state.focus != Pane::Investigations {
        state.focus = Pane::Investigations;
    }
    Vec::new()
}

/// Says to the engine what is wanted of the selected investigation.
pub fn steer(state: &State, intent: Intent) -> Vec<Effect> {
    let Some(stream) = state.selected.clone().filter(|_| state.is_open()) else {
        return Vec::new();
    };
    vec![Effect::Append {
        stream,
        body: Box::new(Body::Steering(Steering {
            message: None,
            intent,
            effect: Text::new(),
        })),
        or_else: None,
    }]
}

fn pause(state: &mut State) -> Vec<Effect> {
    match state.investigation().and_then(|inv| inv.state) {
        Some(RunState::Paused) => steer(state, Intent::Resume),
        Some(RunState::Running | RunState::Queued) => steer(state, Intent::Pause),
        Some(_) => {
            let key = state.keymap.key_of(Action::Again);
            state.say(format!("it has ended; {key} looks again"));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn cancel(state: &mut State) -> Vec<Effect> {
    if !state.is_open() {
        state.say("it has ended already");
        return Vec::new();
    }
    let title = state
        .investigation()
        .map(Investigation::title)
        .unwrap_or_default();
    let confirm = Confirm {
        question: Rich::of(Role::Text, "Cancel ").flat(Role::Strong, &title).add(
            Role::Text,
            "? What was found stays in the journal; the investigation cannot be taken up again.",
        ),
        yes: "cancel it",
        effects: steer(state, Intent::Cancel),
    };
    open(state, Overlay::Confirm(confirm))
}
