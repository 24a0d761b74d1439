//! One conversation with one server: opened when it is needed, kept while it lasts, opened again when it broke.

use std::{
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use rmcp::{
    ClientHandler, RoleClient,
    model::{ClientCapabilities, ClientConfig, Implementation, PaginatedRequestParams, ProtocolVersion},
    service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, RunningService},
    transport::{
        StreamableHttpClientTransport, TokioChildProcess, common::client_side_sse::ExponentialBackoff,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use tokio::{process::Command, sync::Mutex};

use super::{
    allow::Tool,
    error::McpError,
    failure::{Failure, Teller},
    keys::Keys,
    memory::Memory,
    wire::Wire,
};
use crate::{config::Connection, model::GapKind, net::Net};

/// Longest life of one HTTP request; a call has its own, shorter time.
const LONGEST: Duration = Duration::from_hours(1);
/// A list of tools is read again after this time, so that a changed tool is noticed.
const LISTED: Duration = Duration::from_mins(5);
/// Pages and tools of a list that are read at most.
const PAGES: usize = 20;
const TOOLS: usize = 2000;
/// Room for a list of tools and what wraps an answer, whatever is kept of one.
const ROOM: usize = 4 * 1024 * 1024;

/// Says who we are, and is not to be asked: no sampling, no elicitation, no roots.
pub(super) struct Quiet;

impl ClientHandler for Quiet {
    fn get_info(&self) -> ClientConfig {
        let name = Implementation::new("midwatch", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), name)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }
}

/// An open conversation; it ends when the last one who asks in it is gone.
pub(super) type Session = Arc<RunningService<RoleClient, Quiet>>;
type Listed = (Instant, Arc<Vec<Tool>>);

/// The conversation with a connection's server.
pub struct Line {
    pub(super) name: String,
    pub(super) connection: Connection,
    pub(super) keys: Arc<Keys>,
    pub(super) memory: Arc<Memory>,
    net: Net,
    session: Mutex<Option<Session>>,
    listed: Mutex<Option<Listed>>,
}

impl Line {
    pub(super) fn new(
        name: &str,
        connection: &Connection,
        keys: Arc<Keys>,
        memory: Arc<Memory>,
        net: Net,
    ) -> Self {
        Self {
            name: name.to_owned(),
            connection: connection.clone(),
            keys,
            memory,
            net,
            session: Mutex::new(None),
            listed: Mutex::new(None),
        }
    }

    pub(super) fn teller(&self) -> Teller<'_> {
        Teller { name: &self.name }
    }

    /// The most that one call may take.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.connection.timeout)
    }

    /// The conversation, open.
    pub(super) async fn session(&self) -> Result<Session, Failure> {
        let mut session = self.session.lock().await;
        if let Some(open) = session.as_ref().filter(|open| !open.is_closed()) {
            return Ok(Arc::clone(open));
        }
        *session = None;
        *self.listed.lock().await = None;
        let opened = self.open().await?;
        *session = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Ends the conversation; the next question opens another.
    pub(super) async fn hang_up(&self) {
        let open = self.session.lock().await.take();
        *self.listed.lock().await = None;
        match open.map(Arc::try_unwrap) {
            // A local server gets the time to end by itself; none is waited for longer.
            Some(Ok(mut open)) => drop(open.close_with_timeout(Duration::from_secs(5)).await),
            // Somebody is in the middle of a question: it is cut off.
            Some(Err(open)) => open.cancellation_token().cancel(),
            None => {}
        }
    }

    /// The tools of the server, as they are or were a few minutes ago.
    pub(super) async fn tools(&self, anew: bool) -> Result<Arc<Vec<Tool>>, Failure> {
        let session = self.session().await?;
        let mut listed = self.listed.lock().await;
        if let Some((_, tools)) = listed
            .as_ref()
            .filter(|(since, _)| !anew && since.elapsed() < LISTED)
        {
            return Ok(Arc::clone(tools));
        }
        let mut tools: Vec<Tool> = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let page = PaginatedRequestParams::default().with_cursor(cursor.take());
            let page = session.list_tools(Some(page)).await;
            let page = page.map_err(|error| self.teller().call(&error))?;
            tools.extend(page.tools.iter().map(Tool::read));
            cursor = page.next_cursor.filter(|_| tools.len() < TOOLS);
            if cursor.is_none() {
                break;
            }
        }
        tools.truncate(TOOLS);
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        // Of two tools of one name a person could approve only one, so there is only the first.
        tools.dedup_by(|later, first| later.name == first.name);
        let tools = Arc::new(tools);
        *listed = Some((Instant::now(), Arc::clone(&tools)));
        Ok(tools)
    }

    /// As the server wants it: the newest revision where it knows that, else the handshake of the older ones.
    async fn open(&self) -> Result<Session, Failure> {
        let newest = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::LATEST],
            legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
        };
        let failure = match self.greet(newest).await? {
            Ok(session) => return Ok(session),
            Err(error) => self.teller().connect(&error),
        };
        // An older server may answer the newest greeting with anything at all; what it answers to its own is what counts.
        let odd = matches!(
            failure.error.kind,
            GapKind::Failed | GapKind::Unsupported | GapKind::NotFound
        );
        if !odd && !failure.lost {
            return Err(failure);
        }
        let outcome = self.greet(ClientLifecycleMode::Initialize).await?;
        outcome.map_err(|error| self.teller().connect(&error))
    }

    async fn greet(
        &self,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Result<Session, ClientInitializeError>, McpError> {
        let outcome = match &self.connection.url {
            Some(url) => {
                let transport = self.dial(url)?;
                Quiet.serve_with_lifecycle(transport, lifecycle).await
            }
            None => Quiet.serve_with_lifecycle(self.start()?, lifecycle).await,
        };
        Ok(outcome.map(Arc::new))
    }

    fn dial(&self, url: &str) -> Result<StreamableHttpClientTransport<Wire>, McpError> {
        let http = self
            .net
            .client(url, LONGEST)
            .map_err(|error| McpError::new(GapKind::Failed, error.to_string(), "mend [network] ca_bundle"))?;
        let wire = Wire::new(http, Arc::clone(&self.keys));
        let room = self.room();
        let mut again = ExponentialBackoff::default();
        again.max_times = Some(5);
        again.max_delay = Some(Duration::from_secs(5));
        let mut config = StreamableHttpClientTransportConfig::with_uri(url)
            .max_sse_event_size(room)
            .max_json_response_size(room)
            .max_error_response_size(8 * 1024);
        config.retry_config = Arc::new(again);
        Ok(StreamableHttpClientTransport::with_client(wire, config))
    }

    /// Starts a local server, with the environment that midwatch itself has.
    fn start(&self) -> Result<TokioChildProcess, McpError> {
        let missing = |why: String| {
            McpError::new(
                GapKind::Unreachable,
                format!("the program of connection {} cannot be started: {why}", self.name),
                "check the connection's command: the program and its arguments, one string each",
            )
        };
        let Some((program, arguments)) = self.connection.command.split_first() else {
            return Err(missing("none is named".to_owned()));
        };
        let mut command = Command::new(program);
        command.args(arguments);
        // What it says on its standard error is for whoever runs it by hand.
        let started = TokioChildProcess::builder(command).stderr(Stdio::null()).spawn();
        started
            .map(|(process, _)| process)
            .map_err(|error| missing(error.to_string()))
    }

    /// Bytes of one message that are read at most.
    pub(super) fn room(&self) -> usize {
        self.connection
            .largest_answer
            .saturating_mul(4)
            .saturating_add(ROOM)
    }
}
