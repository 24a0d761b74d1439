//! Log lines around a burst: how many a minute, and the lines themselves with the template standing out in them.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    metrics,
    page::{Ask, Line, Page, Panel, Size},
    tree,
};
use crate::{
    console::{
        rich::{Rich, shown},
        theme::Role,
        words,
    },
    model::{LogLine, LogPage, Observation, Observed, Point},
};

/// Log lines that are shown at most; the burst is among them.
const LINES: usize = 400;
/// Log lines before the onset.
const BEFORE: usize = 5;
/// Cells before the words of a line: mark and time.
const LEAD: usize = 12;
/// Bytes of a line in which its shape is looked for; templates are shorter than that.
const LOOKED: usize = 4_000;

/// What stands out in log lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Burst<'a> {
    /// The shape, with `<*>` for what varies.
    pub template: Option<&'a str>,
    /// When it set in.
    pub onset: Option<Timestamp>,
}

/// The page of a burst.
pub fn observation(page: &mut Page, ask: &Ask<'_>, of: &Observation, found: &LogPage) {
    let Observed::LogBurst {
        template,
        before_rate,
        new,
        ..
    } = &of.fact
    else {
        return;
    };
    let mut rows: Vec<Line> = Vec::new();
    if let Some(panel) = counts(&found.lines, template) {
        let total: f64 = panel.points.iter().map(|(_, value)| value).sum();
        page.picture(metrics::picture(ask, vec![panel], Some(of), Size::Strip));
        let mut line = Rich::of(Role::Text, words::count(total as u64, "lines"))
            .add(Role::Dim, " of this shape among ")
            .add(Role::Text, words::count(found.lines.len() as u64, "lines"))
            .add(Role::Dim, " that were read");
        if found.truncated {
            line = line.add(Role::Warn, ", and there were more");
        }
        line = if *new {
            line.add(Role::Dim, "; none before")
        } else {
            line.add(Role::Dim, format!("; {before_rate:.1} a minute before"))
        };
        rows.push(line.into());
    }
    let burst = Burst {
        template: Some(template),
        onset: of.at,
    };
    rows.extend(lines(ask, &found.lines, burst));
    page.lines(rows);
}

/// Lines of a shape a minute, as a panel; none when there are none.
pub fn counts(lines: &[LogLine], template: &str) -> Option<Panel> {
    let minute = |line: &LogLine| line.at.as_second().div_euclid(60) * 60;
    let (first, last) = (lines.first().map(minute)?, lines.last().map(minute)?);
    // Minutes in which nothing of the kind was read count as none; a page that spans years has a coarser grain.
    let period = ((last.saturating_sub(first)) / 10_000)
        .div_euclid(60)
        .saturating_add(1)
        * 60;
    let size = (last - first).div_euclid(period) as usize + 1;
    let mut points: Vec<Point> = (0..size as i64).map(|at| (first + at * period, 0.0)).collect();
    let mut any = false;
    for line in lines.iter().filter(|line| hit(&line.message, template)) {
        let at = (minute(line) - first).div_euclid(period);
        if let Some((_, count)) = usize::try_from(at).ok().and_then(|at| points.get_mut(at)) {
            *count += 1.0;
            any = true;
        }
    }
    any.then(|| Panel {
        label: format!("lines like: {}", shown(template)),
        period: period as u32,
        points,
        bars: true,
        ..Panel::default()
    })
}

/// Log lines; those of the template stand out, and what is shown begins a little before the onset.
pub fn lines(ask: &Ask<'_>, lines: &[LogLine], burst: Burst<'_>) -> Vec<Line> {
    let first = burst
        .onset
        .map_or(0, |at| lines.partition_point(|line| line.at < at));
    // On a small screen the burst itself is to be in view.
    let before = if ask.state.size.height < 30 {
        BEFORE / 2
    } else {
        BEFORE
    };
    let start = if ask.whole {
        0
    } else {
        first.saturating_sub(before)
    };
    let most = ask.most(LINES);
    let mut rows: Vec<Line> = Vec::new();
    if start > 0 {
        rows.push(Rich::of(Role::Faint, words::count(start as u64, "earlier lines")).into());
    }
    let mut seen = false;
    for (at, line) in lines.iter().enumerate().skip(start).take(most) {
        if let (true, Some(onset)) = (at == first && at > 0, burst.onset) {
            let words = format!(
                "{} {} onset",
                ask.glyphs().frame[4].repeat(2),
                words::second(onset)
            );
            rows.push(Rich::of(Role::Bad, words).into());
        }
        let hit = burst
            .template
            .is_some_and(|template| hit(&line.message, template));
        // The first of its shape is shown whole: it is the one that is read.
        let whole = ask.whole || ask.all;
        let room = match (whole, hit && !seen) {
            (true, _) => 0,
            (_, true) => 8,
            _ => 1,
        };
        seen |= hit;
        one(ask, line, burst.template.filter(|_| hit), room, &mut rows);
    }
    let rest = lines.len().saturating_sub(start.saturating_add(most));
    if rest > 0 {
        rows.push(Rich::of(Role::Faint, words::count(rest as u64, "later lines")).into());
    }
    rows
}

