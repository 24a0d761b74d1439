//! The desk at which an operator asks AWS Support: asks AWS, and writes down in the space's journal what was confirmed, sent and
//! answered.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    filed::filed,
    news::news,
    share::{Material, share},
    trouble::{not_offered, split, trouble},
};
use crate::{
    aws::{
        AwsError, Confirmation, ErrorKind, Factory,
        support::{self, LONGEST_BODY, NewCase},
    },
    config::{Account, Config, Space},
    engine::handle::support::{
        Filed, Opened, Prepared, SUPPORT_CENTER, Severity, Shared, Standing, Support, Trouble, digest,
    },
    journal::{
        Actor, Body, Draft, Journal, Kind, Record, StoreError, StreamId,
        body::{CaseOpened, CaseOpening, CaseSaid, SupportCase, Voice},
        views::{
            Case, Cases, Investigation,
            report::{self, Anchor, Layout},
        },
    },
    model::{Evidence, Query, Text, inert},
    redact::{Redactor, Scope},
    sources::aws::accounts::Accounts,
};

/// Time between two looks at a case that somebody watches.
const PACE: Duration = Duration::from_secs(15);
/// Records that are read at once.
const PAGE: u32 = 1_000;
/// Times that a write to the space is tried, where others write there too.
const TRIES: u32 = 8;

/// Asks AWS Support for the accounts of one space.
pub struct Desk {
    journal: Journal,
    way: Way,
    pace: Duration,
}

/// How accounts are reached.
enum Way {
    /// As the space's configuration says.
    Space(Box<OfSpace>),
    /// One way for all.
    One(Box<Factory>),
}

struct OfSpace {
    accounts: Accounts,
    space: Space,
    region: Option<String>,
}

/// What an account may ask of AWS Support.
#[derive(Debug)]
pub struct Level {
    /// What its plan offers.
    pub standing: Standing,
    /// Actions that this identity may not do; why that is not known.
    pub denied: Result<Vec<String>, Trouble>,
}

impl Desk {
    /// The desk of the configuration's space.
    pub fn new(journal: Journal, config: &Config) -> Self {
        let of_space = OfSpace {
            accounts: Accounts::new(&config.space, config.net()),
            space: config.open_space(),
            region: config.region.clone(),
        };
        Self {
            journal,
            way: Way::Space(Box::new(of_space)),
            pace: PACE,
        }
    }

    /// A desk that asks with these credentials, whatever account an investigation is about.
    pub fn over(journal: Journal, aws: Factory) -> Self {
        Self {
            journal,
            way: Way::One(Box::new(aws)),
            pace: PACE,
        }
    }

    /// The same with another time between two looks.
    #[must_use]
    pub const fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// What an account (the primary one, when none is named) may ask of AWS Support.
    ///
    /// # Errors
    /// When AWS Support cannot be asked at all.
    pub async fn level(&self, account: Option<&str>) -> Result<Level, Trouble> {
        let aws = self.aws(account).await?;
        let (standing, denied) = tokio::join!(standing(&aws), support::denied(&aws));
        Ok(Level {
            standing: standing?,
            denied: denied.map_err(|error| trouble(&error)),
        })
    }

    /// Calls of the account of an investigation where the space has it, else of the primary one, else of the credentials at
    /// hand.
    async fn aws(&self, account: Option<&str>) -> Result<Factory, Trouble> {
        let OfSpace {
            accounts,
            space,
            region,
        } = match &self.way {
            Way::Space(of_space) => of_space.as_ref(),
            Way::One(aws) => return Ok(aws.as_ref().clone()),
        };
        let known = |id: &str| space.accounts.iter().find(|known| known.id == id);
        let at_hand = Account::default();
        let account = account.and_then(known).or_else(|| space.accounts.first());
        accounts
            .factory(account.unwrap_or(&at_hand), region.as_deref())
            .await
            .map_err(|error| split(&error.to_string()))
    }

