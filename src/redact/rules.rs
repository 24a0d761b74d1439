//! What a secret looks like.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    assignment,
    card::is_card,
    span::{Found, Sort},
};

/// A shape and a second look at what has it. The secret is the group `s`, or the whole match.
struct Rule {
    shape: Regex,
    sure: fn(&str) -> bool,
}

/// Placeholders of this module, whoever wrote them.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?-u:<(?:secret|email|phone|ip)-[0-9]{1,9}>)"));

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let always: fn(&str) -> bool = |_| true;
    let rule = |shape: &str, sure| Rule {
        shape: constant(shape),
        sure,
    };
    vec![
        // AWS access key ids, long-term and temporary. Ids of roles and users (AROA, AIDA) are no secrets.
        rule(
            r"(?:^|[^A-Za-z0-9])(?P<s>(?:AKIA|ASIA)[A-Z0-9]{16})(?:$|[^A-Za-z0-9])",
            always,
        ),
        // AWS session tokens begin with their version in base64.
        rule(
            r"(?-u:\b(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz|AQoDYXdz|AQoEXAMPLE)[A-Za-z0-9/+=_%-]{32,})",
            always,
        ),
        // JSON web tokens: a header that begins with {" in base64.
        rule(
            r"(?-u:\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,3})",
            always,
        ),
        rule(
            r#"(?-u:(?i:\bbearer)(?:\s+|\\?["':=%20]{1,4}\s*)(?P<s>[A-Za-z0-9._~+/=-]{12,}))"#,
            |token| token.len() >= 24 || token.bytes().any(|b| b.is_ascii_digit()),
        ),
        rule(
            r#"(?-u:(?i:authorization)\\?["']?\s*[:=]\s*\\?["']?(?i:basic|digest|token|apikey)\s+(?P<s>[A-Za-z0-9._~+/=:-]{6,}))"#,
            always,
        ),
        rule(
            r#"(?-u:\b(?i:cookie2?)\\?["']?\s*[:=]\s*\\?["']?)(?P<s>[^\r\n"'\\]{8,})"#,
            |jar| jar.contains('='),
        ),
        // Tokens that carry their issuer's mark: GitHub, GitLab, Slack, Stripe, Google, npm, PyPI, SendGrid, and
        // language model services.
        rule(
            concat!(
                r"(?-u:\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255}",
                r"|gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|rtr)-[A-Za-z0-9_.-]{16,}",
                r"|xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}",
                r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|sk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}",
                r"|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}))",
            ),
            |token| token.bytes().any(|b| b.is_ascii_digit()),
        ),
        rule(
            r"(?-u:hooks\.slack\.com/(?:services|workflows)/(?P<s>[A-Za-z0-9/_-]{16,}))",
            always,
        ),
        // A private key, cut off or whole.
        rule(
            r"(?s-u:-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\x00-\x7f]*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\x00-\x7f]*))",
            always,
        ),
        // A line of a private key that was logged line by line: 64 characters of base64 and nothing else.
        rule(r"(?m-u:^\s*(?P<s>[A-Za-z0-9+/]{64})\s*$)", is_random),
        // A password within a URL: up to the last @ before the path.
        rule(
            r#"(?-u:\b[A-Za-z][A-Za-z0-9+.-]{1,20}://)[^\s:/@"'<>]*:(?P<s>[^\s/"'<>]+)@"#,
            always,
        ),
        // Card numbers, bare or in groups.
        rule(
            r"(?:^|[^A-Za-z0-9_.+/=-])(?P<s>[0-9]{14,19}|[0-9]{4}(?:[ -][0-9]{4}){3}|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5})(?:$|[^A-Za-z0-9_/+=.-]|\.(?:$|[^0-9]))",
            is_card,
        ),
        // An AWS secret key without a name: 40 characters of base64 that look drawn at random.
        rule(
            r"(?:^|[^A-Za-z0-9/+=_.-])(?P<s>[A-Za-z0-9/+]{40})(?:$|[^A-Za-z0-9/+=_.-])",
            is_random,
        ),
    ]
});

/// Finds secrets within one segment of a text.
pub(super) fn find(text: &str, segment: Range<usize>, found: &mut Vec<Found>) {
    assignment::find(text, segment.clone(), found);
    let Some(part) = text.get(segment.clone()) else {
        return;
    };
    for rule in RULES.iter() {
        let mut from = 0;
        while let Some(captures) = rule.shape.captures_at(part, from) {
            let (Some(whole), Some(secret)) =
                (captures.get(0), captures.name("s").or_else(|| captures.get(0)))
            else {
                break;
            };
            // A delimiter may end one match and begin the next.
            from = secret.end().max(whole.start() + 1);
            while !part.is_char_boundary(from) {
                from += 1;
            }
            if (rule.sure)(secret.as_str()) {
                found.push(Found {
                    span: segment.start + secret.start()..segment.start + secret.end(),
                    sort: Sort::Secret,
                });
            }
            if from >= part.len() {
                break;
            }
        }
    }
}

/// Where placeholders stand.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = Range<usize>> {
    PLACEHOLDER.find_iter(text).map(|found| found.range())
}

/// True when the whole text is one placeholder.
pub(super) fn is_placeholder(text: &str) -> bool {
    PLACEHOLDER
        .find(text)
        .is_some_and(|found| found.range() == (0..text.len()))
}

/// True for base64 that looks drawn at random, false for hashes in hexadecimal and for names made of words: enough of
/// every sort of character, digits in both halves, no long run of small letters.
fn is_random(text: &str) -> bool {
    let count = |sort: fn(&u8) -> bool| text.bytes().filter(sort).count();
    let (upper, lower, digits) = (
        count(u8::is_ascii_uppercase),
        count(u8::is_ascii_lowercase),
        count(u8::is_ascii_digit),
    );
    let halves = text.split_at_checked(text.len() / 2);
    let spread = halves.is_some_and(|(left, right)| {
        [left, right]
            .iter()
            .all(|half| half.bytes().any(|byte| byte.is_ascii_digit()))
    });
    let mut run = 0;
    let longest = text
        .bytes()
        .map(|byte| {
            run = if byte.is_ascii_lowercase() { run + 1 } else { 0 };
            run
        })
        .max();
    upper >= 6 && lower >= 6 && digits >= 2 && spread && longest < Some(8)
}

/// Compiles a pattern that stands in this source.
#[expect(
    clippy::expect_used,
    reason = "the patterns are constants and a test compiles them all; going on without one would let secrets through"
)]
pub(super) fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}
