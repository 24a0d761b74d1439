//! An item of the journal as a colleague's note.
//!
//! Pure: an [`Item`] goes in, a [`Note`] comes out. Numbers after `#` are records: a finding carries the number of its
//! observation, which is what causes and answers cite.

use jiff::Timestamp;

use super::ledger::{Item, Ledger, Stage, UNITS, What};
use crate::{
    console::{
        action::Action,
        glyph::Glyphs,
        keymap::Keymap,
        names::Names,
        pane::chat::uncited,
        rich::{Rich, shown},
        theme::Role,
        words,
    },
    journal::{
        Actor, Body,
        body::{Created, GapFound, InvestigationSummary, Plan, Steering},
        views::{Entry, Investigation},
    },
    model::{Hypothesis, HypothesisState, RunState, Verdict},
};

/// One note: what one or several records say.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The record that it stands for.
    pub seq: u64,
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
    /// The sign before the word: whether a stage is unfolded.
    pub sign: &'static str,
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
}

/// What notes are made with.
pub struct Writer<'a> {
    /// The investigation.
    pub inv: &'a Investigation,
    /// Its items.
    pub ledger: &'a Ledger,
    /// What resources are called.
    pub names: &'a Names,
    /// The signs.
    pub glyphs: &'a Glyphs,
    /// The keys.
    pub keymap: &'a Keymap,
}

