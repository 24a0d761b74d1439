//! Six cases out of one family: plain, with a herring, with a hole in the evidence, noisy, with a second fault, slow.

use midwatch::model::AlarmState;
use serde_json::json;

use super::{
    draft::Draft,
    families::Family,
    neighbours,
    rng::Rng,
    wave::{Grid, MINUTE, Span, epoch, time},
    world::{Outcome, Shape, World, kind, truth::Begin},
};

/// How a case differs from its family's plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As it is.
    Plain,
    /// Somebody changes something innocent at the same minute.
    Herring,
    /// A telling metric cannot be had.
    Missing,
    /// Noise, losses, chatter.
    Noisy,
    /// Another fault in another part of the system.
    Two,
    /// The effect grows over half an hour.
    Slow,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Plain,
        Self::Herring,
        Self::Missing,
        Self::Noisy,
        Self::Two,
        Self::Slow,
    ];

    /// Its place among all.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0)
    }

    /// The word in the case's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Herring => "herring",
            Self::Missing => "missing",
            Self::Noisy => "noisy",
            Self::Two => "two",
            Self::Slow => "slow",
        }
    }
}

/// Words that the names of a system begin with.
const WORDS: [&str; 31] = [
    "orders", "claims", "parcels", "tickets", "menus", "fares", "loans", "visits", "lessons", "permits",
    "recipes", "stores", "refunds", "trips", "albums", "meters", "vouchers", "leads", "grants", "seats",
    "tolls", "crates", "pets", "plans", "rooms", "teams", "wines", "notes", "polls", "boats", "farms",
];
const REGIONS: [&str; 6] = [
    "eu-central-1",
    "us-east-1",
    "eu-west-1",
    "ap-southeast-2",
    "us-west-2",
    "ca-central-1",
];

/// The word of a part: the same family gets another one in each variant.
pub fn word(family: usize, variant: usize, part: usize) -> &'static str {
    WORDS[(family * 5 + variant * 7 + part * 11) % WORDS.len()]
}

/// An empty world for a case, its grid and its moment drawn from its name. The normal period ends `back` minutes before
/// the window begins; none: as drawn.
pub fn world(name: &str, family: usize, variant: Variant, back: Option<i64>) -> World {
    let number = variant.number();
    let mut rng = Rng::named(&["bench", name]);
    let day = epoch("2025-10-06T00:00:00Z") + 86_400 * rng.whole(0, 68);
    let onset = day + rng.whole(0, 86_400);
    let slow = variant == Variant::Slow;
    let lead = if slow {
        rng.whole(32, 38)
    } else {
        rng.whole(42, 58)
    };
    let from = (onset / MINUTE - lead) * MINUTE;
    // The normal period lies right before the window or one or seven days before it.
    let drawn = [0, 0, 1_440, 0, 10_080][rng.whole(0, 5) as usize];
    let start = match back.unwrap_or(drawn) {
        0 => from - 120 * MINUTE,
        back => from - back * MINUTE,
    };
    let grid = Grid {
        baseline: Span::of(start, 120),
        window: Span::of(from, 90),
    };
    let noisy = variant == Variant::Noisy;
    let shape = Shape {
        onset,
        ramp: if slow {
            rng.whole(20, 38) * MINUTE
        } else {
            rng.whole(20, 110)
        },
        noise: if noisy { rng.range(3.0, 4.0) } else { 1.0 },
        chatter: noisy,
        size: rng.range(0.75, 1.7),
    };
    let region = REGIONS[(family + number) % REGIONS.len()];
    let mut draft = Draft::new(name, name, region, grid);
    draft.packing = 6;
    draft.priority = *rng.pick(&[&"HIGH", &"MEDIUM", &"CRITICAL", &"MEDIUM"]);
    if noisy {
        draft.loss = rng.range(0.05, 0.1);
    }
    World::new(draft, shape, word(family, number, 0))
}

