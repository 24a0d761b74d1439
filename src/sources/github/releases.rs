//! Releases that were published.

use serde_json::{Map, Value};

use super::{endpoints::RELEASES, read::Repository};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        read::{LONGEST, PAGE, line, put, text, time},
    },
};

/// Releases that were published in the window.
pub(super) async fn told(ask: &Ask<'_>, repository: &Repository<'_>, window: &Window) -> Vec<Told> {
    // Drafts lie about for long before they are published; a month of them is read.
    let from = window.from.checked_sub(LONGEST * 30).unwrap_or(window.from);
    let more = move |last: &Value| time(last, "/created_at").is_none_or(|at| at >= from);
    let wanted = Wanted {
        endpoint: &RELEASES,
        values: &[repository.owner, repository.name],
        query: &[PAGE],
        key: "",
        pages: 2,
        more: &more,
    };
    let releases = ask.list(wanted, || repository.what("releases")).await;
    releases
        .iter()
        .filter_map(|release| {
            let at = time(release, "/published_at").filter(|at| window.contains(*at))?;
            let tag = line(text(release, "/tag_name").unwrap_or_default());
            let title = line(text(release, "/name").unwrap_or(&tag));
            let mut detail = Map::new();
            put(
                &mut detail,
                &[
                    ("tag", Some(&tag)),
                    ("title", Some(&title)),
                    ("ref", text(release, "/target_commitish")),
                    ("url", text(release, "/html_url")),
                ],
            );
            Some(Told {
                begun: None,
                at,
                kind: "release",
                actor: text(release, "/author/login").map(line),
                summary: if title == tag {
                    format!("released {tag}")
                } else {
                    format!("released {tag}: {title}")
                },
                detail,
            })
        })
        .collect()
}
