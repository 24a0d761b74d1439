//! GitLab, gitlab.com or one's own: what was merged, pushed, deployed and released.

mod check;
mod code;
mod deployments;
pub mod endpoints;
mod pipelines;
mod read;
mod releases;

use async_trait::async_trait;
use futures_util::future::join;

use super::{
    pipeline::{Ask, Credential, Forge, Project, Told, api::Api},
    secrets::Secrets,
};
use crate::{
    config::Connection,
    model::{Text, Window},
    net::Net,
};

/// GitLab, by one connection.
pub struct Gitlab {
    api: Api,
    name: String,
    site: String,
    group: Option<String>,
}

impl Gitlab {
    /// The GitLab of a connection; nothing is asked yet.
    ///
    /// # Errors
    /// When the connection's method or certificates cannot be used.
    pub fn new(name: &str, connection: &Connection, net: &Net, secrets: &Secrets) -> Result<Self, Text> {
        let url = connection.url.as_deref().unwrap_or("https://gitlab.com");
        let site = url.trim_end_matches('/').trim_end_matches("/api/v4").to_owned();
        let credential = Credential::new(name, &connection.auth, secrets)?;
        let accept = &[("accept", "application/json")];
        let api = Api::new(
            "GitLab",
            &format!("{site}/api/v4"),
            accept,
            connection,
            credential,
            net,
        )?;
        Ok(Self {
            api,
            name: name.to_owned(),
            site,
            group: connection.owner.clone(),
        })
    }
}

#[async_trait]
impl Forge for Gitlab {
    fn source(&self) -> &'static str {
        "gitlab"
    }

    fn api(&self) -> &Api {
        &self.api
    }

    fn is_project(&self, name: &str) -> bool {
        // Groups nest twenty deep.
        super::pipeline::is_path(name, 2, 21)
    }

    fn address(&self, project: &Project) -> String {
        format!("{}/{}", self.site, project.as_str())
    }

    async fn told(&self, ask: &Ask<'_>, project: &Project, window: &Window) -> Vec<Told> {
        let Some(repository) = read::repository(ask, project).await else {
            return Vec::new();
        };
        let deployed = async {
            let (deployments, jobs) = deployments::told(ask, &repository, window).await;
            // A pipeline whose jobs all made deployments is told by these.
            let pipelines = pipelines::told(ask, &repository, window, &jobs).await;
            (deployments, pipelines)
        };
        let merged = async {
            let (merges, known) = code::merges(ask, &repository, window).await;
            let pushes = code::pushes(ask, &repository, window, &known).await;
            let releases = releases::told(ask, &repository, window).await;
            (merges, pushes, releases)
        };
        let ((deployments, pipelines), (merges, pushes, releases)) = join(deployed, merged).await;
        [deployments, pipelines, merges, pushes, releases].concat()
    }
}
