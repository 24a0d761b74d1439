//! What a piece of the screen means.

use serde::Deserialize;

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Sentences.
    Text,
    /// The few words that a sentence is about.
    Strong,
    /// What may be read second.
    Dim,
    /// Words that are only looked up: times, counts.
    Faint,
    /// Frames and rules.
    Frame,
    /// Headings, and what is highlighted without being good or bad.
    Accent,
    /// The focused pane's frame and title.
    Focus,
    /// A key that can be pressed.
    Key,
    /// A record's number: it opens.
    Number,
    /// Words that came from outside: nobody takes a log line for our own sentence.
    External,
    /// An operator's name in the conversation.
    You,
    /// midwatch's name in the conversation.
    Agent,
    /// Healthy, sound, done.
    Good,
    /// Needs a look.
    Warn,
    /// Broken.
    Bad,
    /// Broken, and somebody should get up.
    Critical,
    /// Something was changed.
    Change,
    /// At work.
    Running,
    /// The filled part of a bar.
    Bar,
    /// The empty part of a bar.
    Track,
    /// The line of a chart.
    Series,
    /// The usual band of a chart.
    Band,
    /// The selected row of the focused pane.
    Selected,
    /// The selected row of any other pane.
    SelectedUnfocused,
    /// What was searched for, where it was found.
    Match,
    /// The verdict: a cause.
    BadgeCause,
    /// The verdict: no fault.
    BadgeClear,
    /// The verdict: cannot tell.
    BadgeUnsure,
    /// No verdict yet: running.
    BadgeRunning,
    /// No verdict: paused, cancelled, failed.
    BadgeQuiet,
}

/// How many roles there are.
pub const ROLES: usize = Role::BadgeQuiet as usize + 1;
