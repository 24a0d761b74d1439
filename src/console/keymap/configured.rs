//! The keymap as the configuration changes it. What is wrong is told all at once, with line and way out, before the screen
//! is taken.
//!
//! An entry replaces the keys of one action in one context. Ctrl-C always quits, and Esc always leads back: there is a way
//! out of every place, whatever stands in a file.

use std::fmt;

use super::{Binding, Chord, Context, Keymap};
use crate::{
    config::{Keys, keys::KeyEntry},
    console::{
        action::Action,
        named::{name_of, named, names},
    },
    model::inert,
    sources::bundle::suggest,
};

/// Everything that is wrong with configured keys.
#[derive(Debug, thiserror::Error)]
pub struct Mistakes(Vec<Mistake>);

#[derive(Debug)]
struct Mistake {
    file: String,
    line: usize,
    what: String,
    hint: String,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.0.iter().enumerate() {
            let end = if i > 0 { "\n" } else { "" };
            let Mistake {
                file,
                line,
                what,
                hint,
            } = mistake;
            write!(
                f,
                "{end}{}:{line}: {}\nhint: {}",
                inert(file),
                inert(what),
                inert(hint)
            )?;
        }
        Ok(())
    }
}

/// The shipped keymap with what is configured.
pub fn configured(keys: &Keys) -> Result<Keymap, Mistakes> {
    let mut keymap = Keymap::shipped();
    let mut mistakes = Vec::new();
    for table in &keys.tables {
        let Some(context) = named::<Context>(&table.context) else {
            mistakes.push((
                table.line,
                format!("there is no context called '{}'", table.context),
                suggest::advice(&table.context, names::<Context>()),
            ));
            continue;
        };
        for entry in &table.entries {
            match bound(context, entry) {
                Ok((action, chords)) => keymap.replace(context, action, chords, entry.line),
                Err((what, hint)) => mistakes.push((entry.line, what, hint)),
            }
        }
    }
    if mistakes.is_empty() {
        mistakes.extend(keymap.twice());
        mistakes.extend(keymap.hidden());
    }
    if mistakes.is_empty() {
        return Ok(keymap);
    }
    mistakes.sort();
    mistakes.dedup();
    let told = mistakes.into_iter().map(|(line, what, hint)| Mistake {
        file: keys.file.clone(),
        line,
        what,
        hint,
    });
    Err(Mistakes(told.collect()))
}

/// An entry as action and keys; otherwise what is wrong, and what to do.
fn bound(context: Context, entry: &KeyEntry) -> Result<(Action, Vec<Chord>), (String, String)> {
    let Some(action) = named::<Action>(&entry.action) else {
        let what = format!("there is no action called '{}'", entry.action);
        let hint = suggest::advice(&entry.action, names::<Action>());
        return Err((what, hint));
    };
    let shipped = Keymap::shipped();
    let here: Vec<Action> = shipped
        .in_context(context)
        .map(|binding| binding.action)
        .collect();
    if !context.takes_any() && !here.contains(&action) {
        let known: Vec<_> = here.iter().map(name_of).collect();
        let what = format!("{} does nothing in {}", entry.action, name_of(&context));
        return Err((what, format!("there it is {}", known.join(", "))));
    }
    let mut chords = Vec::new();
    for written in &entry.chords {
        let chord = Chord::parse(written)?;
        let fixed = [(Chord::INTERRUPT, Action::Quit), (Chord::ESC, Action::Back)];
        if let Some((_, always)) = fixed
            .iter()
            .find(|(fixed, always)| *fixed == chord && *always != action)
        {
            let what = format!("'{written}' is always {}", name_of(always));
            return Err((what, "there has to be a way out of every place".to_owned()));
        }
        if context == Context::Chat && chord.types() {
            let what = format!("'{written}' is typed in the chat");
            return Err((
                what,
                "a key with Ctrl or Alt, or one that types nothing".to_owned(),
            ));
        }
        if !chords.contains(&chord) {
            chords.push(chord);
        }
    }
    for (always, does) in [(Chord::INTERRUPT, Action::Quit), (Chord::ESC, Action::Back)] {
        let ships = shipped
            .in_context(context)
            .any(|binding| binding.action == does && binding.chords.contains(&always));
        if action == does && ships && !chords.contains(&always) {
            chords.push(always);
        }
    }
    Ok((action, chords))
}

