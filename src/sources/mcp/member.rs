//! A plain MCP server among a space's sources: it answers what is asked of its tools by name, and nothing else.

use async_trait::async_trait;

use super::client::McpClient;
use crate::{
    model::{Answer, Evidence, Gap, GapKind, Query, Source, ToolText},
    sources::space::Member,
};

/// The tools of one connection as a source.
pub struct McpSource {
    client: McpClient,
}

impl McpSource {
    /// Answers with the tools of `client`.
    pub const fn new(client: McpClient) -> Self {
        Self { client }
    }
}

impl Member for McpSource {
    fn part(&self, query: &Query) -> Option<Query> {
        match query {
            Query::Tool { connection, .. } if connection == self.client.name() => Some(query.clone()),
            _ => None,
        }
    }
}

#[async_trait]
impl Source for McpSource {
    fn name(&self) -> &str {
        self.client.name()
    }

    async fn answer(&self, query: &Query) -> Answer {
        let Query::Tool { tool, arguments, .. } = query else {
            return Answer::gap(
                Gap {
                    kind: GapKind::Unsupported,
                    what: query.text(),
                    resource: None,
                    why: "a plain MCP server is asked by the name of its tools alone".into(),
                    hint: Some(
                        format!(
                            "midwatch connection tools {} says what it has",
                            self.client.name()
                        )
                        .into(),
                    ),
                },
                0,
            );
        };
        let answer = match self.client.call(tool, arguments).await {
            Ok(answer) => answer,
            Err(error) => return Answer::gap(error.gap(query.text()), 1),
        };
        let cut = answer.cut;
        let said = ToolText {
            connection: self.client.name().to_owned(),
            tool: tool.clone(),
            text: answer.text,
            cut,
            failed: answer.failed,
        };
        let mut whole = Answer::found(Evidence::Text(said), 1);
        if cut {
            whole.gaps.push(Gap {
                kind: GapKind::Truncated,
                what: query.text(),
                resource: None,
                why: format!(
                    "the answer was longer than {} kB; the rest was left",
                    self.client.connection().largest_answer / 1024
                )
                .into(),
                hint: Some("ask for less, or raise largest_answer_kb of the connection".into()),
            });
        }
        whole
    }
}
