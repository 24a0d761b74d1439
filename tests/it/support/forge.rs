//! Connections to doubles of GitHub and GitLab, with a token in a file of its own.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use midwatch::{
    config::{Association, Auth, Connection, ConnectionKind, Mapping, SecretRef},
    model::{Answer, Change, Evidence, Query, Resource, Window},
    net::Net,
    sources::{
        pipeline::{self, Report},
        secrets::Secrets,
        space::Member,
    },
};
use tempfile::TempDir;

pub const STACK: &str =
    "arn:aws:cloudformation:us-east-1:111122223333:stack/checkout/ba24e2bc-c993-44e9-a544-06ea46a5bf7d";

/// A connection whose token lies in a file.
pub struct Forge {
    folder: TempDir,
    pub connection: Connection,
}

impl Forge {
    pub fn github(url: &str, token: &str) -> Self {
        Self::new(ConnectionKind::Github, url, token, |token| Auth::Bearer { token })
    }

    pub fn gitlab(url: &str, token: &str) -> Self {
        Self::new(ConnectionKind::Gitlab, url, token, |key| Auth::ApiKey {
            header: "PRIVATE-TOKEN".to_owned(),
            prefix: String::new(),
            key,
        })
    }

    fn new(kind: ConnectionKind, url: &str, token: &str, auth: impl Fn(SecretRef) -> Auth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let forge = Self {
            connection: Connection {
                kind,
                description: None,
                url: Some(url.to_owned()),
                command: Vec::new(),
                auth: auth(SecretRef::File(folder.path().join("token"))),
                owner: None,
                account: None,
                region: None,
                cluster: None,
                api: None,
                from: None,
                timeout: 30,
                largest_answer: 256 * 1024,
            },
            folder,
        };
        forge.put_token(token);
        forge
    }

    pub fn put_token(&self, token: &str) {
        let path: PathBuf = self.folder.path().join("token");
        fs::write(&path, token).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn member(&self, projects: &[&str], deploys: &[(&str, &str)]) -> Arc<dyn Member> {
        let association = Association {
            projects: projects.iter().map(|name| (*name).to_owned()).collect(),
            deploys: deploys
                .iter()
                .map(|(project, resource)| Mapping {
                    project: (*project).to_owned(),
                    resource: (*resource).to_owned(),
                })
                .collect(),
            ..Association::default()
        };
        pipeline::open(
            "code",
            &self.connection,
            &association,
            &Net::default(),
            &Secrets::default(),
            None,
        )
        .unwrap()
    }

    pub async fn check(&self) -> Result<Report, String> {
        pipeline::check("code", &self.connection, &Net::default(), &Secrets::default())
            .await
            .map_err(|text| text.plain())
    }
}

/// The changes of one resource or of anything.
pub async fn changes(member: &Arc<dyn Member>, resource: Option<Resource>, window: Window) -> Answer {
    let query = Query::Changes { resource, window };
    member.answer(&member.part(&query).unwrap()).await
}

/// The changes of a whole answer.
pub fn whole(answer: Answer) -> Vec<Change> {
    assert_eq!(answer.gaps, []);
    match answer.evidence {
        Some(Evidence::Changes(changes)) => changes,
        other => panic!("no changes: {other:?}"),
    }
}

/// A window on the night of the doubles.
pub fn night(from: &str, to: &str) -> Window {
    let at = |time: &str| format!("2025-10-27T{time}Z").parse().unwrap();
    Window::new(at(from), at(to))
}

/// Time, kind and summary of each.
pub fn told(changes: &[Change]) -> Vec<(String, &str, &str)> {
    changes
        .iter()
        .map(|change| {
            let at = change.at.to_string();
            let (_, time) = at.split_once('T').unwrap();
            (
                time.trim_end_matches('Z').to_owned(),
                change.kind.as_str(),
                change.summary.as_str(),
            )
        })
        .collect()
}
