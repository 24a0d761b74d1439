//! The console's lists as an operator works with them: investigations, chat, prevention, the mitigation plan.

use base64::Engine as _;
use midwatch::{
    engine::opening::{self, Opening},
    journal::{
        Actor, Append, Body, Draft, Journal, StreamId,
        body::{Closed, Message, Opened, Proposed, Status, Steering},
        views::{Investigation, Space, report},
    },
    model::{
        Intent, Phase, Priority, Recommendation, RecommendationCategory, RunState, SourceSpec, Start, Text,
        Verdict,
    },
};

use super::support::{
    desk::{Console, Setting, after, now, settled, written},
    night::{self, Pen, Until},
};

fn words(text: &str) -> Start {
    Start::Text {
        text: text.to_owned(),
    }
}

async fn status(pen: &Pen, state: RunState, phase: Option<Phase>) {
    pen.write(Body::Status(Status {
        state,
        phase,
        text: state.as_str().into(),
    }))
    .await;
}

/// Looks again at an investigation, with a hint.
async fn again(journal: &Journal, parent: &Pen) {
    let view = Investigation::fold(&journal.read_all(&parent.stream).await.unwrap());
    let opening = Opening {
        created: view.created.unwrap(),
        source: SourceSpec::Aws {
            account: None,
            region: None,
        },
        parent: Some(parent.stream.clone()),
    };
    let actor = Actor::Operator("dana".to_owned());
    opening::open(journal, actor, opening).await.unwrap();
}

/// One investigation of every sort, and one that was looked at again.
async fn one_of_each(journal: &Journal) {
    let cause = night::bad_deploy(journal, Until::Cause).await;
    night::no_fault(journal).await;
    let unsure = Pen::open(journal, "search 5xx", Priority::High, words("search 5xx")).await;
    let verdict = Some(Verdict::Inconclusive);
    unsure
        .end(RunState::Completed, verdict, None, "cannot tell")
        .await;
    for (title, state) in [
        ("nightly batch", RunState::Failed),
        ("payments slow", RunState::Cancelled),
    ] {
        let pen = Pen::open(journal, title, Priority::Medium, words(title)).await;
        pen.end(state, None, None, "it ended").await;
    }
    let running = Pen::open(journal, "queue depth", Priority::Medium, words("queue depth")).await;
    running.phase(Phase::Test).await;
    let paused = Pen::open(journal, "cpu of web", Priority::Minimal, words("cpu")).await;
    status(&paused, RunState::Running, Some(Phase::Look)).await;
    status(&paused, RunState::Paused, None).await;
    again(journal, &cause).await;
}