    /// All cases of the space.
    async fn cases(&self) -> Result<Cases, StoreError> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let after = records.last().map_or(0, |record| record.seq);
            let page = self
                .journal
                .read_kinds(&StreamId::space(), &[Kind::SupportCase], after, PAGE)
                .await?;
            if page.is_empty() {
                return Ok(Cases::fold(&records));
            }
            records.extend(page);
        }
    }

    async fn case(&self, name: &str) -> Result<(Case, String), Trouble> {
        let cases = self.cases().await.map_err(|error| split(&error.to_string()))?;
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

    async fn write(&self, actor: Actor, case: SupportCase) -> Result<u64, Trouble> {
        let draft = Draft::new(actor, &Body::SupportCase(Box::new(case)));
        let written = self
            .journal
            .append(&StreamId::space(), None, None, vec![draft])
            .await;
        match written {
            Ok(records) => Ok(records.first().map_or(0, |record| record.seq)),
            Err(error) => Err(split(&error.to_string())),
        }
    }

    /// The type of the resource to blame, as a question or the inventory names it; else that of the first subject.
    async fn kind_of_cause(&self, view: &Investigation) -> Option<String> {
        let cause = view.summary.as_ref().and_then(|summary| summary.causes.first());
        let subject = || view.plan.as_ref()?.subjects.first();
        let id = cause.map(|cause| &cause.resource).or_else(subject)?;
        let asked = view.queries.values().find_map(|asked| {
            let resource = match &asked.query {
                Query::Catalogue { resource, .. }
                | Query::Logs { resource, .. }
                | Query::Changes { resource, .. }
                | Query::Events { resource, .. } => resource.as_ref(),
                Query::Configuration { resource } => Some(resource),
                _ => None,
            };
            let resource = resource.filter(|resource| resource.id == *id)?;
            Some(resource.kind.clone())
        });
        if asked.is_some() {
            return asked;
        }
        for (query, (_, answered)) in &view.answers {
            let inventory = view
                .queries
                .get(query)
                .is_some_and(|asked| matches!(asked.query, Query::Inventory));
            if !inventory {
                continue;
            }
            if let Ok(Some(Evidence::Inventory(resources))) = self.journal.evidence(&answered.data).await
                && let Some(resource) = resources.into_iter().find(|resource| resource.id == *id)
            {
                return Some(resource.kind);
            }
        }
        None
    }

    /// Writes down that AWS Support did not take something, and tells it.
    async fn refused(
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
        if let Err(also) = self.write(operator(by), refused).await {
            tracing::error!(%also, "what AWS Support refused could not be written down");
        }
        let mut told = trouble(error);
        if unsure {
            told.hint = format!(
                "nobody knows whether AWS Support took it: look at {SUPPORT_CENTER} before you try again"
            );
        }
        told
    }
}

#[async_trait]
impl Support for Desk {
    async fn prepare(&self, stream: &StreamId) -> Result<Arc<Prepared>, Trouble> {
        let told = |error: StoreError| split(&error.to_string());
        let records = self.journal.read_all(stream).await.map_err(told)?;
        let view = Investigation::fold(&records);
        let Some(hash) = view.hash.clone().filter(|_| stream.is_investigation()) else {
            return Err(Trouble::new(
                format!("there is no investigation {stream}"),
                "midwatch journal list shows all investigations",
            ));
        };
        let anchor = Anchor {
            head: hash,
            digest: self.journal.digest(stream).await.map_err(told)?,
        };
        let exhibits = self.journal.exhibits(&view).await.map_err(told)?;
        let unsettled = self.cases().await.map_err(told)?.unsettled(stream);
        let report = report::markdown(&view, &anchor, &exhibits, Layout::default());
        let (account, region) = report::place(&view);
        let aws = self.aws(account.as_deref()).await?;
        let (standing, services, denied) =
            tokio::join!(standing(&aws), support::services(&aws), support::denied(&aws));
        let kind = self.kind_of_cause(&view).await;
        // A case can be opened without saying under what it is filed, and the service says what it denies.
        let filed = services.map_or(None, |offered| filed(kind.as_deref(), &offered));
        let (priority, stream) = (view.priority, stream.clone());
        let (asks, about) = (account.clone(), stream.clone());
        let shared = tokio::task::spawn_blocking(move || {
            share(&Material {
                stream: &about,
                records: &records,
                view: &view,
                report: &report,
                place: (account.as_deref(), region.as_deref()),
            })
        });
        let shared = shared.await.map_err(|_panicked| {
            Trouble::new(
                "what would be shared could not be put together",
                "midwatch journal export writes the log to a file",
            )
        })?;
        Ok(Arc::new(Prepared {
            stream,
            priority,
            account: asks,
            shared,
            filed,
            standing: standing?,
            denied: denied.unwrap_or_default(),
            unsettled,
        }))
    }

