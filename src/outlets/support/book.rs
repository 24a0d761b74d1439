//! What is written down of cases, and how: by several desks at once, none of which writes on what it has not read; and, where
//! AWS Support has done something already, with patience.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    desk::{Desk, operator},
    trouble::{split, trouble},
};
use crate::{
    aws::{AwsError, Confirmation, ErrorKind},
    engine::handle::support::{Outcome, SUPPORT_CENTER, Trouble},
    journal::{
        Actor, Body, Draft, Kind, Record, StoreError, StreamId,
        body::SupportCase,
        views::{Case, Cases},
    },
    model::{Text, inert},
};

/// Records that are read at once.
const PAGE: u32 = 1_000;
/// Times that a write to the space is tried, where others write there too.
const TRIES: u32 = 32;
/// The first wait before a write is tried again, and the longest one.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));

impl Desk {
    /// All cases of the space.
    pub(super) async fn cases(&self) -> Result<Cases, Trouble> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let after = records.last().map_or(0, |record| record.seq);
            let page = self
                .journal
                .read_kinds(&StreamId::space(), &[Kind::SupportCase], after, PAGE)
                .await
                .map_err(told)?;
            if page.is_empty() {
                return Ok(Cases::fold(&records));
            }
            records.extend(page);
        }
    }

    /// A case that AWS Support has, and its id.
    pub(super) async fn case(&self, name: &str) -> Result<(Case, String), Trouble> {
        let cases = self.cases().await?;
        let found = cases
            .find(name)
            .and_then(|case| Some((case.clone(), case.id.clone()?)));
        found.ok_or_else(|| {
            Trouble::new(
                format!("this space has no case '{}'", inert(name)),
                "midwatch support list shows all of them",
            )
        })
    }

    /// Writes down what `news` makes of the cases as they stand at that moment: the number of the first record (0 when there is
    /// nothing to write), and how many there are. Whoever else writes meanwhile is read first.
    pub(super) async fn write(
        &self,
        actor: &Actor,
        news: impl Fn(&Cases) -> Result<Vec<SupportCase>, Trouble> + Send + Sync,
    ) -> Result<(u64, usize), Trouble> {
        for _ in 0..TRIES {
            let head = self.journal.head(&StreamId::space()).await.map_err(told)?;
            let news = news(&self.cases().await?)?;
            if news.is_empty() {
                return Ok((0, 0));
            }
            let drafts = news
                .into_iter()
                .map(|case| Draft::new(actor.clone(), &Body::SupportCase(Box::new(case))))
                .collect();
            let written = self
                .journal
                .append(&StreamId::space(), Some(head.seq), None, drafts)
                .await;
            match written {
                Ok(records) => {
                    let first = records.first().map_or(0, |record| record.seq);
                    return Ok((first, records.len()));
                }
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(told(error)),
            }
        }
        Err(Trouble::new(
            "it could not be written down: others write all the time",
            "try again",
        ))
    }

    /// The same for what AWS Support has done already: a journal that cannot be written now may be in a moment.
    pub(super) async fn insist(
        &self,
        actor: &Actor,
        news: impl Fn(&Cases) -> Vec<SupportCase> + Send + Sync,
    ) -> Result<(), Trouble> {
        let until = Instant::now() + self.patience;
        let (mut wait, longest) = WAITS;
        loop {
            match self.write(actor, |cases| Ok(news(cases))).await {
                Ok(_) => return Ok(()),
                Err(trouble) if Instant::now() + wait > until => return Err(trouble),
                Err(trouble) => {
                    tracing::warn!(why = %trouble.what, "what AWS Support has done cannot be written down yet");
                    sleep(wait).await;
                    wait = (wait * 2).min(longest);
                }
            }
        }
    }

    /// Writes down that AWS Support did not take something, and tells it.
    pub(super) async fn refused(
        &self,
        by: &Confirmation,
        request: Option<u64>,
        case: Option<&str>,
        error: &AwsError,
    ) -> Trouble {
        let unsure = matches!(error.kind, ErrorKind::Unreachable | ErrorKind::ServiceFailure);
        let refused = SupportCase::Refused {
            request,
            case: case.map(ToOwned::to_owned),
            why: Text::new().ext(error.to_string()),
            unsure,
        };
        if let Err(also) = self.insist(&operator(by), |_| vec![refused.clone()]).await {
            tracing::error!(%also, "what AWS Support refused could not be written down");
        }
        let told = trouble(error);
        if !unsure {
            return told;
        }
        Trouble {
            hint: format!(
                "nobody knows whether AWS Support took it: look at {SUPPORT_CENTER} before you try again"
            ),
            ..told
        }
        .but(Outcome::Unknown)
    }
}

pub(super) fn told(error: StoreError) -> Trouble {
    split(&error.to_string())
}
