//! What stands above the notes: the outcome, loud, and what to do now.

use super::note::Writer;
use crate::{
    console::{action::Action, canvas::bar, glyph::Glyphs, rich::Rich, theme::Role, words},
    journal::views::Investigation,
    model::{Cause, HypothesisState, RunState, Verdict},
};

/// Rows of a statement at most; the rest stands in the notes.
const STATEMENT: usize = 3;

/// The rows, at `width` cells.
pub fn head(with: &Writer<'_>, width: usize) -> Vec<Rich> {
    let (inv, glyphs) = (with.inv, with.glyphs);
    let state = inv.state.unwrap_or(RunState::Queued);
    match (state, &inv.summary) {
        (_, Some(summary)) => match summary.verdict {
            Verdict::Cause => causes(with, &summary.causes, width),
            verdict => {
                let mut rows = badge(verdict);
                rows.extend(statement(
                    Rich::new().flat(Role::Strong, &summary.text),
                    width,
                    STATEMENT,
                    glyphs,
                ));
                rows.push(after(with, Rich::new()).fit(width, glyphs.more));
                rows
            }
        },
        (RunState::Queued, None) => vec![
            state_badge("QUEUED", Role::BadgeQuiet)
                .add(Role::Dim, "  waits for a free place  ")
                .add(Role::Dim, inv.priority.as_str()),
        ],
        (RunState::Running, None) => running(inv, width, glyphs),
        (RunState::Paused, None) => vec![
            state_badge("PAUSED", Role::BadgeUnsure)
                .add(Role::Dim, "  asks nothing until you press ")
                .add(Role::Key, with.keymap.key_of(Action::Pause)),
        ],
        (RunState::Failed | RunState::Cancelled | RunState::Completed, None) => {
            let (word, role) = match state {
                RunState::Failed => ("FAILED", Role::BadgeCause),
                RunState::Cancelled => ("CANCELLED", Role::BadgeQuiet),
                _ => ("ENDED", Role::BadgeQuiet),
            };
            let mut rows = vec![state_badge(word, role)];
            if let Some(end) = &inv.end {
                let text = Rich::new().flat(Role::Strong, &end.text);
                rows.extend(statement(text, width, STATEMENT, glyphs));
            }
            rows.push(again(with).fit(width, glyphs.more));
            rows
        }
    }
}

fn state_badge(word: &str, role: Role) -> Rich {
    Rich::of(role, format!(" {word} "))
}

fn badge(verdict: Verdict) -> Vec<Rich> {
    let (word, role) = words::badge(verdict);
    vec![state_badge(word, role)]
}

fn statement(text: Rich, width: usize, most: usize, glyphs: &Glyphs) -> Vec<Rich> {
    let mut rows = text.wrap(width, 0);
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.pop() {
            rows.push(last.add(Role::Dim, glyphs.more).fit(width, glyphs.more));
        }
    }
    rows
}

fn causes(with: &Writer<'_>, causes: &[Cause], width: usize) -> Vec<Rich> {
    let glyphs = with.glyphs;
    let mut rows = Vec::new();
    let several = causes.len() > 1;
    for (i, cause) in causes.iter().take(2).enumerate() {
        let word = if several {
            format!("ROOT CAUSE {}", i + 1)
        } else {
            "ROOT CAUSE".to_owned()
        };
        let line = state_badge(&word, Role::BadgeCause)
            .add(Role::Text, "  ")
            .join(bar(glyphs, cause.confidence, 8))
            .add(Role::Strong, format!(" {:.2}", cause.confidence))
            .add(Role::Dim, format!("  {}  ", cause.category.words()))
            .ext(&with.names.of(&cause.resource));
        rows.push(line.fit(width, glyphs.more));
        let most = if several { 2 } else { STATEMENT };
        rows.extend(statement(
            Rich::new().flat(Role::Strong, &cause.statement),
            width,
            most,
            glyphs,
        ));
    }
    let because = causes.first().map_or_else(Rich::new, |cause| {
        let cited = cause.evidence.get(..6).unwrap_or(&cause.evidence);
        words::because(cited)
    });
    rows.push(after(with, because).fit(width, glyphs.more));
    rows
}

/// Why, what was not looked at, what now.
fn after(with: &Writer<'_>, lead: Rich) -> Rich {
    let inv = with.inv;
    let mut line = lead;
    let gap = format!("  {}  ", with.glyphs.dot);
    let add = |line: Rich, part: Rich| {
        if line.is_empty() {
            part
        } else {
            line.add(Role::Faint, gap.clone()).join(part)
        }
    };
    let gaps = inv.gaps.len();
    if gaps > 0 {
        line = add(line, Rich::of(Role::Warn, words::count(gaps as u64, "gaps")));
    }
    if inv
        .summary
        .as_ref()
        .is_some_and(|summary| summary.verdict == Verdict::Cause)
    {
        line = add(line, key(with, Action::Evidence, "evidence"));
    }
    if inv.mitigation.is_some() {
        line = add(line, key(with, Action::Mitigation, "plan"));
    }
    add(line, again(with))
}

fn again(with: &Writer<'_>) -> Rich {
    key(with, Action::Again, "look again")
}

fn key(with: &Writer<'_>, action: Action, words: &str) -> Rich {
    Rich::of(Role::Key, with.keymap.key_of(action)).add(Role::Dim, format!(" {words}"))
}

fn running(inv: &Investigation, width: usize, glyphs: &Glyphs) -> Vec<Rich> {
    let at = inv
        .phase
        .and_then(|phase| words::PHASES.iter().position(|known| *known == phase));
    let mut line = state_badge("RUNNING", Role::BadgeRunning).add(Role::Text, "  ");
    for (i, phase) in words::PHASES.iter().enumerate() {
        let (role, word) = match at {
            Some(at) if i < at => (Role::Dim, format!("{} {}", glyphs.done, phase.as_str())),
            Some(at) if i == at => (Role::Running, format!("{} {}", glyphs.running, phase.as_str())),
            _ => (Role::Faint, phase.as_str().to_owned()),
        };
        line = line.add(role, word).add(Role::Text, "  ");
    }
    if line.width() > width {
        let done = at.map_or(0, |at| at + 1);
        line = state_badge("RUNNING", Role::BadgeRunning)
            .add(Role::Text, "  ")
            .join(bar(glyphs, done as f64 / words::PHASES.len() as f64, 7))
            .add(
                Role::Text,
                format!(" {}", inv.phase.map_or("starting", words::doing)),
            );
    }
    let mut rows = vec![line.fit(width, glyphs.more)];
    let ranked = inv.ranked();
    let alive = ranked
        .iter()
        .filter(|(_, hypothesis)| hypothesis.state != HypothesisState::Refuted);
    if let Some((_, best)) = alive.clone().next() {
        let others = alive.count().saturating_sub(1);
        let tail = if others == 0 {
            String::new()
        } else {
            format!("  and {others} more")
        };
        let line = Rich::of(Role::Dim, "likeliest  ")
            .join(bar(glyphs, best.score, 8))
            .add(Role::Strong, format!(" {:.2}  ", best.score))
            .flat(Role::Text, &best.statement);
        let room = width.saturating_sub(tail.len());
        rows.push(line.fit(room, glyphs.more).add(Role::Dim, tail));
    } else {
        let found = inv.findings.len();
        let words = match found {
            0 => "nothing stands out yet".to_owned(),
            n => words::count(n as u64, "findings"),
        };
        rows.push(Rich::of(Role::Dim, words));
    }
    rows
}
