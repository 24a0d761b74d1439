//! A case before it is confirmed: what would be shared, in whose name, and what the plan offers.

use super::{
    book::told,
    desk::{Desk, denied, standing},
    filed::filed,
    share::{Material, share},
};
use crate::{
    aws::support,
    engine::handle::support::{Prepared, Trouble},
    journal::{
        StreamId,
        views::{
            Investigation,
            report::{self, Anchor, Layout},
        },
    },
    model::{Evidence, Query},
};

impl Desk {
    pub(super) async fn prepare_case(&self, stream: &StreamId) -> Result<Prepared, Trouble> {
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
        let unsettled = self.cases().await?;
        let unsettled = unsettled.unsettled(stream).map(|case| case.request).collect();
        let report = report::markdown(&view, &anchor, &exhibits, Layout::default());
        let (account, region) = report::place(&view);
        let asking = self.asking(account.as_deref()).await?;
        let (standing, services, denied) = tokio::join!(
            standing(&asking.aws),
            support::services(&asking.aws),
            denied(&asking)
        );
        let kind = self.kind_of_cause(&view).await;
        // A case can be opened without saying under what it is filed, and the service says what it denies.
        let filed = services.map_or(None, |offered| filed(kind.as_deref(), &offered));
        let priority = view.priority;
        let (about, of) = (account.clone(), stream.clone());
        let shared = tokio::task::spawn_blocking(move || {
            share(&Material {
                stream: &of,
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
        Ok(Prepared {
            stream: stream.clone(),
            priority,
            account: about,
            asks: asking.caller.map(|caller| caller.account),
            shared,
            filed,
            standing: standing?,
            denied,
            unsettled,
        })
    }

    /// The type of the resource to blame, as a question or the inventory names it; else that of the first subject.
    async fn kind_of_cause(&self, view: &Investigation) -> Option<String> {
        let cause = view.summary.as_ref().and_then(|summary| summary.causes.first());
        let subject = || view.plan.as_ref()?.subjects.first();
        let id = cause.map(|cause| &cause.resource).or_else(subject)?;
        let asked = view.queries.values().find_map(|asked| {
            let resource = asked.query.resource().filter(|resource| resource.id == *id)?;
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
}
