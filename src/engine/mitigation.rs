//! The mitigation plan: a pattern's steps, filled for the resource at hand.

use super::{
    pattern::{Mitigation, Pattern, Step},
    template::{Words, argument, sentence},
};
use crate::{
    journal::views::{Investigation, report::instructions_of},
    model::{MitigationPlan, MitigationStep, Recommendation, Text, inert},
};

/// One plan out of the steps for each cause, in the order of the causes, with the instructions for an agent; none without a
/// cause that a pattern knows how to mend.
pub fn plan(
    causes: impl IntoIterator<Item = MitigationPlan>,
    view: &Investigation,
) -> Option<MitigationPlan> {
    let joined = causes.into_iter().reduce(|mut all, next| {
        all.prepare.extend(next.prepare);
        all.pre_validate.extend(next.pre_validate);
        all.apply.extend(next.apply);
        all.post_validate.extend(next.post_validate);
        all.rollback.extend(next.rollback);
        all
    });
    joined.map(|plan| MitigationPlan {
        instructions: instructions_of(view, &plan),
        ..plan
    })
}

/// The steps for one cause that follows `pattern`; without instructions.
pub fn steps(pattern: &Pattern, words: &Words) -> MitigationPlan {
    let kind = words.get("type").unwrap_or_default();
    let fill = |steps: &[Step], writes: bool| -> Vec<MitigationStep> {
        steps
            .iter()
            .filter(|step| step.fits(&kind))
            .map(|step| MitigationStep {
                text: sentence(&step.text, words),
                command: command(&step.command, words),
                writes: writes && !step.command.is_empty(),
            })
            .collect()
    };
    let Mitigation {
        prepare,
        pre_validate,
        apply,
        post_validate,
        rollback,
    } = &pattern.mitigation;
    let elsewhere = words.elsewhere().map(|place| MitigationStep {
        text: Text::from(format!(
            "Use credentials of account {}: the cause stands there, in {}",
            place.account, place.region
        )),
        command: Vec::new(),
        writes: false,
    });
    MitigationPlan {
        prepare: elsewhere.into_iter().chain(fill(prepare, false)).collect(),
        pre_validate: fill(pre_validate, false),
        apply: fill(apply, true),
        post_validate: fill(post_validate, false),
        rollback: fill(rollback, true),
        instructions: String::new(),
    }
}

/// A command as an argument vector. Control and bidirectional characters in what is filled in are replaced (no argument of
/// ours holds any), and a name that begins like an option cannot become one: it is joined to the option before it.
fn command(template: &[String], words: &Words) -> Vec<String> {
    let mut command: Vec<String> = Vec::new();
    for word in template {
        let filled = inert(&argument(word, words));
        let looks_like_option = filled.starts_with('-') && !word.starts_with('-');
        match command.last_mut() {
            Some(option) if looks_like_option && option.starts_with("--") && !option.contains('=') => {
                option.push('=');
                option.push_str(&filled);
            }
            _ => command.push(filled),
        }
    }
    if let Some(place) = words.elsewhere()
        && command.first().is_some_and(|program| program == "aws")
        && !command.iter().any(|word| word == "--region")
    {
        command.extend(["--region".to_owned(), place.region.clone()]);
    }
    command
}

/// What would keep it from coming back.
pub fn recommendations(pattern: &Pattern, words: &Words) -> Vec<Recommendation> {
    let items = pattern.prevention.iter();
    items
        .map(|item| Recommendation {
            category: item.category,
            title: sentence(&item.title, words),
            detail: sentence(&item.detail, words),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_an_option() {
        let mut words = Words::default();
        words.say("id", "--endpoint-url=http://evil\u{1b}\u{202e}");
        let template = ["aws", "lambda", "get-function", "--function-name", "{id}", "--x"].map(str::to_owned);
        assert_eq!(
            command(&template, &words),
            [
                "aws",
                "lambda",
                "get-function",
                "--function-name=--endpoint-url=http://evil\u{fffd}\u{fffd}",
                "--x"
            ]
        );
    }

    #[test]
    fn a_command_for_another_region_says_so() {
        let mut words = Words::default();
        words.stands_at(Some(crate::model::Place::new("444455556666", "us-east-1")));
        let template = ["aws", "sqs", "list-queues"].map(str::to_owned);
        assert_eq!(
            command(&template, &words),
            ["aws", "sqs", "list-queues", "--region", "us-east-1"]
        );
        let template = ["aws", "health", "describe-events", "--region", "eu-west-1"].map(str::to_owned);
        assert_eq!(command(&template, &words), template);
        assert_eq!(command(&["kubectl".to_owned()], &words), ["kubectl"]);
    }
}
