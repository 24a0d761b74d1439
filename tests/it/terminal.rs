//! The console on a real terminal: it gets to the verdict, gives the terminal back on every way out, and is quiet.

use std::{thread, time::Duration};

use midwatch::console::terminal::{self, Terminal};

use crate::support::pty::Pty;

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

fn demo(columns: u16, rows: u16) -> Pty {
    Pty::midwatch(&["demo", "--speed", "0"], columns, rows, &[])
}

/// A demo whose verdict stands and whose journal was verified since: nothing is on its way any more.
fn finished(columns: u16, rows: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Pty {
    let arguments: Vec<&str> = ["demo", "--speed", "0"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let pty = Pty::midwatch(&arguments, columns, rows, environment);
    pty.shows("ROOT CAUSE")
        .shows("look again")
        .shows("journal ok")
        .quiet_for(Duration::from_secs(1));
    pty
}

/// The focused pane at 80x24.
fn tab(pane: &str) -> String {
    format!("[{pane}]")
}

#[test]
fn demo_reaches_the_verdict_and_every_pane() {
    for (columns, rows) in SIZES {
        let mut pty = finished(columns, rows, &[], &[]);
        for (key, title, words) in [
            ("1", "1 Investigations", "orders-api answers 5xx"),
            ("2", "2 Journal", "ROOT CAUSE"),
            ("3", "3 Chat", "Say what you know"),
            ("4", "4 Topology", "order-intake"),
            ("5", "5 Prevention", "to decide"),
        ] {
            pty.keys(key);
            pty.shows(words);
            if columns < 120 {
                pty.shows(&tab(title));
            } else {
                pty.shows(title);
            }
        }
        pty.keys("1q");
        assert!(pty.ended().success());
        pty.is_as_before();
    }
}

#[test]
fn a_resize_in_the_middle_of_a_run_draws_everything_anew() {
    let pty = Pty::midwatch(&["demo", "--speed", "20"], 200, 60, &[]);
    pty.shows("1 Investigations").shows("RUNNING");
    pty.resize(80, 24);
    pty.shows(&tab("2 Journal"));
    pty.resize(140, 40);
    pty.until("five panes", |pty| {
        let text = pty.text();
        ["1 Inv", "2 Jour", "3 Chat", "4 Topo", "5 Prev"]
            .iter()
            .all(|pane| text.contains(pane))
    });
    pty.shows("ROOT CAUSE").quiet_for(Duration::from_millis(500));
    let rows: Vec<String> = pty.screen(|screen| screen.rows(0, 140).collect());
    assert_eq!(rows.len(), 40);
    assert!(
        rows[1].starts_with('┌') && rows[1].trim_end().ends_with('┐'),
        "{}",
        rows[1]
    );
    assert!(rows[39].contains("quit"), "{}", rows[39]);
}

#[test]
fn every_signal_to_end_gives_the_terminal_back() {
    for name in ["TERM", "HUP", "INT"] {
        let mut pty = demo(80, 24);
        pty.shows("2 Journal").is_taken();
        pty.signal(name);
        assert!(pty.ended().success(), "{name}");
        pty.is_as_before();
    }
}

#[test]
fn a_stop_gives_the_terminal_back_and_a_continuation_takes_it_again() {
    for by_key in [true, false] {
        let mut pty = finished(80, 24, &[], &[]);
        if by_key {
            pty.keys("\x1a");
        } else {
            pty.signal("TSTP");
        }
        pty.until("stopped", Pty::is_stopped);
        pty.is_as_before();
        pty.resize(100, 30);
        pty.signal("CONT");
        pty.is_taken();
        pty.shows("ROOT CAUSE").shows(&tab("2 Journal"));
        pty.until("all of the new size", |pty| {
            pty.screen(|screen| screen.rows(0, 100).nth(29))
                .is_some_and(|row| row.contains("quit"))
        });
        pty.keys("q");
        assert!(pty.ended().success());
        pty.is_as_before();
    }
}

/// Runs one of the tests below in a process and on a terminal of its own.
fn child(name: &str) -> Pty {
    let me = std::env::current_exe().unwrap();
    let arguments = ["--exact", name, "--ignored", "--nocapture", "--test-threads", "1"];
    Pty::start(
        me.to_str().unwrap(),
        &arguments,
        80,
        24,
        &[("RUST_BACKTRACE", "0")],
    )
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_told_afterwards() {
    let mut pty = child("terminal::panics_on_the_terminal");
    pty.ended();
    pty.is_as_before();
    pty.shows("the bottom fell out");
    let bytes = pty.bytes();
    let find = |words: &str| {
        bytes
            .windows(words.len())
            .position(|window| window == words.as_bytes())
    };
    assert!(
        find("the bottom fell out") > find("\x1b[?1049l"),
        "told on the alternate screen"
    );
}

#[test]
#[ignore = "the child of the test above: it panics"]
#[should_panic(expected = "the bottom fell out")]
fn panics_on_the_terminal() {
    terminal::here();
    let _terminal = in_mid_frame();
    panic!("the bottom fell out");
}

/// The terminal, taken, with a frame begun: where a panic hurts most.
fn in_mid_frame() -> Terminal {
    use std::io::Write as _;
    let terminal = Terminal::enter(false).expect("the bottom fell out: there is no terminal");
    std::io::stdout().write_all(b"\x1b[?2026h\x1b[?25l").unwrap();
    terminal
}

#[test]
fn a_panic_of_a_task_is_kept_for_the_message_log() {
    let mut pty = child("terminal::panics_elsewhere");
    let status = pty.ended();
    assert!(status.success(), "{}", pty.text());
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(bytes.contains("\x1b[?1049h"), "{bytes:?}");
    assert!(!bytes.contains("a task fell over"), "{bytes:?}");
    pty.is_as_before();
}

#[test]
#[ignore = "the child of the test above: it needs a terminal"]
fn panics_elsewhere() {
    terminal::here();
    let terminal = in_mid_frame();
    assert!(thread::spawn(|| panic!("a task fell over")).join().is_err());
    let kept = terminal::panics_elsewhere();
    drop(terminal);
    assert_eq!(kept.len(), 1);
    assert!(
        kept[0].starts_with("internal fault: a task fell over"),
        "{kept:?}"
    );
    assert!(terminal::panics_elsewhere().is_empty());
}

#[test]
fn idle_means_zero_bytes() {
    for (columns, rows) in SIZES {
        let pty = finished(columns, rows, &[], &[]);
        let before = pty.written();
        thread::sleep(Duration::from_secs(3));
        assert_eq!(
            pty.written(),
            before,
            "{:?}",
            String::from_utf8_lossy(&pty.bytes()[before..])
        );
    }
}

#[test]
fn a_key_in_the_chat_echoes_in_one_frame_of_a_hundred_bytes() {
    for (columns, rows) in SIZES {
        let mut pty = finished(columns, rows, &[], &[]);
        pty.keys("3").shows("3 Chat");
        for key in "why the batch?".chars() {
            pty.quiet_for(Duration::from_millis(150));
            let before = pty.written();
            pty.keys(&key.to_string());
            pty.until("an echo", |pty| pty.written() > before)
                .quiet_for(Duration::from_millis(50));
            let echo = String::from_utf8(pty.bytes()[before..].to_vec()).unwrap();
            if key == 'w' {
                // The first key takes the words away that said what may be typed.
                continue;
            }
            assert!(echo.len() <= 100, "{} bytes for {key:?}: {echo:?}", echo.len());
            assert_eq!(echo.matches("\x1b[?2026h").count(), 1, "{echo:?}");
            assert!(echo.ends_with("\x1b[?2026l"), "{echo:?}");
        }
        pty.shows("why the batch?");
    }
}

/// Parameters of every SGR sequence.
fn looks(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.split("\x1b[")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || ";:?".contains(c)))?;
            rest[end..].starts_with('m').then(|| rest[..end].to_owned())
        })
        .collect()
}

