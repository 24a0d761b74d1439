//! Comments and notes on the tickets that investigations came from.

use midwatch::{
    model::Text,
    outlets::{preview::Preview, tide::Tide as _},
};

use super::{WHOLE, servicenow};
use crate::support::{
    double_tickets::{self, nothing},
    double_web::Reply,
    outlets::{Sender, night, until},
};

#[tokio::test]
async fn servicenow_holds_the_five_kinds_of_its_own_tickets_and_no_other() {
    let (double, comments) = double_tickets::servicenow(nothing());
    let mut sender = Sender::new(&servicenow(double.url())).await;
    sender.start().await;
    let here = format!("{}/nav_to.do?uri=incident.do", double.url());
    let event = sender
        .event("servicenow", Some("sys1"), "Orders fail", Some(&here))
        .await;
    let stream = sender.open("Orders fail", Some(event)).await;
    // Nobody's ticket, another sender's, and one of another instance.
    let other = sender.open("Checkout is slow", None).await;
    let pager = sender.event("pagerduty", Some("P1"), "Pager", None).await;
    let paged = sender.open("Pager", Some(pager)).await;
    let elsewhere = sender
        .event(
            "servicenow",
            Some("sys9"),
            "x",
            Some("https://other.service-now.com/x"),
        )
        .await;
    sender.link(elsewhere, &stream).await;
    for stream in [&other, &paged] {
        sender
            .write(stream, night::whole("nothing to do with it".into()))
            .await;
    }
    let hostile = Text::new().ext("[code]<img src=x>[/code] https://evil.example @[Dana] mary@example.com");
    sender.write(&stream, night::whole(hostile)[..4].to_vec()).await;
    // A second ticket joins in the middle.
    sender.sent(3).await;
    let second = sender
        .event("servicenow", Some("sys2"), "Orders fail too", Some(&here))
        .await;
    sender.link(second, &stream).await;
    sender.resolve(event, &stream).await;
    sender.sent(4).await;
    sender.write(&stream, night::whole("".into())[4..].to_vec()).await;
    sender.sent(10).await;
    let comments = comments.lock().unwrap().clone();
    assert_eq!(comments.keys().collect::<Vec<_>>(), ["sys1", "sys2"]);
    let head = |said: &String| said.lines().next().unwrap().to_owned();
    assert_eq!(comments["sys1"].iter().map(head).collect::<Vec<_>>(), WHOLE);
    let joined: Vec<String> = comments["sys2"].iter().map(head).collect();
    assert_eq!(joined[0], "Another incident was tied to it");
    assert_eq!(joined[1..], WHOLE[3..]);
    let finding = &comments["sys1"][1];
    assert!(
        finding.contains("[ code]<img src=x>[ /code] https: //evil.example @ [Dana] <email-1>"),
        "{finding}"
    );
    assert!(comments["sys1"][4].contains("\n    aws lambda update-alias --name live\n"));
    // One login serves all.
    let logins = double
        .seen()
        .iter()
        .filter(|request| request.path == "/oauth_token.do")
        .count();
    assert!(logins <= 2, "{logins}");
    sender.stop().await;
}

#[tokio::test]
async fn a_ticket_that_is_stuck_holds_up_no_other_of_its_investigation() {
    let (double, comments) = double_tickets::servicenow(Box::new(|request, _| {
        let stuck = request.path == "/api/now/table/incident/stuck";
        stuck.then(|| Reply::error(503, "down for maintenance"))
    }));
    let mut sender = Sender::new(&servicenow(double.url())).await;
    sender.start().await;
    let first = sender
        .event("servicenow", Some("stuck"), "Orders fail", None)
        .await;
    let stream = sender.open("Orders fail", Some(first)).await;
    let second = sender
        .event("servicenow", Some("fine"), "Orders fail too", None)
        .await;
    sender.link(second, &stream).await;
    let begun = sender.tide.now();
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(7).await;
    assert_eq!(comments.lock().unwrap()["fine"].len(), 7);
    // All that waited for the other are given up after one day, not one a day.
    until(async || sender.space().await.letters.dead.len() == 6).await;
    let days = sender.tide.now().duration_since(begun).as_hours() / 24;
    assert_eq!(days, 1);
    sender.stop().await;
}

