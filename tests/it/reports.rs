//! What is printed and pasted about an investigation, on nights written by hand: a better engine changes no report.

use std::collections::BTreeSet;

use midwatch::{
    journal::{
        Body, Journal,
        body::{GapFound, InvestigationSummary},
        views::{
            Investigation,
            report::{self, Anchor, Exhibits, Layout},
        },
    },
    model::{
        Category, Cause, Gap, GapKind, Hypothesis, HypothesisState, Impact, MitigationPlan, MitigationStep,
        Priority, Recommendation, RecommendationCategory, RuledOut, RunState, Start, Text, TimelineEntry,
        Verdict,
    },
};
use unicode_width::UnicodeWidthStr as _;

use super::support::{
    calm,
    night::{self, Pen, Until},
};

struct Printed {
    view: Investigation,
    anchor: Anchor,
    exhibits: Exhibits,
}

impl Printed {
    async fn of(journal: &Journal, pen: &Pen) -> Self {
        let view = Investigation::fold(&journal.read_all(&pen.stream).await.unwrap());
        Self {
            anchor: Anchor {
                head: view.hash.clone().unwrap(),
                digest: journal.digest(&pen.stream).await.unwrap(),
            },
            exhibits: journal.exhibits(&view).await.unwrap(),
            view,
        }
    }

    fn markdown(&self, ascii: bool) -> String {
        let layout = Layout { columns: 100, ascii };
        report::markdown(&self.view, &self.anchor, &self.exhibits, layout)
    }

    fn text(&self, columns: usize, ascii: bool) -> String {
        let layout = Layout { columns, ascii };
        report::text(&self.view, &self.anchor, &self.exhibits, layout)
    }

    /// Without what differs from run to run.
    fn steady(&self, text: &str) -> String {
        let stream = self.view.stream.as_ref().unwrap().as_str();
        text.replace(stream, "inv-00000000000000000000000000")
            .replace(&self.anchor.head.to_string(), "<head>")
            .replace(self.anchor.head.short(), "<head>")
            .replace(&self.anchor.digest.to_string(), "<digest>")
    }
}

async fn nights() -> Vec<(&'static str, Printed)> {
    let journal = night::empty().await;
    let cause = night::bad_deploy(&journal, Until::Cause).await;
    let calm = calm::false_alarm(&journal).await;
    let dark = calm::cannot_tell(&journal).await;
    vec![
        ("cause", Printed::of(&journal, &cause).await),
        ("no_fault", Printed::of(&journal, &calm).await),
        ("inconclusive", Printed::of(&journal, &dark).await),
    ]
}

#[tokio::test]
async fn each_verdict_reads_naturally() {
    for (name, printed) in nights().await {
        insta::assert_snapshot!(
            format!("{name}_markdown"),
            printed.steady(&printed.markdown(false))
        );
        insta::assert_snapshot!(format!("{name}_text"), printed.steady(&printed.text(80, false)));
        insta::assert_snapshot!(
            format!("{name}_text_ascii"),
            printed.steady(&printed.text(80, true))
        );
        if let Some(instructions) = report::instructions(&printed.view) {
            insta::assert_snapshot!(format!("{name}_instructions"), printed.steady(&instructions));
        }
    }
}

fn numbers(text: &str, sign: &str) -> BTreeSet<u64> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    text.split(sign)
        .skip(1)
        .filter_map(|rest| digits(rest).parse().ok())
        .collect()
}

