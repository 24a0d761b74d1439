//! The journal as a colleague's notes: what a stream's records say, folded to what matters.
//!
//! Pure: an [`Investigation`] goes in, [`Note`]s come out. Numbers after `#` are records: a finding carries the number of
//! its observation, which is what causes and answers cite.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    console::{
        glyph::Glyphs,
        names::Names,
        pane::chat::uncited,
        rich::{Rich, shown},
        theme::Role,
        words,
    },
    journal::{
        Actor, Body,
        body::{Asked, Created, InvestigationSummary, Steering},
        views::{Entry, Investigation},
    },
    model::{HypothesisState, Query, RunState, Verdict},
};

/// One note: what one or several records say.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The record that it stands for.
    pub seq: u64,
    /// Other records that it tells.
    pub covers: Vec<u64>,
    /// When it was written.
    pub at: Timestamp,
    /// The word in the margin.
    pub label: String,
    /// How the word looks.
    pub role: Role,
    /// The number that others cite, where there is one.
    pub number: Option<u64>,
    /// Paragraphs.
    pub lines: Vec<Rich>,
    /// Cells by which what does not fit on a line is indented further.
    pub hang: usize,
    /// Records that Enter opens, first one first; empty: nothing to open.
    pub opens: Vec<u64>,
}

impl Note {
    /// Everything that it says, for the filter.
    pub fn plain(&self) -> String {
        let mut words = self.label.clone();
        if let Some(number) = self.number {
            words.push_str(&format!(" #{number}"));
        }
        for line in &self.lines {
            words.push(' ');
            words.push_str(&line.plain());
        }
        words
    }

    /// True for the outcome: the loudest note.
    pub const fn is_verdict(&self) -> bool {
        matches!(self.role, Role::BadgeCause | Role::BadgeClear | Role::BadgeUnsure)
    }

    /// True when it tells this record.
    pub fn tells(&self, seq: u64) -> bool {
        self.seq == seq || self.number == Some(seq) || self.covers.contains(&seq)
    }
}

/// The notes of an investigation; `all` for one note a record.
pub fn notes(investigation: &Investigation, names: &Names, all: bool, glyphs: &Glyphs) -> Vec<Note> {
    let mut writer = Writer {
        inv: investigation,
        names,
        glyphs,
        all,
        out: Vec::new(),
        looked: None,
        tested: false,
    };
    for entry in investigation.entries.values() {
        writer.take(entry);
    }
    writer.out
}

struct Writer<'a> {
    inv: &'a Investigation,
    names: &'a Names,
    glyphs: &'a Glyphs,
    all: bool,
    out: Vec<Note>,
    /// Place of the note that gathers what was looked at, and what it has gathered.
    looked: Option<(usize, BTreeMap<&'static str, u64>)>,
    tested: bool,
}

