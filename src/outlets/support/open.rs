//! Opening a case, and finding one again whose opening got no answer.

use jiff::SignedDuration;

use super::{
    desk::{Asking, Desk, operator},
    trouble::{not_offered, trouble},
};
use crate::{
    aws::{
        AwsError, Confirmation, ErrorKind,
        support::{self, CaseDetails, NewCase},
    },
    engine::handle::support::{
        Filed, Opened, Order, Outcome, Prepared, SUPPORT_CENTER, Shared, Standing, Trouble, digest,
    },
    journal::{
        Actor, StreamId,
        body::{CaseOpened, CaseOpening, SupportCase},
        views::{Case, Cases},
    },
    model::{Text, inert},
};

/// How much earlier than the journal's clock a case may be dated by AWS.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

impl Desk {
    pub(super) async fn open_case(
        &self,
        prepared: &Prepared,
        order: &Order,
        confirmed: &Confirmation,
    ) -> Result<Opened, Trouble> {
        let offered = prepared.standing.severities();
        if let Some(why) = prepared.to_paste() {
            return Err(why);
        }
        if !offered.iter().any(|one| one.code == order.severity) {
            return Err(not_offered(&prepared.standing, &order.severity));
        }
        let asking = self.asking(prepared.account.as_deref()).await?;
        if let (Ok(shown), Some(now)) = (&prepared.asks, asking.account())
            && shown != now
        {
            return Err(Trouble::new(
                format!(
                    "account {} would ask now, and account {shown} was shown",
                    inert(now)
                ),
                "look at it again: the credentials have changed meanwhile",
            ));
        }
        let (aws, by) = (&asking.aws, operator(confirmed));
        // First on disk: whatever becomes of the call, somebody can see that it was made.
        let opening = opening(prepared, order, &asking);
        let (request, _) = self
            .write(&by, |cases| {
                free(cases, prepared, order).map(|()| vec![SupportCase::Opening(opening.clone())])
            })
            .await?;
        let Shared {
            subject, body, files, ..
        } = &prepared.shared;
        let attachments: Vec<(&str, &[u8])> = files
            .iter()
            .map(|file| (file.attachment.name.as_str(), file.bytes.as_ref()))
            .collect();
        let set = match support::add_attachments(aws, confirmed, &attachments).await {
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
            severity: &order.severity,
            filed: filed.map(
                |Filed {
                     service, category, ..
                 }| (service.as_str(), category.as_str()),
            ),
            attachments: Some(&set),
        };
        let case = match support::create_case(aws, confirmed, &new).await {
            Ok(case) => case,
            Err(error) => {
                let told = self.refused(confirmed, Some(request), None, &error).await;
                // Perhaps the answer alone was lost.
                return match told.outcome {
                    Outcome::Unknown => self.existing_case(&prepared.stream).await.ok().flatten(),
                    _ => None,
                }
                .ok_or(told);
            }
        };
        let news = |cases: &Cases| {
            // Somebody who looked for it meanwhile has taken it in.
            let taken = cases.all().any(|one| one.request == request && one.id.is_some());
            let news = (!taken).then(|| opened(request, &case, ""));
            news.into_iter().collect()
        };
        if let Err(why) = self.insist(&by, news).await {
            return Err(Trouble::new(
                format!(
                    "case {} is open at AWS Support, and could not be written down: {}",
                    inert(&case),
                    why.what
                ),
                format!(
                    "{}. Asked about this investigation again, midwatch finds the case and takes it in",
                    why.hint
                ),
            )
            .but(Outcome::Done));
        }
        // The number that people see is told apart; without it the case goes by its id.
        let details = support::case(aws, &case).await.ok().flatten();
        let display = details.map(|details| details.display_id).unwrap_or_default();
        if !display.is_empty()
            && let Err(why) = self
                .write(&by, |_| Ok(vec![opened(request, &case, &display)]))
                .await
        {
            tracing::warn!(%case, why = %why.what, "the number of a case could not be written down");
        }
        Ok(Opened { case, display })
    }

    pub(super) async fn existing_case(&self, stream: &StreamId) -> Result<Option<Opened>, Trouble> {
        let cases = self.cases().await?;
        let unsettled: Vec<Case> = cases.unsettled(stream).cloned().collect();
        for case in unsettled {
            self.adopt(&case).await?;
        }
        let cases = self.cases().await?;
        Ok(open(&cases, stream).and_then(|case| {
            Some(Opened {
                case: case.id.clone()?,
                display: case.display.clone(),
            })
        }))
    }