/// One case of a family; `partner` is the second fault of the variant with two.
pub fn case(index: usize, family: Family, partner: Family, variant: Variant) -> World {
    let number = variant.number();
    let name = format!("{}-{}", family.0, variant.word());
    let mut world = world(&name, index, variant, None);
    family.1(&mut world);
    let first = std::mem::take(&mut world.out);
    let mut truth = vec![first];
    if variant == Variant::Two {
        world.word = word(index, number, 1);
        let stack = world.word.to_owned();
        world.stack(&stack);
        world.shape.onset += world.rng("second").whole(20, 150);
        partner.1(&mut world);
        truth.push(std::mem::take(&mut world.out));
    }
    let mut free = world.neighbour(index + number, word(index, number, 2));
    if variant != Variant::Two {
        free.extend(world.neighbour(index + number + 2, word(index, number, 3)));
    }
    match variant {
        Variant::Herring => herring(&mut world, index, &mut truth, &free),
        Variant::Missing => withhold(&mut world, index, &truth),
        _ => {}
    }
    around(&mut world, &free);
    begin(&mut world, index, &truth);
    settle(&mut world, &truth);
    neighbours::stacks(&mut world.draft);
    world
}

/// An innocent act in the minute of the fault, and two others near it.
fn herring(world: &mut World, index: usize, truth: &mut [Outcome], free: &[String]) {
    let Some(first) = truth.first_mut() else { return };
    let near = first.innocents.get(index % first.innocents.len().max(1)).cloned();
    let at = world.shape.onset;
    let mut rng = world.rng("herring");
    let mut acts = Vec::new();
    if let Some(near) = near {
        acts.push((near, at - rng.whole(5, 50)));
    }
    acts.extend(free.first().cloned().map(|id| (id, at - rng.whole(100, 300))));
    acts.extend(free.last().cloned().map(|id| (id, at - rng.whole(600, 1_500))));
    for (id, at) in acts {
        world.innocent_act(&id, at);
        if !first.forbid.contains(&id) {
            first.forbid.push(id);
        }
    }
}

/// The telling metric is not there: silently, or as a gap.
fn withhold(world: &mut World, index: usize, truth: &[Outcome]) {
    let Some((id, metric)) = truth.first().and_then(|first| first.telling.clone()) else {
        world.problems.push("nothing is said to be telling".to_owned());
        return;
    };
    if world.draft.withhold(&id, &metric) == 0 {
        world.problems.push(format!("{id} has no {metric} to withhold"));
    }
    if index % 2 == 1 {
        let why = *world.rng("why").pick(&[
            &"ThrottlingException: Rate exceeded (GetMetricData)",
            &"AccessDenied: cloudwatch:GetMetricData is not allowed for this metric",
            &"the request timed out after 60 s and was not sent again",
        ]);
        world
            .draft
            .gaps
            .push(json!({"what": format!("metric {metric}"), "resource": id, "why": why}));
    }
}

/// What happens in every account around every incident.
pub fn around(world: &mut World, free: &[String]) {
    let onset = world.shape.onset;
    if let Some(id) = free.get(1) {
        world.innocent_act(id, onset - 96 * MINUTE - 11);
    }
    let ids: Vec<&str> = free
        .iter()
        .filter(|id| !id.starts_with("arn:"))
        .take(3)
        .map(String::as_str)
        .collect();
    super::changes::harmless(&mut world.draft, onset, &ids);
}

