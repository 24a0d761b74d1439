//! What can be configured, as an operator meets it: keys, themes, clock, mouse, and the first run.

use crossterm::event::{MouseButton, MouseEventKind};
use jiff::tz::{TimeZone, offset};
use midwatch::{
    config::Config,
    console::{Setup, keymap::configured, overlay::welcome::Welcome},
    journal::Journal,
};

use super::support::{
    desk::{Setting, after, settled},
    night::{self, Until},
};

fn with_keys(text: &str) -> Setup {
    let config = Config::parse("config.toml", text).unwrap();
    Setup {
        keymap: configured(&config.keys).unwrap(),
        ..Setup::default()
    }
}

async fn one_cause() -> Journal {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    journal
}

#[tokio::test]
async fn configured_keys_work_and_every_list_of_keys_follows() {
    let keys = "[keys.global]\nquit = \"Q\"\nhelp = \"Alt-h\"\nzoom = []\nmessages = \"M\"\n\
                [keys.journal]\nunfold = [\"o\", \"Space\"]";
    let setting = Setting {
        setup: with_keys(keys),
        ..Setting::small()
    };
    let console = settled(setting, &one_cause().await).await;
    let screen = console.text();
    let footer = screen.lines().last().unwrap();
    assert!(
        footer.contains("o all/less") && footer.contains("Q quit"),
        "{footer}"
    );
    assert!(
        footer.contains("Alt-h help") && !footer.contains("zoom"),
        "{footer}"
    );
    // The old keys do nothing now.
    assert_eq!(after(&console, &["q", "?", "z"]).await, screen);
    console.press(&["o"]).shows("every record").await;
    console.press(&[":"]).type_in("zoom").shows("zoom the pane").await;
    console.press(&["Esc"]);
    console.press(&["M"]).shows("Messages").await;
    console.press(&["Esc"]);
    console.press(&["Q"]);
    console.ends().await;
}

#[tokio::test]
async fn ctrl_c_quits_whatever_is_configured() {
    let setting = Setting {
        setup: with_keys("[keys.global]\nquit = []"),
        ..Setting::small()
    };
    let console = settled(setting, &one_cause().await).await;
    console.press(&["Ctrl-C"]);
    console.ends().await;
}

#[tokio::test]
async fn panes_are_reached_from_an_empty_chat_by_the_keys_that_are_configured() {
    let keys = "[keys.global]\nfocus_journal = [\"2\", \"J\"]\nfocus_topology = \"$\"";
    let setting = Setting {
        setup: with_keys(keys),
        ..Setting::small()
    };
    let console = settled(setting, &one_cause().await).await;
    console.press(&["3"]).shows("[3 Chat]").await;
    // A letter may begin a word, a sign leads on.
    console.press(&["J"]).shows("> J").await;
    console.press(&["Backspace", "$"]).shows("[4 Topology]").await;
}

#[tokio::test]
async fn t_goes_round_the_themes_and_says_where_it_is() {
    let console = settled(Setting::large(), &one_cause().await).await;
    for name in [
        "light",
        "high-contrast",
        "colour-blind-safe",
        "ansi16",
        "mono",
        "dark",
    ] {
        console.press(&["t"]).shows(&format!("theme {name}")).await;
    }
    let console = settled(Setting::small(), &one_cause().await).await;
    console.press(&["t"]).shows("theme mono: NO_COLOR or TERM").await;
}

#[tokio::test]
async fn trouble_with_a_theme_is_told_and_kept() {
    let setup = Setup {
        troubles: vec![
            "/x/mine.toml:3: there is no role called 'txt'\nhint: did you mean 'text'?".to_owned(),
        ],
        ..Setup::default()
    };
    let setting = Setting {
        setup,
        ..Setting::small()
    };
    let console = settled(setting, &one_cause().await).await;
    assert!(
        console
            .text()
            .contains("mine.toml:3: there is no role called 'txt'"),
        "{}",
        console.text()
    );
    console.press(&[":"]).type_in("messages").press(&["Enter"]);
    console
        .shows("Messages")
        .await
        .shows("hint: did you mean 'text'?")
        .await;
}

#[tokio::test]
async fn the_clock_tells_utc_and_on_request_the_local_time() {
    let zone = TimeZone::fixed(offset(2));
    for setting in [Setting::small(), Setting::large()] {
        let roomy = setting.columns > 100;
        let setting = Setting {
            zone: zone.clone(),
            ..setting
        };
        let console = settled(setting, &one_cause().await).await;
        let utc = if roomy { "03:12 UTC" } else { "03:12Z" };
        console.shows(utc).await;
        console
            .press(&["U"])
            .shows("05:12 +02")
            .await
            .shows("clock: +02")
            .await;
        console.press(&["U"]).shows(utc).await.shows("clock: UTC").await;
    }
    let console = settled(Setting::small(), &one_cause().await).await;
    console.press(&["U"]).shows("the local zone is UTC as well").await;
}

fn welcome() -> Setup {
    Setup {
        welcome: Some(Welcome {
            credentials: Some("profile checkout-prod (AWS_PROFILE), by SSO".to_owned()),
            advice: Some(
                "log in first, if that was long ago: aws sso login --profile checkout-prod".to_owned(),
            ),
            region: "eu-west-1 (profile checkout-prod)".to_owned(),
            config: Some("/home/dana/.config/midwatch/config.toml".into()),
            written: false,
        }),
        ..Setup::default()
    }
}

