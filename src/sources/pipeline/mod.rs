//! Code that was merged and deployed: what GitHub and GitLab have in common.
//!
//! A [`forge::Forge`] reads one project of its vendor and says what was done there; [`member::Pipelines`] answers the
//! engine's questions with it; [`target`] knows which AWS resources a project puts in place; [`api`] sends the reads of a
//! closed list, and nothing else.

pub mod api;
pub mod ask;
pub mod credential;
pub mod diff;
pub mod endpoint;
mod fault;
mod forge;
mod member;
mod names;
pub mod read;
pub mod report;
pub mod target;
pub mod told;

use std::sync::Arc;

pub(in crate::sources) use self::names::{is_deployment, is_path};
pub use self::{ask::Ask, credential::Credential};
pub use self::{
    endpoint::Endpoint,
    fault::Fault,
    forge::Forge,
    member::Pipelines,
    names::{Allowed, Project},
    report::{Limit, Report},
    told::Told,
};
use super::{github::Github, gitlab::Gitlab, secrets::Secrets, space::Member};
use crate::{
    config::{Association, Connection, ConnectionKind},
    model::{Place, Text},
    net::Net,
};

/// The member of a space that answers for a connection to GitHub or GitLab. Nothing is asked before the first question. Where
/// the space is at home in one of several places, what stands elsewhere is called with its place.
///
/// # Errors
/// When the connection is neither, or cannot be used as it is written.
pub fn open(
    name: &str,
    connection: &Connection,
    association: &Association,
    net: &Net,
    secrets: &Secrets,
    home: Option<Place>,
) -> Result<Arc<dyn Member>, Text> {
    let forge: Box<dyn Forge> = match connection.kind {
        ConnectionKind::Github => Box::new(Github::new(name, connection, net, secrets)?),
        ConnectionKind::Gitlab => Box::new(Gitlab::new(name, connection, net, secrets)?),
        _ => return Err(neither(name)),
    };
    Ok(Arc::new(Pipelines::new(name, forge, association, home)))
}

/// Asks the vendor who the connection's token is, what it may do, how long it is good and which projects it reaches.
///
/// # Errors
/// When the vendor cannot be asked, or refuses the token.
pub async fn check(
    name: &str,
    connection: &Connection,
    net: &Net,
    secrets: &Secrets,
) -> Result<Report, Text> {
    match connection.kind {
        ConnectionKind::Github => Github::new(name, connection, net, secrets)?.check().await,
        ConnectionKind::Gitlab => Gitlab::new(name, connection, net, secrets)?.check().await,
        _ => Err(neither(name)),
    }
}

fn neither(name: &str) -> Text {
    Text::from("connection ")
        .ext(name)
        .own(" is neither GitHub nor GitLab")
}
