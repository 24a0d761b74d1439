//! The topology pane as an operator drives it: forty resources, two thousand, and one small night.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use jiff::tz::TimeZone;
use midwatch::{
    console::{
        Options,
        draw::draw,
        effects::{Effect, Outcome},
        layout::Pane,
        run::{Surroundings, begin},
        setup::Setup,
        state::State,
        theme::Depth,
        update::{Event, update},
    },
    journal::{
        Actor, Body, Journal, StreamId,
        body::{Observed as ObservedRecord, Plan, Status},
    },
    model::{
        Category, Cause, Direction, Evidence, Observation, Observed, Origin, Phase, Priority, Query,
        RunState, SeriesKey, SourceSpec, Start, Text, Window,
    },
};
use ratatui::layout::Size;

use super::{
    support::{
        desk::{Setting, Still, after, named_key as named, now, settled},
        night::{self, Pen, Until},
    },
    topology::stacked,
};

fn middling() -> Setting {
    Setting {
        columns: 120,
        rows: 40,
        ..Setting::large()
    }
}

/// What was read of a resource.
fn seen(resource: &str, fact: Observed) -> Body {
    Body::Observation(Arc::new(ObservedRecord {
        observation: Observation {
            resource: Some(resource.into()),
            origin: Origin::Metrics,
            at: Some(now()),
            error: 60,
            strength: 0.9,
            notable: !matches!(fact, Observed::MetricNormal { .. }),
            fact,
            text: Text::new().ext(resource).own(" was read"),
        },
        evidence: Vec::new(),
    }))
}

fn key(resource: &str, metric: &str) -> SeriesKey {
    SeriesKey {
        resource: Some(resource.into()),
        namespace: "AWS/Test".to_owned(),
        metric: metric.to_owned(),
        dimensions: BTreeMap::new(),
        stat: "Sum".to_owned(),
        unit: None,
        period: 60,
    }
}

fn suffers(resource: &str, metric: &str) -> Body {
    seen(
        resource,
        Observed::MetricShift {
            series: key(resource, metric),
            direction: Direction::Up,
            before: 0.0,
            after: 41.0,
            peak: 46.0,
            score: 50.0,
            until: None,
        },
    )
}

/// Stacks of ten resources; `s1-orders` is to blame for what `s1-api` shows.
async fn stacks(count: usize) -> (Journal, Pen) {
    let journal = night::empty().await;
    let alarm = Start::Alarm {
        alarm: "s1-api-errors".to_owned(),
    };
    let pen = Pen::open(&journal, "s1-api errors", Priority::High, alarm).await;
    let (resources, relations) = stacked(count);
    pen.phase(Phase::Frame).await;
    pen.ask(Query::Inventory, "what there is", Evidence::Inventory(resources))
        .await;
    pen.ask(
        Query::Relations,
        "who acts on whom",
        Evidence::Relations(relations),
    )
    .await;
    let window = Window::new(now() - jiff::SignedDuration::from_hours(1), now());
    pen.write(Body::Plan(Plan {
        symptom: "5XXError of s1-api".into(),
        resources: vec!["s1-api".into(), "s1-orders".into()],
        subjects: vec!["s1-api".into()],
        series: None,
        at: now(),
        window,
        baseline: window,
        steps: Vec::new(),
        named: Vec::new(),
    }))
    .await;
    pen.write(suffers("s1-read", "Duration")).await;
    pen.write(suffers("s1-write", "Errors")).await;
    (journal, pen)
}

async fn blame(pen: &Pen, resource: &str) {
    pen.write(Body::Cause(Cause {
        resource: resource.into(),
        category: Category::ResourceLimit,
        pattern: "dynamodb-throttling".to_owned(),
        statement: Text::new().own("table ").ext(resource).own(" is throttled"),
        confidence: 0.9,
        evidence: Vec::new(),
    }))
    .await;
}

