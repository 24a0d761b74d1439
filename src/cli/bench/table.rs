//! The scores of many cases, added up and shown.

use std::fmt::Write as _;

use serde::Serialize;

use super::Case;

/// The scores of many cases, added up.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Total {
    /// Cases scored.
    pub cases: usize,
    /// With nothing wrong: verdict, resource, category, words, order.
    pub right: usize,
    /// With the right verdict.
    pub verdict: usize,
    /// With a right resource first, of so many that have one.
    pub top_1: Share,
    /// With the right resources among the first three, of so many that have one.
    pub top_3: Share,
    /// With the right category, of so many that found a right resource and whose truth names one.
    pub category: Share,
    /// With a cause that is none.
    pub false_causes: usize,
    /// Left open although there is an answer.
    pub abstained: usize,
    /// Seconds a case.
    pub seconds: f64,
    /// Questions a case.
    pub queries: f64,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// So many.
    pub hits: usize,
    /// Of so many.
    pub of: usize,
}

impl Share {
    fn add(&mut self, hit: Option<bool>) {
        if let Some(hit) = hit {
            self.of += 1;
            self.hits += usize::from(hit);
        }
    }

    /// As `26/26  100 %`; a dash when it applies to none.
    fn shown(self) -> String {
        match self.of {
            0 => "-".to_owned(),
            of => format!("{:.1} %", 100.0 * self.hits as f64 / of as f64),
        }
    }
}

impl Total {
    /// Adds up.
    pub fn of<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let mut total = Self::default();
        for case in cases {
            total.cases += 1;
            let Ok(score) = &case.score else { continue };
            total.right += usize::from(score.right);
            total.verdict += usize::from(score.found == score.expected);
            total.top_1.add(score.top_1);
            total.top_3.add(score.top_3);
            total.category.add(score.category);
            total.false_causes += usize::from(score.false_cause);
            total.abstained += usize::from(score.abstained);
            total.seconds += case.seconds;
            total.queries += case.queries as f64;
        }
        let count = total.cases.max(1) as f64;
        total.seconds = (total.seconds / count * 1e3).round() / 1e3;
        total.queries = (total.queries / count * 10.0).round() / 10.0;
        total
    }

    fn row(&self, name: &str, width: usize) -> String {
        let share = |hits| Share { hits, of: self.cases }.shown();
        format!(
            "{name:<width$} {:>5} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6} {:>6.2} {:>6.1}",
            self.cases,
            share(self.right),
            share(self.verdict),
            self.top_1.shown(),
            self.top_3.shown(),
            self.category.shown(),
            self.false_causes,
            self.abstained,
            self.seconds,
            self.queries,
        )
    }
}

/// A row each for named groups of cases and one for all, as text.
pub fn table(groups: &[(String, Vec<&Case>)]) -> String {
    let width = groups
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(8);
    let mut out = format!(
        "{:<width$} {:>5} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6} {:>6} {:>6}\n",
        "", "cases", "right", "verdict", "top-1", "top-3", "category", "false", "open", "s", "asked"
    );
    for (name, cases) in groups {
        let _ = writeln!(out, "{}", Total::of(cases.iter().copied()).row(name, width));
    }
    if groups.len() > 1 {
        let all = groups.iter().flat_map(|(_, cases)| cases.iter().copied());
        let _ = writeln!(out, "{}", Total::of(all).row("in all", width));
    }
    out
}

/// The cases that are not right, a line each.
pub fn wrong(cases: &[Case]) -> String {
    let mut out = String::new();
    for case in cases {
        let what = match &case.score {
            Ok(score) if score.right => continue,
            Ok(score) => score.wrong.join("; "),
            Err(error) => error.clone(),
        };
        let _ = writeln!(out, "  {:<40} {}", case.name, crate::model::inert(&what));
    }
    out
}
