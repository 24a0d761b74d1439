//! What a console and a command need to ask AWS Support: what would be shared, and the few things that can be done. What was
//! said and done comes back through the journal.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    aws::Confirmation,
    journal::{Actor, Hash, StreamId, body::Attachment, canonical::sha256},
    model::Priority,
};

/// AWS Support, as an operator asks it.
#[async_trait]
pub trait Support: Send + Sync {
    /// The open case about an investigation, where there is one. One that was confirmed and got no answer is looked for at AWS
    /// Support, and written down when it is found. Sends nothing that writes.
    async fn existing(&self, stream: &StreamId) -> Result<Option<Opened>, Trouble>;

    /// What would be shared of an investigation, and what the plan of its account offers. Changes nothing.
    async fn prepare(&self, stream: &StreamId) -> Result<Arc<Prepared>, Trouble>;

    /// Opens the case that was prepared, as it was shown.
    async fn open(
        &self,
        prepared: &Prepared,
        order: &Order,
        confirmed: &Confirmation,
    ) -> Result<Opened, Trouble>;

    /// Asks what was said in a case and how it stands, and writes down what is new; how much that was.
    async fn look(&self, case: &str) -> Result<usize, Trouble>;

    /// Says something in a case.
    async fn say(&self, case: &str, words: &str, confirmed: &Confirmation) -> Result<Sent, Trouble>;

    /// Closes a case.
    async fn resolve(&self, case: &str, confirmed: &Confirmation) -> Result<(), Trouble>;

    /// Time between two looks at a case that somebody watches.
    fn pace(&self) -> Duration;
}

/// A case before it is confirmed: exactly what would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The investigation.
    pub stream: StreamId,
    /// Its place in the queue, from which a severity is proposed.
    pub priority: Priority,
    /// AWS account that the investigation is about, where it is known.
    pub account: Option<String>,
    /// AWS account that asks, as its credentials' own answer says; why that is not known.
    pub asks: Result<String, Trouble>,
    /// What is shared.
    pub shared: Shared,
    /// Where it is filed.
    pub filed: Option<Filed>,
    /// What the plan offers.
    pub standing: Standing,
    /// Actions of AWS Support that this identity may not do; why that is not known.
    pub denied: Result<Vec<String>, Trouble>,
    /// Records that confirmed earlier cases of which nobody knows whether AWS Support has them.
    pub unsettled: Vec<u64>,
}

/// What an operator wants of a case that was prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its severity, in AWS' word.
    pub severity: String,
    /// Open it though earlier ones, which were shown, got no answer.
    pub again: bool,
}

impl Order {
    /// A case of that severity, and none where an earlier one got no answer.
    pub fn of(severity: impl Into<String>) -> Self {
        Self {
            severity: severity.into(),
            again: false,
        }
    }
}

impl Prepared {
    /// What somebody should know before they say yes.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Standing::Center(_) = self.standing {
            warnings.push(self.standing.sentence());
        }
        if let Err(why) = &self.asks {
            warnings.push(format!(
                "which account asks is not known: {} ({})",
                why.what, why.hint
            ));
        }
        match &self.denied {
            Ok(denied) if denied.is_empty() => {}
            Ok(denied) => warnings.push(format!(
                "this identity may not: {} (midwatch iam policy --support prints the policy that allows it)",
                denied.join(", ")
            )),
            Err(why) => warnings.push(format!(
                "what this identity may do is not known: {} ({})",
                why.what, why.hint
            )),
        }
        if !self.unsettled.is_empty() {
            warnings.push(format!(
                "an earlier case got no answer, and may be open: look at {SUPPORT_CENTER} first"
            ));
        }
        warnings
    }

    /// The account that asks, for a person.
    pub fn asks(&self) -> &str {
        self.asks.as_deref().unwrap_or("not known")
    }

    /// Why no case can be opened from here; the text can be pasted all the same.
    pub fn to_paste(&self) -> Option<Trouble> {
        if self.standing == Standing::TooLow {
            return Some(Trouble::new(
                "the account's support plan does not let programs open cases",
                format!("open one in the Support Center: {SUPPORT_CENTER}"),
            ));
        }
        match (&self.account, &self.asks) {
            (Some(about), Ok(asks)) if about != asks => Some(Trouble::new(
                format!(
                    "the investigation is about account {about}, and these are credentials of account {asks}: AWS Support looks \
                     at what belongs to the account that asks, and at nothing else"
                ),
                format!(
                    "midwatch account add {about} lets it ask there; or paste the text into that account's {SUPPORT_CENTER}"
                ),
            )),
            _ => None,
        }
    }

    /// The same, in a sentence or two above the text.
    pub fn sentence_to_paste(&self) -> Option<String> {
        let why = self.to_paste()?;
        Some(match self.standing {
            Standing::TooLow => self.standing.sentence(),
            _ => format!("{}. {}", why.what, why.hint),
        })
    }
}

/// What is shared of an investigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// Subject of the case.
    pub subject: String,
    /// Text of the case.
    pub body: String,
    /// The whole log.
    pub files: Vec<File>,
    /// Things that were taken out: secrets and personal data, each counted once.
    pub taken_out: u64,
}

/// A file that goes with a case.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Name, size and digest.
    pub attachment: Attachment,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attachment.fmt(f)
    }
}

