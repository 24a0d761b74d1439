//! From a record to what is shown of it.

use jiff::Timestamp;

use super::{behind, pieces};
use crate::{
    console::{
        glyph::Glyphs,
        names::short,
        rich::Rich,
        state::{Loaded, State},
        theme::Role,
        words,
    },
    journal::{Body, views::Investigation},
    model::{Evidence, Observation, Observed, Query, Series, Window},
};

/// One record, made ready to be looked at.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The sentence that it stands behind.
    pub head: Vec<Rich>,
    /// What is to be seen, from top to bottom.
    pub blocks: Vec<Block>,
}

/// Something to be seen.
#[derive(Debug, Clone)]
pub enum Block {
    /// Words.
    Lines(Vec<Rich>),
    /// A metric.
    Chart(Box<Chart>),
}

/// A metric with what is to be marked in it.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The data.
    pub series: Series,
    /// The stretch of time that is shown.
    pub span: Option<Window>,
    /// When it set in.
    pub onset: Option<Timestamp>,
    /// What was usual before, in the series' unit.
    pub usual: Option<f64>,
    /// The range of what is usual, in the series' unit.
    pub band: Option<(f64, f64)>,
    /// A limit or threshold, in the series' unit.
    pub limit: Option<f64>,
}

/// What is shown of a record.
pub fn page(inv: &Investigation, seq: u64, state: &State, raw: bool) -> Page {
    let mut page = Page::default();
    let Some(entry) = inv.entry(seq) else {
        page.head
            .push(Rich::of(Role::Dim, format!("there is no record #{seq}")));
        return page;
    };
    let Some(body) = &entry.body else {
        page.head
            .push(Rich::of(Role::Dim, "a record that this version cannot read"));
        return page;
    };
    if let Body::Finding(finding) = body
        && inv.observations.contains_key(&finding.observation)
    {
        return self::page(inv, finding.observation, state, raw);
    }
    page.head = head(inv, body, &state.glyphs);
    let mut data: Vec<&Evidence> = Vec::new();
    for answer in behind(inv, seq) {
        match state.evidence(answer) {
            Some(Loaded::Ready(evidence)) => data.push(evidence),
            Some(Loaded::Loading) | None => {
                page.lines(vec![Rich::of(Role::Dim, format!("fetching #{answer}"))]);
            }
            Some(Loaded::Failed(why)) => {
                page.lines(vec![Rich::of(
                    Role::Warn,
                    format!("#{answer} cannot be shown: {why}"),
                )]);
            }
        }
    }
    if raw {
        page.lines(pieces::raw(body, &data));
        return page;
    }
    match body {
        Body::Observation(observed) => page.observation(inv, &observed.observation, &data, &state.glyphs),
        Body::Evidence(_) | Body::Query(_) => {
            for evidence in data {
                page.whole(inv, evidence, &state.glyphs);
            }
        }
        _ => {}
    }
    page
}

impl Page {
    fn lines(&mut self, lines: Vec<Rich>) {
        if !lines.is_empty() {
            self.blocks.push(Block::Lines(lines));
        }
    }

    fn chart(
        &mut self,
        inv: &Investigation,
        series: &Series,
        usually: Option<&Series>,
        of: Option<&Observation>,
    ) {
        let (usual, limit) = match of.map(|of| &of.fact) {
            Some(Observed::MetricShift { before, .. }) => (Some(*before), None),
            Some(Observed::MetricNormal { typical, .. }) => (Some(*typical), None),
            Some(Observed::LimitReached { limit, .. }) => (None, Some(*limit)),
            _ => (None, None),
        };
        self.blocks.push(Block::Chart(Box::new(Chart {
            series: series.clone(),
            span: inv.plan.as_ref().map(|plan| plan.window),
            onset: of.and_then(|of| of.at),
            usual,
            band: usually.and_then(|usually| range(&usually.points)),
            limit,
        })));
    }

