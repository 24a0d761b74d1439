//! What was said about an investigation, as rows: sentences, answers, and where steering changed its course. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    console::{
        glyph::Glyphs,
        pane::journal::note::author,
        rich::{Rich, shown},
        theme::Role,
        words,
    },
    journal::{
        Actor, Body, StreamId,
        body::{Message, Steering},
        views::{Investigation, Space},
    },
    model::{Intent, Span, Text},
};

/// Cells before the words of a message.
pub const LEAD: usize = 10;

/// What was said.
#[derive(Debug, Default)]
pub struct Said {
    /// One line each, in order, not wrapped yet.
    pub lines: Vec<Rich>,
    /// Records that the newest answer cites.
    pub cited: Vec<u64>,
}

/// Everything that was said about an investigation, while it ran and afterwards.
pub fn said(stream: &StreamId, inv: &Investigation, space: &Space, glyphs: &Glyphs) -> Said {
    let mut said: Vec<(Timestamp, u64, Vec<Rich>)> = Vec::new();
    let mut cited = Vec::new();
    let answers = answers(inv);
    let mut told = BTreeSet::new();
    for entry in inv.entries.values() {
        match &entry.body {
            Some(Body::Message(message)) if !told.contains(&entry.seq) => {
                said.push((entry.at, entry.seq, sentence(&entry.actor, message)));
                if entry.actor == Actor::Agent && !message.cites.is_empty() {
                    cited.clone_from(&message.cites);
                }
            }
            Some(Body::Steering(steering)) if entry.actor == Actor::Agent => {
                // The answer says the same again; its citations are told with the effect.
                let answer = steering.message.and_then(|message| answers.get(&message));
                let same = answer.filter(|(_, answer)| answer.text == steering.effect);
                let cites = same.map_or(&[][..], |(_, answer)| answer.cites.as_slice());
                told.extend(same.map(|(seq, _)| *seq));
                if !cites.is_empty() {
                    cited = cites.to_vec();
                }
                said.push((
                    entry.at,
                    entry.seq,
                    vec![changed(entry.seq, steering, cites, glyphs)],
                ));
            }
            Some(Body::Steering(steering)) => {
                said.extend(wish(&entry.actor, steering).map(|line| (entry.at, entry.seq, vec![line])));
            }
            _ => {}
        }
    }
    for (seq, (at, actor, message)) in &space.messages {
        if message.stream.as_ref() == Some(stream) {
            said.push((*at, *seq, sentence(actor, message)));
            if *actor == Actor::Agent && !message.cites.is_empty() {
                cited.clone_from(&message.cites);
            }
        }
    }
    said.sort_by_key(|(at, seq, _)| (*at, *seq));
    Said {
        lines: said.into_iter().flat_map(|(_, _, lines)| lines).collect(),
        cited,
    }
}

/// The engine's messages by what they answer.
fn answers(inv: &Investigation) -> BTreeMap<u64, (u64, &Message)> {
    let answers = inv.entries.values().filter_map(|entry| match &entry.body {
        Some(Body::Message(message)) if entry.actor == Actor::Agent => {
            Some((message.answers?, (entry.seq, message)))
        }
        _ => None,
    });
    answers.collect()
}

/// The lines of a message. What an operator typed is theirs; it is inert, but nothing to be wary of.
fn sentence(actor: &Actor, message: &Message) -> Vec<Rich> {
    let (who, role) = author(actor);
    let words = words_of(message);
    let mut lines: Vec<Rich> = words
        .lines()
        .map(|line| Rich::of(Role::Text, " ".repeat(LEAD)).add(Role::Text, shown(line)))
        .collect();
    let first = words.lines().next().unwrap_or_default();
    let first = Rich::of(role, who).pad(LEAD).add(Role::Text, shown(first));
    match lines.first_mut() {
        Some(line) => *line = first,
        None => lines.push(first),
    }
    let cites = uncited(message);
    if let Some(last) = lines.last_mut().filter(|_| !cites.is_empty()) {
        *last = std::mem::take(last)
            .add(Role::Text, " ")
            .join(words::numbers(&cites));
    }
    lines
}

/// The words of a message as they were typed, line ends kept: whoever shows them makes each line inert.
pub fn words_of(message: &Message) -> String {
    message.text.0.iter().map(Span::as_str).collect()
}

/// Records that a message cites without naming them in its words.
pub fn uncited(message: &Message) -> Vec<u64> {
    let words = message.text.plain();
    let named: Vec<&str> = words.split(|c: char| c != '#' && !c.is_ascii_digit()).collect();
    let cites = message.cites.iter().copied();
    cites
        .filter(|seq| !named.contains(&format!("#{seq}").as_str()))
        .collect()
}

/// Where the investigation took another course: a sign, what came of the wish, and its record.
fn changed(seq: u64, steering: &Steering, cites: &[u64], glyphs: &Glyphs) -> Rich {
    let (who, role) = author(&Actor::Agent);
    let line = Rich::of(role, who)
        .pad(LEAD)
        .add(Role::Accent, format!("{} ", glyphs.steered));
    let line = match steering.effect.is_empty() {
        true => line.add(Role::Text, words::intent(&steering.intent)),
        false => line.text(Role::Text, &undone(&steering.effect)),
    };
    let line = line.add(Role::Text, ", ").join(words::numbers(&[seq]));
    match cites.is_empty() {
        true => line,
        false => line.add(Role::Dim, "; see ").join(words::numbers(cites)),
    }
}

/// The effect without the word that says it was done: the sign says so.
fn undone(effect: &Text) -> Text {
    let mut effect = effect.clone();
    if let Some(Span::Own(words)) = effect.0.first_mut()
        && let Some(rest) = words.strip_prefix("done: ")
    {
        *words = rest.to_owned();
    }
    effect
}

/// What an operator wanted by a key.
fn wish(actor: &Actor, steering: &Steering) -> Option<Rich> {
    if matches!(steering.intent, Intent::Ask | Intent::Unknown) {
        return None;
    }
    let (who, role) = author(actor);
    let intent = words::intent(&steering.intent);
    Some(Rich::of(role, who).pad(LEAD).add(Role::Text, intent))
}
