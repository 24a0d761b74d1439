//! Log lines: CloudWatch Logs FilterLogEvents, and DescribeLogGroups to find a resource's groups.
//!
//! FilterLogEvents has one of the smallest quotas of AWS. A group is therefore read whole first, as far as a few pages
//! go, and the filter applied here: exact, whatever the group's size turns out to be. Only a group that is larger than
//! that is read again with a filter of CloudWatch's own syntax.

use aws_sdk_cloudwatchlogs::{operation::filter_log_events::FilterLogEventsOutput, types::LogGroup};
use jiff::Timestamp;

use super::{ask::Ask, gaps, naming};
use crate::{
    aws::{
        AwsError, ErrorKind,
        operations::{DESCRIBE_LOG_GROUPS, FILTER_LOG_EVENTS},
    },
    model::{Evidence, Gap, GapKind, LogFilter, LogLine, LogPage, Resource, ResourceId, Text, Window},
};

/// Pages that are read of a group without a filter before CloudWatch is asked to filter.
const WHOLE_PAGES: usize = 3;
/// Pages that are read of a group with a filter; a page may be empty and yet not the last.
const FILTERED_PAGES: usize = 20;
/// Groups that are searched at most.
const GROUPS: usize = 20;
/// Pages of groups (50 each) that are listed at most.
const GROUP_PAGES: usize = 10;
/// Lines that one call returns at most.
const LINES_A_CALL: usize = 10_000;

/// A question for log lines.
pub(super) struct Wanted<'a> {
    pub resource: Option<&'a Resource>,
    pub group: Option<&'a str>,
    pub window: &'a Window,
    pub filter: Option<&'a LogFilter>,
    pub limit: usize,
}

impl Wanted<'_> {
    fn id(&self) -> Option<&ResourceId> {
        self.resource.map(|resource| &resource.id)
    }

    fn what(&self) -> Text {
        match (self.group, self.resource) {
            (Some(group), _) => Text::from("logs in ").ext(group),
            (None, Some(resource)) => Text::from("logs of ").ext(resource.name.clone()),
            (None, None) => "logs".into(),
        }
    }
}

pub(super) async fn answer(ask: &mut Ask<'_>, wanted: &Wanted<'_>) -> Option<Evidence> {
    let groups = groups(ask, wanted).await?;
    let mut page = LogPage::default();
    let mut asked = false;
    for group in groups {
        match read_group(ask, wanted, &group).await {
            Ok(mut read) => {
                asked = true;
                page.lines.append(&mut read.lines);
                page.truncated |= read.truncated;
                page.groups.push(group);
            }
            Err(error) => {
                let what = Text::from("logs in ").ext(group);
                ask.missed(&error, what, wanted.id());
                if matches!(
                    error.kind,
                    ErrorKind::CredentialsExpired | ErrorKind::CredentialsMissing | ErrorKind::Unreachable
                ) {
                    break;
                }
            }
        }
    }
    page.lines
        .sort_by(|a, b| (a.at, &a.group, &a.stream).cmp(&(b.at, &b.group, &b.stream)));
    if page.lines.len() > wanted.limit {
        page.lines.truncate(wanted.limit);
        page.truncated = true;
    }
    if page.truncated {
        let until = page.lines.last().map_or(wanted.window.from, |line| line.at);
        ask.gaps.push(gaps::cut(
            wanted.what(),
            wanted.id().cloned(),
            format!(
                "there is more than was asked for; {} lines were read, up to {until}",
                page.lines.len()
            ),
            "look at a narrower window, or for certain words",
        ));
    }
    asked.then_some(Evidence::Logs(page))
}

/// The groups to search.
async fn groups(ask: &mut Ask<'_>, wanted: &Wanted<'_>) -> Option<Vec<String>> {
    if let Some(group) = wanted.group {
        return Some(vec![group.to_owned()]);
    }
    let mut names: Vec<String> = Vec::new();
    match wanted.resource {
        Some(resource) => {
            for (name, several) in naming::log_groups(resource) {
                if several {
                    names.extend(list_groups(ask, wanted, Listing::Beginning(name)).await?);
                } else {
                    names.push(name);
                }
            }
            if names.is_empty() {
                names = list_groups(ask, wanted, Listing::Holding(naming::name_of(resource))).await?;
            }
            if names.is_empty() {
                ask.gaps.push(Gap {
                    kind: GapKind::NotFound,
                    what: wanted.what(),
                    resource: wanted.id().cloned(),
                    why: "no log group bears its name".into(),
                    hint: Some("name the log group, if it writes to one".into()),
                });
                return None;
            }
        }
        None => names = list_groups(ask, wanted, Listing::All).await?,
    }
    if names.len() > GROUPS {
        ask.gaps.push(gaps::cut(
            wanted.what(),
            wanted.id().cloned(),
            format!("{} of {} log groups are searched", GROUPS, names.len()),
            "name the log group",
        ));
        names.truncate(GROUPS);
    }
    Some(names)
}

enum Listing {
    Beginning(String),
    Holding(String),
    All,
}

