//! Every pane and every overlay on one finished night, at the sizes that people have.

use insta::assert_snapshot;

use crate::support::{
    desk::{Console, Setting},
    night::{self, Until},
};

/// What is shown, and the keys that lead there from the journal.
const SCREENS: [(&str, &[&str]); 20] = [
    ("journal", &[]),
    ("journal_unfolded", &["f"]),
    ("journal_search", &["/", "errors", "Enter"]),
    ("investigations", &["1", "z"]),
    ("investigations_grouped", &["1", "z", "g"]),
    ("chat", &["3"]),
    ("topology", &["4", "z"]),
    ("topology_blast", &["4", "z", "b"]),
    ("prevention", &["5", "z"]),
    ("evidence_together", &["v"]),
    ("evidence_logs", &["v", "Right", "Right", "Right"]),
    ("evidence_raw", &["v", "Right", "r"]),
    ("timeline", &["w"]),
    ("plan", &["m"]),
    ("recommendation", &["5", "Enter"]),
    ("ticket", &["5", "y"]),
    ("reject", &["5", "r"]),
    ("again", &["A"]),
    ("palette", &[":"]),
    ("start", &["n"]),
];

async fn at_rest(console: &Console) -> String {
    // What is fetched comes in a frame of its own.
    console.hides("fetching").await;
    console.rests().await
}

/// The screen without the ids of investigations, which are others on every run.
fn without_ids(text: &str) -> String {
    // A ticket's anchor is a hash over them.
    without(&without(text, "inv-"), "journal `")
}

fn without(text: &str, lead: &str) -> String {
    let mut parts = text.split(lead);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let id = part.chars().take_while(char::is_ascii_alphanumeric).count();
        out.push_str(lead);
        out.push_str(&"x".repeat(id));
        out.push_str(&part[id..]);
    }
    out
}

async fn screens(size: &str, setting: impl Fn() -> Setting) {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    for (screen, keys) in SCREENS {
        let console = setting().open(&journal);
        console.shows("journal ok").await;
        for key in ["2", "Home"].iter().chain(keys) {
            console.press(&[key]);
            console.rests_soon().await;
        }
        let text = at_rest(&console).await;
        assert_snapshot!(format!("{screen}_{size}"), without_ids(&text));
    }
}

#[tokio::test]
async fn every_pane_and_overlay_at_80x24() {
    screens("80x24", Setting::small).await;
}

#[tokio::test]
async fn every_pane_and_overlay_at_120x40() {
    screens("120x40", || Setting {
        columns: 120,
        rows: 40,
        ..Setting::large()
    })
    .await;
}

#[tokio::test]
async fn every_pane_and_overlay_at_200x60() {
    screens("200x60", Setting::large).await;
}
