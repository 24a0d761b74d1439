//! Colours brought down to what a terminal has.

use ratatui::style::Color;

use super::Depth;

/// A colour as the terminal can show it; none where it has none.
pub(super) fn brought_down(colour: Color, depth: Depth) -> Option<Color> {
    match (depth, colour) {
        (Depth::Mono, _) => None,
        (Depth::Ansi256, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_256(r, g, b))),
        (Depth::Ansi16, Color::Rgb(r, g, b)) => Some(nearest_16(r, g, b)),
        (_, colour) => Some(colour),
    }
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    square(a.0, b.0) * 3 + square(a.1, b.1) * 4 + square(a.2, b.2) * 2
}

/// The nearest of xterm's 6x6x6 cube and its 24 greys.
fn nearest_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| -> (u8, u8) {
        let best = (0u8..6).min_by_key(|i| STEPS.get(usize::from(*i)).map_or(u8::MAX, |s| s.abs_diff(value)));
        let index = best.unwrap_or(0);
        (index, STEPS.get(usize::from(index)).copied().unwrap_or(0))
    };
    let ((ri, rv), (gi, gv), (bi, bv)) = (step(r), step(g), step(b));
    let cube = (16 + 36 * ri + 6 * gi + bi, distance((r, g, b), (rv, gv, bv)));
    let grey = (0u8..24)
        .map(|i| {
            let v = 8 + 10 * i;
            (232 + i, distance((r, g, b), (v, v, v)))
        })
        .min_by_key(|(_, d)| *d)
        .unwrap_or(cube);
    if grey.1 < cube.1 { grey.0 } else { cube.0 }
}

/// The nearest of the sixteen, by xterm's values.
fn nearest_16(r: u8, g: u8, b: u8) -> Color {
    const TABLE: [(Color, (u8, u8, u8)); 16] = [
        (Color::Black, (0, 0, 0)),
        (Color::Red, (205, 0, 0)),
        (Color::Green, (0, 205, 0)),
        (Color::Yellow, (205, 205, 0)),
        (Color::Blue, (0, 0, 238)),
        (Color::Magenta, (205, 0, 205)),
        (Color::Cyan, (0, 205, 205)),
        (Color::Gray, (229, 229, 229)),
        (Color::DarkGray, (127, 127, 127)),
        (Color::LightRed, (255, 100, 100)),
        (Color::LightGreen, (100, 255, 100)),
        (Color::LightYellow, (255, 255, 100)),
        (Color::LightBlue, (120, 170, 255)),
        (Color::LightMagenta, (255, 100, 255)),
        (Color::LightCyan, (100, 255, 255)),
        (Color::White, (255, 255, 255)),
    ];
    TABLE
        .iter()
        .min_by_key(|(_, rgb)| distance((r, g, b), *rgb))
        .map_or(Color::Reset, |(color, _)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgb_comes_down_to_its_neighbours() {
        assert_eq!(nearest_256(255, 0, 0), 196);
        assert_eq!(nearest_256(8, 8, 8), 232);
        assert_eq!(nearest_16(255, 139, 129), Color::LightRed);
        assert_eq!(brought_down(Color::Red, Depth::Mono), None);
        assert_eq!(brought_down(Color::Red, Depth::Ansi16), Some(Color::Red));
    }
}
