//! A condition in plain words.

use super::{Ask, Condition, Fact, Look, Place};
use crate::model::Direction;

impl Condition {
    /// What must be seen, and where, in plain words.
    pub fn in_words(&self) -> String {
        let mut words = match self.fact {
            Fact::MetricShift => {
                let way = match self.direction {
                    Some(Direction::Up) => "rises",
                    Some(Direction::Down) => "falls",
                    None => "leaves its usual level",
                };
                format!("{} {way}", self.metrics())
            }
            Fact::MetricNormal => format!("{} is as usual", self.metrics()),
            Fact::MetricStopped => format!("{} has no data any more", self.metrics()),
            Fact::LimitReached => format!("{} stands at its limit", self.metrics()),
            Fact::LogBurst => format!("new or bursting log lines{}", self.phrase()),
            Fact::LogQuiet => "nothing stands out in the logs".to_owned(),
            Fact::Changed => format!("a change{}", self.phrase()),
            Fact::NoChange => "nobody changed it".to_owned(),
            Fact::ServiceSaid => format!("a service event{}", self.phrase()),
            Fact::Config => {
                let path = self.path.as_ref().map_or("", |path| path.0.as_str());
                format!("configuration at /{path}/{}", self.phrase())
            }
        };
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => words.push_str(&format!(", to between {least} and {most}")),
            (Some(least), None) => words.push_str(&format!(", to at least {least}")),
            (None, Some(most)) => words.push_str(&format!(", to at most {most}")),
            (None, None) => {}
        }
        words.push_str(&self.place());
        if self.named {
            words.push_str(", which names the blamed resource");
        }
        if self.before_symptom {
            words.push_str(", not after the symptom");
        }
        if self.strength > 0.0 {
            words.push_str(&format!(", as plain as {}", self.strength));
        }
        words
    }

    fn metrics(&self) -> String {
        match self.metric.as_slice() {
            [] => "any metric".to_owned(),
            [one] => one.clone(),
            [all @ .., last] => format!("{} or {last}", all.join(", ")),
        }
    }

    fn phrase(&self) -> String {
        let phrase = self.matches.as_ref();
        phrase.map_or_else(String::new, |phrase| format!(" with /{}/", phrase.0.as_str()))
    }

    fn place(&self) -> String {
        let mut place = self.on.in_words().to_owned();
        if !self.of.is_empty() {
            place.push_str(&format!(" of type {}", self.of.join(", ")));
        }
        if self.resources > 1 {
            place.push_str(&format!(", on {} at once", self.resources));
        }
        place
    }
}

impl Place {
    /// Where, as the end of a sentence; empty for the resource itself.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Itself => "",
            Self::Callers => " on what calls it or sends to it",
            Self::Dependencies => " on what it calls or sends to",
            Self::Near => " on it or next to it",
            Self::Anywhere => " anywhere in scope",
        }
    }
}

impl Look {
    /// What is asked, in plain words.
    pub fn in_words(self) -> String {
        let asked = match self.ask {
            Ask::Logs => "the logs",
            Ask::Configuration => "the configuration",
            Ask::Changes => "the changes",
        };
        match self.on {
            Place::Itself => format!("{asked} of the resource itself"),
            Place::Callers => format!("{asked} of what calls it or sends to it"),
            Place::Dependencies => format!("{asked} of what it calls or sends to"),
            Place::Near => format!("{asked} of the resource and what is next to it"),
            Place::Anywhere => format!("{asked} of everything in scope"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_reads_as_a_sentence() {
        let condition: Condition = toml::from_str(
            "fact = 'metric_shift'\non = 'callers'\nof = ['AWS::SQS::Queue']\nresources = 2\nmetric = ['A', 'B']\n\
             direction = 'up'\nat_least = 5\nbefore_symptom = true\nsays = 'x'",
        )
        .unwrap();
        assert_eq!(
            condition.in_words(),
            "A or B rises, to at least 5 on what calls it or sends to it of type AWS::SQS::Queue, on 2 at once, not after \
             the symptom"
        );
        let condition: Condition =
            toml::from_str("fact = 'config'\npath = '^Timeout$'\nmatches = '^3$'\nsays = 'x'").unwrap();
        assert_eq!(condition.in_words(), "configuration at /^Timeout$/ with /^3$/");
    }
}