    async fn open(
        &self,
        prepared: &Prepared,
        severity: &str,
        confirmed: &Confirmation,
    ) -> Result<Opened, Trouble> {
        let offered = prepared.standing.severities();
        if !offered.iter().any(|one| one.code == severity) {
            return Err(not_offered(&prepared.standing, severity));
        }
        let cases = self.cases().await.map_err(|error| split(&error.to_string()))?;
        if let Some(open) = cases.of(&prepared.stream).filter(|case| case.is_open()) {
            return Err(Trouble::new(
                format!(
                    "case {} is open for this investigation already",
                    inert(open.name())
                ),
                format!("midwatch support show {}", inert(open.name())),
            ));
        }
        let aws = self.aws(prepared.account.as_deref()).await?;
        let Shared {
            subject, body, files, ..
        } = &prepared.shared;
        let opening = SupportCase::Opening(CaseOpening {
            stream: prepared.stream.clone(),
            account: prepared.account.clone(),
            severity: severity.to_owned(),
            subject: Text::new().ext(subject.clone()),
            digest: prepared.shared.digest(),
            attachments: files.iter().map(|file| file.attachment.clone()).collect(),
            in_center: matches!(prepared.standing, Standing::Center(_)),
        });
        // First on disk: whatever becomes of the call, somebody can see that it was made.
        let request = self.write(operator(confirmed), opening).await?;
        let attachments: Vec<(&str, &[u8])> = files
            .iter()
            .map(|file| (file.attachment.name.as_str(), file.bytes.as_ref()))
            .collect();
        let set = match support::add_attachments(&aws, confirmed, &attachments).await {
            Ok(set) => set,
            Err(error) => {
                // Without a case an attachment is nothing.
                let error = AwsError {
                    kind: match error.kind {
                        ErrorKind::Unreachable | ErrorKind::ServiceFailure => ErrorKind::Other,
                        kind => kind,
                    },
                    advice: Some(error.hint()),
                    ..error
                };
                return Err(self.refused(confirmed, Some(request), None, &error).await);
            }
        };
        let filed = prepared.filed.as_ref();
        let new = NewCase {
            subject,
            body,
            severity,
            filed: filed.map(
                |Filed {
                     service, category, ..
                 }| (service.as_str(), category.as_str()),
            ),
            attachments: Some(&set),
        };
        let case = match support::create_case(&aws, confirmed, &new).await {
            Ok(case) => case,
            Err(error) => return Err(self.refused(confirmed, Some(request), None, &error).await),
        };
        let opened = |display: &str| {
            SupportCase::Opened(CaseOpened {
                request,
                case: case.clone(),
                display: display.to_owned(),
            })
        };
        self.write(operator(confirmed), opened("")).await?;
        // The number that people see is told apart; without it the case goes by its id.
        let details = support::case(&aws, &case).await.ok().flatten();
        let display = details.map(|details| details.display_id).unwrap_or_default();
        if !display.is_empty() {
            self.write(operator(confirmed), opened(&display)).await?;
        }
        Ok(Opened { case, display })
    }