impl Writer<'_> {
    /// The note of an item; `open` where its stage is unfolded.
    pub fn note(&self, item: &Item, open: bool) -> Note {
        let Some(entry) = self.inv.entry(item.seq) else {
            return Note {
                number: Some(item.seq),
                ..note(
                    item.seq,
                    self.inv.last_at.unwrap_or_default(),
                    "",
                    Role::Faint,
                    vec![Rich::of(Role::Faint, self.glyphs.more)],
                )
            };
        };
        match item.what {
            What::Stage => self.stage(entry, item, open),
            What::Tested => self.tested(entry),
            What::Record => self.record(entry, open),
        }
    }

    /// The head of a stage: what was looked at in it, and how much is folded away.
    fn stage(&self, entry: &Entry, item: &Item, open: bool) -> Note {
        let nothing = Stage::default();
        let stage = self.ledger.stages.get(item.stage).unwrap_or(&nothing);
        let dot = format!(" {} ", self.glyphs.dot);
        let parts: Vec<String> = UNITS
            .iter()
            .filter_map(|unit| stage.gathered.get(unit).map(|sum| words::count(*sum, unit)))
            .collect();
        let mut line = Rich::of(Role::Dim, parts.join(&dot));
        if let (true, Some(Body::Status(status))) = (parts.is_empty(), &entry.body) {
            line = Rich::new().text(Role::Dim, &status.text);
        }
        if stage.folded > 0 && !open {
            let count = words::grouped(stage.folded as u64);
            line = line.add(Role::Faint, format!("  +{count}"));
        }
        let label = stage.phase.map_or("", crate::model::Phase::as_str);
        Note {
            sign: if open {
                self.glyphs.unfolded
            } else {
                self.glyphs.folded
            },
            opens: stage.answers.clone(),
            ..one(entry, label, Role::Strong, line)
        }
    }

    /// All hypotheses as they stand now.
    fn tested(&self, entry: &Entry) -> Note {
        const RULED_OUT: usize = 3;
        let ranked = self.inv.ranked();
        let is_out = |hypothesis: &Hypothesis| hypothesis.state == HypothesisState::Refuted;
        let out = ranked.iter().filter(|(_, hypothesis)| is_out(hypothesis)).count();
        let mut told = 0;
        let mut lines = Vec::new();
        for (_, hypothesis) in &ranked {
            told += usize::from(is_out(hypothesis));
            if !is_out(hypothesis) || told <= RULED_OUT {
                lines.push(words::hypothesis(hypothesis, self.glyphs));
            }
        }
        if out > RULED_OUT {
            lines.push(Rich::of(
                Role::Dim,
                format!("and {} more ruled out", out - RULED_OUT),
            ));
        }
        let (label, role) = match self.inv.end {
            Some(_) => ("tested", Role::Dim),
            None => ("testing", Role::Running),
        };
        Note {
            opens: ranked.iter().map(|(seq, _)| *seq).collect(),
            hang: words::HYPOTHESIS,
            ..note(entry.seq, entry.at, label, role, lines)
        }
    }

    fn record(&self, entry: &Entry, open: bool) -> Note {
        let seq = entry.seq;
        let numbered = |note: Note| Note {
            number: Some(seq),
            opens: vec![seq],
            ..note
        };
        let Some(body) = &entry.body else {
            let line = Rich::of(Role::Dim, "a record that this version cannot read");
            return numbered(one(entry, "record", Role::Dim, line));
        };
        match body {
            Body::Created(created) => started(entry, created),
            Body::Status(status) => {
                let (label, role, words) = match status.state {
                    RunState::Paused => ("paused", Role::Warn, Role::Text),
                    RunState::Failed => ("FAILED", Role::BadgeCause, Role::Text),
                    state => (
                        status.phase.map_or(state.as_str(), crate::model::Phase::as_str),
                        Role::Dim,
                        Role::Dim,
                    ),
                };
                one(entry, label, role, Rich::new().text(words, &status.text))
            }
            Body::Plan(plan) => self.plan(entry, plan, open),
            Body::Query(asked) => {
                let line = Rich::new()
                    .flat(Role::Dim, &asked.query.text())
                    .add(Role::Faint, "  ")
                    .flat(Role::Faint, &asked.why);
                numbered(one(entry, "ask", Role::Faint, line))
            }
            Body::Evidence(answered) => {
                let line = Rich::new()
                    .flat(Role::Dim, &answered.text)
                    .add(Role::Faint, "  from ")
                    .add(Role::Faint, shown(&answered.source));
                numbered(one(entry, "answer", Role::Dim, line))
            }
            Body::Observation(observed) => {
                let role = if observed.observation.notable {
                    Role::Text
                } else {
                    Role::Dim
                };
                let line = Rich::new().text(role, &observed.observation.text);
                numbered(one(entry, "observed", Role::Dim, line))
            }
            Body::Finding(finding) => {
                let line = Rich::new().text(Role::Text, &finding.text);
                Note {
                    number: Some(finding.observation),
                    opens: vec![finding.observation],
                    ..one(entry, "finding", Role::Accent, line)
                }
            }
            Body::Hypothesis(hypothesis) => {
                let line = words::hypothesis(hypothesis, self.glyphs);
                numbered(one(entry, "supposed", Role::Dim, line))
            }
            Body::Cause(cause) => {
                let line = Rich::of(Role::Strong, format!("{:.2}", cause.confidence))
                    .add(Role::Dim, format!("  {}  ", cause.category.words()))
                    .ext(&self.names.of(&cause.resource));
                let lines = vec![line, words::because(&cause.evidence)];
                Note {
                    opens: std::iter::once(seq)
                        .chain(cause.evidence.iter().copied())
                        .collect(),
                    ..note(seq, entry.at, "ROOT CAUSE", Role::BadgeCause, lines)
                }
            }
            Body::InvestigationSummary(summary) => self.summary(entry, summary),
            Body::MitigationPlan(plan) => {
                let steps = words::count(plan.steps() as u64, "steps");
                let mut line = Rich::of(
                    Role::Key,
                    format!("[{}] ", self.keymap.key_of(Action::Mitigation)),
                )
                .add(Role::Text, steps);
                if let Some(step) = plan.apply.first() {
                    line = line.add(Role::Text, ": ").text(Role::Text, &step.text);
                }
                one(entry, "plan", Role::Good, line)
            }
            Body::MitigationSummary(summary) => one(
                entry,
                "plan",
                Role::Dim,
                Rich::new().text(Role::Dim, &summary.text),
            ),
            Body::Message(message) => {
                let (who, role) = author(&entry.actor);
                let mut line = Rich::new().text(Role::Text, &message.text);
                let cites = uncited(message);
                if !cites.is_empty() {
                    line = line.add(Role::Text, " ").join(words::numbers(&cites));
                }
                Note {
                    opens: message.cites.clone(),
                    ..one(entry, &who, role, line)
                }
            }
            Body::Steering(steering) => steered(entry, steering, self.glyphs),
            Body::Guard(guard) => one(
                entry,
                "refused",
                Role::Warn,
                Rich::new().text(Role::Text, &guard.text),
            ),
            Body::Gap(found) => gap(entry, found),
            Body::End(end) => {
                let line = Rich::new()
                    .text(Role::Dim, &end.text)
                    .add(Role::Dim, format!("  {}", words::used(&self.inv.usage)));
                let (label, role) = match end.state {
                    RunState::Failed => ("FAILED", Role::BadgeCause),
                    RunState::Cancelled => ("cancelled", Role::Dim),
                    _ => ("end", Role::Dim),
                };
                one(entry, label, role, line)
            }
            Body::Usage(usage) => one(
                entry,
                "usage",
                Role::Faint,
                Rich::of(Role::Faint, words::used(usage)),
            ),
            other @ (Body::Opened(_)
            | Body::Closed(_)
            | Body::Recommendation(_)
            | Body::Decision(_)
            | Body::Topology(_)
            | Body::Event(_)
            | Body::Triage(_)
            | Body::Delivery(_)
            | Body::Access(_)
            | Body::SupportCase(_)) => {
                numbered(one(entry, &other.kind().to_string(), Role::Faint, Rich::new()))
            }
        }
    }

    fn plan(&self, entry: &Entry, plan: &Plan, open: bool) -> Note {
        let names: Vec<String> = plan.resources.iter().map(|id| self.names.of(id)).collect();
        let mut around = Rich::of(Role::Dim, "around ");
        for (i, name) in names.iter().take(4).enumerate() {
            around = around.add(Role::Dim, if i == 0 { "" } else { ", " }).ext(name);
        }
        if names.len() > 4 {
            around = around.add(Role::Dim, format!(" and {} more", names.len() - 4));
        }
        let (from, to) = (words::time(plan.window.from), words::time(plan.window.to));
        let mut lines = vec![
            Rich::new().text(Role::Text, &plan.symptom),
            around.add(Role::Dim, format!("  {from} to {to}")),
        ];
        if open {
            let steps = plan.steps.iter();
            lines.extend(steps.map(|step| Rich::of(Role::Dim, "  ").text(Role::Dim, step)));
        }
        Note {
            opens: vec![entry.seq],
            ..note(entry.seq, entry.at, "subject", Role::Dim, lines)
        }
    }

    fn summary(&self, entry: &Entry, summary: &InvestigationSummary) -> Note {
        const IMPACT: usize = 6;
        let (label, role) = match summary.verdict {
            Verdict::Cause => ("impact", Role::Warn),
            Verdict::NoFault => ("NO FAULT", Role::BadgeClear),
            Verdict::Inconclusive => ("CANNOT TELL", Role::BadgeUnsure),
        };
        let mut lines = Vec::new();
        if summary.verdict != Verdict::Cause {
            lines.push(Rich::new().flat(Role::Strong, &summary.text));
        }
        for impact in summary.impact.iter().take(IMPACT) {
            let line = Rich::new()
                .ext(&self.names.of(&impact.resource))
                .add(Role::Text, ": ");
            lines.push(line.text(Role::Text, &impact.how));
        }
        if summary.impact.len() > IMPACT {
            lines.push(Rich::of(
                Role::Dim,
                format!("and {} more", summary.impact.len() - IMPACT),
            ));
        }
        for (i, look) in summary.next_looks.iter().take(3).enumerate() {
            let lead = if i == 0 { "look next: " } else { "           " };
            lines.push(Rich::of(Role::Dim, lead).text(Role::Text, look));
        }
        let cites = summary
            .causes
            .iter()
            .flat_map(|cause| cause.evidence.iter().copied());
        Note {
            opens: cites.collect(),
            ..note(entry.seq, entry.at, label, role, lines)
        }
    }
}

