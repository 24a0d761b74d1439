//! The spaces that `midwatch serve` stands the watch in, and their journals.

use futures_util::future::join_all;

use super::{
    Context,
    checks::{Check, State, first_line},
};
use crate::{
    cli::serve,
    config::paths,
    journal::Journal,
    model::{hinted, inert},
};

/// A space, and its journal.
pub(super) struct Space {
    /// The configuration with this space open.
    pub context: Context,
    /// Its journal; none when there is none yet, and why it cannot be opened.
    pub journal: Option<Result<Journal, String>>,
    several: bool,
}

impl Space {
    /// A name for something of it, with the space where there are several.
    pub fn of(&self, what: &str) -> String {
        if self.several {
            format!("{what} ({})", inert(&self.context.config.space))
        } else {
            what.to_owned()
        }
    }

    /// Its journal, where it can be read.
    pub fn readable(&self) -> Option<&Journal> {
        self.journal.as_ref()?.as_ref().ok()
    }
}

/// The space that was asked for, or all of them.
pub(super) async fn on_watch(context: &Context, only: Option<String>) -> Vec<Space> {
    let names = serve::names(&context.config, only);
    let several = names.len() > 1;
    // One server is waited for once, however many spaces it has.
    let opened = names.into_iter().map(|name| async move {
        let context = context.of_space(&name);
        // Looking must not make one.
        let there =
            context.config.store.postgres.is_some() || paths::journal(&name).is_ok_and(|path| path.exists());
        let journal = match there {
            true => Some(context.journal().await.map_err(|error| error.to_string())),
            false => None,
        };
        Space {
            context,
            journal,
            several,
        }
    });
    join_all(opened).await
}

/// Whether each journal can be read.
pub(super) async fn checks(spaces: &[Space]) -> Vec<Check> {
    let mut checks = Vec::new();
    for space in spaces {
        checks.push(check(space).await);
    }
    checks
}

async fn check(space: &Space) -> Check {
    let what = space.of("journal");
    let config = &space.context.config;
    let (place, fix) = match &config.store.postgres {
        Some(place) => (
            format!("PostgreSQL (address in {}), ", inert(&place.to_string())),
            "midwatch store status tells more",
        ),
        None => (
            String::new(),
            "check the folder, its owner and the space on the disk",
        ),
    };
    match &space.journal {
        None => Check::new(what, State::Fine, format!("space {}: none yet", config.space)),
        Some(Ok(journal)) => match journal.heads().await {
            Ok(heads) => Check::new(
                what,
                State::Fine,
                format!("{place}space {}: {} streams", config.space, heads.len()),
            ),
            Err(error) => Check::new(what, State::Wrong, first_line(&error.to_string()))
                .hint("midwatch journal verify tells more"),
        },
        Some(Err(error)) => {
            let (says, hint) = hinted(error, fix);
            Check::new(what, State::Wrong, first_line(says)).hint(hint)
        }
    }
}
