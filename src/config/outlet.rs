//! What goes out of a space, and where to.

use serde::Deserialize;

use super::ConnectionKind;

/// A sort of message that goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// An investigation began, was paused, goes on, ended; another incident was tied to it.
    Status,
    /// Something that matters for the outcome.
    Finding,
    /// A root cause.
    Cause,
    /// The outcome.
    InvestigationSummary,
    /// What to do now.
    MitigationSummary,
    /// Whoever reported the incident says that it is over.
    Resolved,
    /// A recommendation was accepted.
    Recommendation,
}

impl Notice {
    /// Every sort.
    pub const ALL: [Self; 7] = [
        Self::Status,
        Self::Finding,
        Self::Cause,
        Self::InvestigationSummary,
        Self::MitigationSummary,
        Self::Resolved,
        Self::Recommendation,
    ];

    /// What a ticket is told: the records of an investigation, and how it stands.
    pub const OF_TICKETS: [Self; 5] = [
        Self::Status,
        Self::Finding,
        Self::Cause,
        Self::InvestigationSummary,
        Self::MitigationSummary,
    ];

    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Finding => "finding",
            Self::Cause => "cause",
            Self::InvestigationSummary => "investigation_summary",
            Self::MitigationSummary => "mitigation_summary",
            Self::Resolved => "resolved",
            Self::Recommendation => "recommendation",
        }
    }

    /// Several by their words, for a person.
    pub fn list(notices: &[Self]) -> String {
        let words: Vec<&str> = notices.iter().map(|notice| notice.as_str()).collect();
        words.join(", ")
    }
}

/// What a space sends to a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sending {
    /// Sorts of messages; empty: none.
    pub notices: Vec<Notice>,
    /// Id of the channel (Slack).
    pub channel: Option<String>,
    /// Project that gets an issue for each accepted recommendation (GitHub, GitLab).
    pub issues: Option<String>,
    /// `Source` of an event (EventBridge).
    pub source: Option<String>,
    /// `DetailType` of an event (EventBridge).
    pub detail_type: Option<String>,
    /// Investigations of recorded incidents too.
    pub demos: bool,
}

/// What is written of it in an association, before it is checked.
#[derive(Debug, Default)]
pub(super) struct WrittenSending {
    pub(super) send: Option<Vec<Notice>>,
    pub(super) channel: Option<String>,
    pub(super) issues: Option<String>,
    pub(super) source: Option<String>,
    pub(super) detail_type: Option<String>,
    pub(super) demos: bool,
}

impl WrittenSending {
    /// What a connection of this kind is sent. The error is what is wrong, and what to write.
    pub(super) fn validated(self, kind: ConnectionKind) -> Result<Sending, (String, String)> {
        let Some(possible) = possible(kind, self.issues.is_some()) else {
            return match self.is_empty() {
                true => Ok(Sending::default()),
                false => Err((
                    format!("a connection of kind {} takes no messages", kind.as_str()),
                    "slack, servicenow, pagerduty, dynatrace, github, gitlab, webhook and eventbridge do"
                        .to_owned(),
                )),
            };
        };
        let only = |given: &Option<String>, option: &str, of: &[ConnectionKind]| {
            let fits = given.is_none() || of.contains(&kind);
            fits.then_some(()).ok_or_else(|| {
                let kinds: Vec<&str> = of.iter().map(|kind| kind.as_str()).collect();
                (
                    format!("{option} means nothing to a connection of kind {}", kind.as_str()),
                    format!("it belongs to {}", kinds.join(" and ")),
                )
            })
        };
        let forges = [ConnectionKind::Github, ConnectionKind::Gitlab];
        only(&self.channel, "channel", &[ConnectionKind::Slack])?;
        only(&self.issues, "issues", &forges)?;
        only(&self.source, "source", &[ConnectionKind::EventBridge])?;
        only(&self.detail_type, "detail_type", &[ConnectionKind::EventBridge])?;
        if kind == ConnectionKind::Slack && !self.channel.as_deref().is_some_and(is_channel) {
            return Err((
                "a space sends to one channel of Slack, by its id".to_owned(),
                "channel = \"C0123456789\"; Slack shows it under the channel's details".to_owned(),
            ));
        }
        if let Some(project) = &self.issues
            && !is_project(project)
        {
            return Err((
                format!("'{}' is no path of a project", crate::model::inert(project)),
                "issues = \"acme/orders\"".to_owned(),
            ));
        }
        let mut notices = match self.send {
            Some(send) => send,
            // What answers queries too sends only where that is said.
            None if kind == ConnectionKind::Dynatrace => Vec::new(),
            None => possible.to_vec(),
        };
        notices.sort();
        notices.dedup();
        if let Some(strange) = notices.iter().find(|notice| !possible.contains(notice)) {
            let words: Vec<&str> = possible.iter().map(|notice| notice.as_str()).collect();
            return Err((
                format!(
                    "a connection of kind {} takes no {}",
                    kind.as_str(),
                    strange.as_str()
                ),
                format!("send some of {}", words.join(", ")),
            ));
        }
        Ok(Sending {
            notices,
            channel: self.channel,
            issues: self.issues,
            source: self.source,
            detail_type: self.detail_type,
            demos: self.demos,
        })
    }