impl Context {
    /// True where every action can be bound; over the panes only what ships there does something.
    const fn takes_any(self) -> bool {
        matches!(
            self,
            Self::Global
                | Self::List
                | Self::Investigations
                | Self::Journal
                | Self::Chat
                | Self::Topology
                | Self::Prevention
        )
    }

    /// Where a key is looked up when nothing here knows it.
    const fn outer(self) -> &'static [Self] {
        match self {
            Self::List | Self::Chat => &[],
            Self::Global => &[Self::List],
            _ => &[Self::Global, Self::List],
        }
    }
}

type Told = (usize, String, String);

impl Keymap {
    fn replace(&mut self, context: Context, action: Action, chords: Vec<Chord>, line: usize) {
        let is_it = |binding: &Binding| binding.context == context && binding.action == action;
        let before = self.bindings.iter().position(is_it);
        let binding = Binding {
            context,
            chords,
            action,
            footer: before
                .and_then(|at| self.bindings.get(at))
                .map_or("", |before| before.footer),
            line: Some(line),
        };
        let at = before.unwrap_or(self.bindings.len());
        self.bindings.retain(|binding| !is_it(binding));
        self.bindings.insert(at.min(self.bindings.len()), binding);
    }

    /// Keys that mean two things in one context.
    fn twice(&self) -> Vec<Told> {
        let mut told = Vec::new();
        for (i, one) in self.bindings.iter().enumerate() {
            for other in self.bindings.iter().skip(i + 1) {
                let shared = one.chords.iter().find(|chord| other.chords.contains(chord));
                let (true, Some(chord)) = (one.context == other.context, shared) else {
                    continue;
                };
                if let Some(line) = one.line.max(other.line) {
                    told.push((
                        line,
                        format!(
                            "'{}' means two things in {}: {} and {}",
                            chord.name(),
                            name_of(&one.context),
                            one.told(),
                            other.told()
                        ),
                        "give one of them another key".to_owned(),
                    ));
                }
            }
        }
        told
    }

    /// Actions of an outer context that a nearer one hides altogether.
    fn hidden(&self) -> Vec<Told> {
        let mut told = Vec::new();
        for context in crate::console::named::all::<Context>() {
            let mut chain = vec![context];
            chain.extend(context.outer());
            // What lies over the panes hides their keys; moving in it has to stay possible.
            let outer = context
                .outer()
                .iter()
                .filter(|outer| context.takes_any() || **outer == Context::List);
            for hidden in outer.flat_map(|outer| self.in_context(*outer)) {
                let reaches = |chord: &Chord| self.action(&chain, &chord.event()) == Some(hidden.action);
                let all = self
                    .bindings
                    .iter()
                    .filter(|binding| chain.contains(&binding.context));
                let reachable = all.flat_map(|binding| &binding.chords).any(reaches);
                let Some(chord) = hidden.chords.first().filter(|_| !reachable) else {
                    continue;
                };
                let hider = chain.iter().find_map(|context| {
                    let mut here = self.in_context(*context);
                    here.find(|binding| binding.chords.contains(chord))
                });
                let Some(hider) = hider else { continue };
                if let Some(line) = hider.line.max(hidden.line) {
                    told.push((
                        line,
                        format!(
                            "'{}' of {} in {} hides {} in {}, which has no other key there",
                            chord.name(),
                            hider.told(),
                            name_of(&hider.context),
                            hidden.told(),
                            name_of(&hidden.context)
                        ),
                        "give one of them another key".to_owned(),
                    ));
                }
            }
        }
        told
    }
}

