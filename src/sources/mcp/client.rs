//! What a space may ask of one connection.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan as _};
use rmcp::model::CallToolRequestParams;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{
    allow::{Allow, Standing, Tool},
    answer::{Answered, answered},
    error::McpError,
    failure::Failure,
    line::Line,
};
use crate::{
    config::{Association, Connection},
    model::{GapKind, Text},
};

/// Longest wait that a server may ask for between two attempts.
const WAIT: Duration = Duration::from_secs(10);
/// How often one call is tried.
const TRIES: usize = 3;

/// The tools of one connection, as far as one space may call them. Cheap to make and to clone: the conversation with the
/// server is opened by the first question and shared by all clients of the connection.
#[derive(Clone)]
pub struct McpClient {
    line: Arc<Line>,
    allow: Allow,
}

impl McpClient {
    pub(super) fn new(line: Arc<Line>, association: &Association) -> Self {
        Self {
            line,
            allow: association.into(),
        }
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.line.name
    }

    /// The connection, as it is configured.
    pub fn connection(&self) -> &Connection {
        &self.line.connection
    }

    /// The tools of the server in the order of their names, each with its standing here.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn tools(&self) -> Result<Vec<Tool>, McpError> {
        self.within(async { self.standing(true).await }).await
    }

    /// Calls a tool that may be called and waits for its answer, within the connection's time. `arguments` is a JSON object
    /// or null. Dropping the future tells the server that nobody waits any more.
    ///
    /// # Errors
    /// When the tool may not be called (nothing is sent then), or the server does not answer.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Result<Answered, McpError> {
        if let Some(error) = self.refused_unseen(tool) {
            return Err(error);
        }
        let answer = self.within(self.tried(tool, arguments)).await?;
        self.note_use();
        let structured = match answer.structured {
            Some(value) => self.scrubbed(value).await,
            None => None,
        };
        Ok(Answered {
            text: self.line.keys.scrub(&answer.text).await,
            structured,
            ..answer
        })
    }

    /// Takes the tools as they look now for approved: those named, or every one that may be called or has changed.
    ///
    /// # Errors
    /// When the server cannot be asked, or has no such tool.
    pub async fn approve(&self, names: &[String]) -> Result<(), McpError> {
        let tools = self.tools().await?;
        for name in names {
            if !tools.iter().any(|tool| tool.name == *name) {
                return Err(self.unknown(name));
            }
        }
        let chosen = tools
            .iter()
            .filter(|tool| names.is_empty() || names.contains(&tool.name));
        let kept = self.line.memory.change(|held| {
            for tool in chosen {
                held.tools.insert(tool.name.clone(), tool.fingerprint.clone());
                held.changed.remove(&tool.name);
            }
        });
        kept.map_err(|error| {
            McpError::new(
                GapKind::Failed,
                format!("the approval cannot be remembered: {error}"),
                "check the folder of MIDWATCH_DATA",
            )
        })
    }

    /// Ends the conversation with the server, for every client of the connection.
    pub async fn close(&self) {
        self.line.hang_up().await;
    }

    /// Runs within the connection's time. What the time cuts off takes the conversation with it: the server may still be
    /// talking.
    async fn within<T>(&self, ask: impl Future<Output = Result<T, Failure>>) -> Result<T, McpError> {
        let patience = self.line.patience();
        let outcome = if let Ok(outcome) = timeout(patience, ask).await {
            outcome.map_err(|failure| failure.error)
        } else {
            let line = Arc::clone(&self.line);
            tokio::spawn(async move { line.hang_up().await });
            Err(self.line.teller().slow(patience.as_secs()))
        };
        match outcome {
            Ok(found) => Ok(found),
            Err(error) => Err(self.clean(error).await),
        }
    }

    async fn tried(&self, name: &str, arguments: &Value) -> Result<Answered, Failure> {
        let mut left = TRIES;
        loop {
            left -= 1;
            let (again, failure) = match self.once(name, arguments).await {
                Ok(answer) => return Ok(answer),
                Err(outcome) => outcome,
            };
            match failure.wait {
                Some(wait) if left > 0 && wait <= WAIT => sleep(wait).await,
                _ if left > 0 && failure.lost && again => self.line.hang_up().await,
                _ => return Err(failure),
            }
        }
    }

    /// One attempt; beside a failure, whether the call may be made again without harm.
    async fn once(&self, name: &str, arguments: &Value) -> Result<Answered, (bool, Failure)> {
        let before = |failure| (true, failure);
        let mut tools = self.standing(false).await.map_err(before)?;
        if !tools.iter().any(|tool| tool.name == name) {
            tools = self.standing(true).await.map_err(before)?;
        }
        let tool = tools.into_iter().find(|tool| tool.name == name);
        let tool = tool.ok_or_else(|| (false, self.unknown(name).into()))?;
        if let Some(error) = self.refused(&tool) {
            return Err((false, error.into()));
        }
        let mut params = CallToolRequestParams::new(name.to_owned());
        match arguments {
            Value::Null => {}
            Value::Object(members) => params = params.with_arguments(members.clone()),
            _ => {
                let why = "the arguments of a tool are a JSON object";
                return Err((
                    false,
                    McpError::new(GapKind::Unsupported, why, "write them as {\"name\": value}").into(),
                ));
            }
        }
        let session = self.line.session().await.map_err(before)?;
        // Whoever asks back is told that nobody answers.
        match session.call_tool(params).await {
            Ok(result) => Ok(answered(result, self.line.connection.largest_answer)),
            Err(error) => Err((tool.read_only, self.line.teller().call(&error))),
        }
    }

    /// The tools with their standing. One that may be called and was never seen is approved as it is.
    async fn standing(&self, anew: bool) -> Result<Vec<Tool>, Failure> {
        let tools = self.line.tools(anew).await?;
        let approved = self.line.memory.read().tools;
        let tools: Vec<Tool> = tools
            .iter()
            .map(|tool| Tool {
                standing: self.allow.standing(
                    &tool.name,
                    tool.read_only,
                    &tool.fingerprint,
                    approved.get(&tool.name),
                ),
                ..tool.clone()
            })
            .collect();
        let kept = self.line.memory.change(|held| {
            for tool in &tools {
                match tool.standing {
                    Standing::Allowed => {
                        let seen = held.tools.entry(tool.name.clone());
                        seen.or_insert_with(|| tool.fingerprint.clone());
                        held.changed.remove(&tool.name);
                    }
                    Standing::Changed => drop(held.changed.insert(tool.name.clone())),
                    Standing::Writes | Standing::Unlisted => {}
                }
            }
        });
        if let Err(error) = kept {
            tracing::warn!(connection = %self.line.name, %error, "approved tools could not be remembered");
        }
        Ok(tools)
    }

    /// Refused whatever the server says of it.
    fn refused_unseen(&self, name: &str) -> Option<McpError> {
        let unseen = self.allow.standing(name, true, "", None);
        (unseen == Standing::Unlisted).then(|| self.refusal(name, unseen))
    }

    fn refused(&self, tool: &Tool) -> Option<McpError> {
        (tool.standing != Standing::Allowed).then(|| self.refusal(&tool.name, tool.standing))
    }

    fn refusal(&self, tool: &str, standing: Standing) -> McpError {
        let connection = &self.line.name;
        let (kind, why) = match standing {
            Standing::Changed => (
                GapKind::Denied,
                "looks different from when it was approved, and is not called until it is approved again",
            ),
            Standing::Writes => (
                GapKind::Denied,
                "does not say that it only reads, and this space does not list it",
            ),
            _ => (GapKind::Denied, "is not among the tools that this space lists"),
        };
        McpError::new(
            kind,
            Text::from("tool ")
                .ext(tool)
                .own(" of ")
                .own(connection)
                .own(" ")
                .own(why),
            Text::from(format!(
                "midwatch connection tools {connection} shows it; midwatch connection allow {connection} "
            ))
            .ext(tool)
            .own(" lets it be called"),
        )
    }

    fn unknown(&self, tool: &str) -> McpError {
        McpError::new(
            GapKind::Unsupported,
            Text::from("connection ")
                .own(self.name())
                .own(" has no tool ")
                .ext(tool),
            format!("midwatch connection tools {} says what it has", self.name()),
        )
    }

    /// A value without our keys; none when they cannot be taken out of it.
    async fn scrubbed(&self, value: Value) -> Option<Value> {
        let text = value.to_string();
        let clean = self.line.keys.scrub(&text).await;
        if clean == text {
            return Some(value);
        }
        serde_json::from_str(&clean).ok()
    }

    async fn clean(&self, mut error: McpError) -> McpError {
        for span in error.why.0.iter_mut().chain(&mut error.hint.0) {
            if let crate::model::Span::External { external } = span {
                *external = self.line.keys.scrub(external).await;
            }
        }
        error
    }

    /// Remembers the time of the last call, to the minute.
    fn note_use(&self) {
        let now = Timestamp::now();
        let recent = |at: Timestamp| now - 1.minutes() < at;
        if self.line.memory.read().last_use.is_none_or(|at| !recent(at)) {
            let noted = self.line.memory.change(|held| held.last_use = Some(now));
            if let Err(error) = noted {
                tracing::warn!(connection = %self.line.name, %error, "the use of a connection could not be remembered");
            }
        }
    }
}
