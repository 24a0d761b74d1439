//! The real program in every kind of surroundings: what the environment says about colours, signs and the mouse is
//! honoured, and what is configured wrongly is told before the screen is taken.

use std::{fs, path::Path, process::Command, time::Duration};

use tempfile::TempDir;

use crate::support::pty::Pty;

/// A demo whose verdict stands.
fn demo(arguments: &[&str], environment: &[(&str, &str)]) -> Pty {
    let arguments: Vec<&str> = ["demo", "--speed", "0"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let pty = Pty::midwatch(&arguments, 80, 24, environment);
    pty.shows("ROOT CAUSE")
        .shows("journal ok")
        .quiet_for(Duration::from_millis(400));
    pty
}

/// Kinds of colours that were written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Colours {
    sixteen: bool,
    cube: bool,
    truecolor: bool,
}

fn colours(bytes: &[u8]) -> Colours {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut found = Colours::default();
    for rest in text.split("\x1b[").skip(1) {
        let Some(end) = rest.find(|c: char| !(c.is_ascii_digit() || c == ';')) else {
            continue;
        };
        if !rest[end..].starts_with('m') {
            continue;
        }
        let mut parts = rest[..end]
            .split(';')
            .map(|part| part.parse::<u16>().unwrap_or(0));
        while let Some(part) = parts.next() {
            match part {
                38 | 48 => match parts.next() {
                    // crossterm writes the sixteen as numbers of the 256.
                    Some(5) if parts.next().is_some_and(|number| number < 16) => found.sixteen = true,
                    Some(5) => found.cube = true,
                    _ => {
                        found.truecolor = true;
                        parts.by_ref().take(3).for_each(drop);
                    }
                },
                30..=37 | 40..=47 | 90..=97 | 100..=107 => found.sixteen = true,
                _ => {}
            }
        }
    }
    found
}

#[test]
fn colours_are_what_the_environment_allows() {
    let none = Colours::default();
    let sixteen = Colours {
        sixteen: true,
        ..Colours::default()
    };
    let cube = Colours {
        cube: true,
        ..Colours::default()
    };
    let truecolor = Colours {
        truecolor: true,
        ..Colours::default()
    };
    for (environment, arguments, expected) in [
        (&[("COLORTERM", "truecolor")][..], &[][..], &truecolor),
        (&[("COLORTERM", "24bit")], &[], &truecolor),
        (&[("TERM", "xterm-256color")], &[], &cube),
        (&[("TERM", "linux")], &[], &sixteen),
        (&[("TERM", "screen")], &["--theme", "dark"], &sixteen),
        (&[("TERM", "dumb")], &[], &none),
        (&[("TERM", "vt100")], &[], &none),
        (&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], &[], &none),
        (
            &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")],
            &["--theme", "dark"],
            &none,
        ),
        (&[("NO_COLOR", ""), ("COLORTERM", "truecolor")], &[], &truecolor),
    ] {
        let pty = demo(arguments, environment);
        assert_eq!(&colours(&pty.bytes()), expected, "{environment:?} {arguments:?}");
    }
}

#[test]
fn the_ground_and_the_option_decide_which_theme() {
    let light = "\x1b[38;2;36;41;47";
    let dark = "38;2;201;209;217";
    let truecolor = ("COLORTERM", "truecolor");
    for (environment, arguments, wanted) in [
        (&[truecolor, ("COLORFGBG", "0;15")][..], &[][..], light),
        (&[truecolor, ("COLORFGBG", "15;0")], &[], dark),
        (&[truecolor, ("COLORFGBG", "0;15")], &["--theme", "dark"], dark),
        (&[truecolor], &["--theme", "light"], light),
        // Painted black, on any terminal.
        (&[truecolor], &["--theme", "high-contrast"], "48;2;0;0;0"),
    ] {
        let pty = demo(arguments, environment);
        let text = String::from_utf8_lossy(&pty.bytes()).into_owned();
        let wanted = wanted.trim_start_matches("\x1b[");
        assert!(
            text.contains(wanted),
            "{environment:?} {arguments:?}: no {wanted}"
        );
    }
}

