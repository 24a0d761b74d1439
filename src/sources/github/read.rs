//! Reading GitHub's answers.

use serde_json::{Map, Value};

use super::endpoints::{COMMIT, COMPARE, REPOSITORY};
use crate::{
    model::Text,
    sources::pipeline::{
        Ask, Project,
        diff::{self, File},
        read::{PAGE, line, put_commits, short, text},
    },
};

/// A repository that may be asked about.
pub(super) struct Repository<'a> {
    pub project: &'a Project,
    pub owner: &'a str,
    pub name: &'a str,
    pub branch: String,
}

impl Repository<'_> {
    /// What a gap says of something in it.
    pub fn what(&self, things: &str) -> Text {
        Text::from(format!("{things} of ")).ext(self.project.as_str())
    }
}

/// The repository, if it can be read at all.
pub(super) async fn repository<'a>(ask: &Ask<'_>, project: &'a Project) -> Option<Repository<'a>> {
    let (owner, name) = project.halves();
    let what = || Text::from("repository ").ext(project.as_str());
    let found = ask.one(&REPOSITORY, &[owner, name], &[], what).await?;
    Some(Repository {
        project,
        owner,
        name,
        branch: line(text(&found, "/default_branch").unwrap_or("main")),
    })
}

/// Files with their diffs, as GitHub lists them.
pub(super) fn files(list: &[Value]) -> Vec<File> {
    list.iter()
        .filter_map(|file| {
            Some(File {
                path: text(file, "/filename")?.to_owned(),
                before: text(file, "/previous_filename").map(ToOwned::to_owned),
                status: text(file, "/status").unwrap_or("modified").to_owned(),
                diff: text(file, "/patch").unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

/// Writes into `detail` what lies between two commits, or in the later one where the earlier is not known.
pub(super) async fn brought(
    ask: &Ask<'_>,
    repository: &Repository<'_>,
    before: Option<&str>,
    sha: &str,
    detail: &mut Map<String, Value>,
) {
    let (owner, name) = (repository.owner, repository.name);
    let what = || repository.what(&format!("what commit {} brought", short(sha)));
    let found = match before {
        Some(before) => {
            let span = format!("{before}...{sha}");
            ask.one(&COMPARE, &[owner, name, &span], &[PAGE], what).await
        }
        None => ask.one(&COMMIT, &[owner, name, sha], &[], what).await,
    };
    let Some(found) = found else { return };
    let list = |key: &str| {
        found
            .get(key)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let one = std::slice::from_ref(&found);
    let commits = if before.is_some() { list("commits") } else { one };
    if let Some(before) = before {
        detail.insert("before".to_owned(), before.into());
    }
    // GitHub lists the newest last.
    let titles = commits
        .iter()
        .rev()
        .filter_map(|commit| Some(line(text(commit, "/commit/message")?)));
    put_commits(detail, titles);
    diff::into_detail(files(list("files")), detail);
}
