//! Opening: the address, the first connection, the schema.

use std::{path::PathBuf, str::FromStr as _, time::Duration};

use sqlx::{
    Connection as _, PgConnection, Row,
    postgres::{PgConnectOptions, PgSslMode},
};
use url::Url;

use super::{
    PostgresStore,
    link::{Limits, Link},
    names::{Names, quoted},
    setup::MIGRATIONS,
    watch::Watch,
};
use crate::{
    journal::{StoreError, checkpoint::Signer, files},
    redact::Secret,
};

/// The oldest server that knows all that is used (`pg_current_xact_id`).
const OLDEST: i32 = 130_000;

/// How a space's store on a server is reached.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address, with the password in it: `postgres://user:password@host:port/database`.
    pub url: Secret,
    /// The Agent Space.
    pub space: String,
    /// The file of the key that signs this host's checkpoints; made on first use.
    pub key: PathBuf,
    /// Certificates in PEM that are trusted beside the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Connections at once, beside the one that listens.
    pub connections: u32,
    /// How long things may take.
    pub limits: Limits,
}

impl PostgresStore {
    /// Opens the journal of a space. The server has to be there, and set up ([`super::setup`]): patience begins after that.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        let (connect, names) = connect_options(options)?;
        let path = place(&connect);
        let fail = |why: String| StoreError::Open {
            path: path.clone(),
            why,
        };
        let mut first = one(&connect, options.limits).await.map_err(&fail)?;
        check(&mut first, &names).await.map_err(&fail)?;
        let signer = signer(options).map_err(|error| fail(error.to_string()))?;
        announce(&mut first, &names, &signer)
            .await
            .map_err(|error| fail(error.to_string()))?;
        drop(first);
        let link = Link::new(connect, &names.schema, options.limits, options.connections);
        let own = ulid::Ulid::generate().to_string();
        Ok(Self {
            watch: Watch::new(&link, &own),
            link,
            signer,
            own,
            place: path,
        })
    }
}

fn signer(options: &Options) -> std::io::Result<Signer> {
    if let Some(folder) = options
        .key
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        files::private_folder(folder)?;
    }
    Signer::beside(&options.key)
}

/// Host and port of the server that an address names; none for a socket of this host, and for what is no address.
pub fn server(address: &Secret) -> Option<(String, u16)> {
    let connect = PgConnectOptions::from_str(address.expose().trim()).ok()?;
    let host = connect.get_host();
    let socket = connect.get_socket().is_some() || host.starts_with('/');
    (!socket).then(|| (host.trim_matches(['[', ']']).to_owned(), connect.get_port()))
}

/// Where the store is, for a person: nothing of the address that is secret.
pub(super) fn place(connect: &PgConnectOptions) -> String {
    let database = connect.get_database().unwrap_or_else(|| connect.get_username());
    match connect.get_socket() {
        Some(socket) => format!("{database} at {}", socket.display()),
        None => format!("{database} on {}:{}", connect.get_host(), connect.get_port()),
    }
}

/// The address, understood. Over a network it is TLS with the server's name checked, unless the address says otherwise.
pub(super) fn connect_options(options: &Options) -> Result<(PgConnectOptions, Names), StoreError> {
    let fail = |why: &str| StoreError::Open {
        path: "on a server".to_owned(),
        why: why.to_owned(),
    };
    let text = options.url.expose();
    let url = Url::parse(text.trim()).map_err(|_| fail(NO_ADDRESS))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(fail(NO_ADDRESS));
    }
    let mut connect = PgConnectOptions::from_str(text.trim())
        .map_err(|_| fail(NO_ADDRESS))?
        .application_name("midwatch");
    let says_how = url
        .query_pairs()
        .any(|(name, _)| name == "sslmode" || name == "ssl-mode")
        || std::env::var_os("PGSSLMODE").is_some();
    if !says_how {
        let here = is_here(&connect);
        connect = connect.ssl_mode(if here {
            PgSslMode::Prefer
        } else {
            PgSslMode::VerifyFull
        });
    }
    let own_authority = url
        .query_pairs()
        .any(|(name, _)| name == "sslrootcert" || name == "ssl-root-cert");
    if let Some(bundle) = options.ca_bundle.as_ref().filter(|_| !own_authority) {
        connect = connect.ssl_root_cert(bundle);
    }
    Ok((connect, Names::of(&options.space)))
}