    /// What one fact was read from.
    fn observation(&mut self, inv: &Investigation, of: &Observation, data: &[&Evidence], glyphs: &Glyphs) {
        let series = || {
            data.iter().filter_map(|evidence| match evidence {
                Evidence::Series(series) => Some(series.as_slice()),
                _ => None,
            })
        };
        match &of.fact {
            Observed::MetricShift { series: key, .. }
            | Observed::MetricNormal { series: key, .. }
            | Observed::MetricMissing { series: key, .. }
            | Observed::LimitReached { series: key, .. } => {
                // An observation stands on two answers: the window, and the baseline, which lies at another time.
                let shown = |series: &&Series| {
                    inv.plan
                        .as_ref()
                        .is_none_or(|plan| !series.within(&plan.window).is_empty())
                };
                let usually = series()
                    .flatten()
                    .find(|series| series.key == *key && !shown(series));
                let all = series().flatten().filter(shown);
                let exact = all.clone().find(|series| series.key == *key);
                // The key may have been completed (a unit) between question and answer.
                let alike = || {
                    all.clone().find(|series| {
                        series.key.metric == key.metric
                            && series.key.stat == key.stat
                            && series.key.dimensions == key.dimensions
                    })
                };
                if let Some(series) = exact.or_else(alike) {
                    self.chart(inv, series, usually, Some(of));
                }
                self.lines(pieces::numbers(of));
            }
            Observed::LogBurst { template, .. } => {
                for evidence in data {
                    if let Evidence::Logs(page) = evidence {
                        self.lines(pieces::logs(&page.lines, Some(template), of.at, glyphs));
                    }
                }
            }
            Observed::Changed { change, .. } => {
                for evidence in data {
                    if let Evidence::Changes(changes) = evidence {
                        let found = changes
                            .iter()
                            .filter(|found| found.kind == *change)
                            .find(|found| of.at.is_none_or(|at| found.at == at));
                        if let Some(found) = found {
                            self.lines(pieces::change(found, glyphs));
                        }
                    }
                }
            }
            Observed::ConfigFact { path, .. } => {
                for evidence in data {
                    if let Evidence::Configuration(configuration) = evidence {
                        self.lines(pieces::configuration(configuration, Some(path), glyphs));
                    }
                }
            }
            Observed::AlarmFired { alarm } | Observed::AlarmQuiet { alarm } => {
                for evidence in data {
                    if let Evidence::Alarms(alarms) = evidence {
                        for found in alarms.iter().filter(|found| found.name == *alarm) {
                            self.lines(pieces::alarm(found, glyphs));
                        }
                    }
                }
            }
            Observed::Excess { .. }
            | Observed::Standout { .. }
            | Observed::FaultTest { .. }
            | Observed::LogQuiet { .. }
            | Observed::NoChange
            | Observed::ServiceSaid { .. } => {
                for evidence in data {
                    self.whole(inv, evidence, glyphs);
                }
            }
        }
    }

    /// Everything that an answer holds.
    fn whole(&mut self, inv: &Investigation, evidence: &Evidence, glyphs: &Glyphs) {
        match evidence {
            Evidence::Series(all) => {
                // What was seen in a series marks it here too.
                for series in all.iter().filter(|series| !series.points.is_empty()).take(12) {
                    let of = inv.observations.values().find(|observed| {
                        matches!(&observed.observation.fact,
                            Observed::MetricShift { series: key, .. } if *key == series.key)
                    });
                    self.chart(inv, series, None, of.map(|observed| &observed.observation));
                }
                let empty = all.iter().filter(|series| series.points.is_empty()).count();
                if empty > 0 {
                    let words = format!(
                        "{} without data",
                        words::count(empty as u64, "series known").replace(" known", "")
                    );
                    self.lines(vec![Rich::of(Role::Dim, words)]);
                }
            }
            Evidence::Logs(page) => self.lines(pieces::logs(&page.lines, None, None, glyphs)),
            Evidence::Changes(changes) => {
                for change in changes.iter().take(200) {
                    self.lines(pieces::change(change, glyphs));
                }
            }
            Evidence::Events(events) => self.lines(pieces::events(events)),
            Evidence::Alarms(alarms) => {
                for alarm in alarms.iter().take(100) {
                    self.lines(pieces::alarm(alarm, glyphs));
                }
            }
            Evidence::Configuration(configuration) => {
                self.lines(pieces::configuration(configuration, None, glyphs));
            }
            Evidence::Identity(_)
            | Evidence::Catalogue(_)
            | Evidence::Inventory(_)
            | Evidence::Relations(_) => {
                self.lines(pieces::list(evidence));
            }
        }
    }
}

