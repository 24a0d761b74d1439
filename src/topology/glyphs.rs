//! The characters that lines and borders are drawn with.

/// Weight of a line towards each side of a cell: 0 none, 1 plain, 2 heavy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Joint {
    /// Towards the cell above.
    pub up: u8,
    /// Towards the cell below.
    pub down: u8,
    /// Towards the cell on the left.
    pub left: u8,
    /// Towards the cell on the right.
    pub right: u8,
}

/// Box drawing characters by weight up, down, left, right, each 0 to 2, as digits of base three.
const JOINTS: &str = " ╶╺╴─╼╸╾━╷┌┍┐┬┮┑┭┯╻┎┏┒┰┲┓┱┳╵└┕┘┴┶┙┵┷│├┝┤┼┾┥┽┿╽┟┢┧╁╆┪╅╈╹┖┗┚┸┺┛┹┻╿┞┡┦╀╄┩╃╇┃┠┣┨╂╊┫╉╋";

impl Joint {
    /// The character for it. A soft line is dashed; a heavy one keeps its weight in ASCII too.
    pub fn glyph(self, soft: bool, ascii: bool) -> char {
        let Self {
            up,
            down,
            left,
            right,
        } = self;
        let vertical = up > 0 && down > 0 && left == 0 && right == 0;
        let horizontal = left > 0 && right > 0 && up == 0 && down == 0;
        if ascii {
            let heavy = up.max(down).max(left).max(right) > 1;
            return match (
                vertical || (left == 0 && right == 0),
                horizontal || (up == 0 && down == 0),
            ) {
                (true, true) => ' ',
                (true, _) if heavy => '#',
                (true, _) if soft => ':',
                (true, _) => '|',
                (_, true) if heavy => '=',
                (_, true) if soft => '.',
                (_, true) => '-',
                _ if heavy => '#',
                _ => '+',
            };
        }
        if soft && vertical {
            return '┆';
        }
        if soft && horizontal {
            return '┄';
        }
        let index = [up, down, left, right]
            .iter()
            .fold(0, |index, weight| index * 3 + usize::from(*weight).min(2));
        JOINTS.chars().nth(index).unwrap_or(' ')
    }
}

/// The head of an arrow that points down, or up.
pub(super) const fn head(down: bool, ascii: bool) -> char {
    match (down, ascii) {
        (true, false) => '▼',
        (false, false) => '▲',
        (true, true) => 'v',
        (false, true) => '^',
    }
}

/// How the border of a box is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// One resource.
    Plain,
    /// Several, drawn as one.
    Dashed,
    /// The one under the cursor.
    Heavy,
}

/// Characters of a border: horizontal, vertical, and the corners from the top left clockwise.
pub(super) const fn border(border: Border, ascii: bool) -> (char, char, [char; 4]) {
    match (border, ascii) {
        (Border::Plain, false) => ('─', '│', ['┌', '┐', '┘', '└']),
        (Border::Dashed, false) => ('┄', '┆', ['┌', '┐', '┘', '└']),
        (Border::Heavy, false) => ('━', '┃', ['┏', '┓', '┛', '┗']),
        (Border::Plain, true) => ('-', '|', ['+', '+', '+', '+']),
        (Border::Dashed, true) => ('.', ':', ['.', '.', '.', '.']),
        (Border::Heavy, true) => ('=', '#', ['#', '#', '#', '#']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_joint_has_its_character() {
        assert_eq!(JOINTS.chars().count(), 81);
        let cross = Joint {
            up: 1,
            down: 1,
            left: 1,
            right: 1,
        };
        assert_eq!((cross.glyph(false, false), cross.glyph(false, true)), ('┼', '+'));
        let heavy = Joint {
            up: 0,
            down: 2,
            left: 1,
            right: 2,
        };
        assert_eq!((heavy.glyph(false, false), heavy.glyph(false, true)), ('┲', '#'));
    }
}
