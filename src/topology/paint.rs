//! Boxes and lines into cells.

use std::collections::BTreeSet;

use super::{
    boxes::Label,
    glyphs::{self, Border, Joint},
    layout::{End, Layout, Rect, Wire},
    picture::{Look, Picture, Place, Role},
    scene::{Item, Kind, Scene},
};
use crate::model::ResourceId;

/// What lines do in a cell: those that run up and down, and those that run sideways, each of one net.
#[derive(Debug, Clone, Copy, Default)]
struct Lines {
    joint: Joint,
    upright: Option<usize>,
    sideways: Option<usize>,
    soft: bool,
    path: bool,
    head: Option<bool>,
}

/// Draws a laid-out scene.
pub(super) fn paint(
    scene: &Scene,
    labels: &[Label],
    layout: &Layout,
    way: &[ResourceId],
    look: Look<'_>,
    ascii: bool,
) -> Picture {
    let mut picture = Picture::new(layout.width, layout.height);
    picture.places = places(scene, &layout.boxes);
    let reached: Vec<Option<u32>> = scene.items.iter().map(|item| reached(item, look)).collect();
    for (((item, label), rect), reached) in scene.items.iter().zip(labels).zip(&layout.boxes).zip(&reached) {
        let chosen = look.selected.is_some_and(|id| item.holds(id));
        match (look.reach, reached) {
            (Some(_), Some(distance)) => {
                let mut label = label.clone();
                label.fill(item, Some(*distance), ascii);
                paint_box(&mut picture, item, &label, *rect, chosen, ascii);
            }
            _ => paint_box(&mut picture, item, label, *rect, chosen, ascii),
        }
    }
    let on_way = match look.reach {
        Some(_) => (0..scene.lines.len())
            .filter(|&line| {
                let line = &scene.lines[line];
                !line.is_soft() && reached[line.from].is_some() && reached[line.to].is_some()
            })
            .collect(),
        None => on_way(scene, way),
    };
    let mut lines = vec![Lines::default(); layout.width * layout.height];
    for wire in &layout.wires {
        let path = wire.arcs.iter().any(|arc| on_way.contains(arc));
        run(&mut lines, layout.width, wire, path);
    }
    for (at, line) in lines.iter().enumerate() {
        paint_line(&mut picture, at % layout.width, at / layout.width, line, ascii);
    }
    if look.reach.is_some() {
        for (rect, _) in layout
            .boxes
            .iter()
            .zip(&reached)
            .filter(|(_, reached)| reached.is_none())
        {
            picture.set_aside(*rect);
        }
    }
    picture
}

/// How far the failure that is asked about travels to an item; none where it does not reach it, or nothing is asked.
pub(super) fn reached(item: &Item, look: Look<'_>) -> Option<u32> {
    let reach = look.reach?;
    item.members
        .iter()
        .filter_map(|member| reach.distance(&member.id))
        .min()
}

fn places(scene: &Scene, boxes: &[Rect]) -> Vec<Place> {
    let mut places: Vec<Place> = scene
        .items
        .iter()
        .zip(boxes)
        .map(|(item, rect)| Place {
            ids: item.members.iter().map(|member| member.id.clone()).collect(),
            rect: *rect,
            title: item.title.clone(),
            health: item.mark.health,
            up: Vec::new(),
            down: Vec::new(),
        })
        .collect();
    for line in &scene.lines {
        let lies_below = boxes[line.from].y < boxes[line.to].y;
        let (upper, lower) = if lies_below {
            (line.from, line.to)
        } else {
            (line.to, line.from)
        };
        places[upper].down.push(lower);
        places[lower].up.push(upper);
    }
    places
}

/// The lines that the way from cause to symptom takes.
fn on_way(scene: &Scene, way: &[ResourceId]) -> BTreeSet<usize> {
    let at = |id: &ResourceId| scene.items.iter().position(|item| item.holds(id));
    let steps: Vec<Option<usize>> = way.iter().map(at).collect();
    let pairs: Vec<(usize, usize)> = steps
        .windows(2)
        .filter_map(|pair| Some(((*pair.first()?)?, (*pair.get(1)?)?)))
        .collect();
    (0..scene.lines.len())
        .filter(|&line| {
            let line = &scene.lines[line];
            pairs.contains(&(line.from, line.to)) || pairs.contains(&(line.to, line.from))
        })
        .collect()
}

