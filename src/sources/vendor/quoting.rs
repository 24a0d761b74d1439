//! How words from outside are written into a query: always as a value within quotes (or as a tag), never as a part of the
//! language. A name that cannot be written so is not written at all.

use serde::Deserialize;

/// The language of a vendor's queries, as far as its values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Quoting {
    /// New Relic: within `'`, escaped by a backslash.
    Nrql,
    /// Dynatrace: within `"`, escaped by a backslash.
    Dql,
    /// Prometheus and Loki: within `"`, escaped as in Go.
    Promql,
    /// Splunk: within `"`, escaped by a backslash; wildcards, macros and subsearches have no escape.
    Spl,
    /// Datadog: within `"` in searches, and as a tag in metric queries.
    Datadog,
}

/// Longer names are no names.
const LONGEST: usize = 512;

impl Quoting {
    /// `value` as it stands between the quotes of a query; none when it cannot be written there.
    pub fn value(self, value: &str) -> Option<String> {
        let refused = |c: char| {
            c.is_control()
                || match self {
                    Self::Nrql | Self::Dql | Self::Promql => false,
                    Self::Spl => matches!(c, '*' | '`' | '[' | ']' | '|' | '$'),
                    Self::Datadog => matches!(c, '*' | '?'),
                }
        };
        if value.is_empty() || value.len() > LONGEST || value.chars().any(refused) {
            return None;
        }
        let quote = if self == Self::Nrql { '\'' } else { '"' };
        let mut written = String::with_capacity(value.len());
        for c in value.chars() {
            if c == '\\' || c == quote {
                written.push('\\');
            }
            written.push(c);
        }
        Some(written)
    }
}

/// A plain term of a filter: its longest stretch that means the same in every language. What it finds beyond the term itself
/// is left out afterwards.
pub(super) fn term(term: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/');
    let longest = term
        .split(|c| !plain(c))
        .map(str::trim)
        .max_by_key(|run| run.chars().count())?;
    // `_` stands for any character in NRQL's LIKE, which finds more, not less.
    (longest.chars().count() >= 2).then(|| longest.to_owned())
}

/// A value as Datadog keeps tags: lower case, and an underscore for whatever is not a letter, a digit or one of `_-:./`.
pub(super) fn tag(value: &str) -> String {
    value
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '_' | '-' | ':' | '.' | '/' => c,
            c if c.is_alphanumeric() => c,
            _ => '_',
        })
        .collect()
}

/// The name of a metric, a field or a tool as it may stand bare in a query; none when it is more than a name.
pub(super) fn identifier(name: &str) -> Option<&str> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
    (!name.is_empty() && name.len() <= 200 && name.chars().all(fine)).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{adapter::Adapter, fill::Blanks},
        *,
    };
    use crate::config::ConnectionKind;

    /// What is left of a query when its strings are taken out; none when a string does not end.
    fn skeleton(query: &str, quote: char) -> Option<String> {
        let mut left = String::new();
        let mut chars = query.chars();
        while let Some(c) = chars.next() {
            left.push(c);
            if c != quote {
                continue;
            }
            loop {
                match chars.next()? {
                    '\\' => {
                        chars.next()?;
                    }
                    c if c == quote => break,
                    _ => {}
                }
            }
        }
        Some(left)
    }

    fn quoted(quoting: Quoting, value: &str) -> Option<String> {
        let quote = if quoting == Quoting::Nrql { '\'' } else { '"' };
        let value = quoting.value(value)?;
        Some(format!("a = {quote}{value}{quote} | b"))
    }

    /// Every template of an adapter, filled in for a resource of this name.
    fn filled(adapter: &Adapter, name: &str, term: &str) -> Option<Vec<String>> {
        let quoting = adapter.quoting;
        let value = quoting.value(name)?;
        let pieces = [
            adapter.condition.piece("service", &value),
            adapter.condition.piece("host", &value),
        ];
        let terms = adapter.term.as_ref().zip(super::term(term));
        let blanks = Blanks::default()
            .text("names", adapter.condition.any_of(&pieces))
            .text("dims", pieces.join(&adapter.condition.all))
            .text("key", "service")
            .text("value", &value)
            .text("metric", "m")
            .text("scope", "")
            .text(
                "terms",
                terms.map_or_else(String::new, |(joint, term)| {
                    joint.any_of(&[joint.piece("", &term)])
                }),
            );
        let asks = adapter
            .catalogue
            .iter()
            .chain(&adapter.logs)
            .chain(&adapter.changes)
            .chain(&adapter.events);
        let templates = asks.flat_map(|ask| {
            let arguments = ask.arguments.values().filter_map(toml::Value::as_str);
            arguments.chain(ask.one.as_deref())
        });
        let measured = adapter.measures.iter().map(|measure| measure.query.as_str());
        Some(
            templates
                .chain(measured)
                .map(|template| blanks.fill(template))
                .collect(),
        )
    }

    proptest! {
        #[test]
        fn no_name_changes_a_query(name in any::<String>(), tail in "[\\\\'\"`\\]\\[|){}%]{0,6}", term in any::<String>()) {
            let name = format!("{name}{tail}");
            // Datadog's metric queries hold tags without quotes: see `tag`.
            for kind in [ConnectionKind::NewRelic, ConnectionKind::Dynatrace, ConnectionKind::Splunk, ConnectionKind::Grafana] {
                let adapter = Adapter::of(kind).unwrap().unwrap();
                let quote = if adapter.quoting == Quoting::Nrql { '\'' } else { '"' };
                // A term is there or not, as the plain words in it are.
                let plain = if super::term(&term).is_some() { "xx" } else { "" };
                if let Some(queries) = filled(&adapter, &name, &term) {
                    let usual = filled(&adapter, "x", plain).unwrap();
                    for (query, usual) in queries.iter().zip(&usual) {
                        prop_assert_eq!(skeleton(query, quote), skeleton(usual, quote), "{}", query);
                    }
                }
            }
        }

        #[test]
        fn no_name_breaks_out_of_its_quotes(name in any::<String>(), tail in "[\\\\'\"`\\]\\[|){}]{0,6}") {
            let name = format!("{name}{tail}");
            for quoting in [Quoting::Nrql, Quoting::Dql, Quoting::Promql, Quoting::Spl, Quoting::Datadog] {
                let quote = if quoting == Quoting::Nrql { '\'' } else { '"' };
                if let Some(query) = quoted(quoting, &name) {
                    prop_assert_eq!(skeleton(&query, quote), skeleton(&quoted(quoting, "x").unwrap(), quote));
                    prop_assert!(!query.chars().any(char::is_control));
                }
                if let Some(term) = term(&name) {
                    prop_assert!(name.contains(&term) && !term.contains(['\\', '\'', '"', '`', '|', '[', '%', '*']));
                }
            }
            let breaks_out = tag(&name).contains(['{', '}', ',', '(', ')', ' ', '"', '*', '!', '\\']);
            prop_assert!(!breaks_out);
        }
    }

    #[test]
    fn what_has_no_escape_is_refused() {
        assert_eq!(Quoting::Spl.value("orders*"), None);
        assert_eq!(Quoting::Spl.value("a`macro`"), None);
        assert_eq!(Quoting::Nrql.value("o'hara\\"), Some("o\\'hara\\\\".to_owned()));
        assert_eq!(Quoting::Nrql.value("two\nlines"), None);
        assert_eq!(identifier("trace.http.request"), Some("trace.http.request"));
        assert_eq!(identifier("x} or up{"), None);
        assert_eq!(tag("Orders API,env:prod}"), "orders_api_env:prod_");
    }
}
