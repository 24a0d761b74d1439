//! The start form: how a new investigation starts. Sensible as it opens: the latest alarm, now.
//!
//! Before anything is opened the engine looks at the starting point; when an operator would want to think twice (the
//! alarm is OK), the form says what was found and asks.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::layout::Rect;

use super::{Next, Overlay, centred, sheet};
use crate::{
    console::{
        canvas::Canvas,
        effects::Effect,
        field::Field,
        rich::Rich,
        state::{Place, State},
        theme::Role,
        words,
    },
    engine::{handle::Preview, opening::Opening},
    journal::body::Created,
    model::{Preset, Priority, SourceSpec, Start, Text, when},
};

/// How a new investigation starts.
#[derive(Debug, Clone)]
pub struct StartForm {
    at: Line,
    from: From,
    alarm: Field,
    details: Field,
    time: Field,
    account: Field,
    region: Field,
    priority: Priority,
    name: Field,
    source: SourceSpec,
    complaint: Option<(Line, String)>,
    stage: Stage,
}

/// The lines of the form, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    From,
    Alarm,
    Details,
    Time,
    Account,
    Region,
    Priority,
    Name,
    Start,
}

impl Line {
    const ALL: [Self; 9] = [
        Self::From,
        Self::Alarm,
        Self::Details,
        Self::Time,
        Self::Account,
        Self::Region,
        Self::Priority,
        Self::Name,
        Self::Start,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::From => "start from",
            Self::Alarm => "alarm",
            Self::Details => "details",
            Self::Time => "time",
            Self::Account => "account",
            Self::Region => "region",
            Self::Priority => "priority",
            Self::Name => "name",
            Self::Start => "",
        }
    }
}

/// What it starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Preset(Preset),
    Alarm,
    Words,
}

impl From {
    const ALL: [Self; 5] = [
        Self::Preset(Preset::LatestAlarm),
        Self::Preset(Preset::HighCpu),
        Self::Preset(Preset::ErrorSpike),
        Self::Alarm,
        Self::Words,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Preset(Preset::LatestAlarm) => "latest alarm",
            Self::Preset(Preset::HighCpu) => "high CPU",
            Self::Preset(Preset::ErrorSpike) => "error spike",
            Self::Alarm => "an alarm",
            Self::Words => "my words",
        }
    }
}

#[derive(Debug, Clone)]
enum Stage {
    Filling,
    /// The engine looks at the starting point.
    Looking(Box<Opening>),
    /// Something is doubtful: go on?
    Asking(Box<Opening>, Preview),
}

impl StartForm {
    /// A form with what is known of the place.
    pub fn new(place: &Place) -> Self {
        Self {
            at: Line::From,
            from: From::Preset(Preset::LatestAlarm),
            alarm: Field::line("name of the alarm"),
            details: Field::lines("what is wrong: words, a ticket, log lines"),
            time: Field::line("now; or 14:05, 20 min ago, 2025-10-27T14:05Z"),
            account: Field::line("that of the credentials").with(place.account.as_deref().unwrap_or("")),
            region: Field::line("that of the credentials").with(place.region.as_deref().unwrap_or("")),
            priority: Priority::default(),
            name: Field::line("from the starting point"),
            source: place.source.clone(),
            complaint: None,
            stage: Stage::Filling,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.at {
            Line::Alarm => Some(&mut self.alarm),
            Line::Details => Some(&mut self.details),
            Line::Time => Some(&mut self.time),
            Line::Account => Some(&mut self.account),
            Line::Region => Some(&mut self.region),
            Line::Name => Some(&mut self.name),
            Line::From | Line::Priority | Line::Start => None,
        }
    }

    fn go(&mut self, down: bool) {
        let at = Line::ALL.iter().position(|line| *line == self.at).unwrap_or(0);
        let last = Line::ALL.len() - 1;
        let to = match (down, at) {
            (true, at) if at == last => 0,
            (true, at) => at + 1,
            (false, 0) => last,
            (false, at) => at - 1,
        };
        self.at = Line::ALL.get(to).copied().unwrap_or(Line::From);
        // The alarm's name matters only where an alarm is the start.
        if self.at == Line::Alarm && self.from != From::Alarm {
            self.go(down);
        }
    }

    /// Takes pasted words.
    pub fn paste(&mut self, words: &str) {
        if !matches!(self.stage, Stage::Filling) {
            return;
        }
        if self.field().is_none() {
            self.at = Line::Details;
        }
        if let Some(field) = self.field() {
            field.paste(words);
        }
        self.typed();
    }

    /// What was typed says what is meant: words make it start from words, as long as nothing else was chosen.
    fn typed(&mut self) {
        self.complaint = None;
        let untouched = self.from == From::Preset(Preset::LatestAlarm);
        if untouched && self.at == Line::Details && !self.details.is_blank() {
            self.from = From::Words;
        }
    }

    /// Takes a key.
    pub fn key(mut self: Box<Self>, state: &mut State, key: KeyEvent) -> Next {
        match std::mem::replace(&mut self.stage, Stage::Filling) {
            Stage::Asking(opening, preview) => return self.answer(opening, preview, key),
            Stage::Looking(opening) => {
                // Esc goes back to the form; the answer that comes then finds nobody waiting.
                if key.code != KeyCode::Esc {
                    self.stage = Stage::Looking(opening);
                }
                return Next::stay(Overlay::StartForm(self));
            }
            Stage::Filling => {}
        }
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Next::close(),
            KeyCode::Char('s') if ctrl => return self.submit(state),
            KeyCode::Tab => self.go(true),
            KeyCode::BackTab => self.go(false),
            KeyCode::Down if self.at != Line::Details || self.details.row() + 1 >= self.details.rows() => {
                self.go(true);
            }
            KeyCode::Up if self.at != Line::Details || self.details.row() == 0 => self.go(false),
            KeyCode::Enter if self.at != Line::Details => return self.submit(state),
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if self.at == Line::From => {
                self.from = stepped(&From::ALL, self.from, key.code == KeyCode::Left);
                self.complaint = None;
            }
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if self.at == Line::Priority => {
                self.priority = stepped(&Priority::ALL, self.priority, key.code == KeyCode::Left);
            }
            _ => {
                if let Some(field) = self.field() {
                    field.key(key);
                    self.typed();
                }
            }
        }
        Next::stay(Overlay::StartForm(self))
    }

