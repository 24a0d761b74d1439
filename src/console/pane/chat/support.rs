//! The conversation with AWS Support about the selected investigation, in the place of the chat.

use super::{
    history,
    update::{history_height, typed_width},
};
use crate::{
    aws::Confirmation,
    console::{
        action::Action,
        effects::Effect,
        field::Field,
        keymap::Context,
        layout::Pane,
        rich::{Rich, shown},
        state::State,
        support::{CaseEffect, Watch, who},
        theme::Role,
    },
    engine::handle::support::{Outcome, Trouble},
    journal::{
        Actor, StreamId,
        body::Voice,
        views::{Case, Remark},
    },
    model::Span,
};

/// What the conversation remembers.
#[derive(Debug, Clone)]
pub struct SupportTab {
    /// It stands in the place of the chat, where there is a case.
    pub open: bool,
    /// What is being typed.
    pub field: Field,
    /// What is on its way.
    pub sending: Option<String>,
    /// The case that is being looked at or waited for.
    pub watching: Option<Watch>,
    /// Stretches of watching so far.
    pub turns: u64,
    /// Why the last look failed.
    pub trouble: Option<Trouble>,
    /// Why what was said last was not sent; it stands in the field again.
    pub unsent: Option<Trouble>,
    /// Rows above the last ones that are shown.
    pub up: usize,
    /// Rows at the pane's width, as of the last update.
    pub rows: Vec<Rich>,
    made_from: Option<Basis>,
}

/// What the rows were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Basis {
    stream: Option<StreamId>,
    seq: u64,
    width: u16,
    local: bool,
    ascii: bool,
    sending: Option<String>,
    trouble: Option<Trouble>,
    unsent: Option<Trouble>,
}

impl Default for SupportTab {
    fn default() -> Self {
        Self {
            open: false,
            field: Field::lines("say something to AWS Support (it is sent as soon as you press Enter)"),
            sending: None,
            watching: None,
            turns: 0,
            trouble: None,
            unsent: None,
            up: 0,
            rows: Vec::new(),
            made_from: None,
        }
    }
}

/// The newest case about the selected investigation.
pub fn case(state: &State) -> Option<&Case> {
    state.space.cases.of(state.selected.as_ref()?)
}

/// True when the conversation stands in the place of the chat.
pub fn is_shown(state: &State) -> bool {
    state.chat.support.open && case(state).is_some()
}

/// Which case, behind the pane's own title.
pub fn title(state: &State) -> Rich {
    let Some(case) = case(state) else {
        return Rich::new();
    };
    let role = if case.is_open() { Role::Good } else { Role::Dim };
    Rich::of(Role::Text, " ")
        .add(Role::Focus, "AWS Support")
        .add(Role::Text, format!(" {} ", shown(case.name())))
        .add(role, shown(standing(case)))
}

/// AWS' word for how a case stands, shorter where it is known.
fn standing(case: &Case) -> &str {
    match case.word() {
        "opened" | "unassigned" | "reopened" => "open",
        "pending-customer-action" => "your turn",
        "customer-action-completed" => "their turn",
        "work-in-progress" => "at work",
        other => other,
    }
}

/// The keys that lead elsewhere, as many as there is room for beside the title.
pub fn hint(state: &State) -> Rich {
    let key = |action| state.keymap.key_in(Context::Chat, action);
    let back = Rich::of(Role::Key, key(Action::SupportTab)).add(Role::Dim, " midwatch");
    let both = back
        .clone()
        .add(Role::Dim, "  ")
        .add(Role::Key, key(Action::ResolveCase))
        .add(Role::Dim, " close");
    // The pane's number and name, the corners and the air between.
    let taken = title(state).width() + 16;
    let room = usize::from(state.layout().inside(Pane::Chat).width);
    if case(state).is_some_and(Case::is_open) && taken + both.width() <= room {
        both
    } else {
        back
    }
}

/// Does what a key asks; `None` when the pane does not know it.
pub(super) fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let height = history_height(state).max(1);
    let last_row = state.chat.support.field.is_on_last_row(typed_width(state));
    let tab = &mut state.chat.support;
    match action {
        Action::Send => return Some(send(state)),
        Action::NewLine => tab.field.new_line(),
        Action::Up if !tab.field.is_on_first_row() => tab.field.step(crossterm::event::KeyCode::Up),
        Action::Down if !last_row => tab.field.step(crossterm::event::KeyCode::Down),
        Action::Up => tab.up = (tab.up + 1).min(tab.rows.len().saturating_sub(height)),
        Action::Down => tab.up = tab.up.saturating_sub(1),
        Action::PageUp => tab.up = (tab.up + height).min(tab.rows.len().saturating_sub(height)),
        Action::PageDown => tab.up = tab.up.saturating_sub(height),
        Action::Back => state.focus = state.before_chat,
        _ => return None,
    }
    Some(Vec::new())
}

