//! The graph as an indented list, for little room or many lines.

use std::collections::VecDeque;

use super::{
    Health, Rect, boxes, paint,
    picture::{Look, Picture, Place, Role},
    scene::{Item, Scene},
    words,
};
use crate::model::ResourceId;

/// A row of the tree.
struct Row {
    prefix: String,
    what: What,
}

enum What {
    /// An item, with what it acts on below it.
    Item(usize),
    /// Items that the one above acts on too, but that stand elsewhere.
    Also(Vec<usize>),
}

/// Draws a scene as a tree: what is acted on stands below what acts, indented. An item on which several act stands below
/// the first of them, and is only named below the others.
pub(super) fn tree(scene: &Scene, way: &[ResourceId], look: Look<'_>, width: usize, ascii: bool) -> Picture {
    let rows = rows(scene, width, ascii);
    let widest = if width > 0 {
        width
    } else {
        rows.iter()
            .map(|row| wanted(scene, row, ascii))
            .max()
            .unwrap_or(0)
    };
    let mut picture = Picture::new(widest, rows.len());
    picture.tree = true;
    let mut place_of = vec![None; scene.items.len()];
    for (y, row) in rows.iter().enumerate() {
        let x = picture.write(0, y, widest, &row.prefix, Role::Edge);
        let at = match &row.what {
            What::Item(at) => *at,
            What::Also(items) => {
                picture.write(
                    x,
                    y,
                    widest,
                    &words::cut(&also(scene, items, ascii), widest - x, ascii),
                    Role::Soft,
                );
                continue;
            }
        };
        let item = &scene.items[at];
        let reached = paint::reached(item, look);
        let told = Told {
            chosen: look.selected.is_some_and(|id| item.holds(id)),
            on_way: way.iter().any(|id| item.holds(id)),
            hits: next_on_way(scene, way, at),
            reached,
        };
        paint_item(&mut picture, (x, y), item, &told, ascii);
        if look.reach.is_some() && reached.is_none() {
            picture.set_aside(Rect {
                x: 0,
                y,
                width: widest,
                height: 1,
            });
        }
        place_of[at] = Some(picture.places.len());
        picture.places.push(Place {
            ids: item.members.iter().map(|member| member.id.clone()).collect(),
            rect: Rect {
                x: 0,
                y,
                width: widest,
                height: 1,
            },
            title: item.title.clone(),
            health: item.mark.health,
            up: Vec::new(),
            down: Vec::new(),
        });
    }
    for line in &scene.lines {
        if let (Some(from), Some(to)) = (place_of[line.from], place_of[line.to]) {
            picture.places[from].down.push(to);
            picture.places[to].up.push(from);
        }
    }
    picture
}

/// Columns that a row would like to have.
fn wanted(scene: &Scene, row: &Row, ascii: bool) -> usize {
    let own = match &row.what {
        What::Item(at) => {
            let item = &scene.items[*at];
            let mark = boxes::mark(item.mark.health, item.mark.note.as_deref(), ascii);
            let mark = mark.map_or(0, |mark| words::width(&mark.0));
            words::width(&item.title) + words::width(&item.word) + mark + 8
        }
        What::Also(items) => words::width(&also(scene, items, ascii)),
    };
    words::width(&row.prefix) + own
}

/// Names that stand elsewhere in the tree.
fn also(scene: &Scene, items: &[usize], ascii: bool) -> String {
    const NAMED: usize = 4;
    let names: Vec<&str> = items
        .iter()
        .take(NAMED)
        .map(|at| scene.items[*at].title.as_str())
        .collect();
    let more = match items.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    format!("{} {}{more}", if ascii { "see" } else { "↗" }, names.join(", "))
}

fn rows(scene: &Scene, width: usize, ascii: bool) -> Vec<Row> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); scene.items.len()];
    let mut has_parent = vec![false; scene.items.len()];
    for line in &scene.lines {
        below[line.from].push(line.to);
        has_parent[line.to] = true;
    }
    // The loud ones first, and what has something below it before what stands alone.
    let leaf: Vec<bool> = below.iter().map(Vec::is_empty).collect();
    let rank = |at: usize| (std::cmp::Reverse(loudness(scene, at)), leaf[at], at);
    let mut order: Vec<usize> = (0..scene.items.len()).collect();
    order.sort_by_key(|&at| (has_parent[at], rank(at)));
    for children in &mut below {
        children.sort_by_key(|&at| rank(at));
    }
    let step = if width > 0 && width < 40 { 2 } else { 3 };
    let deepest = if width > 0 {
        (width / 2).max(step)
    } else {
        usize::MAX
    };
    let (roots, children) = grow(&order, &below);
    let mut rows = Vec::new();
    for root in roots {
        // (what, prefix of itself, prefix of its children)
        let mut stack = vec![(What::Item(root), String::new(), String::new())];
        while let Some((what, own, inner)) = stack.pop() {
            let mut next = Vec::new();
            if let What::Item(at) = what {
                let elsewhere: Vec<usize> = below[at]
                    .iter()
                    .copied()
                    .filter(|child| !children[at].contains(child))
                    .collect();
                next.extend(children[at].iter().map(|child| What::Item(*child)));
                if !elsewhere.is_empty() {
                    next.push(What::Also(elsewhere));
                }
            }
            rows.push(Row { prefix: own, what });
            let count = next.len();
            for (at, what) in next.into_iter().enumerate().rev() {
                let (tee, bar) = arms(at + 1 == count, step, ascii);
                if words::width(&inner) + step > deepest {
                    stack.push((what, inner.clone(), inner.clone()));
                } else {
                    stack.push((what, format!("{inner}{tee}"), format!("{inner}{bar}")));
                }
            }
        }
    }
    rows
}

