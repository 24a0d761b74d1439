//! The question before anything is sent.

use std::io::{IsTerminal as _, Write as _};

use color_eyre::eyre::{Result, bail};

use crate::aws::Confirmation;

/// Asks, and returns the operator's word; none when it is no. Without a terminal there is nobody to ask: `yes` says it
/// beforehand.
pub(super) fn asked(question: &str, who: &str, yes: bool) -> Result<Option<Confirmation>> {
    if yes {
        return Ok(Some(Confirmation::by(who)));
    }
    if !std::io::stdin().is_terminal() {
        bail!(
            "nobody is there to confirm it, and nothing was sent\nhint: run it on a terminal, or add --yes once you have read what \
             is sent"
        );
    }
    let mut out = std::io::stderr().lock();
    write!(out, "{question}y/N ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    let yes = matches!(answer.trim(), "y" | "Y" | "yes");
    Ok(yes.then(|| Confirmation::by(who)))
}

/// The word of an operator who has typed a line in a conversation, having been told that lines are sent.
pub(super) fn typed(who: &str) -> Confirmation {
    Confirmation::by(who)
}
