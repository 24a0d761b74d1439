//! Whatever is read: no panic, bounded memory, the same answer every time.

use midwatch::analysis::logs::Survey;
use proptest::prelude::*;

use super::seed::Seed;

#[test]
fn the_number_of_kept_templates_is_bounded() {
    let mut seed = Seed::of(9);
    let mut survey = Survey::new(false);
    let mut one_word = Survey::new(false);
    for number in 0..56_000 {
        let words: Vec<String> = (0..4)
            .map(|_| (0..6).map(|_| char::from(b'a' + seed.below(26) as u8)).collect())
            .collect();
        survey.line(words.join(" ").as_bytes(), 28);
        if number % 8 == 0 {
            one_word.line(
                format!("the service {} answered in time", words[0]).as_bytes(),
                40,
            );
        }
    }
    assert!(survey.shapes() <= 51_000, "{}", survey.shapes());
    // A word that varies without end is understood on the way.
    assert!(one_word.shapes() <= 5_000, "{}", one_word.shapes());
    // But for words that look like participles: they could be what the statement says.
    assert!(one_word.finish().templates.len() <= 150);
    let found = survey.finish();
    assert_eq!(found.templates.iter().map(|t| t.count).sum::<u64>(), 56_000);
}

#[test]
fn the_answer_is_the_same_every_time() {
    let mut seed = Seed::of(4);
    let lines: Vec<String> = super::statements::FORMATS
        .iter()
        .flat_map(|format| format.statements.iter().map(move |statement| (format, statement)))
        .map(|(format, statement)| {
            super::formats::fill(format.header, &mut seed) + &super::formats::fill(statement, &mut seed)
        })
        .collect();
    let told = || {
        let mut survey = Survey::new(true);
        for line in lines.iter().cycle().take(3_000) {
            survey.line(line.as_bytes(), line.len() as u64);
        }
        serde_json::to_string(&survey.finish()).unwrap()
    };
    assert_eq!(told(), told());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_bytes_are_survived(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..30)) {
        let mut survey = Survey::new(true);
        for line in &lines {
            survey.line(line, line.len() as u64);
        }
        let found = survey.finish();
        prop_assert_eq!(found.assigned.as_ref().map(Vec::len), Some(lines.len()));
        for id in found.assigned.iter().flatten() {
            prop_assert!(found.templates.iter().any(|t| t.id == *id));
        }
    }

    #[test]
    fn anything_that_looks_like_a_log_is_survived(
        lines in prop::collection::vec("[\\[\\]{}()<>:=\"'.,|/ \\-0-9A-Za-zé\t\\\\]{0,80}", 0..30),
        json in prop::collection::vec("\\{(\"[a-z]{1,3}\":(\"[a-z\\\\\"]{0,4}\"|[0-9]{1,3}|\\{\\}),?){0,4}\\}", 0..10),
    ) {
        let mut survey = Survey::new(true);
        for line in lines.iter().chain(&json) {
            survey.line(line.as_bytes(), line.len() as u64);
        }
        let count = lines.len() + json.len();
        prop_assert_eq!(survey.finish().assigned.map(|all| all.len()), Some(count));
    }
}
