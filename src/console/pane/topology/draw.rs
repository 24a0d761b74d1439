//! The topology pane in cells.

use ratatui::layout::Rect;

use super::{TopologyPane, Zoom, settle};
use crate::{
    console::{
        canvas::Canvas,
        layout::Pane,
        pane,
        rich::{Rich, shown},
        state::State,
        styles,
        theme::Role,
        words as say,
    },
    model::ResourceId,
    topology::{self as graph, Health, Place, View},
};

/// Draws the pane.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let topology = &state.topology;
    let (title, right) = heading(state, canvas, usize::from(area.width).saturating_sub(8));
    let inner = pane::frame(state, canvas, area, Pane::Topology, title, right);
    if topology.graph.is_empty() {
        let words = if state.investigation().is_some() {
            "No resources are known yet."
        } else {
            "Resources and relations around an incident stand here, with what suffers and what is to blame."
        };
        return pane::teach(canvas, inner, &[Rich::of(Role::Dim, words)]);
    }
    let foot = settle::foot(topology).min(inner.height);
    let body = Rect {
        x: inner.x + 1.min(inner.width),
        width: inner.width.saturating_sub(2),
        height: inner.height - foot,
        ..inner
    };
    picture(topology, canvas, body);
    let edge = Rect {
        x: inner.x,
        width: inner.width,
        ..body
    };
    canvas.scrollbar(edge, topology.offset.1, topology.picture.height);
    let mut lines = Vec::new();
    lines.extend(radius(topology, canvas));
    lines.push(about(topology, canvas));
    let last = Rect {
        y: inner.bottom() - foot,
        height: foot,
        ..body
    };
    let width = usize::from(last.width);
    let lines: Vec<Rich> = lines
        .into_iter()
        .map(|line| line.fit(width, canvas.glyphs.more))
        .collect();
    canvas.lines(last, &lines);
}

/// What is drawn at a cell inside the pane's frame, in a pane of this width.
pub fn at(pane: &TopologyPane, x: usize, y: usize, width: usize) -> Option<ResourceId> {
    // As below: a cell of air on both sides, a small picture in the middle, a large one moved by its offset.
    let left = width.saturating_sub(2).saturating_sub(pane.picture.width) / 2;
    let x = (x + pane.offset.0).checked_sub(left + 1)?;
    let place = pane.picture.hit(x, y + pane.offset.1)?;
    place.ids.first().cloned()
}

/// The cells of the picture that are in view, and where matches stand in it.
fn picture(pane: &TopologyPane, canvas: &mut Canvas<'_>, body: Rect) {
    let left = usize::from(body.width).saturating_sub(pane.picture.width) / 2;
    let (dx, dy) = pane.offset;
    for y in 0..usize::from(body.height) {
        for x in 0..usize::from(body.width) {
            let Some(px) = (x + dx).checked_sub(left) else {
                continue;
            };
            let cell = pane.picture.cell(px, y + dy);
            if cell.ch == graph::WIDE || cell.ch == ' ' {
                continue;
            }
            let style = canvas.theme.style(role(cell.role));
            let mut bytes = [0; 4];
            let (cx, cy) = (body.x + x as u16, body.y + y as u16);
            canvas.sign(cx, cy, cell.ch.encode_utf8(&mut bytes), style);
        }
    }
    if pane.search.found.is_empty() {
        return;
    }
    for id in &pane.search.found {
        let Some(place) = pane.picture.place(id) else {
            continue;
        };
        for x in name(pane, place) {
            let (Some(cx), Some(cy)) = ((x + left).checked_sub(dx), place.rect.y.checked_sub(dy)) else {
                continue;
            };
            if cx < usize::from(body.width) && cy < usize::from(body.height) {
                let cell = Rect::new(body.x + cx as u16, body.y + cy as u16, 1, 1);
                canvas.tint(cell, Role::Match);
            }
        }
    }
}

/// The columns in which a place's name stands.
fn name(pane: &TopologyPane, place: &Place) -> Vec<usize> {
    let row = place.rect.x..place.rect.right();
    row.filter(|x| {
        let cell = pane.picture.cell(*x, place.rect.y);
        let edge = matches!(cell.ch, '─' | '━' | '┄' | '┏' | '┓' | '┌' | '┐');
        let own = matches!(
            cell.role,
            graph::Role::Name | graph::Role::Path | graph::Role::Aside | graph::Role::Focus
        );
        own && cell.ch != ' ' && !edge && !(cell.role != graph::Role::Name && "-=+#.>▸".contains(cell.ch))
    })
    .collect()
}

