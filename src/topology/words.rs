//! Names and types made short enough for a box, and inert.

use unicode_width::UnicodeWidthChar;

use crate::model::inert;

/// The type in words that fit into a box: `AWS::Lambda::Function` is a `function`, `AWS::ECS::Service` an `ecs service`.
/// Words that several services share keep the service's name before them.
pub fn type_word(kind: &str) -> String {
    let kind = inert(kind);
    let parts: Vec<&str> = kind.split("::").filter(|part| !part.is_empty()).collect();
    let last = parts.get(2..).and_then(<[_]>::last).copied();
    match (parts.first().copied(), parts.get(1).copied(), last) {
        (Some("AWS"), Some("RDS"), Some("DBInstance")) => "database".to_owned(),
        (Some("AWS"), Some("RDS"), Some("DBCluster")) => "database cluster".to_owned(),
        (Some("AWS"), Some("ApiGateway" | "ApiGatewayV2"), Some("RestApi" | "Api")) => "api".to_owned(),
        (Some("AWS"), Some("CloudFormation"), Some("Stack")) => "stack".to_owned(),
        (Some("AWS"), Some(service), Some(last)) => {
            let word = spaced(last);
            if SHARED.contains(&word.as_str()) {
                format!("{} {word}", service.to_lowercase())
            } else {
                word
            }
        }
        (Some(_), Some(service), None) => service.to_lowercase(),
        (Some(_), Some(_), Some(last)) => spaced(last),
        _ => kind.to_lowercase(),
    }
}

/// Type words that say nothing without their service.
const SHARED: [&str; 16] = [
    "service",
    "cluster",
    "rule",
    "stage",
    "group",
    "policy",
    "domain",
    "endpoint",
    "repository",
    "project",
    "stream",
    "cache",
    "application",
    "environment",
    "workflow",
    "pipe",
];

/// `DBInstance` -> `db instance`, `RestApi` -> `rest api`.
fn spaced(camel: &str) -> String {
    let chars: Vec<char> = camel.chars().collect();
    let mut words = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(at + 1).copied();
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase() || (b.is_uppercase() && after.is_some_and(char::is_lowercase))
            });
        if starts {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// The name without the type that tracers hang on it: `search_AWS::ECS::Fargate` is `search`, `shop_remote` of type
/// `remote` is `shop`.
pub fn without_type<'a>(name: &'a str, kind: &str) -> &'a str {
    let plain = name
        .strip_suffix(kind)
        .and_then(|stem| stem.strip_suffix(['_', '-', ':', '/', ' ']));
    let traced = name
        .rsplit_once('_')
        .filter(|(_, kind)| kind.contains("::"))
        .map(|(stem, _)| stem);
    plain
        .or(traced)
        .filter(|stem| !kind.is_empty() && !stem.is_empty())
        .unwrap_or(name)
}

/// More than one of them: `tables`, `policies`, `addresses`.
pub fn plural(word: &str) -> String {
    if word.ends_with('s') || word.ends_with('x') || word.ends_with("ch") {
        return format!("{word}es");
    }
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{word}s"),
    }
}

/// The telling part of a name: the resource of an ARN, the last part of a URL, otherwise the name; inert.
pub fn short_name(name: &str) -> String {
    let told = if name.starts_with("arn:") {
        name.splitn(6, ':')
            .nth(5)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(name)
    } else if name.starts_with("https://") || name.starts_with("http://") {
        let path = name.trim_end_matches('/');
        path.rsplit('/')
            .next()
            .filter(|last| !last.is_empty())
            .unwrap_or(name)
    } else {
        name
    };
    let shown = visible(told);
    if shown.trim().is_empty() {
        "(no name)".to_owned()
    } else {
        shown.trim().to_owned()
    }
}

/// Inert words without the characters that take no cell of their own, so that a width counted is a width drawn.
pub fn visible(words: &str) -> String {
    inert(words).chars().filter(|c| cells(*c) > 0).collect()
}

/// Cells that a character takes.
pub fn cells(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Cells that words take.
pub fn width(words: &str) -> usize {
    words.chars().map(cells).sum()
}

/// Words cut to `max` cells. The middle is left out, since names differ at both ends.
pub fn clip(words: &str, max: usize, ascii: bool) -> String {
    if width(words) <= max {
        return words.to_owned();
    }
    let sign = if ascii { "~" } else { "…" };
    let Some(room) = max.checked_sub(1) else {
        return String::new();
    };
    let tail_room = if room >= 8 { room / 3 } else { 0 };
    let tail: Vec<char> = take(words.chars().rev(), tail_room);
    let head: String = take(words.chars(), room - tail_room).into_iter().collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{head}{sign}{tail}")
}

/// Words cut to `max` cells at their end.
pub fn cut(words: &str, max: usize, ascii: bool) -> String {
    if width(words) <= max {
        return words.to_owned();
    }
    let sign = if ascii { "~" } else { "…" };
    let Some(room) = max.checked_sub(1) else {
        return String::new();
    };
    let head: String = take(words.chars(), room).into_iter().collect();
    format!("{}{sign}", head.trim_end())
}

fn take(chars: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += cells(*c);
            used <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_words() {
        let told: Vec<_> = [
            "AWS::Lambda::Function",
            "AWS::ECS::Service",
            "AWS::EC2::VPCEndpoint",
            "AWS::RDS::DBInstance",
            "AWS::DynamoDB",
            "Database::SQL",
            "remote",
            "",
        ]
        .into_iter()
        .map(type_word)
        .collect();
        assert_eq!(
            told,
            [
                "function",
                "ecs service",
                "vpc endpoint",
                "database",
                "dynamodb",
                "sql",
                "remote",
                ""
            ]
        );
        assert_eq!(
            [plural("policy"), plural("key"), plural("alias")],
            ["policies", "keys", "aliases"]
        );
    }

    #[test]
    fn long_names_keep_both_ends_and_wide_ones_fit() {
        assert_eq!(clip("order-intake-prod-AB12", 12, false), "order-in…B12");
        assert_eq!(clip("order-intake", 4, true), "ord~");
        assert_eq!(clip("order", 0, true), "");
        assert!(width(&clip("注文受付サービス本番", 9, false)) <= 9);
        assert_eq!(short_name("arn:aws:sns:us-east-1:1:orders"), "orders");
        assert_eq!(short_name("https://sqs.amazonaws.com/1/orders"), "orders");
        assert_eq!(short_name("\u{200b}\u{301}"), "(no name)");
        assert_eq!(short_name("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }
}