#[tokio::test]
async fn forty_resources_read_at_every_size() {
    let (journal, pen) = stacks(4).await;
    blame(&pen, "s1-orders").await;
    for (name, setting) in [
        ("topology_40_small", Setting::small()),
        ("topology_40_middling", middling()),
        ("topology_40_large", Setting::large()),
    ] {
        let console = settled(setting, &journal).await;
        insta::assert_snapshot!(name, after(&console, &["4", "z"]).await);
    }
}

#[tokio::test]
async fn two_thousand_resources_say_how_many_are_shown() {
    let (journal, pen) = stacks(200).await;
    blame(&pen, "s1-orders").await;
    let console = settled(Setting::small(), &journal).await;
    let boxes = after(&console, &["4"]).await;
    assert!(
        boxes.contains("of 2,000,") && boxes.contains("around s1-orders"),
        "{boxes}"
    );
    insta::assert_snapshot!("topology_2000_small", boxes);
    insta::assert_snapshot!("topology_2000_names", after(&console, &["-"]).await);
    insta::assert_snapshot!("topology_2000_stacks", after(&console, &["-"]).await);
    let systems = after(&console, &["-"]).await;
    for place in ["111122223330 us-east-1", "111122223331 eu-west-1"] {
        assert!(systems.contains(place), "{systems}");
    }
    let farthest = after(&console, &["-"]).await;
    assert!(farthest.contains("as far as it gets"), "{farthest}");
    let close = after(&console, &["+", "+", "+", "+"]).await;
    assert!(
        close.contains("close") && close.contains("1 hop around"),
        "{close}"
    );
    for (name, setting) in [
        ("topology_2000_middling", middling()),
        ("topology_2000_large", Setting::large()),
    ] {
        let console = settled(setting, &journal).await;
        insta::assert_snapshot!(name, after(&console, &["4", "z"]).await);
    }
}

#[tokio::test]
async fn the_blast_radius_counts_what_depends() {
    let (journal, pen) = stacks(4).await;
    blame(&pen, "s1-orders").await;
    pen.write(seen(
        "s0-write",
        Observed::MetricNormal {
            series: key("s0-write", "Errors"),
            typical: 1.0,
            coverage: 1.0,
            compared: true,
        },
    ))
    .await;
    let console = settled(Setting::small(), &journal).await;
    let blast = after(&console, &["4", "b"]).await;
    assert!(blast.contains("<< s1-orders: "), "{blast}");
    assert!(
        blast.contains("6 depend on it: 3 suffer, 1 fine so far, 2 not looked at"),
        "{blast}"
    );
    insta::assert_snapshot!("topology_blast_small", blast);
    insta::assert_snapshot!("topology_blast_boxes", after(&console, &["s"]).await);
    let over = after(&console, &["s", "Esc"]).await;
    assert!(!over.contains("<<"), "{over}");
    assert!(
        over.contains("#> hits"),
        "the way to the symptom is told in words: {over}"
    );
}

#[tokio::test]
async fn a_search_finds_what_is_outside_the_picture_and_inside_a_fold() {
    let (journal, _) = stacks(200).await;
    let console = settled(Setting::small(), &journal).await;
    let before = after(&console, &["4"]).await;
    assert!(!before.contains("s150-worker"), "{before}");
    let found = after(&console, &["/", "s150-w", "Enter"]).await;
    assert!(found.contains("/s150-w  1 of 2"), "{found}");
    assert!(
        found.contains(" s150-worker ") || found.contains(" s150-write "),
        "{found}"
    );
    let next = after(&console, &["Ctrl-N"]).await;
    assert!(next.contains("2 of 2"), "{next}");
    let again = after(&console, &["Ctrl-N"]).await;
    assert!(again.contains("1 of 2"), "{again}");
    let back = after(&console, &["N"]).await;
    assert!(back.contains("2 of 2"), "{back}");
    let none = after(&console, &["/", "zzz", "Enter"]).await;
    assert!(none.contains("none"), "{none}");
    // Esc drops the words; a second one goes back to what the incident is about.
    let home = after(&console, &["Esc", "Home"]).await;
    assert!(home.contains("around s1-api"), "{home}");
    let folded = after(&console, &["F"]).await;
    assert!(folded.contains("every stack is one box"), "{folded}");
    let opened = after(&console, &["/", "s1-files", "Enter"]).await;
    assert!(opened.contains("s1-files "), "{opened}");
    assert!(opened.contains("s1-files | bucket"), "{opened}");
}