const NO_ADDRESS: &str = "the address is none of a database\nhint: postgres://user:password@host:5432/database, with every special character of the password as %XX";

fn is_here(connect: &PgConnectOptions) -> bool {
    let host = connect.get_host();
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    connect.get_socket().is_some()
        || host == "localhost"
        || host.starts_with('/')
        || ip.is_ok_and(|ip| ip.is_loopback())
}

/// One connection, or why there is none.
pub(super) async fn one(connect: &PgConnectOptions, limits: Limits) -> Result<PgConnection, String> {
    let wait: Duration = limits.connect;
    match tokio::time::timeout(wait, PgConnection::connect_with(connect)).await {
        Err(_) => Err(format!(
            "it does not answer in {} s\nhint: check the host, the port and what stands in between",
            wait.as_secs_f32()
        )),
        Ok(Err(error)) => Err(refused(&error)),
        Ok(Ok(connection)) => Ok(connection),
    }
}

fn no_tls(why: &dyn std::fmt::Display) -> String {
    format!(
        "TLS failed: {why}\nhint: name the server's authority under [network] ca_bundle, or as sslrootcert in the address"
    )
}

fn refused(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Tls(why) => no_tls(&why),
        // A handshake that fails, an authority that is not known above all, comes as a fault of the connection.
        sqlx::Error::Io(why) if why.kind() == std::io::ErrorKind::InvalidData => no_tls(&why),
        sqlx::Error::Database(told) => match told.code().as_deref() {
            Some("28P01" | "28000") => {
                format!(
                    "{}\nhint: check the user and password of the address",
                    told.message()
                )
            }
            Some("3D000") => format!("{}\nhint: CREATE DATABASE it", told.message()),
            _ => told.message().to_owned(),
        },
        other => format!("{other}\nhint: check that the server runs, and the host and port of the address"),
    }
}

/// Refuses a server that is too old, and a schema that is not there or of another version.
async fn check(connection: &mut PgConnection, names: &Names) -> Result<(), String> {
    const INIT: &str = "hint: midwatch store init makes it, midwatch store init --print shows how";
    let words = |error: sqlx::Error| error.to_string();
    let row =
        sqlx::query("SELECT current_setting('server_version_num')::int, to_regnamespace($1) IS NOT NULL")
            .bind(quoted(&names.schema))
            .fetch_one(&mut *connection)
            .await
            .map_err(words)?;
    let (version, there): (i32, bool) = (row.try_get(0).map_err(words)?, row.try_get(1).map_err(words)?);
    if version < OLDEST {
        return Err("the server is older than PostgreSQL 13\nhint: update it".to_owned());
    }
    if !there {
        return Err(format!("there is no schema {}\n{INIT}", names.schema));
    }
    let done = migrated(connection, names).await.map_err(|error| match error {
        sqlx::Error::Database(told) if told.code().as_deref() == Some("42501") => format!(
            "{}\nhint: this space's store is for the role {}; use an address with it, or GRANT it to yours",
            told.message(),
            names.schema
        ),
        other => other.to_string(),
    })?;
    match usize::try_from(done).unwrap_or(usize::MAX) {
        done if done < MIGRATIONS.len() => Err(format!(
            "the schema {} is of an older midwatch\nhint: midwatch store init brings it up to date",
            names.schema
        )),
        done if done > MIGRATIONS.len() => {
            Err("it was written by a newer midwatch\nhint: update this one".to_owned())
        }
        _ => Ok(()),
    }
}

async fn migrated(connection: &mut PgConnection, names: &Names) -> Result<i32, sqlx::Error> {
    let query = format!(
        "SELECT coalesce(max(version), 0) FROM {}.migrations",
        quoted(&names.schema)
    );
    sqlx::query(sqlx::AssertSqlSafe(query))
        .fetch_one(connection)
        .await?
        .try_get(0)
}

/// Whose checkpoints those are that this host signs.
async fn announce(connection: &mut PgConnection, names: &Names, signer: &Signer) -> Result<(), sqlx::Error> {
    let query = format!(
        "INSERT INTO {}.signers (key) VALUES ($1) ON CONFLICT DO NOTHING",
        quoted(&names.schema)
    );
    sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(signer.public().to_string())
        .execute(connection)
        .await?;
    Ok(())
}
