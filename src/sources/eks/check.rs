//! Whether a cluster can be reached, and which reads it allows: each sort of the closed list is asked for one object, and the log
//! of a pod that nobody has. Whoever may read it is told that it is not there.

use futures_util::stream::{self, StreamExt as _};

use super::{
    Eks,
    api::Turn,
    cluster::Scope,
    paths::{self, Listed},
};
use crate::model::{Allowance, Gap, GapKind, Text};

/// A name that no pod has.
const NOBODY: &str = "midwatch-probe-of-nothing";
/// Questions at the same time.
const AT_ONCE: usize = 4;
/// The beginning of the log that is asked for.
const EVER: &str = "2020-01-01T00:00:00Z";
/// The permission to read logs, as Kubernetes spells it.
const LOGS: &str = "pods/log";

/// What a cluster lets midwatch read.
pub struct Report {
    /// Version of its API server, in its own words.
    pub version: Text,
    /// True when its endpoint answers from the internet.
    pub public: bool,
    /// Namespaces that were looked at; empty: all.
    pub namespaces: Vec<String>,
    /// Sorts of objects that may be read everywhere that was looked at.
    pub allowed: Vec<&'static str>,
    /// Sorts that may not, with the namespaces where that is so, and why.
    pub refused: Vec<(&'static str, Vec<String>, Gap)>,
}

impl Eks {
    /// Asks the cluster for its version, and for one object of each sort.
    ///
    /// # Errors
    /// When it cannot be reached, does not know this identity, or lets it read nothing at all.
    pub async fn check(&self) -> Result<Report, Gap> {
        let allowance = Allowance::unlimited();
        let turn = Turn::new(&allowance);
        let (version, public) = self.api.version(&turn).await?;
        let asked: Vec<_> = questions(&self.scope)
            .into_iter()
            .map(|(listed, namespace)| self.allows(&turn, listed, namespace))
            .collect();
        let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let mut refused: Vec<(&'static str, Vec<String>, Gap)> = Vec::new();
        let mut sorts: Vec<&'static str> = Vec::new();
        for (sort, namespace, outcome) in answers {
            if !sorts.contains(&sort) {
                sorts.push(sort);
            }
            let Err(gap) = outcome else { continue };
            if matches!(gap.kind, GapKind::Unreachable | GapKind::Credentials) {
                return Err(gap);
            }
            match refused.iter_mut().find(|(known, _, _)| *known == sort) {
                Some((_, places, _)) => places.extend(namespace),
                None => refused.push((sort, namespace.into_iter().collect(), gap)),
            }
        }
        let fine = |sort: &&'static str| !refused.iter().any(|(known, _, _)| known == sort);
        let allowed: Vec<&'static str> = sorts.into_iter().filter(fine).collect();
        match refused.first() {
            Some((_, _, gap)) if allowed.is_empty() => Err(gap.clone()),
            _ => Ok(Report {
                version,
                public,
                namespaces: self.scope.namespaces.clone(),
                allowed,
                refused,
            }),
        }
    }

    /// Whether one sort may be read in one namespace or in all; without a sort, logs.
    async fn allows(
        &self,
        turn: &Turn<'_>,
        listed: Option<&'static Listed>,
        namespace: Option<String>,
    ) -> (&'static str, Option<String>, Result<(), Gap>) {
        let Some(listed) = listed else {
            let place = namespace.as_deref().unwrap_or("default");
            let told = self.api.log(turn, (place, NOBODY, "app"), (EVER, false), 1).await;
            let outcome = match told {
                Err(gap) if gap.kind != GapKind::NotFound => Err(gap),
                _ => Ok(()),
            };
            return (LOGS, namespace, outcome);
        };
        let outcome = self.api.may_list(turn, listed, namespace.as_deref()).await;
        (listed.name, namespace, outcome)
    }
}

/// Every sort in every namespace of the scope, then the logs.
fn questions(scope: &Scope) -> Vec<(Option<&'static Listed>, Option<String>)> {
    let each = || -> Vec<Option<String>> {
        if scope.namespaces.is_empty() {
            return vec![None];
        }
        scope.namespaces.iter().cloned().map(Some).collect()
    };
    let mut asked = Vec::new();
    for listed in paths::ALL {
        if listed.namespaced {
            asked.extend(each().into_iter().map(|namespace| (Some(listed), namespace)));
        } else if scope.nodes {
            asked.push((Some(listed), None));
        }
    }
    asked.extend(each().into_iter().map(|namespace| (None, namespace)));
    asked
}