    fn is_empty(&self) -> bool {
        let words = [&self.channel, &self.issues, &self.source, &self.detail_type];
        self.send.is_none() && words.iter().all(|word| word.is_none()) && !self.demos
    }
}

/// What a kind of connection can be sent; none for one that takes no messages.
fn possible(kind: ConnectionKind, issues: bool) -> Option<&'static [Notice]> {
    match kind {
        ConnectionKind::Slack | ConnectionKind::Webhook | ConnectionKind::EventBridge => Some(&Notice::ALL),
        ConnectionKind::ServiceNow | ConnectionKind::PagerDuty | ConnectionKind::Dynatrace => {
            Some(&Notice::OF_TICKETS)
        }
        ConnectionKind::Github | ConnectionKind::Gitlab if issues => Some(&[Notice::Recommendation]),
        _ => None,
    }
}

/// True for the id of a channel, a private channel or a conversation. A name would not do: it can change hands.
fn is_channel(id: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    id.starts_with(['C', 'G', 'D']) && id.len() >= 9 && id.bytes().all(fine)
}

/// True for `owner/name`, or deeper.
fn is_project(path: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let segment = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(fine);
    path.contains('/') && path.split('/').all(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slack() -> WrittenSending {
        WrittenSending {
            channel: Some("C0123456789".to_owned()),
            ..WrittenSending::default()
        }
    }

    #[test]
    fn each_kind_is_sent_what_it_can_take() {
        let of = |kind, written: WrittenSending| written.validated(kind);
        assert_eq!(of(ConnectionKind::Slack, slack()).unwrap().notices, Notice::ALL);
        let none = WrittenSending::default;
        assert_eq!(
            of(ConnectionKind::ServiceNow, none()).unwrap().notices,
            Notice::OF_TICKETS
        );
        assert_eq!(of(ConnectionKind::Dynatrace, none()).unwrap().notices, []);
        assert_eq!(of(ConnectionKind::Github, none()).unwrap().notices, []);
        let issues = WrittenSending {
            issues: Some("acme/orders".to_owned()),
            ..none()
        };
        assert_eq!(
            of(ConnectionKind::Gitlab, issues).unwrap().notices,
            [Notice::Recommendation]
        );
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let why = |kind, written: WrittenSending| written.validated(kind).unwrap_err().0;
        assert!(why(ConnectionKind::Slack, WrittenSending::default()).contains("by its id"));
        let named = WrittenSending {
            channel: Some("#incidents".to_owned()),
            ..slack()
        };
        assert!(why(ConnectionKind::Slack, named).contains("by its id"));
        assert!(why(ConnectionKind::Webhook, slack()).contains("channel means nothing"));
        assert!(why(ConnectionKind::Eks, slack()).contains("takes no messages"));
        let more = WrittenSending {
            send: Some(vec![Notice::Recommendation]),
            ..WrittenSending::default()
        };
        assert!(why(ConnectionKind::ServiceNow, more).contains("takes no recommendation"));
        let path = WrittenSending {
            issues: Some("acme/../x".to_owned()),
            ..WrittenSending::default()
        };
        assert!(why(ConnectionKind::Github, path).contains("no path"));
    }
}
