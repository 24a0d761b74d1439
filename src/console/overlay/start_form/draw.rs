//! Cells of the start form.

use ratatui::layout::Rect;

use super::{From, Line, Stage, StartForm};
use crate::{
    console::{
        canvas::Canvas,
        field::Field,
        overlay::{centred, last_row, sheet},
        rich::Rich,
        state::State,
        theme::Role,
        words,
    },
    engine::handle::Preview,
    model::{Priority, when},
};

impl StartForm {
    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas<'_>) {
        let area = centred(state.size, 92, 21);
        let title = Rich::of(Role::Focus, "New investigation");
        let right = Rich::of(Role::Dim, "looks at ").flat(Role::Dim, &self.source.text());
        let inner = sheet(canvas, area, &title, &right);
        if let Stage::Asking(_, preview) = &self.stage {
            return Self::ask(canvas, inner, preview);
        }
        let spare = usize::from(inner.height).saturating_sub(11);
        let tall = spare.clamp(1, 5) as u16;
        let mut y = inner.y;
        for line in Line::ALL {
            let height = if line == Line::Details { tall } else { 1 };
            let gap = u16::from(line == Line::Start && inner.bottom() > y + 3);
            y += gap;
            if y >= inner.bottom().saturating_sub(1) && line != Line::Start {
                break;
            }
            let row = Rect {
                y: y.min(inner.bottom().saturating_sub(1)),
                height,
                ..inner
            };
            self.draw_line(state, canvas, row, line);
            y += height;
            if let Some((at, why)) = &self.complaint
                && *at == line
            {
                let mut words = why.lines();
                for why in words.by_ref().take(2) {
                    let role = if why.starts_with("hint:") {
                        Role::Dim
                    } else {
                        Role::Warn
                    };
                    let row = Rect {
                        x: inner.x + LABEL,
                        y,
                        width: inner.width.saturating_sub(LABEL),
                        height: 1,
                    };
                    canvas.line(
                        row,
                        &Rich::of(role, why).fit(usize::from(row.width), canvas.glyphs.more),
                    );
                    y += 1;
                }
            }
        }
        let keys = last_row(inner);
        let mut line = Rich::new();
        let enter = if self.at == Line::Details {
            "Ctrl-S"
        } else {
            "Enter"
        };
        for (key, words) in [
            (enter, "starts"),
            ("Tab", "next line"),
            ("Left/Right", "chooses"),
            ("Esc", "back"),
        ] {
            line = line.add(Role::Key, key).add(Role::Dim, format!(" {words}   "));
        }
        canvas.line(keys, &line);
    }

    fn draw_line(&self, state: &State, canvas: &mut Canvas<'_>, row: Rect, line: Line) {
        let here = self.at == line;
        let label = Rich::of(if here { Role::Focus } else { Role::Dim }, line.label());
        canvas.line(row, &label);
        let body = Rect {
            x: row.x + LABEL,
            width: row.width.saturating_sub(LABEL),
            ..row
        };
        let field = |field: &Field, canvas: &mut Canvas<'_>| field.draw(canvas, body, here);
        match line {
            Line::From => canvas.line(body, &choices(&From::ALL, self.from, here, From::word)),
            Line::Alarm if self.from == From::Alarm => field(&self.alarm, canvas),
            Line::Alarm => canvas.line(body, &Rich::of(Role::Faint, "only where it starts from an alarm")),
            Line::Details => field(&self.details, canvas),
            Line::Time => {
                field(&self.time, canvas);
                let typed = self.time.text();
                if let (false, Ok(at)) = (typed.trim().is_empty(), when::parse(&typed, state.now)) {
                    canvas.line_right(body, &Rich::of(Role::Accent, words::both(at, &state.zone)));
                }
            }
            Line::Account => field(&self.account, canvas),
            Line::Region => field(&self.region, canvas),
            Line::Priority => {
                canvas.line(
                    body,
                    &choices(&Priority::ALL, self.priority, here, Priority::as_str),
                );
            }
            Line::Name => field(&self.name, canvas),
            Line::Start => {
                let line = match &self.stage {
                    Stage::Looking(_) => Rich::of(Role::Running, "looking at the starting point")
                        .add(Role::Dim, canvas.glyphs.more),
                    _ if here => Rich::of(Role::BadgeRunning, " Start "),
                    _ => Rich::of(Role::Strong, "[Start]"),
                };
                canvas.line(body, &line);
            }
        }
    }

    fn ask(canvas: &mut Canvas<'_>, inner: Rect, preview: &Preview) {
        let width = usize::from(inner.width);
        let mut rows = vec![Rich::of(Role::Warn, "Before it starts:"), Rich::new()];
        for line in &preview.lines {
            let line = Rich::of(Role::Dim, format!("{} ", canvas.glyphs.bullet)).text(Role::Text, line);
            rows.extend(line.wrap(width, 2));
        }
        rows.push(Rich::new());
        for (key, words) in [
            ("g", "go on: investigate all the same"),
            ("w", "wait: look at it once more"),
            ("b", "back to the form"),
        ] {
            rows.push(Rich::of(Role::Key, format!("{key}  ")).add(Role::Text, words));
        }
        canvas.lines(inner, &rows);
    }
}

/// Cells before the fields.
const LABEL: u16 = 12;

fn choices<T: Copy + PartialEq>(all: &[T], chosen: T, here: bool, word: impl Fn(T) -> &'static str) -> Rich {
    let mut line = Rich::new();
    for item in all {
        let words = word(*item);
        line = if *item == chosen {
            let role = if here { Role::BadgeRunning } else { Role::Strong };
            line.add(role, format!("[{words}]"))
        } else {
            line.add(Role::Dim, format!(" {words} "))
        };
        line = line.add(Role::Text, " ");
    }
    line
}