#[tokio::test]
async fn a_test_is_never_taken_for_the_message_that_it_was_made_like() {
    let (pager, notes) = double_tickets::pagerduty(nothing());
    let config = format!(
        "space = \"shop\"\n[connections.pager]\nkind = \"pagerduty\"\nurl = \"{}\"\nfrom = \"oncall@example.org\"\n\
         auth = {{ api_key = {{ key = $SECRET }} }}\n[spaces.shop.connections.pager]\nsend = [\"cause\"]\n",
        pager.url(),
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    sender.stop().await;
    let paged = sender.event("pagerduty", Some("P1"), "Orders fail", None).await;
    let stream = sender.open("Orders fail", Some(paged)).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    let outlet = sender.outlets().remove(0);
    let preview = Preview::of(&sender.journal, &outlet, None, None).await.unwrap();
    assert_eq!(preview.target.as_deref(), Some("P1"));
    preview.as_test().send(&outlet).await.unwrap();
    // Whoever begins to send asks whether the receiver has what waits already.
    sender.start().await;
    sender.sent(1).await;
    sender.stop().await;
    let notes = notes.lock().unwrap();
    let [test, real] = &notes["P1"][..] else {
        panic!("{notes:?}")
    };
    assert!(test.starts_with("Test of midwatch: Root cause\n"), "{test}");
    assert!(
        test.ends_with(&format!("\n\na test of midwatch, made like {stream} #5")),
        "{test}"
    );
    assert!(real.starts_with("Root cause\n"), "{real}");
}

#[tokio::test]
async fn pagerduty_and_dynatrace_are_told_in_their_own_words() {
    let (pager, notes) = double_tickets::pagerduty(nothing());
    let (problems, comments) = double_tickets::dynatrace(nothing());
    let config = format!(
        "space = \"shop\"\n[connections.pager]\nkind = \"pagerduty\"\nurl = \"{}\"\nfrom = \"oncall@example.org\"\n\
         auth = {{ api_key = {{ key = $SECRET }} }}\n[connections.watch]\nkind = \"dynatrace\"\napi = \"{}\"\n\
         auth = {{ api_key = {{ key = $SECRET }} }}\n[spaces.shop.connections.pager]\nsend = [\"cause\", \"status\"]\n\
         [spaces.shop.connections.watch]\nsend = [\"status\"]\n",
        pager.url(),
        problems.url()
    );
    let mut sender = Sender::new(&config).await;
    sender.start().await;
    let paged = sender.event("pagerduty", Some("P1"), "Orders fail", None).await;
    let stream = sender.open("Orders fail", Some(paged)).await;
    let problem = sender
        .event("dynatrace", Some("-42_1V2"), "Failure rate", None)
        .await;
    sender.link(problem, &stream).await;
    sender.write(&stream, night::whole("it fails".into())).await;
    sender.sent(6).await;
    let head = |said: &String| said.lines().next().unwrap().to_owned();
    let notes: Vec<String> = notes.lock().unwrap()["P1"].iter().map(head).collect();
    assert_eq!(notes, [WHOLE[0], WHOLE[2], WHOLE[5]]);
    let told: Vec<String> = comments.lock().unwrap()["-42_1V2"].iter().map(head).collect();
    assert_eq!(told, ["Another incident was tied to it", WHOLE[0], WHOLE[5]]);
    // As PagerDuty publishes it (github.com/PagerDuty/api-schema, reference/REST/openapiv3.json, operations listIncidentNotes and
    // createIncidentNote at 00df8f4): POST /incidents/{id}/notes, the version in Accept, a user's address in From, a body of one
    // object `note`, which holds its `content`.
    let mut sent = pager.seen();
    assert!(sent.iter().all(|request| request.path == "/incidents/P1/notes"));
    let version = "application/vnd.pagerduty+json;version=2";
    assert!(sent.iter().all(|request| request.headers["accept"] == version));
    sent.retain(|request| request.method == "POST");
    assert_eq!(sent.len(), 3);
    for request in &sent {
        assert_eq!(request.headers["from"], "oncall@example.org");
        assert_eq!(request.headers["content-type"], "application/json");
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        let members =
            |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(&body), ["note"]);
        assert_eq!(members(&body["note"]), ["content"]);
    }
    sender.stop().await;
}
