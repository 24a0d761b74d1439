//! What can be done, as data: the keymap binds keys to actions, the palette lists them, help and footer are generated.

use serde::Deserialize;

/// Something that an operator can do. In files an action is called as here, in snake_case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is described for people in `describe`")]
pub enum Action {
    Quit,
    Suspend,
    Help,
    Palette,
    Theme,
    Clock,
    Messages,
    Redraw,
    FocusInvestigations,
    FocusJournal,
    FocusChat,
    FocusTopology,
    FocusPrevention,
    NextPane,
    PreviousPane,
    Zoom,
    Back,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Filter,
    Sort,
    Group,
    NextMatch,
    PreviousMatch,
    GoTo,
    Unfold,
    Follow,
    Ages,
    New,
    Again,
    Pause,
    Cancel,
    RaisePriority,
    LowerPriority,
    Mitigation,
    AskSupport,
    SupportTab,
    ResolveCase,
    Evidence,
    Export,
    Copy,
    CopyPart,
    CopyInstructions,
    LookNow,
    Raw,
    Together,
    Timeline,
    Events,
    Pager,
    Editor,
    ReadReport,
    SpaceTopology,
    Accept,
    Reject,
    Category,
    Letters,
    SendAgain,
    LetBe,
    Verify,
    View,
    Shape,
    Closer,
    Farther,
    Centre,
    Blast,
    Fold,
    FoldAll,
    PanLeft,
    PanDown,
    PanUp,
    PanRight,
    Send,
    NewLine,
    Demo,
    WriteConfig,
}

impl Action {
    /// Its name, for the palette and the help.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Suspend => "suspend to the shell",
            Self::Help => "help: every key",
            Self::Palette => "command palette",
            Self::Theme => "next theme",
            Self::Clock => "clock: UTC or local",
            Self::Messages => "messages so far",
            Self::Redraw => "draw the screen again",
            Self::FocusInvestigations => "investigations",
            Self::FocusJournal => "journal",
            Self::FocusChat => "chat: steer, ask",
            Self::FocusTopology => "topology",
            Self::FocusPrevention => "prevention",
            Self::NextPane => "next pane",
            Self::PreviousPane => "previous pane",
            Self::Zoom => "zoom the pane",
            Self::Back => "back",
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
            Self::PageUp => "page up",
            Self::PageDown => "page down",
            Self::Top => "to the top",
            Self::Bottom => "to the end",
            Self::Open => "open",
            Self::Filter => "filter",
            Self::Sort => "another order of the list",
            Self::Group => "under headings, by state",
            Self::NextMatch => "next match",
            Self::PreviousMatch => "previous match",
            Self::GoTo => "go to a record",
            Self::Unfold => "every record, or what matters",
            Self::Follow => "follow what is written",
            Self::Ages => "ages or times",
            Self::New => "new investigation",
            Self::Again => "look again, with a hint",
            Self::Pause => "pause or resume",
            Self::Cancel => "cancel the investigation",
            Self::RaisePriority => "raise the priority",
            Self::LowerPriority => "lower the priority",
            Self::Mitigation => "mitigation plan",
            Self::AskSupport => "ask for human support",
            Self::SupportTab => "talk to AWS Support, or to midwatch again",
            Self::ResolveCase => "close the case at AWS Support",
            Self::Evidence => "evidence of the cause",
            Self::Export => "export the journal to files",
            Self::Copy => "copy",
            Self::CopyPart => "copy all commands of the part",
            Self::LookNow => "look if the symptom is gone",
            Self::CopyInstructions => "copy the plan for an agent",
            Self::Raw => "raw records",
            Self::Together => "everything on one axis of time",
            Self::Timeline => "timeline: what happened when",
            Self::Events => "events: what came in from outside",
            Self::Pager => "read it in the pager ($PAGER)",
            Self::Editor => "open a copy in the editor ($EDITOR)",
            Self::ReadReport => "read the report in the pager",
            Self::SpaceTopology => "topology of the whole space, or of the incident",
            Self::Accept => "accept the recommendation",
            Self::Reject => "reject the recommendation",
            Self::Category => "one category, or all",
            Self::Letters => "undelivered: what was given up",
            Self::SendAgain => "send it once more",
            Self::LetBe => "let it be",
            Self::Verify => "verify the journal",
            Self::View => "resources, stacks or systems",
            Self::Shape => "boxes or tree",
            Self::Closer => "closer: fewer, in detail",
            Self::Farther => "farther: stacks, systems",
            Self::Centre => "centre on the resource",
            Self::Blast => "blast radius",
            Self::Fold => "fold or unfold its stack",
            Self::FoldAll => "fold or unfold all stacks",
            Self::PanLeft => "move the picture left",
            Self::PanDown => "move the picture down",
            Self::PanUp => "move the picture up",
            Self::PanRight => "move the picture right",
            Self::Send => "send",
            Self::NewLine => "new line",
            Self::Demo => "watch a demo incident",
            Self::WriteConfig => "write a configuration file",
        }
    }

    /// True for what asks before it acts.
    pub const fn asks_first(self) -> bool {
        matches!(self, Self::Cancel | Self::AskSupport | Self::ResolveCase)
    }

    /// True for what only makes sense with a key (movement): the palette leaves it out.
    pub const fn is_movement(self) -> bool {
        matches!(
            self,
            Self::Back
                | Self::Up
                | Self::Down
                | Self::Left
                | Self::Right
                | Self::PageUp
                | Self::PageDown
                | Self::Top
                | Self::Bottom
                | Self::Open
                | Self::NextMatch
                | Self::PreviousMatch
                | Self::NextPane
                | Self::PreviousPane
                | Self::PanLeft
                | Self::PanDown
                | Self::PanUp
                | Self::PanRight
                | Self::Send
                | Self::NewLine
                | Self::Palette
        )
    }
}