/// The title: view and zoom at the left; how much is shown, or what was found, at the right.
fn heading(state: &State, canvas: &Canvas<'_>, room: usize) -> (Rich, Rich) {
    let topology = &state.topology;
    let mut title = pane::title(state, Pane::Topology);
    if topology.graph.is_empty() {
        return (title, Rich::new());
    }
    let dot = canvas.glyphs.dot;
    if topology.shown.is_some() {
        title = title
            .add(Role::Faint, format!(" {dot} "))
            .add(Role::Text, "space");
    }
    let zoom = match (topology.picture.tree, topology.zoom) {
        (false, zoom) => zoom.word().to_owned(),
        (true, Zoom::Boxes) => "tree".to_owned(),
        (true, Zoom::Names) => "wide tree".to_owned(),
        (true, zoom) => format!("tree, {}", zoom.word()),
    };
    title = title.add(Role::Faint, format!(" {dot} ")).add(Role::Text, zoom);
    let room = room.saturating_sub(title.width());
    if topology.filter.is_on() {
        let found = &topology.search.found;
        let at = topology
            .cursor
            .as_ref()
            .and_then(|id| found.iter().position(|other| other == id));
        let count = match (at, found.len()) {
            (_, 0) if topology.filter.needle().is_empty() => String::new(),
            (_, 0) => "  none".to_owned(),
            (Some(at), many) => format!("  {} of {many}", at + 1),
            (None, many) => format!("  {many} found"),
        };
        let words =
            Rich::of(Role::Accent, format!("/{}", topology.filter.field.text())).add(Role::Text, count);
        return (title, words.fit(room, canvas.glyphs.more));
    }
    let fits = told(state).into_iter().find(|words| words.len() <= room);
    if let Some(words) = fits {
        return (title, Rich::of(Role::Dim, words));
    }
    // However narrow it is: nothing is hidden without a word.
    if !topology.extent.whole {
        title = pane::title(state, Pane::Topology).add(
            Role::Dim,
            format!(" {}/{}", topology.extent.ids.len(), topology.graph.len()),
        );
    }
    (title, Rich::new())
}

/// How much is shown, from the longest words to the shortest.
fn told(state: &State) -> Vec<String> {
    let topology = &state.topology;
    let grouped = |count: usize| say::grouped(count as u64);
    let all = topology.graph.len();
    let folded = match topology.folded.len() {
        0 => String::new(),
        many => format!(", {many} folded"),
    };
    if topology.extent.whole {
        let boxes = topology.picture.places.len();
        let resources = say::count(all as u64, "resources");
        let together = if boxes < all && topology.zoom.view() != View::System {
            format!("all {resources} in {}", say::count(boxes as u64, "boxes"))
        } else {
            resources.clone()
        };
        return vec![format!("{together}{folded}"), together, resources];
    }
    let part = format!("{} of {}", grouped(topology.extent.ids.len()), grouped(all));
    let hops = match topology.extent.hops {
        1 => "1 hop".to_owned(),
        hops => format!("{hops} hops"),
    };
    let around = topology
        .middle
        .first()
        .map_or_else(String::new, |id| name_of(topology, id));
    vec![
        format!("{part}, {hops} around {around}{folded}"),
        format!("{part}, {hops} around {around}"),
        format!("{part}, {hops}"),
        part,
    ]
}

/// What a resource is called.
pub fn name_of(pane: &TopologyPane, id: &ResourceId) -> String {
    let name = pane
        .graph
        .node(id)
        .map_or(id.as_str(), |node| node.resource.name.as_str());
    shown(&graph::words::short_name(name))
}

/// The blast radius in a sentence: how many depend on the resource, and how they fare.
fn radius(pane: &TopologyPane, canvas: &Canvas<'_>) -> Option<Rich> {
    let reach = pane.reach.as_ref()?;
    let toll = reach.toll(&pane.graph);
    let sign = if canvas.glyphs.ascii { "<<" } else { "«" };
    let line = Rich::of(Role::Bad, format!("{sign} ")).add(Role::Strong, name_of(pane, &reach.root));
    Some(line.add(Role::Text, format!(": {}", sentence(toll, false))))
}