impl Binding {
    /// `unfold (line 12)`, `follow (as it ships)`.
    fn told(&self) -> String {
        let name = name_of(&self.action);
        match self.line {
            Some(line) => format!("{name} (line {line})"),
            None => format!("{name} (as it ships)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn made(text: &str) -> Result<Keymap, String> {
        let config = Config::parse("config.toml", text).unwrap();
        configured(&config.keys).map_err(|mistakes| mistakes.to_string())
    }

    fn does(keymap: &Keymap, context: Context, key: &str) -> Option<Action> {
        keymap.action(&[context], &Chord::parse(key).unwrap().event())
    }

    #[test]
    fn an_entry_replaces_the_keys_of_its_action_in_its_context() {
        let keymap =
            made("[keys.global]\nquit = \"Q\"\nexport = []\n[keys.journal]\nunfold = [\"o\", \"Space\"]")
                .unwrap();
        assert_eq!(does(&keymap, Context::Global, "Q"), Some(Action::Quit));
        assert_eq!(does(&keymap, Context::Global, "q"), None);
        assert_eq!(does(&keymap, Context::Global, "e"), None);
        assert_eq!(does(&keymap, Context::Journal, "Space"), Some(Action::Unfold));
        assert_eq!(does(&keymap, Context::Journal, "f"), None);
        // What is shown follows.
        assert_eq!(keymap.key_of(Action::Quit), "Q");
        assert_eq!(keymap.key_of(Action::Export), "");
        let footer = keymap.footer(&[Context::Journal]);
        assert!(
            footer
                .iter()
                .any(|shown| shown.key == "o" && shown.word == "all/less")
        );
    }

    #[test]
    fn there_is_always_a_way_out() {
        let keymap = made("[keys.global]\nquit = []\nback = \"Backspace\"").unwrap();
        assert_eq!(does(&keymap, Context::Global, "Ctrl-C"), Some(Action::Quit));
        assert_eq!(does(&keymap, Context::Global, "Esc"), Some(Action::Back));
        for text in [
            "[keys.global]\ncopy = \"Ctrl-C\"",
            "[keys.journal]\nunfold = \"Esc\"",
        ] {
            let error = made(text).unwrap_err();
            assert!(
                error.starts_with("config.toml:2: '") && error.contains("is always"),
                "{error}"
            );
        }
    }

    #[test]
    fn mistakes_are_told_all_at_once_with_line_and_hint() {
        let error = made(
            "[keys.jurnal]\n[keys.global]\nqut = \"Q\"\nhelp = \"Entr\"\n[keys.evidence]\nquit = \"Q\"\n[keys.chat]\nsend = \"s\"",
        )
        .unwrap_err();
        assert_eq!(
            error,
            "config.toml:1: there is no context called 'jurnal'\n\
             hint: did you mean 'journal'?\n\
             config.toml:3: there is no action called 'qut'\n\
             hint: did you mean 'quit'?\n\
             config.toml:4: 'Entr' is no key\n\
             hint: did you mean 'Enter'? keys are written x, X, ?, Space, Enter, PgDn, F2, Ctrl-N, Alt-x, Shift-Tab\n\
             config.toml:6: quit does nothing in evidence\n\
             hint: there it is left, right, next_pane, previous_pane, open, together, unfold, raw, pager, editor, copy, back\n\
             config.toml:8: 's' is typed in the chat\n\
             hint: a key with Ctrl or Alt, or one that types nothing"
        );
    }

    #[test]
    fn a_key_with_two_meanings_is_told_with_both_places() {
        let error = made("[keys.journal]\nunfold = \"F\"").unwrap_err();
        assert!(
            error.starts_with(
                "config.toml:2: 'F' means two things in journal: unfold (line 2) and follow (as it ships)"
            ),
            "{error}"
        );
        let error = made("[keys.global]\nzoom = \"w\"\nnew = \"w\"").unwrap_err();
        assert!(error.contains("zoom (line 2) and new (line 3)"), "{error}");
        // Moved out of the way, it is free.
        made("[keys.journal]\nunfold = \"F\"\nfollow = \"f\"").unwrap();
    }

    #[test]
    fn a_key_may_hide_an_outer_one_only_while_that_has_another() {
        let error = made("[keys.journal]\nunfold = \"n\"").unwrap_err();
        assert_eq!(
            error,
            "config.toml:2: 'n' of unfold (line 2) in journal hides new (as it ships) in global, which has no other key \
             there\nhint: give one of them another key"
        );
        // Down has the arrow as well.
        made("[keys.journal]\nunfold = \"j\"").unwrap();
        let error = made("[keys.evidence]\nraw = [\"Down\", \"j\"]").unwrap_err();
        assert!(error.contains("hides down (as it ships) in list"), "{error}");
    }

    #[test]
    fn the_shipped_keymap_hides_nothing_either() {
        let mut keymap = Keymap::shipped();
        for (line, binding) in keymap.bindings.iter_mut().enumerate() {
            binding.line = Some(line);
        }
        assert_eq!(keymap.twice(), []);
        assert_eq!(keymap.hidden(), []);
    }

    #[test]
    fn every_shipped_key_can_be_written() {
        for binding in Keymap::shipped().bindings {
            for chord in binding.chords {
                assert_eq!(Chord::parse(&chord.name()), Ok(chord));
            }
        }
    }
}
