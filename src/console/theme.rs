//! The visual language: roles, and themes that say how a role looks.
//!
//! Nothing in the console names a colour; it names a [`Role`]. Meaning never hangs on colour alone: every state has its
//! glyph and its word, and the mono theme has neither colour nor loss.
//!
//! - One loud thing a screen: the verdict's badge. Everything else is `text`, `dim` or `faint`.
//! - Frames are `faint`; the focused pane's frame and title are `focus`.
//! - Words that came from outside are `external`, so that nobody takes a log line for our own sentence.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the documentation; see the module's")]
pub enum Role {
    Text,
    Strong,
    Dim,
    Faint,
    Accent,
    Focus,
    Key,
    Number,
    External,
    You,
    Agent,
    Good,
    Warn,
    Bad,
    Critical,
    Change,
    Running,
    Bar,
    Track,
    Series,
    Band,
    Selected,
    SelectedUnfocused,
    Match,
    BadgeCause,
    BadgeClear,
    BadgeUnsure,
    BadgeRunning,
    BadgeQuiet,
}

const ROLES: usize = Role::BadgeQuiet as usize + 1;

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: the mono theme is used.
    Mono,
    /// The sixteen of ANSI.
    Ansi16,
    /// The 256-colour cube.
    Ansi256,
    /// 24 bit.
    True,
}

impl Depth {
    /// Reads it from the environment: `NO_COLOR` (any value but the empty one), `TERM`, `COLORTERM`.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Self {
        let term = get("TERM").unwrap_or_default();
        if get("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb" || term.starts_with("vt")
        {
            return Self::Mono;
        }
        let colors = get("COLORTERM").unwrap_or_default();
        if colors == "truecolor" || colors == "24bit" || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256") || term.contains("kitty") || term.contains("ghostty") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

/// How every role looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: [Style; ROLES],
}

/// What is wrong with a theme.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No built-in theme has this name.
    #[error("there is no theme called '{0}'\nhint: one of dark, light, mono")]
    Unknown(String),
    /// The TOML does not describe a theme.
    #[error("theme '{name}' cannot be read: {why}")]
    Malformed {
        /// Which theme.
        name: String,
        /// What the parser says.
        why: String,
    },
}

const BUILT_IN: [(&str, &str); 3] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

impl Theme {
    /// Names of the built-in themes, in the order in which they are switched.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A built-in theme, its colours brought down to what the terminal has.
    pub fn named(name: &str, depth: Depth) -> Result<Self, ThemeError> {
        let (_, text) = BUILT_IN
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ThemeError::Unknown(name.to_owned()))?;
        Self::parse(name, text, depth)
    }

    /// A theme without any style: the last resort.
    pub fn plain() -> Self {
        Self {
            name: "plain".to_owned(),
            styles: [Style::new(); ROLES],
        }
    }

    /// The built-in theme after this one.
    pub fn next(&self, depth: Depth) -> Self {
        let names: Vec<_> = Self::names().collect();
        let at = names.iter().position(|name| *name == self.name).unwrap_or(0);
        let next = names.get((at + 1) % names.len()).copied().unwrap_or("mono");
        Self::named(next, depth).unwrap_or_else(|_| self.clone())
    }

    /// Reads a theme.
    pub fn parse(name: &str, text: &str, depth: Depth) -> Result<Self, ThemeError> {
        let file: File = toml::from_str(text).map_err(|error| ThemeError::Malformed {
            name: name.to_owned(),
            why: error.to_string(),
        })?;
        let mut styles = [Style::new(); ROLES];
        for (role, look) in file.roles {
            let style = look.style(depth).map_err(|why| ThemeError::Malformed {
                name: name.to_owned(),
                why,
            })?;
            if let Some(slot) = styles.get_mut(role as usize) {
                *slot = style;
            }
        }
        Ok(Self {
            name: file.name,
            styles,
        })
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    roles: BTreeMap<Role, Look>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

impl Look {
    fn style(&self, depth: Depth) -> Result<Style, String> {
        let mut style = Style::new();
        if let Some(color) = colour(self.fg.as_deref(), depth)? {
            style = style.fg(color);
        }
        if let Some(color) = colour(self.bg.as_deref(), depth)? {
            style = style.bg(color);
        }
        let modifiers = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ];
        for (on, modifier) in modifiers {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        Ok(style)
    }
}

fn colour(word: Option<&str>, depth: Depth) -> Result<Option<Color>, String> {
    let Some(word) = word else { return Ok(None) };
    let color: Color = word
        .parse()
        .map_err(|_| format!("'{word}' is not a colour\nhint: #rrggbb, or a name such as light-blue"))?;
    Ok(match (depth, color) {
        (Depth::Mono, _) => None,
        (Depth::Ansi256, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_256(r, g, b))),
        (Depth::Ansi16, Color::Rgb(r, g, b)) => Some(nearest_16(r, g, b)),
        (_, color) => Some(color),
    })
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    square(a.0, b.0) * 3 + square(a.1, b.1) * 4 + square(a.2, b.2) * 2
}

