//! Keys to actions, as data. Footer and help are made from this table, so they cannot lie.
//!
//! - [`chord`]: one key, and how it is written. [`configured`]: the table as the configuration changes it.

pub mod chord;
pub mod configured;

use crossterm::event::{KeyCode, KeyEvent};
use serde::Deserialize;
use unicode_width::UnicodeWidthStr as _;

pub use self::{chord::Chord, configured::configured};
use super::{action::Action, layout::Pane};

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Everywhere but where somebody types.
    Global,
    /// In any list or text that scrolls.
    List,
    /// In the investigations pane.
    Investigations,
    /// In the journal pane.
    Journal,
    /// In the chat pane, while typing.
    Chat,
    /// In the topology pane.
    Topology,
    /// In the prevention pane.
    Prevention,
    /// Over evidence.
    Evidence,
    /// Over the mitigation plan.
    Mitigation,
    /// Over messages that did not arrive.
    Letters,
    /// Over the welcome of the first run.
    Welcome,
}

impl Context {
    /// Its title in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "everywhere",
            Self::List => "lists and text",
            Self::Investigations => "1 investigations",
            Self::Journal => "2 journal",
            Self::Chat => "3 chat",
            Self::Topology => "4 topology",
            Self::Prevention => "5 prevention",
            Self::Evidence => "evidence",
            Self::Mitigation => "mitigation plan",
            Self::Letters => "undelivered",
            Self::Welcome => "welcome",
        }
    }

    /// All of them, in the order of the help.
    pub const ALL: [Self; 11] = [
        Self::Global,
        Self::List,
        Self::Investigations,
        Self::Journal,
        Self::Chat,
        Self::Topology,
        Self::Prevention,
        Self::Evidence,
        Self::Mitigation,
        Self::Letters,
        Self::Welcome,
    ];
}

/// Keys that do one thing in one place.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Which keys; the first is the one that is shown.
    pub chords: Vec<Chord>,
    /// What they do.
    pub action: Action,
    /// The word in the footer; empty: not in the footer.
    pub footer: &'static str,
    /// The line of the configuration that says so; none: as it ships.
    pub line: Option<usize>,
}

/// A key as the footer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// How it is written.
    pub key: String,
    /// The word behind it.
    pub word: &'static str,
    /// What it does; none where several keys are shown as one.
    pub action: Option<Action>,
}

impl Shown {
    /// Cells that it takes in the footer, with the air behind it.
    pub fn cells(&self) -> usize {
        self.key.width() + self.word.width() + 3
    }
}

