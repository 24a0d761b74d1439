//! `midwatch logs` and the log miner beneath it, from the outside.

mod formats;
mod seed;
mod statements;
