//! What is told of channels that do not work.

use midwatch::{
    journal::{
        Body, StreamId,
        body::{Delivered, Delivery},
    },
    outlets::{Trouble, troubles},
};

use super::slack;
use crate::support::outlets::Sender;

#[tokio::test]
async fn what_keeps_messages_from_arriving_is_told_with_what_mends_it() {
    let config = slack("http://127.0.0.1:9")
        + "[connections.tickets]\nkind = \"servicenow\"\nurl = \"https://acme.service-now.com\"\n\
           auth = { client_credentials = { id = \"m\", secret = $SECRET, token_url = \"http://acme.example/token\" } }\n\
           [spaces.shop.connections.tickets]\n";
    let sender = Sender::new(&config).await;
    let told = |trouble: &Trouble| format!("{}: {} | {}", trouble.channel, trouble.why, trouble.hint);
    let of = async || {
        let letters = sender.space().await.letters;
        troubles(&sender.config, &letters)
            .iter()
            .map(told)
            .collect::<Vec<_>>()
    };
    let broken = "tickets: nothing is sent: connection tickets does not say where its client's secret is exchanged for a token | \
                  token_url = \"https://...\" in its auth";
    assert_eq!(of().await, [broken]);
    let say = async |channel: &str, seq, outcome| {
        let delivery = Body::Delivery(Delivery {
            channel: channel.to_owned(),
            stream: StreamId::space(),
            seq,
            key: seq.to_string(),
            outcome,
        });
        sender.write(&StreamId::space(), vec![delivery]).await
    };
    let dead = |why: &str| Delivered::Dead { why: why.into() };
    say("chat", 1, dead("no")).await;
    say("chat", 2, dead("no, again")).await;
    say("gone", 3, dead("nobody there")).await;
    say(
        "chat",
        4,
        Delivered::Held {
            why: "who are you?".into(),
        },
    )
    .await;
    let all = of().await;
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all[1].starts_with("chat: it takes nothing since "), "{all:?}");
    assert!(
        all[1].contains(": who are you? | mend that, its messages wait"),
        "{all:?}"
    );
    assert!(
        all[2].starts_with("chat: 2 messages were given up, the last one: no, again | "),
        "{all:?}"
    );
    assert!(all[2].contains("midwatch outlet retry"), "{all:?}");
    assert!(all[3].starts_with("gone: 1 message was given up"), "{all:?}");
    assert!(all[3].contains("no such channel sends now"), "{all:?}");
}
