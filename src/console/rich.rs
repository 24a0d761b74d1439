//! Lines of words with roles: what panes prepare in `update` and draw later, whatever the theme.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme::Role;
use crate::model::{Span, Text, inert};

/// Longest piece of external text that a line takes; the rest stands in the raw view.
const CUT: usize = 4_000;

/// A line of words, each with its role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rich(pub Vec<(Role, String)>);

impl Rich {
    /// An empty line to build on.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A line in one role.
    pub fn of(role: Role, words: impl Into<String>) -> Self {
        Self::new().add(role, words)
    }

    /// Adds words of our own.
    pub fn add(mut self, role: Role, words: impl Into<String>) -> Self {
        let words = words.into();
        match self.0.last_mut() {
            Some((last, text)) if *last == role => text.push_str(&words),
            _ if words.is_empty() => {}
            _ => self.0.push((role, words)),
        }
        self
    }

    /// Adds words from outside: inert, cut, in the role for external text.
    pub fn ext(self, words: &str) -> Self {
        self.add(Role::External, shown(words))
    }

    /// Adds a sentence: own words in `role`, external ones in theirs.
    pub fn text(mut self, role: Role, text: &Text) -> Self {
        for span in &text.0 {
            self = match span {
                Span::Own(words) => self.add(role, words.clone()),
                Span::External { external } => self.ext(external),
            };
        }
        self
    }

    /// Adds a sentence in one role throughout, external words made inert.
    pub fn flat(self, role: Role, text: &Text) -> Self {
        self.add(role, shown(&text.plain()))
    }

    /// Adds another line.
    pub fn join(mut self, other: Self) -> Self {
        for (role, words) in other.0 {
            self = self.add(role, words);
        }
        self
    }

    /// Adds spaces up to a column; one space at least, unless nothing stands before.
    pub fn pad(self, column: usize) -> Self {
        let gap = column
            .saturating_sub(self.width())
            .max(usize::from(!self.0.is_empty()));
        self.add(Role::Text, " ".repeat(gap))
    }

    /// Cells.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, words)| words.width()).sum()
    }

    /// The words without roles.
    pub fn plain(&self) -> String {
        self.0.iter().map(|(_, words)| words.as_str()).collect()
    }

    /// True when there is nothing to see.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, words)| words.is_empty())
    }

    /// The line cut to `width` cells, `more` as its last sign when something was cut.
    pub fn fit(self, width: usize, more: &str) -> Self {
        if self.width() <= width {
            return self;
        }
        let room = width.saturating_sub(more.width());
        let mut used = 0;
        let mut out = Self::new();
        for (role, words) in self.0 {
            let mut part = String::new();
            for grapheme in words.graphemes(true) {
                let cells = grapheme.width();
                if used + cells > room {
                    return out.add(role, part).add(Role::Dim, more);
                }
                used += cells;
                part.push_str(grapheme);
            }
            out = out.add(role, part);
        }
        out
    }

    /// Breaks the line at blanks into lines of `width` cells; all but the first are indented by `indent` cells.
    /// A word that is wider than a line is broken anywhere.
    pub fn wrap(&self, width: usize, indent: usize) -> Vec<Self> {
        let width = width.max(8);
        let indent = indent.min(width / 2);
        let mut lines = Lines {
            done: Vec::new(),
            line: Self::new(),
            used: 0,
            width,
            indent,
        };
        for word in self.words() {
            lines.take(word);
        }
        lines.done.push(lines.line);
        lines.done
    }

    /// Words and blanks in turn; a word may have several roles.
    fn words(&self) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        for (role, text) in &self.0 {
            for grapheme in text.graphemes(true) {
                let blank = grapheme == " ";
                match words.last_mut() {
                    Some(word) if word.blank == blank => word.push(*role, grapheme),
                    _ => {
                        let mut word = Word {
                            blank,
                            ..Word::default()
                        };
                        word.push(*role, grapheme);
                        words.push(word);
                    }
                }
            }
        }
        words
    }
}

#[derive(Default)]
struct Word {
    blank: bool,
    width: usize,
    pieces: Vec<(Role, String)>,
}

impl Word {
    fn push(&mut self, role: Role, grapheme: &str) {
        self.width += grapheme.width();
        match self.pieces.last_mut() {
            Some((last, text)) if *last == role => text.push_str(grapheme),
            _ => self.pieces.push((role, grapheme.to_owned())),
        }
    }
}

struct Lines {
    done: Vec<Rich>,
    line: Rich,
    used: usize,
    width: usize,
    indent: usize,
}

impl Lines {
    fn take(&mut self, word: Word) {
        if self.used + word.width <= self.width {
            if word.blank && !self.done.is_empty() && self.used == self.indent {
                return;
            }
            return self.put(word);
        }
        if word.blank {
            return self.fresh();
        }
        if self.used > self.indent && word.width <= self.width - self.indent {
            self.fresh();
            return self.put(word);
        }
        for (role, text) in word.pieces {
            for grapheme in text.graphemes(true) {
                if self.used + grapheme.width() > self.width {
                    self.fresh();
                }
                self.used += grapheme.width();
                self.line = std::mem::take(&mut self.line).add(role, grapheme);
            }
        }
    }

    fn put(&mut self, word: Word) {
        self.used += word.width;
        for (role, text) in word.pieces {
            self.line = std::mem::take(&mut self.line).add(role, text);
        }
    }

    fn fresh(&mut self) {
        let indent = Rich::of(Role::Text, " ".repeat(self.indent));
        self.done.push(std::mem::replace(&mut self.line, indent));
        self.used = self.indent;
    }
}

/// External words as they may be shown: inert, without characters that change the width of their neighbours, cut.
pub fn shown(words: &str) -> String {
    let mut cut: String = words
        .chars()
        .take(CUT)
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{2060}' | '\u{e0000}'..='\u{e007f}'))
        .collect();
    if words.len() > CUT && words.chars().count() > CUT {
        cut.push('…');
    }
    inert(&cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_words_with_a_hanging_indent() {
        let line = Rich::of(Role::Dim, "finding  ").add(Role::Text, "Errors rose from 0 to 41/min at 02:57");
        let lines: Vec<String> = line
            .wrap(24, 9)
            .iter()
            .map(|line| line.plain().trim_end().to_owned())
            .collect();
        assert_eq!(
            lines,
            [
                "finding  Errors rose",
                "         from 0 to",
                "         41/min at 02:57"
            ]
        );
        for line in line.wrap(24, 9) {
            assert!(line.width() <= 24);
        }
    }

    #[test]
    fn breaks_what_has_no_words_and_never_overflows() {
        for width in 8..40 {
            for line in Rich::new().ext(&"x日本".repeat(50)).wrap(width, 5) {
                assert!(line.width() <= width);
            }
        }
    }

    #[test]
    fn cuts_with_a_sign() {
        let cut = Rich::of(Role::Text, "checkout latency").fit(9, "…");
        assert_eq!(cut.plain(), "checkout…");
        assert_eq!(Rich::of(Role::Text, "short").fit(9, "…").plain(), "short");
    }

    #[test]
    fn hostile_words_are_inert_and_bounded() {
        let words = shown(&format!("\u{1b}[2J\u{202e}{}\u{200d}", "a".repeat(1 << 20)));
        assert!(!words.chars().any(char::is_control));
        assert!(!words.contains('\u{202e}'));
        assert!(words.chars().count() <= CUT + 1);
    }
}
