//! What `midwatch store init` prints or applies: a schema a space, a role that owns it, a role that reads and appends. After
//! that, isolation and append-only are a matter of the server's grants.

use std::fmt::Write as _;

use sqlx::{Connection, PgConnection, Row};

use super::{
    Options,
    link::Fault,
    names::{Names, quoted},
    open::{connect_options, one},
};
use crate::journal::StoreError;

/// Each is run once, in order.
pub(super) const MIGRATIONS: [&str; 1] = [include_str!("../migrations/postgres/0001_journal.sql")];

/// How often a set-up is tried again that met another one.
const TRIES: u32 = 5;

/// What a space needs, as SQL that can be run again and again: for psql, or as it is applied.
pub fn sql(space: &str) -> String {
    let Names { schema, owner } = Names::of(space);
    let (s, o) = (quoted(&schema), quoted(&owner));
    let mut sql = format!(
        "-- midwatch: the space '{space}'. Run by a role that may create roles, in the database that holds the journals\n\
         -- (encoding UTF8). It can be run again: what is there already stays.\n\
         BEGIN;\n\
         SELECT pg_advisory_xact_lock(hashtextextended('midwatch store init', 0));\n\
         DO $roles$ BEGIN\n    \
             -- Owns the schema, and brings it up to date. Nobody logs in as it.\n    \
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') THEN CREATE ROLE {o} NOLOGIN; END IF;\n    \
             -- What midwatch logs in as, on every host: it reads and appends in this space, and sees no other.\n    \
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{schema}') THEN CREATE ROLE {s} LOGIN; END IF;\n    \
             -- Since version 16 whoever makes a role may administer it, and not act as it, until that is granted too.\n    \
             IF NOT pg_has_role(current_user, '{owner}', CASE WHEN current_setting('server_version_num')::integer >= 160000 \
             THEN 'SET' ELSE 'MEMBER' END) THEN GRANT {o} TO CURRENT_USER; END IF;\n\
         END $roles$;\n\
         CREATE SCHEMA IF NOT EXISTS {s} AUTHORIZATION {o};\n\
         SET LOCAL ROLE {o};\n\
         SET LOCAL search_path = {s}, pg_temp;\n\
         SET LOCAL client_min_messages = warning;\n\
         CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());\n"
    );
    for (index, migration) in MIGRATIONS.iter().enumerate() {
        let version = index + 1;
        let _infallible = write!(
            sql,
            "\nDO $migration$ BEGIN\nIF NOT EXISTS (SELECT FROM migrations WHERE version = {version}) THEN\n\
             {migration}\nINSERT INTO migrations (version) VALUES ({version});\nEND IF;\nEND $migration$;\n"
        );
    }
    let _infallible = write!(
        sql,
        "\n-- Records, blobs, checkpoints and signers are read and appended, never changed: no right to do it is given.\n\
         REVOKE ALL ON SCHEMA {s} FROM PUBLIC;\n\
         GRANT USAGE ON SCHEMA {s} TO {s};\n\
         REVOKE ALL ON ALL TABLES IN SCHEMA {s} FROM PUBLIC, {s};\n\
         GRANT SELECT, INSERT ON records, blobs, checkpoints, signers TO {s};\n\
         GRANT SELECT, INSERT, UPDATE ON heads, cursors, settings TO {s};\n\
         GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO {s};\n\
         GRANT SELECT ON migrations TO {s};\n\
         REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {s} FROM PUBLIC;\n\
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {s} TO {s};\n\
         COMMIT;\n"
    );
    sql
}

/// The role that midwatch logs in as for a space.
pub fn writer_of(space: &str) -> String {
    Names::of(space).schema
}

/// Applies [`sql`] with the rights of the role that the address names.
pub async fn init(options: &Options) -> Result<(), StoreError> {
    let (connect, _) = connect_options(options)?;
    let place = super::open::place(&connect);
    let fail = |why: String| StoreError::Open {
        path: place.clone(),
        why,
    };
    let mut connection = one(&connect, options.limits).await.map_err(&fail)?;
    let encoding: String = sqlx::query("SELECT current_setting('server_encoding')")
        .fetch_one(&mut connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|error| fail(error.to_string()))?;
    if encoding != "UTF8" {
        return Err(fail(format!(
            "the database's encoding is {encoding}\nhint: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )));
    }
    let script = sql(&options.space);
    for _ in 0..TRIES {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(script.clone()))
            .execute(&mut connection)
            .await;
        match done {
            Ok(_) => {
                let _gone = connection.close().await;
                return Ok(());
            }
            Err(error) => {
                rolled_back(&mut connection).await;
                if !met_another(&error) {
                    return Err(fail(match Fault::from(error) {
                        Fault::Final(StoreError::Database(why)) if why.contains("permission denied") => {
                            let why = why.lines().next().unwrap_or_default().to_owned();
                            format!(
                                "{why}\nhint: run it as a role that may create roles and schemas (--admin-env), or give the output of --print to whoever may"
                            )
                        }
                        Fault::Final(error) => error.to_string(),
                        Fault::Away(why) | Fault::Clash(why) => why,
                    }));
                }
            }
        }
    }
    Err(fail(
        "others set it up at the same time\nhint: run it again".to_owned(),
    ))
}

async fn rolled_back(connection: &mut PgConnection) {
    drop(sqlx::raw_sql("ROLLBACK").execute(connection).await);
}

/// Roles belong to the whole server: somebody may make the same ones in another database.
fn met_another(error: &sqlx::Error) -> bool {
    let told = error.as_database_error();
    let code = told.and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42710" | "23505" | "40001" | "40P01"))
        || told.is_some_and(|told| told.message().contains("concurrently updated"))
}
