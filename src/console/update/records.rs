//! New records, folded into what is known.

use super::select;
use crate::{
    console::{effects::Effect, state::State},
    journal::{Kind, Record},
};

/// Takes new records.
pub fn take(state: &mut State, records: &[Record]) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut ended = false;
    for record in records {
        if record.stream.is_investigation() {
            // A closed investigation that nobody has looked at yet is read whole when somebody does.
            let reading = state.reading.get_mut(&record.stream);
            let being_read = reading.is_some();
            if let Some(reading) = reading {
                reading.wait(record);
            }
            let known = state.investigations.contains_key(&record.stream);
            if known || (record.seq == 1 && !being_read) {
                let inv = state.investigations.entry(record.stream.clone()).or_default();
                inv.apply(record);
            }
        } else {
            state.space.apply(record);
            ended |= record.kind == Kind::Closed;
        }
    }
    if ended {
        effects.push(Effect::Verify);
    }
    if state.selected.is_none()
        && let Some(stream) = state.space.newest().cloned()
    {
        effects.extend(select(state, stream));
    }
    effects
}
