//! A change: who did what, when, from where, how long before the trouble; what stood there before and what stands there now.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    diff, metrics,
    page::{Ask, Line, Page},
    tree::{self, Open},
};
use crate::{
    console::{rich::Rich, state::Loaded, theme::Role, words},
    journal::views::Investigation,
    model::{Change, Evidence, Observation, Observed, inert, operation},
};

/// The page of a change.
pub fn observation(page: &mut Page, ask: &Ask<'_>, of: &Observation, change: &Change) {
    page.lines(facts(ask, &of.text.plain(), change));
    let (title, rows) = diff(ask, change);
    if !rows.is_empty() {
        let mut lines = vec![Line::from(Rich::of(Role::Dim, title))];
        lines.extend(rows);
        page.lines(lines);
    } else if let Some(asked) = parameters(change) {
        let mut lines = vec![Line::from(Rich::of(
            Role::Dim,
            "what was asked for; what stood there before was not read",
        ))];
        let open = Open {
            root: "asked",
            meant: None,
            top: true,
        };
        lines.extend(tree::tree(ask, asked, open));
        page.lines(lines);
    }
    // What was asked for need not be told twice.
    let only_that =
        change.detail.as_object().is_some_and(|map| map.len() == 1) && parameters(change).is_some();
    if only_that {
        return;
    }
    let all = tree::tree(
        ask,
        &change.detail,
        Open {
            root: "detail",
            meant: None,
            // Without parameters the detail is all there is.
            top: parameters(change).is_none(),
        },
    );
    if !all.is_empty() {
        let mut lines = vec![Line::from(Rich::of(Role::Dim, "everything that was recorded"))];
        lines.extend(all);
        page.lines(lines);
    }
}

/// A change among others: two lines, and its detail folded.
pub fn listed(ask: &Ask<'_>, change: &Change, index: usize) -> Vec<Line> {
    let mut rows: Vec<Line> = vec![sentence(ask, change).into(), summary(ask, change).into()];
    if !change.detail.is_null() {
        let root = format!("change{index}");
        let open = Open {
            root: &root,
            meant: None,
            top: false,
        };
        rows.extend(tree::tree(ask, &change.detail, open));
    }
    rows
}

fn sentence(ask: &Ask<'_>, change: &Change) -> Rich {
    Rich::of(Role::Faint, format!("{}  ", words::second(change.at)))
        .add(Role::Change, format!("{} ", ask.glyphs().change))
        .add(Role::Strong, ask.words(operation(&change.kind)))
        .add(Role::Dim, "  by ")
        .ext(change.actor.as_deref().unwrap_or("nobody named"))
        .add(Role::Dim, format!("  {}", ask.words(&change.source)))
}

fn summary(ask: &Ask<'_>, change: &Change) -> Rich {
    Rich::of(Role::Text, "          ").add(Role::External, ask.words(&change.summary))
}

/// Who, when, from where, how long before; what it was, unless the sentence above says so.
fn facts(ask: &Ask<'_>, said: &str, change: &Change) -> Vec<Line> {
    let row = |name: &str, words: Rich| Line {
        hang: 7,
        ..Line::from(Rich::of(Role::Dim, format!("{name:<7}")).join(words))
    };
    let text = |path: &str| change.detail.pointer(path).and_then(Value::as_str);
    let mut rows = Vec::new();
    if !change.summary.is_empty() && !said.contains(&change.summary) {
        rows.push(row("what", Rich::of(Role::External, ask.words(&change.summary))));
    }
    let mut who = Rich::new().ext(change.actor.as_deref().unwrap_or("nobody named"));
    if let Some(kind) = text("/userIdentity/type") {
        who = who.add(Role::Dim, format!("  {}", inert(kind)));
    }
    if let Some(arn) = text("/userIdentity/arn") {
        who = who.add(Role::Dim, format!("  {}", ask.words(arn)));
    }
    rows.push(row("who", who));
    let mut when = Rich::of(
        Role::Text,
        change.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    );
    if let Some((words, seq)) = trouble(ask.inv, change.at) {
        when = when
            .add(Role::Dim, ", ")
            .add(Role::Strong, words)
            .add(Role::Text, " ")
            .join(words::numbers(&[seq]));
    }
    rows.push(row("when", when));
    let from = [text("/sourceIPAddress"), text("/userAgent")];
    let from: Vec<String> = from.into_iter().flatten().map(|words| ask.words(words)).collect();
    let from = match from.is_empty() {
        true => Rich::of(Role::Dim, format!("told by {}", ask.words(&change.source))),
        false => Rich::of(Role::External, from.join("  "))
            .add(Role::Dim, format!("  told by {}", ask.words(&change.source))),
    };
    rows.push(row("from", from));
    rows
}

