//! The start form: how a new investigation starts. Sensible as it opens: the latest alarm, now.
//!
//! Before anything is opened the engine looks at the starting point; when an operator would want to think twice (the
//! alarm is OK), the form says what was found and asks.

mod draw;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

use super::{Next, Overlay};
use crate::{
    console::{
        effects::Effect,
        field::Field,
        state::{Place, State},
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