/// The nearest of xterm's 6x6x6 cube and its 24 greys.
fn nearest_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| -> (u8, u8) {
        let best = (0u8..6).min_by_key(|i| STEPS.get(usize::from(*i)).map_or(u8::MAX, |s| s.abs_diff(value)));
        let index = best.unwrap_or(0);
        (index, STEPS.get(usize::from(index)).copied().unwrap_or(0))
    };
    let ((ri, rv), (gi, gv), (bi, bv)) = (step(r), step(g), step(b));
    let cube = (16 + 36 * ri + 6 * gi + bi, distance((r, g, b), (rv, gv, bv)));
    let grey = (0u8..24)
        .map(|i| {
            let v = 8 + 10 * i;
            (232 + i, distance((r, g, b), (v, v, v)))
        })
        .min_by_key(|(_, d)| *d)
        .unwrap_or(cube);
    if grey.1 < cube.1 { grey.0 } else { cube.0 }
}

/// The nearest of the sixteen, by xterm's values.
fn nearest_16(r: u8, g: u8, b: u8) -> Color {
    const TABLE: [(Color, (u8, u8, u8)); 16] = [
        (Color::Black, (0, 0, 0)),
        (Color::Red, (205, 0, 0)),
        (Color::Green, (0, 205, 0)),
        (Color::Yellow, (205, 205, 0)),
        (Color::Blue, (0, 0, 238)),
        (Color::Magenta, (205, 0, 205)),
        (Color::Cyan, (0, 205, 205)),
        (Color::Gray, (229, 229, 229)),
        (Color::DarkGray, (127, 127, 127)),
        (Color::LightRed, (255, 100, 100)),
        (Color::LightGreen, (100, 255, 100)),
        (Color::LightYellow, (255, 255, 100)),
        (Color::LightBlue, (120, 170, 255)),
        (Color::LightMagenta, (255, 100, 255)),
        (Color::LightCyan, (100, 255, 255)),
        (Color::White, (255, 255, 255)),
    ];
    TABLE
        .iter()
        .min_by_key(|(_, rgb)| distance((r, g, b), *rgb))
        .map_or(Color::Reset, |(color, _)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_styles_every_role_at_every_depth() {
        for name in Theme::names() {
            let text = BUILT_IN.iter().find(|(known, _)| *known == name).unwrap().1;
            let file: File = toml::from_str(text).unwrap();
            assert_eq!(file.roles.len(), ROLES, "{name} leaves roles out");
            for depth in [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::True] {
                Theme::named(name, depth).unwrap();
            }
        }
    }

    #[test]
    fn mono_has_no_colour_and_still_tells_selection_and_verdict_apart() {
        let theme = Theme::named("mono", Depth::True).unwrap();
        for style in theme.styles {
            assert!(style.fg.is_none() && style.bg.is_none());
        }
        assert_ne!(theme.style(Role::Selected), theme.style(Role::Text));
        assert_ne!(theme.style(Role::BadgeCause), theme.style(Role::Text));
    }

    #[test]
    fn depth_follows_the_environment() {
        let depth = |pairs: &[(&str, &str)]| {
            Depth::from_env(|name| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Ansi256);
        assert_eq!(
            depth(&[("TERM", "screen"), ("COLORTERM", "truecolor")]),
            Depth::True
        );
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Ansi16);
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]),
            Depth::Mono
        );
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]),
            Depth::Ansi256
        );
    }

    #[test]
    fn rgb_comes_down_to_its_neighbours() {
        assert_eq!(nearest_256(255, 0, 0), 196);
        assert_eq!(nearest_256(8, 8, 8), 232);
        assert_eq!(nearest_16(255, 139, 129), Color::LightRed);
    }
}
