//! What is new in a case: what AWS lists and the journal does not have. Pure.

use std::collections::BTreeMap;

use crate::{
    aws::support,
    engine::handle::support::digest,
    journal::{
        Hash,
        body::{CaseSaid, SupportCase, Voice},
        views::Case,
    },
    model::Text,
};

/// What of a case is not written down yet.
pub(super) fn news(
    known: &Case,
    id: &str,
    said: &[support::Communication],
    status: Option<&str>,
) -> Vec<SupportCase> {
    let mut news = Vec::new();
    let mut counted: BTreeMap<(Voice, Hash), usize> = BTreeMap::new();
    for one in said {
        let by = if one.is_of_aws() { Voice::Aws } else { Voice::Us };
        let key = digest(&one.body);
        let times = counted.entry((by, key.clone())).or_insert(0);
        *times += 1;
        if *times <= known.times(by, &key) {
            continue;
        }
        let files = one.attachment_set.iter().flatten();
        news.push(SupportCase::Said(CaseSaid {
            case: id.to_owned(),
            by,
            text: Text::new().ext(one.body.clone()),
            at: Some(one.time_created),
            digest: key,
            files: files.map(|file| file.file_name.clone()).collect(),
        }));
    }
    if let Some(status) = status.filter(|status| !status.is_empty() && *status != known.status) {
        news.push(SupportCase::Stands {
            case: id.to_owned(),
            status: status.to_owned(),
        });
    }
    news
}
