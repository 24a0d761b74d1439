//! Cases at AWS Support, folded from the `space` stream.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    journal::{
        Actor, Record, StreamId,
        body::{CaseOpening, CaseSaid, SupportCase, Voice},
    },
    model::Text,
};

/// Status of a case that is closed.
const RESOLVED: &str = "resolved";

/// All cases of a space.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cases {
    /// By the record that confirmed each, so in order.
    all: BTreeMap<u64, Case>,
}

/// One case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Record that confirmed it.
    pub request: u64,
    /// What was confirmed.
    pub opening: CaseOpening,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Its id; none before AWS Support has it.
    pub id: Option<String>,
    /// The number that people see.
    pub display: String,
    /// How it stands, in AWS' word.
    pub status: String,
    /// What was said, the oldest first.
    pub remarks: Vec<Remark>,
    /// Why it was not opened.
    pub refused: Option<Text>,
    /// True when nobody knows whether it was opened.
    pub unsure: bool,
}

/// Something that was said in a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// Record.
    pub seq: u64,
    /// When it was said; where AWS did not tell, when it was written down.
    pub at: Timestamp,
    /// Who wrote it down.
    pub actor: Actor,
    /// What was said.
    pub said: CaseSaid,
}

impl Case {
    /// True while AWS Support works on it.
    pub fn is_open(&self) -> bool {
        self.id.is_some() && self.status != RESOLVED
    }

    /// How it stands, in a word or two for a person.
    pub fn word(&self) -> &str {
        match (&self.id, &self.refused) {
            (None, Some(_)) if self.unsure => "not known",
            (None, Some(_)) => "refused",
            (None, None) => "being opened",
            (Some(_), _) if self.status.is_empty() => "open",
            (Some(_), _) => &self.status,
        }
    }

    /// What people call it: its number, else its id.
    pub fn name(&self) -> &str {
        let id = self.id.as_deref().unwrap_or("-");
        if self.display.is_empty() {
            id
        } else {
            &self.display
        }
    }

    /// How often these words were said by somebody, the text of the case itself included.
    pub fn times(&self, by: Voice, digest: &crate::journal::Hash) -> usize {
        let first = usize::from(by == Voice::Us && self.opening.digest == *digest);
        let said = self
            .remarks
            .iter()
            .filter(|remark| remark.said.by == by && remark.said.digest == *digest);
        first + said.count()
    }
}

impl Cases {
    /// Folds the records of the `space` stream.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut cases = Self::default();
        for record in records {
            if let Some(crate::journal::Body::SupportCase(case)) = record.typed() {
                cases.take(record, *case);
            }
        }
        cases
    }

    /// Folds one more record.
    pub(super) fn take(&mut self, record: &Record, case: SupportCase) {
        match case {
            SupportCase::Opening(opening) => {
                self.all.insert(
                    record.seq,
                    Case {
                        request: record.seq,
                        opening,
                        at: record.at,
                        by: record.actor.clone(),
                        id: None,
                        display: String::new(),
                        status: String::new(),
                        remarks: Vec::new(),
                        refused: None,
                        unsure: false,
                    },
                );
            }
            SupportCase::Opened(opened) => {
                if let Some(case) = self.all.get_mut(&opened.request) {
                    case.id = Some(opened.case);
                    case.display = opened.display;
                    case.refused = None;
                    case.unsure = false;
                }
            }
            SupportCase::Said(said) => {
                if let Some(case) = self.of_id(&said.case) {
                    let at = said.at.unwrap_or(record.at);
                    let remark = Remark {
                        seq: record.seq,
                        at,
                        actor: record.actor.clone(),
                        said,
                    };
                    let after = case.remarks.partition_point(|other| other.at <= at);
                    case.remarks.insert(after, remark);
                }
            }
            SupportCase::Stands { case, status } => {
                if let Some(case) = self.of_id(&case) {
                    case.status = status;
                }
            }
            SupportCase::Resolved { case } => {
                if let Some(case) = self.of_id(&case) {
                    RESOLVED.clone_into(&mut case.status);
                }
            }
            SupportCase::Refused {
                request: Some(request),
                why,
                unsure,
                ..
            } => {
                if let Some(case) = self.all.get_mut(&request).filter(|case| case.id.is_none()) {
                    case.refused = Some(why);
                    case.unsure = unsure;
                }
            }
            SupportCase::Refused { .. } => {}
        }
    }

    fn of_id(&mut self, id: &str) -> Option<&mut Case> {
        self.all.values_mut().find(|case| case.id.as_deref() == Some(id))
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Case> {
        self.all.values()
    }

    /// The case with that id, or with that number.
    pub fn find(&self, name: &str) -> Option<&Case> {
        let of = |case: &&Case| {
            case.id.as_deref() == Some(name) || (!case.display.is_empty() && case.display == name)
        };
        self.all.values().find(of)
    }

    /// The cases about an investigation that were confirmed and of which nobody knows what became, the oldest first.
    pub fn unsettled(&self, stream: &StreamId) -> impl Iterator<Item = &Case> {
        self.all.values().filter(move |case| {
            let told = case.refused.is_some() && !case.unsure;
            case.opening.stream == *stream && case.id.is_none() && !told
        })
    }

    /// The newest case about an investigation that AWS Support has.
    pub fn of(&self, stream: &StreamId) -> Option<&Case> {
        let about = |case: &&Case| case.id.is_some() && case.opening.stream == *stream;
        self.all.values().rev().find(about)
    }
}
