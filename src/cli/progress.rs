//! Progress on stderr: a live line on a terminal, nothing otherwise.

use std::io::{IsTerminal, Write, stderr};

use crate::{journal::views::Investigation, model::Budget};

/// The live line.
pub struct Progress {
    /// What an investigation may spend that was opened without saying so.
    budget: Budget,
    live: bool,
    shown: bool,
}

impl Progress {
    /// A live line where stderr is a terminal.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            live: stderr().is_terminal(),
            shown: false,
        }
    }

    /// Shows where the investigation stands.
    pub fn show(&mut self, view: &Investigation) {
        let phase = view.phase.map_or("queued", crate::model::Phase::as_str);
        let finding = view
            .findings
            .values()
            .next_back()
            .map(|finding| format!(" · {}", finding.text))
            .unwrap_or_default();
        let budget = view.created.as_ref().and_then(|created| created.budget);
        let budget = budget.unwrap_or(self.budget);
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
