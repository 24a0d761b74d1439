//! What came of an effect.

use super::select;
use crate::{
    console::{
        effects::{Effect, Outcome, Tool},
        layout::Pane,
        overlay::Overlay,
        pane, reading,
        state::{Integrity, Loaded, State},
        support,
    },
    model::Evidence,
};

/// Takes what came of an effect.
pub fn take(state: &mut State, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Appended => Vec::new(),
        Outcome::Opened(stream) => {
            // The list from which it was opened has done its part.
            state
                .overlays
                .retain(|overlay| !matches!(overlay, Overlay::Events(_)));
            state.focus = Pane::Journal;
            select(state, stream)
        }
        Outcome::Read(stream, read) => {
            if state.selected.as_ref() == Some(&stream) {
                state.journal.refresh();
            }
            reading::take(state, stream, read)
        }
        Outcome::LookedUp(stream, sheet, records) => {
            reading::found(state, &stream, sheet, &records);
            Vec::new()
        }
        Outcome::Found { stream, seqs } => {
            if state.selected.as_ref() == Some(&stream) {
                pane::journal::update::found(state, &seqs);
            }
            Vec::new()
        }
        Outcome::Fetched {
            stream,
            seq,
            evidence,
        } => {
            let loaded = match evidence {
                Ok(Some(evidence)) => {
                    if let Evidence::Inventory(resources) = &evidence {
                        state.names.learn(resources);
                    }
                    Loaded::Ready(Box::new(evidence))
                }
                Ok(None) => Loaded::Failed("nothing was found".to_owned()),
                Err(why) => Loaded::Failed(why),
            };
            state.keep(stream, seq, loaded);
            Vec::new()
        }
        Outcome::FetchedGraph(blob, graph) => {
            match graph {
                Ok(graph) => {
                    state.names.learn(&graph.resources);
                    state.stored = Some((blob, Some(graph.into())));
                }
                Err(why) => state.complain(format!("reading the topology of the space failed: {why}")),
            }
            Vec::new()
        }
        Outcome::ConfigWritten(path) => {
            for overlay in &mut state.overlays {
                if let Overlay::Welcome(welcome) = overlay {
                    welcome.written = true;
                }
            }
            state.say(format!("wrote {}", path.display()));
            Vec::new()
        }
        Outcome::Previewed(preview) => {
            let Some(Overlay::StartForm(form)) =
                state.overlays.pop_if(|top| matches!(top, Overlay::StartForm(_)))
            else {
                return Vec::new();
            };
            let next = form.previewed(preview);
            state.overlays.extend(next.stays);
            next.effects
        }
        Outcome::Verified(result) => {
            match result {
                Ok(None) => state.integrity = Integrity::Sound,
                Ok(Some(fault)) => {
                    state.complain(format!(
                        "the journal does not verify: {fault}\nhint: midwatch journal verify tells all"
                    ));
                    state.integrity = Integrity::Fault(fault);
                }
                Err(why) => {
                    state.complain(format!("the journal could not be verified: {why}"));
                    state.integrity = Integrity::Unknown(why);
                }
            }
            Vec::new()
        }
        Outcome::Case(outcome) => support::take(state, outcome),
        Outcome::Exported(paths) => {
            let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            state.say(format!("written: {}", names.join(" and ")));
            Vec::new()
        }
        Outcome::Reported { name, text } => vec![Effect::HandOver {
            tool: Tool::Pager,
            name,
            text,
        }],
        Outcome::HandedOver(result) => {
            if let Err(why) = result {
                state.complain(why);
            }
            Vec::new()
        }
        Outcome::Failed { what, why } => {
            state.complain(format!("{what} failed: {why}"));
            Vec::new()
        }
    }
}
