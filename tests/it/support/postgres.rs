//! A real PostgreSQL: a private cluster that all tests of this run share, each in a space of its own; or the server that
//! `MIDWATCH_TEST_POSTGRES` names (the address of a superuser).

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use midwatch::{
    journal::{
        Journal, Store,
        postgres::{Limits, Options, PostgresStore, setup},
    },
    redact::Secret,
};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::store_conformance::Place;

/// Longest wait for a server to start or to end.
const START: Duration = Duration::from_mins(1);

/// How long things may take in tests: long enough for a loaded machine, patient enough for every outage that is played.
pub const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    short: Duration::from_secs(10),
    long: Duration::from_secs(30),
    patience: Duration::from_mins(1),
};

/// Ends the server when whoever started it is gone, however it went: its end of the pipe closes then.
const WATCHED: &str = r#"
programs=$1 folder=$2 port=$3
shift 3
"$programs/postgres" -D "$folder/data" -p "$port" "$@" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder" \
    -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB -c autovacuum=off \
    >"$folder/log" 2>&1 </dev/null &
server=$!
read -r word
kill -INT "$server"
wait "$server"
if [ "$word" != keep ]; then rm -rf "$folder"; fi
"#;

/// A cluster of its own.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    pub port: u16,
    /// What it is started with beside the usual.
    settings: Vec<String>,
    shell: Option<Child>,
}