#[tokio::test]
async fn stacks_fold_into_one_box_and_unfold() {
    let (journal, _) = stacks(4).await;
    let console = settled(Setting::large(), &journal).await;
    let open = after(&console, &["4", "z"]).await;
    assert!(open.contains("s1-files"), "{open}");
    let folded = after(&console, &[" "]).await;
    assert!(folded.contains("1 folded"), "{folded}");
    assert!(folded.contains("10 resources · the loudest: symptom"), "{folded}");
    assert!(!folded.contains("s1-files"), "{folded}");
    insta::assert_snapshot!("topology_folded", folded);
    let listed = after(&console, &["Enter"]).await;
    assert!(
        listed.contains("10 resources in one box") && listed.contains("s1-files"),
        "{listed}"
    );
    let unfolded = after(&console, &["Esc", " "]).await;
    assert!(unfolded.contains("s1-files"), "{unfolded}");
    let all = after(&console, &["F"]).await;
    assert!(all.contains("4 folded"), "{all}");
    let none = after(&console, &["F"]).await;
    assert!(!none.contains(" folded"), "{none}");
}

#[tokio::test]
async fn the_picture_is_moved_within_its_bounds_and_comes_back() {
    let (journal, _) = stacks(4).await;
    let console = settled(Setting::small(), &journal).await;
    let start = after(&console, &["4"]).await;
    let body = |screen: &str| {
        screen
            .lines()
            .skip(3)
            .take(16)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    console.press(&["J"; 40]);
    let bottom = console.rests().await;
    assert_ne!(body(&bottom), body(&start));
    assert!(
        bottom.contains("s1-api"),
        "the line still tells of the cursor: {bottom}"
    );
    console.press(&["J"; 5]);
    assert_eq!(
        body(&console.rests().await),
        body(&bottom),
        "no further than its edge"
    );
    console.press(&["K"; 60]);
    let top = console.rests().await;
    assert!(
        !top.lines()
            .nth(3)
            .unwrap_or_default()
            .trim_matches(['|', ' ', '#'])
            .is_empty(),
        "{top}"
    );
    let back = after(&console, &["c"]).await;
    assert!(
        back.contains("= s1-api =") || back.contains("> ! s1-api"),
        "{back}"
    );
}

#[tokio::test]
async fn the_sheet_tells_all_and_leads_on() {
    let journal = night::empty().await;
    night::bad_deploy(&journal, Until::Cause).await;
    let console = settled(Setting::small(), &journal).await;
    let sheet = after(&console, &["4", "Enter"]).await;
    insta::assert_snapshot!("topology_sheet", sheet);
    assert!(sheet.contains("AWS::Lambda::Function"), "{sheet}");
    let evidence = after(&console, &["Enter"]).await;
    assert!(
        evidence.contains("Errors") && evidence.contains("1/"),
        "{evidence}"
    );
    let back = after(&console, &["Esc"]).await;
    assert!(back.contains("AWS::Lambda::Function"), "{back}");
    // The last row leads to the one that acts on it.
    let followed = after(&console, &["End", "Enter"]).await;
    assert!(followed.contains("AWS::ApiGateway::RestApi"), "{followed}");
    let again = after(&console, &["Left"]).await;
    assert!(again.contains("AWS::Lambda::Function"), "{again}");
    let closed = after(&console, &["Esc"]).await;
    assert!(closed.contains("[4 Topology]"), "{closed}");
}

#[tokio::test]
async fn marks_come_without_moving_anything() {
    let (journal, pen) = stacks(4).await;
    let console = settled(Setting::large(), &journal).await;
    let before = after(&console, &["4", "z"]).await;
    for at in 0..4 {
        pen.write(suffers(&format!("s{at}-events"), "ApproximateAgeOfOldestMessage"))
            .await;
    }
    console.shows("△ Approx").await;
    let marked = console.rests().await;
    let corners = |screen: &str| {
        let rows = screen.lines().enumerate().skip(2).take(50);
        let corners = rows.flat_map(|(y, row)| {
            row.chars()
                .enumerate()
                .filter(|(_, c)| "┌┐└┘┏┓┗┛▼".contains(*c))
                .map(move |(x, c)| (x, y, c))
                .collect::<Vec<_>>()
        });
        corners.collect::<Vec<_>>()
    };
    assert_eq!(corners(&before), corners(&marked));
    blame(&pen, "s1-orders").await;
    console.shows("cause").await;
    console.press(&["Home"]);
    let blamed = console.rests().await;
    assert!(
        !marked.contains('┰') && blamed.contains('┰'),
        "the way leaves its box as a heavy line: {blamed}"
    );
}

/// A console's state without a terminal, at 200x60.
fn bare(journal: &Journal) -> State {
    let options = Options {
        journal: journal.clone(),
        support: None,
        engine: Arc::new(Still::default()),
        space: "checkout-prod".to_owned(),
        source: SourceSpec::Aws {
            account: None,
            region: None,
        },
        account: None,
        region: None,
        actor: Actor::Operator("dana".to_owned()),
        theme: None,
        ascii: false,
        select: None,
        title: String::new(),
        setup: Setup::default(),
    };
    let surroundings = Surroundings {
        out: std::io::sink(),
        size: Size::new(200, 60),
        depth: Depth::True,
        ascii: false,
        clock: Arc::new(now),
        zone: TimeZone::UTC,
        folder: std::env::temp_dir(),
    };
    let mut state = begin(&options, &surroundings).unwrap();
    state.focus = Pane::Topology;
    state
}

/// The state once everything that was written is read.
async fn filled(journal: &Journal, pen: &Pen) -> State {
    let mut state = bare(journal);
    // The investigation comes first: it is then known when the space makes it the one that is shown.
    let mut records = journal.read_all(&pen.stream).await.unwrap();
    records.extend(journal.read_all(&StreamId::space()).await.unwrap());
    let mut wanted = update(&mut state, Event::Records(records), now());
    while let Some(effect) = wanted.pop() {
        if let Effect::Fetch {
            stream,
            seq,
            answered,
        } = effect
        {
            let evidence = journal.evidence(&answered.data).await;
            let outcome = Outcome::Fetched {
                stream,
                seq,
                evidence: evidence.map_err(|error| error.to_string()),
            };
            wanted.extend(update(&mut state, Event::Outcome(outcome), now()));
        }
    }
    state
}

/// Not a timed test: it counts how often graph, layout and picture are made while records stream in. With `--nocapture`
/// it says how long the pane took.
#[tokio::test]
async fn a_stream_of_records_lays_nothing_out_anew() {
    let (journal, pen) = stacks(200).await;
    let mut state = filled(&journal, &pen).await;
    assert_eq!(state.topology.graph.len(), 2_000);
    for key in ["-", "-", "-", "+", "+", "+", "F", "F"] {
        let begun = Instant::now();
        update(&mut state, Event::Key(named(key)), now());
        let (zoom, took) = (state.topology.zoom, begun.elapsed());
        println!("{key} to {zoom:?}: laid out in {took:?}");
    }
    let before = state.topology.made;
    for at in 0..200 {
        let body = if at % 2 == 0 {
            suffers(&format!("s{at}-worker"), "Errors")
        } else {
            Body::Status(Status {
                state: RunState::Running,
                phase: Some(Phase::Look),
                text: "looks".into(),
            })
        };
        pen.write(body).await;
    }
    let records = journal
        .read(&pen.stream, written_upto(&state), 1_000)
        .await
        .unwrap();
    assert_eq!(records.len(), 200);
    let mut took = Vec::new();
    for record in records {
        let begun = Instant::now();
        update(&mut state, Event::Records(vec![record]), now());
        let updated = begun.elapsed();
        draw(&state);
        took.push((begun.elapsed(), updated));
    }
    took.sort();
    println!(
        "update and draw, of which update: median {:?}, p99 {:?}",
        took[100], took[198]
    );
    let [graphs, layouts, pictures] = state.topology.made;
    assert_eq!([graphs, layouts], [before[0], before[1]], "marks lay nothing out");
    assert_eq!(
        pictures - before[2],
        100,
        "what says nothing of a resource costs nothing"
    );
}

/// The last record that the console knows of the selected investigation.
fn written_upto(state: &State) -> u64 {
    state.investigation().map_or(0, |inv| inv.seq)
}

/// What holds whatever was pressed.
fn holds(state: &State) {
    let pane = &state.topology;
    let picture = pane.picture();
    let inside = state.layout().inside(Pane::Topology);
    let room = (usize::from(inside.width) - 2, usize::from(inside.height) - 2);
    assert!(
        pane.offset.0 <= picture.width.saturating_sub(room.0),
        "no further than the right edge"
    );
    assert!(
        pane.offset.1 <= (picture.height + 1).saturating_sub(room.1),
        "no further than the lower edge"
    );
    let cursor = pane.cursor.as_ref().expect("the cursor stands on something");
    assert!(pane.graph.contains(cursor));
    assert!(picture.place(cursor).is_some(), "{cursor} is in the picture");
    let shown: usize = picture.places.iter().map(|place| place.ids.len()).sum();
    assert_eq!(shown, pane.extent.ids.len(), "the title counts what is shown");
}

#[tokio::test]
async fn whatever_is_pressed_the_cursor_is_in_the_picture_and_the_picture_in_its_bounds() {
    const KEYS: [&str; 22] = [
        "h", "j", "k", "l", "H", "J", "K", "L", "+", "-", "c", " ", "F", "b", "s", "o", "/", "N", "Esc",
        "Home", "Enter", "PgDn",
    ];
    let (journal, pen) = stacks(30).await;
    blame(&pen, "s1-orders").await;
    let start = filled(&journal, &pen).await;
    // A walk that is the same every time: a small congruential generator.
    let mut seed = 20_251_027_u64;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for size in [Size::new(80, 24), Size::new(120, 40), Size::new(200, 60)] {
        let mut state = start.clone();
        update(&mut state, Event::Resize(size), now());
        for _ in 0..250 {
            let key = KEYS[next(KEYS.len())];
            let words = if key == "/" {
                vec!["/", "s", "2", "Enter"]
            } else {
                vec![key]
            };
            for key in words {
                update(&mut state, Event::Key(named(key)), now());
            }
            if !state.overlays.is_empty() {
                update(&mut state, Event::Key(named("Esc")), now());
            }
            // Esc may lead to another pane.
            update(&mut state, Event::Key(named("4")), now());
            holds(&state);
        }
    }
}

#[tokio::test]
async fn folding_twice_is_as_if_nothing_was_folded() {
    let (journal, pen) = stacks(4).await;
    let mut state = filled(&journal, &pen).await;
    let before = state.topology.picture().clone();
    for keys in [[" ", " "], ["F", "F"]] {
        update(&mut state, Event::Key(named(keys[0])), now());
        assert_ne!(state.topology.picture(), &before);
        update(&mut state, Event::Key(named(keys[1])), now());
        assert_eq!(state.topology.picture(), &before);
    }
}
