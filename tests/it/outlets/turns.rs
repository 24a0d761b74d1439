//! Turns: who may send, over both databases, and what happens when the database is away.

use std::{sync::Arc, time::Duration};

use midwatch::{
    journal::{
        Journal,
        postgres::{Limits, Options, PostgresStore},
    },
    outlets::lease::Lease,
};
use serde_json::json;

use super::{WHOLE, heads, slack};
use crate::{
    journal_sqlite::File,
    store_conformance::Place,
    support::{
        double_network::{DoubleNetwork, Weather},
        double_slack::{self, Post},
        double_web::{DoubleWeb, Reply},
        outlets::{Sender, night, until},
        postgres::{LIMITS, Space},
    },
};

fn hook(url: &str) -> String {
    format!(
        "space = \"shop\"\n[connections.hook]\nkind = \"webhook\"\nurl = \"{url}\"\ntimeout = 1\n\
         [spaces.shop.connections.hook]\nsend = [\"cause\"]\n"
    )
}

async fn a_lease_goes_from_hand_to_hand(place: &dyn Place) {
    let journal = Journal::over(place.open().await);
    let long = Duration::from_hours(1);
    for owner in ["one", "two", "three"] {
        // Nobody waits for what was given back, and whoever has it keeps it.
        let taking = Lease::take(&journal, owner, long);
        let mut lease = tokio::time::timeout(Duration::from_secs(30), taking)
            .await
            .unwrap()
            .unwrap();
        assert!(lease.renew(&journal).await.unwrap());
        let others = Lease::take(&journal, "another", long);
        let waiting = tokio::time::timeout(Duration::from_millis(50), others).await;
        assert!(waiting.is_err(), "it is held");
        assert!(lease.renew(&journal).await.unwrap());
        lease.give_back(&journal).await.unwrap();
    }
    // Its owner, who lost hold of it, has it again at once; the old one is worth nothing.
    let mut old = Lease::take(&journal, "one", long).await.unwrap();
    let mut new = Lease::take(&journal, "one", long).await.unwrap();
    assert!(!old.renew(&journal).await.unwrap());
    assert!(new.renew(&journal).await.unwrap());
}

#[tokio::test]
async fn a_lease_is_given_from_hand_to_hand_in_a_file() {
    a_lease_goes_from_hand_to_hand(&File::new()).await;
}

#[tokio::test]
async fn a_lease_is_given_from_hand_to_hand_on_a_server() {
    let Some(space) = Space::new().await else { return };
    a_lease_goes_from_hand_to_hand(&space).await;
}

#[tokio::test]
async fn over_postgresql_everything_arrives_once_too() {
    let Some(space) = Space::new().await else { return };
    let (double, messages) = double_slack::start(|n| match n {
        1 => Post::Answer(Reply::error(500, "oh no")),
        2 => Post::TakeAndBreak,
        _ => Post::Take,
    });
    let mut one = Sender::new(&slack(double.url())).await;
    one.journal = space.journal().await;
    let mut two = Sender::new(&slack(double.url())).await;
    two.journal = space.journal().await;
    // One after the other, each with its own connection.
    for round in 0..2 {
        let sender = if round == 0 { &mut one } else { &mut two };
        sender.start().await;
        let stream = sender.open("Errors of orders", None).await;
        sender.write(&stream, night::whole("it fails".into())).await;
        sender.sent(6 * (round + 1)).await;
        sender.stop().await;
    }
    let messages = messages.lock().unwrap();
    assert_eq!(heads(&messages), [WHOLE, WHOLE].concat());
}

/// As the space's role, over a network that can fail.
async fn by(space: &Space, network: &DoubleNetwork, limits: Limits) -> Journal {
    let options = Options {
        limits,
        ..space.options(&space.url_by(network.port))
    };
    Journal::over(Arc::new(PostgresStore::open(&options).await.unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_cut_off_from_the_database_sends_no_more() {
    let Some(space) = Space::new().await else { return };
    let network = DoubleNetwork::to(space.address()).await;
    // It never answers the first, and takes every other.
    let double = DoubleWeb::start(|_, earlier| Reply {
        hang: earlier == 0,
        ..Reply::json(&json!({}))
    });
    let mut cut = Sender::new(&hook(double.url())).await;
    cut.journal = by(&space, &network, LIMITS).await;
    let mut other = Sender::new(&hook(double.url())).await;
    other.journal = space.journal().await;
    cut.start().await;
    let stream = other.open("Errors of orders", None).await;
    other.write(&stream, night::whole("it fails".into())).await;
    until(async || double.seen().len() == 1).await;
    network.turns(Weather::Silent);
    other.start().await;
    other.sent(1).await;
    // By then the first has given up its call. It would send it again, and may not.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(double.seen().len(), 2);
    network.turns(Weather::Fair);
    other.stop().await;
    cut.stop().await;
    assert_eq!(double.seen().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_sent_while_the_database_went_away_is_not_sent_again() {
    let Some(space) = Space::new().await else { return };
    let network = Arc::new(DoubleNetwork::to(space.address()).await);
    let weather = Arc::clone(&network);
    let double = DoubleWeb::start(move |_, earlier| {
        if earlier == 0 {
            weather.turns(Weather::Down);
        }
        Reply::json(&json!({"id": "m1"}))
    });
    let mut sender = Sender::new(&hook(double.url())).await;
    let impatient = Limits {
        patience: Duration::from_millis(300),
        ..LIMITS
    };
    sender.journal = by(&space, &network, impatient).await;
    let writer = {
        let mut writer = Sender::new(&hook(double.url())).await;
        writer.journal = space.journal().await;
        writer
    };
    sender.start().await;
    let stream = writer.open("Errors of orders", None).await;
    writer.write(&stream, night::whole("it fails".into())).await;
    // It could not be written down, more than once.
    until(async || sender.tide.waits().len() > 1).await;
    network.turns(Weather::Fair);
    writer.sent(1).await;
    sender.stop().await;
    assert_eq!(double.seen().len(), 1);
}
