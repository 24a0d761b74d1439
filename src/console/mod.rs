//! The terminal: a full-screen console over the journal.
//!
//! State is plain data; [`update`] takes an event and answers with effects; drawing only reads. The console knows the
//! engine through the journal and [`crate::engine::handle`] alone, and nothing else in the program knows a terminal.
//!
//! - [`run`]: the console on a terminal. [`desk`]: the loop. [`terminal`]: the terminal, taken and given back.
//! - [`screen`]: frames as bytes. [`wire`]: their way out.
//! - [`incoming`]: what streams in. [`reading`]: what is read of an investigation, and what is looked up later.
//! - [`support`]: what a console does at AWS Support, and what came of it.
//! - [`state`]: everything that is known. [`update`]: everything that changes it. [`effects`]: everything it does.
//! - [`action`], [`keymap`]: what can be done and by which key; footer, help and palette are made from them.
//! - [`setup`]: what was configured for it. [`named`]: the names of roles, actions and contexts in files.
//! - [`theme`], [`styles`], [`glyph`], [`canvas`], [`rich`], [`words`]: the visual language.
//! - [`layout`], [`draw`], [`strip`]: the screen as a whole.
//! - [`pane`]: the five panes. [`overlay`]: what lies over them. [`field`], [`filter`]: where somebody types.
//! - [`widget`]: charts, graphs, strips, bars; pure drawing.
//! - [`mouse`]: what a click and the wheel mean.
//! - [`names`]: what resources are called. [`export`]: an investigation as files. [`handover`]: the terminal, lent to a
//!   pager or an editor.

pub mod action;
pub mod canvas;
pub mod desk;
pub mod draw;
pub mod effects;
pub mod export;
pub mod field;
pub mod filter;
pub mod glyph;
pub mod handover;
pub mod incoming;
pub mod keymap;
pub mod layout;
pub mod mouse;
pub mod named;
pub mod names;
pub mod overlay;
pub mod pane;
pub mod reading;
pub mod rich;
pub mod run;
pub mod screen;
pub mod setup;
pub mod state;
pub mod strip;
pub mod styles;
pub mod support;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod widget;
pub mod wire;
pub mod words;

pub use run::{Options, run};
pub use setup::Setup;