    fn answer(mut self: Box<Self>, opening: Box<Opening>, preview: Preview, key: KeyEvent) -> Next {
        match key.code {
            KeyCode::Char('g' | 'y') | KeyCode::Enter => Next::done(vec![Effect::Open(opening)]),
            KeyCode::Char('w') => {
                // Wait: look once more.
                let effect = Effect::Preview {
                    start: opening.created.start.clone(),
                    source: opening.source.clone(),
                };
                self.stage = Stage::Looking(opening);
                Next::stay_and(Overlay::StartForm(self), vec![effect])
            }
            KeyCode::Char('b') | KeyCode::Esc => Next::stay(Overlay::StartForm(self)),
            _ => {
                self.stage = Stage::Asking(opening, preview);
                Next::stay(Overlay::StartForm(self))
            }
        }
    }

    fn submit(mut self: Box<Self>, state: &State) -> Next {
        match self.opening(state.now) {
            Ok(opening) => {
                let effect = Effect::Preview {
                    start: opening.created.start.clone(),
                    source: opening.source.clone(),
                };
                self.stage = Stage::Looking(Box::new(opening));
                Next::stay_and(Overlay::StartForm(self), vec![effect])
            }
            Err((line, why)) => {
                self.at = line;
                self.complaint = Some((line, why));
                Next::stay(Overlay::StartForm(self))
            }
        }
    }

    fn opening(&self, now: Timestamp) -> Result<Opening, (Line, String)> {
        let word = |field: &Field| Some(field.text().trim().to_owned()).filter(|word| !word.is_empty());
        let start = match self.from {
            From::Preset(preset) => Start::Preset { preset },
            From::Alarm => Start::Alarm {
                alarm: word(&self.alarm).ok_or((Line::Alarm, "which alarm? type its name".to_owned()))?,
            },
            From::Words => Start::Text {
                text: word(&self.details)
                    .ok_or((Line::Details, "say in a few words what is wrong".to_owned()))?,
            },
        };
        let at = match word(&self.time) {
            None => None,
            Some(words) => {
                let at = when::parse(&words, now).map_err(|error| (Line::Time, error))?;
                if at > now {
                    return Err((Line::Time, "that lies in the future".to_owned()));
                }
                Some(at)
            }
        };
        let account = word(&self.account);
        if let Some(account) = &account
            && !(account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err((Line::Account, "an AWS account has twelve digits".to_owned()));
        }
        let region = word(&self.region);
        let source = match &self.source {
            SourceSpec::Aws { .. } => SourceSpec::Aws {
                account: account.clone(),
                region: region.clone(),
            },
            source => source.clone(),
        };
        let details = match (self.from, word(&self.details)) {
            (From::Words, _) | (_, None) => Text::new(),
            (_, Some(words)) => Text::new().ext(words),
        };
        let title = word(&self.name).map_or_else(|| start.text(), |name| Text::new().ext(name));
        Ok(Opening {
            created: Created {
                title,
                start,
                at,
                window: None,
                baseline: None,
                priority: self.priority,
                account,
                region,
                details,
                hint: Text::new(),
                reasoner: "builtin".to_owned(),
                budget: None,
            },
            source,
            parent: None,
        })
    }

    /// Takes what the engine found out; `None` when it has opened the investigation and the form is done.
    pub fn previewed(mut self: Box<Self>, preview: Preview) -> Next {
        match std::mem::replace(&mut self.stage, Stage::Filling) {
            Stage::Looking(opening) if preview.doubtful => {
                self.stage = Stage::Asking(opening, preview);
                Next::stay(Overlay::StartForm(self))
            }
            Stage::Looking(opening) => Next::done(vec![Effect::Open(opening)]),
            stage => {
                self.stage = stage;
                Next::stay(Overlay::StartForm(self))
            }
        }
    }

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
        let keys = Rect {
            y: inner.bottom().saturating_sub(1),
            height: 1,
            ..inner
        };
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

fn stepped<T: Copy + PartialEq>(all: &[T], from: T, back: bool) -> T {
    let at = all.iter().position(|item| *item == from).unwrap_or(0);
    let to = if back {
        (at + all.len() - 1) % all.len()
    } else {
        (at + 1) % all.len()
    };
    all.get(to).copied().unwrap_or(from)
}
