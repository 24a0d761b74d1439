//! Why a vendor could not be asked, and the gap that it leaves.

use jiff::Timestamp;

use crate::model::{Gap, GapKind, Text};

/// Why a vendor could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The secret is not to be had; says where it was looked for.
    Secret(String),
    /// The vendor does not take the token.
    Credentials(String),
    /// The token may not do that.
    Denied(String),
    /// There is no such thing, or the token may not see it.
    NotFound,
    /// Too many calls; good again at that time, where the vendor says so.
    Throttled(Option<Timestamp>),
    /// No answer.
    Unreachable(String),
    /// The answer broke off or is too large.
    Cut(String),
    /// Any other answer.
    Failed(String),
    /// No call is left in the budget.
    Budget,
}

impl Fault {
    /// What happened, in a sentence. What the vendor said is marked as its words.
    pub fn why(&self, vendor: &str) -> Text {
        let said = |own: String, words: &str| {
            let text = Text::from(own);
            if words.is_empty() {
                text
            } else {
                text.own(": ").ext(words.chars().take(200).collect::<String>())
            }
        };
        match self {
            Self::Secret(why) => Text::new().ext(why.clone()),
            Self::Credentials(words) => said(format!("{vendor} does not take the token"), words),
            Self::Denied(words) => said(format!("{vendor} refuses it to the token"), words),
            Self::NotFound => format!("{vendor} knows no such thing, or hides it from the token").into(),
            Self::Throttled(None) => format!("{vendor} has had too many calls").into(),
            Self::Throttled(Some(until)) => {
                format!("{vendor} has had too many calls; it answers again at {until}").into()
            }
            Self::Unreachable(words) => said(format!("{vendor} does not answer"), words),
            Self::Cut(words) => said(format!("the answer of {vendor} is not whole"), words),
            Self::Failed(words) => said(format!("{vendor} answered with an error"), words),
            Self::Budget => "no call is left in the budget".into(),
        }
    }

    /// What would mend it; `permission` is what the read takes.
    fn hint(&self, connection: &str, permission: &str) -> Text {
        let test = || {
            Text::from("midwatch connection test ")
                .ext(connection)
                .own(" says more")
        };
        match self {
            Self::Secret(_) => test(),
            Self::Credentials(_) => {
                Text::from("the token may have expired: make a new one and put it where [connections.")
                    .ext(connection)
                    .own("] looks for it")
            }
            Self::Denied(_) => format!("give the token the permission: {permission}").into(),
            Self::NotFound => {
                format!("check the project's name, and that the token reaches it with: {permission}").into()
            }
            Self::Throttled(_) => "wait, or give midwatch a token of its own".into(),
            Self::Unreachable(_) => {
                "check the url, HTTPS_PROXY, NO_PROXY and [network] ca_bundle; midwatch doctor \
                                     --egress lists what must be reachable"
                    .into()
            }
            Self::Cut(_) => "look at a narrower window".into(),
            Self::Failed(_) => test(),
            Self::Budget => "raise the budget under [engine.budget], or with --max-calls".into(),
        }
    }

    const fn kind(&self) -> GapKind {
        match self {
            Self::Secret(_) | Self::Credentials(_) => GapKind::Credentials,
            Self::Denied(_) => GapKind::Denied,
            Self::NotFound => GapKind::NotFound,
            Self::Throttled(_) => GapKind::Throttled,
            Self::Unreachable(_) => GapKind::Unreachable,
            Self::Cut(_) => GapKind::Truncated,
            Self::Failed(_) => GapKind::Failed,
            Self::Budget => GapKind::Budget,
        }
    }

    /// The gap that it leaves where `what` was asked for.
    pub fn gap(&self, what: Text, vendor: &str, connection: &str, permission: &str) -> Gap {
        Gap {
            kind: self.kind(),
            what,
            resource: None,
            why: self.why(vendor),
            hint: Some(self.hint(connection, permission)),
        }
    }

    /// True when nothing else that is asked with the same token can come out better.
    pub const fn is_hopeless(&self) -> bool {
        matches!(
            self,
            Self::Secret(_) | Self::Credentials(_) | Self::Throttled(_) | Self::Unreachable(_) | Self::Budget
        )
    }
}
