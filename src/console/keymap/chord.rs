//! One key with its modifiers, and how it is written: the same on the screen and in the configuration.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::sources::bundle::suggest;

/// One key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

/// Keys that are written as a word.
const WORDS: [(&str, KeyCode); 15] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Insert", KeyCode::Insert),
    ("Delete", KeyCode::Delete),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
];

impl Chord {
    /// Ends the console, whatever is configured.
    pub const INTERRUPT: Self = Self::ctrl('c');
    /// Leads back, whatever is configured.
    pub const ESC: Self = Self::key(KeyCode::Esc);

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

    pub(super) const fn key(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    pub(super) const fn char(c: char) -> Self {
        Self::key(KeyCode::Char(c))
    }

    pub(super) const fn ctrl(c: char) -> Self {
        Self::ctrl_key(KeyCode::Char(c))
    }

    pub(super) const fn ctrl_key(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: true,
            alt: false,
        }
    }

    pub(super) const fn alt(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: true,
        }
    }

    /// The event of the chord, as a terminal sends it.
    pub fn event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, self.ctrl);
        modifiers.set(KeyModifiers::ALT, self.alt);
        KeyEvent::new(self.code, modifiers)
    }

    /// True for a key that types a character where somebody types.
    pub const fn types(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl && !self.alt
    }

    /// True for a letter without Ctrl or Alt: the first of a word, maybe.
    pub fn is_letter(self) -> bool {
        self.types() && matches!(self.code, KeyCode::Char(c) if c.is_alphabetic())
    }

    /// As it is written.
    pub fn name(self) -> String {
        let known = WORDS.iter().find(|(_, code)| *code == self.code);
        let key = match (self.code, known) {
            (_, Some((word, _))) => (*word).to_owned(),
            (KeyCode::Char(c), _) if self.ctrl => c.to_ascii_uppercase().to_string(),
            (KeyCode::Char(c), _) => c.to_string(),
            (KeyCode::BackTab, _) => "Shift-Tab".to_owned(),
            (KeyCode::F(n), _) => format!("F{n}"),
            (code, _) => format!("{code:?}"),
        };
        match (self.ctrl, self.alt) {
            (true, true) => format!("Ctrl-Alt-{key}"),
            (true, false) => format!("Ctrl-{key}"),
            (false, true) => format!("Alt-{key}"),
            (false, false) => key,
        }
    }

    /// Reads a chord as it is written; otherwise says what is wrong, and what to do.
    pub fn parse(written: &str) -> Result<Self, (String, String)> {
        let refused = |what: &str, hint: &str| Err((format!("'{written}' {what}"), hint.to_owned()));
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = written;
        while let Some((modifier, key)) = rest.split_once('-').filter(|(_, key)| !key.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => ctrl = true,
                "alt" => alt = true,
                "shift" => shift = true,
                _ => break,
            }
            rest = key;
        }
        let Some(code) = code(rest) else {
            let words = WORDS.iter().map(|(word, _)| *word);
            let near = suggest::nearest(rest, words);
            let near = near.map_or_else(String::new, |near| format!("did you mean '{near}'? "));
            return Err((format!("'{written}' is no key"), format!("{near}{WRITTEN}")));
        };
        let code = match (code, shift) {
            (KeyCode::Tab, true) => KeyCode::BackTab,
            (KeyCode::Char(_), true) => {
                return refused(
                    "needs no Shift",
                    "write the character that is typed with it: X, ?, #",
                );
            }
            (_, true) => {
                return refused(
                    "is not told from the key without Shift",
                    "Shift goes with Tab alone",
                );
            }
            (KeyCode::Char(c), false) if ctrl => match c.to_ascii_lowercase() {
                'i' => {
                    return refused(
                        "is Tab to a terminal",
                        "another letter; Tab itself is written Tab",
                    );
                }
                'm' => {
                    return refused(
                        "is Enter to a terminal",
                        "another letter; Enter itself is written Enter",
                    );
                }
                c if c.is_ascii_lowercase() || c == ' ' => KeyCode::Char(c),
                _ => return refused("is sent by no terminal", "Ctrl goes with letters and Space"),
            },
            (code, false) => code,
        };
        Ok(Self { code, ctrl, alt })
    }
}

/// How keys are written.
const WRITTEN: &str = "keys are written x, X, ?, Space, Enter, PgDn, F2, Ctrl-N, Alt-x, Shift-Tab";

fn code(word: &str) -> Option<KeyCode> {
    let mut chars = word.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && c != ' ').then_some(KeyCode::Char(c));
    }
    let same = |known: &str| known.eq_ignore_ascii_case(word);
    let found = WORDS.iter().find(|(known, _)| same(known));
    let function = || {
        let number = word.strip_prefix(['F', 'f'])?.parse().ok()?;
        (1..=12).contains(&number).then_some(KeyCode::F(number))
    };
    found.map(|(_, code)| *code).or_else(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_shown() {
        for written in [
            "x",
            "X",
            "?",
            "-",
            "#",
            "Space",
            "Enter",
            "Esc",
            "Tab",
            "Shift-Tab",
            "PgUp",
            "PgDn",
            "Home",
            "End",
            "Up",
            "Down",
            "Left",
            "Right",
            "Backspace",
            "Insert",
            "Delete",
            "F1",
            "F12",
            "Ctrl-N",
            "Ctrl-Space",
            "Alt-x",
            "Alt-X",
            "Alt-Enter",
            "Ctrl-Alt-X",
            "Alt--",
            "é",
        ] {
            assert_eq!(Chord::parse(written).unwrap().name(), written);
        }
        assert_eq!(Chord::parse("ctrl-n"), Chord::parse("Ctrl-N"));
        assert_eq!(Chord::parse("pgdn"), Chord::parse("PgDn"));
        assert_ne!(Chord::parse("alt-x"), Chord::parse("Alt-X"));
    }

    #[test]
    fn an_event_leads_back_to_its_chord() {
        for written in ["x", "Ctrl-N", "Alt-x", "Shift-Tab", "F2"] {
            let chord = Chord::parse(written).unwrap();
            assert_eq!(Chord::of(&chord.event()), chord);
        }
    }

    #[test]
    fn what_no_terminal_sends_is_refused_with_a_way_out() {
        for (written, what, hint) in [
            ("Entr", "'Entr' is no key", "did you mean 'Enter'?"),
            ("F13", "'F13' is no key", "F2"),
            ("", "'' is no key", "Space"),
            ("Shift-x", "needs no Shift", "X"),
            ("Shift-Up", "without Shift", "Tab alone"),
            ("Ctrl-I", "is Tab to a terminal", "Tab"),
            ("Ctrl-M", "is Enter to a terminal", "Enter"),
            ("Ctrl-5", "is sent by no terminal", "letters"),
            ("Hyper-x", "'Hyper-x' is no key", "Ctrl-N"),
        ] {
            let (told, way_out) = Chord::parse(written).unwrap_err();
            assert!(told.contains(what), "{told}");
            assert!(way_out.contains(hint), "{way_out}");
        }
    }
}
