//! The first run: what midwatch is, and what can be done now. Shown while there is neither an investigation nor a
//! configuration, and never again after that.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use super::{Next, Overlay, centred, sheet};
use crate::config::paths;
use crate::console::{
    action::Action,
    canvas::Canvas,
    effects::Effect,
    keymap::Context,
    rich::{Rich, shown},
    state::State,
    theme::Role,
    update,
};

/// What the first run has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Welcome {
    /// Where credentials come from; none: there are none.
    pub credentials: Option<String>,
    /// What to do where there are none, or where something has to be done first.
    pub advice: Option<String>,
    /// Region, and why that one.
    pub region: String,
    /// Where a configuration would be written; none: there is no home for it.
    pub config: Option<PathBuf>,
    /// True once it was written.
    pub written: bool,
}

impl Welcome {
    /// Takes a key.
    pub fn key(self, state: &mut State, key: KeyEvent) -> Next {
        match state.keymap.action(&[Context::Welcome, Context::Global], &key) {
            Some(Action::Demo) => Next::done(vec![Effect::Demo]),
            Some(Action::New) => Next::done(update::perform(state, Action::New)),
            Some(Action::WriteConfig) => match self.config.clone().filter(|_| !self.written) {
                Some(path) => Next::stay_and(Overlay::Welcome(self), vec![Effect::WriteConfig(path)]),
                None => Next::stay(Overlay::Welcome(self)),
            },
            Some(action @ (Action::Help | Action::Theme | Action::Messages)) => {
                let effects = update::perform(state, action);
                Next::stay_and(Overlay::Welcome(self), effects)
            }
            Some(Action::Back) => Next::close(),
            Some(Action::Quit) => Next::done(vec![Effect::Quit]),
            _ => Next::stay(Overlay::Welcome(self)),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let width = WIDTH.min(state.size.width);
        let mut rows = self.lines(state, usize::from(width.saturating_sub(4)));
        if rows.len() > usize::from(state.size.height.saturating_sub(4)) {
            // Air goes before words do.
            rows.retain(|row| !row.is_empty());
        }
        let area = centred(state.size, width, rows.len() as u16 + 2);
        let inner = sheet(
            canvas,
            area,
            &Rich::of(Role::Focus, "Welcome to midwatch"),
            &Rich::new(),
        );
        canvas.lines(inner, &rows);
    }

    fn lines(&self, state: &State, width: usize) -> Vec<Rich> {
        let mut rows = Vec::new();
        let mut tell = |line: Rich, hang: usize| rows.extend(line.wrap(width, hang));
        tell(Rich::new(), 0);
        tell(
            Rich::of(
                Role::Text,
                "midwatch investigates AWS incidents by itself, and writes down every step it takes and why. It reads \
                 and changes nothing; you watch, ask and steer from the keyboard.",
            ),
            0,
        );
        tell(Rich::new(), 0);
        let own = |action| state.keymap.key_in(Context::Welcome, action);
        let key = |key: String, words: &str| {
            Rich::of(Role::Key, format!("  {key}"))
                .pad(COLUMN)
                .add(Role::Text, words)
        };
        let under = |role, words: String| Rich::of(Role::Text, " ".repeat(COLUMN)).add(role, words);
        let demo = "watch a demo incident; needs nothing, and nothing of it is kept";
        tell(key(own(Action::Demo), demo), COLUMN);
        tell(Rich::new(), 0);
        tell(key(own(Action::New), "investigate on AWS"), COLUMN);
        match &self.credentials {
            Some(from) => tell(under(Role::Dim, format!("credentials: {}", shown(from))), COLUMN),
            None => tell(under(Role::Warn, "no credentials were found".to_owned()), COLUMN),
        }
        if let Some(advice) = &self.advice {
            tell(under(Role::Dim, shown(advice)), COLUMN);
        }
        tell(
            under(Role::Dim, format!("region: {}", shown(&self.region))),
            COLUMN,
        );
        tell(Rich::new(), 0);
        if let Some(path) = &self.config {
            let path = shown(&paths::short(path));
            if self.written {
                tell(
                    under(
                        Role::Good,
                        format!("{} the configuration was written", state.glyphs.done),
                    ),
                    COLUMN,
                );
            } else {
                tell(
                    key(
                        own(Action::WriteConfig),
                        "write a configuration file, every option explained",
                    ),
                    COLUMN,
                );
            }
            tell(under(Role::Dim, path), COLUMN);
            tell(Rich::new(), 0);
        }
        tell(key(own(Action::Back), "close this and look around"), COLUMN);
        let help = state.keymap.key_of(Action::Help);
        tell(key(help, "every key"), COLUMN);
        tell(Rich::new(), 0);
        rows
    }
}

const WIDTH: u16 = 80;
/// Where the words stand, after the keys.
const COLUMN: usize = 8;
