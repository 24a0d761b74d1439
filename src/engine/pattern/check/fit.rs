//! Conditions whose keys must suit their fact, and limits that have one height.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Mistakes;

/// Keys that only some facts have, by fact.
const OWN: [(&str, &[&str]); 10] = [
    ("metric_shift", &["metric", "direction", "at_least", "at_most"]),
    ("metric_normal", &["metric", "at_least", "at_most"]),
    ("metric_stopped", &["metric"]),
    ("limit_reached", &["metric"]),
    ("log_burst", &["matches", "named"]),
    ("log_quiet", &[]),
    ("changed", &["matches", "named"]),
    ("no_change", &[]),
    ("service_said", &["matches", "named"]),
    ("config", &["path", "matches"]),
];
/// All keys that only some facts have.
const SOME: [&str; 7] = [
    "metric",
    "direction",
    "at_least",
    "at_most",
    "matches",
    "named",
    "path",
];

impl Mistakes<'_> {
    /// A condition that could never be met as it is written.
    pub(super) fn condition(&mut self, table: &DeTable<'_>, place: Range<usize>, name: &str) {
        let word = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
        let Some((fact, own)) = OWN.iter().find(|(fact, _)| Some(*fact) == word("fact")) else {
            return;
        };
        for (key, _) in table {
            let key_name = key.get_ref().as_ref();
            if SOME.contains(&key_name) && !own.contains(&key_name) {
                let expected = if own.is_empty() {
                    format!("expected none of {} beside fact = \"{fact}\"", SOME.join(", "))
                } else {
                    format!("expected only {} beside fact = \"{fact}\"", own.join(", "))
                };
                self.say(
                    key.span().start,
                    format!("a {fact} has no '{key_name}'"),
                    expected,
                );
            }
        }
        if *fact == "config" && !table.contains_key("path") {
            self.say(
                place.start,
                format!("{name} lacks 'path'"),
                "expected path = 'where in the configuration' beside fact = \"config\"",
            );
        }
        self.places(table);
        self.levels(table);
    }

    /// One resource is one resource of one type.
    fn places(&mut self, table: &DeTable<'_>) {
        let on = table.get("on").and_then(|value| value.get_ref().as_str());
        if !matches!(on, None | Some("itself")) {
            return;
        }
        for key in ["of", "resources"] {
            if let Some((key, _)) = table.get_key_value(key) {
                self.say(
                    key.span().start,
                    format!("'{}' says nothing of the resource itself", key.get_ref()),
                    "expected on = \"callers\", \"dependencies\", \"near\" or \"anywhere\" beside it",
                );
            }
        }
    }

    fn levels(&mut self, table: &DeTable<'_>) {
        let level = |key: &str| number(table.get(key)?.get_ref());
        if let (Some(least), Some(most), Some(place)) =
            (level("at_least"), level("at_most"), table.get("at_least"))
            && least > most
        {
            self.say(
                place.span().start,
                format!("at least {least} and at most {most} is no level"),
                "expected at_least below at_most",
            );
        }
    }

    /// A limit stands in the configuration or is the same for everybody.
    pub(super) fn limit(&mut self, table: &DeTable<'_>, place: Range<usize>) {
        let what = match (table.contains_key("path"), table.contains_key("value")) {
            (true, true) => "[[limit]] has both 'path' and 'value'",
            (false, false) => "[[limit]] has neither 'path' nor 'value'",
            _ => return,
        };
        self.say(
            place.start,
            what,
            "expected path = \"Path.In.Configuration\", or value = a number where the limit is the same for everybody",
        );
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(number) => number.to_string().parse().ok(),
        DeValue::Float(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
