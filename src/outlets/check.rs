//! What keeps messages from arriving, and what mends it: for whoever checks the whole set-up. Nobody is called for it.

use super::outlet::of_space;
use crate::{
    config::Config,
    journal::views::{Dead, Letters},
    model::hinted,
};

/// Something that keeps messages from arriving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The channel, by the name of its connection.
    pub channel: String,
    /// What is wrong; words from outside in it do nothing.
    pub why: String,
    /// What mends it.
    pub hint: String,
}

/// What is wrong with the channels of the configuration's space, as they are set up and as its journal tells of them.
pub fn troubles(config: &Config, letters: &Letters) -> Vec<Trouble> {
    let (outlets, broken) = of_space(config);
    let is_there = |name: &str| outlets.iter().any(|outlet| outlet.name == name);
    let mut troubles = Vec::new();
    for (channel, why) in broken {
        let why = why.plain();
        let (why, hint) = hinted(&why, "mend the connection in the configuration");
        troubles.push(Trouble {
            channel,
            why: format!("nothing is sent: {why}"),
            hint: hint.to_owned(),
        });
    }
    for (channel, (since, why)) in &letters.held {
        // What is said of one that is gone mends itself with its messages.
        if is_there(channel) {
            troubles.push(Trouble {
                channel: channel.clone(),
                why: format!(
                    "it takes nothing since {}: {}",
                    since.strftime("%Y-%m-%d %H:%M"),
                    why.plain()
                ),
                hint: format!("mend that, its messages wait; midwatch connection test {channel} tries it"),
            });
        }
    }
    let mut channels: Vec<&str> = letters.dead.values().map(channel).collect();
    channels.sort_unstable();
    channels.dedup();
    for name in channels {
        let dead: Vec<&Dead> = letters
            .dead
            .values()
            .filter(|dead| channel(dead) == name)
            .collect();
        let Some(last) = dead.last() else {
            continue;
        };
        let many = match dead.len() {
            1 => "1 message was".to_owned(),
            n => format!("{n} messages were"),
        };
        let then = match is_there(name) {
            true => "midwatch outlet retry sends them once more, midwatch outlet drop lets them be",
            false => "no such channel sends now: midwatch outlet drop lets them be",
        };
        troubles.push(Trouble {
            channel: name.to_owned(),
            why: format!("{many} given up, the last one: {}", last.why.plain()),
            hint: format!("midwatch outlet dead lists them; {then}"),
        });
    }
    troubles
}

fn channel(dead: &Dead) -> &str {
    &dead.delivery.channel
}
