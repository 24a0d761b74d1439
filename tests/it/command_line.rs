//! The program as its users start it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// The program with a home of its own and nothing else from the outside.
struct Program {
    home: tempfile::TempDir,
}

impl Program {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("MIDWATCH_DATA", self.home.path().join("data"))
            .env("USER", "test")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn two_runs_differ_in_ids_and_times_alone() {
    let program = Program::new();
    let args = [
        "investigate",
        "--scenario",
        "lambda-throttled-surge",
        "--format",
        "json",
    ];
    let (mut one, mut two) = (program.json(&args), program.json(&args));
    assert_eq!(one["journal"]["digest"], two["journal"]["digest"]);
    for result in [&mut one, &mut two] {
        let object = result.as_object_mut().unwrap();
        object.remove("investigation");
        object.remove("journal");
        object["usage"].as_object_mut().unwrap().remove("seconds");
    }
    assert_eq!(one, two);
}

#[test]
fn the_result_has_every_field_of_the_contract() {
    let program = Program::new();
    let result = program.json(&["investigate", "--scenario", "ec2-cpu-stress", "--format", "json"]);
    assert_eq!(result["verdict"], "cause");
    for field in [
        "investigation",
        "causes",
        "impact",
        "candidates",
        "hypotheses",
        "timeline",
        "gaps",
        "mitigation",
        "recommendations",
        "journal",
        "usage",
    ] {
        assert!(!result[field].is_null(), "{field} is missing");
    }
    for field in [
        "resource",
        "category",
        "pattern",
        "statement",
        "confidence",
        "evidence",
    ] {
        assert!(!result["cause"][field].is_null(), "cause.{field} is missing");
    }
    for field in [
        "prepare",
        "pre_validate",
        "apply",
        "post_validate",
        "rollback",
        "instructions",
    ] {
        assert!(
            !result["mitigation"][field].is_null(),
            "mitigation.{field} is missing"
        );
    }
    let candidates = result["candidates"].as_array().unwrap();
    assert_eq!(candidates[0]["resource"], result["cause"]["resource"]);
}

#[test]
fn exit_codes_say_how_it_ended() {
    let program = Program::new();
    let code = |args: &[&str]| program.run(args).status.code();
    assert_eq!(code(&["investigate", "--scenario", "ec2-cpu-stress"]), Some(0));
    assert_eq!(
        code(&["investigate", "--scenario", "healthy-false-alarm"]),
        Some(0)
    );
    assert_eq!(code(&["investigate", "--scenario", "denied-evidence"]), Some(3));
    assert_eq!(code(&["investigate", "--bundle", "/nowhere"]), Some(1));
    assert_eq!(code(&["investigate"]), Some(2));
    assert_eq!(code(&["investigate", "--no-such-option"]), Some(2));
}

#[test]
fn a_mistake_is_one_clear_error_with_a_hint() {
    let program = Program::new();
    for args in [
        ["investigate", "--scenario", "no-such-incident"].as_slice(),
        &["investigate", "--bundle", "/nowhere"],
        &["investigate", "it hurts", "--at", "a while back"],
        &["investigate", "it hurts", "--window", "yesterday"],
        &["--space", "../etc", "journal", "list"],
        &["patterns", "explain", "no-such-pattern"],
        &["recommendations", "accept", "no-such-recommendation"],
        &[
            "topology",
            "--scenario",
            "ec2-cpu-stress",
            "--focus",
            "no-such-resource",
        ],
    ] {
        let output = program.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stdout(&output));
        let error = stderr(&output);
        assert!(
            error.starts_with("error: ") && error.contains("hint:"),
            "{args:?}: {error}"
        );
        assert!(stdout(&output).is_empty(), "{args:?}");
    }
}

/// Copies a bundle and spoils one of its files.
fn spoiled(spoil: impl Fn(&Path)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/ec2-cpu-stress");
    for entry in std::fs::read_dir(scenario).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    spoil(folder.path());
    folder
}

#[test]
fn a_spoiled_bundle_is_named_with_file_and_line() {
    let program = Program::new();
    let truncate = |name: &'static str| {
        move |folder: &Path| {
            let path = folder.join(name);
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, &text[..text.len() - 40]).unwrap();
        }
    };
    let truncated = spoiled(truncate("resources.jsonl"));
    let misspelt = spoiled(|folder| {
        let path = folder.join("relations.jsonl");
        let text = std::fs::read_to_string(&path)
            .unwrap()
            .replacen("\"kind\"", "\"knd\"", 1);
        std::fs::write(&path, text).unwrap();
    });
    let empty = tempfile::tempdir().unwrap();
    for (folder, file) in [
        (&truncated, "resources.jsonl:"),
        (&misspelt, "relations.jsonl:"),
        (&empty, "incident.toml"),
    ] {
        let output = program.run(&[
            "investigate",
            "--bundle",
            folder.path().to_str().unwrap(),
            "--format",
            "json",
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(file), "{}", stderr(&output));
        assert_eq!(stderr(&output).matches("error: ").count(), 1);
    }
}

