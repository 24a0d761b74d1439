//! `midwatch logs` and the log miner beneath it, from the outside.

mod bounds;
mod command;
mod formats;
mod needle;
mod seed;
mod statements;
