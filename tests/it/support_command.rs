//! `midwatch support`, `iam policy --support` and `doctor --support`, as their users run them.

use super::support::{
    double_support::{DoubleSupport, Plan},
    program::Program,
};

fn program(double: &DoubleSupport) -> (Program, String) {
    let program = Program::new("").of_aws(double.url()).with("USER", "dana");
    let result = program.json(&["investigate", "--scenario", "ec2-cpu-stress", "--format", "json"]);
    let stream = result["investigation"].as_str().unwrap().to_owned();
    (program, stream)
}

#[test]
fn a_case_goes_from_the_preview_to_its_end() {
    let double = DoubleSupport::start(Plan::Business);
    let (program, stream) = program(&double);
    // Nobody is there to confirm it.
    let refused = program.run(&["support", "open", &stream]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.out.contains("This is what AWS Support will see."),
        "{}",
        refused.out
    );
    assert!(refused.out.contains("RECENT CHANGES"), "{}", refused.out);
    assert!(
        refused.out.contains(&format!("attached   {stream}.md (")),
        "{}",
        refused.out
    );
    assert!(refused.err.contains("add --yes"), "{}", refused.err);
    assert_eq!(
        double.writes(),
        Vec::<String>::new(),
        "no call before the confirmation"
    );
    let wrong = program.run(&["support", "open", &stream, "--severity", "panic", "--yes"]);
    assert!(
        wrong.err.contains("one of: low, normal, high, urgent, critical"),
        "{}",
        wrong.err
    );
    assert_eq!(double.writes(), Vec::<String>::new());

    let opened = program.fine(&["support", "open", &stream, "--severity", "high", "--yes"]);
    assert!(opened.ends_with("case 1700000000 is open\n"), "{opened}");
    let preview = opened.split("This is what").nth(1).unwrap();
    double.held(|held| {
        for line in held.cases[0]["communicationBody"].as_str().unwrap().lines() {
            assert!(preview.contains(line), "not shown: {line}");
        }
    });
    let export = program.fine(&["journal", "export", &stream]);
    double.held(|held| {
        let attached = std::str::from_utf8(&held.sets[0][0].1).unwrap();
        // Charts are drawn with the signs of the locale.
        let lines = |text: &str| {
            text.lines()
                .map(|line| line.trim().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(attached).len(), lines(&export).len());
    });
    double.reply(0, "We are looking into it.");
    let shown = program.fine(&["support", "show", "1700000000"]);
    assert!(
        shown.contains("AWS Support\n  We are looking into it.\n"),
        "{shown}"
    );
    assert!(
        program
            .run(&["support", "say", "1700000000", "thanks"])
            .err
            .contains("add --yes")
    );
    program.fine(&["support", "say", "1700000000", "thanks, root", "--yes"]);
    double.held(|held| assert_eq!(held.said[0][0]["body"], "thanks, root"));
    let list = program.fine(&["support", "list"]);
    assert!(
        list.contains("1700000000") && list.contains("pending-customer-action"),
        "{list}"
    );
    assert!(
        program
            .run(&["support", "chat", "1700000000"])
            .err
            .contains("needs a terminal")
    );
    program.fine(&["support", "close", "1700000000", "--yes"]);
    double.held(|held| assert_eq!(held.statuses[0], "resolved"));
    let shown = program.fine(&["support", "show", "1700000000", "--offline"]);
    assert!(shown.starts_with("case 1700000000 (resolved)\n"), "{shown}");
    assert!(shown.contains("dana\n  thanks, root\n"), "{shown}");
    assert_eq!(program.run(&["journal", "verify"]).code, 0);
}

#[test]
fn a_plan_that_is_too_low_gives_a_text_to_paste() {
    let double = DoubleSupport::start(Plan::Basic);
    let (program, stream) = program(&double);
    let text = program.fine(&["support", "open", &stream, "--yes"]);
    assert!(
        text.contains("https://console.aws.amazon.com/support/home#/case/create"),
        "{text}"
    );
    for section in [
        "Subject: ",
        "TIMELINE",
        "RESOURCES",
        "TELEMETRY",
        "RECENT CHANGES",
        "REMEDIATION",
        "IMPACT",
    ] {
        assert!(text.contains(section), "{section}: {text}");
    }
    assert!(
        program
            .fine(&["support", "level"])
            .contains("does not let programs open cases")
    );
    assert_eq!(double.writes(), Vec::<String>::new());
}

#[test]
fn the_doctor_names_what_is_denied() {
    let double = DoubleSupport::start(Plan::Business);
    double.held(|held| held.denied.push("support:CreateCase".to_owned()));
    let program = Program::new("").of_aws(double.url());
    let before = double.operations().len();
    program.run(&["doctor"]);
    assert_eq!(
        double.operations().len(),
        before,
        "the doctor asks nobody unless told"
    );
    let told = program.run(&["doctor", "--support"]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("denied: support:CreateCase"), "{}", told.out);
    assert!(told.out.contains("midwatch iam policy --support"), "{}", told.out);
    double.held(|held| held.denied.clear());
    let told = program.run(&["doctor", "--support"]);
    assert_eq!(told.code, 0, "{}", told.out);
    let level = program.fine(&["support", "level"]);
    assert!(
        level.contains("severities: low, normal, high, urgent, critical"),
        "{level}"
    );
    assert!(level.contains("may do all"), "{level}");
    assert_eq!(double.writes(), Vec::<String>::new());
}

#[test]
fn the_policy_has_it_where_somebody_wants_it() {
    let program = Program::new("");
    let plain = program.fine(&["iam", "policy"]);
    assert!(!plain.contains("support:"));
    let policy = program.json(&["iam", "policy", "--support"]);
    let statement = policy["Statement"].as_array().unwrap().last().unwrap();
    assert_eq!(statement["Sid"], "MidwatchAsksSupport");
    assert!(
        statement["Action"]
            .as_array()
            .unwrap()
            .contains(&"support:CreateCase".into())
    );
}
