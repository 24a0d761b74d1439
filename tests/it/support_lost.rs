//! Cases at AWS Support where something goes wrong between there and the journal: nothing is told wrongly, nothing is done twice,
//! and what was lost is found again.

use std::time::Duration;

use midwatch::{
    aws::Confirmation,
    config::Config,
    engine::handle::support::{Order, Outcome, Support as _},
    journal::{
        Journal, StreamId,
        body::Voice,
        views::{Case, Space},
    },
    model::{Evidence, Identity, Query},
    outlets::support::Desk,
};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::support::{
    aws::factory,
    double_support::{DoubleSupport, Plan},
    night::{self, Until},
    program::Program,
};

struct Scene {
    home: TempDir,
    journal: Journal,
    stream: StreamId,
    double: DoubleSupport,
}

impl Scene {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let journal = Journal::open(&home.path().join("journal.db")).await.unwrap();
        let pen = night::bad_deploy(&journal, Until::Cause).await;
        Self {
            home,
            journal,
            stream: pen.stream,
            double: DoubleSupport::start(Plan::Business),
        }
    }

    fn desk(&self) -> Desk {
        Desk::over(self.journal.clone(), factory(self.double.url()))
    }

    /// A desk that gives up soon.
    fn hasty(&self) -> Desk {
        self.desk().with_patience(Duration::from_millis(50))
    }

    async fn file(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.home.path().join("journal.db"));
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// The journal takes no record of that sort any more.
    async fn refuses(&self, what: &str) {
        let trigger = format!(
            "CREATE TRIGGER broken BEFORE INSERT ON records WHEN NEW.actor LIKE 'operator:%' AND NEW.body LIKE \
             '%\"what\":\"{what}\"%' BEGIN SELECT RAISE(ABORT, 'no room'); END"
        );
        let mut file = self.file().await;
        let done = sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut file);
        done.await.unwrap();
    }

    async fn takes_all_again(&self) {
        let mut file = self.file().await;
        let done = sqlx::query("DROP TRIGGER broken").execute(&mut file);
        done.await.unwrap();
    }

    async fn opened(&self) -> String {
        let desk = self.desk();
        let prepared = desk.prepare(&self.stream).await.unwrap();
        desk.open(&prepared, &Order::of("high"), &dana())
            .await
            .unwrap()
            .case
    }

    async fn cases(&self) -> Vec<Case> {
        let space = Space::fold(&self.journal.read_all(&StreamId::space()).await.unwrap());
        space.cases.all().cloned().collect()
    }

    /// Waits until AWS was asked for this.
    async fn asked_for(&self, operation: &str) {
        while !self.double.operations().contains(&operation.to_owned()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn dana() -> Confirmation {
    Confirmation::by("dana")
}

fn told(case: &Case) -> Vec<(Voice, String)> {
    let told = |remark: &midwatch::journal::views::Remark| (remark.said.by, remark.said.text.plain());
    case.remarks.iter().map(told).collect()
}

#[tokio::test]
async fn a_case_that_could_not_be_written_down_is_named_and_found_again() {
    let scene = Scene::new().await;
    scene.refuses("opened").await;
    let desk = scene.hasty();
    let prepared = desk.prepare(&scene.stream).await.unwrap();
    let trouble = desk
        .open(&prepared, &Order::of("high"), &dana())
        .await
        .unwrap_err();
    assert_eq!(trouble.outcome, Outcome::Done);
    let id = "case-111122223333-exen-2025-0000000000000000";
    assert!(
        trouble
            .what
            .starts_with(&format!("case {id} is open at AWS Support")),
        "{trouble}"
    );
    assert_eq!(scene.cases().await[0].word(), "being opened");
    scene.takes_all_again().await;
    let found = scene.desk().existing(&scene.stream).await.unwrap().unwrap();
    assert_eq!((found.case.as_str(), found.display.as_str()), (id, "1700000000"));
    assert_eq!(scene.cases().await.len(), 1);
    assert!(scene.cases().await[0].is_open());
    assert_eq!(scene.double.writes(), ["AddAttachmentsToSet", "CreateCase"]);
}

#[tokio::test]
async fn a_journal_that_comes_back_in_a_moment_loses_nothing() {
    let scene = Scene::new().await;
    scene.refuses("opened").await;
    let desk = scene.desk();
    let prepared = desk.prepare(&scene.stream).await.unwrap();
    let order = Order::of("high");
    let (dana, opening) = (dana(), async {
        scene.asked_for("CreateCase").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        scene.takes_all_again().await;
    });
    let (opened, ()) = tokio::join!(desk.open(&prepared, &order, &dana), opening);
    assert_eq!(opened.unwrap().display, "1700000000");
    assert!(scene.cases().await[0].is_open());
}

#[tokio::test]
async fn a_case_whose_answer_was_lost_is_looked_for_at_aws() {
    let scene = Scene::new().await;
    scene.double.held(|held| held.lost.push("CreateCase".to_owned()));
    let desk = scene.desk();
    let prepared = desk.prepare(&scene.stream).await.unwrap();
    let opened = desk.open(&prepared, &Order::of("high"), &dana()).await.unwrap();
    assert_eq!(opened.display, "1700000000");
    assert!(scene.cases().await[0].is_open());
    // Where nobody can look either, it is not known; and it is known later.
    let scene = Scene::new().await;
    scene
        .double
        .held(|held| held.lost = vec!["CreateCase".to_owned(), "DescribeCases".to_owned()]);
    let desk = scene.desk();
    let prepared = desk.prepare(&scene.stream).await.unwrap();
    let trouble = desk
        .open(&prepared, &Order::of("high"), &dana())
        .await
        .unwrap_err();
    assert_eq!(trouble.outcome, Outcome::Unknown);
    assert_eq!(scene.cases().await[0].word(), "not known");
    scene.double.held(|held| held.lost.clear());
    let found = desk.existing(&scene.stream).await.unwrap().unwrap();
    assert_eq!(found.display, "1700000000");
    assert_eq!(scene.double.writes(), ["AddAttachmentsToSet", "CreateCase"]);
}

#[tokio::test]
async fn another_incident_in_the_same_words_is_not_taken_for_it() {
    let scene = Scene::new().await;
    scene.opened().await;
    let other = night::bad_deploy(&scene.journal, Until::Cause).await;
    let desk = scene.desk();
    let prepared = desk.prepare(&other.stream).await.unwrap();
    scene.double.held(|held| {
        let code = "InternalServerError".to_owned();
        held.broken.push(("CreateCase".to_owned(), 500, code));
    });
    let trouble = desk
        .open(&prepared, &Order::of("low"), &dana())
        .await
        .unwrap_err();
    assert_eq!(
        trouble.outcome,
        Outcome::Unknown,
        "its subject is that of the first case"
    );
    assert_eq!(desk.existing(&other.stream).await.unwrap(), None);
    assert_eq!(scene.cases().await[1].id, None);
}

#[tokio::test]
async fn words_that_could_not_be_written_down_are_not_called_unsent() {
    let scene = Scene::new().await;
    let id = scene.opened().await;
    scene.refuses("said").await;
    let desk = scene.hasty();
    let sent = desk.say(&id, "it has begun again", &dana()).await.unwrap();
    let why = sent.unwritten.unwrap();
    assert_eq!(why.outcome, Outcome::Done);
    assert!(why.what.contains("AWS Support has it"), "{why}");
    desk.look(&id).await.unwrap();
    scene.takes_all_again().await;
    desk.look(&id).await.unwrap();
    let said = (Voice::Us, "it has begun again".to_owned());
    assert_eq!(told(&scene.cases().await[0]), [said]);
}

#[tokio::test]
async fn a_look_between_sending_and_writing_doubles_nothing() {
    let scene = Scene::new().await;
    let id = scene.opened().await;
    scene.refuses("said").await;
    let (desk, other) = (scene.desk(), scene.desk());
    let (dana, look) = (dana(), async {
        scene.asked_for("AddCommunicationToCase").await;
        other.look(&id).await.unwrap();
        scene.takes_all_again().await;
    });
    let (sent, ()) = tokio::join!(desk.say(&id, "once", &dana), look);
    assert_eq!(sent.unwrap().unwritten, None);
    assert_eq!(told(&scene.cases().await[0]), [(Voice::Us, "once".to_owned())]);
    // The same words again are said again.
    desk.say(&id, "once", &dana).await.unwrap();
    other.look(&id).await.unwrap();
    assert_eq!(told(&scene.cases().await[0]).len(), 2);
}

#[tokio::test]
async fn words_whose_answer_was_lost_are_looked_for() {
    let scene = Scene::new().await;
    let id = scene.opened().await;
    scene
        .double
        .held(|held| held.lost.push("AddCommunicationToCase".to_owned()));
    let desk = scene.desk();
    desk.say(&id, "it has begun again", &dana()).await.unwrap();
    assert_eq!(told(&scene.cases().await[0]).len(), 1);
    scene.double.held(|held| {
        held.lost.clear();
        let code = "InternalServerError".to_owned();
        held.broken.push(("AddCommunicationToCase".to_owned(), 500, code));
    });
    let trouble = desk.say(&id, "and again", &dana()).await.unwrap_err();
    assert_eq!(trouble.outcome, Outcome::Unknown);
}

#[tokio::test]
async fn two_operators_open_one_case() {
    let scene = Scene::new().await;
    let (one, two) = (scene.desk(), scene.desk());
    let (mine, yours) = (
        one.prepare(&scene.stream).await.unwrap(),
        two.prepare(&scene.stream).await.unwrap(),
    );
    let (order, dana) = (Order::of("high"), dana());
    let (one, two) = tokio::join!(one.open(&mine, &order, &dana), two.open(&yours, &order, &dana));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    let trouble = one.and(two).unwrap_err();
    assert!(
        trouble.what.contains("it is being opened") || trouble.what.contains("is open for this"),
        "{trouble}"
    );
    assert_eq!(scene.double.writes(), ["AddAttachmentsToSet", "CreateCase"]);
    assert_eq!(scene.cases().await.len(), 1);
}

#[tokio::test]
async fn what_is_not_known_of_permissions_is_said() {
    let scene = Scene::new().await;
    scene.double.held(|held| {
        let code = "AccessDenied".to_owned();
        held.broken
            .push(("SimulatePrincipalPolicy".to_owned(), 403, code));
    });
    let prepared = scene.desk().prepare(&scene.stream).await.unwrap();
    let warnings = prepared.warnings().join("\n");
    assert!(
        warnings.contains("what this identity may do is not known"),
        "{warnings}"
    );
}

#[tokio::test]
async fn no_case_about_one_account_is_opened_by_another() {
    let scene = Scene::new().await;
    let pen = night::bad_deploy(&scene.journal, Until::Testing).await;
    pen.ask(
        Query::Identity,
        "whose it is",
        Evidence::Identity(Identity {
            account: Some("444455556666".to_owned()),
            region: Some("eu-west-1".to_owned()),
            arn: None,
            places: Vec::new(),
        }),
    )
    .await;
    let desk = scene.desk();
    let prepared = desk.prepare(&pen.stream).await.unwrap();
    assert_eq!(prepared.asks(), "111122223333", "the one that asks is shown");
    let why = desk
        .open(&prepared, &Order::of("high"), &dana())
        .await
        .unwrap_err();
    for words in [
        "about account 444455556666",
        "credentials of account 111122223333",
    ] {
        assert!(why.what.contains(words), "{why}");
    }
    assert!(why.hint.contains("midwatch account add 444455556666"), "{why}");
    assert_eq!(scene.double.writes(), Vec::<String>::new());
    // Whoever asks is written down with the case.
    scene.opened().await;
    let opening = &scene.cases().await[0].opening;
    assert_eq!(opening.account.as_deref(), Some("111122223333"));
}

#[test]
fn credentials_of_another_account_than_the_space_says_ask_nothing() {
    let double = DoubleSupport::start(Plan::Business);
    let config = "[[spaces.default.accounts]]\nid = \"444455556666\"\n";
    Config::parse("c", config).unwrap();
    let program = Program::new(config).of_aws(double.url());
    let (code, told) = program.run(&["support", "level"]).told();
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("credentials for account 444455556666 are of account 111122223333"),
        "{told}"
    );
    assert!(told.contains("hint: "), "{told}");
    assert!(!double.operations().contains(&"DescribeSeverityLevels".to_owned()));
}