#[test]
fn no_color_keeps_bold_and_reverse() {
    let mut pty = finished(80, 24, &[], &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    for key in ["1", "2", "4", "5", "?", "\x1b"] {
        pty.keys(key).quiet_for(Duration::from_millis(200));
    }
    let looks = looks(&pty.bytes());
    for look in &looks {
        assert!(
            !look.is_empty() && !look.starts_with(';'),
            "`ESC[{look}m` takes bold and reverse away"
        );
        for part in look.split(';') {
            let number: u16 = part.parse().unwrap_or(0);
            let colour = matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107);
            assert!(!colour, "`ESC[{look}m` is a colour");
        }
    }
    let any = |wanted: &str| {
        looks
            .iter()
            .any(|look| look.split(';').any(|part| part == wanted))
    };
    assert!(any("1") && any("7"), "{looks:?}");
    pty.keys("2").shows("ROOT CAUSE");
    let loud = pty.screen(|screen| {
        let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .any(|cell| cell.inverse() && cell.contents() == "R")
    });
    assert!(loud, "the verdict stands in reverse");
}

#[test]
fn with_colours_there_are_colours() {
    let pty = finished(80, 24, &[], &[("COLORTERM", "truecolor")]);
    let looks = looks(&pty.bytes());
    assert!(looks.iter().any(|look| look.starts_with("38;2;")), "{looks:?}");
}