/// The sentence, and what kind of thing it is.
fn head(inv: &Investigation, body: &Body, glyphs: &Glyphs) -> Vec<Rich> {
    let dot = format!("  {}  ", glyphs.dot);
    match body {
        Body::Observation(observed) => {
            let of = &observed.observation;
            let mut about = Rich::of(Role::Dim, words::origin_word(of.origin));
            if let Some(id) = &of.resource {
                about = about.add(Role::Dim, &dot).ext(&short(id.as_str()));
            }
            if let Some(at) = of.at {
                about = about.add(Role::Dim, format!("{dot}{} UTC", words::second(at)));
                if of.error > 0 {
                    about = about.add(Role::Dim, format!(" within {} s", of.error));
                }
            }
            about = about
                .add(Role::Dim, format!("{dot}strength {:.2}{dot}from ", of.strength))
                .join(words::numbers(&observed.evidence));
            vec![Rich::new().flat(Role::Strong, &of.text), about]
        }
        Body::Cause(cause) => vec![
            Rich::of(Role::BadgeCause, " ROOT CAUSE ").add(
                Role::Strong,
                format!("  {:.2}  {}", cause.confidence, words::category(cause.category)),
            ),
            Rich::new().flat(Role::Strong, &cause.statement),
            Rich::of(Role::Dim, "pattern ")
                .add(Role::Text, cause.pattern.clone())
                .add(Role::Dim, " on ")
                .ext(cause.resource.as_str()),
            words::because(&cause.evidence).add(Role::Dim, "   each stands on a page of its own: next"),
        ],
        Body::Hypothesis(hypothesis) => {
            // As it stands now, not as it stood when this record was written.
            let hypothesis = inv
                .hypotheses
                .get(&hypothesis.id)
                .map_or(hypothesis, |(_, now)| now);
            let mut lines = vec![
                words::hypothesis(hypothesis, glyphs),
                Rich::of(Role::Dim, hypothesis.state.as_str())
                    .add(
                        Role::Dim,
                        format!("{dot}{}{dot}", words::category(hypothesis.category)),
                    )
                    .ext(&short(hypothesis.resource.as_str()))
                    .add(Role::Dim, format!("{dot}{}", hypothesis.pattern)),
            ];
            if !hypothesis.why.is_empty() {
                lines.push(Rich::new().text(Role::Text, &hypothesis.why));
            }
            if !hypothesis.supports.is_empty() {
                lines.push(Rich::of(Role::Good, "for      ").join(words::numbers(&hypothesis.supports)));
            }
            if !hypothesis.refutes.is_empty() {
                lines.push(Rich::of(Role::Bad, "against  ").join(words::numbers(&hypothesis.refutes)));
            }
            lines
        }
        Body::Query(asked) => question(&asked.query, &asked.why),
        Body::Evidence(answered) => {
            let mut lines = vec![Rich::new().flat(Role::Strong, &answered.text)];
            if let Some(asked) = inv.queries.get(&answered.query) {
                lines.extend(question(&asked.query, &asked.why));
            }
            lines
        }
        Body::Gap(found) => {
            let mut lines = vec![
                Rich::new().flat(Role::Strong, &found.gap.what),
                Rich::new().text(Role::Text, &found.gap.why),
            ];
            if let Some(hint) = &found.gap.hint {
                lines.push(Rich::of(Role::Dim, "hint: ").text(Role::Text, hint));
            }
            lines
        }
        Body::Plan(plan) => {
            let mut lines = vec![
                Rich::new().flat(Role::Strong, &plan.symptom),
                Rich::of(
                    Role::Dim,
                    format!(
                        "window {} to {}{dot}compared with {} to {}",
                        words::time(plan.window.from),
                        words::time(plan.window.to),
                        words::time(plan.baseline.from),
                        words::time(plan.baseline.to)
                    ),
                ),
            ];
            lines.extend(
                plan.steps
                    .iter()
                    .map(|step| Rich::of(Role::Dim, format!("{} ", glyphs.bullet)).text(Role::Text, step)),
            );
            lines.extend(
                plan.resources
                    .iter()
                    .map(|id| Rich::of(Role::Dim, "  ").ext(id.as_str())),
            );
            lines
        }
        Body::InvestigationSummary(summary) => {
            let mut lines = vec![Rich::new().flat(Role::Strong, &summary.text)];
            for ruled in &summary.ruled_out {
                lines.push(
                    Rich::of(Role::Dim, format!("{} ", glyphs.failed))
                        .flat(Role::Text, &ruled.statement)
                        .add(Role::Dim, format!("  ruled out by #{}: ", ruled.by))
                        .flat(Role::Dim, &ruled.why),
                );
            }
            lines
        }
        Body::Message(message) => vec![Rich::new().flat(Role::Text, &message.text)],
        Body::Created(created) => {
            let mut lines = vec![words::start(&created.start)];
            if !created.details.is_empty() {
                lines.push(Rich::new().flat(Role::Text, &created.details));
            }
            lines
        }
        other => vec![Rich::of(Role::Dim, other.kind().to_string()).add(Role::Dim, ": r shows it")],
    }
}

fn question(query: &Query, why: &crate::model::Text) -> Vec<Rich> {
    vec![
        Rich::of(Role::Dim, "asked for ").flat(Role::Text, &query.text()),
        Rich::of(Role::Dim, "because ").flat(Role::Dim, why),
    ]
}

/// The middle four fifths of the values: what is usual, without its outliers.
fn range(points: &[crate::model::Point]) -> Option<(f64, f64)> {
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let at = |share| crate::analysis::score::quantile(&values, share);
    Some((at(0.1)?, at(0.9)?))
}
