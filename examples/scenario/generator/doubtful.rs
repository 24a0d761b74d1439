//! Cases that cannot be decided: what would tell the answers apart was not captured, or was never there.

use serde_json::json;

use super::{
    neighbours,
    variants::{self, Variant},
    wave::{epoch, time},
    world::{Lambda, Site, World, entry::BEHIND, kind},
};

/// A case: its name and its system; it gives back the resources of which nothing could be read.
type Doubt = (&'static str, fn(&mut World) -> Vec<String>);

const ALL: [Doubt; 7] = [
    ("symptom-unread", symptom_unread),
    ("three-behind-unread", three_behind),
    ("nothing-but-the-symptom", nothing_but),
    ("two-deploys-at-once", two_deploys),
    ("consumer-unread", consumer_unread),
    ("capture-ended", capture_ended),
    ("errors-of-unknown-origin", unknown_origin),
];

/// All of them whose names are wanted.
pub fn all(wanted: &dyn Fn(&str) -> bool) -> Vec<World> {
    let all = ALL.into_iter().enumerate();
    all.filter(|(_, doubt)| wanted(&format!("doubt-{}", doubt.0)))
        .map(|(index, doubt)| one(index, doubt))
        .collect()
}

fn one(index: usize, (name, lay): Doubt) -> World {
    let name = format!("doubt-{name}");
    let mut world = variants::world(&name, index * 4 + 2, Variant::Plain, None);
    let unread = lay(&mut world);
    let truth = std::mem::take(&mut world.out);
    let mut free = world.neighbour(index, variants::word(index * 4 + 2, 0, 2));
    free.extend(world.neighbour(index + 1, variants::word(index * 4 + 2, 0, 3)));
    variants::begin(&mut world, index, &[truth]);
    if world
        .draft
        .gaps
        .iter()
        .any(|gap| gap["what"] == "changes" && gap.get("resource").is_none())
    {
        world.draft.changes.clear();
    } else {
        variants::around(&mut world, &free);
    }
    let end = world
        .draft
        .gaps
        .iter()
        .find_map(|gap| gap["from"].as_str().map(epoch));
    if let Some(end) = end {
        world.draft.cut(end);
    }
    for id in &unread {
        hide(&mut world, id);
    }
    world.draft.expect(format!(
        "verdict = \"inconclusive\"\n\n[forbid]\nresources = {free:?}\n"
    ));
    neighbours::stacks(&mut world.draft);
    world
}

fn denied(action: &str) -> String {
    format!(
        "AccessDenied: arn:aws:sts::111122223333:assumed-role/oncall-readonly/capture is not authorized to perform {action}"
    )
}

/// Nothing of a resource could be read.
fn hide(world: &mut World, id: &str) {
    world.draft.withhold_all(id);
    world
        .draft
        .logs
        .retain(|line| line.resource.as_ref().is_none_or(|mine| mine.as_str() != id));
    world
        .draft
        .events
        .retain(|event| event.resource.as_ref().is_none_or(|mine| mine.as_str() != id));
    for (what, action) in [
        ("metrics", "cloudwatch:GetMetricData"),
        ("logs", "logs:FilterLogEvents"),
        ("configuration", "cloudcontrol:GetResource"),
        ("service events", "health:DescribeEvents"),
    ] {
        world
            .draft
            .gaps
            .push(json!({"what": what, "resource": id, "why": denied(action)}));
    }
    for resource in &mut world.draft.resources {
        if resource.id.as_str() == id {
            resource.config = serde_json::Value::Null;
        }
    }
}

fn no_changes(world: &mut World) {
    world
        .draft
        .gaps
        .push(json!({"what": "changes", "why": denied("cloudtrail:LookupEvents")}));
}

/// The alarm fired; its metric, its logs and the changes cannot be read.
fn symptom_unread(w: &mut World) -> Vec<String> {
    let (name, api, table) = (w.n("handler"), w.n("api"), w.n("items"));
    let flow = w.failing("handler", &w.calm("handler", 40.0, 80.0), 0.5);
    Lambda::new(&name, "nodejs22.x", &flow, &["request answered"]).lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("GET", "/items"), &front, BEHIND, &[]);
    w.add(&kind::TABLE, &table, json!({}), &[]);
    w.calls(&id, &name);
    w.reads(&name, &table);
    no_changes(w);
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 6.0);
    w.title(format!("{api} answers with errors"), &api);
    vec![id, name]
}

/// A slow service, and nothing may be read of the three that it depends on, nor of itself.
fn three_behind(w: &mut World) -> Vec<String> {
    let name = w.n("web");
    let flow = w.slower("web", &w.calm("web", 95.0, 90.0), 1_900.0);
    let ids = Site::new(&name, &flow, &["page answered"]).lay(w);
    let (database, cache, partner) = (
        w.n("db"),
        w.n("cache"),
        format!("api.{}-partner.example.com", w.word),
    );
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.outside(&partner);
    w.reads(&ids.service, &database);
    w.reads(&ids.service, &cache);
    w.calls(&ids.service, &partner);
    no_changes(w);
    w.starts_over(
        &format!("{name}-slow"),
        (&ids.balancer, "TargetResponseTime", "Average"),
        0.8,
    );
    w.title(format!("{name} is slow"), &name);
    vec![ids.service, database, cache, partner]
}

