//! Secrets and personal data out of text, before anything is written.
