//! Messages that did not arrive, in the console.

use insta::assert_snapshot;
use midwatch::{
    journal::{
        Body, Draft, Journal, StreamId,
        body::{Delivered, Delivery},
    },
    model::Text,
};

use crate::support::{
    desk::{Setting, after, settled, written},
    night::{self, Until},
};

async fn say(journal: &Journal, key: &str, stream: &StreamId, seq: u64, outcome: Delivered) {
    let body = Body::Delivery(Delivery {
        channel: "tickets".to_owned(),
        stream: stream.clone(),
        seq,
        key: key.to_owned(),
        outcome,
    });
    let draft = vec![Draft::agent(&body)];
    journal
        .append(&StreamId::space(), None, None, draft)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_did_not_arrive_is_counted_listed_and_decided_on() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Cause).await;
    let dead = |why: &str| Delivered::Dead {
        why: Text::from("tickets answers 403: ").ext(why),
    };
    say(
        &journal,
        "a",
        &pen.stream,
        12,
        dead("Operation against file 'incident' was aborted \u{1b}[2J by ACL"),
    )
    .await;
    say(&journal, "b", &pen.stream, 14, dead("No Record found")).await;
    let held = Delivered::Held {
        why: "tickets answers 401: User Not Authenticated; the credentials of the connection are not taken"
            .into(),
    };
    say(&journal, "c", &pen.stream, 15, held).await;

    let console = settled(Setting::small(), &journal).await;
    let screen = console.text();
    assert!(
        screen.lines().next().unwrap().contains("2 undelivered [u]"),
        "{screen}"
    );
    assert_snapshot!("undelivered_small", after(&console, &["u"]).await);
    // The second is sent again, the first is let be.
    after(&console, &["j", "r"]).await;
    console.hides("No Record found").await;
    let screen = after(&console, &["d"]).await;
    assert!(screen.contains("No message was given up"), "{screen}");
    let said = decided(&journal).await;
    assert_eq!(
        said,
        [
            ("b".to_owned(), Delivered::Again),
            ("a".to_owned(), Delivered::Dropped)
        ]
    );
    let screen = after(&console, &["Esc"]).await;
    assert!(
        screen.lines().next().unwrap().contains("1 channel held [u]"),
        "{screen}"
    );
}

/// What the operator of the console decided on messages, in order.
async fn decided(journal: &Journal) -> Vec<(String, Delivered)> {
    written(journal, &StreamId::space())
        .await
        .into_iter()
        .filter_map(|(actor, body)| match body {
            Body::Delivery(delivery) if actor.to_string() == "operator:dana" => {
                Some((delivery.key, delivery.outcome))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_list_that_changes_under_its_reader_costs_no_other_message() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Cause).await;
    for (key, seq) in [("a", 12), ("b", 13), ("c", 14)] {
        let why = format!("no {key}");
        say(
            &journal,
            key,
            &pen.stream,
            seq,
            Delivered::Dead {
                why: why.as_str().into(),
            },
        )
        .await;
    }
    let console = settled(Setting::large(), &journal).await;
    after(&console, &["u", "j"]).await;
    // Somebody else decides on the first and on the selected one meanwhile.
    say(&journal, "a", &pen.stream, 12, Delivered::Dropped).await;
    console.hides("no a").await;
    say(&journal, "b", &pen.stream, 13, Delivered::Again).await;
    console.hides("no b").await;
    let screen = after(&console, &["d"]).await;
    assert!(
        screen.contains("no c") && screen.contains("not on the list any more"),
        "{screen}"
    );
    // A key that is pressed twice says it once.
    after(&console, &["r", "r", "d"]).await;
    console.hides("no c").await;
    let mine = decided(&journal).await;
    assert_eq!(mine, [("c".to_owned(), Delivered::Again)]);
}

#[tokio::test]
async fn where_all_is_well_nothing_is_said_of_it() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::large(), &journal).await;
    assert!(!console.text().contains("undelivered"));
    let screen = after(&console, &["u"]).await;
    assert!(
        screen.contains("Everything that was sent has arrived."),
        "{screen}"
    );
}
