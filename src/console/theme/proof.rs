//! What is claimed of the themes, computed.
//!
//! - Contrast: WCAG 2.2, "relative luminance" and "contrast ratio"; AA asks for 4.5:1, AAA for 7:1.
//! - Colour blindness: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
//!   Deficiency", IEEE TVCG 15(6), 2009: the matrices of severity 1.0, on linear RGB. Distance is CIE76 in CIELAB, where
//!   2.3 is just noticeable.

use ratatui::style::{Color, Modifier};

use super::{Depth, Role, Themes};
use crate::console::named;

type Rgb = [f64; 3];

/// Roles that stand for words or the lines of charts; the others are frames, tracks and grounds.
const READ: [Role; 18] = [
    Role::Text,
    Role::Strong,
    Role::Dim,
    Role::Faint,
    Role::Accent,
    Role::Focus,
    Role::Key,
    Role::Number,
    Role::External,
    Role::You,
    Role::Agent,
    Role::Good,
    Role::Warn,
    Role::Bad,
    Role::Critical,
    Role::Change,
    Role::Running,
    Role::Series,
];

/// Roles with a ground of their own.
const BADGES: [Role; 6] = [
    Role::Match,
    Role::BadgeCause,
    Role::BadgeClear,
    Role::BadgeUnsure,
    Role::BadgeRunning,
    Role::BadgeQuiet,
];

