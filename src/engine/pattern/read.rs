//! Reading and checking one pattern.

use super::Pattern;
use crate::engine::template;

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {what}\nhint: {hint}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct PatternError {
    /// The file.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// Reads one pattern from the text of `file`.
pub fn read(file: &str, text: &str) -> Result<Pattern, PatternError> {
    let pattern: Pattern = toml::from_str(text).map_err(|error| PatternError {
        file: file.to_owned(),
        line: error.span().map(|span| line_of(text, span.start)),
        what: error.message().to_owned(),
        hint: "compare it with the patterns that ship with the program".to_owned(),
    })?;
    check(file, text, &pattern)?;
    Ok(pattern)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn check(file: &str, text: &str, pattern: &Pattern) -> Result<(), PatternError> {
    let wrong = |needle: &str, what: String, hint: &str| PatternError {
        file: file.to_owned(),
        line: text.find(needle).map(|offset| line_of(text, offset)),
        what,
        hint: hint.to_owned(),
    };
    if pattern.supports.is_empty() {
        return Err(wrong(
            "id",
            format!("pattern '{}' has nothing that supports it", pattern.id),
            "add at least one [[supports]]",
        ));
    }
    let conditions = pattern.when.iter().chain(&pattern.requires);
    for condition in conditions.chain(&pattern.supports).chain(&pattern.refutes) {
        if !(0.0..=1.0).contains(&condition.weight) {
            return Err(wrong(
                &format!("weight = {}", condition.weight),
                format!("the weight {} is not between 0 and 1", condition.weight),
                "a weight says how much an observation counts: 0 to 1",
            ));
        }
    }
    let steps = [
        &pattern.mitigation.prepare,
        &pattern.mitigation.pre_validate,
        &pattern.mitigation.apply,
        &pattern.mitigation.post_validate,
        &pattern.mitigation.rollback,
    ];
    let templates = steps
        .into_iter()
        .flatten()
        .flat_map(|step| step.command.iter().chain([&step.text]))
        .chain(
            pattern
                .prevention
                .iter()
                .flat_map(|item| [&item.title, &item.detail]),
        )
        .chain([&pattern.statement]);
    for text_with_words in templates {
        if let Some(word) = template::words(text_with_words).find(|word| !template::is_known(word)) {
            return Err(wrong(
                &format!("{{{word}}}"),
                format!("'{{{word}}}' cannot be filled"),
                &format!(
                    "use one of: {}, or config. and a path",
                    template::WORDS.join(", ")
                ),
            ));
        }
    }
    Ok(())
}
