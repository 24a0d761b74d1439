//! A theme as a file: for every role a colour, a ground, a weight. Mistakes are told with file, line and what is allowed.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use super::{Depth, ROLES, Role, Theme, ThemeError, colour::brought_down};
use crate::{
    console::named::{named, names},
    sources::bundle::suggest,
};

/// How every role looks, before it is known what the terminal can show.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looks {
    styles: [Style; ROLES],
    ground: Option<Color>,
    paint: bool,
}

/// What stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// A theme that ships with the program: what this one does not name looks as there.
    inherits: Option<Spanned<String>>,
    /// The ground that the colours are made for.
    ground: Option<Spanned<String>>,
    /// Whether that ground is painted; otherwise the terminal's own is left.
    paint: Option<bool>,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, Look>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<Spanned<String>>,
    bg: Option<Spanned<String>>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

impl Looks {
    /// Reads a theme; `base` knows those that may be inherited.
    pub(super) fn parse(
        file: &str,
        text: &str,
        base: impl Fn(&str) -> Result<Self, String>,
    ) -> Result<Self, ThemeError> {
        let wrong = |at: usize, what: String, hint: String| ThemeError::Malformed {
            file: file.to_owned(),
            line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
            what: crate::model::inert(&what),
            hint: crate::model::inert(&hint),
        };
        let read: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, error.message().to_owned(), ALLOWED.to_owned())
        })?;
        let colour = |word: &Option<Spanned<String>>| match word {
            Some(word) => match word.get_ref().parse::<Color>() {
                Ok(colour) => Ok(Some(colour)),
                Err(_) => Err(wrong(
                    word.span().start,
                    format!("'{}' is not a colour", word.get_ref()),
                    "#rrggbb, a number of the 256, or a name such as light-blue".to_owned(),
                )),
            },
            None => Ok(None),
        };
        let mut looks = match &read.inherits {
            Some(name) => base(name.get_ref()).map_err(|hint| {
                let what = format!("'{}' cannot be inherited", name.get_ref());
                wrong(name.span().start, what, hint)
            })?,
            None => Self {
                styles: [Style::new(); ROLES],
                ground: None,
                paint: false,
            },
        };
        looks.ground = colour(&read.ground)?.or(looks.ground);
        looks.paint = read.paint.unwrap_or(looks.paint);
        for (name, look) in &read.roles {
            let Some(role) = named::<Role>(name.get_ref()) else {
                let what = format!("there is no role called '{}'", name.get_ref());
                let hint = suggest::advice(name.get_ref(), names::<Role>());
                return Err(wrong(name.span().start, what, hint));
            };
            let style = Style {
                fg: colour(&look.fg)?,
                bg: colour(&look.bg)?,
                add_modifier: look.modifiers(),
                ..Style::new()
            };
            if let Some(slot) = looks.styles.get_mut(role as usize) {
                *slot = style;
            }
        }
        Ok(looks)
    }

    /// True where some role has a colour.
    pub(super) fn is_coloured(&self) -> bool {
        let coloured = |style: &Style| style.fg.is_some() || style.bg.is_some();
        self.styles.iter().any(coloured)
    }

    /// The theme on a terminal.
    pub(super) fn on(&self, name: &str, depth: Depth) -> Theme {
        let styles = self.styles.map(|style| Style {
            fg: style.fg.and_then(|colour| brought_down(colour, depth)),
            bg: style.bg.and_then(|colour| brought_down(colour, depth)),
            ..style
        });
        Theme {
            name: name.to_owned(),
            styles,
            ground: self
                .ground
                .filter(|_| self.paint)
                .and_then(|ground| brought_down(ground, depth)),
        }
    }

    /// The ground that the colours are made for.
    #[cfg(test)]
    pub(super) fn ground(&self) -> Option<Color> {
        self.ground
    }

    /// How a role looks where every colour can be shown.
    #[cfg(test)]
    pub(super) fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

/// What a theme's file may say.
const ALLOWED: &str = "a theme has inherits, ground, paint and [roles]; a role has fg, bg, bold, dim, italic, underline \
                       and reverse";

impl Look {
    fn modifiers(&self) -> Modifier {
        let all = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ];
        let on = all.into_iter().filter(|(on, _)| *on);
        on.map(|(_, modifier)| modifier).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let none = |_: &str| Err("one of dark, light".to_owned());
        Looks::parse("mine.toml", text, none).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_told_with_line_and_what_is_allowed() {
        for (text, first, hint) in [
            (
                "[roles]\n\ntxt = {}",
                "mine.toml:3: there is no role called 'txt'",
                "did you mean 'text'?",
            ),
            (
                "[roles]\ntext = { fg = \"blueish\" }",
                "mine.toml:2: 'blueish' is not a colour",
                "#rrggbb",
            ),
            (
                "[roles]\ntext = { color = 1 }",
                "mine.toml:2: unknown field `color`",
                "a role has fg, bg",
            ),
            (
                "colour = 1",
                "mine.toml:1: unknown field `colour`",
                "a theme has inherits",
            ),
            (
                "inherits = \"drak\"",
                "mine.toml:1: 'drak' cannot be inherited",
                "one of dark, light",
            ),
            ("[roles]\ntext = {", "mine.toml:2: ", "a theme has"),
        ] {
            let error = error(text);
            assert!(error.contains(first), "{error}");
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn a_mistake_cannot_reach_the_terminal() {
        let error = error("[roles]\n\"te\\u001b[31mxt\" = {}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
}
