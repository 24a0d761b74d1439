//! What goes out: channels that cannot be opened, that take nothing, and messages that did not arrive.

use super::{
    checks::{Check, State, told},
    spaces::Space,
};
use crate::{
    journal::{Body, Journal, Kind, StoreError, StreamId, views::Letters},
    model::inert,
    outlets::of_space,
};

/// Records that are read at once.
const PAGE: u32 = 1_000;

/// Every channel of every space.
pub(super) async fn all(spaces: &[Space]) -> Vec<Check> {
    let mut checks = Vec::new();
    for space in spaces {
        let (outlets, broken) = of_space(&space.context.config);
        for (name, why) in broken {
            let what = space.of(&format!("channel {name}"));
            checks.push(told(&what, &why.plain()));
        }
        if outlets.is_empty() {
            continue;
        }
        let letters = match space.readable() {
            Some(journal) => letters(journal).await.unwrap_or_default(),
            None => Letters::default(),
        };
        for outlet in outlets {
            checks.push(channel(space, &outlet.name, &letters));
        }
    }
    checks
}

fn channel(space: &Space, name: &str, letters: &Letters) -> Check {
    let what = space.of(&format!("channel {name}"));
    if let Some((since, why)) = letters.held.get(name) {
        let since = since.strftime("%Y-%m-%d %H:%M UTC");
        return Check::new(
            what,
            State::Wrong,
            format!("takes nothing since {since}: {}", inert(&why.plain())),
        )
        .hint(format!(
            "mend that; midwatch outlet test {name} --send tries it, and midwatch serve goes on by itself"
        ));
    }
    let dead = letters.dead.values();
    match dead.filter(|dead| dead.delivery.channel == name).count() {
        0 => Check::new(what, State::Fine, "can be opened, and nothing was given up"),
        n => Check::new(
            what,
            State::Note,
            match n {
                1 => "1 message was given up".to_owned(),
                n => format!("{n} messages were given up"),
            },
        )
        .hint("midwatch outlet dead says why; midwatch outlet retry and drop settle them"),
    }
}

/// What did not arrive, from the records of deliveries alone.
async fn letters(journal: &Journal) -> Result<Letters, StoreError> {
    let mut letters = Letters::default();
    let mut after = 0;
    loop {
        let page = journal
            .read_kinds(&StreamId::space(), &[Kind::Delivery], after, PAGE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(letters);
        };
        after = last.seq;
        for record in page {
            if let Some(Body::Delivery(delivery)) = record.typed() {
                letters.apply(record.seq, record.at, delivery);
            }
        }
    }
}
