//! What a test of the connection finds: whose token it is, what it may do, how long it is good, what it reaches.

use jiff::{Timestamp, civil};
use serde_json::Value;

use super::{
    Github,
    endpoints::{INSTALLATION_REPOSITORIES, OWNER_REPOSITORIES, RATE_LIMIT, USER, USER_REPOSITORIES},
};
use crate::{
    model::{Allowance, Text},
    sources::pipeline::{
        Ask, Fault, Report,
        api::Reply,
        ask::Wanted,
        read::{PAGE, text},
        report::{may_write, of_expiry},
    },
};

/// Pages of repositories that are listed.
const PAGES: usize = 10;
/// What to do instead of a token that may write.
const INSTEAD: &str =
    "use a fine-grained token with read access to Actions, Contents, Deployments, Metadata and Pull requests";
/// Scopes of a classic token that only read.
const READING: [&str; 11] = [
    "read:org",
    "read:user",
    "user:email",
    "read:packages",
    "read:repo_hook",
    "read:public_key",
    "read:gpg_key",
    "read:ssh_signing_key",
    "read:discussion",
    "read:project",
    "read:audit_log",
];

impl Github {
    /// Tests the connection.
    ///
    /// # Errors
    /// When GitHub cannot be asked, or refuses the token.
    pub async fn check(&self) -> Result<Report, Text> {
        // The tokens of an app's installation and of a run have no user.
        let reply = match self.api.get(&USER, &[], &[]).await {
            Err(Fault::Denied(_)) => self.api.get(&RATE_LIMIT, &[], &[]).await,
            other => other,
        };
        let reply = reply.map_err(|fault| self.refused(&fault))?;
        let beginning = self.api.credential.beginning(11).await;
        let classic = reply.header("x-oauth-scopes").is_some() && !beginning.starts_with("github_pat_");
        let scopes: Vec<String> = reply
            .header("x-oauth-scopes")
            .unwrap_or_default()
            .split(',')
            .map(|scope| scope.trim().to_owned())
            .filter(|scope| !scope.is_empty())
            .collect();
        let mut report = Report {
            identity: text(&reply.value, "/login").map(|login| Text::new().ext(login)),
            method: method(&beginning, classic, self.api.credential.is_some()).into(),
            expires: reply
                .header("github-authentication-token-expiration")
                .and_then(expiry),
            limit: reply.limit(),
            scopes,
            ..Report::default()
        };
        report.warnings = self.warnings(&report, &beginning, classic);
        (report.resources, report.more) = self.repositories(&reply).await?;
        Ok(report)
    }

    fn warnings(&self, report: &Report, beginning: &str, classic: bool) -> Vec<Text> {
        let mut warnings = Vec::new();
        if !self.api.credential.is_some() {
            warnings
                .push("nobody is told who asks: only what is public is seen, with 60 calls an hour".into());
            return warnings;
        }
        let writing: Vec<&str> = report
            .scopes
            .iter()
            .map(String::as_str)
            .filter(|scope| !READING.contains(scope))
            .collect();
        warnings.extend(may_write(&writing, INSTEAD));
        if beginning.starts_with("github_pat_") {
            warnings.push(
                "GitHub does not say what a fine-grained token may do: check that every permission of it is read-only"
                    .into(),
            );
        }
        if classic || beginning.starts_with("github_pat_") {
            warnings.extend(of_expiry(None, report.expires, Timestamp::now()));
        }
        if let Some(limit) = report.limit.filter(|limit| limit.left * 10 < limit.of) {
            let left = format!("{} of {} calls are left in this hour", limit.left, limit.of);
            warnings.push(left.into());
        }
        warnings
    }

    async fn repositories(&self, reply: &Reply) -> Result<(Vec<(String, Text)>, bool), Text> {
        let allowance = Allowance::unlimited();
        let own = self
            .owner
            .as_deref()
            .filter(|owner| text(&reply.value, "/login") != Some(owner));
        let values: Vec<&str> = own.into_iter().collect();
        let mut ask = Ask::new(&self.api, &self.name, &allowance);
        let wanted = |endpoint, values, key| Wanted {
            endpoint,
            values,
            query: &[PAGE],
            key,
            pages: PAGES,
            more: &|_| true,
        };
        let what = || Text::from("repositories");
        let of_app = self.api.credential.beginning(4).await == "ghs_";
        let mut found = match own {
            _ if of_app => {
                ask.list(wanted(&INSTALLATION_REPOSITORIES, &[], "repositories"), what)
                    .await
            }
            Some(_) => ask.list(wanted(&OWNER_REPOSITORIES, &values, ""), what).await,
            None => Vec::new(),
        };
        if found.is_empty() && !of_app {
            // The owner may be a person, whose private repositories only this list shows.
            ask = Ask::new(&self.api, &self.name, &allowance);
            found = ask.list(wanted(&USER_REPOSITORIES, &[], ""), what).await;
        }
        if let Some(owner) = own {
            found.retain(|one| {
                text(one, "/owner/login").is_some_and(|login| login.eq_ignore_ascii_case(owner))
            });
        }
        let (_, gaps) = ask.done();
        if found.is_empty()
            && let Some(gap) = gaps.first()
        {
            return Err(gap.what.clone().own(" cannot be listed: ").join(&gap.why));
        }
        Ok((listed(&found), !gaps.is_empty()))
    }

    fn refused(&self, fault: &Fault) -> Text {
        let gap = fault.gap(Text::from("the token"), "GitHub", &self.name, "Metadata: read");
        match gap.hint {
            Some(hint) => gap.why.own("\nhint: ").join(&hint),
            None => gap.why,
        }
    }
}

fn listed(found: &[Value]) -> Vec<(String, Text)> {
    let mut listed: Vec<(String, Text)> = found
        .iter()
        .filter_map(|one| {
            let id = text(one, "/full_name")?;
            let name = Text::new().ext(
                text(one, "/description")
                    .or_else(|| text(one, "/name"))
                    .unwrap_or(id),
            );
            Some((id.to_owned(), name))
        })
        .collect();
    listed.sort_by(|(a, _), (b, _)| a.cmp(b));
    listed
}

/// The sort of a token, by the letters with which GitHub marks it.
fn method(beginning: &str, classic: bool, some: bool) -> &'static str {
    match beginning {
        _ if !some => "no token",
        token if token.starts_with("github_pat_") => "fine-grained token",
        token if token.starts_with("ghs_") => "installation token",
        token if token.starts_with("gho_") || token.starts_with("ghu_") => "user token of an app",
        _ if classic => "classic token",
        _ => "token",
    }
}

/// `2026-12-31 23:59:59 UTC`, or with an offset.
fn expiry(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(utc) = text.strip_suffix(" UTC") {
        let at: civil::DateTime = utc.parse().ok()?;
        return at
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp());
    }
    Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_an_expiry_are_read() {
        let at = |text: &str| expiry(text).map(|at| at.to_string());
        assert_eq!(
            at("2026-12-31 23:59:59 UTC").as_deref(),
            Some("2026-12-31T23:59:59Z")
        );
        assert_eq!(
            at("2026-12-31 23:59:59 +0200").as_deref(),
            Some("2026-12-31T21:59:59Z")
        );
        assert_eq!(at("soon"), None);
    }
}
