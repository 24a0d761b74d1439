//! `midwatch patterns`: what is refused, where and with which words; what is listed and explained.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use midwatch::engine::pattern::{check_folder, read};

/// Runs `midwatch patterns` with a home of its own.
fn patterns(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .arg("patterns")
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A sound pattern, one mistake away from each case below.
const SOUND: &str = r#"id = "slow-disk"
title = "The disk is slow"
category = "resource_limit"
types = ["AWS::EC2::Instance"]
statement = "{resource} is slow"

[[when]]
fact = "metric_shift"
metric = ["DiskQueueDepth"]
direction = "up"
says = "its disk waits"

[[supports]]
fact = "log_burst"
matches = 'disk (is )?slow'
weight = 0.5
says = "it says so"

[[supports]]
fact = "changed"
matches = 'ModifyVolume'
weight = 0.5
says = "its disk was changed"

[[limit]]
metric = "DiskQueueDepth"
stat = "Average"
value = 64.0

[[mitigation.pre_validate]]
text = "See the volume"
command = ["aws", "ec2", "describe-volumes", "--volume-ids", "{id}"]

[[mitigation.apply]]
text = "Move to gp3"
command = ["aws", "ec2", "modify-volume", "--volume-id", "{id}", "--volume-type", "gp3"]

[[prevention]]
category = "infrastructure"
title = "Use gp3"
detail = "It has no credits."
"#;

/// What is replaced by what, and every mistake that must be told: line, what, and a word of what was expected.
type Case = (
    &'static str,
    &'static str,
    &'static [(usize, &'static str, &'static str)],
);

const CASES: &[Case] = &[
    (
        "title = \"The",
        "tittle = \"The",
        &[
            (1, "a pattern lacks 'title'", "expected title = \"words\""),
            (2, "a pattern has no key 'tittle'", "did you mean 'title'?"),
        ],
    ),
    (
        "resource_limit",
        "resource-limit",
        &[(
            3,
            "'resource-limit' is no category",
            "did you mean 'resource_limit'? expected one of: system_change, input_anomaly",
        )],
    ),
    (
        "\"log_burst\"",
        "\"log_brust\"",
        &[(14, "'log_brust' is no fact", "did you mean 'log_burst'?")],
    ),
    (
        "disk (is )?slow",
        "disk (is ?slow",
        &[(
            15,
            "'matches' is no regular expression: unclosed group",
            "docs.rs/regex",
        )],
    ),
    (
        "'ModifyVolume'\nweight = 0.5",
        "'ModifyVolume'\nweight = 1.5",
        &[(22, "'weight' is 1.5", "a number from 0 to 1")],
    ),
    (
        "weight = 0.5\nsays = \"it says so\"",
        "weight = \"much\"\nsays = \"it says so\"",
        &[(16, "'weight' is text", "a number from 0 to 1")],
    ),
    (
        "\nmatches = 'ModifyVolume'",
        "\nmetric = [\"x\"]",
        &[(
            21,
            "a changed has no 'metric'",
            "expected only matches, named beside fact = \"changed\"",
        )],
    ),
    (
        "direction = \"up\"",
        "matches = 'x'",
        &[(
            10,
            "a metric_shift has no 'matches'",
            "expected only metric, direction, at_least, at_most",
        )],
    ),
    (
        "direction = \"up\"",
        "resources = 2",
        &[(
            10,
            "'resources' says nothing of the resource itself",
            "on = \"callers\"",
        )],
    ),
    (
        "direction = \"up\"",
        "at_least = 5\nat_most = 4",
        &[(
            10,
            "at least 5 and at most 4 is no level",
            "at_least below at_most",
        )],
    ),
    (
        "says = \"it says so\"\n",
        "",
        &[(13, "[[supports]] lacks 'says'", "expected says = \"words\"")],
    ),
    (
        "value = 64.0",
        "value = 64.0\npath = \"Depth\"",
        &[(
            25,
            "[[limit]] has both 'path' and 'value'",
            "where the limit is the same for everybody",
        )],
    ),
    (
        "value = 64.0\n",
        "",
        &[(25, "[[limit]] has neither 'path' nor 'value'", "expected path =")],
    ),
    (
        "\"{resource} is slow\"",
        "\"{resuorce} is slow\"",
        &[(5, "'{resuorce}' cannot be filled", "did you mean 'resource'?")],
    ),
    (
        "\"{id}\"]\n\n[[mitigation.apply]]",
        "\"{ide}\"]\n\n[[mitigation.apply]]",
        &[(32, "'{ide}' cannot be filled", "config. and a path")],
    ),
    (
        "AWS::EC2::Instance",
        "AWS::EC2",
        &[(4, "'AWS::EC2' is no resource type", "expected AWS::Service::Type")],
    ),
    (
        "describe-volumes",
        "delete-volume",
        &[(
            32,
            "'aws ec2 delete-volume' does not only read",
            "expected a command that changes nothing",
        )],
    ),
    (
        "[\"aws\", \"ec2\", \"modify-volume\", \"--volume-id\", \"{id}\", \"--volume-type\", \"gp3\"]",
        "[\"aws ec2 modify-volume\"]",
        &[(
            36,
            "the command is not split into words: 'aws ec2 modify-volume'",
            "expected a word each",
        )],
    ),
    (
        "[\"aws\", \"ec2\", \"modify-volume\", \"--volume-id\", \"{id}\", \"--volume-type\", \"gp3\"]",
        "\"aws ec2 modify-volume\"",
        &[(36, "'command' is text", "a word each")],
    ),
    (
        "\"slow-disk\"",
        "\"Slow_Disk\"",
        &[(1, "the id 'Slow_Disk' is not kebab-case", "single hyphens")],
    ),
    (
        "\"slow-disk\"",
        "\"slow-disc\"",
        &[(
            1,
            "the id 'slow-disc' is not the name of its file",
            "expected id = \"slow-disk\"",
        )],
    ),
    (
        "[[when]]\nfact = \"metric_shift\"\nmetric = [\"DiskQueueDepth\"]\ndirection = \"up\"\nsays = \"its disk waits\"\n",
        "when = []\n",
        &[(7, "'when' is empty", "expected at least one [[when]]")],
    ),
    (
        "title = \"The disk is slow\"",
        "title = The disk",
        &[(2, "", "expected TOML")],
    ),
    (
        "weight = 0.5\nsays = \"it says so\"\n\n[[supports]]\nfact = \"changed\"\nmatches = 'ModifyVolume'\nweight = 0.5",
        "weight = 2\nsays = \"it says so\"\n\n[[supports]]\nfact = \"chnaged\"\nmatches = '[a'\nweight = -1",
        &[
            (16, "'weight' is 2", "a number from 0 to 1"),
            (20, "'chnaged' is no fact", "did you mean 'changed'?"),
            (
                21,
                "'matches' is no regular expression: unclosed character class",
                "docs.rs/regex",
            ),
            (22, "'weight' is -1", "a number from 0 to 1"),
        ],
    ),
];

#[test]
fn the_pattern_before_it_is_spoiled_is_sound() {
    read("slow-disk.toml", SOUND).unwrap();
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_was_expected() {
    for (from, to, expected) in CASES {
        assert!(SOUND.contains(from), "{from}");
        let told = read("slow-disk.toml", &SOUND.replacen(from, to, 1)).unwrap_err();
        assert_eq!(told.len(), expected.len(), "{to}: {told:#?}");
        for (mistake, (line, what, hint)) in told.iter().zip(*expected) {
            let place = format!("slow-disk.toml:{line}: {what}");
            assert!(
                mistake.to_string().starts_with(&place),
                "{mistake}\nshould begin with {place}"
            );
            assert!(mistake.hint.contains(hint), "{mistake}\nshould hint at {hint}");
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_folder_is_checked_to_its_last_mistake() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.toml", &SOUND.replace("slow-disk", "a"));
    write(folder.path(), "b.toml", &SOUND.replace("slow-disk", "a"));
    write(
        folder.path(),
        "c.toml",
        &SOUND.replace("slow-disk", "c").replace("0.5", "5"),
    );
    write(folder.path(), "notes.txt", "no pattern");
    let checked = check_folder(folder.path()).unwrap();
    assert_eq!(checked.sound, 1);
    let told: Vec<String> = checked.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(told[1].contains("b.toml:1: the id 'a' is taken by") && told[1].contains("a.toml"));

    let path = folder.path().to_string_lossy().into_owned();
    let output = patterns(&["check", &path]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    for line in [
        "c.toml:16: 'weight' is 5",
        "c.toml:22: 'weight' is 5",
        "4 mistakes; 1 pattern is sound",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_sound_folder_says_how_many() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "slow-disk.toml", SOUND);
    let path = folder.path().to_string_lossy().into_owned();
    let output = patterns(&["check", &path]);
    assert_eq!(
        (output.status.code(), stdout(&output).as_str()),
        (Some(0), "1 pattern is sound\n")
    );
    assert_eq!(patterns(&["check"]).status.code(), Some(0));
    assert_eq!(patterns(&["check", "/nowhere"]).status.code(), Some(1));
}

#[test]
fn patterns_are_listed_and_explained() {
    let text = stdout(&patterns(&["list"]));
    assert!(
        text.lines().count() >= 60 && text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let listed: serde_json::Value = serde_json::from_str(&stdout(&patterns(&["list", "--json"]))).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), text.lines().count());
    assert_eq!(listed[0]["id"], "alb-no-healthy-targets");

    let text = stdout(&patterns(&["explain", "lambda-timeout"]));
    for part in [
        "needs all of these",
        "Task timed out after",
        "aws lambda update-function-configuration",
        "(0.5)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let whole: serde_json::Value =
        serde_json::from_str(&stdout(&patterns(&["explain", "lambda-timeout", "--json"]))).unwrap();
    assert_eq!(whole["requires"][0]["fact"], "log_burst");

    let output = patterns(&["explain", "lambda-timout"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("did you mean lambda-timeout?"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
