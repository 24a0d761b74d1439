//! A conversation with AWS Support, line by line.

use std::{
    collections::BTreeSet,
    io::{IsTerminal as _, stdout},
};

use color_eyre::eyre::{Result, bail};
use tokio::sync::mpsc::unbounded_channel;

use super::{ask::typed, eprintln, show};
use crate::{
    engine::handle::support::Support,
    journal::{Journal, StreamId, views::Space},
    model::inert,
    outlets::support::Desk,
};

/// Talks until the input ends or somebody leaves.
pub(super) async fn run(desk: &Desk, journal: &Journal, who: &str, case: &str) -> Result<u8> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "a conversation needs a terminal\nhint: midwatch support say {case} TEXT --yes, and midwatch support show {case}",
            case = inert(case)
        );
    }
    eprintln(
        "Each line that you type is sent to AWS Support. /close closes the case, /quit leaves it open.",
    )?;
    let mut told = BTreeSet::new();
    let mut lines = typed_lines();
    let mut looks = tokio::time::interval(desk.pace());
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {
                if let Err(trouble) = desk.look(case).await {
                    eprintln(&trouble.to_string())?;
                }
            }
            line = lines.recv() => {
                let Some(line) = line else { return Ok(0) };
                match line.trim() {
                    "" => {}
                    "/quit" => return Ok(0),
                    "/close" => {
                        desk.resolve(case, &typed(who)).await?;
                        eprintln("the case is resolved")?;
                        return Ok(0);
                    }
                    words => {
                        let trouble = match desk.say(case, words, &typed(who)).await {
                            Ok(sent) => sent.unwritten,
                            Err(trouble) => Some(trouble),
                        };
                        if let Some(trouble) = trouble {
                            eprintln(&trouble.to_string())?;
                        }
                    }
                }
            }
        }
        news(journal, case, &mut told).await?;
    }
}

/// Lines as they are typed. The thread waits for the terminal and ends with the program.
fn typed_lines() -> tokio::sync::mpsc::UnboundedReceiver<String> {
    let (send, receive) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

/// Tells what was said and is not told yet.
async fn news(journal: &Journal, name: &str, told: &mut BTreeSet<u64>) -> Result<()> {
    let space = Space::fold(&journal.read_all(&StreamId::space()).await?);
    let Some(case) = space.cases.find(name) else {
        bail!(
            "this space has no case '{}'\nhint: midwatch support list shows all of them",
            inert(name)
        );
    };
    for remark in &case.remarks {
        if told.insert(remark.seq) {
            show::said(remark, &mut stdout())?;
        }
    }
    Ok(())
}
