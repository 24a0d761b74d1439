//! Answers queries from a bundle.

use async_trait::async_trait;

use super::{Bundle, gap::Meets, telemetry::Telemetry};
use crate::model::{
    Alarm, AlarmState, Answer, Change, Configuration, Evidence, Gap, GapKind, Identity, LogFilter, LogLine,
    LogPage, Occasion, Query, Relation, Resource, ResourceId, SeriesKey, ServiceEvent, Source, Text, Window,
};

/// Answers from one bundle, always the same to the same question, items in an order that the files do not decide: time,
/// then resource, then words.
///
/// - A question that meets a line of `gaps.jsonl` is answered with that gap, beside whatever was captured nonetheless.
/// - A question about a sort of telemetry whose file is missing is answered with a gap: not recorded is not "nothing".
/// - Of more log lines than asked for, the earliest half and the latest half are kept.
/// - Alarms are in the state that they had when the incident started; their transitions are those in the asked window
///   and the last one before it.
#[derive(Debug, Clone)]
pub struct BundleSource {
    bundle: Bundle,
}

impl BundleSource {
    /// A source over an opened bundle.
    pub const fn new(bundle: Bundle) -> Self {
        Self { bundle }
    }

    /// The bundle behind it.
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The answer, at once.
    pub fn answer_now(&self, query: &Query) -> Answer {
        let met: Vec<_> = self
            .telemetry()
            .gaps
            .iter()
            .filter_map(|gap| Some((gap.meets(query)?, gap.gap())))
            .collect();
        let wholly = met.iter().any(|(meets, _)| *meets == Meets::Wholly);
        let mut answer = self.look(query);
        let empty = answer
            .evidence
            .as_ref()
            .is_none_or(|evidence| evidence.count() == 0);
        if wholly && empty {
            answer.evidence = None;
            answer.gaps.clear();
        }
        answer.gaps.splice(0..0, met.into_iter().map(|(_, gap)| gap));
        answer
    }

    fn telemetry(&self) -> &Telemetry {
        self.bundle.telemetry()
    }

    fn look(&self, query: &Query) -> Answer {
        let captured = self.telemetry().captured;
        match query {
            Query::Identity => {
                let incident = self.bundle.incident();
                Answer::found(
                    Evidence::Identity(Identity {
                        account: incident.account.clone(),
                        region: incident.region.clone(),
                        arn: None,
                        places: Vec::new(),
                    }),
                    0,
                )
            }
            Query::Alarms { names, state, window } => found_if(
                captured.alarms,
                "alarms",
                Evidence::Alarms(self.alarms(names, *state, window)),
            ),
            Query::Catalogue {
                resource,
                namespace,
                metric,
            } => found_if(
                captured.metrics,
                "metrics",
                Evidence::Catalogue(self.catalogue(
                    resource.as_ref(),
                    namespace.as_deref(),
                    metric.as_deref(),
                )),
            ),
            Query::Metrics { series, window } => {
                let set = &self.telemetry().series;
                let series = series.iter().map(|key| set.answer(key, window)).collect();
                found_if(captured.metrics, "metrics", Evidence::Series(series))
            }
            Query::Logs {
                resource,
                group,
                window,
                filter,
                limit,
            } => {
                if !captured.logs {
                    return not_captured("logs");
                }
                self.logs(
                    resource.as_ref(),
                    group.as_deref(),
                    window,
                    filter.as_ref(),
                    *limit,
                )
            }
            Query::Changes { resource, window } => found_if(
                captured.changes,
                "changes",
                Evidence::Changes(self.changes(resource.as_ref(), window)),
            ),
            Query::Events { resource, window } => found_if(
                captured.events,
                "service events",
                Evidence::Events(self.events(resource.as_ref(), window)),
            ),
            Query::Configuration { resource } => self.configuration(resource),
            Query::Inventory => {
                let resources: Vec<Resource> =
                    self.telemetry().resources.values().map(without_config).collect();
                partly(captured.resources, "resources", Evidence::Inventory(resources))
            }
            Query::Relations => {
                let relations: Vec<Relation> = self.telemetry().relations.clone();
                found_if(captured.relations, "relations", Evidence::Relations(relations))
            }
            Query::Tool {
                connection,
                tool,
                arguments,
            } => {
                let said = self.telemetry().tools.get(connection, tool, arguments);
                match said {
                    Some(said) => Answer::found(Evidence::Text(said), 0),
                    None if captured.tools => Answer::gap(
                        Gap {
                            kind: GapKind::NotCaptured,
                            what: query.text(),
                            resource: None,
                            why: "the bundle does not hold what it says to this".into(),
                            hint: None,
                        },
                        0,
                    ),
                    None => not_captured("answers of tools"),
                }
            }
        }
    }