#[tokio::test]
async fn investigations_stand_under_headings_in_any_order() {
    let journal = night::empty().await;
    one_of_each(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    let newest = after(&console, &["1"]).await;
    assert!(newest.contains("1 Investigations newest"), "{newest}");
    insta::assert_snapshot!("list_grouped_small", after(&console, &["g", "Home"]).await);
    let end = after(&console, &["End"]).await;
    assert!(end.contains("Cancelled 1"), "{end}");
    let by_priority = after(&console, &["g", "o", "Home"]).await;
    assert!(by_priority.contains("by priority"), "{by_priority}");
    let first = by_priority.lines().nth(3).unwrap();
    assert!(first.contains("order-intake errors"), "{by_priority}");
    after(&console, &["o"]).await;
    let by_title = after(&console, &["o", "Home"]).await;
    insta::assert_snapshot!("list_by_title_small", by_title);
    let console = settled(Setting::large(), &journal).await;
    insta::assert_snapshot!(
        "list_grouped_large",
        after(&console, &["1", "g", "o", "o", "o", "Home"]).await
    );
}

#[tokio::test]
async fn a_filter_takes_words_and_terms_and_says_what_it_takes() {
    let journal = night::empty().await;
    one_of_each(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    let asked = after(&console, &["1", "/"]).await;
    assert!(
        asked.contains("words state:running priority:high verdict:cause linked"),
        "{asked}"
    );
    for (filter, left) in [
        ("state:running", "queue depth"),
        ("priority:high", "search 5xx"),
        ("verdict:nofault", "checkout feels slow"),
        ("batch", "nightly batch"),
        ("state:failed,cancelled payments", "payments slow"),
    ] {
        let found = after(&console, &[filter, "Enter"]).await;
        assert!(
            found.contains(" 1 of 8") && found.contains(left),
            "{filter}: {found}"
        );
        after(&console, &["Esc", "/"]).await;
    }
    let linked = after(&console, &["linked", "Enter"]).await;
    assert!(
        linked.contains("2 of 8") && linked.contains("look 1 of 2") && linked.contains("look 2 of 2"),
        "{linked}"
    );
    let none = after(&console, &["Esc", "/", "priority:urgent", "Enter"]).await;
    insta::assert_snapshot!("list_nothing_found", none);
    let help = after(&console, &["?", "End"]).await;
    assert!(help.contains("state:running"), "{help}");
}

/// Writes thousands of investigations that have ended.
async fn many(journal: &Journal, count: usize) {
    let stream = |number: usize| StreamId::investigation(&format!("01h{number:023}"));
    let head = journal.head(&StreamId::space()).await.unwrap();
    let drafts: Vec<Draft> = (0..count)
        .flat_map(|number| {
            let opened = Body::Opened(Opened {
                stream: stream(number),
                title: Text::new().ext(format!("incident {number:05}")),
                priority: Priority::ALL[number % 5],
                source: SourceSpec::Aws {
                    account: None,
                    region: None,
                },
                parent: None,
                event: None,
            });
            let closed = Body::Closed(Closed {
                stream: stream(number),
                head: head.clone(),
                digest: head.hash.clone(),
                state: RunState::Completed,
                verdict: Some(Verdict::NoFault),
                text: Text::new(),
                category: None,
                confidence: None,
            });
            [Draft::agent(&opened), Draft::agent(&closed)]
        })
        .collect();
    let batch = vec![Append {
        stream: StreamId::space(),
        expected: None,
        epoch: None,
        drafts,
    }];
    journal.append_all(batch).await.unwrap();
}

#[tokio::test]
async fn a_space_of_thousands_is_sorted_filtered_and_walked() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    many(&journal, 3_000).await;
    let console = Setting::small().open(&journal);
    // Streams that `space` knows and nobody wrote are a fault, and it says so.
    console.shows("journal FAULT").await;
    let shown = after(&console, &["1"]).await;
    assert!(shown.contains("3,001"), "{shown}");
    let last = after(&console, &["o", "o", "o", "End"]).await;
    assert!(last.contains("order-intake errors"), "{last}");
    let above = after(&console, &["Up", "Up"]).await;
    assert!(above.contains("incident 02998"), "{above}");
    let one = after(&console, &["/", "02500", "Enter"]).await;
    assert!(
        one.contains("1 of 3001") && one.contains("incident 02500"),
        "{one}"
    );
    let opened = after(&console, &["Down", "Enter"]).await;
    assert!(opened.contains("[2 Journal]"), "{opened}");
}

#[tokio::test]
async fn several_lines_are_typed_sent_and_brought_back() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    let typed = after(&console, &["3", "first line", "Ctrl-J", "second line"]).await;
    insta::assert_snapshot!("chat_two_lines", typed);
    console.press(&["Enter"]).shows("dana      first line").await;
    let bodies = written(&journal, &pen.stream).await;
    let Some((_, Body::Message(message))) = bodies.last() else {
        panic!("{bodies:?}")
    };
    let span = message.text.0.first().unwrap();
    assert_eq!(span.as_str(), "first line\nsecond line");
    console.press(&["why?", "Enter"]).shows("dana      why?").await;
    let draft = after(&console, &["half a thought", "Up"]).await;
    assert!(draft.contains("> why?"), "{draft}");
    // Two lines came back, the cursor in the second: Up goes to the first, then further back in time.
    let earlier = after(&console, &["Up"]).await;
    assert!(earlier.contains("> first line"), "{earlier}");
    let back = after(&console, &["Down", "Down"]).await;
    assert!(back.contains("> half a thought"), "{back}");
    let long = "what we know so far is that the deployment came first ".repeat(4);
    let grown = after(&console, &["Ctrl-J", &long]).await;
    let prompt = grown
        .lines()
        .position(|line| line.contains("> half a thought"))
        .unwrap();
    let rows = grown.lines().count();
    assert!(rows - prompt > 5, "the input grew to its five rows: {grown}");
    // Another sitting knows what this operator said here.
    let later = settled(Setting::small(), &journal).await;
    let recalled = after(&later, &["3", "Up"]).await;
    assert!(recalled.contains("> why?"), "{recalled}");
}