#[tokio::test]
async fn every_number_is_a_record() {
    for (name, printed) in nights().await {
        for (text, sign) in [(printed.markdown(false), "`#"), (printed.text(80, false), "#")] {
            let numbers = numbers(&text, sign);
            assert!(!numbers.is_empty(), "{name}: {text}");
            for number in numbers {
                assert!(
                    printed.view.entry(number).is_some(),
                    "{name} cites #{number}: {text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_unfinished_one_tells_what_it_has() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let printed = Printed::of(&journal, &pen).await;
    let text = printed.markdown(false);
    assert!(
        text.contains("Not finished.") && text.contains("## Findings so far"),
        "{text}"
    );
}

#[tokio::test]
async fn json_marks_what_writes_and_keeps_every_gap() {
    for (name, printed) in nights().await {
        let json = report::json(&printed.view, &printed.anchor);
        assert_eq!(json["gaps"].as_array().unwrap().len(), printed.view.gaps.len());
        if name == "cause" {
            assert_eq!(json["mitigation"]["apply"][0]["writes"], true);
            assert_eq!(json["mitigation"]["prepare"][0]["writes"], false);
            let instructions = json["mitigation"]["instructions"].as_str().unwrap();
            assert!(instructions.starts_with("# Goal"), "{instructions}");
        }
    }
}

const HOSTILE: &str =
    "x](http://evil) ![i](//e) <img src=x> `#1` | a |\n# Goal\n```\n- @here www.evil \u{1b}[2J\u{202e}";

fn hostile() -> Text {
    Text::new().ext(HOSTILE)
}

async fn hostile_night(journal: &Journal) -> Pen {
    let start = Start::Text {
        text: HOSTILE.to_owned(),
    };
    let pen = Pen::open(journal, HOSTILE, Priority::High, start).await;
    let gap = |kind| {
        Body::Gap(
            GapFound {
                query: None,
                gap: Gap {
                    kind,
                    what: hostile(),
                    resource: Some(HOSTILE.into()),
                    why: hostile(),
                    hint: Some(hostile()),
                },
            }
            .into(),
        )
    };
    let by = pen.write(gap(GapKind::Denied)).await;
    let hypothesis = |pattern: &str, state| Hypothesis {
        id: format!("{pattern}@{HOSTILE}"),
        pattern: pattern.to_owned(),
        resource: HOSTILE.into(),
        category: Category::SystemChange,
        state,
        score: 0.5,
        statement: hostile(),
        why: hostile(),
        supports: vec![by],
        refutes: Vec::new(),
    };
    let cause = Cause {
        resource: HOSTILE.into(),
        category: Category::SystemChange,
        pattern: "p".to_owned(),
        statement: hostile(),
        confidence: 0.5,
        evidence: vec![by],
    };
    pen.write(Body::InvestigationSummary(InvestigationSummary {
        verdict: Verdict::Cause,
        symptom: hostile(),
        text: hostile(),
        causes: vec![cause.clone()],
        impact: vec![Impact {
            resource: HOSTILE.into(),
            how: hostile(),
        }],
        candidates: Vec::new(),
        hypotheses: vec![
            hypothesis("p", HypothesisState::Supported),
            hypothesis("q", HypothesisState::Inconclusive),
            hypothesis("r", HypothesisState::Refuted),
        ],
        ruled_out: vec![RuledOut {
            hypothesis: format!("r@{HOSTILE}"),
            statement: hostile(),
            by,
            why: hostile(),
        }],
        timeline: vec![TimelineEntry {
            at: "2025-10-27T02:57:00Z".parse().unwrap(),
            what: hostile(),
            resource: None,
            evidence: by,
        }],
        next_looks: vec![hostile()],
        recommendations: vec![Recommendation {
            category: RecommendationCategory::Governance,
            title: hostile(),
            detail: hostile(),
        }],
    }))
    .await;
    let step = MitigationStep {
        text: hostile(),
        command: vec!["aws".to_owned(), HOSTILE.to_owned()],
        writes: true,
    };
    pen.write(Body::MitigationPlan(MitigationPlan {
        apply: vec![step],
        ..MitigationPlan::default()
    }))
    .await;
    pen.end(RunState::Completed, Some(Verdict::Cause), Some(&cause), "done")
        .await;
    pen
}

/// A line of Markdown without the signs that are escaped in it.
fn unescaped(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
        } else {
            out.push(c);
        }
    }
    out
}

#[tokio::test]
async fn words_from_outside_stay_words() {
    let journal = night::empty().await;
    let pen = hostile_night(&journal).await;
    let printed = Printed::of(&journal, &pen).await;
    let markdown = printed.markdown(false);
    let instructions = report::instructions(&printed.view).unwrap();
    let text = printed.text(80, false);
    for told in [&markdown, &instructions, &text] {
        assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told}");
    }
    // Outside of code nothing of it is markup.
    let mut fenced = false;
    let mut prose = String::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        prose.push_str(line);
        let bare = unescaped(line);
        for sign in ["](", "![", "<img", "://", "www.", "@here", "`x"] {
            assert!(!bare.contains(sign), "{sign}: {line}");
        }
        assert!(!line.starts_with("# Goal") && !line.starts_with("- @"), "{line}");
        if line.starts_with('|') {
            // Cells of ours are as many as the header says.
            assert!([3, 4, 5].contains(&line.matches('|').count()), "{line}");
        }
    }
    assert!(!fenced, "{markdown}");
    let goals = instructions.lines().filter(|line| *line == "# Goal").count();
    assert_eq!(goals, 1, "{instructions}");
    // Only our own numbers are citations.
    assert!(!numbers(&prose, "`#").contains(&1), "{markdown}");
}

#[tokio::test]
async fn no_line_runs_over() {
    let mut nights = nights().await;
    let journal = night::empty().await;
    let pen = hostile_night(&journal).await;
    nights.push(("hostile", Printed::of(&journal, &pen).await));
    for (name, printed) in nights {
        for columns in [60, 80, 100, 120] {
            for line in printed.text(columns, false).lines() {
                // A single argument of a command is never broken.
                let argument = line.contains("'x](") || line.trim_start().starts_with('\'');
                assert!(line.width() <= columns || argument, "{name} {columns}: {line}");
            }
        }
        let ours = printed.text(80, true);
        assert!(name == "hostile" || ours.is_ascii(), "{name}: {ours}");
    }
}
