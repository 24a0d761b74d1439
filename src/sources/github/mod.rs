//! GitHub, and GitHub Enterprise Server: what was merged, pushed, deployed and released.

mod app;
mod check;
mod code;
mod deployments;
pub mod endpoints;
mod read;
mod releases;
mod runs;

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

/// What every request to GitHub carries.
pub const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
];

/// GitHub, by one connection.
pub struct Github {
    api: Api,
    name: String,
    base: String,
    owner: Option<String>,
}

impl Github {
    /// The GitHub of a connection; nothing is asked yet.
    ///
    /// # Errors
    /// When the connection's method or certificates cannot be used.
    pub fn new(name: &str, connection: &Connection, net: &Net, secrets: &Secrets) -> Result<Self, Text> {
        let base = base(connection.url.as_deref());
        let credential = match app::App::of(&base, connection, net, secrets, app::reads())? {
            Some(app) => Credential::minted(Box::new(app)),
            None => Credential::new(name, &connection.auth, secrets)?,
        };
        let api = Api::new("GitHub", &base, HEADERS, connection, credential, net)?;
        Ok(Self {
            api,
            name: name.to_owned(),
            base,
            owner: connection.owner.clone(),
        })
    }
}

/// Who may write issues by a connection: its token, or its app with that permission alone.
///
/// # Errors
/// When the connection's method or certificates cannot be used.
pub fn writer(name: &str, connection: &Connection, net: &Net, secrets: &Secrets) -> Result<Credential, Text> {
    let base = base(connection.url.as_deref());
    match app::App::of(&base, connection, net, secrets, app::issues())? {
        Some(app) => Ok(Credential::minted(Box::new(app))),
        None => Credential::new(name, &connection.auth, secrets),
    }
}

/// Where the API answers: GitHub's own has a name of its own, a server elsewhere has it under `/api/v3`.
pub fn base(url: Option<&str>) -> String {
    let url = url.unwrap_or("https://api.github.com").trim_end_matches('/');
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    match host {
        "github.com" | "www.github.com" => "https://api.github.com".to_owned(),
        // Also `api.TENANT.ghe.com`, where the data residency is one's own.
        host if host.starts_with("api.") => url.to_owned(),
        _ if path.is_empty() => format!("{url}/api/v3"),
        _ => url.to_owned(),
    }
}

#[async_trait]
impl Forge for Github {
    fn source(&self) -> &'static str {
        "github"
    }

    fn api(&self) -> &Api {
        &self.api
    }

    fn is_project(&self, name: &str) -> bool {
        super::pipeline::is_path(name, 2, 2)
    }

    fn address(&self, project: &Project) -> String {
        let site = match self.base.as_str() {
            "https://api.github.com" => "https://github.com".to_owned(),
            base => base.trim_end_matches("/api/v3").replacen("://api.", "://", 1),
        };
        format!("{site}/{}", project.as_str())
    }

    async fn told(&self, ask: &Ask<'_>, project: &Project, window: &Window) -> Vec<Told> {
        let Some(repository) = read::repository(ask, project).await else {
            return Vec::new();
        };
        let deployed = async {
            let deployments = deployments::told(ask, &repository, window).await;
            // A run that only made a deployment is that deployment.
            let runs = runs::told(ask, &repository, window, &deployments).await;
            (deployments, runs)
        };
        let merged = async {
            let (merges, known) = code::merges(ask, &repository, window).await;
            let pushes = code::pushes(ask, &repository, window, &known).await;
            let releases = releases::told(ask, &repository, window).await;
            (merges, pushes, releases)
        };
        let ((deployments, runs), (merges, pushes, releases)) = join(deployed, merged).await;
        [deployments, runs, merges, pushes, releases].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn the_api_stands_where_each_kind_of_server_has_it() {
        for (url, found) in [
            (None, "https://api.github.com"),
            (Some("https://api.github.com/"), "https://api.github.com"),
            (Some("https://github.com"), "https://api.github.com"),
            (
                Some("https://git.acme.example"),
                "https://git.acme.example/api/v3",
            ),
            (
                Some("https://git.acme.example/api/v3"),
                "https://git.acme.example/api/v3",
            ),
            (Some("https://api.acme.ghe.com"), "https://api.acme.ghe.com"),
            (
                Some("http://127.0.0.1:81/prefix/api/v3"),
                "http://127.0.0.1:81/prefix/api/v3",
            ),
        ] {
            assert_eq!(base(url), found);
        }
    }
}