    fn alarms(&self, names: &[String], state: Option<AlarmState>, window: &Window) -> Vec<Alarm> {
        let at = self.bundle.incident().at;
        self.telemetry()
            .alarms
            .values()
            .filter(|alarm| names.is_empty() || names.contains(&alarm.name))
            .filter(|alarm| state.is_none_or(|state| alarm.state_at(at) == state))
            .map(|alarm| {
                let before = alarm
                    .transitions
                    .partition_point(|transition| transition.at < window.from);
                let after = alarm
                    .transitions
                    .partition_point(|transition| transition.at < window.to);
                let kept = alarm
                    .transitions
                    .get(before.saturating_sub(1)..after)
                    .unwrap_or_default();
                Alarm {
                    transitions: kept.to_vec(),
                    ..alarm.clone()
                }
            })
            .collect()
    }

    fn catalogue(
        &self,
        resource: Option<&Resource>,
        namespace: Option<&str>,
        metric: Option<&str>,
    ) -> Vec<SeriesKey> {
        let known = &self.telemetry().series;
        known
            .keys()
            .filter(|key| resource.is_none_or(|resource| is_about(key.resource.as_ref(), resource)))
            .filter(|key| namespace.is_none_or(|namespace| key.namespace == namespace))
            .filter(|key| metric.is_none_or(|metric| key.metric == metric))
            .cloned()
            .collect()
    }

    fn logs(
        &self,
        resource: Option<&Resource>,
        group: Option<&str>,
        window: &Window,
        filter: Option<&LogFilter>,
        limit: u32,
    ) -> Answer {
        let wanted = |line: &LogLine| {
            group.is_none_or(|group| line.group == group)
                && resource.is_none_or(|resource| wrote(resource, line))
        };
        let logs = &self.telemetry().logs;
        let mut groups: Vec<String> = Vec::new();
        for line in logs.iter().filter(|line| wanted(line)) {
            if let Err(place) = groups.binary_search(&line.group) {
                groups.insert(place, line.group.clone());
            }
        }
        let from = logs.partition_point(|line| line.at < window.from);
        let to = logs.partition_point(|line| line.at < window.to);
        let matching: Vec<&LogLine> = logs
            .get(from..to.max(from))
            .unwrap_or_default()
            .iter()
            .filter(|line| wanted(line) && filter.is_none_or(|filter| filter.keeps(&line.message)))
            .collect();
        let limit = limit as usize;
        let truncated = matching.len() > limit;
        let (first, last) = if truncated {
            (limit.div_ceil(2), matching.len() - limit / 2)
        } else {
            (matching.len(), matching.len())
        };
        let lines = matching
            .iter()
            .take(first)
            .chain(matching.iter().skip(last))
            .map(|line| (*line).clone())
            .collect();
        let mut answer = Answer::found(
            Evidence::Logs(LogPage {
                lines,
                groups,
                truncated,
            }),
            0,
        );
        if truncated {
            answer.gaps.push(Gap {
                kind: GapKind::Truncated,
                what: match (group, resource) {
                    (Some(group), _) => Text::from("logs in ").ext(group),
                    (None, Some(resource)) => Text::from("logs of ").ext(resource.name.clone()),
                    (None, None) => "logs".into(),
                },
                resource: resource.map(|resource| resource.id.clone()),
                why: format!(
                    "{} lines match; the earliest {first} and the latest {} were read",
                    matching.len(),
                    limit / 2
                )
                .into(),
                hint: Some("narrow the window or the filter".into()),
            });
        }
        answer
    }

