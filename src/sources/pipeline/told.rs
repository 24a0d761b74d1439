//! What was done in a project, before it is tied to a resource.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Project, target::Target};
use crate::model::{Change, ResourceId, Window};

/// Something done in a project: a merge, a push, a deployment, a run that deploys, a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// When it began to take effect, where that is known apart from its end.
    pub begun: Option<Timestamp>,
    /// When it had taken effect: the end of a deployment or run, the moment of a merge or push.
    pub at: Timestamp,
    /// `deployment`, `workflow_run`, `pipeline`, `merge`, `push`, `release`.
    pub kind: &'static str,
    /// Who did it.
    pub actor: Option<String>,
    /// One line for a person.
    pub summary: String,
    /// Commit, title, address, environment, status, files.
    pub detail: Map<String, Value>,
}

impl Told {
    /// True when any of its effect falls into the window.
    pub fn falls_into(&self, window: &Window) -> bool {
        self.begun.unwrap_or(self.at) < window.to && self.at >= window.from
    }

    /// As a change of `resource`; `target` is what the project puts in place there.
    pub fn change(
        &self,
        source: &str,
        project: &Project,
        target: Option<&Target>,
        resource: Option<&ResourceId>,
    ) -> Change {
        let mut detail = self.detail.clone();
        detail.insert("project".to_owned(), project.as_str().into());
        if let Some(begun) = self.begun.filter(|begun| *begun < self.at) {
            detail.insert(BEGUN.to_owned(), begun.to_string().into());
        }
        if let Some(target) = target {
            detail.insert(DEPLOYS.to_owned(), target.arn().into());
        }
        Change {
            at: self.at,
            source: source.to_owned(),
            kind: self.kind.to_owned(),
            resource: resource.cloned(),
            actor: self.actor.clone(),
            summary: format!("{}: {}", project.as_str(), self.summary),
            detail: Value::Object(detail),
        }
    }
}

/// In a change's detail: when it began to take effect.
const BEGUN: &str = "begun";
/// In a change's detail: the ARN of what the project puts in place.
const DEPLOYS: &str = "deploys";

/// When a change began to take effect, where its end is another moment.
pub fn begun(change: &Change) -> Option<Timestamp> {
    let begun = change.detail.get(BEGUN)?.as_str()?.parse().ok()?;
    (begun < change.at).then_some(begun)
}

/// What a change of a project put in place.
pub fn deployed(change: &Change) -> Option<Target> {
    if !matches!(change.source.as_str(), "github" | "gitlab") {
        return None;
    }
    Target::of(change.detail.get(DEPLOYS)?.as_str()?)
}
