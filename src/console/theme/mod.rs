//! The visual language of the console, and themes that say how it looks.
//!
//! **Roles.** Nothing in the console names a colour; it names a [`Role`]: what a piece of the screen means. A theme gives
//! every role a colour, a ground and a weight. Meaning never hangs on colour alone: every state has its glyph and its
//! word, and the mono theme has neither colour nor loss.
//!
//! - **One loud thing a screen:** the verdict's badge, the only thing with a ground of its own. What is running is bold;
//!   everything else is `text`, `dim` or `faint`. Two loud things are none.
//! - **Three voices of text:** `strong` for what a sentence is about, `text` for sentences, `dim` for what may be read
//!   second; `faint` is for what is only looked up (times, counts). A screen that is mostly `strong` is badly written.
//! - **Good, warn, bad, critical** say how something fares, and nothing else does: a chart's line is `series`, a heading is
//!   `accent`. `change` is apart from all of them: a deployment is neither good nor bad.
//! - **Words from outside** are `external` and inert, so that nobody takes a log line for our own sentence.
//! - **Frames** are one cell, `frame`; the focused pane's frame and title are `focus`, the only sign of focus that is
//!   needed. Panes share no borders: a corner belongs to one pane. Overlays are framed as focused.
//! - **Spacing.** One cell of air inside a frame, on both sides; two cells between columns and between the footer's keys.
//!   Continued lines hang under the first word of what they continue. An empty line parts groups; rules part the head of
//!   a pane from its body, and nothing else.
//! - **Glyphs** are one cell wide, have no emoji form, and an ASCII twin each ([`super::glyph`]). A glyph stands before
//!   its word, and never instead of it.
//! - **Selection** is a ground under the row (`selected`; `selected_unfocused` where the pane is not focused); it never
//!   covers a badge.
//!
//! **Which theme.** What is asked for (`--theme`, else `console.theme`); otherwise `mono` where the terminal has no colours
//! (`NO_COLOR`, `TERM=dumb`), `ansi16` where it has sixteen, `light` where `COLORFGBG` says that the ground is light, and
//! `dark` everywhere else. A terminal without colours gets mono whatever was asked for.
//!
//! - `role`: the roles. `depth`: what the terminal can show. `colour`: colours brought down to that.
//! - `file`: a theme as a file. `list`: the themes that there are. `proof`: what is claimed of them, computed.

mod colour;
mod depth;
mod file;
mod list;
#[cfg(test)]
mod proof;
mod role;

use ratatui::style::{Color, Style};

pub use self::{
    depth::{Depth, Ground},
    list::Themes,
    role::Role,
};
use role::ROLES;

/// How every role looks on this terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// The ground that is painted where nothing else has one; none: the terminal's own.
    pub ground: Option<Color>,
    styles: [Style; ROLES],
}

/// What is wrong with a theme.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No theme has this name.
    #[error("there is no theme called '{name}'\nhint: {near}there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name, as a question.
        near: String,
        /// The names that there are.
        known: String,
    },
    /// The file cannot be read.
    #[error("{file}: {why}\nhint: themes are TOML files of the user's own, at most 64 KB")]
    Unreadable {
        /// Which file.
        file: String,
        /// Why.
        why: String,
    },
    /// The file is called like a theme that ships.
    #[error(
        "{file}: '{name}' ships with the program\nhint: name the file otherwise; inherits = \"{name}\" builds on it"
    )]
    Taken {
        /// Which file.
        file: String,
        /// The name.
        name: String,
    },
    /// The file does not describe a theme.
    #[error("{file}:{line}: {what}\nhint: {hint}")]
    Malformed {
        /// Which file.
        file: String,
        /// Which line.
        line: usize,
        /// What is wrong.
        what: String,
        /// What is allowed.
        hint: String,
    },
}

impl Theme {
    /// A theme without any style: the last resort.
    pub fn plain() -> Self {
        Self {
            name: "plain".to_owned(),
            ground: None,
            styles: [Style::new(); ROLES],
        }
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}
