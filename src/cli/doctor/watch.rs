//! What stands between a sender and an investigation: where `midwatch serve` listens, its certificate, the webhooks' secrets.

use std::{io::ErrorKind, net::TcpListener};

use jiff::Timestamp;

use super::{
    Context, certificate,
    checks::{Check, State, told},
    spaces::Space,
};
use crate::{
    cli::webhook::keeper,
    config::Intake,
    intake::{
        http::listen::is_of_this_host,
        webhook::{Stored, Webhook, register},
    },
};

/// Everything, in the order in which an event meets it.
pub(super) async fn all(context: &Context, spaces: &[Space]) -> Vec<Check> {
    let intake = &context.config.intake;
    let webhooks = webhooks(spaces).await;
    let mut checks = vec![listen(intake, !webhooks.is_empty())];
    let tls = intake.tls.as_ref();
    checks.extend(tls.map(|tls| certificate::check(tls, Timestamp::now())));
    checks.extend(secrets(context, &webhooks).await);
    checks
}

/// The webhooks of all spaces, as far as their journals can be read (which another check says).
async fn webhooks(spaces: &[Space]) -> Vec<Webhook> {
    let mut webhooks = Vec::new();
    for journal in spaces.iter().filter_map(Space::readable) {
        let all = register::list(journal).await.unwrap_or_default();
        webhooks.extend(all.into_iter().map(|(_, webhook)| webhook));
    }
    webhooks
}

fn listen(intake: &Intake, used: bool) -> Check {
    let what = "webhooks listen";
    let address = intake.listen;
    let local = is_of_this_host(address.ip());
    if !local && intake.tls.is_none() {
        if !intake.plain_http {
            return Check::new(
                what,
                State::Wrong,
                format!("{address} can be reached from other hosts without TLS: midwatch serve refuses it"),
            )
            .hint(
                "give [intake.tls] cert and key, or listen = \"127.0.0.1:8787\" behind a proxy that ends TLS",
            );
        }
        return Check::new(
            what,
            State::Note,
            format!("{address} without TLS: whoever is on the way can read and change events"),
        )
        .hint("right only where a proxy on another host ends TLS and nobody else reaches this address");
    }
    match TcpListener::bind(address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            return Check::new(
                what,
                State::Fine,
                format!("{address}: somebody listens there now"),
            )
            .hint("midwatch serve, if it runs; else another program holds the port: ss -ltnp");
        }
        Err(error) => {
            return Check::new(what, State::Wrong, format!("{address}: {error}"))
                .hint("[intake] listen takes another address");
        }
        Ok(_) => {}
    }
    if local && used && intake.public_url.is_none() {
        return Check::new(
            what,
            State::Note,
            format!("{address}: senders on other hosts do not reach it"),
        )
        .hint("put a proxy that ends TLS before it and set [intake] public_url to its address");
    }
    Check::new(what, State::Fine, address.to_string())
}

async fn secrets(context: &Context, webhooks: &[Webhook]) -> Vec<Check> {
    let mut checks = Vec::new();
    let sealed: Vec<(&Webhook, &String)> = webhooks
        .iter()
        .flat_map(|webhook| {
            let kept = webhook.proofs.iter();
            kept.filter_map(move |kept| match &kept.what {
                Stored::Sealed(sealed) => Some((webhook, sealed)),
                Stored::Digest(_) => None,
            })
        })
        .collect();
    let what = "webhooks key";
    let shared = context.config.store.postgres.is_some() && context.config.intake.key.is_none();
    let key = match keeper(context) {
        Ok(keeper) => keeper.key().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match key {
        Err(error) => checks.push(told(what, &error)),
        Ok(None) if !sealed.is_empty() => checks.push(
            Check::new(
                what,
                State::Wrong,
                "the key that webhooks' secrets are sealed with is gone",
            )
            .hint(if shared {
                "it lies in the data folder of the host that made them: put it where each host has it, and say where in [intake] key"
            } else {
                "put intake.key back into the data folder, or midwatch webhook rotate each webhook"
            }),
        ),
        Ok(None) => {}
        Ok(Some(key)) => {
            let shut = sealed
                .iter()
                .find_map(|(webhook, sealed)| key.open(&webhook.id, sealed).err());
            checks.push(match shut {
                Some(error) => told(what, &error.to_string()),
                None if shared && !sealed.is_empty() => Check::new(
                    what,
                    State::Note,
                    "it lies in this host's own data folder, and the webhooks on a server that other hosts share: those refuse \
                     signed events with 503",
                )
                .hint("put intake.key where each host has it, and say where in [intake] key"),
                None => Check::new(
                    what,
                    State::Fine,
                    match sealed.len() {
                        1 => "opens 1 secret".to_owned(),
                        n => format!("opens {n} secrets"),
                    },
                ),
            });
        }
    }
    for webhook in webhooks.iter().filter(|webhook| webhook.waits_for_secret()) {
        checks.push(
            Check::new(
                format!("webhook {}", webhook.name),
                State::Wrong,
                format!(
                    "{} has not been told its secret: every event is refused",
                    webhook.kind.as_str()
                ),
            )
            .hint(format!(
                "midwatch webhook rotate {} --secret-from stdin",
                webhook.name
            )),
        );
    }
    checks
}
