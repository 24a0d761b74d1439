//! Everything the console knows, as plain data. `update` changes it, drawing only reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use ratatui::layout::Size;

use super::{
    glyph::Glyphs,
    keymap::Keymap,
    layout::{Layout, Pane},
    names::Names,
    overlay::Overlay,
    pane::{
        chat::ChatPane, investigations::InvestigationsPane, journal::JournalPane, prevention::PreventionPane,
        topology::TopologyPane,
    },
    reading::{Reading, Sheets},
    strip::Timeline,
    theme::{Depth, Theme, Themes},
    words,
};
use crate::{
    engine::{handle::EngineStatus, opening::Home},
    journal::{
        Actor, Hash, StreamId,
        views::{Investigation, Listed, Space},
    },
    model::{Evidence, SourceSpec, discovery::Graph},
};

/// Everything the console knows.
#[derive(Debug, Clone)]
pub struct State {
    /// The terminal.
    pub size: Size,
    /// Time of the last event.
    pub now: Timestamp,
    /// The operator's time zone.
    pub zone: TimeZone,
    /// Times are told in that zone; otherwise in UTC.
    pub local: bool,
    /// The mouse is listened to.
    pub mouse: bool,
    /// How roles look.
    pub theme: Theme,
    /// The themes that there are.
    pub themes: Themes,
    /// Colours of the terminal.
    pub depth: Depth,
    /// The link to the terminal holds writes up: streams are shown more rarely.
    pub slow: bool,
    /// Signs.
    pub glyphs: Glyphs,
    /// Keys.
    pub keymap: Keymap,
    /// Where we are.
    pub place: Place,
    /// How the engine stands.
    pub engine: EngineStatus,
    /// What is known of the journal's integrity.
    pub integrity: Integrity,
    /// The space.
    pub space: Space,
    /// Investigations, as far as they were read.
    pub investigations: BTreeMap<StreamId, Investigation>,
    /// Investigations that are being read.
    pub reading: BTreeMap<StreamId, Reading>,
    /// Records that were looked up.
    pub sheets: Sheets,
    /// The investigation that all panes are about.
    pub selected: Option<StreamId>,
    /// The pane that gets the keys.
    pub focus: Pane,
    /// The pane that had them before the chat took them.
    pub before_chat: Pane,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    /// Pane 1.
    pub list: InvestigationsPane,
    /// Pane 2.
    pub journal: JournalPane,
    /// Pane 3.
    pub chat: ChatPane,
    /// Pane 4.
    pub topology: TopologyPane,
    /// Pane 5.
    pub prevention: PreventionPane,
    /// What happened, for the strip.
    pub timeline: Timeline,
    /// Steps of mitigation plans that were ticked off in this sitting, by investigation.
    pub ticks: BTreeMap<StreamId, BTreeSet<usize>>,
    /// What lies over the panes; the last one gets the keys.
    pub overlays: Vec<Overlay>,
    /// The message that is shown.
    pub toast: Option<Toast>,
    /// All messages.
    pub messages: Vec<Toast>,
    /// What resources are called.
    pub names: Names,
    /// The graph that discovery stored, once it was asked for: its blob, and it.
    pub stored: Option<(Hash, Option<Arc<Graph>>)>,
    /// Evidence that was fetched: by stream and the answer's record.
    pub evidence: BTreeMap<(StreamId, u64), Loaded>,
}

/// Where we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A word before the space (`demo`); empty: none.
    pub title: String,
    /// The space.
    pub space: String,
    /// AWS account, where it is known.
    pub account: Option<String>,
    /// AWS region, where it is known.
    pub region: Option<String>,
    /// What new investigations look at.
    pub source: SourceSpec,
    /// What those of events look at, and how far these may send them.
    pub home: Home,
    /// Who sits here.
    pub actor: Actor,
}

/// What is known of the journal's integrity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// Not checked yet, or being checked.
    Checking,
    /// Every chain and checkpoint holds.
    Sound,
    /// Something does not hold.
    Fault(String),
    /// It could not be checked.
    Unknown(String),
}

/// A message to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// When.
    pub at: Timestamp,
    /// True for trouble.
    pub trouble: bool,
    /// What happened.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Evidence that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// On its way.
    Loading,
    /// Here.
    Ready(Box<Evidence>),
    /// Could not be read.
    Failed(String),
}

/// Evidence that is kept at most; the oldest streams' go first.
const KEPT: usize = 96;

impl State {
    /// The parts of the screen.
    pub fn layout(&self) -> Layout {
        Layout::of(self.size, self.focus, self.zoom)
    }

    /// How times are told.
    pub fn clock(&self) -> words::Clock<'_> {
        words::Clock {
            zone: &self.zone,
            local: self.local,
        }
    }

    /// The selected investigation, when it was read.
    pub fn investigation(&self) -> Option<&Investigation> {
        self.investigations.get(self.selected.as_ref()?)
    }

    /// True when the topology pane shows the whole space: by the operator's wish, or because no investigation is selected.
    pub fn shows_space(&self) -> bool {
        self.space.discovered.is_some() && (self.topology.of_space || self.selected.is_none())
    }

    /// What `space` knows of the selected investigation.
    pub fn listed(&self) -> Option<&Listed> {
        self.space.investigations.get(self.selected.as_ref()?)
    }

    /// True while the selected investigation takes records.
    pub fn is_open(&self) -> bool {
        self.investigation()
            .is_some_and(|inv| inv.end.is_none() && inv.state.is_some())
    }

    /// Says something to the operator.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast(false, &text.into());
    }

    /// Tells of trouble. Lines that begin with `hint:` say what to do.
    pub fn complain(&mut self, text: impl AsRef<str>) {
        self.toast(true, text.as_ref());
    }

    fn toast(&mut self, trouble: bool, text: &str) {
        let mut words = Vec::new();
        let mut hint = None;
        for line in text.lines() {
            match line.trim().strip_prefix("hint:") {
                Some(rest) => hint = Some(rest.trim().to_owned()),
                None => words.push(line.trim()),
            }
        }
        let toast = Toast {
            at: self.now,
            trouble,
            text: super::rich::shown(&words.join(" ")),
            hint: hint.map(|hint| super::rich::shown(&hint)),
        };
        self.messages.push(toast.clone());
        self.toast = Some(toast);
    }

    /// Keeps evidence, within bounds.
    pub fn keep(&mut self, stream: StreamId, seq: u64, loaded: Loaded) {
        self.evidence.insert((stream.clone(), seq), loaded);
        while self.evidence.len() > KEPT {
            let other = self.evidence.keys().find(|(known, _)| *known != stream).cloned();
            let Some(other) = other.or_else(|| self.evidence.keys().next().cloned()) else {
                break;
            };
            self.evidence.remove(&other);
        }
    }

    /// Evidence by the answer's record, when it is here.
    pub fn evidence(&self, seq: u64) -> Option<&Loaded> {
        self.evidence.get(&(self.selected.clone()?, seq))
    }
}
