//! The pictures in `screenshots/` show the program as it is: what stands on them stands on the screen.

use std::time::Duration;

use crate::support::pty::Pty;

/// A screen as text, times masked, as `scripts/screenshots` writes it beside each picture.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let begun = out.len();
        let signs: Vec<char> = line.trim_end().chars().collect();
        let mut at = 0;
        while at < signs.len() {
            let two = |from: usize| {
                let pair = signs.get(from..from + 2);
                pair.is_some_and(|pair| pair.iter().all(char::is_ascii_digit))
            };
            if two(at) && signs.get(at + 2) == Some(&':') && two(at + 3) {
                out.push_str("00:00");
                at += 5;
                if signs.get(at) == Some(&':') && two(at + 1) {
                    at += 3;
                }
                continue;
            }
            out.extend(signs.get(at));
            at += 1;
        }
        // A note tells its time where the minute has changed since the last one, which is chance.
        let told = out.split_off(begun);
        match told.split_once(" 00:00  ") {
            Some((border, note)) if border.chars().count() == 1 => {
                out.push_str(&format!("{border}        {note}"));
            }
            _ => out.push_str(&told),
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// The finished demo from the top of its journal, as the script shows it.
fn finished(columns: u16, rows: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Pty {
    let mut all = vec!["demo", "--speed", "0"];
    all.extend(arguments);
    let environment: Vec<(&str, &str)> = [("USER", "oncall"), ("COLORTERM", "truecolor")]
        .iter()
        .chain(environment)
        .copied()
        .collect();
    let mut pty = Pty::midwatch(&all, columns, rows, &environment);
    pty.shows("journal ok").shows("look again").shows("idle");
    pty.keys("\x1b[H").quiet_for(Duration::from_millis(700));
    pty
}

fn shows_what_is_pictured(pty: &Pty, picture: &str) {
    let path = format!("{}/screenshots/{picture}.txt", env!("CARGO_MANIFEST_DIR"));
    let pictured = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        masked(&pty.text()),
        masked(&pictured),
        "screenshots/{picture} is out of date\nhint: scripts/screenshots takes the pictures anew"
    );
}

#[test]
fn pictures_are_fresh() {
    let mut narrow = finished(80, 24, &[], &[]);
    shows_what_is_pictured(&narrow, "narrow");
    narrow.keys("4").shows("[4 Topology]");
    narrow.quiet_for(Duration::from_millis(700));
    shows_what_is_pictured(&narrow, "narrow-topology");
    let mono = finished(80, 24, &["--ascii"], &[("NO_COLOR", "1")]);
    shows_what_is_pictured(&mono, "mono");
}

#[test]
fn times_are_masked() {
    assert_eq!(
        masked("at 02:56 and 03:12:44Z, 1:2  \n"),
        "at 00:00 and 00:00Z, 1:2"
    );
    assert_eq!(
        masked("| 02:56  finding  at 02:55"),
        masked("|        finding  at 02:54")
    );
}