pub fn begin(world: &mut World, index: usize, truth: &[Outcome]) {
    let Some(first) = truth.first() else { return };
    let onset = world.shape.onset;
    let ramp = world.shape.ramp;
    let after = world.rng("after").whole(3, 9) * MINUTE;
    world.draft.at = onset + ramp * 2 / 3 + after + 3 * MINUTE;
    let Some(second) = truth.get(1) else {
        world.draft.title.clone_from(&first.title);
        match first.begin.clone() {
            Begin::Alarm(name) => start(world, &name, after),
            Begin::Symptom(id, metric, stat) => {
                world.draft.start = format!(
                    "kind = \"symptom\"\nresource = \"{id}\"\nmetric = \"{metric}\"\nstat = \"{stat}\"\n"
                );
            }
            Begin::Text(words) => world.draft.start = format!("kind = \"text\"\ntext = {words:?}\n"),
            Begin::Unsaid => world.problems.push("nothing starts it".to_owned()),
        }
        return;
    };
    world.draft.title = format!("{} and {} both fail", first.suffers, second.suffers);
    if let (0 | 2, Some((a, one)), Some((b, two))) = (index % 4, &first.entry, &second.entry) {
        let name = world.n("gateway");
        let count = one.count.with(&two.count, |a, b| a + b);
        let bad = one.bad.with(&two.bad, |a, b| a + b);
        let millis = one.millis.with(&two.millis, |a, b| f64::midpoint(a, b) + 6.0);
        let usual = bad.iter().take(100).map(|(_, bad)| bad).fold(0.0, f64::max);
        let most = bad.iter().map(|(_, bad)| bad).fold(0.0, f64::max);
        if most > 3.0 * usual + 4.0 {
            let flow = super::world::flow::Flow { count, bad, millis };
            world.stack("edge");
            let front = world.api(
                &name,
                ("ANY", "/{proxy+}"),
                &flow,
                super::world::entry::BEHIND,
                &[],
            );
            world.calls(&front, a);
            world.calls(&front, b);
            let alarm = format!("{name}-5xx");
            world.starts_over(&alarm, (&front, "5XXError", "Sum"), (usual + most * 0.25).round());
            start(world, &alarm, after);
            world.draft.title = format!("{name} answers with errors");
            world.out.forbid.push(front);
            return;
        }
    }
    let since = time(onset).strftime("%H:%M").to_string();
    let words = match index % 3 {
        0 => format!("{} and {} both fail since {since}", first.suffers, second.suffers),
        1 => format!(
            "Since {since} UTC we see trouble with {} and, at the same time, with {}. Please have a look.",
            first.suffers, second.suffers
        ),
        _ => format!(
            "{} is not well, nor is {}; it began around {since}",
            first.suffers, second.suffers
        ),
    };
    world.draft.start = format!("kind = \"text\"\ntext = {words:?}\n");
}

/// Starts with an alarm, some seconds after it fired for the first time and still was in alarm so much later; after it first
/// fired when it never stayed so long.
fn start(world: &mut World, name: &str, after: i64) {
    world.draft.start_with_alarm(name, after);
    let from = time(world.draft.grid.window.from);
    let Some(alarm) = world.draft.alarms.iter().find(|alarm| alarm.name == name) else {
        world.problems.push(format!("there is no alarm {name}"));
        return;
    };
    let fired: Vec<_> = alarm
        .transitions
        .iter()
        .filter(|transition| transition.at >= from && transition.to == AlarmState::Alarm)
        .map(|transition| transition.at.as_second() + after)
        .filter(|at| *at < world.draft.grid.window.to)
        .collect();
    if fired.is_empty() {
        world.problems.push(format!("{name} does not fire in time"));
    }
    let stays = fired
        .into_iter()
        .find(|at| alarm.state_at(time(*at)) == AlarmState::Alarm);
    world.draft.at = stays.unwrap_or(world.draft.at);
}

/// Writes `expected.toml`.
fn settle(world: &mut World, truth: &[Outcome]) {
    let two = truth.len() > 1;
    let mut out = "verdict = \"cause\"\n".to_owned();
    if two {
        out.push_str("all = true\n");
    }
    let mut named = Vec::new();
    let mut forbidden = world.out.forbid.clone();
    for outcome in truth {
        if outcome.causes.is_empty() {
            world.problems.push("no cause is said".to_owned());
        }
        out.push_str(&outcome.tables(two));
        named.extend(outcome.causes.iter().flat_map(|cause| cause.resources.clone()));
        forbidden.extend(outcome.forbid.clone());
    }
    forbidden.sort();
    forbidden.dedup();
    if let Some(both) = forbidden.iter().find(|id| named.contains(id)) {
        world.problems.push(format!("{both} is both right and wrong"));
    }
    out.push_str(&format!("\n[forbid]\nresources = {forbidden:?}\n"));
    let known = |id: &String| {
        *id == kind::REMOTE.cloudformation
            || world
                .draft
                .resources
                .iter()
                .any(|resource| resource.id.as_str() == id)
    };
    if let Some(unknown) = named.iter().chain(&forbidden).find(|id| !known(id)) {
        let problem = format!("{unknown} is expected and not there");
        world.problems.push(problem);
    }
    world.draft.expect(out);
}
