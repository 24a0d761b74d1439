//! The one place where AWS clients are made.
