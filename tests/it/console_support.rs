//! Asking AWS Support from the console: what is shown, the question before it is sent, the conversation beside the journal.

use std::{sync::Arc, time::Duration};

use midwatch::{
    journal::{Journal, StreamId},
    outlets::support::Desk,
};

use super::support::{
    aws::factory,
    desk::{Console, Setting, after, settled},
    double_support::{DoubleSupport, Plan},
    night::{self, Until},
};

struct Scene {
    double: DoubleSupport,
    console: Console,
    stream: StreamId,
}

async fn scene(setting: Setting, plan: Plan) -> Scene {
    let journal: Journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Cause).await;
    let double = DoubleSupport::start(plan);
    let desk = Desk::over(journal.clone(), factory(double.url())).with_pace(Duration::from_millis(50));
    let setting = Setting {
        support: Some(Arc::new(desk)),
        ..setting
    };
    let console = settled(setting, &journal).await;
    Scene {
        double,
        console,
        stream: pen.stream,
    }
}

/// The screen without what differs from run to run.
fn steady(screen: &str, stream: &StreamId) -> String {
    let id = stream.to_string();
    screen
        .lines()
        .map(|line| {
            let differs = [".md, ", ".jsonl, ", "journal head", id.as_str()];
            if differs.iter().any(|words| line.contains(words)) {
                "(ids and digests)".to_owned()
            } else {
                line.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// From the preview to the conversation.
async fn opens_a_case(console: &Console) {
    console.press(&["h"]);
    console.shows("exactly this is sent").await;
    console.press(&["Enter"]);
    console.shows("Are you sure?").await;
    console.press(&["y"]);
    console.shows("AWS Support 1700000000").await;
}

#[tokio::test]
async fn what_is_shared_is_shown_before_anything_is_sent() {
    let Scene {
        double,
        console,
        stream,
    } = scene(Setting::small(), Plan::Business).await;
    console.press(&["h"]);
    console.shows("exactly this is sent").await;
    let screen = console.rests().await;
    insta::assert_snapshot!("support_preview_small", steady(&screen, &stream));
    assert!(screen.contains("low  normal  high [urgent] critical"), "{screen}");
    console.press(&["Left"]);
    console.shows("low  normal [high] urgent  critical").await;
    console.press(&["End"]);
    console.shows("journal head").await;
    console.press(&["Enter"]);
    console.shows("Are you sure?").await;
    console.press(&["n"]);
    console.hides("Are you sure?").await;
    console.press(&["Enter"]);
    console.shows("Are you sure?").await;
    insta::assert_snapshot!("support_question_small", steady(&console.text(), &stream));
    assert_eq!(
        double.writes(),
        Vec::<String>::new(),
        "no call before the confirmation"
    );
    console.press(&["y"]);
    console.shows("AWS Support 1700000000").await;
    assert_eq!(double.writes(), ["AddAttachmentsToSet", "CreateCase"]);
    double.held(|held| assert_eq!(held.cases[0]["severityCode"], "high"));
}

#[tokio::test]
async fn people_talk_beside_the_journal() {
    let Scene {
        double,
        console,
        stream,
    } = scene(Setting::small(), Plan::Business).await;
    opens_a_case(&console).await;
    double.reply(
        0,
        "We see \u{1b}[31mthrottling\u{1b}[0m since 02:57.\nWhich version ran before?",
    );
    console.shows("Which version ran before?").await;
    console.type_in("version 40, and it was fine").press(&["Enter"]);
    console.shows("version 40, and it was fine").await;
    console.hides("sending").await;
    double.held(|held| assert_eq!(held.said[0][0]["body"], "version 40, and it was fine"));
    console.shows("their turn").await;
    insta::assert_snapshot!("support_conversation_small", steady(&console.text(), &stream));
    assert!(!console.text().contains('\u{1b}'));
    // Back to midwatch and to the conversation again.
    console.press(&["Ctrl-G"]);
    console.hides("Which version ran before?").await;
    console.press(&["Esc"]);
    console.press(&["h"]);
    console.shows("Which version ran before?").await;
    // What AWS does not take is not lost.
    double.held(|held| {
        held.broken.push((
            "AddCommunicationToCase".to_owned(),
            400,
            "AccessDeniedException".to_owned(),
        ));
    });
    console.type_in("one more thing").press(&["Enter"]);
    console.shows("not sent").await;
    console.shows("> one more thing").await;
    console.press(&["Ctrl-X"]);
    console.shows("Close case 1700000000?").await;
    assert!(!double.writes().contains(&"ResolveCase".to_owned()));
    console.press(&["y"]);
    console.shows("AWS Support 1700000000 resolved").await;
    double.held(|held| assert_eq!(held.statuses[0], "resolved"));
}

#[tokio::test]
async fn a_console_that_nobody_watches_asks_nothing_and_writes_nothing() {
    let Scene { double, console, .. } = scene(Setting::small(), Plan::Business).await;
    opens_a_case(&console).await;
    console.press(&["2"]);
    console.press(&["Esc"]);
    console.rests().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    console.writes();
    let asked = double.operations().len();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        double.operations().len(),
        asked,
        "nobody watches the conversation"
    );
    assert_eq!(console.writes(), Vec::<usize>::new());
}

#[tokio::test]
async fn a_plan_that_is_too_low_is_told_with_a_text_to_paste() {
    let Scene {
        double,
        console,
        stream,
    } = scene(Setting::small(), Plan::Basic).await;
    console.press(&["h"]);
    console.shows("a text to paste").await;
    insta::assert_snapshot!("support_too_low_small", steady(&console.rests().await, &stream));
    console.press(&["Enter"]);
    console.shows("copied").await;
    assert_eq!(double.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn trouble_says_what_to_do() {
    let Scene { double, console, .. } = scene(Setting::small(), Plan::Business).await;
    double.held(|held| {
        held.broken.push((
            "DescribeSeverityLevels".to_owned(),
            400,
            "AccessDeniedException".to_owned(),
        ));
    });
    console.press(&["h"]);
    console.shows("AWS Support was not asked").await;
    console.shows("iam policy --support").await;
    console.press(&["Esc"]);
    console.hides("AWS Support was not asked").await;
    double.held(|held| {
        held.broken = vec![(
            "CreateCase".to_owned(),
            400,
            "CaseCreationLimitExceeded".to_owned(),
        )];
    });
    console.press(&["h"]);
    console.shows("exactly this is sent").await;
    console.press(&["Enter"]);
    console.shows("Are you sure?").await;
    console.press(&["y"]);
    console.shows("CaseCreationLimitExceeded").await;
    console.press(&["Enter"]);
    console.shows("exactly this is sent").await;
}

#[tokio::test]
async fn a_case_of_which_nothing_is_known_is_called_so_and_found_with_the_next_question() {
    let Scene { double, console, .. } = scene(Setting::small(), Plan::Business).await;
    double.held(|held| held.lost = vec!["CreateCase".to_owned(), "DescribeCases".to_owned()]);
    console.press(&["h"]);
    console.shows("exactly this is sent").await;
    console.press(&["Enter"]);
    console.shows("Are you sure?").await;
    console.press(&["y"]);
    console.shows("It is not known whether the case is open").await;
    console.press(&["Esc"]);
    console.hides("It is not known whether the case is open").await;
    double.held(|held| held.lost.clear());
    console.press(&["h"]);
    console.shows("AWS Support 1700000000").await;
    assert_eq!(double.writes(), ["AddAttachmentsToSet", "CreateCase"]);
}

#[tokio::test]
async fn a_wide_screen_shows_the_conversation_under_the_journal() {
    let setting = Setting {
        columns: 160,
        rows: 50,
        ..Setting::large()
    };
    let Scene {
        double,
        console,
        stream,
    } = scene(setting, Plan::Business).await;
    opens_a_case(&console).await;
    double.reply(0, "Which version ran before?");
    console.shows("Which version ran before?").await;
    let screen = console.rests().await;
    assert!(screen.contains("2 Journal"), "{screen}");
    insta::assert_snapshot!("support_conversation_wide", steady(&screen, &stream));
}

#[tokio::test]
async fn a_demo_asks_nobody() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let screen = after(&console, &["h"]).await;
    assert!(screen.contains("this console cannot ask AWS Support"), "{screen}");
}
