//! Words that want to do something, and how a receiver knows that it is us.

use std::collections::BTreeSet;

use midwatch::model::Text;
use serde_json::{Value, json};

use super::{servicenow, slack};
use crate::support::{
    double_slack::{self, Post},
    double_tickets::{self, nothing},
    double_web::{DoubleWeb, Reply},
    outlets::{Sender, night, until},
};

#[tokio::test]
async fn hostile_words_are_data_everywhere() {
    let (double, messages) = double_slack::start(|_| Post::Take);
    let hook = DoubleWeb::start(|_, _| Reply::json(&json!({})));
    let config = format!(
        "{}[connections.bus]\nkind = \"eventbridge\"\nurl = \"{}/events\"\nauth = {{ api_key = {{ header = \"x-api-key\", key = \
         $SECRET }} }}\n[spaces.shop.connections.bus]\nsource = \"acme.oncall\"\nsend = [\"finding\"]\n",
        slack(double.url()),
        hook.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let words = "<!here> <@U1> @channel *b* `c` <https://evil.example|ours> https://evil.example mary.major@example.com \u{1b}[2J";
    let stream = sender.open(words, None).await;
    sender
        .write(&stream, night::whole(Text::new().ext(words))[..3].to_vec())
        .await;
    sender.sent(3).await;
    let messages = messages.lock().unwrap().clone();
    let mut types = BTreeSet::new();
    for message in &messages {
        double_slack::types(&message["blocks"], &mut types);
        let text = message["text"].as_str().unwrap();
        assert!(!text.contains(['<', '>']) && !text.contains("://"), "{text}");
        assert_eq!(
            (
                &message["mrkdwn"],
                &message["parse"],
                &message["link_names"],
                &message["unfurl_links"]
            ),
            (&json!(false), &json!("none"), &json!(false), &json!(false))
        );
        assert!(!message.to_string().contains("mary.major"), "{message}");
        assert!(!message.to_string().contains("\\u001b"), "{message}");
    }
    // Words, lists of words and blocks of words: no mention, no link, no markup.
    assert_eq!(
        types.iter().map(String::as_str).collect::<Vec<_>>(),
        ["rich_text", "rich_text_section", "text"]
    );
    let body: Value = serde_json::from_str(&hook.seen()[0].body).unwrap();
    let entry = &body["Entries"][0];
    assert_eq!(entry["Source"], "acme.oncall");
    assert_eq!(entry["DetailType"], "midwatch finding");
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["investigation"], stream.as_str());
    assert!(
        detail["text"][0]
            .as_str()
            .unwrap()
            .ends_with("<email-1> \u{fffd}[2J"),
        "{detail}"
    );
    assert_eq!(hook.seen()[0].headers["x-api-key"], "hush-hush");
    sender.stop().await;
}

#[tokio::test]
async fn a_ticket_with_a_strange_name_leads_nowhere() {
    let (desk, comments) = double_tickets::servicenow(nothing());
    let (pager, notes) = double_tickets::pagerduty(nothing());
    let config = format!(
        "{}[connections.pager]\nkind = \"pagerduty\"\nurl = \"{}\"\nfrom = \"oncall@example.org\"\n\
         auth = {{ api_key = {{ key = $SECRET }} }}\n[spaces.shop.connections.pager]\n",
        servicenow(desk.url()),
        pager.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let strange = [
        ("servicenow", "javascript:gs.getUserID()"),
        ("servicenow", "x^ORelementISNOTEMPTY"),
        ("servicenow", ".."),
        ("servicenow", "../sys_user/1"),
        ("servicenow", ""),
        ("pagerduty", "."),
        ("pagerduty", ".."),
    ];
    let fine = [
        ("servicenow", "46e18c0fa9fe19810066a0083f76bd56"),
        ("servicenow", "INC0010023"),
        ("pagerduty", "Q1/../2"),
    ];
    for (from, ticket) in strange.into_iter().chain(fine) {
        let event = sender.event(from, Some(ticket), "Orders fail", None).await;
        let stream = sender.open("Orders fail", Some(event)).await;
        sender
            .write(&stream, night::whole("it fails".into())[..1].to_vec())
            .await;
    }
    sender.sent(fine.len()).await;
    until(async || sender.space().await.letters.dead.len() == strange.len()).await;
    for dead in sender.space().await.letters.dead.values() {
        assert!(dead.why.plain().starts_with("nothing is sent to '"), "{dead:?}");
    }
    sender.stop().await;
    assert_eq!(
        comments.lock().unwrap().keys().collect::<Vec<_>>(),
        ["46e18c0fa9fe19810066a0083f76bd56", "INC0010023"]
    );
    assert_eq!(notes.lock().unwrap().keys().collect::<Vec<_>>(), ["Q1%2F..%2F2"]);
    let known = ["46e18c0fa9fe19810066a0083f76bd56", "INC0010023"];
    for request in desk.seen() {
        let path = request.path.as_str();
        let asked = request.query.get("sysparm_query");
        let fine = match path.strip_prefix("/api/now/table/") {
            None => path == "/oauth_token.do",
            // Where a turn begins anew it asks for what may have arrived.
            Some("sys_journal_field") => known
                .iter()
                .any(|known| asked.unwrap().starts_with(&format!("element_id={known}^"))),
            Some(table) => known.iter().any(|known| table == format!("incident/{known}")),
        };
        assert!(fine, "{path} {asked:?}");
    }
}

#[tokio::test]
async fn a_webhook_is_signed_as_our_own_are() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use ring::hmac;
    let hook = DoubleWeb::start(|_, _| Reply::json(&json!({})));
    let config = format!(
        "space = \"shop\"\n[connections.hook]\nkind = \"webhook\"\nurl = \"{}/in\"\nauth = {{ hmac = $SECRET }}\n\
         [spaces.shop.connections.hook]\nsend = [\"cause\"]\n",
        hook.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let stream = sender.open("Errors of orders", None).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(1).await;
    let request = &hook.seen()[0];
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"hush-hush");
    let signed = format!("{}:{}", request.headers["x-amzn-event-timestamp"], request.body);
    let signature = STANDARD
        .decode(&request.headers["x-amzn-event-signature"])
        .unwrap();
    hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["detail"]["resource"], "order-intake");
    assert_eq!(body["key"], request.headers["idempotency-key"].as_str());
    assert_eq!(body["space"], "shop");
    sender.stop().await;
}
