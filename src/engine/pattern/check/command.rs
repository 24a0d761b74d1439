//! What a command may be: an argument vector, and before and after the act one that only reads.

/// How operations of the AWS command line begin that change nothing.
const READING: [&str; 15] = [
    "describe",
    "list",
    "get",
    "lookup",
    "filter",
    "head",
    "simulate",
    "batch-get",
    "estimate",
    "validate",
    "preview",
    "search",
    "check",
    "tail",
    "ls",
];
/// Operations that read, and take a whole table unless they are held.
const HUNGRY: [&str; 2] = ["scan", "query"];
/// What holds them.
const HOLDS: [&str; 2] = ["--limit", "--max-items"];
/// Operations that begin like reading ones and change something.
const YET: [&str; 2] = ["check-in", "check-out"];
/// What `kubectl` does without changing anything.
const KUBECTL: [&str; 5] = ["get", "describe", "logs", "top", "version"];

/// What is wrong with a command, and what was expected.
pub(super) fn mistake(words: &[&str], only_reads: bool) -> Option<(String, String)> {
    let Some(program) = words.first() else {
        return Some((
            "the command is empty".to_owned(),
            "expected words, or no command at all".to_owned(),
        ));
    };
    // The program, the service and the operation are single words; what follows may hold spaces.
    let head = words.iter().take(3);
    if let Some(word) = head.into_iter().find(|word| word.contains(char::is_whitespace)) {
        return Some((
            format!(
                "the command is not split into words: '{}'",
                crate::model::inert(word)
            ),
            "expected a word each: [\"aws\", \"lambda\", \"get-function\", \"--function-name\", \"{id}\"]"
                .to_owned(),
        ));
    }
    if *program == "aws" && words.len() < 3 {
        return Some((
            "the command names no operation".to_owned(),
            "expected [\"aws\", \"service\", \"operation\", ...]".to_owned(),
        ));
    }
    if !only_reads || reads(program, words) {
        return None;
    }
    let operation = words
        .iter()
        .skip(1)
        .take(2)
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    Some((
        format!("'{program} {operation}' does not only read"),
        format!(
            "expected a command that changes nothing under prepare, pre_validate and post_validate: aws with {}-..., \
             scan or query with --limit, or kubectl {}",
            READING.join("-..., "),
            KUBECTL.join(", ")
        ),
    ))
}

fn reads(program: &str, words: &[&str]) -> bool {
    match (program, words) {
        ("aws", [_, service, operation, rest @ ..]) => {
            let begins = |word: &str| {
                operation
                    .strip_prefix(word)
                    .is_some_and(|after| after.is_empty() || after.starts_with('-'))
            };
            if HUNGRY.contains(operation) {
                return rest.iter().any(|word| HOLDS.contains(word));
            }
            // `aws s3 cp` and the like are verbs of their own; `ls` alone reads.
            let read = READING.iter().any(|word| begins(word)) && !YET.iter().any(|word| begins(word));
            read && (*service != "s3" || *operation == "ls")
        }
        ("kubectl", [_, verb, ..]) => KUBECTL.contains(verb),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(command: &str) -> Option<String> {
        let words: Vec<&str> = command.split(' ').collect();
        mistake(&words, true).map(|(what, _)| what)
    }

    #[test]
    fn only_what_reads_passes() {
        for command in [
            "aws lambda get-function --function-name x",
            "aws logs tail /aws/lambda/x",
            "aws dynamodb scan --table-name x --limit 5",
            "aws iam simulate-principal-policy --policy-source-arn x",
            "aws s3 ls",
            "kubectl logs x",
        ] {
            assert_eq!(wrong(command), None, "{command}");
        }
        for command in [
            "aws lambda update-alias --name x",
            "aws dynamodb scan --table-name x",
            "aws s3 rm x",
            "aws ssm start-session --target x",
            "aws lambda getting-worse x",
            "kubectl delete x",
            "rm x",
        ] {
            assert!(wrong(command).is_some(), "{command}");
        }
        assert!(mistake(&["aws lambda get-function"], false).is_some());
        assert!(mistake(&[], false).is_some());
        assert!(mistake(&["aws", "lambda", "update-alias"], false).is_none());
    }
}