/// Linear RGB of a truecolor.
fn linear(colour: Option<Color>) -> Rgb {
    let Some(Color::Rgb(r, g, b)) = colour else {
        panic!("{colour:?} is no truecolor")
    };
    [r, g, b].map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn luminance([r, g, b]: Rgb) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Every contrast that somebody reads by: words on the ground and on both selections, badges on their own.
fn contrasts(name: &str) -> Vec<(String, f64)> {
    let themes = Themes::shipped();
    let looks = themes.looks(name);
    let ground = linear(looks.ground());
    let mut found = Vec::new();
    for role in READ {
        let own = looks.style(role).fg;
        found.push((format!("{name}: {role:?}"), contrast(linear(own), ground)));
        for under in [Role::Selected, Role::SelectedUnfocused] {
            // Where the selection has a colour of its own, that is what is read.
            let selection = looks.style(under);
            let words = linear(selection.fg.or(own));
            // Times and counts are looked up, not read: WCAG's 3:1 for signs is enough under a selection.
            let spare = if role == Role::Faint && name != "high-contrast" {
                1.5
            } else {
                1.0
            };
            found.push((
                format!("{name}: {role:?} on {under:?}"),
                contrast(words, linear(selection.bg)) * spare,
            ));
        }
    }
    for role in BADGES {
        let style = looks.style(role);
        found.push((
            format!("{name}: {role:?}"),
            contrast(linear(style.fg), linear(style.bg)),
        ));
    }
    found
}

#[test]
fn the_formulas_are_right() {
    let of = |r, g, b| linear(Some(Color::Rgb(r, g, b)));
    assert!((contrast(of(0, 0, 0), of(255, 255, 255)) - 21.0).abs() < 1e-9);
    // The grey that WCAG's own examples give as the first to reach 4.5:1 on white.
    assert!((contrast(of(0x76, 0x76, 0x76), of(255, 255, 255)) - 4.54).abs() < 0.01);
    // Grey stays grey for everybody.
    for (_, matrix) in DICHROMACIES {
        assert!(distance(seen(of(128, 128, 128), matrix), of(128, 128, 128)) < 1.0);
    }
    // Pure red and pure green are far apart, and close for those who see no green.
    let (red, green) = (of(200, 80, 60), of(120, 130, 50));
    assert!(distance(red, green) > 60.0);
    assert!(distance(seen(red, DICHROMACIES[1].1), seen(green, DICHROMACIES[1].1)) < 15.0);
}

#[test]
fn words_have_contrast_enough() {
    for (name, least) in [
        ("dark", 4.5),
        ("light", 4.5),
        ("colour-blind-safe", 4.5),
        ("high-contrast", 7.0),
    ] {
        let poor = contrasts(name).into_iter().filter(|(_, ratio)| *ratio < least);
        let poor: Vec<_> = poor
            .map(|(what, ratio)| format!("{what} has {ratio:.2}:1"))
            .collect();
        assert!(poor.is_empty(), "less than {least}:1:\n{}", poor.join("\n"));
    }
}

#[test]
fn high_contrast_paints_black_and_sets_what_matters_in_bold() {
    let theme = Themes::shipped().named("high-contrast", Depth::True).unwrap();
    assert_eq!(theme.ground, Some(Color::Rgb(0, 0, 0)));
    for role in [Role::Warn, Role::Bad, Role::Critical, Role::Running, Role::Focus] {
        assert!(
            theme.style(role).add_modifier.contains(Modifier::BOLD),
            "{role:?}"
        );
    }
    let dark = Themes::shipped().named("dark", Depth::True).unwrap();
    assert_eq!(dark.ground, None, "the terminal's own ground is left alone");
}

const DICHROMACIES: [(&str, [[f64; 3]; 3]); 3] = [
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// What somebody sees.
fn seen(colour: Rgb, matrix: [[f64; 3]; 3]) -> Rgb {
    matrix.map(|row| {
        let sum: f64 = row.iter().zip(colour).map(|(weight, value)| weight * value).sum();
        sum.clamp(0.0, 1.0)
    })
}

fn lab([red, green, blue]: Rgb) -> Rgb {
    let bend = |t: f64| {
        if t > 216.0 / 24_389.0 {
            t.cbrt()
        } else {
            (24_389.0 / 27.0 * t + 16.0) / 116.0
        }
    };
    let x = bend((0.412_456 * red + 0.357_576 * green + 0.180_438 * blue) / 0.950_47);
    let y = bend(0.212_673 * red + 0.715_152 * green + 0.072_175 * blue);
    let z = bend((0.019_334 * red + 0.119_192 * green + 0.950_304 * blue) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (lab(a), lab(b));
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn good_warn_bad_and_change_stay_apart_for_everybody() {
    let themes = Themes::shipped();
    let looks = themes.looks("colour-blind-safe");
    let words = [Role::Good, Role::Warn, Role::Bad, Role::Change, Role::Running];
    let badges = [
        Role::BadgeCause,
        Role::BadgeClear,
        Role::BadgeUnsure,
        Role::BadgeRunning,
    ];
    let words: Vec<_> = words.iter().map(|role| (*role, looks.style(*role).fg)).collect();
    let badges: Vec<_> = badges.iter().map(|role| (*role, looks.style(*role).bg)).collect();
    let mut close = Vec::new();
    for (who, matrix) in DICHROMACIES {
        for set in [&words, &badges] {
            for (i, (a, one)) in set.iter().enumerate() {
                for (b, other) in set.iter().skip(i + 1) {
                    let apart = distance(seen(linear(*one), matrix), seen(linear(*other), matrix));
                    if apart < 20.0 {
                        close.push(format!("{who}: {a:?} and {b:?} are only {apart:.1} apart"));
                    }
                }
            }
        }
    }
    assert!(close.is_empty(), "{}", close.join("\n"));
}

/// Red, green, magenta of palettes that people have, and the grounds that these come with.
const PALETTES: [(&str, [u32; 3], [u32; 2]); 6] = [
    ("xterm", [0xCD_0000, 0x00_CD00, 0xCD_00CD], [0x00_0000, 0xFF_FFFF]),
    ("VGA", [0xAA_0000, 0x00_AA00, 0xAA_00AA], [0x00_0000, 0xFF_FFFF]),
    ("Tango", [0xCC_0000, 0x4E_9A06, 0x75_507B], [0x00_0000, 0xFF_FFFF]),
    (
        "Campbell",
        [0xC5_0F1F, 0x13_A10E, 0x88_1798],
        [0x0C_0C0C, 0xFF_FFFF],
    ),
    ("macOS", [0x99_0000, 0x00_A600, 0xB2_00B2], [0x00_0000, 0xFF_FFFF]),
    (
        "Solarized",
        [0xDC_322F, 0x85_9900, 0xD3_3682],
        [0x00_2B36, 0xFD_F6E3],
    ),
];

#[test]
fn ansi16_names_only_colours_that_are_seen_on_both_grounds() {
    let themes = Themes::shipped();
    let looks = themes.looks("ansi16");
    for role in named::all::<Role>() {
        let style = looks.style(role);
        assert_eq!(
            style.bg, None,
            "{role:?} has a ground that some palette makes unreadable"
        );
        assert!(
            matches!(style.fg, None | Some(Color::Red | Color::Green | Color::Magenta)),
            "{role:?} is {:?}",
            style.fg
        );
    }
    // Sentences are never coloured.
    for role in [Role::Text, Role::Strong, Role::Dim, Role::External, Role::Key] {
        assert_eq!(looks.style(role).fg, None, "{role:?}");
    }
    let of = |number: u32| {
        let [_, r, g, b] = number.to_be_bytes();
        linear(Some(Color::Rgb(r, g, b)))
    };
    for (name, colours, grounds) in PALETTES {
        for colour in colours {
            for ground in grounds {
                let ratio = contrast(of(colour), of(ground));
                assert!(
                    ratio >= 2.0,
                    "{name}: {colour:06x} on {ground:06x} has {ratio:.2}:1"
                );
            }
        }
    }
}

#[test]
fn mono_has_no_colour_and_still_tells_selection_and_verdict_apart() {
    let theme = Themes::shipped().named("mono", Depth::True).unwrap();
    for role in named::all::<Role>() {
        let style = theme.style(role);
        assert!(style.fg.is_none() && style.bg.is_none());
    }
    assert_ne!(theme.style(Role::Selected), theme.style(Role::Text));
    assert_ne!(theme.style(Role::BadgeCause), theme.style(Role::Text));
}
