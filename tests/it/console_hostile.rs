//! What strangers send: keys and pastes in any order, text that wants to be more than text. Nothing ends the console, and
//! nothing reaches the terminal but what is drawn.

use midwatch::{
    journal::{Body, Journal, body::Finding},
    model::Text,
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};

use crate::support::{
    desk::{Console, Setting},
    night::{self, Pen, Until},
};

/// Text that wants to be more than text.
const HOSTILE: [&str; 12] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\u{9b}31m",
    "\r\n\t\u{8}\u{7f}\u{0}",
    "\u{202e}txt.exe\u{202c}\u{2066}\u{2069}",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}",
    "日本語テキスト",
    "👩‍👩‍👧‍👦⚠️",
    "\u{200b}\u{200d}\u{feff}\u{ad}",
    "$(reboot) `reboot` ; reboot",
    "<script>alert(1)</script> @channel",
];

/// What stands in bytes that is neither text nor a sequence that the console draws with; none when all is well.
fn stranger(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign != '\u{1b}' {
            let marks = matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            if sign.is_control() || marks {
                return Some(format!("{sign:?}"));
            }
            continue;
        }
        match signs.next() {
            Some('[') => {
                let mut sequence = String::new();
                for sign in signs.by_ref() {
                    sequence.push(sign);
                    if sign.is_ascii_alphabetic() {
                        break;
                    }
                }
                let ours = matches!(sequence.as_str(), "?2026h" | "?2026l" | "?25h" | "?25l" | "2J")
                    || sequence.ends_with(['m', 'H']);
                if !ours {
                    return Some(format!("ESC[{sequence}"));
                }
            }
            // The clipboard: what an operator copies, in Base64.
            Some(']') => {
                let sequence: String = signs
                    .by_ref()
                    .take_while(|sign| *sign != '\u{1b}' && *sign != '\u{7}')
                    .collect();
                if signs.peek() == Some(&'\\') {
                    signs.next();
                }
                let plain = sequence.strip_prefix("52;c;").is_some_and(|rest| {
                    rest.chars()
                        .all(|sign| sign.is_ascii_alphanumeric() || "+/=".contains(sign))
                });
                if !plain {
                    return Some(format!("ESC]{sequence}"));
                }
            }
            other => return Some(format!("ESC {other:?}")),
        }
    }
    None
}

async fn hostile(journal: &Journal) -> Pen {
    let pen = night::bad_deploy(journal, Until::Testing).await;
    for (n, text) in HOSTILE.iter().enumerate() {
        let finding = Finding {
            text: Text::from(format!("line {n} says ")).ext(format!("{text} and {}", text.repeat(40))),
            observation: 1,
            resource: None,
            at: None,
        };
        pen.write(Body::Finding(finding.into())).await;
    }
    let long = Finding {
        text: Text::from("one line of a megabyte: ").ext("x\u{1b}[31m".repeat(170_000)),
        observation: 1,
        resource: None,
        at: None,
    };
    pen.write(Body::Finding(long.into())).await;
    pen
}

#[derive(Debug, Clone)]
enum Input {
    Key(&'static str),
    Paste(String),
    Size(u16, u16),
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    // Neither q nor Ctrl-C nor Ctrl-Z: those end or stop it, as they should.
    let key = prop::sample::select(vec![
        "Enter",
        "Esc",
        "Tab",
        "BackTab",
        "Up",
        "Down",
        "Left",
        "Right",
        "Home",
        "End",
        "Backspace",
        "PgUp",
        "PgDn",
        "Ctrl-L",
        "Ctrl-N",
        "Ctrl-P",
        "Ctrl-D",
        "Ctrl-U",
        "1",
        "2",
        "3",
        "4",
        "5",
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
        "h",
        "i",
        "j",
        "k",
        "l",
        "m",
        "n",
        "o",
        "p",
        "r",
        "s",
        "t",
        "u",
        "v",
        "w",
        "y",
        "z",
        "A",
        "F",
        "G",
        "H",
        "J",
        "K",
        "L",
        "N",
        "T",
        "U",
        "/",
        ":",
        "?",
        "#",
        "+",
        "-",
        "*",
        " ",
        "0",
        "9",
        "[",
        "]",
        "<",
        ">",
        ".",
        ",",
    ]);
    let hostile = prop::sample::select(HOSTILE.to_vec());
    let input = prop_oneof![
        24 => key.prop_map(Input::Key),
        2 => hostile.prop_map(|text| Input::Paste(text.repeat(3))),
        1 => "\\PC{0,40}".prop_map(Input::Paste),
        1 => (1u16..=220, 1u16..=70).prop_map(|(columns, rows)| Input::Size(columns, rows)),
    ];
    prop::collection::vec(input, 1..60)
}

fn give(console: &Console, inputs: &[Input]) {
    for input in inputs {
        match input {
            Input::Key(key) => drop(console.press(&[key])),
            Input::Paste(words) => drop(console.paste(words)),
            Input::Size(columns, rows) => drop(console.resize(*columns, *rows)),
        }
    }
}

#[tokio::test]
async fn keys_and_pastes_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for round in 0..24 {
        let journal = night::empty().await;
        hostile(&journal).await;
        let setting = if round % 2 == 0 {
            Setting::small()
        } else {
            Setting::large()
        };
        let console = Setting {
            folder: folder.path().to_owned(),
            ..setting
        }
        .open(&journal);
        console.shows("journal ok").await;
        let given = inputs().new_tree(&mut runner).unwrap().current();
        give(&console, &given);
        console.rests().await;
        // It still lives, and what it wrote is what it drew.
        assert!(console.is_alive(), "{given:?}");
        let bytes = console.bytes();
        assert_eq!(stranger(&bytes), None, "{given:?}");
    }
}

#[tokio::test]
async fn every_hostile_line_is_drawn_and_inert() {
    let journal = night::empty().await;
    hostile(&journal).await;
    for setting in [Setting::small(), Setting::large()] {
        let console = setting.open(&journal);
        console.shows("journal ok").await;
        console.press(&["2", "f", "Home"]);
        for _ in 0..30 {
            console.press(&["PgDn"]);
            console.rests_soon().await;
        }
        console.press(&["Enter"]);
        console.rests().await;
        let bytes = console.bytes();
        assert!(String::from_utf8_lossy(&bytes).contains("one line of a megabyte"));
        assert_eq!(stranger(&bytes), None);
    }
}

#[test]
fn a_stranger_is_told_from_what_is_drawn() {
    assert_eq!(
        stranger(b"\x1b[?2026h\x1b[1;1H\x1b[38;5;9mwords\x1b[0m\x1b[?2026l"),
        None
    );
    assert_eq!(stranger(b"\x1b]52;c;d29yZHM=\x1b\\"), None);
    for bad in [
        "\u{1b}]0;title\u{7}",
        "\u{1b}[5n",
        "\u{7}",
        "\u{202e}",
        "\u{9b}31m",
    ] {
        assert!(stranger(bad.as_bytes()).is_some(), "{bad:?}");
    }
}
