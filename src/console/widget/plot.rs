//! A line of data in cells: dots in Braille characters, or three levels of ASCII.

/// Dots that are set in a field of cells.
pub(super) struct Plot {
    columns: usize,
    rows: usize,
    ascii: bool,
    /// One byte of dots a cell, row after row.
    cells: Vec<u8>,
}

impl Plot {
    pub fn new(columns: usize, rows: usize, ascii: bool) -> Self {
        Self {
            columns,
            rows,
            ascii,
            cells: vec![0; columns * rows],
        }
    }

    /// Dots in a cell, across and down.
    pub const fn grain(&self) -> (usize, usize) {
        if self.ascii { (1, 3) } else { (2, 4) }
    }

    /// Dots across and down.
    pub const fn size(&self) -> (usize, usize) {
        let (across, down) = self.grain();
        (self.columns * across, self.rows * down)
    }

    /// Draws a straight line between two dots, both included; `(0, 0)` is at the top left.
    pub fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |a: usize, b: usize, step: usize| {
            let share = step as f64 / steps as f64;
            (a as f64 + (b as f64 - a as f64) * share).round() as usize
        };
        for step in 0..=steps {
            self.dot(between(from.0, to.0, step), between(from.1, to.1, step));
        }
    }

    fn dot(&mut self, x: usize, y: usize) {
        let (across, down) = self.grain();
        let (column, row) = (x / across, y / down);
        if column >= self.columns || row >= self.rows {
            return;
        }
        let bit = if self.ascii {
            1 << (y % down)
        } else {
            // The Unicode Standard, "Braille Patterns": dots 1 2 3 7 on the left, 4 5 6 8 on the right.
            const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
            BITS[x % across][y % down]
        };
        if let Some(cell) = self.cells.get_mut(row * self.columns + column) {
            *cell |= bit;
        }
    }

    /// The cells with something in them, and their characters.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, char)> + '_ {
        let columns = self.columns.max(1);
        self.cells
            .iter()
            .enumerate()
            .filter(|(_, bits)| **bits != 0)
            .map(move |(at, bits)| (at % columns, at / columns, self.character(*bits)))
    }

    fn character(&self, bits: u8) -> char {
        if !self.ascii {
            return char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' ');
        }
        match bits {
            0b001 | 0b011 => '\'',
            0b010 => '-',
            0b100 | 0b110 => '.',
            _ => '|',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(ascii: bool, from: (usize, usize), to: (usize, usize)) -> String {
        let mut plot = Plot::new(3, 1, ascii);
        plot.line(from, to);
        plot.cells().map(|(_, _, c)| c).collect()
    }

    #[test]
    fn lines_run_through_cells() {
        assert_eq!(drawn(false, (0, 3), (5, 0)), "⡠⠔⠊");
        assert_eq!(drawn(true, (0, 2), (2, 0)), ".-'");
        assert_eq!(drawn(true, (1, 0), (1, 2)), "|");
        assert_eq!(drawn(false, (90, 90), (99, 99)), "");
    }
}
