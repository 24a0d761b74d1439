//! `midwatch doctor` over a watch with faults that were planted: each is found, with what mends it; and none where there is none.

use std::{os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use midwatch::{
    journal::{
        Actor, Body, Draft, Journal, StreamId,
        body::{Delivered, Delivery},
    },
    model::Text,
};
use serde_json::Value;

use super::support::{postgres::Space, program::Program};

/// The check of that name: how it stands, what it says, and what to do.
fn check(program: &Program, what: &str) -> (String, String, String) {
    let told = program.run(&["doctor", "--json"]).out;
    let word = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let mut checks = told
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let Some(check) = checks.find(|check| check["what"] == what) else {
        panic!("no check {what}: {told}")
    };
    (word(&check, "state"), word(&check, "says"), word(&check, "hint"))
}

fn is_wrong(program: &Program, what: &str, says: &str) {
    let (state, told, hint) = check(program, what);
    assert_eq!(state, "wrong", "{what}: {told}");
    assert!(told.contains(says), "{told}");
    assert!(!hint.is_empty(), "{what} has no hint: {told}");
    assert_eq!(program.run(&["doctor"]).code, 1);
}

#[test]
fn patterns_that_cannot_be_read_stop_every_engine() {
    let program = Program::new("[engine]\npatterns = \"/nonexistent\"\n").cut_off();
    is_wrong(&program, "patterns", "nothing is investigated");
}

#[test]
fn a_channel_that_cannot_be_opened_is_none() {
    let config = "[connections.tickets]\nkind = \"servicenow\"\nurl = \"https://acme.service-now.example\"\n\
                  auth = { client_credentials = { id = \"a\", secret = { env = \"S\" }, token_url = \"http://login.example/t\" } }\n\
                  [spaces.default.connections.tickets]\n";
    let program = Program::new(config).cut_off().with("S", "x");
    let (state, ..) = check(&program, "connection tickets");
    assert_eq!(state, "fine", "its secret is there");
    is_wrong(&program, "channel tickets", "token");
}

#[test]
fn a_watch_without_credentials_sees_nothing() {
    let config =
        "[spaces.default.watch]\nalarms = true\nqueue = \"arn:aws:sqs:eu-west-1:111122223333:alerts\"\n";
    let program = Program::new(config).cut_off();
    is_wrong(&program, "alarm watch", "no alarm is seen");
    is_wrong(&program, "queue watch", "no event is taken");
    let program = program
        .with("AWS_ACCESS_KEY_ID", "a")
        .with("AWS_SECRET_ACCESS_KEY", "b");
    assert_eq!(check(&program, "alarm watch").0, "fine");
    let (state, says, _) = check(&program, "queue watch");
    assert_eq!(
        (state.as_str(), says.as_str()),
        ("fine", "alerts of account 111122223333 in eu-west-1")
    );
    // A queue elsewhere is no fault, but what it takes is said.
    let config = format!("{config}[[spaces.default.accounts]]\nid = \"444455556666\"\n");
    let program = Program::new(&config)
        .cut_off()
        .with("AWS_ACCESS_KEY_ID", "a")
        .with("AWS_SECRET_ACCESS_KEY", "b");
    let (state, says, hint) = check(&program, "queue watch");
    assert_eq!(state, "note", "{says}");
    assert!(hint.contains("midwatch account add 111122223333"), "{hint}");
}

#[tokio::test]
async fn what_does_not_arrive_is_found_in_every_space() {
    let config = "[connections.chat]\nkind = \"slack\"\nauth = { bearer = { env = \"S\" } }\n\
                  [spaces.default.connections.chat]\nchannel = \"C0123456789\"\n\
                  [spaces.shop.connections.chat]\nchannel = \"C0123456780\"\n";
    let program = Program::new(config).cut_off().with("S", "x");
    assert_eq!(check(&program, "channel chat (shop)").0, "fine");
    let path = program.path("data/spaces/shop/journal.sqlite");
    let journal = Journal::open(&path).await.unwrap();
    let say = async |key: &str, outcome: Delivered| {
        let body = Body::Delivery(Delivery {
            channel: "chat".to_owned(),
            stream: StreamId::space(),
            seq: 1,
            key: key.to_owned(),
            outcome,
        });
        let drafts = vec![Draft::new(Actor::System, &body)];
        journal
            .append(&StreamId::space(), None, None, drafts)
            .await
            .unwrap();
    };
    let why = || Text::new().ext("channel_not_found");
    say("a", Delivered::Dead { why: why() }).await;
    let (state, says, hint) = check(&program, "channel chat (shop)");
    assert_eq!(
        (state.as_str(), says.as_str()),
        ("note", "1 message was given up")
    );
    assert!(hint.contains("midwatch outlet dead"), "{hint}");
    say("b", Delivered::Held { why: why() }).await;
    is_wrong(&program, "channel chat (shop)", "channel_not_found");
    assert_eq!(check(&program, "channel chat (default)").0, "fine");
    let alone = program.run(&["doctor", "--space", "default"]);
    assert!(
        alone.code == 0 && !alone.out.contains("shop"),
        "the space that was asked for: {}",
        alone.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_on_a_shared_server_need_a_key_that_is_shared() {
    let Some(space) = Space::new().await else { return };
    let config = format!(
        "space = \"{}\"\n[store]\npostgres = {{ env = \"MIDWATCH_DATABASE_URL\" }}\npatience = 5\n",
        space.name
    );
    let on = |config: &str| {
        Program::new(config)
            .with("MIDWATCH_DATABASE_URL", &space.url)
            .cut_off()
    };
    // Made while the space was kept in a file, and moved with it: its key lies on that host.
    let program = on(&format!("space = \"{}\"\n", space.name));
    program.fine(&["webhook", "create", "orders", "--kind", "generic"]);
    std::fs::write(program.path("config.toml"), &config).unwrap();
    program.fine(&["store", "copy"]);
    let made = program.run(&["webhook", "create", "others", "--kind", "generic"]);
    assert!(
        made.code == 1 && made.err.contains("[intake] key"),
        "no second key: {made:?}"
    );
    let (state, says, hint) = check(&program, "webhooks key");
    assert_eq!(state, "note", "{says}");
    assert!(says.contains("own data folder") && says.contains("503"), "{says}");
    assert!(hint.contains("[intake] key"), "{hint}");
    // The other host.
    is_wrong(&on(&config), "webhooks key", "is gone");
    // The same key on both.
    let shared = format!("{config}[intake]\nkey = {{ env = \"KEY\" }}\n");
    let key = std::fs::read_to_string(program.path("data/intake.key")).unwrap();
    let (state, says, _) = check(&on(&shared).with("KEY", key.trim()), "webhooks key");
    assert_eq!((state.as_str(), says.as_str()), ("fine", "opens 1 secret"));
    // Which server that is, for whoever opens a firewall.
    let ways = program.fine(&["doctor", "--egress"]);
    let server = ways.lines().find(|line| line.contains("journals on PostgreSQL"));
    assert!(
        server.is_some_and(|line| line.starts_with("127.0.0.1 ")),
        "{ways}"
    );
    assert!(!ways.contains("sesame"), "{ways}");
}

#[test]
fn what_no_list_can_know_is_in_json_too() {
    let config = "[store]\npostgres = { aws_secret = \"midwatch/database\" }\n";
    let program = Program::new(config).cut_off();
    let told = program.fine(&["doctor", "--egress", "--json"]);
    let lines = told
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let unknown: Vec<Value> = lines.filter(|line| !line["unknown"].is_null()).collect();
    assert_eq!(unknown.len(), 1, "{told}");
    let words = unknown[0]["unknown"].as_str().unwrap();
    assert!(
        words.contains("PostgreSQL") && words.contains("midwatch/database"),
        "{words}"
    );
}

#[test]
fn a_configuration_as_the_unit_has_it_is_no_fault() {
    let program = Program::new("").cut_off();
    let path = program.path("config.toml");
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let (state, _, hint) = check(&program, "configuration");
    assert_eq!(state, "note");
    assert!(hint.contains("chmod 600") && hint.contains("640"), "{hint}");
    mode(0o640);
    let of_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&path).unwrap()) == 0;
    let expected = if of_root { "fine" } else { "note" };
    assert_eq!(check(&program, "configuration").0, expected);
    mode(0o600);
    assert_eq!(check(&program, "configuration").0, "fine");
}

fn openssl(folder: &Path, words: &str) -> bool {
    let done = Command::new("openssl")
        .args(words.split(' '))
        .current_dir(folder)
        .output();
    done.is_ok_and(|output| output.status.success())
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// A certificate that is over, and its key.
fn ended(folder: &Path) -> bool {
    let config = "[ca]\ndefault_ca = all\n[all]\ndatabase = index\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n\
                  policy = any\nx509_extensions = v3\n[any]\ncommonName = supplied\n[v3]\nbasicConstraints = CA:FALSE\n";
    std::fs::write(folder.join("ca.cnf"), config).unwrap();
    std::fs::write(folder.join("index"), "").unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    openssl(
        folder,
        &format!("req {KEY} -keyout ended.key -out ended.csr -subj /CN=watch"),
    ) && openssl(
        folder,
        "ca -batch -selfsign -config ca.cnf -in ended.csr -keyfile ended.key -out ended.pem -notext -startdate 20240101000000Z \
         -enddate 20240201000000Z",
    )
}

#[test]
fn a_certificate_is_told_of_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let made = ended(folder.path())
        && [("soon", 20), ("long", 400)].into_iter().all(|(name, days)| {
            let words =
                format!("req -x509 {KEY} -keyout {name}.key -out {name}.pem -days {days} -subj /CN=watch");
            openssl(folder.path(), &words)
        });
    if !made {
        eprintln!("**** SKIPPED: openssl makes no certificates here");
        return;
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    for name in ["ended.key", "soon.key", "long.key"] {
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let with = |cert: &str, key: &str| {
        Program::new(&format!(
            "[intake]\nlisten = \"127.0.0.1:0\"\n[intake.tls]\ncert = \"{}\"\nkey = \"{}\"\n",
            path(cert),
            path(key)
        ))
        .cut_off()
    };
    is_wrong(
        &with("ended.pem", "ended.key"),
        "webhooks TLS",
        "ended on 2024-02-01",
    );
    is_wrong(
        &with("long.pem", "soon.key"),
        "webhooks TLS",
        "not that of the certificate",
    );
    let (state, says, hint) = check(&with("soon.pem", "soon.key"), "webhooks TLS");
    assert_eq!(state, "note", "{says}");
    assert!(hint.contains("renewed"), "{hint}");
    let (state, says, _) = check(&with("long.pem", "long.key"), "webhooks TLS");
    assert_eq!(state, "fine", "{says}");
}

#[test]
fn systemd_understands_the_unit() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/midwatch.service");
    let unit = std::fs::read_to_string(unit).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let installed = unit.replace("/usr/local/bin/midwatch", env!("CARGO_BIN_EXE_midwatch"));
    // What is a proposal there has to be right as well.
    let proposed = ["#LoadCredential", "#Environment"];
    let taken = |line: &'_ str| proposed.iter().any(|lead| line.starts_with(lead));
    let lines = installed.lines();
    let lines: Vec<&str> = lines
        .map(|line| if taken(line) { &line[1..] } else { line })
        .collect();
    let path = folder.path().join("midwatch.service");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&path).output() else {
        eprintln!("**** SKIPPED: there is no systemd-analyze here");
        return;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !told.contains("midwatch.service"),
        "{told}"
    );
}