#[tokio::test]
async fn tab_completes_phrases_and_names_and_leads_on_otherwise() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    let away = after(&console, &["3", "Tab"]).await;
    assert!(away.contains("[4 Topology]"), "{away}");
    let one = after(&console, &["3", "ign", "Tab"]).await;
    assert!(one.contains("> ignore"), "{one}");
    let names = after(&console, &["Tab"]).await;
    insta::assert_snapshot!("chat_completion", names);
    let taken = after(&console, &["Tab", "Tab", "Enter"]).await;
    assert!(taken.contains("> ignore orders"), "{taken}");
    // Typing narrows the list as long as nobody has moved in it.
    for _ in 0..20 {
        console.press(&["Backspace"]);
    }
    let narrowed = after(&console, &["wh", "Tab", "at c"]).await;
    assert!(
        narrowed.contains("the gaps, and why") && !narrowed.contains("how far it has come"),
        "{narrowed}"
    );
    let closed = after(&console, &["Esc"]).await;
    assert!(
        closed.contains("[3 Chat]") && !closed.contains("the gaps, and why"),
        "{closed}"
    );
}

#[tokio::test]
async fn citations_are_walked_and_esc_comes_back() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let seen: Vec<u64> = {
        let records = journal.read_all(&pen.stream).await.unwrap();
        let observed = records
            .iter()
            .filter(|record| matches!(record.typed(), Some(Body::Observation(_))));
        observed.map(|record| record.seq).collect()
    };
    pen.write(Body::Message(Message {
        text: "order-intake fails since its deployment".into(),
        cites: seen.clone(),
        answers: None,
        stream: None,
    }))
    .await;
    let console = settled(Setting::small(), &journal).await;
    let list = after(&console, &["3", "Enter"]).await;
    insta::assert_snapshot!("chat_citations", list);
    let there = after(&console, &["Down", "Enter"]).await;
    assert!(
        there.contains("[2 Journal]") && there.contains("back to the chat"),
        "{there}"
    );
    let evidence = after(&console, &["Enter"]).await;
    assert!(evidence.contains(&format!("Evidence #{}", seen[1])), "{evidence}");
    let back = after(&console, &["Esc", "Esc"]).await;
    assert!(back.contains("[3 Chat]"), "{back}");
}

#[tokio::test]
async fn a_sign_stands_where_steering_changed_the_course() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let console = settled(Setting::small(), &journal).await;
    console
        .press(&["3", "ignore stock", "Enter"])
        .shows("ignore stock")
        .await;
    let head = journal.head(&pen.stream).await.unwrap().seq;
    let effect = Text::from("done: hypotheses on ")
        .ext("stock")
        .own(" are set aside");
    pen.write(Body::Steering(Steering {
        message: Some(head),
        intent: Intent::Ignore {
            resource: "stock".into(),
        },
        effect: effect.clone(),
    }))
    .await;
    pen.write(Body::Message(Message {
        text: effect,
        cites: Vec::new(),
        answers: Some(head),
        stream: None,
    }))
    .await;
    let line = format!("* hypotheses on stock are set aside, #{}", head + 1);
    console.shows(&line).await;
    let chat = console.rests().await;
    assert!(!chat.contains("done:"), "what was done is told once: {chat}");
}

/// More measures than one night leaves.
async fn measures(journal: &Journal) -> Pen {
    let pen = night::bad_deploy(journal, Until::Cause).await;
    let other = night::no_fault(journal).await;
    let drafts: Vec<Draft> = [
        (
            RecommendationCategory::Observability,
            "Trace checkout to its table",
        ),
        (RecommendationCategory::Infrastructure, "Give orders more room"),
    ]
    .into_iter()
    .enumerate()
    .map(|(i, (category, title))| {
        Draft::agent(&Body::Recommendation(Proposed {
            id: format!("rec-{i}"),
            recommendation: Recommendation {
                category,
                title: title.into(),
                detail: "It would have been seen a quarter of an hour earlier.".into(),
            },
            informed_by: if i == 0 {
                vec![pen.stream.clone(), other.stream.clone()]
            } else {
                vec![other.stream.clone()]
            },
        }))
    })
    .collect();
    journal
        .append(&StreamId::space(), None, None, drafts)
        .await
        .unwrap();
    pen
}

