//! Progress on stderr: a live line on a terminal, nothing otherwise.

use std::io::{IsTerminal, Write, stderr};

use crate::{journal::views::Investigation, model::Budget};

/// The live line.
pub struct Progress {
    live: bool,
    shown: bool,
}

impl Progress {
    /// A live line where stderr is a terminal.
    pub fn new() -> Self {
        Self {
            live: stderr().is_terminal(),
            shown: false,
        }
    }

    /// Shows where the investigation stands; `budget` is what it may spend if it was opened without saying so.
    pub fn show(&mut self, view: &Investigation, budget: Budget) {
        let phase = view.phase.map_or("queued", crate::model::Phase::as_str);
        let finding = view
            .findings
            .values()
            .next_back()
            .map(|finding| format!(" · {}", finding.text))
            .unwrap_or_default();
        let given = view.created.as_ref().and_then(|created| created.budget);
        let budget = given.unwrap_or(budget);
        let spent = view.spent();
        let line = format!(
            "{phase} · {} of {} questions · {}/{} calls · {}/{} s · {} findings{finding}",
            view.answers.len(),
            view.queries.len(),
            spent.calls,
            budget.calls,
            spent.seconds,
            budget.seconds,
            view.findings.len(),
        );
        self.line(&line);
    }

    /// Shows one line.
    pub fn line(&mut self, line: &str) {
        if self.live {
            let short: String = line.chars().take(78).collect();
            // Progress is a courtesy: when stderr is gone, so be it.
            drop(write!(stderr(), "\r\u{1b}[2K{short}"));
            drop(stderr().flush());
            self.shown = true;
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.shown {
            drop(write!(stderr(), "\r\u{1b}[2K"));
            self.shown = false;
        }
    }

    /// Says something that stays, on a terminal or not.
    pub fn say(&mut self, line: &str) {
        self.clear();
        drop(writeln!(stderr(), "{line}"));
    }
}
