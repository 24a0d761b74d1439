//! An outlet: a channel as one space uses it, and what goes to it.

use url::{Position, Url};

use super::{
    channel::{self, Addressed, Channel},
    judging::Failure,
    ledger::{Ledger, News, Thread},
    post::key,
    wire::{Call, Wire},
};
use crate::{
    config::{Config, ConnectionKind, Notice, Sending},
    journal::{StreamId, body::Event},
    model::{SourceSpec, Text},
    sources::secrets::Secrets,
};

/// A channel as one space uses it.
pub struct Outlet {
    /// The name of its connection.
    pub name: String,
    /// What it is.
    pub kind: ConnectionKind,
    /// What goes to it.
    pub sending: Sending,
    /// Host of its address, where tickets that are linked have the same.
    pub host: String,
    /// What it makes of messages.
    pub channel: Box<dyn Channel>,
    /// The way to it.
    pub wire: Wire,
}

/// The outlets of the configuration's space, and those that cannot be opened with the reason.
pub fn of_space(config: &Config) -> (Vec<Outlet>, Vec<(String, Text)>) {
    let (net, secrets) = (config.net(), Secrets::of(config));
    let (mut outlets, mut broken) = (Vec::new(), Vec::new());
    for (name, association) in config.open_space().connections {
        let sending = association.sending;
        let Some(connection) = config.connections.get(&name) else {
            continue;
        };
        if sending.notices.is_empty() {
            continue;
        }
        match channel::open((&name, connection), &sending, &config.space, (&net, &secrets)) {
            Ok((channel, wire)) => outlets.push(Outlet {
                host: host(connection.url.as_deref().unwrap_or_default()),
                name,
                kind: connection.kind,
                sending,
                channel,
                wire,
            }),
            Err(why) => broken.push((name, why)),
        }
    }
    (outlets, broken)
}

/// What tells messages to one target apart.
fn told(stream: &StreamId, seq: u64, notice: Notice) -> String {
    format!("{stream} {seq} {}", notice.as_str())
}

/// Host and port of an address; empty where it is none.
fn host(url: &str) -> String {
    let url = Url::parse(url).ok();
    url.map_or_else(String::new, |url| {
        url[Position::BeforeHost..Position::AfterPort].to_owned()
    })
}

impl Outlet {
    /// The sender whose tickets it answers; none for a channel that needs no ticket.
    pub const fn answers(&self) -> Option<&'static str> {
        match self.kind {
            ConnectionKind::ServiceNow => Some("servicenow"),
            ConnectionKind::PagerDuty => Some("pagerduty"),
            ConnectionKind::Dynatrace => Some("dynatrace"),
            _ => None,
        }
    }

    /// Where all its messages go; none for a channel whose messages go to tickets.
    pub fn fixed_target(&self) -> Option<String> {
        match self.kind {
            ConnectionKind::Slack => self.sending.channel.clone(),
            ConnectionKind::Github | ConnectionKind::Gitlab => self.sending.issues.clone(),
            ConnectionKind::Webhook | ConnectionKind::EventBridge => Some(String::new()),
            _ => None,
        }
    }

    /// The call that sends a message.
    ///
    /// # Errors
    /// When its target can be none of this channel's.
    pub fn call(&self, to: Addressed<'_>) -> Result<Call, Failure> {
        match self.channel.unfit(to.target) {
            Some(why) => Err(Failure::Never { why }),
            None => Ok(self.channel.call(to)),
        }
    }

    /// A target for a person.
    pub fn place(&self, target: &str) -> String {
        match self.kind {
            ConnectionKind::Slack => format!("channel {target}"),
            ConnectionKind::ServiceNow | ConnectionKind::PagerDuty => format!("incident {target}"),
            ConnectionKind::Dynatrace => format!("problem {target}"),
            ConnectionKind::Github | ConnectionKind::Gitlab => format!("issues of {target}"),
            _ => self.name.clone(),
        }
    }

    /// The messages that news makes here, each with its target and key: none, one, or one a ticket.
    pub fn messages(&self, news: &News, ledger: &Ledger) -> Vec<(String, String)> {
        if !self.sending.notices.contains(&news.notice) || !self.is_told(news, ledger) {
            return Vec::new();
        }
        let targets = match (self.fixed_target(), self.answers()) {
            (Some(target), _) => vec![target],
            (None, Some(sender)) => ledger
                .tickets(&news.about, sender, news.event)
                .into_iter()
                .filter(|(event, _)| self.is_from_here(event))
                .map(|(_, ticket)| ticket)
                .collect(),
            (None, None) => Vec::new(),
        };
        let of = match &news.recommendation {
            // However often it is decided on.
            Some(id) if matches!(self.kind, ConnectionKind::Github | ConnectionKind::Gitlab) => {
                format!("recommendation {id}")
            }
            _ => told(&news.stream, news.seq, news.notice),
        };
        let mut targets: Vec<String> = targets;
        targets.dedup();
        targets
            .into_iter()
            .map(|target| {
                let key = key(&self.name, &target, &of);
                (target, key)
            })
            .collect()
    }

    /// True for a thread at this target: the channel's messages may have gone elsewhere before.
    pub fn is_at(&self, thread: &Thread, target: &str) -> bool {
        Notice::ALL
            .into_iter()
            .any(|notice| thread.key == key(&self.name, target, &told(&thread.stream, thread.seq, notice)))
    }

    /// Recorded incidents are told of only where that is asked for.
    fn is_told(&self, news: &News, ledger: &Ledger) -> bool {
        if self.sending.demos {
            return true;
        }
        let is_live = |stream: &StreamId| {
            let listed = ledger.space.investigations.get(stream);
            listed.is_some_and(|listed| matches!(listed.opened.source, SourceSpec::Aws { .. }))
        };
        match &news.recommendation {
            None => is_live(&news.about),
            Some(id) => {
                let known = ledger.space.recommendations.get(id);
                known.is_some_and(|known| known.proposed.informed_by.iter().any(is_live))
            }
        }
    }

    /// Two instances of ServiceNow do not get each other's comments, where a ticket says where it stands.
    fn is_from_here(&self, event: &Event) -> bool {
        let link = event.alert.as_ref().and_then(|alert| alert.link.as_deref());
        match link.map(host) {
            Some(other) if self.kind == ConnectionKind::ServiceNow && !other.is_empty() => {
                other.eq_ignore_ascii_case(&self.host)
            }
            _ => true,
        }
    }

    /// True where the messages about one investigation hang together by the name of the first.
    pub const fn has_threads(&self) -> bool {
        matches!(self.kind, ConnectionKind::Slack)
    }
}
