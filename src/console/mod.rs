//! The full-screen console.

pub mod widget;
