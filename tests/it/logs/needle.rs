//! The needle in the haystack: unusual lines hidden in a log of ordinary ones are among the first findings.

use midwatch::analysis::logs::{Survey, Surveyed};

use super::{
    formats::{Format, fill},
    seed::Seed,
    statements::FORMATS,
};

/// What is hidden: how often, with the header of its log or without, and what it says.
const NEEDLES: &[(u32, bool, &str)] = &[
    (
        1,
        true,
        "checksum mismatch while verifying replica ‹n› of ‹path›, data may be corrupt",
    ),
    (
        1,
        true,
        "WARN clock skew of ‹N› ms against peer ‹ip› detected, timestamps are not reliable",
    ),
    (1, true, "Disabling write cache because battery backup is gone"),
    (1, false, "kernel: Out of memory: Killed process ‹pid› (java)"),
    (
        1,
        false,
        "panic: runtime error: invalid memory address or nil pointer dereference",
    ),
    (3, true, "lost lease on shard ‹n›, giving up leadership"),
    (1, true, "certificate for ‹domain› expires in ‹n› days"),
    (2, true, "deadlock detected, transaction ‹N› rolled back"),
    (1, true, "ERROR license quota exceeded for tenant ‹user›"),
    (1, true, "entering read-only mode"),
];

/// Lines of a format, the later statements rarer and rarer down to single lines, as in real logs.
fn haystack(format: &Format, lines: usize, seed: &mut Seed) -> Vec<String> {
    let kinds = format.statements.len() as f64;
    (0..lines)
        .map(|_| {
            let unit = seed.below(1 << 30) as f64 / f64::from(1 << 30);
            let statement = (kinds * unit.powi(7)) as usize;
            fill(format.header, seed) + &fill(format.statements[statement], seed)
        })
        .collect()
}

fn survey(lines: &[String]) -> Surveyed {
    let mut survey = Survey::new(false);
    for line in lines {
        survey.line(line.as_bytes(), line.len() as u64 + 1);
    }
    survey.finish()
}

/// The place of the finding whose sample holds the needle, from 1.
fn rank(found: &Surveyed, needle: &str) -> Option<usize> {
    let start = needle.split('‹').next().unwrap();
    let start = start
        .strip_prefix("WARN ")
        .or(start.strip_prefix("ERROR "))
        .unwrap_or(start);
    found
        .findings
        .iter()
        .position(|finding| finding.sample.contains(start))
        .map(|place| place + 1)
}

#[test]
fn the_needle_is_among_the_first_five() {
    let big = std::env::var_os("SHOW").is_some();
    let lines = if big { 100_000 } else { 3_000 };
    let mut missed = Vec::new();
    let mut ranks = [0; 6];
    let mut tried = 0;
    for (index, format) in FORMATS.iter().enumerate() {
        let mut seed = Seed::of(1000 + index as u64);
        let hay = haystack(format, lines, &mut seed);
        // All of them where somebody looks on; else some for each format.
        let some = NEEDLES
            .iter()
            .enumerate()
            .filter(|(number, _)| big || (number + index) % 5 == 0);
        for (_, (times, with_header, needle)) in some {
            tried += 1;
            let mut hay = hay.clone();
            let at = seed.below(lines as u64 - 10) as usize;
            for _ in 0..*times {
                let header = if *with_header {
                    fill(format.header, &mut seed)
                } else {
                    String::new()
                };
                hay.insert(at + seed.below(6) as usize, header + &fill(needle, &mut seed));
            }
            let found = survey(&hay);
            let rank = rank(&found, needle);
            ranks[rank.unwrap_or(6).min(6) - 1] += 1;
            if rank.is_none_or(|rank| rank > 5) {
                let first: Vec<String> = found
                    .findings
                    .iter()
                    .map(|f| {
                        format!(
                            "\n     {:.1} {:?} {}x {}",
                            f.weight,
                            f.why,
                            f.count,
                            f.sample.lines().next().unwrap_or("")
                        )
                    })
                    .collect();
                missed.push(format!("{} {needle}: {rank:?}{}", format.name, first.concat()));
            }
        }
    }
    println!("ranks 1 to 5, worse: {ranks:?}\n{}", missed.join("\n"));
    assert!(
        missed.len() * 20 <= tried,
        "{} of {tried} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn a_family_of_singletons_does_not_fill_the_list() {
    let mut seed = Seed::of(5);
    let mut hay = haystack(&FORMATS[0], 4_000, &mut seed);
    let words = [
        "alpha", "bravo", "carol", "delta", "ember", "flint", "grove", "hazel", "iris", "jade",
    ];
    for (index, one) in words.iter().enumerate() {
        for other in &words {
            let line = format!(
                "{}Unable to open {one} {other} for the nightly report",
                fill(FORMATS[0].header, &mut seed)
            );
            hay.insert(100 + index * 300, line);
        }
    }
    hay.insert(
        2_222,
        "kernel: Out of memory: Killed process 4242 (java)".to_owned(),
    );
    let found = survey(&hay);
    let family = found
        .findings
        .iter()
        .filter(|f| f.sample.contains("nightly report"))
        .count();
    assert!(family <= 1, "{family}");
    assert!(rank(&found, NEEDLES[3].2).is_some_and(|rank| rank <= 2));
}

#[test]
fn a_recurring_error_does_not_drown_a_singular_one() {
    let mut hay: Vec<String> = (0..20_000_u32)
        .map(|i| {
            let (minute, second) = (i / 60 % 60, i % 60);
            let head = format!("2024-05-01T{:02}:{minute:02}:{second:02}Z", i / 3600);
            match i % 4 {
                0 => format!("{head} ERROR upstream answered 503 for request {i}, retrying"),
                1 => format!("{head} WARN slow query took {i} ms"),
                2 => format!("{head} ERROR could not send mail to user{i}@example.com"),
                _ => format!("{head} INFO order {i} placed"),
            }
        })
        .collect();
    hay.insert(
        12_345,
        "2024-05-01T03:25:45Z ERROR replica set lost its primary".to_owned(),
    );
    let found = survey(&hay);
    assert!(
        found.findings[0].sample.contains("lost its primary"),
        "{:?}",
        found.findings
    );
    assert_eq!(found.findings[0].lines, [12_346]);
    // The recurring ones are told, too, behind it.
    assert!(found.findings.iter().any(|f| f.sample.contains("503")));
}

#[test]
fn a_burst_is_told() {
    let mut hay: Vec<String> = (0..20_000_u32)
        .map(|i| {
            format!(
                "2024-05-01T{:02}:{:02}:{:02}Z INFO order {i} placed",
                i / 3600,
                i / 60 % 60,
                i % 60
            )
        })
        .collect();
    for i in 0..300 {
        let (minute, second) = (26 + i / 200, i / 4 % 60);
        hay.insert(
            12_345 + i,
            format!("2024-05-01T03:{minute}:{second:02}Z WARN pool exhausted, waiting {i} ms"),
        );
    }
    let found = survey(&hay);
    let first = &found.findings[0];
    assert!(first.sample.contains("pool exhausted"), "{:?}", found.findings);
    let template = found.templates.iter().find(|t| t.id == first.template).unwrap();
    assert!(template.burst && template.count == 300, "{template:?}");
}
