//! What is said in a case, and its end.

use super::{
    desk::{Asking, Desk, operator},
    news::news,
    trouble::trouble,
};
use crate::{
    aws::{
        Confirmation, Factory,
        support::{self, LONGEST_BODY},
    },
    engine::handle::support::{Outcome, SUPPORT_CENTER, Sent, Trouble, digest},
    journal::{
        Actor, Hash,
        body::{CaseSaid, SupportCase, Voice},
        views::Case,
    },
    model::{Text, inert},
    redact::{Redactor, Scope},
};

impl Desk {
    pub(super) async fn look_at(&self, name: &str) -> Result<usize, Trouble> {
        let (case, id) = self.case(name).await?;
        let Asking { aws, .. } = self.asking_in(&case).await?;
        let (said, details) = tokio::join!(support::communications(&aws, &id), support::case(&aws, &id));
        let said = said.map_err(|error| trouble(&error))?;
        let status = details.ok().flatten().map(|details| details.status);
        let actor = Actor::Source("aws-support".to_owned());
        // Another console may look at the same time.
        let (_, count) = self
            .write(&actor, |cases| {
                let known = cases.find(&id);
                Ok(known.map_or_else(Vec::new, |known| news(known, &id, &said, status.as_deref())))
            })
            .await?;
        Ok(count)
    }

    pub(super) async fn say_in(
        &self,
        name: &str,
        words: &str,
        confirmed: &Confirmation,
    ) -> Result<Sent, Trouble> {
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
        let Asking { aws, .. } = self.asking_in(&case).await?;
        let key = digest(&words);
        let before = case.times(Voice::Us, &key);
        if let Err(error) = support::add_communication(&aws, confirmed, &id, &words).await {
            let told = self.refused(confirmed, None, Some(&id), &error).await;
            // Perhaps the answer alone was lost.
            if told.outcome != Outcome::Unknown || !arrived(&aws, &id, &key, before).await {
                return Err(told);
            }
        }
        let said = SupportCase::Said(CaseSaid {
            case: id.clone(),
            by: Voice::Us,
            text: Text::new().ext(words.clone()),
            at: None,
            digest: key.clone(),
            files: Vec::new(),
        });
        let by = operator(confirmed);
        let written = self.insist(&by, |cases| {
            // Whoever looked at the case meanwhile has written it down.
            let times = cases.find(&id).map_or(0, |case| case.times(Voice::Us, &key));
            if times > before {
                Vec::new()
            } else {
                vec![said.clone()]
            }
        });
        let unwritten = written.await.err().map(|why| {
            Trouble::new(
                format!(
                    "AWS Support has it, and it could not be written down: {}",
                    why.what
                ),
                format!("{}. The next look at the case writes it down", why.hint),
            )
            .but(Outcome::Done)
        });
        Ok(Sent { words, unwritten })
    }

    pub(super) async fn close(&self, name: &str, confirmed: &Confirmation) -> Result<(), Trouble> {
        let (case, id) = self.case(name).await?;
        if !case.is_open() {
            return Err(Trouble::new(
                format!("case {} is {} already", inert(case.name()), inert(case.word())),
                "there is nothing to close",
            ));
        }
        let Asking { aws, .. } = self.asking_in(&case).await?;
        if let Err(error) = support::resolve_case(&aws, confirmed, &id).await {
            return Err(self.refused(confirmed, None, Some(&id), &error).await);
        }
        let (by, resolved) = (operator(confirmed), SupportCase::Resolved { case: id });
        let written = self.insist(&by, |_| vec![resolved.clone()]);
        written.await.map_err(|why| {
            Trouble::new(
                format!(
                    "case {} is resolved at AWS Support, and that could not be written down: {}",
                    inert(case.name()),
                    why.what
                ),
                format!("{}. The next look at the case writes it down", why.hint),
            )
            .but(Outcome::Done)
        })
    }

    /// The credentials of the account that has a case.
    async fn asking_in(&self, case: &Case) -> Result<Asking, Trouble> {
        let of = case.opening.account.as_deref();
        let asking = self.asking_as_before(of).await?;
        match (of, asking.account()) {
            (Some(of), Some(asks)) if of != asks => Err(Trouble::new(
                format!(
                    "case {} is of account {}, and these are credentials of account {}",
                    inert(case.name()),
                    inert(of),
                    inert(asks)
                ),
                format!(
                    "midwatch account add {} lets this space ask there, or take that account's credentials",
                    inert(of)
                ),
            )),
            _ => Ok(asking),
        }
    }
}

/// Whether AWS Support lists these words of ours more often than they were written down.
async fn arrived(aws: &Factory, id: &str, key: &Hash, before: usize) -> bool {
    let listed = support::communications(aws, id).await.unwrap_or_default();
    let ours = |one: &&support::Communication| !one.is_of_aws() && digest(&one.body) == *key;
    listed.iter().filter(ours).count() > before
}

/// Where a case stands in the Support Center.
fn link(case: &Case) -> String {
    format!(
        "https://console.aws.amazon.com/support/home#/case/?displayId={}",
        inert(case.name())
    )
}
