//! What to do now, and what would keep it from coming back.

use serde::{Deserialize, Serialize};

use super::Text;

/// What to do now. Never run by the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationPlan {
    /// Before anything is touched.
    pub prepare: Vec<MitigationStep>,
    /// What must hold before it is applied.
    pub pre_validate: Vec<MitigationStep>,
    /// The act.
    pub apply: Vec<MitigationStep>,
    /// What must hold afterwards.
    pub post_validate: Vec<MitigationStep>,
    /// The way back.
    pub rollback: Vec<MitigationStep>,
    /// The same for an agent, in Markdown: goal, context, evidence, constraints, acceptance.
    pub instructions: String,
}

impl MitigationPlan {
    /// The five parts with their titles, in order.
    pub fn parts(&self) -> [(&'static str, &[MitigationStep]); 5] {
        [
            ("prepare", &self.prepare),
            ("pre-validate", &self.pre_validate),
            ("apply", &self.apply),
            ("post-validate", &self.post_validate),
            ("roll back", &self.rollback),
        ]
    }

    /// Number of steps in all parts.
    pub fn steps(&self) -> usize {
        self.parts().iter().map(|(_, steps)| steps.len()).sum()
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationStep {
    /// What to do, in a sentence.
    pub text: Text,
    /// The command as an argument vector; empty when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// True when the command changes something: the operator runs it, never the program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writes: bool,
}

impl MitigationStep {
    /// The command as a line for a POSIX shell, every argument that needs it quoted; none when there is no command.
    pub fn shell(&self) -> Option<String> {
        (!self.command.is_empty()).then(|| self.arguments().join(" "))
    }

    /// The arguments of that line, each as the shell has to see it.
    pub fn arguments(&self) -> Vec<String> {
        self.command.iter().map(|word| quoted(word)).collect()
    }
}

/// Quotes one word for a POSIX shell; control characters are dropped, since no argument of ours holds any.
fn quoted(word: &str) -> String {
    let word: String = word.chars().filter(|c| !c.is_control()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// What would keep the incident from coming back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Sort of measure.
    pub category: RecommendationCategory,
    /// In a few words.
    pub title: Text,
    /// What to do, and what it would have changed.
    pub detail: Text,
}

/// Sort of preventive measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecommendationCategory {
    /// Better code.
    CodeOptimization,
    /// Seeing more, sooner.
    Observability,
    /// Capacity, redundancy, limits.
    Infrastructure,
    /// Process, review, guard rails.
    Governance,
}

impl RecommendationCategory {
    /// All of them, in the order of the prevention pane.
    pub const ALL: [Self; 4] = [
        Self::CodeOptimization,
        Self::Observability,
        Self::Infrastructure,
        Self::Governance,
    ];

    /// The words for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CodeOptimization => "code",
            Self::Observability => "observability",
            Self::Infrastructure => "infrastructure",
            Self::Governance => "governance",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_one_quoted_argument() {
        let step = MitigationStep {
            text: "look".into(),
            command: [
                "aws",
                "s3api",
                "get-bucket-policy",
                "--bucket",
                "x';$(reboot)\u{1b}[2J",
            ]
            .map(str::to_owned)
            .to_vec(),
            writes: false,
        };
        assert_eq!(
            step.shell().unwrap(),
            r"aws s3api get-bucket-policy --bucket 'x'\'';$(reboot)[2J'"
        );
    }
}
