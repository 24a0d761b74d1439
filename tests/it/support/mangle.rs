//! Answers of the right shape with something wrong in them: what is of another type, gone, huge, deep, long or hostile.

use midwatch::model::{Answer, Change, Evidence, LogLine, Query, Resource, SeriesKey, ServiceEvent, inert};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

/// Text that wants to be more than text.
pub const HOSTILE: [&str; 9] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\u{9b}31m\r\n\t\u{8}\u{7f}\u{0}",
    "\u{202e}txt.exe\u{202c}\u{2066}\u{2069}",
    "e\u{301}\u{302}\u{303}日本語👩‍👩‍👧‍👦",
    "\u{200b}\u{200d}\u{feff}",
    "\"}]} or vector(1) # ${a} {{b}} %s",
    "../../../etc/passwd?x=1&y=2#z",
    "<script>alert(1)</script> | `reboot`",
];

/// Times that are none, or none that anybody can have meant.
const TIMES: [&str; 8] = [
    "9999-99-99T99:99:99Z",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-03-02T10:30:00+99:99",
    "1970-01-01T00:00:00Z",
    "2026-03-02",
    "tomorrow",
    "99999999999999999999",
];

/// What becomes of one place in an answer.
#[derive(Debug, Clone)]
enum Bend {
    Gone,
    Instead(Value),
    /// A list holds all that it holds so many times over; anything else becomes a list of itself.
    Many(usize),
    /// It stands so deep within lists or objects.
    Deep(usize, bool),
}

/// A bend, and where: the place's number in reading order, modulo all places.
pub type Bends = Vec<(u32, BendOf)>;

#[derive(Debug, Clone)]
pub struct BendOf(Bend);

fn instead() -> impl Strategy<Value = Value> {
    let plain = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(0.5),
        json!(""),
        json!([]),
        json!({}),
        json!(vec![Value::Null; 300]),
        json!("x".repeat(20_000)),
        json!("é\n".repeat(3_000)),
    ];
    prop_oneof![
        4 => prop::sample::select(plain),
        2 => prop::sample::select(HOSTILE.to_vec()).prop_map(|text| json!(text)),
        1 => prop::sample::select(HOSTILE.to_vec()).prop_map(|text| json!(format!("orders{text}"))),
        2 => prop::sample::select(TIMES.to_vec()).prop_map(|text| json!(text)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => "\\PC{0,30}".prop_map(|text| json!(text)),
    ]
}

/// From none to eight bends.
pub fn bends() -> impl Strategy<Value = Bends> {
    let bend = prop_oneof![
        2 => Just(Bend::Gone),
        6 => instead().prop_map(Bend::Instead),
        1 => (2_usize..5).prop_map(Bend::Many),
        1 => (1_usize..60, any::<bool>()).prop_map(|(depth, lists)| Bend::Deep(depth, lists)),
    ];
    prop::collection::vec((any::<u32>(), bend.prop_map(BendOf)), 0..8)
}

/// The same cases every time; so many, or as many as `PROPTEST_CASES` says.
pub fn cases(count: u32) -> Vec<Bends> {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let count = asked.and_then(|count| count.parse().ok()).unwrap_or(count);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count)
        .map(|_| bends().new_tree(&mut runner).unwrap().current())
        .collect()
}

/// `value`, bent.
pub fn mangled(value: &Value, bends: &Bends) -> Value {
    let mut out = value.clone();
    for (place, BendOf(bend)) in bends {
        let count = places(&out);
        let mut left = *place as usize % count;
        find(&mut out, &mut left, bend);
    }
    out
}

fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(members) => members.values().map(places).sum(),
        _ => 0,
    }
}

/// Bends the `left`th place; true when a member of this value is to be taken out.
fn find(value: &mut Value, left: &mut usize, bend: &Bend) -> bool {
    if *left == 0 {
        *left = usize::MAX;
        match bend {
            Bend::Gone => return true,
            Bend::Instead(other) => *value = other.clone(),
            Bend::Many(times) => match value {
                Value::Array(items) => *items = vec![items.clone(); *times].concat(),
                other => *other = json!(vec![other.clone(); *times]),
            },
            Bend::Deep(depth, lists) => {
                for _ in 0..*depth {
                    *value = if *lists {
                        json!([value])
                    } else {
                        json!({"a": value})
                    };
                }
            }
        }
        return false;
    }
    if *left == usize::MAX {
        return false;
    }
    *left -= 1;
    match value {
        Value::Array(items) => {
            let gone = items.iter_mut().position(|item| find(item, left, bend));
            gone.map(|at| items.remove(at));
        }
        Value::Object(members) => {
            let gone = members
                .iter_mut()
                .find_map(|(name, member)| find(member, left, bend).then(|| name.clone()));
            gone.map(|name| members.remove(&name));
        }
        _ => {}
    }
    false
}