#[tokio::test]
async fn prevention_sums_up_and_shows_one_category() {
    let journal = night::empty().await;
    measures(&journal).await;
    let console = settled(Setting::small(), &journal).await;
    let all = after(&console, &["5"]).await;
    assert!(
        all.contains("4 measures from 2 incidents; observability weighs most."),
        "{all}"
    );
    assert!(all.contains("Decide first: Trace"), "{all}");
    insta::assert_snapshot!("prevention_measures_small", all);
    let one = after(&console, &["c", "c"]).await;
    assert!(
        one.contains("5 Prevention observability") && one.contains("2 of 4") && !one.contains("Give orders"),
        "{one}"
    );
    let back = after(&console, &["Esc"]).await;
    assert!(back.contains("Give orders more room"), "{back}");
    let detail = after(&console, &["Home", "Enter"]).await;
    insta::assert_snapshot!("prevention_detail_small", detail);
    let opened = after(&console, &["Enter"]).await;
    assert!(
        opened.contains("order-intake errors") && opened.contains("[2 Journal]"),
        "{opened}"
    );
}

/// What was put on the clipboard since the last call.
fn copied(console: &Console) -> String {
    let bytes = String::from_utf8(console.bytes()).unwrap();
    let (_, rest) = bytes.split_once("\u{1b}]52;c;").expect("something was copied");
    let end = rest.find(['\u{7}', '\u{1b}']).unwrap();
    let words = base64::engine::general_purpose::STANDARD
        .decode(&rest[..end])
        .unwrap();
    String::from_utf8(words).unwrap()
}

#[tokio::test]
async fn a_ticket_is_pasted_as_it_was_shown() {
    let journal = night::empty().await;
    measures(&journal).await;
    let mut setting = Setting::small();
    setting.rows = 60;
    let console = settled(setting, &journal).await;
    let preview = after(&console, &["5", "y"]).await;
    console.bytes();
    after(&console, &["Enter"]).await;
    let pasted = copied(&console);
    let space = Space::fold(&journal.read_all(&StreamId::space()).await.unwrap());
    let first = space.recommended()[0];
    assert_eq!(pasted, report::ticket(first, &space).markdown());
    // The preview holds every word of it, in order; long lines are broken.
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: Vec<String> = preview
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'))
        .map(flat)
        .collect();
    let shown = flat(&shown.join(" "));
    assert!(shown.starts_with(&flat(&pasted)), "{shown}\n\n{pasted}");
    let small = settled(Setting::small(), &journal).await;
    insta::assert_snapshot!("ticket_small", after(&small, &["5", "y"]).await);
}

#[tokio::test]
async fn ticks_stay_and_a_part_is_copied_whole() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let ticked = after(&console, &["m", "Enter"]).await;
    assert!(
        ticked.contains("1 of 3 done") && ticked.contains("prepare 1/1") && ticked.contains("[apply 0/1]"),
        "{ticked}"
    );
    insta::assert_snapshot!("plan_ticked_small", ticked);
    let again = after(&console, &["Esc", "m"]).await;
    assert!(again.contains("1 of 3 done"), "{again}");
    console.bytes();
    after(&console, &["Down", "Y"]).await;
    assert_eq!(
        copied(&console),
        "# writes\naws lambda update-alias --function-name order-intake --name live\n"
    );
}

#[tokio::test]
async fn looking_now_opens_a_linked_investigation_of_the_last_minutes() {
    let journal = night::empty().await;
    let parent = night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let asked = after(&console, &["m", "End", "l"]).await;
    insta::assert_snapshot!("look_now_small", asked);
    console.press(&["y"]).shows("QUEUED").await;
    let bodies = written(&journal, &StreamId::space()).await;
    let Some((_, Body::Opened(opened))) = bodies.last() else {
        panic!("{bodies:?}")
    };
    assert_eq!(opened.parent.as_ref(), Some(&parent.stream));
    let created = written(&journal, &opened.stream).await.into_iter().next();
    let Some((_, Body::Created(created))) = created else {
        panic!()
    };
    assert_eq!(created.hint.plain(), "after the mitigation: is the symptom gone?");
    let window = created.window.unwrap();
    assert_eq!((window.to, window.seconds()), (now(), 900));
    let view = Investigation::fold(&journal.read_all(&parent.stream).await.unwrap());
    assert_eq!(created.baseline, view.plan.map(|plan| plan.baseline));
    // The plan of the other investigation is no longer in the way.
    let next = after(&console, &["1"]).await;
    assert!(
        next.contains("after the mitigation: order-intake errors"),
        "{next}"
    );
}