fn paint_box(picture: &mut Picture, item: &Item, label: &Label, rect: Rect, chosen: bool, ascii: bool) {
    let role = if chosen { Role::Focus } else { Role::Border };
    let style = match (chosen, item.kind) {
        (true, _) => Border::Heavy,
        (false, Kind::Group) => Border::Dashed,
        (false, _) => Border::Plain,
    };
    let (level, upright, corners) = glyphs::border(style, ascii);
    let (right, bottom) = (rect.right() - 1, rect.bottom() - 1);
    for x in rect.x + 1..right {
        picture.put(x, rect.y, level, role);
        picture.put(x, bottom, level, role);
    }
    for y in rect.y + 1..bottom {
        picture.put(rect.x, y, upright, role);
        picture.put(right, y, upright, role);
    }
    for ((x, y), corner) in [
        (rect.x, rect.y),
        (right, rect.y),
        (right, bottom),
        (rect.x, bottom),
    ]
    .into_iter()
    .zip(corners)
    {
        picture.put(x, y, corner, role);
    }
    if label.title.iter().any(|run| !run.0.is_empty()) {
        let x = rect.x + 2;
        // The blanks belong to the name: a line that ends on this border must not show in them.
        picture.put(x, rect.y, ' ', Role::Name);
        let mut end = x + 1;
        for (words, role) in &label.title {
            end = picture.write(end, rect.y, right, words, *role);
        }
        picture.put(end.min(right - 1), rect.y, ' ', Role::Name);
    }
    for (row, runs) in label.rows.iter().enumerate() {
        let mut x = rect.x + 2;
        for (words, role) in runs {
            x = picture.write(x, rect.y + 1 + row, right, words, *role);
        }
    }
}

/// Lays one stretch of line into the cells.
fn run(lines: &mut [Lines], width: usize, wire: &Wire, path: bool) {
    let weight = if path { 2 } else { 1 };
    let mut touch = |x: usize, y: usize, sides: Joint, is_upright: bool| {
        let Some(cell) = (x < width).then(|| lines.get_mut(y * width + x)).flatten() else {
            return;
        };
        let fresh = cell.upright.is_none() && cell.sideways.is_none();
        cell.joint.up = cell.joint.up.max(sides.up);
        cell.joint.down = cell.joint.down.max(sides.down);
        cell.joint.left = cell.joint.left.max(sides.left);
        cell.joint.right = cell.joint.right.max(sides.right);
        *(if is_upright {
            &mut cell.upright
        } else {
            &mut cell.sideways
        }) = Some(wire.net);
        cell.soft = wire.soft && (fresh || cell.soft);
        cell.path |= path;
    };
    let points = wire.points();
    let last = points.len().saturating_sub(2);
    for (at, pair) in points.windows(2).enumerate() {
        let [(x0, y0), (x1, y1)] = *pair else { continue };
        if x0 == x1 {
            // At its ends a line goes on where it is open, and into the arrow head.
            let from = |y: usize| y > y0 || (at == 0 && wire.top == End::Open);
            let to = |y: usize| y < y1 || (at == last && wire.bottom != End::Border);
            for y in y0..=y1 {
                let sides = Joint {
                    up: if from(y) { weight } else { 0 },
                    down: if to(y) { weight } else { 0 },
                    ..Joint::default()
                };
                touch(x0, y, sides, true);
            }
        } else {
            let (least, most) = (x0.min(x1), x0.max(x1));
            for x in least..=most {
                let sides = Joint {
                    left: if x > least { weight } else { 0 },
                    right: if x < most { weight } else { 0 },
                    ..Joint::default()
                };
                touch(x, y0, sides, false);
            }
        }
    }
    for (end, x, y, down) in [
        (wire.top, wire.x0, wire.y0, false),
        (wire.bottom, wire.x1, wire.y1, true),
    ] {
        if end == End::Head
            && let Some(cell) = (x < width).then(|| lines.get_mut(y * width + x)).flatten()
        {
            cell.head = Some(down);
        }
    }
}

fn paint_line(picture: &mut Picture, x: usize, y: usize, line: &Lines, ascii: bool) {
    if line.upright.is_none() && line.sideways.is_none() {
        return;
    }
    let role = match (line.path, line.soft) {
        (true, _) => Role::Path,
        (false, true) => Role::Soft,
        (false, false) => Role::Edge,
    };
    if let Some(down) = line.head {
        picture.put(x, y, glyphs::head(down, ascii), role);
        return;
    }
    let under = picture.cell(x, y);
    if matches!(under.role, Role::Border | Role::Focus) {
        // A line that begins on a border grows out of it.
        let heavy = if under.role == Role::Focus { 2 } else { 1 };
        let joint = Joint {
            left: heavy,
            right: heavy,
            ..line.joint
        };
        picture.put(x, y, joint.glyph(false, ascii), under.role);
        return;
    }
    if under.role != Role::Blank {
        return;
    }
    let mut joint = line.joint;
    let crossing = matches!((line.upright, line.sideways), (Some(a), Some(b)) if a != b);
    if crossing {
        // Lines of two nets do not meet: one passes over the other.
        joint.left = 0;
        joint.right = 0;
    }
    picture.put(x, y, joint.glyph(line.soft, ascii), role);
}
