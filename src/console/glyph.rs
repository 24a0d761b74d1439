//! The signs of the screen, in Unicode and in ASCII. Every sign is one cell wide; none has an emoji form.

/// One set of signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub struct Glyphs {
    pub ascii: bool,
    pub queued: &'static str,
    pub running: &'static str,
    pub paused: &'static str,
    pub cause: &'static str,
    pub no_fault: &'static str,
    pub unsure: &'static str,
    pub failed: &'static str,
    pub cancelled: &'static str,
    pub linked: &'static str,
    pub steered: &'static str,
    pub change: &'static str,
    pub shift: &'static str,
    pub burst: &'static str,
    pub alarm: &'static str,
    pub us: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub dot: &'static str,
    pub bullet: &'static str,
    pub arrow: &'static str,
    pub more: &'static str,
    pub prompt: &'static str,
    pub bar: &'static str,
    pub track: &'static str,
    pub done: &'static str,
    pub open: &'static str,
    pub folded: &'static str,
    pub unfolded: &'static str,
    pub scroll: &'static str,
    /// Frame: top left, top right, bottom left, bottom right, horizontal, vertical, left tee, right tee.
    pub frame: [&'static str; 8],
}

/// Signs for UTF-8 terminals.
pub const UNICODE: Glyphs = Glyphs {
    ascii: false,
    queued: "○",
    running: "▸",
    paused: "‖",
    cause: "●",
    no_fault: "✓",
    unsure: "?",
    failed: "✗",
    cancelled: "–",
    linked: "↳",
    steered: "»",
    change: "◆",
    shift: "▲",
    burst: "≡",
    alarm: "!",
    us: "›",
    up: "↑",
    down: "↓",
    dot: "·",
    bullet: "•",
    arrow: "→",
    more: "…",
    prompt: "›",
    bar: "█",
    track: "░",
    done: "✓",
    open: "○",
    folded: "▸",
    unfolded: "▾",
    scroll: "▐",
    frame: ["┌", "┐", "└", "┘", "─", "│", "├", "┤"],
};

/// Signs for everything else.
pub const ASCII: Glyphs = Glyphs {
    ascii: true,
    queued: "o",
    running: ">",
    paused: "=",
    cause: "!",
    no_fault: "+",
    unsure: "?",
    failed: "x",
    cancelled: "-",
    linked: "\\",
    steered: "*",
    change: "^",
    shift: "#",
    burst: "%",
    alarm: "!",
    us: ">",
    up: "^",
    down: "v",
    dot: "|",
    bullet: "-",
    arrow: "->",
    more: "~",
    prompt: ">",
    bar: "#",
    track: ".",
    done: "+",
    open: " ",
    folded: "+",
    unfolded: "-",
    scroll: "#",
    frame: ["+", "+", "+", "+", "-", "|", "+", "+"],
};

/// True when the environment's locale does not speak UTF-8, or the terminal is dumb: ASCII signs are used.
pub fn wants_ascii(get: impl Fn(&str) -> Option<String>) -> bool {
    if get("TERM").is_some_and(|term| term == "dumb") {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(&get)
        .find(|value| !value.is_empty());
    locale.is_none_or(|value| {
        let value = value.to_lowercase();
        !(value.contains("utf-8") || value.contains("utf8"))
    })
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn ascii_is_ascii_and_signs_are_one_cell() {
        for (set, ascii) in [(UNICODE, false), (ASCII, true)] {
            let signs = [
                set.queued,
                set.running,
                set.paused,
                set.cause,
                set.no_fault,
                set.unsure,
                set.failed,
                set.cancelled,
                set.linked,
                set.steered,
                set.change,
                set.shift,
                set.burst,
                set.alarm,
                set.us,
                set.up,
                set.down,
                set.dot,
                set.bullet,
                set.more,
                set.prompt,
                set.bar,
                set.track,
                set.done,
                set.open,
                set.folded,
                set.unfolded,
                set.scroll,
            ];
            for sign in signs.into_iter().chain(set.frame) {
                assert_eq!(sign.width(), 1, "{sign}");
                assert!(!ascii || sign.is_ascii());
            }
        }
    }

    #[test]
    fn the_locale_decides() {
        let with = |name: &'static str, value: &'static str| {
            wants_ascii(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert!(with("LANG", "C"));
        assert!(!with("LANG", "en_US.UTF-8"));
        assert!(!with("LC_ALL", "C.utf8"));
        assert!(wants_ascii(|_| None));
    }
}