    fn changes(&self, resource: Option<&Resource>, window: &Window) -> Vec<Change> {
        self.telemetry()
            .changes
            .iter()
            .filter(|change| window.contains(change.at))
            .filter(|change| resource.is_none_or(|resource| is_about(change.resource.as_ref(), resource)))
            .cloned()
            .collect()
    }

    fn events(&self, resource: Option<&Resource>, window: &Window) -> Vec<ServiceEvent> {
        self.telemetry()
            .events
            .iter()
            .filter(|event| window.contains(event.at))
            .filter(|event| resource.is_none_or(|resource| is_about(event.resource.as_ref(), resource)))
            .cloned()
            .collect()
    }

    fn configuration(&self, resource: &Resource) -> Answer {
        let config = self
            .telemetry()
            .resources
            .get(&resource.id)
            .map(|known| &known.config);
        match config {
            Some(config) if !config.is_null() => Answer::found(
                Evidence::Configuration(Configuration {
                    resource: resource.id.clone(),
                    properties: config.clone(),
                    origin: "bundle".to_owned(),
                }),
                0,
            ),
            _ => Answer::gap(
                Gap {
                    kind: GapKind::NotCaptured,
                    what: Text::from("configuration of ").ext(resource.name.clone()),
                    resource: Some(resource.id.clone()),
                    why: "the bundle does not hold it".into(),
                    hint: Some("add 'config' to the resource's line in resources.jsonl".into()),
                },
                0,
            ),
        }
    }
}

#[async_trait]
impl Source for BundleSource {
    fn occasion(&self) -> Option<Occasion> {
        let incident = self.bundle.incident();
        Some(Occasion {
            at: incident.at,
            window: incident.window,
            baseline: incident.baseline,
        })
    }

    fn name(&self) -> &'static str {
        "bundle"
    }

    async fn answer(&self, query: &Query) -> Answer {
        self.answer_now(query)
    }
}

fn found_if(captured: bool, what: &str, evidence: Evidence) -> Answer {
    if captured {
        Answer::found(evidence, 0)
    } else {
        not_captured(what)
    }
}

/// Evidence from elsewhere in the bundle, beside the gap that its own file is missing.
fn partly(captured: bool, what: &str, evidence: Evidence) -> Answer {
    let mut answer = found_if(captured, what, Evidence::Inventory(Vec::new()));
    answer.evidence = Some(evidence);
    answer
}

/// One gap for each sort of telemetry, the same for every question.
fn not_captured(what: &str) -> Answer {
    Answer::gap(
        Gap {
            kind: GapKind::NotCaptured,
            what: what.into(),
            resource: None,
            why: format!("the bundle holds no {what}").into(),
            hint: None,
        },
        0,
    )
}

/// True when something names the resource: by id, or by its ARN.
fn is_about(named: Option<&ResourceId>, resource: &Resource) -> bool {
    named.is_some_and(|id| *id == resource.id || Some(id.as_str()) == resource.arn.as_deref())
}

/// True when the resource wrote the line: the line says so, or (where it says nothing) its group bears the resource's
/// name, as `/aws/lambda/NAME` and `/ecs/NAME` do.
pub fn wrote(resource: &Resource, line: &LogLine) -> bool {
    if line.resource.is_some() {
        return is_about(line.resource.as_ref(), resource);
    }
    line.group == resource.name
        || line
            .group
            .split('/')
            .any(|part| !part.is_empty() && (part == resource.name || part == resource.id.as_str()))
}

fn without_config(resource: &Resource) -> Resource {
    Resource {
        config: serde_json::Value::Null,
        ..resource.clone()
    }
}
