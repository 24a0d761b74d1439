//! Keys as they stand in the file. What contexts, actions and keys there are, the console knows.

/// The keys that the file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The file, for messages; empty where it names none.
    pub file: String,
    /// What it says, in its order.
    pub tables: Vec<KeyTable>,
}

/// Keys of one context: `[keys.journal]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTable {
    /// Name of the context.
    pub context: String,
    /// Line of the file.
    pub line: usize,
    /// Its entries, in their order.
    pub entries: Vec<KeyEntry>,
}

/// Keys of one action: `unfold = ["f", "Space"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// Name of the action.
    pub action: String,
    /// The keys as they are written; none: the action has no key.
    pub chords: Vec<String>,
    /// Line of the file.
    pub line: usize,
}