    /// Looks for a case that was confirmed and got no answer, and takes it in when AWS Support has it.
    async fn adopt(&self, confirmed: &Case) -> Result<(), Trouble> {
        let opening = &confirmed.opening;
        let asking = self.asking(opening.account.as_deref()).await?;
        let since = confirmed.at - SKEW;
        let listed = support::cases_since(&asking.aws, since).await;
        let listed = listed.map_err(|error| trouble(&error))?;
        let known = self.cases().await?;
        let subject = opening.subject.plain();
        for details in listed {
            let taken = known.all().any(|case| case.id.as_ref() == Some(&details.case_id));
            if taken || details.subject.trim() != subject.trim() {
                continue;
            }
            let said = support::communications(&asking.aws, &details.case_id).await;
            let said = said.map_err(|error| trouble(&error))?;
            // Another incident may have been told in the same words.
            let names = opening.stream.to_string();
            let ours = |one: &support::Communication| {
                digest(&one.body) == opening.digest || one.body.contains(&names)
            };
            if said.iter().any(ours) {
                return self.take_in(confirmed.request, &details).await;
            }
        }
        Ok(())
    }

    async fn take_in(&self, request: u64, found: &CaseDetails) -> Result<(), Trouble> {
        let actor = Actor::Source("aws-support".to_owned());
        let news = |cases: &Cases| {
            let settled = cases
                .all()
                .any(|case| case.request == request && case.id.is_some());
            let taken = cases.all().any(|case| case.id.as_ref() == Some(&found.case_id));
            if settled || taken {
                return Vec::new();
            }
            vec![
                opened(request, &found.case_id, &found.display_id),
                SupportCase::Stands {
                    case: found.case_id.clone(),
                    status: found.status.clone(),
                },
            ]
        };
        self.insist(&actor, news).await
    }
}

fn opening(prepared: &Prepared, order: &Order, asking: &Asking) -> CaseOpening {
    let asks = asking.account().map(ToOwned::to_owned);
    CaseOpening {
        stream: prepared.stream.clone(),
        account: asks.or_else(|| prepared.account.clone()),
        severity: order.severity.clone(),
        subject: Text::new().ext(prepared.shared.subject.clone()),
        digest: prepared.shared.digest(),
        attachments: prepared
            .shared
            .files
            .iter()
            .map(|file| file.attachment.clone())
            .collect(),
        in_center: matches!(prepared.standing, Standing::Center(_)),
    }
}

fn opened(request: u64, case: &str, display: &str) -> SupportCase {
    SupportCase::Opened(CaseOpened {
        request,
        case: case.to_owned(),
        display: display.to_owned(),
    })
}

fn open<'a>(cases: &'a Cases, stream: &StreamId) -> Option<&'a Case> {
    cases
        .all()
        .rev()
        .find(|case| case.is_open() && case.opening.stream == *stream)
}

/// Whether a case may be opened: none is open, and none is being opened by somebody else, or got no answer and was not shown.
fn free(cases: &Cases, prepared: &Prepared, order: &Order) -> Result<(), Trouble> {
    if let Some(open) = open(cases, &prepared.stream) {
        let name = inert(open.name());
        return Err(Trouble::new(
            format!("case {name} is open for this investigation already"),
            format!("midwatch support show {name}"),
        ));
    }
    for other in cases.unsettled(&prepared.stream) {
        let shown = prepared.unsettled.contains(&other.request);
        if shown && order.again {
            continue;
        }
        let by = inert(&crate::engine::handle::support::name_of(&other.by));
        let at = other.at.strftime("%Y-%m-%d %H:%M:%S UTC");
        return Err(if shown {
            Trouble::new(
                format!("the case that {by} confirmed at {at} got no answer, and may be open"),
                format!(
                    "look at {SUPPORT_CENTER} first; midwatch support open {} --again opens another one",
                    prepared.stream
                ),
            )
        } else {
            Trouble::new(
                format!("{by} confirmed a case about this investigation at {at}, and it is being opened"),
                "ask again in a moment: by then it is known what became of it",
            )
        });
    }
    Ok(())
}