/// How long before the trouble a change was made, with the record that tells when that began: the symptom's shift, else the
/// first thing that went wrong. Where both lie in one period of a metric the log lines know better.
fn trouble(inv: &Investigation, change: Timestamp) -> Option<(String, u64)> {
    let symptom = inv.plan.as_ref().and_then(|plan| plan.series.as_ref());
    let wrong = |(seq, observed): (&u64, &Arc<crate::journal::body::Observed>)| {
        let of = &observed.observation;
        let at = of.at.filter(|_| of.notable)?;
        let (own, what) = match &of.fact {
            Observed::LogBurst { .. } => (false, "the log lines began".to_owned()),
            fact @ (Observed::MetricShift { .. }
            | Observed::MetricMissing { .. }
            | Observed::LimitReached { .. }) => {
                let key = metrics::subject(fact)?;
                let own = symptom.is_some_and(|symptom| {
                    symptom.metric == key.metric && symptom.dimensions == key.dimensions
                });
                (own, format!("{} changed", inert(&key.metric)))
            }
            _ => return None,
        };
        let error = jiff::SignedDuration::from_secs(i64::from(of.error));
        let vague = of.error > 0 && at <= change && change <= at + error;
        Some(((vague, !own, at, *seq), what, of.error))
    };
    let found = inv.observations.iter().filter_map(wrong);
    let ((vague, _, at, seq), what, error) = found.min_by_key(|(rank, ..)| *rank)?;
    let words = if vague {
        format!("within the {error} s in which {what}")
    } else {
        format!("{} {what}", apart(change, at))
    };
    Some((words, seq))
}

/// `52 s before`, `3 min after`, `at the time of`.
fn apart(change: Timestamp, trouble: Timestamp) -> String {
    let seconds = trouble.duration_since(change).as_secs();
    let size = match seconds.unsigned_abs() {
        0 => return "at the time that".to_owned(),
        s @ 1..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    };
    let way = if seconds > 0 { "before" } else { "after" };
    format!("{size} {way}")
}

fn parameters(change: &Change) -> Option<&Value> {
    change
        .detail
        .get("requestParameters")
        .filter(|value| value.as_object().is_some_and(|map| !map.is_empty()))
}

/// What was before and what is now, with the words above it; nothing where that is not known.
fn diff(ask: &Ask<'_>, change: &Change) -> (String, Vec<Line>) {
    let mut pairs = Vec::new();
    diff::paired(&change.detail, "", 0, &mut pairs);
    if !pairs.is_empty() {
        return ("before and after".to_owned(), diff::signed(ask, pairs));
    }
    let Some((asked, (earlier, before))) = parameters(change).zip(before(ask, change)) else {
        return (String::new(), Vec::new());
    };
    let same = diff::same(before, asked);
    let pairs = diff::between(before, asked, "");
    let day = if earlier.strftime("%F").to_string() == change.at.strftime("%F").to_string() {
        words::second(earlier)
    } else {
        earlier.strftime("%Y-%m-%d %H:%M").to_string()
    };
    let title = format!("against the same call at {day}");
    let mut rows = diff::signed(ask, pairs);
    if rows.is_empty() {
        rows.push(Rich::of(Role::Dim, "  nothing differs").into());
    } else if same > 0 {
        let words = format!(
            "    {} as before",
            words::count(same as u64, "properties")
                .replace("1 propertie", "1 property")
                .replace("propertys", "properties")
        );
        rows.push(Rich::of(Role::Faint, words).into());
    }
    (title, rows)
}

/// The same call on the same resource before this one, as far as it was read.
fn before<'a>(ask: &Ask<'a>, change: &Change) -> Option<(Timestamp, &'a Value)> {
    let mut found: Option<(Timestamp, &'a Value)> = None;
    for (answer, _) in ask.inv.answers.values() {
        let Some(Loaded::Ready(evidence)) = ask.state.evidence(*answer) else {
            continue;
        };
        let Evidence::Changes(changes) = evidence.as_ref() else {
            continue;
        };
        for other in changes {
            let alike = other.at < change.at
                && other.resource.is_some()
                && other.resource == change.resource
                && operation(&other.kind) == operation(&change.kind);
            if alike
                && let Some(value) = other
                    .detail
                    .get("requestParameters")
                    .filter(|value| value.is_object())
                && found.is_none_or(|(at, _)| at < other.at)
            {
                found = Some((other.at, value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_told_in_one_unit() {
        let at = |time: &str| -> Timestamp { format!("2025-10-27T{time}Z").parse().unwrap() };
        assert_eq!(apart(at("02:56:08"), at("02:57:00")), "52 s before");
        assert_eq!(apart(at("02:50:00"), at("02:57:00")), "7 min before");
        assert_eq!(apart(at("02:59:00"), at("02:57:00")), "2 min after");
    }
}
