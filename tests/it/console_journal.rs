//! The journal pane: stages, folding, looking for words, jumping and back; and a very large investigation.

use insta::assert_snapshot;
use midwatch::{
    journal::{Body, Draft, Journal, body::Finding, body::Observed},
    model::{Observation, Observed as Fact, Origin, Phase, Text},
};

use crate::support::{
    desk::{Setting, after, settled},
    night::{self, Pen, Until},
};

#[tokio::test]
async fn a_stage_unfolds_to_every_question_and_folds_again() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let folded = after(&console, &["2", "Home", "Down"]).await;
    assert!(!folded.contains(" ask "), "{folded}");
    let one = after(&console, &["Right"]).await;
    assert!(one.contains(" ask ") && !one.contains("every record"), "{one}");
    assert_snapshot!("stage_unfolded", one);
    assert_eq!(after(&console, &["Left"]).await, folded);
    let all = after(&console, &["f"]).await;
    assert!(all.contains(" ask ") && all.contains("every record"), "{all}");
    // In a list where all is unfolded, one stage alone is folded.
    let but_one = after(&console, &["Left"]).await;
    assert_ne!(but_one, all);
}

#[tokio::test]
async fn words_are_found_counted_and_left_again() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let some = after(&console, &["2", "/", "errors", "Enter"]).await;
    assert!(some.contains("/errors"), "{some}");
    let none = after(&console, &["Esc", "/", "zebra", "Enter"]).await;
    assert!(
        none.contains("0 of ") && none.contains("f looks into every record"),
        "{none}"
    );
    let nowhere = after(&console, &["f"]).await;
    assert!(nowhere.contains("no record says that"), "{nowhere}");
    // A question that is folded away is found once everything is looked into.
    let deep = after(&console, &["Esc", "/", "because", "Enter"]).await;
    assert!(deep.contains(" of "), "{deep}");
}

#[tokio::test]
async fn ages_stand_where_times_stood() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let times = after(&console, &["2", "Home"]).await;
    assert!(times.contains("03:12  started"), "{times}");
    let ages = after(&console, &["T"]).await;
    assert!(ages.contains("now  started"), "{ages}");
    assert_eq!(after(&console, &["T"]).await, times);
}

#[tokio::test]
async fn a_jump_leads_back() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    after(&console, &["2", "Home"]).await;
    assert!(console.reversed(7, 3), "the first note is selected");
    // An observation is told by the finding that was made of it; an answer is unfolded with its stage.
    let there = after(&console, &["#", "4", "Enter"]).await;
    assert!(there.contains("#4"), "{there}");
    assert!(!console.reversed(7, 3));
    after(&console, &["Esc"]).await;
    assert!(console.reversed(7, 3), "Esc leads back to where one came from");
}

/// Records of a very large investigation.
const MANY: u64 = 7_500;

/// One that nobody finds by chance.
const RARE: u64 = 3_777;

fn observation(number: u64) -> Body {
    let text = if number == RARE {
        Text::from("a zebra crossed the road")
    } else {
        Text::from(format!("reading {number} is as usual"))
    };
    Body::Observation(
        Observed {
            observation: Observation {
                resource: None,
                origin: Origin::Events,
                at: None,
                error: 0,
                strength: 0.1,
                notable: false,
                fact: Fact::NoChange,
                text,
            },
            evidence: Vec::new(),
        }
        .into(),
    )
}

async fn very_large(journal: &Journal) -> Pen {
    let pen = night::bad_deploy(journal, Until::Testing).await;
    pen.phase(Phase::Look).await;
    let from = journal.head(&pen.stream).await.unwrap().seq;
    let numbers: Vec<u64> = (from + 1..MANY).collect();
    for some in numbers.chunks(2_000) {
        let drafts = some
            .iter()
            .map(|number| Draft::agent(&observation(*number)))
            .collect();
        journal.append(&pen.stream, None, None, drafts).await.unwrap();
    }
    let last = Body::Finding(
        Finding {
            text: "the last of them".into(),
            observation: MANY - 1,
            resource: None,
            at: None,
        }
        .into(),
    );
    journal
        .append(&pen.stream, None, None, vec![Draft::agent(&last)])
        .await
        .unwrap();
    pen
}

#[tokio::test]
async fn a_very_large_investigation_is_read_where_it_is_looked_at() {
    let journal = night::empty().await;
    very_large(&journal).await;
    let console = Setting::small().open(&journal);
    console.shows("the last of them").await.shows("journal ok").await;
    console.hides("reading").await;
    let folded = after(&console, &["2", "End"]).await;
    assert!(folded.contains("the last of them"), "{folded}");
    // Every record is there when everything is unfolded, however far one jumps.
    let end = after(&console, &["f", "End", "Up"]).await;
    assert!(
        end.contains(&format!("reading {} is as usual", MANY - 1)),
        "{end}"
    );
    let middle = after(&console, &["#", "5000", "Enter"]).await;
    assert!(middle.contains("reading 5000 is as usual"), "{middle}");
    console.press(&["/", "zebra", "Enter"]);
    console
        .shows("1 of ")
        .await
        .shows("a zebra crossed the road")
        .await;
}

#[tokio::test]
async fn what_streams_in_is_shown_while_a_large_one_is_read() {
    let journal = night::empty().await;
    let pen = very_large(&journal).await;
    let console = Setting::small().open(&journal);
    pen.write(Body::Finding(
        Finding {
            text: "one more came in".into(),
            observation: MANY,
            resource: None,
            at: None,
        }
        .into(),
    ))
    .await;
    console.shows("one more came in").await;
    console.hides("reading").await;
    assert!(console.rests().await.contains("one more came in"));
}
