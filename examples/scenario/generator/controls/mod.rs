//! Cases in which nothing is wrong: the alarm is, or a single datum, or the hour.

mod alarms;
mod changes;
mod rhythms;

use super::{
    neighbours,
    variants::{self, Variant},
    wave::{MINUTE, Wave},
    world::{Lambda, Outcome, Site, World, entry::BEHIND, flow::Flow, kind, lay::Own, site::Ids},
};
use serde_json::json;

/// A control: its name, how many minutes before the window the normal period begins (0: right before), and its system.
pub type Control = (&'static str, i64, fn(&mut World));

/// All controls whose names are wanted.
pub fn all(wanted: &dyn Fn(&str) -> bool) -> Vec<World> {
    [alarms::ALL, rhythms::ALL, changes::ALL]
        .into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, control)| wanted(&format!("control-{}", control.0)))
        .map(|(index, control)| one(index, *control))
        .collect()
}

fn one(index: usize, (name, back, lay): Control) -> World {
    let name = format!("control-{name}");
    let variant = if index % 4 == 3 {
        Variant::Herring
    } else {
        Variant::Plain
    };
    let mut world = variants::world(&name, index * 3 + 1, variant, Some(back));
    lay(&mut world);
    let truth = std::mem::take(&mut world.out);
    let mut free = world.neighbour(index, variants::word(index * 3 + 1, variant.number(), 2));
    free.extend(world.neighbour(index + 3, variants::word(index * 3 + 1, variant.number(), 3)));
    // A tempting change near the moment, without any effect.
    if let Some(id) = free.first().filter(|_| index.is_multiple_of(2)) {
        let at = world.shape.onset - 150 - 7 * index as i64;
        world.innocent_act(id, at);
    }
    variants::around(&mut world, &free);
    variants::begin(&mut world, index, &[Outcome { ..truth }]);
    world.draft.expect("verdict = \"no_fault\"\n");
    world.draft.priority = "LOW";
    neighbours::stacks(&mut world.draft);
    world
}

/// The wave, with these values in the minutes from the moment on.
pub fn spiked(w: &World, wave: &Wave, values: &[f64]) -> Wave {
    let first = w.shape.onset / MINUTE * MINUTE;
    wave.map(|at, value| {
        let place = (at - first) / MINUTE;
        if place < 0 {
            value
        } else {
            values.get(place as usize).copied().unwrap_or(value)
        }
    })
}

/// An API, its function and a table, with these series of the API and of the function. Gives back the ids of API and function.
pub fn service(
    w: &mut World,
    flow: &Flow,
    api: Own<'_>,
    function: Own<'_>,
    deployed: Option<i64>,
) -> (String, String) {
    let name = w.n("handler");
    let own: Vec<(&str, &Wave)> = function.to_vec();
    let mut lambda = Lambda::new(&name, "nodejs22.x", flow, &["request answered", "request read"]).own(&own);
    if let Some(at) = deployed {
        lambda = lambda.deployed(at);
    }
    lambda.lay(w);
    let front = w.caller("front", flow, 9.0);
    let id = w.api(&w.n("api"), ("GET", "/v1/items"), &front, BEHIND, api);
    let table = w.n("table");
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let role = w.place(&kind::ROLE, &format!("{name}-role"), json!({}));
    w.client(&w.n("apps"), &id);
    w.calls(&id, &name);
    w.reads(&name, &table);
    w.uses(&name, &role);
    (id, name)
}

/// An ECS service behind a balancer, with a database and a cache, and these series of balancer, service and database. Gives
/// back the site and the database.
pub fn site(
    w: &mut World,
    flow: &Flow,
    front: Own<'_>,
    service: Own<'_>,
    database: Own<'_>,
) -> (Ids, String) {
    let name = w.n("web");
    let ids = Site::new(&name, flow, &["page answered", "page built"])
        .front(front)
        .own(service)
        .lay(w);
    let (db, cache) = (w.n("db"), w.n("cache"));
    w.add(&kind::DATABASE, &db, json!({}), database);
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.reads(&ids.service, &db);
    w.reads(&ids.service, &cache);
    w.client(&w.n("visitors"), &ids.balancer);
    (ids, db)
}

/// Producer, queue, consumer, table, with these series of queue and consumer. Gives back queue and consumer.
pub fn pipeline(w: &mut World, queue: Own<'_>, consumer: Own<'_>) -> (String, String) {
    let (jobs, name, table) = (w.n("jobs"), w.n("worker"), w.n("results"));
    let flow = w.calm("worker", 20.0, 180.0);
    let own: Vec<(&str, &Wave)> = consumer.to_vec();
    Lambda::new(&name, "python3.13", &flow, &["job done", "job read"])
        .own(&own)
        .lay(w);
    w.add(&kind::QUEUE, &jobs, json!({}), queue);
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let producer = w.n("planner");
    w.calm_function(&producer, "python3.13", 20.0, 50.0, &["job planned"]);
    w.writes(&producer, &jobs);
    w.triggers(&jobs, &name);
    w.writes(&name, &table);
    (jobs, name)
}

/// Adds an alarm of so many periods `> threshold` and starts with it.
pub fn fires(w: &mut World, series: (&str, &str, &str), threshold: f64, periods: u32) {
    let name = format!("{}-{}", w.name_of(series.0), series.1.to_lowercase());
    w.alarm(&name, series, super::world::truth::OVER, threshold, periods);
    w.out.begin = super::world::truth::Begin::Alarm(name);
    let title = format!("{} of {} is above {threshold}", series.1, w.name_of(series.0));
    w.title(title, "");
}
