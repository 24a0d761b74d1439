//! The themes that there are: those that ship, and the user's own.

use std::{fs, path::Path};

use super::{Depth, Ground, Theme, ThemeError, file::Looks};
use crate::sources::bundle::suggest;

/// What ships with the program, in the order in which `t` switches.
const SHIPPED: [(&str, &str); 6] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../../themes/high-contrast.toml"),
    ),
    (
        "colour-blind-safe",
        include_str!("../../../themes/colour-blind-safe.toml"),
    ),
    ("ansi16", include_str!("../../../themes/ansi16.toml")),
    (MONO, include_str!("../../../themes/mono.toml")),
];

/// The theme of terminals without colours.
const MONO: &str = "mono";

/// Longest file that is read as a theme.
const LONGEST: u64 = 64 * 1024;

/// The themes that there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Themes(Vec<(String, Looks)>);

impl Themes {
    /// Those that ship with the program.
    pub fn shipped() -> Self {
        let shipped = SHIPPED.iter().filter_map(|(name, text)| {
            let looks = Looks::parse(name, text, |_| Err(String::new())).ok()?;
            Some(((*name).to_owned(), looks))
        });
        Self(shipped.collect())
    }

    /// With the user's own: every `*.toml` of a folder, named like its file. One that cannot be read is told and left out,
    /// because a colour must not keep anybody from an incident.
    pub fn with_folder(mut self, folder: &Path) -> (Self, Vec<ThemeError>) {
        let mut troubles = Vec::new();
        let mut files: Vec<_> = fs::read_dir(folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        let shipped = self.clone();
        for path in files {
            match shipped.read(&path) {
                Ok((name, looks)) => self.0.push((name, looks)),
                Err(error) => troubles.push(error),
            }
        }
        (self, troubles)
    }

    fn read(&self, path: &Path) -> Result<(String, Looks), ThemeError> {
        let file = crate::model::inert(&path.display().to_string());
        let unreadable = |why: String| ThemeError::Unreadable {
            file: file.clone(),
            why,
        };
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let name = crate::model::inert(name);
        if self.get(&name).is_some() {
            return Err(ThemeError::Taken { file, name });
        }
        let size = fs::metadata(path)
            .map_err(|error| unreadable(error.to_string()))?
            .len();
        if size > LONGEST {
            return Err(unreadable("it is too long for a theme".to_owned()));
        }
        let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        let base = |wanted: &str| {
            let found = self.get(wanted).cloned();
            found.ok_or_else(|| {
                format!(
                    "one of those that ship: {}",
                    self.names().collect::<Vec<_>>().join(", ")
                )
            })
        };
        Ok((name, Looks::parse(&file, &text, base)?))
    }

    fn get(&self, name: &str) -> Option<&Looks> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, looks)| looks)
    }

    /// Their names, in the order in which `t` switches.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The theme of this name; on a terminal without colours the mono theme stands in for every coloured one.
    pub fn named(&self, name: &str, depth: Depth) -> Result<Theme, ThemeError> {
        let Some(looks) = self.get(name) else {
            let names: Vec<_> = self.names().collect();
            let near = suggest::nearest(name, names.iter().copied());
            return Err(ThemeError::Unknown {
                name: crate::model::inert(name),
                near: near.map_or_else(String::new, |near| format!("did you mean '{near}'? ")),
                known: names.join(", "),
            });
        };
        if depth == Depth::Mono && looks.is_coloured() {
            return Ok(self
                .get(MONO)
                .map_or_else(Theme::plain, |mono| mono.on(MONO, depth)));
        }
        Ok(looks.on(name, depth))
    }

    /// The theme after this one, among those that make sense on the terminal.
    pub fn after(&self, theme: &Theme, depth: Depth) -> Theme {
        let mut fit = self
            .0
            .iter()
            .filter(|(_, looks)| depth != Depth::Mono || !looks.is_coloured());
        let first = fit.clone().next();
        let next = fit
            .by_ref()
            .skip_while(|(name, _)| *name != theme.name)
            .nth(1)
            .or(first);
        next.map_or_else(|| theme.clone(), |(name, looks)| looks.on(name, depth))
    }

    /// The theme of a terminal when nobody has named one.
    pub const fn usual(depth: Depth, ground: Ground) -> &'static str {
        match (depth, ground) {
            (Depth::Mono, _) => MONO,
            (Depth::Ansi16, _) => "ansi16",
            (_, Ground::Light) => "light",
            (_, Ground::Dark) => "dark",
        }
    }

    #[cfg(test)]
    pub(super) fn looks(&self, name: &str) -> &Looks {
        self.get(name).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::Role;

    #[test]
    fn all_that_ship_can_be_read_and_style_every_role() {
        let themes = Themes::shipped();
        assert_eq!(themes.names().count(), SHIPPED.len());
        for (name, text) in SHIPPED {
            for role in crate::console::named::names::<Role>() {
                assert!(text.contains(&format!("\n{role} = ")), "{name} leaves out {role}");
            }
        }
    }

    #[test]
    fn the_terminal_decides_where_nobody_else_does() {
        assert_eq!(Themes::usual(Depth::Mono, Ground::Light), "mono");
        assert_eq!(Themes::usual(Depth::Ansi16, Ground::Light), "ansi16");
        assert_eq!(Themes::usual(Depth::Ansi256, Ground::Light), "light");
        assert_eq!(Themes::usual(Depth::True, Ground::Dark), "dark");
        for depth in [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            for ground in [Ground::Dark, Ground::Light] {
                let name = Themes::usual(depth, ground);
                assert_eq!(Themes::shipped().named(name, depth).unwrap().name, name);
            }
        }
    }

    #[test]
    fn without_colours_there_is_only_mono() {
        let themes = Themes::shipped();
        let dark = themes.named("dark", Depth::Mono).unwrap();
        assert_eq!(dark.name, "mono");
        assert_eq!(themes.after(&dark, Depth::Mono).name, "mono");
    }

    #[test]
    fn switching_goes_round_all_of_them() {
        let themes = Themes::shipped();
        let mut theme = themes.named("dark", Depth::True).unwrap();
        let mut seen = Vec::new();
        for _ in SHIPPED {
            theme = themes.after(&theme, Depth::True);
            seen.push(theme.name.clone());
        }
        assert_eq!(seen.last().unwrap(), "dark");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), SHIPPED.len());
    }

    #[test]
    fn an_unknown_name_lists_what_there_is() {
        let error = Themes::shipped()
            .named("drk", Depth::True)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "there is no theme called 'drk'\nhint: did you mean 'dark'? there are dark, light, high-contrast, \
             colour-blind-safe, ansi16, mono"
        );
    }

    #[test]
    fn own_themes_inherit_and_a_broken_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "night.toml",
            "inherits = \"dark\"\n[roles]\ntext = { fg = \"#ff0000\" }",
        );
        write("broken.toml", "[roles]\n\ntxt = {}");
        write("dark.toml", "");
        write("notes.txt", "not a theme");
        let (themes, troubles) = Themes::shipped().with_folder(folder.path());
        let night = themes.named("night", Depth::True).unwrap();
        let dark = themes.named("dark", Depth::True).unwrap();
        assert_eq!(
            night.style(Role::Text).fg,
            Some(ratatui::style::Color::Rgb(255, 0, 0))
        );
        assert_eq!(night.style(Role::Bad), dark.style(Role::Bad));
        let troubles: Vec<_> = troubles.iter().map(ToString::to_string).collect();
        assert_eq!(troubles.len(), 2, "{troubles:?}");
        assert!(
            troubles[0].contains("broken.toml:3: there is no role called 'txt'"),
            "{troubles:?}"
        );
        assert!(
            troubles[1].contains("dark.toml: 'dark' ships with the program"),
            "{troubles:?}"
        );
        assert_eq!(themes.names().last(), Some("night"));
    }

    #[test]
    fn without_a_folder_there_is_no_trouble() {
        let (themes, troubles) = Themes::shipped().with_folder(Path::new("/nowhere/at/all"));
        assert_eq!(themes, Themes::shipped());
        assert!(troubles.is_empty());
    }
}
