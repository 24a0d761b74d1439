//! Reading GitLab's answers.

use serde_json::{Map, Value};

use super::endpoints::{COMMIT_DIFF, COMPARE, PROJECT};
use crate::{
    model::Text,
    sources::pipeline::{
        Ask, Project,
        ask::Wanted,
        diff::{self, File},
        read::{PAGE, PARTS, line, put_commits, short, text},
    },
};

/// A project that may be asked about.
pub(super) struct Repository<'a> {
    pub project: &'a Project,
    pub branch: String,
}

impl Repository<'_> {
    /// The project as a path's parameter.
    pub fn id(&self) -> &str {
        self.project.as_str()
    }

    /// What a gap says of something in it.
    pub fn what(&self, things: &str) -> Text {
        Text::from(format!("{things} of ")).ext(self.project.as_str())
    }
}

/// The project, if it can be read at all.
pub(super) async fn repository<'a>(ask: &Ask<'_>, project: &'a Project) -> Option<Repository<'a>> {
    let what = || Text::from("project ").ext(project.as_str());
    let found = ask.one(&PROJECT, &[project.as_str()], &[], what).await?;
    Some(Repository {
        project,
        branch: line(text(&found, "/default_branch").unwrap_or("main")),
    })
}

/// Files with their diffs, as GitLab lists them.
pub(super) fn files(list: &[Value]) -> Vec<File> {
    let is = |file: &Value, key: &str| file.get(key).and_then(Value::as_bool) == Some(true);
    list.iter()
        .filter_map(|file| {
            let path = text(file, "/new_path")?;
            let renamed = is(file, "renamed_file");
            let status = if is(file, "new_file") {
                "added"
            } else if is(file, "deleted_file") {
                "removed"
            } else if renamed {
                "renamed"
            } else {
                "modified"
            };
            Some(File {
                path: path.to_owned(),
                before: text(file, "/old_path").filter(|_| renamed).map(ToOwned::to_owned),
                status: status.to_owned(),
                diff: text(file, "/diff").unwrap_or_default().to_owned(),
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
    let what = || repository.what(&format!("what commit {} brought", short(sha)));
    let Some(before) = before else {
        let wanted = Wanted {
            endpoint: &COMMIT_DIFF,
            values: &[repository.id(), sha],
            query: &[PAGE],
            key: "",
            pages: PARTS,
            more: &|_| true,
        };
        diff::into_detail(files(&ask.list(wanted, what).await), detail);
        return;
    };
    let span = [("from", before), ("to", sha)];
    let Some(found) = ask.one(&COMPARE, &[repository.id()], &span, what).await else {
        return;
    };
    let list = |key: &str| {
        found
            .get(key)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    detail.insert("before".to_owned(), before.into());
    // GitLab lists the newest last.
    let titles = list("commits")
        .iter()
        .rev()
        .filter_map(|commit| Some(line(text(commit, "/title")?)));
    put_commits(detail, titles);
    diff::into_detail(files(list("diffs")), detail);
}
