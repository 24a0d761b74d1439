//! What stands between a sender and an investigation: where `midwatch serve` listens, its certificate, the webhooks' secrets.

use std::{io::ErrorKind, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path};

use super::{
    Context,
    checks::{Check, State},
};
use crate::{
    cli::webhook::keeper,
    config::{Intake, Tls, paths},
    intake::{
        http::{listen::is_of_this_host, tls::server_config},
        webhook::{Stored, Webhook, register},
    },
    sources::secrets::open_to_others,
};

/// Everything, in the order in which an event meets it.
pub(super) async fn all(context: &Context) -> Vec<Check> {
    let intake = &context.config.intake;
    let webhooks = webhooks(context).await;
    let mut checks = vec![listen(intake, !webhooks.is_empty())];
    checks.extend(intake.tls.as_ref().map(tls));
    checks.extend(secrets(context, &webhooks).await);
    checks
}

/// The webhooks of the space; none when there is no journal yet, or it cannot be read (which another check says).
async fn webhooks(context: &Context) -> Vec<Webhook> {
    // Looking must not make one.
    if paths::journal(&context.config.space).map_or(true, |path| !path.exists()) {
        return Vec::new();
    }
    let Ok(journal) = context.journal().await else {
        return Vec::new();
    };
    let all = register::list(&journal).await.unwrap_or_default();
    all.into_iter().map(|(_, webhook)| webhook).collect()
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

fn tls(tls: &Tls) -> Check {
    let what = "webhooks TLS";
    if let Err(error) = server_config(&tls.cert, &tls.key) {
        let error = error.to_string();
        let (says, hint) = error.split_once("\nhint: ").unwrap_or((&error, ""));
        return Check::new(what, State::Wrong, says).hint(hint);
    }
    if is_open(&tls.key) {
        return Check::new(
            what,
            State::Wrong,
            format!("the private key {} can be read by others", tls.key.display()),
        )
        .hint("chmod 600 it, and have a new one issued if others could log in here");
    }
    Check::new(what, State::Fine, tls.cert.display().to_string())
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
            .hint("put intake.key back into the data folder, or midwatch webhook rotate each webhook"),
        ),
        Ok(None) => {}
        Ok(Some(key)) => {
            let shut = sealed
                .iter()
                .find_map(|(webhook, sealed)| key.open(&webhook.id, sealed).err());
            checks.push(match shut {
                Some(error) => told(what, &error.to_string()),
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

fn told(what: &str, error: &str) -> Check {
    let (says, hint) = error.split_once("\nhint: ").unwrap_or((error, ""));
    Check::new(what, State::Wrong, says).hint(hint)
}

fn is_open(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| open_to_others(path, meta.permissions().mode()))
}