async fn list_groups(ask: &mut Ask<'_>, wanted: &Wanted<'_>, listing: Listing) -> Option<Vec<String>> {
    let client = ask.aws.logs();
    let (beginning, holding) = match listing {
        Listing::Beginning(start) => (Some(start), None),
        Listing::Holding(part) => (None, Some(part)),
        Listing::All => (None, None),
    };
    let mut found: Vec<LogGroup> = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..GROUP_PAGES {
        let request = client
            .describe_log_groups()
            .set_log_group_name_prefix(beginning.clone())
            .set_log_group_name_pattern(holding.clone())
            .set_next_token(token.take());
        let outcome = ask.aws.call(DESCRIBE_LOG_GROUPS, || request.clone().send()).await;
        let page = ask.keep(outcome, || wanted.what(), wanted.id())?;
        found.extend(page.log_groups().iter().cloned());
        token = page.next_token().map(ToOwned::to_owned);
        if token.is_none() {
            break;
        }
    }
    // Not every endpoint knows the pattern: what does not hold the name is left out here.
    found.retain(|group| {
        let name = group.log_group_name().unwrap_or_default();
        holding.as_ref().is_none_or(|part| name.contains(part.as_str()))
    });
    // The fullest groups first: where not all can be searched, these say most.
    found.sort_by_key(|group| {
        let name = group.log_group_name().unwrap_or_default().to_owned();
        (std::cmp::Reverse(group.stored_bytes().unwrap_or(0)), name)
    });
    Some(
        found
            .iter()
            .filter_map(|group| group.log_group_name().map(ToOwned::to_owned))
            .collect(),
    )
}

struct Read {
    lines: Vec<LogLine>,
    truncated: bool,
}

async fn read_group(ask: &Ask<'_>, wanted: &Wanted<'_>, group: &str) -> Result<Read, AwsError> {
    match wanted.filter {
        None => read_pages(ask, wanted, group, None, FILTERED_PAGES).await,
        Some(filter) => {
            let whole = read_pages(ask, wanted, group, None, WHOLE_PAGES).await?;
            if !whole.truncated || whole.lines.len() > wanted.limit {
                return Ok(whole);
            }
            read_pages(ask, wanted, group, Some(pattern(filter)), FILTERED_PAGES).await
        }
    }
}

/// Lines of a group that pass the question's filter, until the limit, the last page or `pages`.
async fn read_pages(
    ask: &Ask<'_>,
    wanted: &Wanted<'_>,
    group: &str,
    pattern: Option<String>,
    pages: usize,
) -> Result<Read, AwsError> {
    let client = ask.aws.logs();
    let writer = wanted
        .resource
        .map(|resource| resource.id.clone())
        .or_else(|| naming::writer(group));
    // One more than is wanted, so that a cut shows even where an endpoint forgets the token.
    let a_call = match wanted.filter {
        Some(_) => LINES_A_CALL,
        None => (wanted.limit + 1).min(LINES_A_CALL),
    };
    let mut lines = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..pages {
        let request = client
            .filter_log_events()
            .log_group_name(group)
            .start_time(wanted.window.from.as_millisecond())
            // The end is exclusive here and inclusive there.
            .end_time(wanted.window.to.as_millisecond() - 1)
            .limit(i32::try_from(a_call).unwrap_or(i32::MAX))
            .set_filter_pattern(pattern.clone())
            .set_next_token(token.take());
        let page: FilterLogEventsOutput = ask.aws.call(FILTER_LOG_EVENTS, || request.clone().send()).await?;
        for event in page.events() {
            let message = event.message().unwrap_or_default();
            let at = event
                .timestamp()
                .and_then(|at| Timestamp::from_millisecond(at).ok());
            let Some(at) = at.filter(|at| wanted.window.contains(*at)) else {
                continue;
            };
            if wanted.filter.is_some_and(|filter| !filter.keeps(message)) {
                continue;
            }
            lines.push(LogLine {
                at,
                group: group.to_owned(),
                stream: event.log_stream_name().map(ToOwned::to_owned),
                resource: writer.clone(),
                message: message.trim_end().to_owned(),
            });
        }
        token = page.next_token().map(ToOwned::to_owned);
        let Some(_) = token else {
            let truncated = lines.len() > wanted.limit;
            return Ok(Read { lines, truncated });
        };
        if lines.len() > wanted.limit {
            break;
        }
    }
    Ok(Read {
        lines,
        truncated: true,
    })
}

/// CloudWatch's filter syntax for "any of these terms": `?"a" ?"b"`.
fn pattern(filter: &LogFilter) -> String {
    let terms: Vec<String> = filter
        .any
        .iter()
        .map(|term| format!("?\"{}\"", term.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    match terms.as_slice() {
        [only] => only.trim_start_matches('?').to_owned(),
        _ => terms.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_quoted_for_cloudwatch() {
        let filter = |terms: &[&str]| LogFilter {
            any: terms.iter().map(|term| (*term).to_owned()).collect(),
        };
        assert_eq!(pattern(&filter(&["Task timed out"])), "\"Task timed out\"");
        assert_eq!(
            pattern(&filter(&["ERROR", "say \"no\""])),
            "?\"ERROR\" ?\"say \\\"no\\\"\""
        );
    }
}