/// All bindings.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Keymap {
    /// What a key does in the first of these contexts that knows it.
    pub fn action(&self, contexts: &[Context], key: &KeyEvent) -> Option<Action> {
        let chord = Chord::of(key);
        contexts.iter().find_map(|context| {
            self.bindings
                .iter()
                .find(|binding| binding.context == *context && binding.chords.contains(&chord))
                .map(|binding| binding.action)
        })
    }

    /// The bindings of one context.
    pub fn in_context(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings
            .iter()
            .filter(move |binding| binding.context == context)
    }

    /// The key of an action, for the palette and hints; empty when it has none.
    pub fn key_of(&self, action: Action) -> String {
        let bound = self.bindings.iter().filter(|binding| binding.action == action);
        bound
            .flat_map(|binding| &binding.chords)
            .next()
            .map_or_else(String::new, |chord| chord.name())
    }

    /// The key of an action in one context; empty when it has none.
    pub fn key_in(&self, context: Context, action: Action) -> String {
        let mut bound = self
            .in_context(context)
            .filter(|binding| binding.action == action);
        bound
            .find_map(|binding| binding.chords.first())
            .map_or_else(String::new, |chord| chord.name())
    }

    /// The key of an action as it is found from a context and, where that has none, from everywhere.
    pub fn key_from(&self, context: Context, action: Action) -> String {
        match self.key_in(context, action) {
            key if key.is_empty() => self.key_in(Context::Global, action),
            key => key,
        }
    }

    /// What the footer shows, nearest context first.
    pub fn footer(&self, contexts: &[Context]) -> Vec<Shown> {
        let mut seen = Vec::new();
        let mut shown = Vec::new();
        for context in contexts {
            for binding in self.in_context(*context) {
                if binding.footer.is_empty() || seen.contains(&binding.action) {
                    continue;
                }
                seen.push(binding.action);
                if let Some(chord) = binding.chords.first() {
                    shown.push(Shown {
                        key: chord.name(),
                        word: binding.footer,
                        action: Some(binding.action),
                    });
                }
            }
        }
        shown
    }

    /// The keys that focus the panes as one: `1-5`; empty where they have nothing in common.
    pub fn pane_keys(&self) -> String {
        let keys = Pane::ALL.map(|pane| (pane, self.key_of(pane.action())));
        let common = keys
            .iter()
            .map(|(pane, key)| key.strip_suffix(&pane.number().to_string()))
            .collect::<Option<Vec<_>>>()
            .filter(|leads| leads.windows(2).all(|two| two.first() == two.last()));
        common
            .and_then(|leads| leads.first().copied())
            .map_or_else(String::new, |lead| format!("{lead}1-{}", Pane::ALL.len()))
    }

    /// The keys as they ship.
    pub fn shipped() -> Self {
        use Action as A;
        use Context as C;
        use KeyCode as K;
        let bind = |context, chords: &[Chord], action, footer| Binding {
            context,
            chords: chords.to_vec(),
            action,
            footer,
            line: None,
        };
        let (ch, ct, k) = (Chord::char, Chord::ctrl, Chord::key);
        let ctrl = Chord::ctrl_key;
        Self {
            bindings: vec![
                bind(C::Investigations, &[k(K::Enter), ch('l')], A::Open, "open"),
                bind(C::Investigations, &[ch('/')], A::Filter, "filter"),
                bind(C::Investigations, &[ch('o')], A::Sort, "order"),
                bind(C::Investigations, &[ch('g')], A::Group, ""),
                bind(C::Investigations, &[ch('+')], A::RaisePriority, ""),
                bind(C::Investigations, &[ch('-')], A::LowerPriority, ""),
                bind(C::Journal, &[k(K::Enter)], A::Open, "evidence"),
                bind(C::Journal, &[ch('f')], A::Unfold, "all/less"),
                bind(C::Journal, &[ch('F')], A::Follow, ""),
                bind(C::Journal, &[ch('T')], A::Ages, ""),
                bind(C::Journal, &[ch('g'), ch('#')], A::GoTo, ""),
                bind(C::Journal, &[ch('N')], A::PreviousMatch, ""),
                bind(C::Journal, &[ct('n')], A::NextMatch, ""),
                bind(C::Topology, &[k(K::Enter)], A::Open, "detail"),
                bind(C::Topology, &[k(K::Left), ch('h')], A::Left, ""),
                bind(C::Topology, &[ch('b')], A::Blast, "blast"),
                bind(C::Topology, &[ch('+'), ch('=')], A::Closer, "closer"),
                bind(C::Topology, &[ch('-')], A::Farther, "farther"),
                bind(C::Topology, &[ch('c')], A::Centre, ""),
                bind(C::Topology, &[ch(' ')], A::Fold, "fold"),
                bind(C::Topology, &[ch('F')], A::FoldAll, ""),
                bind(C::Topology, &[ch('o')], A::View, "view"),
                bind(C::Topology, &[ch('s')], A::Shape, "boxes/tree"),
                bind(C::Topology, &[ch('/')], A::Filter, ""),
                bind(C::Topology, &[ct('n')], A::NextMatch, ""),
                bind(C::Topology, &[ch('N')], A::PreviousMatch, ""),
                bind(C::Topology, &[ch('H'), ctrl(K::Left)], A::PanLeft, ""),
                bind(C::Topology, &[ch('J'), ctrl(K::Down)], A::PanDown, ""),
                bind(C::Topology, &[ch('K'), ctrl(K::Up)], A::PanUp, ""),
                bind(C::Topology, &[ch('L'), ctrl(K::Right)], A::PanRight, ""),
                bind(C::Prevention, &[ch('a')], A::Accept, "accept"),
                bind(C::Prevention, &[ch('r')], A::Reject, "reject"),
                bind(C::Prevention, &[k(K::Enter)], A::Open, "detail"),
                bind(C::Prevention, &[ch('y')], A::Copy, "ticket"),
                bind(C::Prevention, &[ch('c')], A::Category, "category"),
                bind(C::Chat, &[k(K::Enter)], A::Send, "send"),
                bind(C::Chat, &[k(K::Up)], A::Up, "earlier"),
                bind(C::Chat, &[k(K::Down)], A::Down, ""),
                bind(C::Chat, &[k(K::PageUp)], A::PageUp, ""),
                bind(C::Chat, &[k(K::PageDown)], A::PageDown, ""),
                bind(C::Chat, &[Chord::alt(K::Enter), ct('j')], A::NewLine, "new line"),
                bind(C::Chat, &[k(K::Tab)], A::NextPane, "complete"),
                bind(C::Chat, &[k(K::BackTab)], A::PreviousPane, ""),
                bind(C::Chat, &[ct('g')], A::SupportTab, ""),
                bind(C::Chat, &[ct('x')], A::ResolveCase, ""),
                bind(C::Chat, &[k(K::Esc)], A::Back, "back"),
                bind(C::Evidence, &[k(K::Left), ch('h')], A::Left, "previous"),
                bind(C::Evidence, &[k(K::Right), ch('l')], A::Right, "next"),
                bind(C::Evidence, &[k(K::Tab)], A::NextPane, ""),
                bind(C::Evidence, &[k(K::BackTab)], A::PreviousPane, ""),
                bind(C::Evidence, &[k(K::Enter)], A::Open, "follow, fold"),
                bind(C::Evidence, &[ch('c')], A::Together, "together"),
                bind(C::Evidence, &[ch('f')], A::Unfold, "all/less"),
                bind(C::Evidence, &[ch('r')], A::Raw, "raw"),
                bind(C::Evidence, &[ch('o')], A::Pager, "pager"),
                bind(C::Evidence, &[ch('E')], A::Editor, ""),
                bind(C::Evidence, &[ch('y')], A::Copy, "copy"),
                bind(C::Evidence, &[k(K::Esc), k(K::Backspace)], A::Back, "back"),
                bind(C::Mitigation, &[ch('y')], A::Copy, "copy"),
                bind(C::Mitigation, &[ch('Y')], A::CopyPart, "copy the part"),
                bind(C::Mitigation, &[ch('i')], A::CopyInstructions, "for an agent"),
                bind(C::Mitigation, &[ch('l')], A::LookNow, "look now"),
                bind(C::Mitigation, &[k(K::Esc), ch('q'), ch('m')], A::Back, "close"),
                bind(C::Letters, &[ch('r')], A::SendAgain, "send again"),
                bind(C::Letters, &[ch('d')], A::LetBe, "let it be"),
                bind(C::Letters, &[k(K::Esc), ch('q'), ch('u')], A::Back, "close"),
                bind(C::Welcome, &[ch('d')], A::Demo, "demo"),
                bind(C::Welcome, &[ch('n')], A::New, "new"),
                bind(C::Welcome, &[ch('w')], A::WriteConfig, ""),
                bind(C::Welcome, &[k(K::Esc), k(K::Enter)], A::Back, "close"),
                bind(C::Global, &[ch('z')], A::Zoom, "zoom"),
                bind(C::Global, &[ch('n')], A::New, "new"),
                bind(C::Global, &[ch('m')], A::Mitigation, "plan"),
                bind(C::Global, &[ch('v')], A::Evidence, ""),
                bind(C::Global, &[ch('w')], A::Timeline, ""),
                bind(C::Global, &[ch('E')], A::Events, ""),
                bind(C::Global, &[ch('A')], A::Again, ""),
                bind(C::Global, &[ch('p')], A::Pause, "pause"),
                bind(C::Global, &[ch('x')], A::Cancel, ""),
                bind(C::Global, &[ch('/')], A::Filter, "filter"),
                bind(C::Global, &[ch(':')], A::Palette, "command"),
                // The second one is for the topology, where h moves.
                bind(C::Global, &[ch('h'), ch('S')], A::AskSupport, "human"),
                bind(C::Global, &[ch('?'), k(K::F(1))], A::Help, "help"),
                bind(C::Global, &[ch('q'), ct('c')], A::Quit, "quit"),
                bind(C::Global, &[ch('1')], A::FocusInvestigations, ""),
                bind(C::Global, &[ch('2')], A::FocusJournal, ""),
                bind(C::Global, &[ch('3'), ch('i')], A::FocusChat, ""),
                bind(C::Global, &[ch('4')], A::FocusTopology, ""),
                bind(C::Global, &[ch('5')], A::FocusPrevention, ""),
                bind(C::Global, &[k(K::Tab)], A::NextPane, ""),
                bind(C::Global, &[k(K::BackTab)], A::PreviousPane, ""),
                bind(C::Global, &[k(K::Esc)], A::Back, ""),
                bind(C::Global, &[ch('e')], A::Export, ""),
                bind(C::Global, &[ch('y')], A::Copy, ""),
                bind(C::Global, &[ch('t')], A::Theme, ""),
                bind(C::Global, &[ch('U')], A::Clock, ""),
                bind(C::Global, &[ch('u')], A::Letters, ""),
                bind(C::Global, &[ct('l')], A::Redraw, ""),
                bind(C::Global, &[ct('z')], A::Suspend, ""),
                bind(C::List, &[k(K::Up), ch('k')], A::Up, ""),
                bind(C::List, &[k(K::Down), ch('j')], A::Down, ""),
                bind(C::List, &[k(K::Left), ch('h')], A::Left, ""),
                bind(C::List, &[k(K::Right), ch('l')], A::Right, ""),
                bind(C::List, &[k(K::PageUp), ct('b'), ct('u')], A::PageUp, ""),
                bind(
                    C::List,
                    &[k(K::PageDown), ct('f'), ct('d'), ch(' ')],
                    A::PageDown,
                    "",
                ),
                bind(C::List, &[k(K::Home)], A::Top, ""),
                bind(C::List, &[k(K::End), ch('G')], A::Bottom, ""),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_share_a_hint_where_their_keys_are_alike() {
        let mut keymap = Keymap::shipped();
        assert_eq!(keymap.pane_keys(), "1-5");
        for binding in &mut keymap.bindings {
            if let Some(pane) = Pane::ALL.into_iter().find(|pane| pane.action() == binding.action) {
                binding.chords = vec![Chord::key(KeyCode::F(pane.number()))];
            }
        }
        assert_eq!(keymap.pane_keys(), "F1-5");
        keymap
            .bindings
            .retain(|binding| binding.action != Action::FocusChat);
        assert_eq!(keymap.pane_keys(), "");
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let keymap = Keymap::shipped();
        for context in Context::ALL {
            let mut seen = Vec::new();
            for binding in keymap.in_context(context) {
                for chord in &binding.chords {
                    assert!(!seen.contains(chord), "{} twice in {context:?}", chord.name());
                    seen.push(*chord);
                }
            }
        }
    }
}