#[tokio::test]
async fn the_first_run_is_welcomed_on_one_screen() {
    let journal = night::empty().await;
    for (name, setting) in [
        ("welcome_small", Setting::small()),
        ("welcome_large", Setting::large()),
    ] {
        let setting = Setting {
            setup: welcome(),
            ..setting
        };
        let console = settled(setting, &journal).await;
        insta::assert_snapshot!(name, console.text());
        // Every key of the help is there as well, and Esc closes one after the other.
        console.press(&["?"]).shows("command palette").await;
        console.press(&["Esc"]).shows("Welcome to midwatch").await;
        assert!(!after(&console, &["Esc"]).await.contains("Welcome"));
    }
}

#[tokio::test]
async fn without_credentials_the_welcome_says_what_would_bring_some() {
    let mut setup = welcome();
    if let Some(welcome) = &mut setup.welcome {
        welcome.credentials = None;
        welcome.advice = Some("AWS_PROFILE picks a profile: prod, staging".to_owned());
    }
    let setting = Setting {
        setup,
        ..Setting::small()
    };
    let console = settled(setting, &night::empty().await).await;
    console.shows("no credentials were found").await;
    console.shows("AWS_PROFILE picks a profile: prod, staging").await;
    console.press(&["n"]).shows("New investigation").await;
    console.press(&["Esc"]);
    assert!(
        !console.rests().await.contains("Welcome"),
        "it does not come again"
    );
}

#[tokio::test]
async fn the_welcome_writes_a_configuration_and_never_over_one() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    let mut setup = welcome();
    if let Some(welcome) = &mut setup.welcome {
        welcome.config = Some(path.clone());
    }
    let setting = || Setting {
        setup: setup.clone(),
        ..Setting::small()
    };
    let console = settled(setting(), &night::empty().await).await;
    console.press(&["w"]).shows("the configuration was written").await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Config::parse("config.toml", &text).unwrap(), Config::default());
    // Somebody else was quicker.
    std::fs::write(&path, "space = \"mine\"").unwrap();
    let console = settled(setting(), &night::empty().await).await;
    console.press(&["w"]).shows("never overwritten").await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "space = \"mine\"");
}

#[tokio::test]
async fn the_welcome_hands_over_to_the_demo() {
    let setup = welcome();
    let demo = std::sync::Arc::clone(&setup.demo);
    let setting = Setting {
        setup,
        ..Setting::small()
    };
    let console = settled(setting, &night::empty().await).await;
    console.press(&["d"]);
    console.ends().await;
    assert!(demo.load(std::sync::atomic::Ordering::Relaxed));
}

fn mouse(setting: Setting) -> Setting {
    let setup = Setup {
        mouse: true,
        ..Setup::default()
    };
    Setting { setup, ..setting }
}

#[tokio::test]
async fn a_click_focuses_selects_and_presses() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    night::no_fault(&journal).await;
    let console = settled(mouse(Setting::small()), &journal).await;
    // Tabs.
    console.click_on("4 Topology").shows("[4 Topology]").await;
    console
        .click_on("1 Investigations")
        .shows("[1 Investigations]")
        .await;
    // An item of a list.
    let lines = console.text();
    let row =
        |screen: &str, words: &str| screen.lines().position(|line| line.contains(words)).unwrap() as u16;
    let other = if console.reversed(row(&lines, "order-intake"), 4) {
        "checkout"
    } else {
        "order-intake"
    };
    console.click_on(other);
    let screen = console.rests().await;
    assert!(console.reversed(row(&screen, other), 4), "{screen}");
    // A key in the footer.
    console.click_on("help").shows("command palette").await;
    console.mouse(MouseEventKind::Down(MouseButton::Left), 2, 23);
    console.shows("[1 Investigations]").await;
    // A note of the journal.
    console.click_on("2 Journal").shows("[2 Journal]").await;
    console.rests().await;
    console.click_on("configuration of stock");
    let screen = console.rests().await;
    let note = row(&screen, "configuration of stock");
    assert!(console.reversed(note, 30), "{screen}");
}

#[tokio::test]
async fn a_click_focuses_among_panes_and_picks_a_box() {
    let journal = one_cause().await;
    let console = settled(mouse(Setting::large()), &journal).await;
    let screen = console.text();
    let line = screen.lines().nth(1).unwrap();
    let column = line
        .chars()
        .collect::<Vec<_>>()
        .windows(10)
        .position(|w| w.iter().collect::<String>() == "4 Topology");
    let column = column.unwrap() as u16;
    console.mouse(MouseEventKind::Down(MouseButton::Left), column, 1);
    console.rests().await;
    let footer = |screen: &str| screen.lines().last().unwrap().to_owned();
    assert!(
        footer(&console.text()).contains("boxes/tree"),
        "{}",
        console.text()
    );
    // The wheel moves in the pane under it, and leaves the focus where it is.
    console.mouse(MouseEventKind::ScrollUp, 80, 20);
    assert!(footer(&console.rests().await).contains("boxes/tree"));
}

#[tokio::test]
async fn where_nobody_asked_for_it_the_mouse_does_nothing() {
    let console = settled(Setting::small(), &one_cause().await).await;
    let before = console.text();
    console.click_on("4 Topology");
    assert_eq!(console.rests().await, before);
}