#[test]
fn signs_are_what_the_locale_can_show() {
    for (environment, arguments, ascii) in [
        (&[("LC_ALL", "C.UTF-8")][..], &[][..], false),
        (&[("LC_ALL", "en_US.utf8")], &[], false),
        (&[("LC_ALL", "C.UTF-8")], &["--ascii"], true),
        (&[("LC_ALL", "C")], &[], true),
        (&[("LC_ALL", "POSIX")], &[], true),
        (&[("LC_ALL", "de_DE.ISO-8859-1")], &[], true),
        // LC_ALL outranks LC_CTYPE, which outranks LANG; an empty one says nothing.
        (
            &[("LC_ALL", ""), ("LC_CTYPE", "C"), ("LANG", "en_US.UTF-8")],
            &[],
            true,
        ),
        (
            &[("LC_ALL", ""), ("LC_CTYPE", ""), ("LANG", "en_US.UTF-8")],
            &[],
            false,
        ),
        (&[("LC_ALL", "C.UTF-8"), ("TERM", "dumb")], &[], true),
    ] {
        let pty = demo(arguments, environment);
        assert_eq!(pty.bytes().is_ascii(), ascii, "{environment:?} {arguments:?}");
    }
}

const MOUSE_ON: &str = "\x1b[?1000h";
const MOUSE_OFF: &str = "\x1b[?1000l";

#[test]
fn the_mouse_is_taken_only_when_asked_for_and_given_back() {
    let folder = config("[console]\nmouse = true\n");
    let path = folder.path().join("config.toml");
    let environment = [("MIDWATCH_CONFIG", path.to_str().unwrap())];
    let last = |pty: &Pty, mark: &str| String::from_utf8_lossy(&pty.bytes()).rfind(mark);
    for how in ["q", "TERM", "stop"] {
        let mut pty = demo(&[], &environment);
        assert!(last(&pty, MOUSE_ON).is_some());
        match how {
            "q" => drop(pty.keys("q").ended()),
            "stop" => {
                pty.keys("\x1a").until("stopped", Pty::is_stopped);
                pty.until("mouse given back", |pty| {
                    last(pty, MOUSE_ON) < last(pty, MOUSE_OFF)
                });
                pty.signal("CONT");
                pty.until("mouse taken again", |pty| {
                    last(pty, MOUSE_ON) > last(pty, MOUSE_OFF)
                });
                pty.keys("q").ended();
            }
            name => {
                pty.signal(name);
                pty.ended();
            }
        }
        pty.is_as_before();
        assert!(last(&pty, MOUSE_ON) < last(&pty, MOUSE_OFF), "{how}");
    }
    // A click as a terminal sends it: on the first tab.
    let mut pty = demo(&[], &environment);
    pty.keys("\x1b[<0;4;2M\x1b[<0;4;2m").shows("[1 Investigations]");
    let pty = demo(&[], &[]);
    assert_eq!(last(&pty, MOUSE_ON), None);
}

fn config(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), text).unwrap();
    folder
}

#[test]
fn what_is_configured_wrongly_is_told_before_the_screen_is_taken() {
    for (text, expected) in [
        (
            "[keys.global]\nqut = \"Q\"",
            "config.toml:2: there is no action called 'qut'",
        ),
        ("[keys.journal]\nunfold = \"n\"", "which has no other key there"),
        ("[console]\ntheme = \"darc\"", "there is no theme called 'darc'"),
    ] {
        let folder = config(text);
        let path = folder.path().join("config.toml");
        let mut pty = Pty::midwatch(&["demo"], 200, 24, &[("MIDWATCH_CONFIG", path.to_str().unwrap())]);
        assert!(!pty.ended().success());
        pty.shows(expected).shows("hint:");
        let text = String::from_utf8_lossy(&pty.bytes()).into_owned();
        assert!(!text.contains("\x1b[?1049h"), "{text:?}");
    }
}