/// A spanning forest, in breadth, so that everything stands as near to its root as it can: the roots, and the children
/// of each item.
fn grow(order: &[usize], below: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut children = vec![Vec::new(); below.len()];
    let mut seen = vec![false; below.len()];
    let mut roots = Vec::new();
    for &root in order {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        roots.push(root);
        let mut queue = VecDeque::from([root]);
        while let Some(at) = queue.pop_front() {
            for &child in &below[at] {
                if !std::mem::replace(&mut seen[child], true) {
                    children[at].push(child);
                    queue.push_back(child);
                }
            }
        }
    }
    (roots, children)
}

fn loudness(scene: &Scene, at: usize) -> Health {
    let health = scene.items[at].mark.health;
    if health == Health::Healthy {
        Health::Unknown
    } else {
        health
    }
}

const fn arms(last: bool, step: usize, ascii: bool) -> (&'static str, &'static str) {
    match (last, step, ascii) {
        (false, 2, false) => ("├ ", "│ "),
        (true, 2, false) => ("└ ", "  "),
        (false, _, false) => ("├─ ", "│  "),
        (true, _, false) => ("└─ ", "   "),
        (false, 2, true) => ("|-", "| "),
        (true, 2, true) => ("`-", "  "),
        (false, _, true) => ("|- ", "|  "),
        (true, _, true) => ("`- ", "   "),
    }
}

/// What a row tells beside the item itself.
struct Told<'a> {
    chosen: bool,
    on_way: bool,
    /// What its failure hits next on the way to the symptom.
    hits: Option<&'a str>,
    reached: Option<u32>,
}

/// What the item makes suffer on the way from cause to symptom.
fn next_on_way<'a>(scene: &'a Scene, way: &[ResourceId], at: usize) -> Option<&'a str> {
    let item = scene.items.get(at)?;
    let last = way.iter().rposition(|id| item.holds(id))?;
    let next = way.get(last + 1)?;
    let next = scene.items.iter().find(|item| item.holds(next))?;
    Some(&next.title)
}

fn paint_item(picture: &mut Picture, (x, y): (usize, usize), item: &Item, told: &Told<'_>, ascii: bool) {
    let right = picture.width;
    let mut x = x;
    if told.chosen {
        x = picture.write(x, y, right, if ascii { "> " } else { "▸ " }, Role::Focus);
    }
    let sign = item.mark.health.mark(ascii);
    if !sign.is_empty() && item.mark.health != Health::Healthy {
        x = picture.write(x, y, right, &format!("{sign} "), Role::Mark(item.mark.health));
    }
    let name = words::clip(&item.title, right.saturating_sub(x), ascii);
    let role = match (told.chosen, told.on_way) {
        (true, _) => Role::Focus,
        (false, true) => Role::Path,
        (false, false) => Role::Name,
    };
    x = picture.write(x, y, right, &name, role);
    let mut runs = Vec::new();
    if let Some(distance) = told.reached {
        runs.push((boxes::long_reach(distance, ascii), Role::Reach));
    }
    match (item.mark.health, &item.mark.note) {
        (Health::Healthy, None) => {}
        (health, Some(note)) => runs.push((note.clone(), Role::Mark(health))),
        (health, None) if health.is_loud() => {
            runs.push((health.as_str().to_owned(), Role::Mark(health)));
        }
        _ => {}
    }
    if let (Some(hits), None) = (told.hits, told.reached) {
        runs.push((
            format!("{} hits {hits}", if ascii { "#>" } else { "━▶" }),
            Role::Path,
        ));
    }
    if item.word != item.title {
        runs.push((item.word.clone(), Role::Type));
    }
    if item.mark.health == Health::Healthy && item.mark.note.is_none() {
        runs.push((sign.to_owned(), Role::Mark(Health::Healthy)));
    }
    for (words, role) in runs {
        if x + 2 + words::width(&words) > right {
            break;
        }
        x = picture.write(x + 2, y, right, &words, role);
    }
}