    async fn look(&self, name: &str) -> Result<usize, Trouble> {
        let (case, id) = self.case(name).await?;
        let aws = self.aws(case.opening.account.as_deref()).await?;
        let (said, details) = tokio::join!(support::communications(&aws, &id), support::case(&aws, &id));
        let said = said.map_err(|error| trouble(&error))?;
        let status = details.ok().flatten().map(|details| details.status);
        let told = |error: StoreError| split(&error.to_string());
        for _ in 0..TRIES {
            let head = self.journal.head(&StreamId::space()).await.map_err(told)?;
            let cases = self.cases().await.map_err(told)?;
            let Some(known) = cases.find(&id) else { break };
            let news = news(known, &id, &said, status.as_deref());
            if news.is_empty() {
                return Ok(0);
            }
            let count = news.len();
            let actor = Actor::Source("aws-support".to_owned());
            let drafts = news
                .into_iter()
                .map(|case| Draft::new(actor.clone(), &Body::SupportCase(Box::new(case))))
                .collect();
            // Another console may have looked at the same time.
            match self
                .journal
                .append(&StreamId::space(), Some(head.seq), None, drafts)
                .await
            {
                Ok(_) => return Ok(count),
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(told(error)),
            }
        }
        Err(Trouble::new(
            "what AWS Support said could not be written down: others write all the time",
            "look again",
        ))
    }

    async fn say(&self, name: &str, words: &str, confirmed: &Confirmation) -> Result<String, Trouble> {
        let (case, id) = self.case(name).await?;
        if !case.is_open() {
            return Err(Trouble::new(
                format!("case {} is {}", inert(case.name()), inert(case.word())),
                format!("the Support Center can reopen it: {SUPPORT_CENTER}"),
            ));
        }
        if case.opening.in_center {
            return Err(Trouble::new(
                "the support plan lets people write to AWS Support in the Support Center alone",
                format!("write there: {}", link(&case)),
            ));
        }
        let words = Redactor::new(Scope::Personal).text(words.trim()).into_owned();
        if words.is_empty() {
            return Err(Trouble::new("there is nothing to say", "say something"));
        }
        let length = words.chars().count();
        if length > LONGEST_BODY {
            return Err(Trouble::new(
                format!("AWS Support takes {LONGEST_BODY} characters at once, and these are {length}"),
                "say it in several pieces",
            ));
        }
        let aws = self.aws(case.opening.account.as_deref()).await?;
        if let Err(error) = support::add_communication(&aws, confirmed, &id, &words).await {
            return Err(self.refused(confirmed, None, Some(&id), &error).await);
        }
        let said = SupportCase::Said(CaseSaid {
            case: id,
            by: Voice::Us,
            text: Text::new().ext(words.clone()),
            at: None,
            digest: digest(&words),
            files: Vec::new(),
        });
        self.write(operator(confirmed), said).await?;
        Ok(words)
    }

    async fn resolve(&self, name: &str, confirmed: &Confirmation) -> Result<(), Trouble> {
        let (case, id) = self.case(name).await?;
        if !case.is_open() {
            return Err(Trouble::new(
                format!("case {} is {} already", inert(case.name()), inert(case.word())),
                "there is nothing to close",
            ));
        }
        let aws = self.aws(case.opening.account.as_deref()).await?;
        match support::resolve_case(&aws, confirmed, &id).await {
            Ok(_) => {
                let resolved = SupportCase::Resolved { case: id };
                self.write(operator(confirmed), resolved).await.map(drop)
            }
            Err(error) => Err(self.refused(confirmed, None, Some(&id), &error).await),
        }
    }

    fn pace(&self) -> Duration {
        self.pace
    }
}

/// What the plan offers.
async fn standing(aws: &Factory) -> Result<Standing, Trouble> {
    let levels = match support::severity_levels(aws).await {
        Ok(levels) => levels,
        Err(error) if support::plan_is_too_low(&error) => return Ok(Standing::TooLow),
        Err(error) => return Err(trouble(&error)),
    };
    let severities: Vec<Severity> = levels
        .into_iter()
        .map(|level| Severity {
            code: level.code,
            name: level.name,
        })
        .collect();
    let light = |one: &Severity| matches!(one.code.as_str(), "low" | "normal");
    Ok(if severities.iter().all(light) {
        Standing::Center(severities)
    } else {
        Standing::Full(severities)
    })
}

/// Where a case stands in the Support Center.
fn link(case: &Case) -> String {
    format!(
        "https://console.aws.amazon.com/support/home#/case/?displayId={}",
        inert(case.name())
    )
}

fn operator(confirmed: &Confirmation) -> Actor {
    Actor::Operator(confirmed.operator().to_owned())
}