/// One line of a log: in `room` rows, or unfolded with what it holds as JSON or as several lines.
fn one(ask: &Ask<'_>, line: &LogLine, template: Option<&str>, room: usize, rows: &mut Vec<Line>) {
    let (mark, role) = match template {
        Some(_) => (ask.glyphs().prompt, Role::Bad),
        None => (" ", Role::Faint),
    };
    let lead = Rich::of(role, format!("{mark} ")).add(Role::Faint, format!("{}  ", words::second(line.at)));
    let message = line.message.trim_end();
    if room != 1
        && let Some((before, value)) = json(message)
    {
        let text = ask.words(before.trim_end());
        rows.push(lead.join(highlighted(&text, template)).into());
        let most = match (ask.whole, room) {
            (true, _) => usize::MAX,
            (_, 0) => 60,
            (_, room) => room,
        };
        let json = tree::pretty(ask, &value, most);
        rows.extend(json.into_iter().map(|json| {
            let words = Rich::of(Role::Text, " ".repeat(LEAD)).join(json);
            Line::from(words)
        }));
        return;
    }
    let mut parts: Vec<&str> = if room == 1 {
        vec![message]
    } else {
        message.lines().collect()
    };
    if room > 1 {
        parts.truncate(room);
    }
    let mut lead = Some(lead);
    for part in parts {
        let lead = lead
            .take()
            .unwrap_or_else(|| Rich::of(Role::Text, " ".repeat(LEAD)));
        rows.push(Line {
            words: lead.join(highlighted(&ask.words(part), template)),
            hang: LEAD,
            rows: room,
            node: None,
        });
    }
}

/// A line that ends in a JSON object: what stands before it, and the object.
fn json(message: &str) -> Option<(&str, Value)> {
    if message.len() > 64 * 1024 {
        return None;
    }
    let at = message.find('{')?;
    let value: Value = serde_json::from_str(message.get(at..)?).ok()?;
    value.is_object().then_some((message.get(..at)?, value))
}

/// The fixed parts of a template in one role, what varies in another; a line of another shape stands back.
fn highlighted(text: &str, template: Option<&str>) -> Rich {
    let Some(template) = template else {
        return Rich::of(Role::Dim, text);
    };
    let Some(fixed) = fixed(text, &shown(template), text.ends_with('…')) else {
        return Rich::of(Role::External, text);
    };
    let mut line = Rich::new();
    let mut at = 0;
    for (from, to) in fixed {
        line = line
            .add(Role::External, text.get(at..from).unwrap_or(""))
            .add(Role::Strong, text.get(from..to).unwrap_or(""));
        at = to;
    }
    line.add(Role::External, text.get(at..).unwrap_or(""))
}

/// True when a line has the shape.
fn hit(message: &str, template: &str) -> bool {
    let end = (0..=LOOKED.min(message.len()))
        .rev()
        .find(|at| message.is_char_boundary(*at));
    let looked = message.get(..end.unwrap_or(0)).unwrap_or(message);
    fixed(looked, template, looked.len() < message.len()).is_some() || says(looked, template)
}

/// True when every word of a template occurs: a template may name the error that a line holds as JSON.
fn says(message: &str, template: &str) -> bool {
    let mut words = template
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .peekable();
    words.peek().is_some() && words.all(|word| message.contains(word))
}

/// Where the fixed parts of a template (`<*>` for what varies) stand, when all of them occur in order; of a message that was
/// cut the last ones may be missing.
fn fixed(message: &str, template: &str, cut: bool) -> Option<Vec<(usize, usize)>> {
    let mut places = Vec::new();
    let mut from = 0;
    for part in template
        .split("<*>")
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let Some(at) = message.get(from..)?.find(part) else {
            return (cut && !places.is_empty()).then_some(places);
        };
        let at = from + at;
        from = at + part.len();
        places.push((at, from));
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_followed_part_by_part() {
        let line = "TypeError: cannot read 'sku' of undefined";
        let places = fixed(line, "TypeError: cannot read <*> of <*>", false).unwrap();
        let parts: Vec<&str> = places.iter().map(|(from, to)| &line[*from..*to]).collect();
        assert_eq!(parts, ["TypeError: cannot read", "of"]);
        assert_eq!(
            fixed("cannot read 'sku", "cannot read <*> of <*>", true).unwrap(),
            [(0, 11)]
        );
        assert!(fixed("of cannot read", "cannot read <*> of <*>", false).is_none());
    }

    #[test]
    fn a_line_says_what_its_template_names() {
        let template = "Invoke Error  TypeError: Cannot read properties of undefined (reading 'sku')";
        let line = r#"ERROR Invoke Error {"errorMessage":"Cannot read properties of undefined (reading 'sku')","errorType":"TypeError"}"#;
        assert!(hit(line, template));
        assert!(!hit("INFO order o-1 stored", template));
        assert!(!says("anything", "<*>"));
    }

    #[test]
    fn json_is_found_behind_words() {
        let (before, value) = json(r#"ERROR Invoke {"a": [1]}"#).unwrap();
        assert_eq!(
            (before, value.to_string()),
            ("ERROR Invoke ", r#"{"a":[1]}"#.to_owned())
        );
        assert!(json("no {json} here").is_none());
    }
}
