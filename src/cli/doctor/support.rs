//! What AWS Support would say, before anybody needs it: the plan, and what this identity may do. IAM is asked what it would
//! decide; nothing is done.

use color_eyre::eyre::Result;

use super::{
    Context,
    checks::{Check, State},
};
use crate::{
    engine::handle::support::{Standing, Trouble},
    model::inert,
    outlets::support::Desk,
};

/// One check of the plan and one of the permissions for each account of the space.
pub(super) async fn checks(context: &Context) -> Result<Vec<Check>> {
    // A case is asked for by whoever may see an investigation, so the journal is there; looking must not make one.
    let desk = Desk::new(crate::journal::Journal::in_memory().await?, &context.config);
    let accounts: Vec<Option<String>> = match context.config.open_space().accounts {
        accounts if accounts.is_empty() => vec![None],
        accounts => accounts.into_iter().map(|account| Some(account.id)).collect(),
    };
    let mut checks = Vec::new();
    for account in accounts {
        let of = |what: &str| match &account {
            Some(account) => format!("{what} {}", inert(account)),
            None => what.to_owned(),
        };
        let (plan, may) = (of("support plan"), of("support permissions"));
        match desk.level(account.as_deref()).await {
            Err(trouble) => checks.push(wrong(plan, &trouble)),
            Ok(level) => {
                let state = match level.standing {
                    Standing::Full(_) => State::Fine,
                    Standing::Center(_) | Standing::TooLow => State::Note,
                };
                checks.push(Check::new(plan, state, level.standing.sentence()));
                checks.push(match level.denied {
                    Ok(denied) if denied.is_empty() => {
                        Check::new(may, State::Fine, "this identity may do all that it takes")
                    }
                    Ok(denied) => Check::new(may, State::Wrong, format!("denied: {}", denied.join(", ")))
                        .hint("midwatch iam policy --support prints the policy that allows it"),
                    Err(trouble) => Check::new(may, State::Note, trouble.what).hint(trouble.hint),
                });
            }
        }
    }
    Ok(checks)
}

fn wrong(what: String, trouble: &Trouble) -> Check {
    Check::new(what, State::Wrong, trouble.what.clone()).hint(trouble.hint.clone())
}