fn started(entry: &Entry, created: &Created) -> Note {
    let mut line = words::start(&created.start);
    if let Actor::Operator(_) = &entry.actor {
        line = line.add(Role::Dim, format!("  by {}", author(&entry.actor).0));
    }
    let mut lines = vec![line];
    if !created.details.is_empty() {
        lines.push(Rich::new().flat(Role::External, &created.details));
    }
    if !created.hint.is_empty() {
        lines.push(Rich::of(Role::You, "hint ").flat(Role::Text, &created.hint));
    }
    note(entry.seq, entry.at, "started", Role::Dim, lines)
}

fn steered(entry: &Entry, steering: &Steering, glyphs: &Glyphs) -> Note {
    let intent = Rich::of(Role::Text, words::intent(&steering.intent));
    if steering.effect.is_empty() {
        let (who, role) = author(&entry.actor);
        return one(entry, &who, role, intent);
    }
    let line = intent
        .add(Role::Dim, format!(" {} ", glyphs.arrow))
        .text(Role::Text, &steering.effect);
    one(entry, "steered", Role::Agent, line)
}

fn gap(entry: &Entry, found: &GapFound) -> Note {
    let mut lines = vec![
        Rich::new()
            .text(Role::Text, &found.gap.what)
            .add(Role::Text, ": ")
            .text(Role::Text, &found.gap.why),
    ];
    if let Some(hint) = &found.gap.hint {
        lines.push(Rich::of(Role::Dim, "hint: ").text(Role::Dim, hint));
    }
    Note {
        opens: vec![entry.seq],
        ..note(entry.seq, entry.at, "gap", Role::Warn, lines)
    }
}

fn note(seq: u64, at: Timestamp, label: &str, role: Role, lines: Vec<Rich>) -> Note {
    Note {
        seq,
        at,
        label: label.to_owned(),
        role,
        number: None,
        lines,
        hang: 0,
        opens: Vec::new(),
        sign: " ",
    }
}

fn one(entry: &Entry, label: &str, role: Role, line: Rich) -> Note {
    note(entry.seq, entry.at, label, role, vec![line])
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