/// `12 depend on it: 3 suffer, 9 fine so far`, with how many of them depend directly where there is room.
pub fn sentence(toll: graph::Toll, direct: bool) -> String {
    if toll.depend == 0 {
        return "nothing that is known depends on it".to_owned();
    }
    let mut parts = Vec::new();
    for (count, words) in [
        (toll.suffer, if toll.suffer == 1 { "suffers" } else { "suffer" }),
        (toll.changed, "changed"),
        (toll.fine, "fine so far"),
        (toll.unknown, "not looked at"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let verb = if toll.depend == 1 { "depends" } else { "depend" };
    let direct = match toll.direct {
        _ if !direct => String::new(),
        all if all == toll.depend => " directly".to_owned(),
        some => format!(", {some} directly"),
    };
    format!("{} {verb} on it{direct}: {}", toll.depend, parts.join(", "))
}

/// One line on the resource under the cursor.
fn about(pane: &TopologyPane, canvas: &Canvas<'_>) -> Rich {
    let Some((id, node)) = pane
        .cursor
        .as_ref()
        .and_then(|id| Some((id, pane.graph.node(id)?)))
    else {
        return Rich::new();
    };
    let dot = canvas.glyphs.dot;
    let place = pane.picture.place(id);
    if let Some(place) = place.filter(|place| place.ids.len() > 1) {
        return together(place, canvas);
    }
    let health = node.mark.health;
    let mut line = Rich::of(role(graph::Role::Mark(health)), health.mark(canvas.glyphs.ascii));
    if !line.is_empty() {
        line = line.add(Role::Text, " ");
    }
    line = line.ext(&node.resource.name).add(
        Role::Dim,
        format!(" {dot} {}", graph::words::type_word(&node.resource.kind)),
    );
    if !matches!(health, Health::Unknown) {
        line = line.add(Role::Dim, format!(" {dot} {}", health.as_str()));
    }
    if let Some(note) = &node.mark.note {
        line = line
            .add(Role::Dim, format!(" {dot} "))
            .add(Role::Text, shown(note));
    }
    if let Some(distance) = pane.reach.as_ref().and_then(|reach| reach.distance(id)) {
        let words = match distance {
            0 => "if it fails".to_owned(),
            1 => "depends on it directly".to_owned(),
            hops => format!("depends on it over {hops} hops"),
        };
        line = line.add(Role::Dim, format!(" {dot} ")).add(Role::Bad, words);
    }
    let beyond = pane
        .graph
        .links_of(id)
        .iter()
        .filter(|(_, other, _)| !pane.extent.ids.contains(*other))
        .count();
    if beyond > 0 && pane.zoom.view() == View::Resource {
        line = line.add(
            Role::Dim,
            format!(" {dot} {beyond} more relations outside, c centres"),
        );
    }
    line
}

/// One line on a box of several.
fn together(place: &Place, canvas: &Canvas<'_>) -> Rich {
    let dot = canvas.glyphs.dot;
    let health = place.health;
    let mut line = Rich::of(role(graph::Role::Mark(health)), health.mark(canvas.glyphs.ascii));
    if !line.is_empty() {
        line = line.add(Role::Text, " ");
    }
    line = line
        .ext(&place.title)
        .add(Role::Dim, format!(" {dot} {} resources", place.ids.len()));
    if health.is_loud() {
        line = line.add(Role::Dim, format!(" {dot} the loudest: {}", health.as_str()));
    }
    line.add(Role::Dim, format!(" {dot} Enter lists them"))
}

/// How a role of the picture looks.
pub fn role(role: graph::Role) -> Role {
    match role {
        graph::Role::Mark(health) => styles::health(health),
        graph::Role::Focus => Role::Focus,
        graph::Role::Name => Role::Text,
        graph::Role::Path | graph::Role::Reach => Role::Bad,
        graph::Role::Edge | graph::Role::Type => Role::Dim,
        graph::Role::Border | graph::Role::Soft | graph::Role::Blank | graph::Role::Aside => Role::Faint,
    }
}
