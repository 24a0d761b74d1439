//! What the terminal can show, as far as the environment says.

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

/// Terminals with 256 colours whose name does not say so. Over SSH the name is all that arrives.
const KNOWN_256: [&str; 6] = ["256", "kitty", "ghostty", "alacritty", "foot", "wezterm"];

impl Depth {
    /// Reads it from the environment: `NO_COLOR` (any value but the empty one), `TERM`, `COLORTERM`.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Self {
        let term = get("TERM").unwrap_or_default();
        let refused = get("NO_COLOR").is_some_and(|value| !value.is_empty());
        if refused || term.is_empty() || term == "dumb" || term.starts_with("vt") {
            return Self::Mono;
        }
        let colors = get("COLORTERM").unwrap_or_default();
        if colors == "truecolor" || colors == "24bit" || term.ends_with("-direct") {
            Self::True
        } else if KNOWN_256.iter().any(|known| term.contains(known)) {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

/// What the terminal's own background is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    /// Dark, or unknown: most are.
    #[default]
    Dark,
    /// Light.
    Light,
}

impl Ground {
    /// Reads it from `COLORFGBG`, which rxvt, Konsole and others set: `fg;bg` or `fg;...;bg` by number of the sixteen.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Self {
        let colours = get("COLORFGBG").unwrap_or_default();
        let ground = colours
            .rsplit(';')
            .next()
            .and_then(|last| last.parse::<u8>().ok());
        match ground {
            Some(7 | 9..=15) => Self::Light,
            _ => Self::Dark,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<'a> {
        move |name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn depth_follows_the_environment() {
        for (pairs, depth) in [
            (&[("TERM", "xterm-256color")][..], Depth::Ansi256),
            (&[("TERM", "alacritty")], Depth::Ansi256),
            (&[("TERM", "screen"), ("COLORTERM", "truecolor")], Depth::True),
            (&[("TERM", "xterm-direct")], Depth::True),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[("TERM", "vt220")], Depth::Mono),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::Mono),
            (&[], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Ansi256),
        ] {
            assert_eq!(Depth::from_env(with(pairs)), depth, "{pairs:?}");
        }
    }

    #[test]
    fn the_ground_is_dark_unless_something_says_otherwise() {
        for (value, ground) in [
            ("15;0", Ground::Dark),
            ("0;15", Ground::Light),
            ("0;default;15", Ground::Light),
            ("0;7", Ground::Light),
            ("15;8", Ground::Dark),
            ("default;default", Ground::Dark),
            ("", Ground::Dark),
        ] {
            assert_eq!(Ground::from_env(with(&[("COLORFGBG", value)])), ground, "{value}");
        }
        assert_eq!(Ground::from_env(with(&[])), Ground::Dark);
    }
}