impl Writer<'_> {
    fn add(&mut self, entry: &Entry, label: &str, role: Role, lines: Vec<Rich>) -> &mut Note {
        self.out.push(Note {
            seq: entry.seq,
            covers: Vec::new(),
            at: entry.at,
            label: label.to_owned(),
            role,
            number: None,
            hang: 0,
            lines,
            opens: Vec::new(),
        });
        let last = self.out.len() - 1;
        &mut self.out[last]
    }

    fn one(&mut self, entry: &Entry, label: &str, role: Role, line: Rich) -> &mut Note {
        self.add(entry, label, role, vec![line])
    }

    fn take(&mut self, entry: &Entry) {
        let seq = entry.seq;
        let Some(body) = &entry.body else {
            let line = Rich::of(Role::Dim, "a record that this version cannot read");
            self.one(entry, "record", Role::Dim, line).number = Some(seq);
            return;
        };
        match body {
            Body::Created(created) => self.created(entry, created),
            Body::Status(status) => self.status(entry, status),
            Body::Plan(plan) => {
                let first = Rich::new().text(Role::Text, &plan.symptom);
                let names: Vec<String> = plan.resources.iter().map(|id| self.names.of(id)).collect();
                let mut where_ = Rich::of(Role::Dim, "around ");
                for (i, name) in names.iter().take(4).enumerate() {
                    where_ = where_.add(Role::Dim, if i == 0 { "" } else { ", " }).ext(name);
                }
                if names.len() > 4 {
                    where_ = where_.add(Role::Dim, format!(" and {} more", names.len() - 4));
                }
                let times = format!(
                    "  {} to {}",
                    words::time(plan.window.from),
                    words::time(plan.window.to)
                );
                let second = where_.add(Role::Dim, times);
                let mut lines = vec![first, second];
                if self.all {
                    let steps = plan.steps.iter();
                    lines.extend(steps.map(|step| Rich::of(Role::Dim, "  ").text(Role::Dim, step)));
                }
                self.add(entry, "scope", Role::Dim, lines).opens = vec![seq];
            }
            Body::Query(asked) if self.all => {
                let line = Rich::new()
                    .flat(Role::Dim, &asked.query.text())
                    .add(Role::Faint, "  ")
                    .flat(Role::Faint, &asked.why);
                let note = self.one(entry, "ask", Role::Faint, line);
                note.number = Some(seq);
                note.opens = vec![seq];
            }
            Body::Evidence(answered) if self.all => {
                let line = Rich::new()
                    .flat(Role::Dim, &answered.text)
                    .add(Role::Faint, "  from ")
                    .add(Role::Faint, shown(&answered.source));
                let note = self.one(entry, "answer", Role::Dim, line);
                note.number = Some(seq);
                note.opens = vec![seq];
            }
            Body::Query(_) => {}
            Body::Evidence(answered) => {
                if let Some(asked) = self.inv.queries.get(&answered.query) {
                    self.gather(entry, answered.query, asked, answered.count);
                }
            }
            Body::Observation(observed) if self.all => {
                let role = if observed.observation.notable {
                    Role::Text
                } else {
                    Role::Dim
                };
                let line = Rich::new().text(role, &observed.observation.text);
                let note = self.one(entry, "observed", Role::Dim, line);
                note.number = Some(seq);
                note.opens = vec![seq];
            }
            Body::Observation(_) => {}
            Body::Finding(finding) => {
                let line = Rich::new().text(Role::Text, &finding.text);
                let number = finding.observation;
                let note = self.one(entry, "finding", Role::Accent, line);
                note.number = Some(number);
                note.opens = vec![number];
            }
            Body::Hypothesis(hypothesis) if self.all => {
                let line = words::hypothesis(hypothesis, self.glyphs);
                let note = self.one(entry, "supposed", Role::Dim, line);
                note.number = Some(seq);
                note.opens = vec![seq];
            }
            Body::Hypothesis(_) => self.tested(entry),
            Body::Cause(cause) => {
                let line = Rich::of(Role::Strong, format!("{:.2}", cause.confidence))
                    .add(Role::Dim, format!("  {}  ", words::category(cause.category)))
                    .ext(&self.names.of(&cause.resource));
                let because = words::because(&cause.evidence);
                let opens = cause.evidence.clone();
                let note = self.add(entry, "ROOT CAUSE", Role::BadgeCause, vec![line, because]);
                note.opens = std::iter::once(seq).chain(opens).collect();
            }
            Body::InvestigationSummary(summary) => self.summary(entry, summary),
            Body::MitigationPlan(plan) => {
                let steps = plan.steps();
                let word = if steps == 1 { "step" } else { "steps" };
                let mut line = Rich::of(Role::Key, "[m] ").add(Role::Text, format!("{steps} {word}"));
                if let Some(step) = plan.apply.first() {
                    line = line.add(Role::Text, ": ").text(Role::Text, &step.text);
                }
                self.one(entry, "plan", Role::Good, line);
            }
            Body::MitigationSummary(summary) if self.all => {
                let line = Rich::new().text(Role::Dim, &summary.text);
                self.one(entry, "plan", Role::Dim, line);
            }
            Body::Message(message) => {
                let (who, role) = author(&entry.actor);
                let mut line = Rich::new().text(Role::Text, &message.text);
                let cites = uncited(message);
                if !cites.is_empty() {
                    line = line.add(Role::Text, " ").join(words::numbers(&cites));
                }
                self.one(entry, &who, role, line).opens.clone_from(&message.cites);
            }
            Body::Steering(steering) => self.steering(entry, steering),
            Body::Guard(guard) => {
                let line = Rich::new().text(Role::Text, &guard.text);
                self.one(entry, "refused", Role::Warn, line);
            }
            Body::Gap(found) => {
                let mut lines = vec![
                    Rich::new()
                        .text(Role::Text, &found.gap.what)
                        .add(Role::Text, ": ")
                        .text(Role::Text, &found.gap.why),
                ];
                if let Some(hint) = &found.gap.hint {
                    lines.push(Rich::of(Role::Dim, "hint: ").text(Role::Dim, hint));
                }
                self.add(entry, "gap", Role::Warn, lines).opens = vec![seq];
            }
            Body::End(end) => {
                let usage = &self.inv.usage;
                let line = Rich::new()
                    .text(Role::Dim, &end.text)
                    .add(Role::Dim, format!("  {}", words::used(usage)));
                let (label, role) = match end.state {
                    RunState::Failed => ("FAILED", Role::BadgeCause),
                    RunState::Cancelled => ("cancelled", Role::Dim),
                    _ => ("end", Role::Dim),
                };
                self.one(entry, label, role, line);
            }
            Body::Usage(usage) if self.all => {
                let line = Rich::of(Role::Faint, words::used(usage));
                self.one(entry, "usage", Role::Faint, line);
            }
            Body::Usage(_)
            | Body::MitigationSummary(_)
            | Body::Opened(_)
            | Body::Closed(_)
            | Body::Recommendation(_)
            | Body::Decision(_) => {}
        }
    }

    fn created(&mut self, entry: &Entry, created: &Created) {
        let start = words::start(&created.start);
        let mut lines = vec![start];
        if !created.details.is_empty() {
            lines.push(Rich::new().flat(Role::External, &created.details));
        }
        if !created.hint.is_empty() {
            lines.push(Rich::of(Role::You, "hint ").flat(Role::Text, &created.hint));
        }
        let (who, _) = author(&entry.actor);
        if let (Some(line), Actor::Operator(_)) = (lines.first_mut(), &entry.actor) {
            *line = std::mem::take(line).add(Role::Dim, format!("  by {who}"));
        }
        self.add(entry, "started", Role::Dim, lines);
    }

    fn status(&mut self, entry: &Entry, status: &crate::journal::body::Status) {
        // A new stage gathers what it looks at in a note of its own.
        self.looked = None;
        let line = Rich::new().text(Role::Text, &status.text);
        match status.state {
            RunState::Paused => {
                self.one(entry, "paused", Role::Warn, line);
            }
            RunState::Failed => {
                self.one(entry, "FAILED", Role::BadgeCause, line);
            }
            state if self.all => {
                let label = status.phase.map_or(state.as_str(), crate::model::Phase::as_str);
                let line = Rich::new().text(Role::Dim, &status.text);
                self.one(entry, label, Role::Strong, line);
            }
            _ => {}
        }
    }

    fn gather(&mut self, entry: &Entry, query: u64, asked: &Asked, count: u64) {
        let (unit, count) = match &asked.query {
            Query::Identity => return,
            Query::Metrics { series, .. } => ("metrics", series.len() as u64),
            Query::Logs { .. } => ("log lines", count),
            Query::Changes { .. } => ("changes", count),
            Query::Events { .. } => ("service events", count),
            Query::Alarms { .. } => ("alarms", count),
            Query::Catalogue { .. } => ("series known", count),
            Query::Configuration { .. } => ("configurations", count),
            Query::Inventory => ("resources", count),
            Query::Relations => ("relations", count),
        };
        if self.looked.is_none() {
            self.one(entry, "looked", Role::Dim, Rich::new());
            self.looked = Some((self.out.len() - 1, BTreeMap::new()));
        }
        let dot = format!(" {} ", self.glyphs.dot);
        if let Some((at, sums)) = &mut self.looked {
            *sums.entry(unit).or_default() += count;
            if let Some(note) = self.out.get_mut(*at) {
                note.covers.extend([entry.seq, query]);
                note.opens.push(entry.seq);
                let order = [
                    "alarms",
                    "metrics",
                    "log lines",
                    "changes",
                    "service events",
                    "configurations",
                    "resources",
                    "relations",
                    "series known",
                ];
                let parts: Vec<String> = order
                    .iter()
                    .filter_map(|unit| sums.get(unit).map(|sum| words::count(*sum, unit)))
                    .collect();
                note.lines = vec![Rich::of(Role::Dim, parts.join(&dot))];
            }
        }
    }

    /// All hypotheses as they stand now, in one note at the place of the first.
    fn tested(&mut self, entry: &Entry) {
        if self.tested {
            return;
        }
        self.tested = true;
        let ranked = self.inv.ranked();
        let mut lines = Vec::new();
        let mut opens = Vec::new();
        let refuted = ranked
            .iter()
            .filter(|(_, hypothesis)| hypothesis.state == HypothesisState::Refuted)
            .count();
        let shown_refuted = 3;
        let mut told = 0;
        for (seq, hypothesis) in &ranked {
            opens.push(*seq);
            if hypothesis.state == HypothesisState::Refuted {
                told += 1;
                if told > shown_refuted {
                    continue;
                }
            }
            lines.push(words::hypothesis(hypothesis, self.glyphs));
        }
        if refuted > shown_refuted {
            lines.push(Rich::of(
                Role::Dim,
                format!("and {} more ruled out", refuted - shown_refuted),
            ));
        }
        let over = self.inv.end.is_some();
        let label = if over { "tested" } else { "testing" };
        let covers = opens.clone();
        let note = self.add(entry, label, Role::Running, lines);
        if over {
            note.role = Role::Dim;
        }
        note.opens = opens;
        note.covers = covers;
        note.hang = words::HYPOTHESIS;
    }

    fn summary(&mut self, entry: &Entry, summary: &InvestigationSummary) {
        let mut lines = Vec::new();
        let (label, role) = match summary.verdict {
            Verdict::Cause => ("impact", Role::Warn),
            Verdict::NoFault => ("NO FAULT", Role::BadgeClear),
            Verdict::Inconclusive => ("CANNOT TELL", Role::BadgeUnsure),
        };
        if summary.verdict != Verdict::Cause {
            lines.push(Rich::new().flat(Role::Strong, &summary.text));
        }
        for impact in summary.impact.iter().take(6) {
            let line = Rich::new()
                .ext(&self.names.of(&impact.resource))
                .add(Role::Text, ": ");
            lines.push(line.text(Role::Text, &impact.how));
        }
        if summary.impact.len() > 6 {
            lines.push(Rich::of(
                Role::Dim,
                format!("and {} more", summary.impact.len() - 6),
            ));
        }
        for (i, look) in summary.next_looks.iter().take(3).enumerate() {
            let lead = if i == 0 { "look next: " } else { "           " };
            lines.push(Rich::of(Role::Dim, lead).text(Role::Text, look));
        }
        if lines.is_empty() {
            return;
        }
        let cites = summary
            .causes
            .iter()
            .flat_map(|cause| cause.evidence.clone())
            .collect();
        self.add(entry, label, role, lines).opens = cites;
    }

    fn steering(&mut self, entry: &Entry, steering: &Steering) {
        let intent = words::intent(&steering.intent);
        if steering.effect.is_empty() {
            let (who, role) = author(&entry.actor);
            self.one(entry, &who, role, Rich::of(Role::Text, intent));
            return;
        }
        // A question changes nothing, and its answer stands beside it.
        if matches!(
            steering.intent,
            crate::model::Intent::Ask | crate::model::Intent::Unknown
        ) && !self.all
        {
            return;
        }
        let line = Rich::of(Role::Text, intent)
            .add(Role::Dim, format!(" {} ", self.glyphs.arrow))
            .text(Role::Text, &steering.effect);
        self.one(entry, "steered", Role::Agent, line);
    }
}

/// Who writes, for the margin.
pub fn author(actor: &Actor) -> (String, Role) {
    match actor {
        Actor::Agent => ("midwatch".to_owned(), Role::Agent),
        Actor::System => ("system".to_owned(), Role::Dim),
        Actor::Operator(name) => (shown(name).chars().take(11).collect(), Role::You),
        Actor::Source(name) => (shown(name).chars().take(11).collect(), Role::External),
    }
}