/// An API fails; it passes requests to two partners, writes no access log, and nobody changed anything.
fn nothing_but(w: &mut World) -> Vec<String> {
    let api = w.n("broker-api");
    let flow = w.failing("broker", &w.calm("broker", 70.0, 190.0), 0.4);
    let id = w.api(&api, ("POST", "/offers"), &flow, BEHIND, &[]);
    w.draft.logs.clear();
    for name in ["north", "south"] {
        let partner = format!("{name}.{}-offers.example.net", w.word);
        w.outside(&partner);
        w.calls(&id, &partner);
    }
    let role = w.place(&kind::ROLE, &w.n("broker-role"), json!({}));
    w.uses(&id, &role);
    w.client(&w.n("agents"), &id);
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 8.0);
    w.title(format!("{api} answers with errors"), &api);
    Vec::new()
}

/// Two functions behind one service were deployed in the same minute, and neither may be looked into.
fn two_deploys(w: &mut World) -> Vec<String> {
    let name = w.n("shop");
    let flow = w.failing(
        "shop",
        &w.slower("shop", &w.calm("shop", 88.0, 120.0), 800.0),
        0.5,
    );
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["page answered"])
        .error(&move |rng| {
            super::world::words::error(
                &n,
                "a function behind this page answered with an error",
                &json!({"page": rng.whole(10, 99)}),
            )
        })
        .lay(w);
    let at = w.act();
    let mut both = Vec::new();
    for (name, offset) in [(w.n("prices"), 0), (w.n("stock"), 4)] {
        let inner = w.failing(&name, &w.calm(&name, 88.0, 40.0), 0.5);
        Lambda::new(&name, "nodejs22.x", &inner, &["answered"])
            .deployed(at + offset)
            .lay(w);
        w.calls(&ids.service, &name);
        both.push(name);
    }
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        9.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    both
}

/// Messages wait; their consumer, what starts it and what it writes to cannot be read, nor can the changes.
fn consumer_unread(w: &mut World) -> Vec<String> {
    let (name, queue, database) = (w.n("worker"), w.n("jobs"), w.n("db"));
    let queue = w.backed_up(&queue, 12.0, 0.9);
    w.calm_function(&name, "python3.13", 14.0, 210.0, &["job done"]);
    let mapping = w.place(&kind::MAPPING, &w.n("poller"), json!({"FunctionName": name}));
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    let producer = w.n("planner");
    w.calm_function(&producer, "python3.13", 14.0, 44.0, &["job planned"]);
    w.writes(&producer, &queue);
    w.triggers(&queue, &mapping);
    w.triggers(&mapping, &name);
    w.triggers(&queue, &name);
    w.writes(&name, &database);
    no_changes(w);
    w.starts_over(
        &format!("{queue}-age"),
        (&queue, "ApproximateAgeOfOldestMessage", "Maximum"),
        300.0,
    );
    w.title(format!("Messages in {queue} wait"), &queue);
    vec![name, mapping, database]
}

/// The capture ends with the first minute of the trouble.
fn capture_ended(w: &mut World) -> Vec<String> {
    let (name, api) = (w.n("handler"), w.n("api"));
    let flow = w.failing("handler", &w.calm("handler", 55.0, 75.0), 0.6);
    Lambda::new(&name, "nodejs22.x", &flow, &["request answered"]).lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&api, ("GET", "/items"), &front, BEHIND, &[]);
    let (table, cache) = (w.n("items"), w.n("cache"));
    w.add(&kind::TABLE, &table, json!({}), &[]);
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.calls(&id, &name);
    w.reads(&name, &table);
    w.reads(&name, &cache);
    w.starts_over(&format!("{api}-5xx"), (&id, "5XXError", "Sum"), 8.0);
    w.title(format!("{api} answers with errors"), &api);
    let end = w.shape.onset / 60 * 60;
    for what in ["metrics", "logs", "changes", "service events"] {
        let why = "the capture ended here: the disk of the jump host was full";
        w.draft.gaps.push(json!({"what": what, "from": time(end).to_string(), "to": time(w.grid().window.to).to_string(), "why": why}));
    }
    Vec::new()
}

/// Failing runs without a word about why, and two things that they use of which nothing is known.
fn unknown_origin(w: &mut World) -> Vec<String> {
    let (name, queue) = (w.n("sync"), w.n("changes"));
    let flow = w.failing("sync", &w.calm("sync", 22.0, 160.0), 0.5);
    Lambda::new(&name, "python3.13", &flow, &["change applied"]).lay(w);
    let group = format!("/aws/lambda/{name}");
    w.draft.logs.retain(|line| line.group != group);
    w.draft.gaps.push(
        json!({"what": format!("logs in {group}"), "resource": name, "why": denied("logs:FilterLogEvents")}),
    );
    w.backed_up(&queue, 8.0, 0.5);
    let (left, right) = (format!("left.{}.example.org", w.word), w.n("target"));
    w.outside(&left);
    w.add(&kind::DATABASE, &right, json!({}), &[]);
    w.triggers(&queue, &name);
    w.reads(&name, &left);
    w.writes(&name, &right);
    no_changes(w);
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 4.0);
    w.title(format!("{name} fails"), &name);
    vec![right]
}