#[test]
fn ascii_is_ascii() {
    for arguments in [&["--ascii"][..], &[]] {
        // Asked for, or because the locale is not UTF-8.
        let locale = if arguments.is_empty() { "C" } else { "C.UTF-8" };
        for (columns, rows) in SIZES {
            let mut pty = finished(columns, rows, arguments, &[("LC_ALL", locale)]);
            for key in [
                "1", "2", "3", "4", "5", "?", "\x1b", "v", "\x1b", "m", "\x1b", "n", "\x1b", ":",
            ] {
                pty.keys(key).quiet_for(Duration::from_millis(60));
            }
            let bytes = pty.bytes();
            let foreign = bytes.iter().position(|byte| !byte.is_ascii());
            let around =
                foreign.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(40)..at + 4]).into_owned());
            assert_eq!(around, None);
        }
    }
}

#[test]
fn without_credentials_the_console_stays_up_and_says_so() {
    let mut pty = Pty::midwatch(&[], 100, 30, &[("AWS_REGION", "eu-west-1")]);
    pty.shows("no credentials were found").shows("journal ok");
    // From the welcome of the first run.
    pty.keys("n").shows("New investigation");
    // From an alarm: the fourth choice.
    pty.keys("\x1b[C\x1b[C\x1b[C\t").shows("name of the alarm");
    pty.keys("orders-5xx\r")
        .shows("go on")
        .shows("there are no valid AWS credentials")
        .shows("AWS_PROFILE");
    pty.keys("g").shows("CANNOT TELL").shows("gaps");
    // One line of trouble, and what to do about it.
    let text = pty.text();
    let lines: Vec<&str> = text.lines().collect();
    let trouble = lines
        .iter()
        .position(|line| line.starts_with(" !") && line.contains("no valid AWS credentials"));
    let hint = trouble.map(|at| lines[at..(at + 3).min(lines.len())].join(" "));
    assert!(
        hint.is_some_and(|hint| hint.contains("hint: set AWS_PROFILE")),
        "{text}"
    );
    // It still answers.
    pty.keys("?").shows("Help");
    pty.keys("\x1b")
        .until("the help gone", |pty| !pty.text().contains("Help"));
    pty.keys("q");
    assert!(pty.ended().success());
    pty.is_as_before();
}
