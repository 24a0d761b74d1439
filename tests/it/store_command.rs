//! `midwatch store`: setting up, moving in, looking; and the whole program on a server.

use midwatch::journal::{Store, sqlite::SqliteStore, store::Audit};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::{
    postgres::{Space, server},
    program::Program,
};

/// A program that keeps this space on its server.
fn on(space: &Space) -> Program {
    let config = format!(
        "space = \"{}\"\n[store]\npostgres = {{ env = \"MIDWATCH_DATABASE_URL\" }}\npatience = 5\n",
        space.name
    );
    Program::new(&config)
        .with("MIDWATCH_DATABASE_URL", &space.url)
        .cut_off()
}

fn investigated(program: &Program) -> String {
    let said = program.json(&["investigate", "--scenario", "ec2-cpu-stress", "--format", "json"]);
    assert_eq!(said["verdict"], "cause", "{said}");
    said["investigation"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_works_on_a_server_as_it_does_on_a_file() {
    let Some(space) = Space::new().await else { return };
    let program = on(&space);
    let stream = investigated(&program);
    let listed = program.fine(&["journal", "list"]);
    assert!(listed.contains(&stream), "{listed}");
    let shown = program.fine(&["journal", "show", &stream]);
    assert!(shown.contains("cause"), "{shown}");
    program.fine(&["journal", "verify"]);
    let status = program.fine(&["store", "status"]);
    for words in [
        "PostgreSQL, address in environment variable",
        "1 investigations",
        "(this host)",
        "nobody",
    ] {
        assert!(status.contains(words), "{words}: {status}");
    }
    let (_, doctor) = program.run(&["doctor"]).told();
    assert!(
        doctor.contains("PostgreSQL (address in environment variable MIDWATCH_DATABASE_URL)"),
        "{doctor}"
    );
    assert!(
        !program
            .path("data/spaces")
            .join(&space.name)
            .join("journal.sqlite")
            .exists()
    );
    for text in [status, doctor] {
        assert!(!text.contains("sesame"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_printed_is_what_is_applied() {
    let Some(admin) = server() else { return };
    let name = format!("P-{}", ulid::Ulid::generate());
    let program = Program::new(&format!("space = \"{name}\"\n")).with("ADMIN", admin);
    let sql = program.fine(&["store", "init", "--print"]);
    let mut connection = PgConnection::connect(admin).await.unwrap();
    // By hand, and again, and by the program on top of it.
    for _ in 0..2 {
        connection
            .execute(sqlx::AssertSqlSafe(sql.clone()))
            .await
            .unwrap();
    }
    let said = program.fine(&["store", "init", "--admin-env", "ADMIN"]);
    assert!(said.contains(&format!("midwatch_{name}")), "{said}");
    let schema = format!("midwatch_{name}");
    let count = format!("SELECT 1 FROM \"{schema}\".migrations");
    assert_eq!(
        connection
            .fetch_all(sqlx::AssertSqlSafe(count))
            .await
            .unwrap()
            .len(),
        1
    );
    let gone = format!(
        "DROP SCHEMA \"{schema}\" CASCADE; DROP OWNED BY \"{schema}\"; DROP ROLE \"{schema}\"; DROP ROLE \"{schema}$owner\""
    );
    connection.execute(sqlx::AssertSqlSafe(gone)).await.unwrap();
    // Without a server, and with one that is none.
    let (code, said) = program.run(&["store", "copy"]).told();
    assert!(
        code == 1 && said.contains("no server is configured") && said.contains("hint:"),
        "{said}"
    );
    let program = Program::new("[store]\npostgres = { env = \"NOWHERE\" }\npatience = 1\n");
    for (url, words) in [
        (
            "postgres://user:sesame@127.0.0.1:9/midwatch",
            "check that the server runs",
        ),
        ("sesame", "the address is none of a database"),
        (
            "mysql://user:sesame@127.0.0.1/x",
            "the address is none of a database",
        ),
    ] {
        let there =
            Program::new("[store]\npostgres = { env = \"NOWHERE\" }\npatience = 1\n").with("NOWHERE", url);
        for command in [
            &["store", "status"][..],
            &["store", "init"],
            &["journal", "list"],
            &["doctor"],
        ] {
            let (code, said) = there.run(command).told();
            assert_eq!(code, 1, "{command:?}: {said}");
            assert!(
                said.contains("hint:") && !said.contains("sesame"),
                "{command:?}: {said}"
            );
        }
        let (_, said) = there.run(&["store", "status"]).told();
        assert!(said.contains(words), "{said}");
    }
    let (code, said) = program.run(&["journal", "list"]).told();
    assert!(code == 1 && said.contains("NOWHERE"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_space_moves_from_its_file_to_a_server() {
    let Some(space) = Space::new().await else { return };
    let on_file = Program::new(&format!("space = \"{}\"\n", space.name)).cut_off();
    let first = investigated(&on_file);
    let file = on_file
        .path("data/spaces")
        .join(&space.name)
        .join("journal.sqlite");
    let from = file.to_str().unwrap().to_owned();
    let source = SqliteStore::open(&file).await.unwrap();
    source
        .set_cursor(
            "outlet",
            &source
                .heads()
                .await
                .unwrap()
                .into_iter()
                .map(|(s, h)| (s, h.seq))
                .collect(),
        )
        .await
        .unwrap();
    source.reserve(&first.parse().unwrap(), 0, 7).await.unwrap();
    assert_eq!(source.set("webhook/a", 0, Some("one")).await.unwrap(), Some(1));

    // Somebody is at work on the file.
    let lease = source
        .acquire(
            &first.parse().unwrap(),
            "somebody",
            std::time::Duration::from_mins(1),
        )
        .await
        .unwrap()
        .unwrap();
    let on_server = on(&space);
    let copy = ["store", "copy", "--from", from.as_str()];
    let (code, said) = on_server.run(&copy).told();
    assert!(
        code == 1 && said.contains("somebody is at work") && said.contains("hint:"),
        "{said}"
    );
    source.release(&lease).await.unwrap();

    // All of it, and then again: nothing is left to do.
    let said = on_server.fine(&copy);
    assert!(said.contains("records verified"), "{said}");
    assert!(
        on_server.fine(&copy).contains(" 0 records and 0 blobs"),
        "nothing twice"
    );
    let target = space.store().await;
    for stream in source.stored_streams().await.unwrap() {
        assert_eq!(
            target.stored(&stream, i64::MIN, 10_000).await.unwrap(),
            source.stored(&stream, i64::MIN, 10_000).await.unwrap()
        );
        assert_eq!(
            target.checkpoints(&stream).await.unwrap(),
            source.checkpoints(&stream).await.unwrap()
        );
    }
    assert_eq!(target.blob_ids().await.unwrap(), source.blob_ids().await.unwrap());
    assert_eq!(target.cursors().await.unwrap(), source.cursors().await.unwrap());
    assert_eq!(target.states().await.unwrap(), source.states().await.unwrap());
    assert_eq!(
        target.settings("").await.unwrap(),
        source.settings("").await.unwrap()
    );
    on_server.fine(&["journal", "verify"]);
    let report = |program: &Program| program.fine(&["journal", "report", &first, "--format", "json"]);
    assert_eq!(report(&on_server), report(&on_file));

    // The file went on: the copy goes on too. A closed investigation stays closed.
    let second = investigated(&on_file);
    let said = on_server.fine(&copy);
    assert!(!said.contains(" 0 records"), "{said}");
    assert!(on_server.fine(&["journal", "list"]).contains(&second));
    let closed = target
        .append(
            jiff::Timestamp::UNIX_EPOCH,
            vec![midwatch::journal::Append {
                stream: first.parse().unwrap(),
                expected: None,
                epoch: None,
                drafts: vec![crate::journal_facade::message("late")],
            }],
        )
        .await;
    assert!(
        matches!(closed, Err(midwatch::journal::StoreError::Closed { .. })),
        "{closed:?}"
    );

    // The last copy closes the file, also to those who have it open; and it can be opened again.
    let third = investigated(&on_file);
    let said = on_server.fine(&["store", "copy", "--final", "--from", &from]);
    assert!(said.contains("the file is closed"), "{said}");
    assert!(on_server.fine(&["journal", "list"]).contains(&third));
    let late = source
        .append(
            jiff::Timestamp::UNIX_EPOCH,
            vec![midwatch::journal::Append {
                stream: midwatch::journal::StreamId::space(),
                expected: None,
                epoch: None,
                drafts: vec![crate::journal_facade::message("late")],
            }],
        )
        .await
        .unwrap_err()
        .to_string();
    assert!(
        late.contains("moved to a server") && late.contains("hint:"),
        "{late}"
    );
    assert!(source.set("webhook/b", 0, Some("two")).await.is_err());
    let status = on_file.fine(&["store", "status"]);
    assert!(status.contains("has moved to a server"), "{status}");
    let (code, said) = on_file
        .run(&["investigate", "--scenario", "ec2-cpu-stress"])
        .told();
    assert!(code == 1 && said.contains("moved to a server"), "{said}");
    on_file.fine(&["journal", "verify"]);
    // Life goes on on the server; a final copy once more comes to nothing, and the file stays closed.
    investigated(&on_server);
    let (code, said) = on_server
        .run(&["store", "copy", "--final", "--from", &from])
        .told();
    assert!(code == 1 && said.contains("another history"), "{said}");
    assert!(
        on_file
            .fine(&["store", "status"])
            .contains("has moved to a server")
    );
    on_file.fine(&["store", "reopen"]);

    // A target with a history of its own is refused, and the file is left open then.
    investigated(&on_server);
    investigated(&on_file);
    let (code, said) = on_server
        .run(&["store", "copy", "--final", "--from", &from])
        .told();
    assert!(!on_file.fine(&["store", "status"]).contains("moved"));
    assert!(
        code == 1 && said.contains("another history") && said.contains("hint:"),
        "{said}"
    );
}
