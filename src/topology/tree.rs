//! The graph as an indented list, for little room or many lines.

use std::collections::BTreeSet;

use super::{
    Health, Rect, boxes,
    picture::{Picture, Place, Role},
    scene::{Item, Scene},
    words,
};
use crate::model::ResourceId;

struct Row {
    item: usize,
    prefix: String,
    /// It stands further up already, with all that lies below it.
    again: bool,
}

/// Draws a scene as a tree: what is acted on stands below what acts, indented. An item with several parents stands in
/// full below the first of them, and is only named below the others.
pub(super) fn tree(
    scene: &Scene,
    way: &[ResourceId],
    selected: Option<&ResourceId>,
    width: usize,
    ascii: bool,
) -> Picture {
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
        let item = &scene.items[row.item];
        let chosen = selected.is_some_and(|id| item.members.iter().any(|member| member.id == *id));
        let on_way = item.members.iter().any(|member| way.contains(&member.id));
        paint_row(&mut picture, y, row, item, (chosen, on_way), ascii);
        if !row.again {
            place_of[row.item] = Some(picture.places.len());
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
    }
    for line in &scene.lines {
        if let (Some(from), Some(to)) = (place_of[line.from], place_of[line.to]) {
            picture.places[from].down.push(to);
            picture.places[to].up.push(from);
        }
    }
    picture
}

fn wanted(scene: &Scene, row: &Row, ascii: bool) -> usize {
    let item = &scene.items[row.item];
    let mark = boxes::mark(item.mark.health, item.mark.note.as_deref(), ascii);
    words::width(&row.prefix)
        + words::width(&item.title)
        + words::width(&item.word)
        + mark.map_or(0, |mark| words::width(&mark.0))
        + 8
}

fn rows(scene: &Scene, width: usize, ascii: bool) -> Vec<Row> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); scene.items.len()];
    let mut has_parent = vec![false; scene.items.len()];
    for line in &scene.lines {
        below[line.from].push(line.to);
        has_parent[line.to] = true;
    }
    // The loud ones first, and what has something below it before what stands alone.
    let rank = |at: usize| (std::cmp::Reverse(loudness(scene, at)), below[at].is_empty(), at);
    let mut order: Vec<usize> = (0..scene.items.len()).collect();
    order.sort_by_key(|&at| (has_parent[at], rank(at)));
    let mut sorted = below.clone();
    for children in &mut sorted {
        children.sort_by_key(|&at| rank(at));
    }
    let step = if width > 0 && width < 40 { 2 } else { 3 };
    let deepest = if width > 0 {
        (width / 2).max(step)
    } else {
        usize::MAX
    };
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for root in order {
        if seen.contains(&root) {
            continue;
        }
        // (item, prefix of its children, prefix of itself)
        let mut stack = vec![(root, String::new(), String::new())];
        while let Some((item, prefix, own)) = stack.pop() {
            let again = !seen.insert(item);
            rows.push(Row {
                item,
                prefix: own,
                again,
            });
            if again {
                continue;
            }
            let children = &sorted[item];
            for (at, &child) in children.iter().enumerate().rev() {
                let last = at + 1 == children.len();
                let (tee, bar) = arms(last, step, ascii);
                let (own, inner) = if words::width(&prefix) + step > deepest {
                    (prefix.clone(), prefix.clone())
                } else {
                    (format!("{prefix}{tee}"), format!("{prefix}{bar}"))
                };
                stack.push((child, inner, own));
            }
        }
    }
    rows
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

fn paint_row(
    picture: &mut Picture,
    y: usize,
    row: &Row,
    item: &Item,
    (chosen, on_way): (bool, bool),
    ascii: bool,
) {
    let right = picture.width;
    let mut x = picture.write(0, y, right, &row.prefix, Role::Edge);
    if chosen {
        x = picture.write(x, y, right, if ascii { "> " } else { "▸ " }, Role::Focus);
    }
    let sign = item.mark.health.mark(ascii);
    if !sign.is_empty() && item.mark.health != Health::Healthy {
        x = picture.write(x, y, right, &format!("{sign} "), Role::Mark(item.mark.health));
    }
    let name = words::clip(&item.title, right.saturating_sub(x), ascii);
    let role = match (chosen, on_way) {
        (true, _) => Role::Focus,
        (false, true) => Role::Path,
        (false, false) => Role::Name,
    };
    x = picture.write(x, y, right, &name, role);
    if row.again {
        picture.write(x, y, right, if ascii { " (above)" } else { " ↑" }, Role::Soft);
        return;
    }
    let mut runs = vec![(item.word.clone(), Role::Type)];
    match (item.mark.health, &item.mark.note) {
        (Health::Healthy, None) => runs.push((sign.to_owned(), Role::Mark(Health::Healthy))),
        (health, Some(note)) => runs.insert(0, (note.clone(), Role::Mark(health))),
        (health, None) if health > Health::Healthy => {
            runs.insert(0, (health.as_str().to_owned(), Role::Mark(health)));
        }
        _ => {}
    }
    for (words, role) in runs {
        if x + 2 + words::width(&words) > right {
            break;
        }
        x = picture.write(x + 2, y, right, &words, role);
    }
}
