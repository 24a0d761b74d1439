//! What a vendor's part must be able to do.

use async_trait::async_trait;

use super::{Ask, Project, Told, api::Api};
use crate::model::Window;

/// Reads a vendor's projects.
#[async_trait]
pub trait Forge: Send + Sync {
    /// The word in the journal (`github`).
    fn source(&self) -> &'static str;

    /// The vendor's API.
    fn api(&self) -> &Api;

    /// True for what can be the name of a project.
    fn is_project(&self, name: &str) -> bool;

    /// Where a person looks at a project.
    fn address(&self, project: &Project) -> String;

    /// What was done in a project and took effect in the window, in no particular order.
    async fn told(&self, ask: &Ask<'_>, project: &Project, window: &Window) -> Vec<Told>;
}