/// What must hold of any answer, whatever was sent; the rule that does not hold, else.
pub fn judge(query: &Query, answer: &Answer, most: usize) -> Result<(), String> {
    if answer.evidence.is_none() && answer.gaps.is_empty() {
        return Err("neither evidence nor a gap".to_owned());
    }
    for gap in &answer.gaps {
        let hint = gap.hint.as_ref().map(ToString::to_string).unwrap_or_default();
        for words in [gap.what.plain(), gap.why.plain(), hint] {
            calm(&words, 30_000).map_err(|why| format!("gap: {why}"))?;
        }
        if gap.what.is_empty() || gap.why.is_empty() {
            return Err(format!("an empty gap: {gap:?}"));
        }
    }
    let Some(evidence) = &answer.evidence else {
        return Ok(());
    };
    let written = serde_json::to_string(evidence).unwrap();
    if written.len() > most {
        return Err(format!("{} bytes of evidence", written.len()));
    }
    // What the journal keeps is what was found: no number that JSON cannot write.
    match serde_json::from_str::<Evidence>(&written) {
        Ok(again) if again == *evidence => {}
        Ok(_) => return Err("it reads back as something else".to_owned()),
        Err(error) => return Err(format!("it does not read back: {error}")),
    }
    match evidence {
        Evidence::Logs(page) => {
            ordered(page.lines.iter().map(|line| line.at))?;
            if let Query::Logs { limit, .. } = query
                && page.lines.len() > *limit as usize
            {
                return Err("more lines than were asked for".to_owned());
            }
            page.lines.iter().try_for_each(line)?;
            page.groups.iter().try_for_each(|group| name(group))
        }
        Evidence::Changes(changes) => {
            ordered(changes.iter().map(|change| change.at))?;
            changes.iter().try_for_each(change)
        }
        Evidence::Events(events) => {
            ordered(events.iter().map(|event| event.at))?;
            events.iter().try_for_each(event)
        }
        Evidence::Catalogue(keys) => {
            ordered(keys.iter())?;
            keys.iter().try_for_each(key)
        }
        Evidence::Series(series) => series.iter().try_for_each(|series| {
            ordered(series.points.iter().map(|(at, _)| *at))?;
            key(&series.key)
        }),
        Evidence::Inventory(resources) => {
            ordered(resources.iter().map(|resource| &resource.id))?;
            resources.iter().try_for_each(resource)
        }
        Evidence::Relations(relations) => {
            ordered(relations.iter())?;
            relations.iter().try_for_each(|relation| {
                name(relation.from.as_str())?;
                name(relation.to.as_str())
            })
        }
        _ => Ok(()),
    }
}

fn line(line: &LogLine) -> Result<(), String> {
    name(&line.group)?;
    name(line.stream.as_deref().unwrap_or_default())?;
    name(line.resource.as_ref().map_or("", |id| id.as_str()))
}

fn change(change: &Change) -> Result<(), String> {
    name(&change.source)?;
    name(&change.kind)?;
    name(change.actor.as_deref().unwrap_or_default())?;
    name(change.resource.as_ref().map_or("", |id| id.as_str()))?;
    calm(&change.summary, 2_000)
}

fn event(event: &ServiceEvent) -> Result<(), String> {
    name(&event.source)?;
    name(event.category.as_deref().unwrap_or_default())?;
    name(event.resource.as_ref().map_or("", |id| id.as_str()))?;
    // A message may have lines.
    event
        .message
        .lines()
        .try_for_each(|line| calm(&line.replace('\t', " "), 6_000))
}

fn key(key: &SeriesKey) -> Result<(), String> {
    name(&key.metric)?;
    name(&key.namespace)?;
    for (dimension, value) in &key.dimensions {
        name(dimension)?;
        name(value)?;
    }
    Ok(())
}

fn resource(resource: &Resource) -> Result<(), String> {
    name(resource.id.as_str())?;
    name(&resource.kind)?;
    // A name is external text, and drawn as such.
    calm(&inert(&resource.name), 30_000)
}

fn name(words: &str) -> Result<(), String> {
    calm(words, 2_500)
}

fn calm(words: &str, most: usize) -> Result<(), String> {
    if inert(words) != words {
        return Err(format!("not inert: {words:?}"));
    }
    if words.chars().count() > most {
        return Err(format!("too long: {} bytes", words.len()));
    }
    Ok(())
}

fn ordered<T: Ord>(items: impl Iterator<Item = T>) -> Result<(), String> {
    if items.is_sorted() {
        Ok(())
    } else {
        Err("out of order".to_owned())
    }
}