/// Sends what was typed: whoever presses the key has confirmed it.
fn send(state: &mut State) -> Vec<Effect> {
    let words = state.chat.support.field.text().trim().to_owned();
    let case = case(state).and_then(|case| Some((case.id.clone()?, case.is_open())));
    let Some((case, open)) = case.filter(|_| !words.is_empty()) else {
        return Vec::new();
    };
    if !open {
        state.complain("the case is resolved\nhint: the Support Center can reopen it");
        return Vec::new();
    }
    if state.chat.support.sending.is_some() {
        state.complain("what was said before is still on its way\nhint: wait a moment, nothing is lost");
        return Vec::new();
    }
    let confirmed = Confirmation::by(who(state));
    let tab = &mut state.chat.support;
    tab.field.set("");
    tab.up = 0;
    tab.unsent = None;
    tab.sending = Some(words.clone());
    vec![Effect::Case(CaseEffect::Say {
        case,
        words,
        confirmed,
    })]
}

/// Makes the rows again where something changed.
pub(super) fn settle(state: &mut State) {
    let width = state.layout().inside(Pane::Chat).width;
    let tab = &state.chat.support;
    let basis = Basis {
        stream: state.selected.clone(),
        seq: state.space.seq,
        width,
        local: state.local,
        ascii: state.glyphs.ascii,
        sending: tab.sending.clone(),
        trouble: tab.trouble.clone(),
        unsent: tab.unsent.clone(),
    };
    if width == 0 || !is_shown(state) || tab.made_from.as_ref() == Some(&basis) {
        return;
    }
    let Some(case) = case(state) else { return };
    let room = usize::from(width).saturating_sub(2);
    let lines = lines(case, state);
    let rows = lines.iter().flat_map(|line| line.wrap(room, history::LEAD));
    let rows = rows.collect();
    let tab = &mut state.chat.support;
    tab.rows = rows;
    tab.made_from = Some(basis);
}

fn lines(case: &Case, state: &State) -> Vec<Rich> {
    let by = match &case.by {
        Actor::Operator(name) => shown(name),
        other => other.to_string(),
    };
    let clock = state.clock();
    let files = crate::console::words::count(case.opening.attachments.len() as u64, "files");
    let mut lines = vec![
        Rich::of(Role::Dim, clock.time(case.at))
            .pad(history::LEAD)
            .add(Role::Text, format!("{by} opened it, severity "))
            .add(Role::Strong, shown(&case.opening.severity))
            .add(Role::Dim, format!("; the log is attached ({files})")),
    ];
    if case.opening.in_center {
        lines.push(Rich::of(Role::Warn, "note").pad(history::LEAD).add(
            Role::Text,
            "the support plan has answers written in the Support Center",
        ));
    }
    for remark in &case.remarks {
        lines.extend(said(remark, state));
    }
    let tab = &state.chat.support;
    if let Some(words) = &tab.sending {
        let first = words.lines().next().unwrap_or_default();
        lines.push(
            Rich::of(Role::Running, "sending")
                .pad(history::LEAD)
                .add(Role::Dim, shown(first)),
        );
    }
    let unsent = match tab.unsent.as_ref().map(|trouble| trouble.outcome) {
        Some(Outcome::Unknown) => "sent?",
        _ => "not sent",
    };
    let failed = [(unsent, &tab.unsent), ("no news", &tab.trouble)];
    for (what, trouble) in failed {
        lines.extend(trouble.as_ref().map(|trouble| {
            Rich::of(Role::Warn, what)
                .pad(history::LEAD)
                .add(Role::Text, shown(&trouble.what))
                .add(Role::Dim, format!("; hint: {}", shown(&trouble.hint)))
        }));
    }
    lines
}

/// Who and when, then the words.
fn said(remark: &Remark, state: &State) -> Vec<Rich> {
    let clock = state.clock();
    let (role, who) = match (remark.said.by, &remark.actor) {
        (Voice::Aws, _) => (Role::Agent, "AWS Support".to_owned()),
        (Voice::Us, actor) if *actor == state.place.actor => (Role::You, "you".to_owned()),
        (Voice::Us, Actor::Operator(name)) => (Role::You, shown(name)),
        (Voice::Us, _) => (Role::You, "we, from elsewhere".to_owned()),
    };
    let mut lines = vec![
        Rich::of(Role::Dim, clock.time(remark.at))
            .pad(history::LEAD)
            .add(role, who),
    ];
    let words: String = remark.said.text.0.iter().map(Span::as_str).collect();
    for line in words.lines() {
        let lead = Rich::of(Role::Text, " ".repeat(history::LEAD));
        lines.push(match remark.said.by {
            Voice::Aws => lead.ext(line),
            Voice::Us => lead.add(Role::Text, shown(line)),
        });
    }
    if !remark.said.files.is_empty() {
        let files = shown(&remark.said.files.join(", "));
        lines.push(Rich::of(Role::Text, " ".repeat(history::LEAD)).add(Role::Dim, format!("with {files}")));
    }
    lines
}