impl Cluster {
    /// A new one, or none with the reason.
    pub fn start() -> Result<Self, String> {
        let programs =
            programs().ok_or("there is no PostgreSQL here; scripts/test installs Debian's package")?;
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| {
            use std::os::unix::fs::MetadataExt as _;
            own.uid() == 0
        });
        // The server refuses to run as root.
        let user = match (is_root, postgres_user()) {
            (false, _) => None,
            (true, Some(user)) => Some(user),
            (true, None) => return Err("this is root, and there is no user postgres".to_owned()),
        };
        let folder = TempDir::with_prefix("midwatch-postgres-").unwrap().keep();
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let mut cluster = Self {
            programs,
            folder,
            user,
            port: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .unwrap()
                .local_addr()
                .unwrap()
                .port(),
            settings: Vec::new(),
            shell: None,
        };
        let made = cluster
            .command(&cluster.programs.join("initdb"))
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(cluster.folder.join("data"))
            .output()
            .unwrap();
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        cluster.up();
        Ok(cluster)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Starts the server again.
    pub fn up(&mut self) {
        let shell = self
            .command(Path::new("/bin/sh"))
            .args(["-c", WATCHED, "sh"])
            .args([&self.programs, &self.folder])
            .arg(self.port.to_string())
            .args(&self.settings)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        self.shell = Some(shell);
        let begun = Instant::now();
        while !self.answers() {
            assert!(
                begun.elapsed() < START,
                "the server did not start: {}",
                self.log()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops the server at once, and keeps its data.
    pub fn down(&mut self) {
        self.stop("keep\n");
    }

    /// From now on it speaks TLS, with the certificate `leaf.pem` and the key `leaf.key` of this folder.
    pub fn speaks_tls(&mut self, certificates: &Path) {
        self.down();
        for name in ["leaf.pem", "leaf.key"] {
            let to = self.folder.join(name);
            fs::copy(certificates.join(name), &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((uid, gid)) = self.user {
                chown(&to, Some(uid), Some(gid)).unwrap();
            }
        }
        let file = |name: &str| self.folder.join(name).display().to_string();
        self.settings = [
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", file("leaf.pem")),
            format!("ssl_key_file={}", file("leaf.key")),
        ]
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect();
        self.up();
    }

    fn stop(&mut self, word: &str) {
        use std::io::Write as _;
        if let Some(mut shell) = self.shell.take() {
            drop(shell.stdin.take().map(|mut pipe| pipe.write_all(word.as_bytes())));
            shell.wait().unwrap();
        }
    }

    fn answers(&self) -> bool {
        let asked = self
            .command(&self.programs.join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
            .status();
        asked.is_ok_and(|status| status.success())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The address of its superuser.
    pub fn admin(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop("gone\n");
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Where the server's programs are: on the path, or where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut folders: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    folders.extend(env::split_paths(&path));
    folders.into_iter().find(|folder| {
        ["initdb", "postgres", "pg_isready"]
            .iter()
            .all(|program| folder.join(program).exists())
    })
}

fn postgres_user() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut fields = line.split(':').skip(2).map(str::parse);
    Some((fields.next()?.ok()?, fields.next()?.ok()?))
}

/// The address of a superuser of the server that all tests share, or none with a printed reason.
pub fn server() -> Option<&'static str> {
    static SHARED: OnceLock<Result<(String, Option<Cluster>), String>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match env::var("MIDWATCH_TEST_POSTGRES") {
        Ok(url) => Ok((url, None)),
        Err(_) => Cluster::start().map(|cluster| (cluster.admin(), Some(cluster))),
    });
    match shared {
        Ok((url, _)) => Some(url),
        Err(why) => {
            eprintln!("SKIPPED: no PostgreSQL to test against: {why}");
            None
        }
    }
}

/// The same server as another role logs in, with the password `sesame`.
fn as_role(admin: &str, role: &str) -> String {
    let mut url: url::Url = admin.parse().unwrap();
    url.set_username(role).unwrap();
    url.set_password(Some("sesame")).unwrap();
    url.to_string()
}

/// A space of its own on a server, set up.
pub struct Space {
    pub name: String,
    pub admin: String,
    /// What its role logs in with.
    pub url: String,
    folder: TempDir,
}

impl Space {
    /// On the shared server, or none with a printed reason.
    pub async fn new() -> Option<Self> {
        Some(Self::on(server()?).await)
    }

    /// On this server.
    pub async fn on(admin: &str) -> Self {
        let name = format!("t{}", ulid::Ulid::generate().to_string().to_lowercase());
        Self::by(admin, &name, None).await
    }

    /// Called so, and set up by somebody else than the superuser (with the password `sesame`).
    pub async fn by(admin: &str, name: &str, other: Option<&str>) -> Self {
        let mut space = Self {
            url: String::new(),
            name: name.to_owned(),
            admin: admin.to_owned(),
            folder: tempfile::tempdir().unwrap(),
        };
        let setter = other.map_or_else(|| admin.to_owned(), |name| as_role(admin, name));
        setup::init(&space.options(&setter)).await.unwrap();
        let role = setup::writer_of(&space.name);
        let mut connection = PgConnection::connect(admin).await.unwrap();
        let alter = format!("ALTER ROLE \"{role}\" PASSWORD 'sesame'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(alter))
            .execute(&mut connection)
            .await
            .unwrap();
        space.url = as_role(admin, &role);
        space
    }

    pub fn options(&self, url: &str) -> Options {
        self.options_of_host(url, "this")
    }

    /// As another host is set up: with a key of its own.
    pub fn options_of_host(&self, url: &str, host: &str) -> Options {
        Options {
            url: Secret::new(url.to_owned()),
            space: self.name.clone(),
            key: self.folder.path().join(host).join("journal.key"),
            ca_bundle: None,
            connections: 4,
            limits: LIMITS,
        }
    }

    pub async fn store(&self) -> Arc<PostgresStore> {
        Arc::new(PostgresStore::open(&self.options(&self.url)).await.unwrap())
    }

    pub async fn journal(&self) -> Journal {
        Journal::over(self.store().await)
    }

    /// As its role, by hand.
    pub async fn raw(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// The address by another port: a proxy.
    pub fn url_by(&self, port: u16) -> String {
        let mut url: url::Url = self.url.parse().unwrap();
        url.set_port(Some(port)).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.to_string()
    }

    pub fn schema(&self) -> String {
        setup::writer_of(&self.name)
    }

    /// Where the server listens.
    pub fn address(&self) -> (String, u16) {
        let url: url::Url = self.admin.parse().unwrap();
        (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432))
    }
}

#[async_trait::async_trait]
impl Place for Space {
    async fn open(&self) -> Arc<dyn Store> {
        self.store().await
    }
}

impl Drop for Space {
    /// A server that is there for longer than the tests is left as it was.
    fn drop(&mut self) {
        if env::var_os("MIDWATCH_TEST_POSTGRES").is_none() {
            return;
        }
        let (admin, role) = (self.admin.clone(), self.schema());
        let cleared = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut admin = PgConnection::connect(&admin).await.unwrap();
                let gone = format!(
                    "DROP SCHEMA \"{role}\" CASCADE; DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"; DROP ROLE \"{role}$owner\""
                );
                drop(sqlx::raw_sql(sqlx::AssertSqlSafe(gone)).execute(&mut admin).await);
            });
        });
        drop(cleared.join());
    }
}
