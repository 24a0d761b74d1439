//! Keys to actions, as data. Footer and help are made from this table, so they cannot lie.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
        }
    }

    /// All of them, in the order of the help.
    pub const ALL: [Self; 9] = [
        Self::Global,
        Self::List,
        Self::Investigations,
        Self::Journal,
        Self::Chat,
        Self::Topology,
        Self::Prevention,
        Self::Evidence,
        Self::Mitigation,
    ];
}

/// One key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

impl Chord {
    /// The chord of a key event; Shift is part of the character.
    pub fn of(key: &KeyEvent) -> Self {
        let code = match key.code {
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self {
            code,
            ctrl: key.modifiers.contains(KeyModifiers::CONTROL),
            alt: key.modifiers.contains(KeyModifiers::ALT),
        }
    }

    const fn key(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    const fn char(c: char) -> Self {
        Self::key(KeyCode::Char(c))
    }

    const fn ctrl(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            ctrl: true,
            alt: false,
        }
    }

    /// As it is written on the screen.
    pub fn name(self) -> String {
        let key = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.ctrl => c.to_ascii_uppercase().to_string(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::F(n) => format!("F{n}"),
            code => format!("{code:?}"),
        };
        match (self.ctrl, self.alt) {
            (true, _) => format!("Ctrl-{key}"),
            (_, true) => format!("Alt-{key}"),
            _ => key,
        }
    }
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
        self.bindings
            .iter()
            .find(|binding| binding.action == action)
            .and_then(|binding| binding.chords.first())
            .map_or_else(String::new, |chord| chord.name())
    }

    /// Key and word of what the footer shows, nearest context first.
    pub fn footer(&self, contexts: &[Context]) -> Vec<(String, &'static str)> {
        let mut seen = Vec::new();
        let mut shown = Vec::new();
        for context in contexts {
            for binding in self.in_context(*context) {
                if binding.footer.is_empty() || seen.contains(&binding.action) {
                    continue;
                }
                seen.push(binding.action);
                if let Some(chord) = binding.chords.first() {
                    shown.push((chord.name(), binding.footer));
                }
            }
        }
        shown
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
        };
        let (ch, ct, k) = (Chord::char, Chord::ctrl, Chord::key);
        Self {
            bindings: vec![
                bind(C::Investigations, &[k(K::Enter), ch('l')], A::Open, "open"),
                bind(C::Investigations, &[ch('+')], A::RaisePriority, ""),
                bind(C::Investigations, &[ch('-')], A::LowerPriority, ""),
                bind(C::Journal, &[k(K::Enter)], A::Open, "evidence"),
                bind(C::Journal, &[ch('f')], A::Unfold, "all/less"),
                bind(C::Journal, &[ch('F')], A::Follow, ""),
                bind(C::Journal, &[ch('T')], A::Ages, ""),
                bind(C::Journal, &[ch('g'), ch('#')], A::GoTo, ""),
                bind(C::Journal, &[ch('N')], A::PreviousMatch, ""),
                bind(C::Journal, &[ct('n')], A::NextMatch, ""),
                bind(C::Topology, &[k(K::Enter)], A::Open, "records"),
                bind(C::Topology, &[k(K::Left), ch('H')], A::Left, ""),
                bind(C::Topology, &[k(K::Right), ch('l')], A::Right, ""),
                bind(C::Topology, &[ch('o')], A::View, "view"),
                bind(C::Topology, &[ch('s')], A::Shape, "boxes/tree"),
                bind(C::Prevention, &[ch('a')], A::Accept, "accept"),
                bind(C::Prevention, &[ch('r')], A::Reject, "reject"),
                bind(C::Prevention, &[k(K::Enter)], A::Open, "detail"),
                bind(C::Chat, &[k(K::Enter)], A::Send, "send"),
                bind(C::Chat, &[k(K::Up)], A::Up, "earlier"),
                bind(C::Chat, &[k(K::Down)], A::Down, ""),
                bind(C::Chat, &[k(K::PageUp)], A::PageUp, ""),
                bind(C::Chat, &[k(K::PageDown)], A::PageDown, ""),
                bind(C::Chat, &[k(K::Tab)], A::NextPane, "next pane"),
                bind(C::Chat, &[k(K::BackTab)], A::PreviousPane, ""),
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
                bind(C::Mitigation, &[ch('y')], A::Copy, "copy the command"),
                bind(
                    C::Mitigation,
                    &[ch('i')],
                    A::CopyInstructions,
                    "copy for an agent",
                ),
                bind(C::Mitigation, &[k(K::Esc), ch('q'), ch('m')], A::Back, "close"),
                bind(C::Global, &[ch('z')], A::Zoom, "zoom"),
                bind(C::Global, &[ch('n')], A::New, "new"),
                bind(C::Global, &[ch('m')], A::Mitigation, "plan"),
                bind(C::Global, &[ch('v')], A::Evidence, ""),
                bind(C::Global, &[ch('w')], A::Timeline, ""),
                bind(C::Global, &[ch('A')], A::Again, ""),
                bind(C::Global, &[ch('p')], A::Pause, "pause"),
                bind(C::Global, &[ch('x')], A::Cancel, ""),
                bind(C::Global, &[ch('/')], A::Filter, "filter"),
                bind(C::Global, &[ch(':')], A::Palette, "command"),
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