#[test]
fn an_own_theme_is_used_and_a_broken_one_keeps_nobody_out() {
    let home = tempfile::tempdir().unwrap();
    let themes = home.path().join("midwatch/themes");
    fs::create_dir_all(&themes).unwrap();
    fs::write(
        themes.join("night.toml"),
        "inherits = \"dark\"\n[roles]\nstrong = { fg = \"#010203\" }",
    )
    .unwrap();
    fs::write(themes.join("broken.toml"), "[roles]\ntxt = {}").unwrap();
    let environment = [
        ("XDG_CONFIG_HOME", home.path().to_str().unwrap()),
        ("COLORTERM", "truecolor"),
    ];
    let pty = demo(&["--theme", "night"], &environment);
    let text = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(text.contains("38;2;1;2;3"));
    assert!(text.contains("broken.toml:2"), "told in a message");
}

#[test]
fn the_first_run_is_welcomed_until_something_exists() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let environment = [
        ("XDG_CONFIG_HOME", home.path().to_str().unwrap()),
        ("MIDWATCH_DATA", data.to_str().unwrap()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hush-hush"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let start = || Pty::midwatch(&[], 80, 24, &environment);
    let mut pty = start();
    pty.shows("Welcome to midwatch")
        .shows("credentials: environment variables (AWS_ACCESS_KEY_ID)")
        .shows("region: eu-west-1 (AWS_REGION)");
    let text = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(!text.contains("AKIAIOSFODNN7EXAMPLE") && !text.contains("hush-hush"));
    // The demo takes over, and its first key is its own.
    pty.keys("d")
        .shows("demo")
        .shows("order-intake")
        .quiet_for(Duration::from_millis(300));
    pty.keys("1").shows("[1 Investigations]");
    pty.keys("q");
    assert!(pty.ended().success());
    pty.is_as_before();
    // Nothing of it is kept; a configuration ends the welcome.
    let mut pty = start();
    pty.shows("Welcome to midwatch");
    pty.keys("w").shows("the configuration was written");
    pty.keys("\x03");
    assert!(pty.ended().success());
    let written = home.path().join("midwatch/config.toml");
    assert!(mode(&written).ends_with("600"), "{}", mode(&written));
    let mut pty = start();
    pty.shows("Nothing is being investigated")
        .shows("journal ok")
        .quiet_for(Duration::from_millis(300));
    assert!(!pty.text().contains("Welcome"));
    pty.keys("q");
    assert!(pty.ended().success());
}

fn mode(path: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    format!("{:o}", path.metadata().unwrap().permissions().mode())
}

fn keys(arguments: &[&str], path: &Path) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .arg("keys")
        .args(arguments)
        .env("MIDWATCH_CONFIG", path)
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn keys_lists_what_is_in_force_and_where_it_is_said() {
    let folder = config("[keys.global]\nquit = \"Q\"\nexport = []\n");
    let path = folder.path().join("config.toml");
    let (fine, text, _) = keys(&[], &path);
    assert!(fine);
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(text.starts_with("[keys.global]\n"), "{text}");
    assert!(
        line("quit ").contains("Q Ctrl-C") && line("quit ").contains("config.toml:2"),
        "{text}"
    );
    assert!(line("export ").contains("none"), "{text}");
    assert!(
        line("zoom ").contains(" z ") && !line("zoom ").contains("toml"),
        "{text}"
    );
    let (fine, json, _) = keys(&["--json"], &path);
    assert!(fine);
    let objects: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let quit = objects.iter().find(|object| object["action"] == "quit").unwrap();
    assert_eq!(quit["place"], "global");
    assert_eq!(quit["keys"], serde_json::json!(["Q", "Ctrl-C"]));
    assert!(quit["from"].as_str().unwrap().ends_with("config.toml:2"));
    assert!(objects.iter().any(|object| object["from"] == "shipped"));
    fs::write(&path, "[keys.global]\nquit = \"Qq\"").unwrap();
    let (fine, _, error) = keys(&[], &path);
    assert!(
        !fine && error.contains("config.toml:2: 'Qq' is no key"),
        "{error}"
    );
}