/// Under what a case is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Code of the service.
    pub service: String,
    /// Name of the service.
    pub name: String,
    /// Code of the category.
    pub category: String,
}

/// A severity, as the service offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Severity {
    /// AWS' word.
    pub code: String,
    /// AWS' own name for it.
    pub name: String,
}

/// What the support plan of an account offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Cases and correspondence from here.
    Full(Vec<Severity>),
    /// Cases from here, correspondence in the Support Center: no severity above `normal` is offered.
    Center(Vec<Severity>),
    /// Neither: the plan does not open this interface.
    TooLow,
}

/// Where people talk to AWS Support without this program.
pub const SUPPORT_CENTER: &str = "https://console.aws.amazon.com/support/home#/case/create";

impl Standing {
    /// What it offers.
    pub fn severities(&self) -> &[Severity] {
        match self {
            Self::Full(severities) | Self::Center(severities) => severities,
            Self::TooLow => &[],
        }
    }

    /// What that means, in a sentence or two for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Full(severities) => format!(
                "the support plan takes cases and answers from here; severities: {}",
                codes(severities)
            ),
            Self::Center(severities) => format!(
                "the support plan takes cases from here (severities: {}); as with Developer Support, answers are written in the \
                 Support Center",
                codes(severities)
            ),
            Self::TooLow => format!(
                "the account's support plan does not let programs open cases. With Developer Support, open one in the Support \
                 Center with the text below: {SUPPORT_CENTER}. Basic Support takes no technical cases"
            ),
        }
    }

    /// The severity that fits an investigation's place in the queue, among those that are offered.
    pub fn fitting(&self, priority: Priority) -> Option<&Severity> {
        let wanted = match priority {
            Priority::Critical => "urgent",
            Priority::High => "high",
            Priority::Medium => "normal",
            Priority::Low | Priority::Minimal => "low",
        };
        let offered = self.severities();
        let rank = |code: &str| RANKS.iter().position(|known| *known == code);
        offered
            .iter()
            .filter(|severity| rank(&severity.code) <= rank(wanted))
            .max_by_key(|severity| rank(&severity.code))
            .or_else(|| offered.first())
    }
}

/// AWS' words for severities, the lightest first.
pub const RANKS: [&str; 5] = ["low", "normal", "high", "urgent", "critical"];

fn codes(severities: &[Severity]) -> String {
    let codes: Vec<&str> = severities.iter().map(|severity| severity.code.as_str()).collect();
    codes.join(", ")
}

/// A case that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its id.
    pub case: String,
    /// The number that people see; empty when AWS did not tell it.
    pub display: String,
}

impl Opened {
    /// What people call it: its number, else its id.
    pub fn name(&self) -> &str {
        if self.display.is_empty() {
            &self.case
        } else {
            &self.display
        }
    }
}

/// Words that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// As they were sent: secrets and personal data taken out.
    pub words: String,
    /// Why they could not be written down, though AWS Support has them.
    pub unwritten: Option<Trouble>,
}

/// What became of something, where there was trouble.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It was not done.
    #[default]
    Nothing,
    /// Nobody knows whether it was done.
    Unknown,
    /// It was done.
    Done,
}

/// Why something could not be done, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// What became of that which was wanted.
    pub outcome: Outcome,
}

impl Trouble {
    /// Trouble with its remedy; nothing was done.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
            outcome: Outcome::Nothing,
        }
    }

    /// The same where something else became of it.
    #[must_use]
    pub const fn but(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// The name under which an operator gives their word.
pub fn name_of(actor: &Actor) -> String {
    match actor {
        Actor::Operator(name) => name.clone(),
        other => other.to_string(),
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.what, self.hint)
    }
}

impl std::error::Error for Trouble {}

impl Shared {
    /// Digest of the text, by which a repeat of it is known.
    pub fn digest(&self) -> Hash {
        digest(&self.body)
    }
}

/// SHA-256 of words with their blanks made alike: line ends and indents do not survive the way to AWS and back.
pub fn digest(words: &str) -> Hash {
    let alike = words.split_whitespace().collect::<Vec<_>>().join(" ");
    sha256(alike.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(codes: &[&str]) -> Vec<Severity> {
        codes
            .iter()
            .map(|code| Severity {
                code: (*code).to_owned(),
                name: String::new(),
            })
            .collect()
    }

    #[test]
    fn a_fitting_severity_is_one_that_is_offered() {
        let all = Standing::Full(offered(&RANKS));
        let few = Standing::Center(offered(&["low", "normal"]));
        let fits = |standing: &Standing, priority| standing.fitting(priority).map(|one| one.code.clone());
        assert_eq!(fits(&all, Priority::Critical).as_deref(), Some("urgent"));
        assert_eq!(fits(&all, Priority::Minimal).as_deref(), Some("low"));
        assert_eq!(fits(&few, Priority::Critical).as_deref(), Some("normal"));
        let high = Standing::Full(offered(&["high"]));
        assert_eq!(fits(&high, Priority::Low).as_deref(), Some("high"));
        assert_eq!(fits(&Standing::TooLow, Priority::High), None);
    }

    #[test]
    fn words_are_known_again_whatever_became_of_their_blanks() {
        assert_eq!(digest("one\r\n  two"), digest("one\ntwo "));
        assert_ne!(digest("one two"), digest("onetwo"));
    }
}
