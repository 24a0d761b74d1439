//! Releases that were made.

use serde_json::{Map, Value};

use super::{endpoints::RELEASES, read::Repository};
use crate::{
    model::Window,
    sources::pipeline::{
        Ask, Told,
        ask::Wanted,
        read::{PAGE, line, put, text, time},
    },
};

/// Releases that were made in the window.
pub(super) async fn told(ask: &Ask<'_>, repository: &Repository<'_>, window: &Window) -> Vec<Told> {
    let from = window.from;
    let more = move |last: &Value| time(last, "/released_at").is_none_or(|at| at >= from);
    let wanted = Wanted {
        endpoint: &RELEASES,
        values: &[repository.id()],
        query: &[("order_by", "released_at"), ("sort", "desc"), PAGE],
        key: "",
        pages: 2,
        more: &more,
    };
    let releases = ask.list(wanted, || repository.what("releases")).await;
    releases
        .iter()
        .filter_map(|release| {
            let at = time(release, "/released_at").filter(|at| window.contains(*at))?;
            let tag = line(text(release, "/tag_name").unwrap_or_default());
            let title = line(text(release, "/name").unwrap_or(&tag));
            let mut detail = Map::new();
            put(
                &mut detail,
                &[
                    ("tag", Some(&tag)),
                    ("title", Some(&title)),
                    ("sha", text(release, "/commit/id")),
                    ("url", text(release, "/_links/self")),
                ],
            );
            Some(Told {
                begun: None,
                at,
                kind: "release",
                actor: text(release, "/author/username").map(line),
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
