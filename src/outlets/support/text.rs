//! Subject and text of a case within the service's limits: short sections are kept whole, long ones give way to each other.

use super::sections::Section;
use crate::aws::support::{LONGEST_BODY, LONGEST_SUBJECT};

/// Longest line of a section, in characters: one that is longer is cut.
const LONGEST_LINE: usize = 400;

/// The text: what stands before the sections, the sections, what stands after them.
pub(super) fn body(head: &str, sections: &[Section], tail: &str) -> String {
    let cut: Vec<Section> = sections
        .iter()
        .map(|section| Section {
            title: section.title,
            lines: section
                .lines
                .iter()
                .map(|line| shortened(line, LONGEST_LINE))
                .collect(),
        })
        .collect();
    let whole: Vec<usize> = cut
        .iter()
        .map(|section| chars(&written(section, usize::MAX)))
        .collect();
    let room = LONGEST_BODY.saturating_sub(chars(head) + chars(tail));
    let mut out = head.to_owned();
    for (section, room) in cut.iter().zip(shares(&whole, room)) {
        out.push_str(&written(section, room));
    }
    out.push_str(tail);
    shortened(&out, LONGEST_BODY)
}

/// A subject that fits, in one line.
pub(super) fn subject(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    shortened(&line, LONGEST_SUBJECT)
}

/// Room for each of several that want so much: those that want little have all of it, the others share what is left.
fn shares(wanted: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| wanted.get(*index).copied());
    let mut given = vec![0; wanted.len()];
    let mut left = room;
    for (done, index) in order.into_iter().enumerate() {
        let fair = left / (wanted.len() - done);
        let share = wanted.get(index).copied().unwrap_or(0).min(fair);
        left -= share;
        if let Some(given) = given.get_mut(index) {
            *given = share;
        }
    }
    given
}

/// A section in so many characters at most; what has no room is counted.
fn written(section: &Section, room: usize) -> String {
    let mut out = format!("{}\n", section.title);
    let whole = section.lines.iter().map(|line| chars(line) + 3).sum::<usize>() + chars(&out) + 1;
    if whole <= room {
        for line in &section.lines {
            out.push_str(&format!("- {line}\n"));
        }
        out.push('\n');
        return out;
    }
    let count = section.lines.len();
    for (index, line) in section.lines.iter().enumerate() {
        let line = format!("- {line}\n");
        let rest = count - index - 1;
        let more = |left: usize| format!("- and {left} more, in the attached log\n");
        // Room for the line that counts the rest, and for the blank one behind the section.
        if chars(&out) + chars(&line) + chars(&more(count)) + 1 > room {
            out.push_str(&more(rest + 1));
            break;
        }
        out.push_str(&line);
    }
    out.push('\n');
    out
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn shortened(text: &str, most: usize) -> String {
    if chars(text) <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(3)).collect();
    short.push_str("...");
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &'static str, lines: usize, width: usize) -> Section {
        Section {
            title,
            lines: (0..lines)
                .map(|line| format!("{line} {}", "x".repeat(width)))
                .collect(),
        }
    }

    #[test]
    fn a_text_is_never_too_long_and_no_section_is_lost() {
        for (lines, width) in [(1, 10), (40, 90), (500, 30), (2_000, 900)] {
            let sections: Vec<Section> = ["A1", "B2", "C3", "D4", "E5"]
                .into_iter()
                .map(|title| section(title, lines, width))
                .chain([section("SHORT", 1, 5)])
                .collect();
            let text = body("head\n\n", &sections, "tail");
            assert!(chars(&text) <= LONGEST_BODY, "{lines} {width}: {}", chars(&text));
            for section in &sections {
                assert!(text.contains(section.title), "{lines} {width}: {}", section.title);
            }
            assert!(text.contains("SHORT\n- 0 xxxxx\n"), "short ones are whole");
            assert!(text.ends_with("tail"));
        }
    }

    #[test]
    fn what_has_room_is_whole() {
        let text = body("head\n", &[section("A", 3, 5)], "tail");
        assert_eq!(text, "head\nA\n- 0 xxxxx\n- 1 xxxxx\n- 2 xxxxx\n\ntail");
        assert_eq!(subject(&"word \n".repeat(100)).chars().count(), LONGEST_SUBJECT);
    }

    #[test]
    fn those_that_want_little_have_all_of_it() {
        assert_eq!(shares(&[10, 1_000, 1_000], 210), [10, 100, 100]);
        assert_eq!(shares(&[10, 20], 210), [10, 20]);
        assert_eq!(shares(&[], 210), Vec::<usize>::new());
    }
}
