//! What the watch looks at by itself: alarms and a queue. Nobody is asked: whether there is what it takes to ask.

use super::{
    checks::{Check, State},
    spaces::Space,
};
use crate::{
    aws::found::{Found, here_as},
    config::{Account, Queue},
    model::inert,
};

/// The watches of every space.
pub(super) fn all(spaces: &[Space]) -> Vec<Check> {
    let mut checks = Vec::new();
    for space in spaces {
        let config = space.context.config.open_space();
        if config.watch.alarms {
            let what = space.of("alarm watch");
            let every = config.watch.every.as_secs();
            let accounts = match config.accounts.as_slice() {
                [] => vec![Account::default()],
                accounts => accounts.to_vec(),
            };
            let without = accounts.iter().find_map(missing);
            checks.push(match without {
                Some(found) => bare(what, "no alarm is seen", found),
                None => Check::new(what, State::Fine, format!("looks every {every} s")),
            });
        }
        if let Some(queue) = &config.watch.queue {
            checks.push(emptied(space, queue, &config.accounts));
        }
    }
    checks
}

fn emptied(space: &Space, queue: &Queue, accounts: &[Account]) -> Check {
    let what = space.of("queue watch");
    let place = &queue.place;
    let known = accounts.iter().find(|account| account.id == place.account);
    if let Some(found) = missing(&known.cloned().unwrap_or_default()) {
        return bare(what, "no event is taken from the queue", found);
    }
    let says = format!(
        "{} of account {} in {}",
        inert(&queue.name),
        inert(&place.account),
        inert(&place.region)
    );
    if known.is_none() && !accounts.is_empty() {
        return Check::new(
            what,
            State::Note,
            format!("{says}, an account that the space does not have: asked with the credentials at hand"),
        )
        .hint(format!(
            "the queue's policy has to allow that; or midwatch account add {} with a role",
            inert(&place.account)
        ));
    }
    Check::new(what, State::Fine, says)
}

/// What was found for an account that has no credentials.
fn missing(account: &Account) -> Option<(&Account, Found)> {
    let found = here_as(account.profile.as_deref());
    found.credentials.is_none().then_some((account, found))
}

fn bare(what: String, so: &str, (account, found): (&Account, Found)) -> Check {
    let of = match (&account.profile, account.id.as_str()) {
        (Some(profile), _) => format!("profile {} has no credentials", inert(profile)),
        (None, "") => "there are no credentials".to_owned(),
        (None, id) => format!("there are no credentials for account {}", inert(id)),
    };
    let advice = found
        .advice
        .unwrap_or_else(|| "aws configure brings some".to_owned());
    Check::new(what, State::Wrong, format!("{of}: {so}")).hint(advice)
}
