//! The certificate of the server: whether it can be used, whose key is beside it, and how long it holds.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use jiff::{SignedDuration, Timestamp};

use super::checks::{Check, State, told};
use crate::{
    config::Tls,
    intake::http::{
        tls::{chain, server_config},
        validity::validity,
    },
    sources::secrets::open_to_others,
};

/// How long before its end a certificate is told of.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

const RENEW: &str =
    "put the renewed files in their place: midwatch serve takes them with the next connection";

pub(super) fn check(tls: &Tls, now: Timestamp) -> Check {
    let what = "webhooks TLS";
    if let Err(error) = server_config(&tls.cert, &tls.key) {
        return told(what, &error.to_string());
    }
    if is_open(&tls.key) {
        return Check::new(
            what,
            State::Wrong,
            format!("the private key {} can be read by others", tls.key.display()),
        )
        .hint("chmod 600 it, and have a new one issued if others could log in here");
    }
    let place = tls.cert.display();
    let chain = chain(&tls.cert).unwrap_or_default();
    let held = chain.iter().map(|one| validity(one));
    let Some(held) = held.collect::<Option<Vec<_>>>() else {
        return Check::new(
            what,
            State::Note,
            format!("{place}: how long it holds cannot be read"),
        )
        .hint("openssl x509 -noout -dates -in it tells");
    };
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    // A chain holds as long as all of it.
    let until = held.iter().map(|(_, until)| *until).min();
    let from = held.iter().map(|(from, _)| *from).max();
    match (from, until) {
        (_, Some(until)) if until <= now => {
            Check::new(what, State::Wrong, format!("{place} ended on {}", day(until))).hint(RENEW)
        }
        (Some(from), _) if from > now => Check::new(
            what,
            State::Wrong,
            format!("{place} begins to hold on {}", day(from)),
        )
        .hint("look at this host's clock, or have one issued that holds now"),
        (_, Some(until)) if until.duration_since(now) < SOON => {
            Check::new(what, State::Note, format!("{place} ends on {}", day(until))).hint(RENEW)
        }
        (_, Some(until)) => Check::new(what, State::Fine, format!("{place}, until {}", day(until))),
        (_, None) => Check::new(what, State::Fine, place.to_string()),
    }
}

fn is_open(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| open_to_others(path, meta.permissions().mode()))
}