#[test]
fn a_missing_home_is_an_error_and_not_a_crash() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_midwatch"));
    let output = command
        .args(["journal", "list"])
        .env_clear()
        .env("HOME", "/proc/nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
}

#[test]
fn the_journal_verifies_and_a_flipped_byte_is_named() {
    let program = Program::new();
    let result = program.json(&["investigate", "--scenario", "ec2-cpu-stress", "--format", "json"]);
    let stream = result["investigation"].as_str().unwrap();
    assert_eq!(program.run(&["journal", "verify"]).status.code(), Some(0));
    let listed = program.run(&["journal", "list", "--format", "json"]);
    let line: Value = serde_json::from_str(stdout(&listed).lines().next().unwrap()).unwrap();
    assert_eq!(line["stream"], stream);
    assert_eq!(line["state"], "completed");
    assert_eq!(line["verdict"], "cause");
    for field in ["title", "priority", "source", "created"] {
        assert!(!line[field].is_null(), "{field} is missing");
    }
    // A forger with the file in hand: triggers gone, one byte of one record changed.
    let path = program.home.path().join("data/spaces/default/journal.sqlite");
    flip(&path, stream, 20);
    let output = program.run(&["journal", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output) + &stderr(&output);
    assert!(said.contains(stream) && said.contains("20"), "{said}");
}

fn flip(path: &Path, stream: &str, seq: i64) {
    use sqlx::{Connection as _, Executor as _, Row as _};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut database = sqlx::sqlite::SqliteConnection::connect_with(&options)
            .await
            .unwrap();
        let triggers = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'trigger'");
        for trigger in triggers.fetch_all(&mut database).await.unwrap() {
            let drop = format!("DROP TRIGGER {}", trigger.get::<String, _>(0));
            database.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
        }
        let update =
            sqlx::query("UPDATE records SET body = replace(body, 'e', 'E') WHERE stream = ? AND seq = ?");
        let changed = update
            .bind(stream)
            .bind(seq)
            .execute(&mut database)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 1);
        database.close().await.unwrap();
    });
}

#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = Program::new();
    program.run(&["investigate", "--scenario", "ec2-cpu-stress"]);
    let folder = program.home.path().join("data/spaces/default");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
    }
}

#[test]
fn a_killed_run_is_resumed_by_the_next_start_to_the_same_verdict() {
    let program = Program::new();
    let whole = program.json(&[
        "investigate",
        "--scenario",
        "order-intake-bad-deploy",
        "--format",
        "json",
    ]);
    let mut killed = 0;
    for after in [15, 40, 80, 120, 170, 230] {
        let mut child = program
            .command(&["investigate", "--scenario", "order-intake-bad-deploy"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        killed += i32::from(child.wait().unwrap().code().is_none());
    }
    assert!(killed > 0, "every run was over before it was killed");
    // The next start takes over what was left, once the leases of the dead have run out.
    let started = Instant::now();
    loop {
        program.run(&["investigate", "--scenario", "ec2-cpu-stress"]);
        let open = unfinished(&program);
        if open.is_empty() {
            break;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "still open: {open:?}");
    }
    let listed = stdout(&program.run(&["journal", "list", "--format", "json"]));
    for line in listed.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["state"], "completed", "{line}");
        assert_eq!(line["verdict"], "cause", "{line}");
    }
    assert_eq!(whole["verdict"], "cause");
    assert_eq!(program.run(&["journal", "verify"]).status.code(), Some(0));
}

