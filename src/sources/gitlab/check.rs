//! What a test of the connection finds: whose token it is, what it may do, how long it is good, what it reaches.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    Gitlab,
    endpoints::{GROUP_PROJECTS, PROJECTS, TOKEN, USER},
};
use crate::{
    model::{Allowance, Text},
    sources::pipeline::{
        Ask, Fault, Report,
        ask::Wanted,
        read::{PAGE, text, time},
        report::{may_write, of_expiry},
    },
};

/// Pages of projects that are listed.
const PAGES: usize = 10;
/// Scopes that only read.
const READING: [&str; 7] = [
    "read_api",
    "read_user",
    "read_repository",
    "read_registry",
    "read_virtual_registry",
    "read_observability",
    "read_service_ping",
];

impl Gitlab {
    /// Tests the connection.
    ///
    /// # Errors
    /// When GitLab cannot be asked, or refuses the token.
    pub async fn check(&self) -> Result<Report, Text> {
        let token = self.api.get(&TOKEN, &[], &[]).await;
        let user = self.api.get(&USER, &[], &[]).await;
        let (value, limit) = match (&token, &user) {
            // A token of OAuth is no personal one, and knows nothing of itself.
            (_, Ok(user)) => (user.value.clone(), user.limit()),
            (Ok(token), Err(Fault::Denied(_) | Fault::NotFound)) => (Value::Null, token.limit()),
            (_, Err(fault)) => return Err(self.refused(fault)),
        };
        let about = token.map_or(Value::Null, |reply| reply.value);
        let scopes: Vec<String> = about
            .get("scopes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|scope| scope.as_str().map(ToOwned::to_owned))
            .collect();
        let login = text(&value, "/username");
        let mut report = Report {
            identity: login
                .or_else(|| text(&about, "/name"))
                .map(|name| Text::new().ext(name)),
            method: method(login.unwrap_or_default(), about.is_null()).into(),
            expires: text(&about, "/expires_at").and_then(expiry),
            limit,
            scopes,
            ..Report::default()
        };
        report.warnings = warnings(&report, &about);
        (report.resources, report.more) = self.projects().await?;
        Ok(report)
    }

    async fn projects(&self) -> Result<(Vec<(String, Text)>, bool), Text> {
        let allowance = Allowance::unlimited();
        let ask = Ask::new(&self.api, &self.name, &allowance);
        let values: Vec<&str> = self.group.as_deref().into_iter().collect();
        let ordered = [("simple", "true"), ("order_by", "id"), ("sort", "asc"), PAGE];
        let group = [("include_subgroups", "true")];
        let member = [("membership", "true")];
        let (endpoint, first) = if values.is_empty() {
            (&PROJECTS, member)
        } else {
            (&GROUP_PROJECTS, group)
        };
        let query = [first.as_slice(), ordered.as_slice()].concat();
        let wanted = Wanted {
            endpoint,
            values: &values,
            query: &query,
            key: "",
            pages: PAGES,
            more: &|_| true,
        };
        let found = ask.list(wanted, || Text::from("projects")).await;
        let (_, gaps) = ask.done();
        if found.is_empty()
            && let Some(gap) = gaps.first()
        {
            return Err(gap.what.clone().own(" cannot be listed: ").join(&gap.why));
        }
        let mut listed: Vec<(String, Text)> = found
            .iter()
            .filter_map(|one| {
                let id = text(one, "/path_with_namespace")?;
                Some((id.to_owned(), Text::new().ext(text(one, "/name").unwrap_or(id))))
            })
            .collect();
        listed.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok((listed, !gaps.is_empty()))
    }

    fn refused(&self, fault: &Fault) -> Text {
        let gap = fault.gap(Text::from("the token"), "GitLab", &self.name, USER.permission);
        match gap.hint {
            Some(hint) => gap.why.own("\nhint: ").join(&hint),
            None => gap.why,
        }
    }
}

fn warnings(report: &Report, about: &Value) -> Vec<Text> {
    if about.is_null() {
        return vec!["GitLab does not say what this token may do: check that it only reads".into()];
    }
    let scopes = || report.scopes.iter().map(String::as_str);
    let writing: Vec<&str> = scopes().filter(|scope| !READING.contains(scope)).collect();
    let mut warnings: Vec<Text> = may_write(&writing, "use a token with the scope read_api alone")
        .into_iter()
        .collect();
    if !scopes().any(|scope| matches!(scope, "read_api" | "api")) {
        warnings.push("the token lacks the scope read_api: next to nothing can be read with it".into());
    }
    warnings.extend(of_expiry(
        time(about, "/created_at"),
        report.expires,
        Timestamp::now(),
    ));
    warnings
}

/// The sort of a token, by the name of its user: group and project tokens have a bot of their own.
fn method(login: &str, unknown: bool) -> &'static str {
    match login {
        _ if login.starts_with("project_") && login.contains("_bot") => "project token",
        _ if login.starts_with("group_") && login.contains("_bot") => "group token",
        _ if unknown => "token",
        _ => "personal token",
    }
}

/// The start of the day on which a token ends: GitLab counts in days, UTC.
fn expiry(day: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