fn unfinished(program: &Program) -> Vec<String> {
    let listed = stdout(&program.run(&["journal", "list", "--format", "json"]));
    let lines = listed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["state"] != "completed")
        .map(|line| line["stream"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn looking_again_with_a_hint_names_its_parent() {
    let program = Program::new();
    let first = program.json(&[
        "investigate",
        "--scenario",
        "order-intake-bad-deploy",
        "--format",
        "json",
    ]);
    let parent = first["investigation"].as_str().unwrap();
    let again = program.json(&[
        "investigate",
        "--again",
        parent,
        "--hint",
        "ignore order-intake",
        "--format",
        "json",
    ]);
    assert_ne!(again["verdict"], "cause", "{again}");
    let space = stdout(&program.run(&["journal", "show", "space", "--format", "json"]));
    assert!(space.contains(&format!("\"parent\":\"{parent}\"")), "{space}");
    let listed = stdout(&program.run(&["journal", "list"]));
    let child = again["investigation"].as_str().unwrap();
    assert!(listed.contains(&format!("looked at again: {child}")), "{listed}");
}

#[test]
fn markdown_cites_records_and_text_is_for_people() {
    let program = Program::new();
    let markdown = stdout(&program.run(&[
        "investigate",
        "--scenario",
        "s3-access-denied",
        "--format",
        "markdown",
    ]));
    assert!(
        markdown.starts_with("# ") && markdown.contains("## Root cause") && markdown.contains("(`#"),
        "{markdown}"
    );
    let text = stdout(&program.run(&["investigate", "--scenario", "s3-access-denied"]));
    assert!(text.starts_with("CAUSE") && text.contains("timeline"), "{text}");
}

#[test]
fn a_report_is_printed_again_and_every_number_in_it_opens() {
    let program = Program::new();
    let args = ["--scenario", "dynamodb-throttled-deploy", "--format", "markdown"];
    let first = stdout(&program.run(&[["investigate"].as_slice(), &args].concat()));
    let stream = first.split("Stream `").nth(1).unwrap().split('`').next().unwrap();
    let again = program.run(&["journal", "report", stream, "--format", "markdown"]);
    assert_eq!(first, stdout(&again));
    let numbers: Vec<&str> = first
        .split("`#")
        .skip(1)
        .map(|rest| rest.split('`').next().unwrap())
        .collect();
    assert!(numbers.len() > 20, "{first}");
    let opened = program.run(&["journal", "show", stream, "--record", &numbers.join(",")]);
    assert_eq!(opened.status.code(), Some(0), "{}", stderr(&opened));
    for number in numbers {
        assert!(stdout(&opened).contains(&format!("#{number} ")), "{number}");
    }
    // As the report says it: one at a time, and all in the words of the report.
    for line in first.lines().filter(|line| line.starts_with("midwatch ")) {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let output = program.run(&words);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
    }
    let missing = program.run(&["journal", "show", stream, "--record", "9999"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("hint:"), "{}", stderr(&missing));
    assert_eq!(
        program.run(&["journal", "report", "space"]).status.code(),
        Some(1)
    );
}

#[test]
fn the_policy_is_read_only() {
    let policy = Program::new().json(&["iam", "policy"]);
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap());
    for action in actions {
        let (_, verb) = action.as_str().unwrap().split_once(':').unwrap();
        let reads = [
            "Get", "List", "Describe", "Lookup", "Filter", "Search", "BatchGet", "Head",
        ];
        // API Gateway names its actions by the methods of HTTP.
        let reading = verb == "GET" || reads.iter().any(|read| verb.starts_with(read));
        assert!(reading, "{action}");
    }
}

#[test]
fn every_petshop_case_ends_with_ranked_candidates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/petshop-low");
    let Ok(cases) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let mut cases: Vec<PathBuf> = cases.flatten().map(|entry| entry.path()).collect();
    cases.sort();
    let program = Program::new();
    for case in cases
        .iter()
        .filter(|case| case.join("incident.toml").exists())
        .take(6)
    {
        let result = program.json(&[
            "investigate",
            "--bundle",
            case.to_str().unwrap(),
            "--format",
            "json",
        ]);
        let candidates = result["candidates"].as_array().unwrap();
        assert!(candidates.len() > 20, "{}", case.display());
    }
}

#[test]
fn the_doctor_finds_what_is_missing_and_shows_no_secret() {
    let program = Program::new();
    let config = program.home.path().join("config.toml");
    std::fs::write(
        &config,
        "[connections.hub]\nkind = \"github\"\nauth = { bearer = { env = \"HUB_TOKEN\" } }\n\
         [connections.idle]\nkind = \"gitlab\"\n[spaces.default.connections.hub]\n",
    )
    .unwrap();
    let doctor = |args: &[&str], token: Option<&str>| {
        let mut command = program.command(args);
        command.env("MIDWATCH_CONFIG", &config);
        if let Some(token) = token {
            command.env("HUB_TOKEN", token);
        }
        command.output().unwrap()
    };
    let without = doctor(&["doctor"], None);
    assert_eq!(without.status.code(), Some(1));
    let text = stdout(&without);
    assert!(
        text.contains("WRONG  connection hub") && text.contains("HUB_TOKEN is not to be had: it is not set"),
        "{text}"
    );
    assert!(text.contains("space default does not use it"), "{text}");
    let with = doctor(&["doctor", "--json"], Some("hush-hush"));
    assert_eq!(with.status.code(), Some(0), "{}", stdout(&with));
    assert!(!stdout(&with).contains("hush") && !stderr(&with).contains("hush"));
    assert!(
        stdout(&with)
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
    assert!(
        !program.home.path().join("data").exists(),
        "looking makes nothing"
    );
    let ways = stdout(&doctor(&["doctor", "--egress"], None));
    assert!(
        ways.contains("api.github.com") && !ways.contains("gitlab.com"),
        "{ways}"
    );
}
